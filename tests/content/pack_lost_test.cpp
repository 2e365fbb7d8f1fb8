// Rows that are no longer, through a pack's own statement.
#include "content/pack_lost.h"

#include "content/pack_support.h"

namespace limier::content::losing {
namespace {

using namespace testing;

constexpr std::string_view kTalkHead = R"toml(pack = "chat"
version = "1.2.3"
format = 1
app = { name = "Chat", ids = ["org.chat"] }
evidence = "unexercised"
[db.c]
path = "*/chat.db"
[db.c.tables]
talk = ["id", "room", "t", "out", "body", "uid", "seen"]
room = ["id", "name"]
)toml";
constexpr std::string_view kTalkRow = R"toml([[row]]
to = "message"
driver = "c.talk"
sql = "SELECT m.id AS _rowid, m.t, m.out, m.body, m.uid, m.room, r.name FROM c.talk m LEFT JOIN c.room r ON r.id = m.room"
[row.map]
time = { col = "t", epoch = "unix-s" }
direction = { col = "out", out = 1, in = 0 }
thread = "room"
thread_name = "name"
body = "body"
service_id = "uid"
)toml";
constexpr const char* kMade =
    "PRAGMA synchronous=OFF; PRAGMA secure_delete=OFF; CREATE TABLE room(id INTEGER PRIMARY KEY, name TEXT);"
    "CREATE TABLE talk(id INTEGER PRIMARY KEY, room INTEGER, t INTEGER NOT NULL, out INTEGER, body TEXT, uid TEXT, "
    "seen "
    "INTEGER); INSERT INTO room VALUES (1, 'Harbour'), (2, 'Hill');"
    "INSERT INTO talk VALUES (1, 1, 1600000001, 2, 'the first one', 'u1', 0), (2, 1, 1600000002, 3, 'the second one', "
    "'u2', 0), (3, 2, 1600000003, 4, 'the third one', 'u3', 0), (4, 2, 1600000004, 5, 'the fourth one', 'u4', 0);";

// "body|thread name|state|deleted" of each message, sorted.
std::vector<std::string> messages_of(const Collector& rows) {
  std::vector<std::string> all;
  for (const auto& row : rows.rows) {
    if (row.kind->name != "message") continue;
    const std::string text = text_of(row);
    const auto cell = [&](std::string_view name) {
      const std::size_t at = text.find("|" + std::string(name) + "=");
      if (at == std::string::npos) return std::string("-");
      const std::size_t from = at + name.size() + 2;
      return text.substr(from, std::min(text.find('|', from), text.size()) - from);
    };
    all.push_back(cell("body") + "|" + cell("thread_name") + "|" + cell("state") + "|" + cell("deleted"));
  }
  std::ranges::sort(all);
  return all;
}

Parsed talk(const Files& files) {
  const std::vector<PackText> packs{{"chat.toml", std::string(kTalkHead) + std::string(kTalkRow)}};
  EXPECT_EQ(problem_of(packs[0]), "");
  return parse_files(files, "sqlite", "/x/chat.db", packs);
}

using All = std::vector<std::string>;

TEST(PackLost, DeletedMessagesKeepTheirConversation) {
  Maker maker;
  maker.run(kMade).run("DELETE FROM talk WHERE id IN (2, 4)");
  EXPECT_EQ(messages_of(talk(maker.files()).rows),
            (All{"the first one|Harbour|live|0", "the fourth one|Hill|recovered|1",
                 "the second one|Harbour|recovered|1", "the third one|Hill|live|0"}));
}

TEST(PackLost, EarlierVersionsAreNotDeleted) {
  Maker maker;
  maker.run(kMade).start_wal().run("UPDATE talk SET body = 'it was changed' WHERE id = 3");
  // Not shown by the pack: no other version for it.
  maker.run("UPDATE talk SET seen = 1");
  EXPECT_EQ(messages_of(talk(maker.files()).rows),
            (All{"it was changed|Hill|live|0", "the first one|Harbour|live|0", "the fourth one|Hill|live|0",
                 "the second one|Harbour|live|0", "the third one|Hill|superseded|0"}));
}

TEST(PackLost, NumbersThatWereGivenAgain) {
  Maker maker;
  maker.run(kMade).start_wal().run("DELETE FROM talk WHERE id = 4");
  maker.run("INSERT INTO talk VALUES (4, 1, 1600000009, 2, 'another one', 'u9', 0)");
  EXPECT_EQ(messages_of(talk(maker.files()).rows),
            (All{"another one|Harbour|live|0", "the first one|Harbour|live|0", "the fourth one|Hill|superseded|1",
                 "the second one|Harbour|live|0", "the third one|Hill|live|0"}));
}

