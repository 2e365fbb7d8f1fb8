// The list of applications that are told apart, and what their files say.
#include "content/apps.h"

#include "content/app_traces.h"
#include "content/support.h"
#include "content/xml_events.h"

namespace limier::content {
namespace {

using namespace testing;

Buffer noise(std::size_t size) {
  std::uint64_t chance = 5;
  Buffer bytes(size);
  for (auto& byte : bytes) {
    chance = chance * 6364136223846793005u + 1442695040888963407u;
    byte = static_cast<std::uint8_t>(chance >> 56);
  }
  return bytes;
}

std::string error_of(std::string toml) {
  const auto parsed = AppList::parse({"a.toml", "format = 1\n" + std::move(toml)});
  return parsed.ok() ? "" : parsed.error().message;
}

TEST(AppList, TheProgramsOwnIsRight) {
  const auto parsed = AppList::parse(own_app_list());
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  ASSERT_NE(parsed->by_id("org.thoughtcrime.securesms"), nullptr);
  EXPECT_EQ(parsed->by_id("org.thoughtcrime.securesms")->category, "messenger");
  EXPECT_EQ(parsed->by_id("org.thoughtcrime"), nullptr);
  // Whose ids nobody published: by the maker's name in them.
  ASSERT_NE(parsed->by_id("com.SkyECC5.app"), nullptr);
  EXPECT_EQ(parsed->by_id("com.skyecc5.app")->category, "crypto-phone");
  EXPECT_EQ(parsed->by_id("io.anom.chat")->name, "ANOM");
  EXPECT_EQ(parsed->by_id("com.anomaly.game"), nullptr);
}

TEST(AppList, PathsEndInWholeParts) {
  const AppList& apps = known_apps();
  const auto name = [&](std::string_view path) {
    const auto trace = apps.by_path(path);
    return trace.app == nullptr ? std::string() : trace.app->name + " " + trace.id + (trace.is_store ? " store" : "");
  };
  EXPECT_EQ(name("/data/data/org.thoughtcrime.securesms/databases/signal.db"),
            "Signal org.thoughtcrime.securesms store");
  EXPECT_EQ(name("/data/network.loki.messenger/databases/signal.db"), "Session network.loki.messenger store");
  EXPECT_EQ(name("/x/databases/signal.db"), "");
  EXPECT_EQ(name("/data/data/ch.threema.app.work/databases/threema4.db"), "Threema ch.threema.app.work store");
  EXPECT_EQ(
      name("/data/user/0/org.briarproject.briar.android/shared_prefs/org.briarproject.briar.android_preferences.xml"),
      "Briar org.briarproject.briar.android");
  EXPECT_EQ(name("/x/me/.bitcoin/wallets/old/wallet.dat"), "Bitcoin Core  store");
  EXPECT_EQ(name("/x/me/x.bitcoin/wallet.dat"), "");
  EXPECT_EQ(name("C/Users/a/AppData/Roaming/SIGNAL/sql/DB.sqlite"), "Signal  store");
  EXPECT_EQ(name("/media/0/WhatsApp/Databases/msgstore-2024-11-17.1.db.CRYPT15"), "WhatsApp  store");
  // On iOS containers have numbers for names, on desktops nothing names the id.
  EXPECT_EQ(name("/private/var/mobile/Containers/Shared/AppGroup/A1/telegram-data/account-1/postbox/db/db_sqlite"),
            "Telegram  store");
  EXPECT_EQ(name("/Containers/Shared/AppGroup/A1/database/Session.sqlite"), "Session  store");
  EXPECT_EQ(name("/Containers/Shared/AppGroup/A1/grdb-primary/signal.sqlite"), "Signal  store");
  EXPECT_EQ(name("/Containers/Shared/AppGroup/A1/wickrLocal.sqlite"), "Wickr  store");
  EXPECT_EQ(name("/Containers/Shared/AppGroup/A1/simplex_v1_chat.db"), "SimpleX  store");
  EXPECT_EQ(name("Users/a/AppData/Local/Wickr, LLC/WickrMe/wickr_db.sqlite"), "Wickr  store");
  EXPECT_EQ(name("home/a/.config/Wire/IndexedDB/https_app.wire.com_0.indexeddb.leveldb/LOG"), "Wire  store");
  EXPECT_EQ(name("/Library/Preferences/com.atebits.Tweetie2.plist"), "X com.atebits.Tweetie2");
  EXPECT_EQ(name("/x/crypt15"), "");
  EXPECT_EQ(name(""), "");
}

TEST(AppList, WhatIsWrongIsSaidWithItsLine) {
  const std::string good = "[[app]]\nname = \"A\"\ncategory = \"vpn\"\n";
  EXPECT_EQ(error_of(good + "ids = [\"a.b\"]\n"), "");
  EXPECT_NE(error_of(good), "");
  EXPECT_NE(error_of("[[app]]\nname = \"A\"\ncategory = \"other\"\nids = [\"a.b\"]\n"), "");
  EXPECT_NE(error_of(good + "ids = \"a.b\"\n"), "");
  EXPECT_NE(error_of(good + "ids = [\"a.b\"]\nother = 1\n"), "");
  EXPECT_NE(error_of(good + "files = [\"a/*\"]\n"), "");
  EXPECT_NE(error_of(good + "ids = [\"a.b\", \"a.b\"]\n").find("twice"), std::string::npos);
  EXPECT_NE(error_of("[[app"), "");
  EXPECT_FALSE(AppList::parse({"a.toml", ""}).ok());
}

TEST(AppTraces, ALockedDatabaseIsNamedWithItsApplication) {
  const std::string path = "/data/data/org.thoughtcrime.securesms/databases/signal.db";
  const Parsed locked = parse_files({noise(65'536), {}, {}}, "apps", path);
  EXPECT_EQ(locked.outcome.state, catalog::ItemState::kEncrypted);
  EXPECT_EQ(locked.outcome.reason, "SQLCipher, of Signal");
  ASSERT_EQ(locked.rows.rows.size(), 1u);
  EXPECT_EQ(text_of(locked.rows.rows[0]),
            "app|locator=app:files|package=org.thoughtcrime.securesms|name=Signal|category=messenger|parsed=0");
  // The first 32 bytes are left plain on iOS.
  Buffer plain_head = noise(65'536);
  const std::string magic("SQLite format 3\0", 16);
  std::copy(magic.begin(), magic.end(), plain_head.begin());
  plain_head[100] = 0x77;
  EXPECT_EQ(parse_files({plain_head, {}, {}}, "apps", "/x/grdb/signal.sqlite").outcome.state,
            catalog::ItemState::kEncrypted);
}

TEST(AppTraces, WhatIsNotLockedIsNotSaidToBe) {
  const std::string path = "/data/data/org.thoughtcrime.securesms/databases/signal.db";
  Maker maker;
  maker.run("CREATE TABLE t(a BLOB); INSERT INTO t VALUES (randomblob(60000))");
  EXPECT_EQ(parse_files(maker.files(), "apps", path).outcome.state, catalog::ItemState::kParsed);
  EXPECT_EQ(parse_files({Buffer(65'536), {}, {}}, "apps", path).outcome.state, catalog::ItemState::kParsed);
  EXPECT_EQ(parse_files({noise(100), {}, {}}, "apps", path).outcome.state, catalog::ItemState::kParsed);
  EXPECT_EQ(parse_files({noise(65'536), {}, {}}, "apps", "/elsewhere/signal.db").outcome.state,
            catalog::ItemState::kNotApplicable);
}

struct Writer final : XmlEvents {
  void start(std::string_view name, std::span<const XmlAttribute> attributes) override {
    text_ += "<" + std::string(name);
    for (const auto& one : attributes) text_ += " " + one.name + "=" + one.value;
    text_ += ">";
  }
  void text(std::string_view text) override { text_ += text; }
  void end(std::string_view name) override { text_ += "</" + std::string(name) + ">"; }
  std::string text_;
};

TEST(XmlEvents, WhatIsWrittenAndWhatIsCut) {
  Writer whole;
  EXPECT_EQ(read_xml("<?xml version='1.0'?><!-- c --><a b='1' c=\"&lt;&#x41;\"><d/>x<![CDATA[<y>]]></a>", whole),
            XmlEnd::kWhole);
  EXPECT_EQ(whole.text_, "<a b=1 c=<A><d></d>x<y></a>");
  for (const auto* cut : {"<a><b></a>", "<a", "<a><b x='1", "<a>text", "<a x=1></a>"}) {
    Writer writer;
    EXPECT_NE(read_xml(cut, writer), XmlEnd::kWhole) << cut;
  }
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<a>";
  Writer writer;
  EXPECT_EQ(read_xml(deep, writer), XmlEnd::kCut);
}

}  // namespace
}  // namespace limier::content
