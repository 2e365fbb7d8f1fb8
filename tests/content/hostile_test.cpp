// Databases that want something of their reader.
#include <chrono>

#include "content/support.h"

namespace limier::content {
namespace {

using namespace testing;

constexpr const char* kSms = "CREATE TABLE sms(_id INTEGER PRIMARY KEY, thread_id, address, date, type, body);";

Parsed parse(const Maker& maker) {
  return parse_files(maker.files(), "sqlite", "/x/mmssms.db");
}

std::string doubled(std::string text) {
  for (std::size_t at = 0; (at = text.find('\'', at)) != std::string::npos; at += 2) text.insert(at, 1, '\'');
  return text;
}

TEST(Hostile, AViewUnderTheNameOfATableIsNotRun) {
  Maker maker;
  maker.run(
      "CREATE TABLE real(x); INSERT INTO real VALUES (1);"
      "CREATE VIEW sms AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
      "SELECT i AS _id, 1 AS thread_id, 'a' AS address, 1 AS date, 1 AS type, 'b' AS body FROM n");
  const Parsed parsed = parse(maker);
  EXPECT_TRUE(parsed.rows.rows.empty());
  EXPECT_EQ(parsed.outcome.state, catalog::ItemState::kNotApplicable);
}

TEST(Hostile, ASchemaThatLiesAboutItsKindGivesNothing) {
  for (const std::string lie :
       {"CREATE VIEW sms AS SELECT 1 AS _id, 1 AS thread_id, 'a' AS address, 1 AS date, 1 AS type, 'b' AS body",
        "CREATE VIRTUAL TABLE sms USING fts4(_id, thread_id, address, date, type, body)",
        "CREATE TABLE other(_id INTEGER PRIMARY KEY, thread_id, address, date, type, body)",
        "CREATE TABLE sms AS SELECT 1 AS _id, 1 AS thread_id, 'a' AS address, 1 AS date, 1 AS type, 'b' AS body",
        "DROP TABLE sms", "create table"}) {
    Maker maker;
    maker.run(kSms).run("INSERT INTO sms VALUES (1, 1, 'a', 1, 1, 'b')");
    maker.run("PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql = '" + doubled(lie) + "' WHERE name = 'sms'");
    const Parsed parsed = parse(maker);
    EXPECT_TRUE(parsed.rows.rows.empty()) << lie << text_of(parsed.rows);
  }
}

TEST(Hostile, AVirtualTableBehindATableOfThatNameIsNotOpened) {
  Maker maker;
  maker.run(kSms).run("CREATE TABLE z(a)");
  maker.run(
      "PRAGMA writable_schema=ON;"
      "UPDATE sqlite_schema SET sql = 'CREATE TABLE y(_id INTEGER PRIMARY KEY, thread_id, address, date, type, body)' "
      "WHERE name = 'sms';"
      "UPDATE sqlite_schema SET sql = '" +
      doubled("CREATE VIRTUAL TABLE sms USING dbstat(main)") + "' WHERE name = 'z'");
  EXPECT_TRUE(parse(maker).rows.rows.empty());
}

TEST(Hostile, TriggersAndIndexesOnFunctionsOfOthersAreNoHindrance) {
  Maker maker;
  maker.run(kSms).run(
      "INSERT INTO sms VALUES (1, 1, 'a', 1, 1, 'b'); CREATE INDEX i ON sms(address);"
      "CREATE TRIGGER t AFTER INSERT ON sms BEGIN SELECT 1; END");
  maker.run(
      "PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql = 'CREATE INDEX i ON sms(_PHONE_MATCH(address))' "
      "WHERE name = 'i'; UPDATE sqlite_schema SET sql = 'CREATE TRIGGER t AFTER INSERT ON sms BEGIN SELECT "
      "_DELETE_FILE(1); END' WHERE name = 't'");
  EXPECT_EQ(parse(maker).rows.rows.size(), 1u);
}

TEST(Hostile, ATreeThatIsItsOwnChildEnds) {
  Maker maker;
  maker.run("PRAGMA page_size=512").run(kSms);
  maker.run(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<2000) INSERT INTO sms SELECT i, 1, 'a', i, "
      "1, 'text of ' || i FROM n");
  Files files = maker.files();
  const std::size_t root = 512;
  ASSERT_EQ(files.main[root], 0x05);
  const std::size_t cells = files.main[root + 3] * 256u + files.main[root + 4];
  // Every child becomes the first one.
  const std::size_t first = root + files.main[root + 12] * 256u + files.main[root + 13];
  for (std::size_t i = 1; i < cells; ++i) {
    const std::size_t cell = root + files.main[root + 12 + 2 * i] * 256u + files.main[root + 13 + 2 * i];
    std::copy_n(files.main.begin() + static_cast<std::ptrdiff_t>(first), 4,
                files.main.begin() + static_cast<std::ptrdiff_t>(cell));
  }
  std::copy_n(files.main.begin() + static_cast<std::ptrdiff_t>(first), 4,
              files.main.begin() + static_cast<std::ptrdiff_t>(root) + 8);  // the last one stands in the head
  const Parsed parsed = parse_files(files);
  EXPECT_GT(parsed.rows.rows.size(), 0u);
  // Pages that nothing points to any more give their rows as recovered, each once.
  EXPECT_LE(parsed.rows.rows.size(), 2000u);
  EXPECT_FALSE(parsed.rows.issues.empty());
  // Its root too: deeper and deeper.
  for (std::size_t i = 0; i < cells; ++i) {
    const std::size_t cell = root + files.main[root + 12 + 2 * i] * 256u + files.main[root + 13 + 2 * i];
    files.main[cell] = files.main[cell + 1] = files.main[cell + 2] = 0;
    files.main[cell + 3] = 2;
  }
  const Parsed deep = parse_files(files);
  EXPECT_EQ(deep.outcome.state, catalog::ItemState::kFailed);
  EXPECT_TRUE(deep.rows.rows.empty());
}

TEST(Hostile, ASchemaOfThousandsOfTablesIsReadToItsLimit) {
  Maker maker;
  std::string all = "BEGIN;";
  for (int i = 0; i < 6000; ++i) all += "CREATE TABLE t" + std::to_string(i) + "(a);";
  maker.run(all + "COMMIT;");
  const Parsed parsed = parse(maker);
  EXPECT_EQ(parsed.outcome.state, catalog::ItemState::kNotApplicable);
  EXPECT_EQ(parsed.rows.codes(), (std::vector<std::string>{"sqlite-schema-too-large", "pack-schema-unknown"}));
  EXPECT_LT(parsed.rows.issues[1].message.size(), 10'000u);
}

// What a pack may not ask for, whoever wrote it.
TEST(Hostile, StatementsOnlyRead) {
  Maker maker;
  maker.run(kSms).run("INSERT INTO sms VALUES (1, 1, 'a', 1, 1, 'b')");
  for (const std::string sql :
       {"SELECT m._id AS _rowid, load_extension('x') AS body FROM d.sms m",
        "SELECT m._id AS _rowid, random() AS body FROM d.sms m",
        "SELECT m._id AS _rowid, date('now') AS body FROM d.sms m",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS _rowid, 'x' AS body FROM n, d.sms",
        "SELECT 1 AS _rowid, value AS body FROM json_each('[1]'), d.sms",
        "SELECT 1 AS _rowid, name AS body FROM pragma_table_list, d.sms", "DELETE FROM d.sms",
        "UPDATE d.sms SET body = 1 RETURNING _id AS _rowid, body", "ATTACH 'd.sms' AS x",
        "PRAGMA user_version -- d.sms", "VACUUM; -- d.sms",
        "SELECT m._id AS _rowid, m.body FROM d.sms m; DELETE FROM d.sms"}) {
    const std::vector<PackText> packs{{"evil.toml", R"toml(pack = "evil"
version = "1.0.0"
format = 1
app = { name = "x" }
evidence = "unexercised"
[db.d]
tables.sms = ["_id"]
[[row]]
to = "message"
driver = "d.sms"
sql = """)toml" + sql + R"toml("""
[row.map]
body = "body"
)toml"}};
    const Parsed parsed = parse_files(maker.files(), "sqlite", "/x", packs);
    EXPECT_EQ(parsed.rows.codes(), std::vector<std::string>{"pack-query-failed"}) << sql;
  }
}

TEST(Hostile, AJoinWithoutEndEnds) {
  Maker maker;
  maker.run(kSms).run(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<1000) INSERT INTO sms SELECT i, 1, "
      "'a', i, 1, 'b' FROM n");
  const std::vector<PackText> packs{{"slow.toml", R"toml(pack = "slow"
version = "1.0.0"
format = 1
app = { name = "x" }
evidence = "unexercised"
[db.d]
tables.sms = ["_id"]
[[row]]
to = "message"
driver = "d.sms"
sql = "SELECT a._id AS _rowid, a.body FROM d.sms a, d.sms b, d.sms c, d.sms e WHERE a.date + b.date + c.date + e.date < 0"
[row.map]
body = "body"
)toml"}};
  const Parsed parsed = parse_files(maker.files(), "sqlite", "/x", packs);
  EXPECT_EQ(parsed.rows.rows.size(), 1000u);  // those of the pack for sms
  ASSERT_EQ(parsed.rows.codes(), std::vector<std::string>{"sqlite-damaged"});
  EXPECT_NE(parsed.rows.issues[0].message.find("more steps"), std::string::npos);
  EXPECT_GT(parsed.rows.beats, 100u);
}

}  // namespace
}  // namespace limier::content