TEST(PackLost, PlacesLeadToTheRecord) {
  Maker maker;
  maker.run(kMade).run("DELETE FROM talk WHERE id = 2");
  const Files files = maker.files();
  const Parsed parsed = talk(files);
  std::size_t lost = 0;
  for (const auto& row : parsed.rows.rows) {
    const auto* state = std::get_if<std::int64_t>(&row.cells[1]);
    if (row.kind->name != "message" || state == nullptr || *state == 0) continue;
    ++lost;
    const auto at = static_cast<std::size_t>(std::get<std::int64_t>(row.cells[4]));
    EXPECT_EQ(std::get<std::string>(row.cells[0]), "sqlite:talk:freeblock=" + std::to_string(at));
    const std::string place(files.main.begin() + static_cast<std::ptrdiff_t>(at),
                            files.main.begin() + static_cast<std::ptrdiff_t>(at) + 60);
    EXPECT_NE(place.find("the second one"), std::string::npos);
  }
  EXPECT_EQ(lost, 1u);
  EXPECT_EQ(parsed.rows.codes(), std::vector<std::string>());
}

constexpr const char* kLeavesAFragment =
    "INSERT INTO talk VALUES (5, 2, 1600000005, 2, 'the beginning of this text is all that will be left', 'the id is "
    "longer than what the "
    "next row leaves of it', 0); DELETE FROM talk WHERE id = 5; INSERT INTO talk VALUES (6, 1, 1600000006, 2, "
    "'short', "
    "'u6', 0);";

TEST(PackLost, WhatIsLeftOfARowIsAFragment) {
  Maker maker;
  maker.run(kMade).run(kLeavesAFragment);
  const Parsed parsed = talk(maker.files());
  std::size_t fragments = 0;
  for (const auto& row : parsed.rows.rows) {
    if (row.kind->name != "artifact") continue;
    ++fragments;
    const std::string text = text_of(row);
    EXPECT_NE(text.find("state=fragment"), std::string::npos) << text;
    EXPECT_NE(text.find("kind=fragment"), std::string::npos) << text;
    EXPECT_NE(text.find("the beginning of this text is all that will be left"), std::string::npos) << text;
    EXPECT_EQ(text.find("the id is longer"), std::string::npos) << text;
  }
  EXPECT_EQ(fragments, 1u);
  EXPECT_EQ(messages_of(parsed.rows).size(), 5u);
}

// Of a row that is lost no more is shown than of one that is there: values of cookies and passwords stay where they
// are.
TEST(PackLost, AFragmentShowsNothingThatThePackDoesNotAskFor) {
  Maker maker;
  maker.run(kMade).run(kLeavesAFragment);
  const std::string row = replaced(replaced(kTalkRow, "m.body, ", ""), "body = \"body\"\n", "");
  const std::vector<PackText> packs{pack_text(row, kTalkHead)};
  ASSERT_EQ(problem_of(packs[0]), "");
  for (const auto& one : parse_files(maker.files(), "sqlite", "/x/chat.db", packs).rows.rows)
    EXPECT_EQ(text_of(one).find("the beginning of this text"), std::string::npos) << text_of(one);
}

TEST(PackLost, WhereATableIsRead) {
  EXPECT_EQ(read_from_twin("SELECT * FROM c.m", "c", "m", "x"), "SELECT * FROM x.m");
  EXPECT_EQ(read_from_twin("SELECT (SELECT q.a FROM c.m q) FROM c.m AS k JOIN c.mm", "c", "m", "x"),
            "SELECT (SELECT q.a FROM c.m q) FROM x.m AS k JOIN c.mm");
  EXPECT_EQ(read_from_twin("WITH w AS (SELECT 1 FROM c.m) SELECT 'c.m(' FROM w", "c", "m", "x"),
            "WITH w AS (SELECT 1 FROM x.m) SELECT 'c.m(' FROM w");
  EXPECT_EQ(read_from_twin("SELECT 1 FROM c.mm", "c", "m", "x"), std::nullopt);
}

TEST(Twin, RowsWithoutANumberGetOneThatNobodyGives) {
  LostRows::Table table;
  table.name = "a \"b\"";
  table.shape = *parse_create_table("CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT NOT NULL, w REAL)");
  const auto row = [](std::optional<std::int64_t> number, std::string text) {
    FoundRow one;
    one.rowid = number;
    one.values.resize(3);
    one.values[1] = {SqliteValue::Kind::kText, 0, 0, std::move(text)};
    return one;
  };
  table.rows = {row(5, "five"), row(std::nullopt, "none"), row(5, "five once"), row(7, "seven")};
  const auto groups = twin_groups(table);
  ASSERT_EQ(groups, (std::vector<std::vector<std::size_t>>{{0, 1, 3}, {2}}));
  Collector said;
  const auto twin = Twin::make(table, groups[0], said);
  ASSERT_TRUE(twin) << twin.error().message;
  const auto database = Database::open((*twin)->image(), said);
  ASSERT_TRUE(database) << database.error().message;
  auto statement = (*database)->prepare("SELECT id, v FROM \"a \"\"b\"\"\" ORDER BY id");
  ASSERT_TRUE(statement) << statement.error().message;
  std::vector<std::string> values;
  while (statement->step() == Statement::Step::kRow) {
    values.emplace_back(statement->text(1));
    const TwinOrigin* origin = (*twin)->origin(statement->integer(0));
    ASSERT_NE(origin, nullptr);
    EXPECT_EQ(origin->rowid.has_value(), values.back() != "none");
  }
  EXPECT_EQ(values, (std::vector<std::string>{"none", "five", "seven"}));
}

}  // namespace
}  // namespace limier::content::losing
