// Rows that are no longer, out of databases whose history the test made itself.
#include "content/sqlite_recover.h"

#include <fmt/format.h>

#include <random>
#include <set>

#include "content/support.h"

namespace limier::content::recovering {
namespace {

using namespace testing;
using catalog::RowSource;
using catalog::RowState;

std::string text_of_value(const SqliteValue& value) {
  switch (value.kind) {
    case SqliteValue::Kind::kNull:
      return "-";
    case SqliteValue::Kind::kInteger:
      return std::to_string(value.integer);
    case SqliteValue::Kind::kReal:
      return fmt::format("{}", value.real);
    case SqliteValue::Kind::kText:
      return value.bytes;
    case SqliteValue::Kind::kBlob:
      break;
  }
  return "x" + hex(value.bytes);
}

struct Seen {
  std::string table, values;
  std::optional<std::int64_t> rowid;
  RowState state;
  RowSource source;
  std::uint32_t commit;
  std::vector<bool> known;
};

struct Found final : FoundRows {
  bool take(const FoundRow& row) override {
    std::string values;
    for (const SqliteValue& value : row.values) values += (values.empty() ? "" : "|") + text_of_value(value);
    rows.push_back(
        {row.table != nullptr ? row.table->name : "", values, row.rowid, row.state, row.source, row.commit, row.known});
    return true;
  }
  [[nodiscard]] std::multiset<std::string> of(RowState state, std::string_view table = "m") const {
    std::multiset<std::string> values;
    for (const Seen& one : rows)
      if (one.state == state && one.table == table) values.insert(one.values);
    return values;
  }
  std::vector<Seen> rows;
  Collector said;
  bool walked = false;
};

Found look_into(const Files& files) {
  const MemoryReader main(files.main), wal(files.wal), journal(files.journal);
  const Source source{"/a.db", &main, files.wal.empty() ? nullptr : &wal, files.journal.empty() ? nullptr : &journal};
  Found found;
  const auto image = SqliteImage::open(source, found.said);
  if (image) found.walked = recover_rows(source, *image, {}, found.said, found);
  return found;
}

constexpr const char* kSetup = "PRAGMA synchronous=OFF; PRAGMA page_size=1024; PRAGMA secure_delete=OFF;";

std::string insert(int first, int last, const char* table = "m") {
  return fmt::format(
      "WITH RECURSIVE n(i) AS (SELECT {} UNION ALL SELECT i + 1 FROM n WHERE i < {}) INSERT INTO {} SELECT i, "
      "'sender' || (i % 3), 1600000000 + i, 'text number ' || i FROM n;",
      first, last, table);
}
std::string row(int i, bool with_number = true) {
  return fmt::format("{}|sender{}|{}|text number {}", with_number ? std::to_string(i) : "-", i % 3, 1600000000 + i, i);
}
constexpr const char* kTable = "CREATE TABLE m(id INTEGER PRIMARY KEY, who TEXT, t INTEGER NOT NULL, body TEXT);";

using Set = std::multiset<std::string>;

TEST(SqliteRecover, DeletedRowsOfAPage) {
  Maker maker;
  maker.run(kSetup).run(kTable).run(insert(1, 9)).run("DELETE FROM m WHERE id IN (2, 5, 6, 9)");
  const Found found = look_into(maker.files());
  EXPECT_EQ(found.of(RowState::kLive), (Set{row(1), row(3), row(4), row(7), row(8)}));
  // The narrow table's only page, and nothing was ever dropped: it is this table's.
  EXPECT_EQ(found.of(RowState::kRecovered), (Set{row(2, false), row(5, false), row(6, false), row(9, false)}));
  for (const Seen& one : found.rows) {
    if (one.state != RowState::kRecovered) continue;
    EXPECT_EQ(one.rowid, std::nullopt);
    // The last one lay first on the page: the free space in front of it grew over it.
    EXPECT_EQ(one.source, one.values == row(9, false) ? RowSource::kGap : RowSource::kFreeblock);
  }
}

TEST(SqliteRecover, AllRowsOfATable) {
  Maker maker;
  maker.run(kSetup).run(kTable).run(insert(1, 200)).run("DELETE FROM m");
  const Found found = look_into(maker.files());
  EXPECT_TRUE(found.of(RowState::kLive).empty());
  Set all;
  for (int i = 1; i <= 200; ++i) all.insert(row(i));
  EXPECT_EQ(found.of(RowState::kRecovered), all);
}

TEST(SqliteRecover, EarlierVersionsInAPage) {
  Maker maker;
  maker.run(kSetup)
      .run(kTable)
      .run(insert(1, 9))
      .run("UPDATE m SET body = 'a text that is longer than it was' WHERE id = 4");
  const Found found = look_into(maker.files());
  EXPECT_EQ(found.of(RowState::kRecovered), Set{row(4, false)});
  EXPECT_EQ(found.of(RowState::kLive).size(), 9u);
}

TEST(SqliteRecover, DroppedTables) {
  Maker maker;
  maker.run(kSetup).run(kTable).run(insert(1, 40));
  maker.run("CREATE TABLE other(a TEXT, b REAL); INSERT INTO other VALUES ('stays', 1.5);").run("DROP TABLE m");
  const Found found = look_into(maker.files());
  Set all;
  for (int i = 1; i <= 40; ++i) all.insert(row(i));
  const Set recovered = found.of(RowState::kRecovered);
  // The first page of the freelist is written over in part.
  EXPECT_GE(recovered.size(), 30u);
  for (const std::string& one : recovered) EXPECT_EQ(all.count(one), 1u) << one;
  EXPECT_EQ(found.of(RowState::kLive, "other"), Set{"stays|1.5"});
}

TEST(SqliteRecover, NothingAfterVacuum) {
  Maker maker;
  maker.run(kSetup).run(kTable).run(insert(1, 60)).run("DELETE FROM m WHERE id % 2 = 0; VACUUM;");
  const Found found = look_into(maker.files());
  EXPECT_EQ(found.rows.size(), 30u);
}

TEST(SqliteRecover, NothingThatWasZeroed) {
  Maker maker;
  maker.run("PRAGMA page_size=1024; PRAGMA secure_delete=ON;").run(kTable).run(insert(1, 60));
  maker.run("DELETE FROM m WHERE id % 2 = 0");
  EXPECT_EQ(look_into(maker.files()).rows.size(), 30u);
}

TEST(SqliteRecover, CommitsOfTheLog) {
  Maker maker;
  maker.run(kSetup).run(kTable).run(insert(1, 5)).start_wal();
  maker.run("UPDATE m SET body = 'second' WHERE id = 1").run("UPDATE m SET body = 'third' WHERE id = 1");
  maker.run("DELETE FROM m WHERE id = 3");
  const Found found = look_into(maker.files());
  EXPECT_EQ(found.of(RowState::kSuperseded), (Set{row(1), "1|sender1|1600000001|second", row(3)}));
  EXPECT_TRUE(found.of(RowState::kRecovered).empty());
  for (const Seen& one : found.rows) {
    if (one.values.ends_with("second")) {
      EXPECT_EQ(one.commit, 1u);
    }
    if (one.values == row(3)) {
      EXPECT_EQ(one.source, RowSource::kMain);
    }
    if (one.values == row(3)) {
      EXPECT_EQ(one.rowid, 3);
    }
  }
}

TEST(SqliteRecover, TransactionsThatDidNotEnd) {
  Maker maker;
  maker.run(kSetup).run(kTable).run(insert(1, 5)).start_wal();
  maker.run("PRAGMA cache_size=2; PRAGMA cache_spill=1; BEGIN;").run(insert(100, 300));
  const Found found = look_into(maker.files());
  EXPECT_EQ(found.of(RowState::kLive).size(), 5u);
  const Set uncommitted = found.of(RowState::kUncommitted);
  EXPECT_GT(uncommitted.size(), 100u);
  for (const std::string& one : uncommitted) {
    const int number = std::stoi(one);
    EXPECT_EQ(one, row(number));
    EXPECT_GE(number, 100);
  }
}

TEST(SqliteRecover, EarlierGenerationsOfTheLog) {
  Maker maker;
  maker.run(kSetup).run(kTable).run(insert(1, 20)).start_wal();
  // The first generation has more pages than the second one writes over.
  for (int i = 1; i <= 8; ++i) maker.run(fmt::format("UPDATE m SET body = 'version {}' WHERE id = 7", i));
  maker.run("PRAGMA wal_checkpoint(RESTART)").run("UPDATE m SET body = 'last' WHERE id = 7");
  const Found found = look_into(maker.files());
  EXPECT_EQ(found.of(RowState::kLive).count("7|sender1|1600000007|last"), 1u);
  std::set<std::string> slack;
  for (const Seen& one : found.rows)
    if (one.source == RowSource::kWalSlack) slack.insert(one.values);
  for (int i = 3; i <= 7; ++i) EXPECT_EQ(slack.count(fmt::format("7|sender1|1600000007|version {}", i)), 1u) << i;
}

TEST(SqliteRecover, JournalsThatWereKept) {
  Maker maker;
  maker.run(kSetup).run("PRAGMA journal_mode=PERSIST").run(kTable).run(insert(1, 100));
  maker.run("UPDATE m SET body = 'changed' WHERE id = 50; ").run("DELETE FROM m WHERE id BETWEEN 60 AND 62");
  const Files files = maker.files();
  ASSERT_FALSE(files.journal.empty());
  ASSERT_EQ(files.journal[0], 0) << "the head is zeroed";
  const Found found = look_into(files);
  const Set gone = found.of(RowState::kSuperseded);
  for (const int i : {60, 61, 62}) EXPECT_EQ(gone.count(row(i)), 1u) << i;
  EXPECT_EQ(found.of(RowState::kLive).size(), 97u);
  for (const std::string& one : gone) EXPECT_EQ(found.of(RowState::kLive).count(one), 0u) << one;
}

TEST(SqliteRecover, JournalsOfATransactionThatDidNotEnd) {
  Maker maker;
  maker.run(kSetup).run(kTable).run(insert(1, 100)).run("PRAGMA cache_size=2; BEGIN;");
  maker.run("UPDATE m SET body = 'new text ' || id");
  const Files files = maker.files();
  ASSERT_FALSE(files.journal.empty());
  const Found found = look_into(files);
  const Set before = found.of(RowState::kSuperseded);
  EXPECT_GT(before.size(), 50u);
  for (const std::string& one : before) EXPECT_EQ(one, row(std::stoi(one)));
}

TEST(SqliteRecover, LongRows) {
  Maker maker;
  maker.run(kSetup).run(
      "CREATE TABLE m(id INTEGER PRIMARY KEY, t INTEGER, body TEXT, more TEXT, blob BLOB, end INTEGER)");
  const auto text = [](int i) {
    std::string long_text;
    for (int k = 0; k < 400; ++k) long_text += fmt::format("word{} ", k * i);
    return long_text;
  };
  for (int i = 1; i <= 12; ++i)
    maker.run(fmt::format("INSERT INTO m VALUES ({0}, 160000{0}, '{1}', 'more {0}', x'00ff', {0})", i, text(i)));
  maker.run("DELETE FROM m WHERE id IN (11, 12)");
  const Found found = look_into(maker.files());
  EXPECT_EQ(found.of(RowState::kLive).size(), 10u);
  // SQLite keeps the list of free pages on one of those it freed; the row that had that page is not whole.
  const Set recovered = found.of(RowState::kRecovered);
  ASSERT_EQ(recovered.size(), 1u);
  EXPECT_EQ(*recovered.begin(), fmt::format("12|16000012|{}|more 12|x00ff|12", text(12)));
}

TEST(SqliteRecover, TablesInTheOrderOfTheirKey) {
  Maker maker;
  maker.run(kSetup).run("CREATE TABLE k(v TEXT, a INTEGER, b TEXT, PRIMARY KEY (b, a)) WITHOUT ROWID;").run(kTable);
  maker.run("INSERT INTO k VALUES ('x', 1, 'one'), ('y', 2, 'two'), ('z', 3, 'three'); DELETE FROM k WHERE a = 2;");
  maker.run(insert(1, 3));
  const Found found = look_into(maker.files());
  EXPECT_EQ(found.of(RowState::kLive, "k"), (Set{"x|1|one", "z|3|three"}));
  EXPECT_EQ(found.rows.size(), 5u);
}

TEST(SqliteRecover, Utf16) {
  for (const char* encoding : {"UTF-16le", "UTF-16be"}) {
    Maker maker;
    maker.run(fmt::format("PRAGMA encoding='{}'", encoding)).run(kSetup).run(kTable).run(insert(1, 6));
    maker.run("INSERT INTO m VALUES (7, 'zoë', 1600000007, 'smile \U0001F600 ok'); DELETE FROM m WHERE id IN (2, 7);");
    const Found found = look_into(maker.files());
    EXPECT_EQ(found.of(RowState::kRecovered), (Set{row(2, false), "-|zoë|1600000007|smile \U0001F600 ok"})) << encoding;
  }
}

TEST(SqliteRecover, ColumnsAddedLater) {
  Maker maker;
  maker.run(kSetup).run("CREATE TABLE m(id INTEGER PRIMARY KEY, a TEXT, b TEXT, t INTEGER, c TEXT)");
  maker.run("INSERT INTO m VALUES (1, 'one', 'uno', 1001, 'een'), (2, 'two', 'due', 1002, 'twee')");
  maker.run("ALTER TABLE m ADD COLUMN star INTEGER DEFAULT 7");
  maker.run("INSERT INTO m VALUES (3, 'three', 'tre', 1003, 'drie', 1); DELETE FROM m WHERE id = 2;");
  const Found found = look_into(maker.files());
  EXPECT_EQ(found.of(RowState::kLive), (Set{"1|one|uno|1001|een|7", "3|three|tre|1003|drie|1"}));
  EXPECT_EQ(found.of(RowState::kRecovered), Set{"-|two|due|1002|twee|7"});
}

TEST(SqliteRecover, NarrowTablesWhereTablesWereDropped) {
  Maker maker;
  maker.run(kSetup).run("CREATE TABLE gone(a); DROP TABLE gone;").run(kTable).run(insert(1, 9));
  maker.run("DELETE FROM m WHERE id = 5");
  const Found found = look_into(maker.files());
  // Its page may have been another table's.
  EXPECT_TRUE(found.of(RowState::kRecovered).empty());
  EXPECT_EQ(found.of(RowState::kRecovered, ""), Set{row(5, false)});
}

TEST(SqliteRecover, AFragmentKeepsWhatIsLeft) {
  Maker maker;
  maker.run(kSetup).run(
      "CREATE TABLE m(id INTEGER PRIMARY KEY, t INTEGER NOT NULL, who TEXT, room TEXT, a TEXT, body TEXT)");
  maker.run(
      "INSERT INTO m VALUES (1, 1600000001, 'Anna', 'kitchen', 'aa', 'the first text'),"
      "(2, 1600000002, 'Bernard', 'garden', 'bb', 'a text of which the end will be written over, and it is long "
      "enough for that'); DELETE FROM m WHERE id = 2; INSERT INTO m VALUES (3, 1600000003, 'C', 'd', 'e', 'short');");
  const Found found = look_into(maker.files());
  ASSERT_EQ(found.of(RowState::kFragment), Set{"-|1600000002|Bernard|garden|bb|-"});
  for (const Seen& one : found.rows)
    if (one.state == RowState::kFragment) {
      EXPECT_EQ(one.known, (std::vector<bool>{false, true, true, true, true, false}));
    }
}

TEST(SqliteRecover, TwoTablesThatFit) {
  Maker maker;
  maker.run(kSetup).run(kTable);
  maker.run("CREATE TABLE n(id INTEGER PRIMARY KEY, who TEXT, t INTEGER NOT NULL, body TEXT);").run(insert(1, 60, "m"));
  maker.run(insert(100, 160, "n")).run("DELETE FROM m; DELETE FROM n;");
  const Found found = look_into(maker.files());
  // On pages that belong to nobody now, a row may be of either.
  EXPECT_GT(found.of(RowState::kRecovered, "").size(), 60u);
}

// Every state of a history is known: what is found must have been, and nothing live may be found again.
TEST(SqliteRecover, NothingThatNeverWas) {
  for (unsigned seed = 1; seed <= 12; ++seed) {
    std::mt19937 random(seed);
    const auto pick = [&](int most) { return static_cast<int>(random() % static_cast<unsigned>(most)); };
    Maker maker;
    maker.run(fmt::format("PRAGMA synchronous=OFF; PRAGMA page_size={}; PRAGMA secure_delete=OFF;", 512 << pick(4)))
        .run(kTable);
    if (seed % 3 == 0) maker.start_wal();
    if (seed % 3 == 1) maker.run("PRAGMA journal_mode=PERSIST");
    std::map<int, std::string> live;
    std::set<std::string> ever;
    for (int step = 0; step < 120; ++step) {
      const int id = 1 + pick(300);
      std::string body;
      for (int words = 1 + pick(12); words > 0; --words) body += fmt::format("w{} ", pick(1000));
      if (pick(3) == 0) {
        maker.run(fmt::format("DELETE FROM m WHERE id BETWEEN {} AND {}", id, id + 4));
        for (int i = id; i <= id + 4; ++i) live.erase(i);
      } else {
        maker.run(fmt::format("INSERT OR REPLACE INTO m VALUES ({}, 's{}', {}, '{}')", id, id % 7, 1000 + step, body));
        live[id] = fmt::format("s{}|{}|{}", id % 7, 1000 + step, body);
        ever.insert(live[id]);
      }
    }
    const Found found = look_into(maker.files());
    Set right;
    for (const auto& [id, values] : live) right.insert(fmt::format("{}|{}", id, values));
    EXPECT_EQ(found.of(RowState::kLive), right) << seed;
    for (const Seen& one : found.rows) {
      if (one.state == RowState::kLive || one.state == RowState::kFragment) continue;
      const std::string values = one.values.substr(one.values.find('|') + 1);
      EXPECT_EQ(ever.count(values), 1u) << seed << ": " << one.values << " " << static_cast<int>(one.source);
      for (const auto& [id, still] : live) EXPECT_FALSE(still == values && (!one.rowid || *one.rowid == id)) << values;
    }
    EXPECT_EQ(found.said.codes(), std::vector<std::string>()) << seed;
  }
}

TEST(SqliteRecover, NumbersThatNoLiveRowHas) {
  // The row that counts a table's numbers moves on its page whenever it grows. What is left of the old one is a part of
  // its name: read as a number it would be a row, for neither column of sqlite_sequence has a type.
  Maker maker;
  maker.run(kSetup).run(
      "CREATE TABLE message(id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT);"
      "CREATE TABLE other(id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT);");
  for (const int id : {1, 100, 400, 70000, 9000000})
    for (const char* table : {"message", "other"})
      maker.run(fmt::format("INSERT INTO {}(id, body) VALUES ({}, 'a text')", table, id));
  for (const Seen& one : look_into(maker.files()).rows)
    EXPECT_TRUE(one.table != "sqlite_sequence" || one.values.starts_with("message|") ||
                one.values.starts_with("other|"))
        << one.values;
}

TEST(SqliteRecover, SignsThatLiveRowsHave) {
  // Deleted rows with a negative number in the second column.
  const auto deleted = [](const char* live) {
    Maker maker;
    maker.run(kSetup).run("CREATE TABLE m(id INTEGER PRIMARY KEY, n INTEGER, body TEXT);");
    for (int i = 1; i <= 30; ++i)
      maker.run(fmt::format("INSERT INTO m VALUES ({}, {}, 'text number {}')", i, i > 25 ? "-70000" : live, i));
    maker.run("DELETE FROM m WHERE id > 25");
    return look_into(maker.files()).of(RowState::kRecovered).size();
  };
  EXPECT_EQ(deleted("70000"), 0u);
  EXPECT_EQ(deleted("-3"), 5u);
}

TEST(SqliteRecover, LoopsEnd) {
  Maker maker;
  maker.run(kSetup).run(kTable).run(insert(1, 400)).run("DELETE FROM m WHERE id > 250");
  const Files whole = maker.files();
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    Files files = whole;
    // Pointers and counts stand in heads: of pages, and of the lists on free pages.
    for (int change = 0; change < 8; ++change) {
      const std::size_t page = random() % (files.main.size() / 1024);
      files.main[page * 1024 + (page == 0 ? 100 : 0) + random() % 64] = static_cast<std::uint8_t>(random() % 12);
    }
    const Found found = look_into(files);
    EXPECT_LT(found.rows.size(), 5000u);
  }
}

TEST(SqliteDdl, ColumnsAndTheirKinds) {
  const auto plain = parse_create_table(
      "CREATE TABLE \"a\"\"b\" ('id' INTEGER PRIMARY KEY AUTOINCREMENT, [name] VARCHAR(20) NOT NULL DEFAULT 'x''y', "
      "/* c, */ `real` DOUBLE PRECISION DEFAULT -1.5, -- no, column\n bare, n DECIMAL(10,2) CHECK (n > 0), "
      "g TEXT AS (id || 'z'), CONSTRAINT c UNIQUE (bare))");
  ASSERT_TRUE(plain);
  ASSERT_EQ(plain->columns.size(), 6u);
  EXPECT_EQ(plain->alias, 0u);
  EXPECT_EQ(plain->columns[1].affinity, Affinity::kText);
  EXPECT_TRUE(plain->columns[1].not_null);
  EXPECT_EQ(plain->columns[1].missing.bytes, "x'y");
  EXPECT_EQ(plain->columns[2].affinity, Affinity::kReal);
  EXPECT_EQ(plain->columns[2].missing.real, -1.5);
  EXPECT_EQ(plain->columns[3].affinity, Affinity::kBlob);
  EXPECT_EQ(plain->columns[4].affinity, Affinity::kNumeric);
  EXPECT_FALSE(plain->columns[5].stored);
}

TEST(SqliteDdl, IndexesThatSqliteKeepsByItself) {
  const auto keys = [](std::string_view sql) { return parse_create_table(sql)->own_indexes; };
  using Keys = std::vector<std::vector<std::string>>;
  EXPECT_EQ(keys("CREATE TABLE t(a INTEGER PRIMARY KEY, b UNIQUE, c, UNIQUE(c, b), UNIQUE(B))"),
            (Keys{{"b"}, {"c", "b"}}));
  EXPECT_EQ(keys("CREATE TABLE t(a TEXT PRIMARY KEY, b INTEGER, UNIQUE(b COLLATE NOCASE DESC))"), (Keys{{"a"}, {"b"}}));
  EXPECT_EQ(keys("CREATE TABLE t(a, b, CONSTRAINT x PRIMARY KEY(a, b) UNIQUE(b))"), (Keys{{"a", "b"}, {"b"}}));
  EXPECT_EQ(keys("CREATE TABLE t(a INTEGER, PRIMARY KEY(a))"), Keys{});
}

TEST(SqliteDdl, ColumnsOfIndexes) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(parse_create_index("CREATE UNIQUE INDEX \"i(\" ON [t](a, \"b c\" COLLATE NOCASE DESC)"),
            (Names{"a", "b c"}));
  EXPECT_EQ(parse_create_index("CREATE INDEX i ON t(length(a), b, c || d)"), (Names{"", "b", ""}));
  EXPECT_EQ(parse_create_index("CREATE INDEX i ON t(a) WHERE a > 1"), std::nullopt);
  EXPECT_EQ(parse_create_index("CREATE INDEX i ON t(a"), std::nullopt);
}

TEST(SqliteDdl, KeysAndRowNumbers) {
  EXPECT_EQ(parse_create_table("CREATE TABLE t(a INT PRIMARY KEY)")->alias, std::nullopt);
  EXPECT_EQ(parse_create_table("CREATE TABLE t(a INTEGER PRIMARY KEY DESC)")->alias, std::nullopt);
  EXPECT_EQ(parse_create_table("CREATE TABLE t(b, a INTEGER, PRIMARY KEY (a))")->alias, 1u);
  EXPECT_EQ(parse_create_table("CREATE TABLE t(b, a INTEGER, PRIMARY KEY (a, b))")->alias, std::nullopt);
  const auto keyed = parse_create_table("CREATE TABLE t(a INTEGER PRIMARY KEY, b) WITHOUT ROWID");
  EXPECT_TRUE(keyed->without_rowid);
  EXPECT_EQ(keyed->alias, std::nullopt);
  EXPECT_FALSE(parse_create_table("CREATE VIRTUAL TABLE t USING fts4(a)"));
  EXPECT_FALSE(parse_create_table("CREATE TABLE t(a"));
  EXPECT_FALSE(parse_create_table("CREATE INDEX i ON t(a)"));
}

}  // namespace
}  // namespace limier::content::recovering
