// Databases that are damaged where SQLite reads on: each is marked, and keeps its rows. What is sound is not marked, by
// the word of SQLite's own check.
#include <fmt/format.h>

#include <random>
#include <set>

#include "content/sqlite_recover.h"
#include "content/support.h"

namespace limier::content::damaging {
namespace {

using namespace testing;

constexpr std::size_t kPage = 1024;

struct Live final : FoundRows {
  bool take(const FoundRow& row) override {
    if (row.state != catalog::RowState::kLive) return true;
    std::string values = row.table->name;
    for (const SqliteValue& value : row.values)
      values += "|" + (value.kind == SqliteValue::Kind::kInteger ? std::to_string(value.integer) : value.bytes);
    rows.push_back(values);
    return true;
  }
  [[nodiscard]] bool is_said(std::string_view code) const {
    return std::ranges::any_of(said.issues, [&](const auto& one) { return one.code == code && one.incomplete; });
  }
  std::vector<std::string> rows;
  Collector said;
};

Live look_into(const Files& files, bool indexes = true) {
  const MemoryReader main(files.main), wal(files.wal);
  const Source source{"/a.db", &main, files.wal.empty() ? nullptr : &wal, nullptr};
  Live live;
  const auto image = SqliteImage::open(source, live.said);
  if (image) (void)recover_rows(source, *image, {.indexes = indexes}, live.said, live);
  return live;
}

bool is_marked(const Live& live) {
  return live.is_said("sqlite-tree-damaged") || live.is_said("sqlite-index-disagrees");
}

// What SQLite's check has to say.
std::string check(const Buffer& main) {
  sqlite3* handle = nullptr;
  Buffer copy = main;
  std::string said;
  sqlite3_open(":memory:", &handle);
  const auto size = static_cast<sqlite3_int64>(copy.size());
  sqlite3_deserialize(handle, "main", copy.data(), size, size, SQLITE_DESERIALIZE_READONLY);
  const auto take = [](void* out, int, char** values, char**) {
    *static_cast<std::string*>(out) += std::string(values[0] != nullptr ? values[0] : "") + "\n";
    return 0;
  };
  if (sqlite3_exec(handle, "PRAGMA integrity_check(3)", take, &said, nullptr) != SQLITE_OK)
    said += sqlite3_errmsg(handle);
  sqlite3_close(handle);
  return said;
}

// A table of 60 rows with an index; the table's tree has two levels.
Files make() {
  Maker maker;
  maker
      .run(
          "PRAGMA synchronous=OFF; PRAGMA page_size=1024; CREATE TABLE m(id INTEGER PRIMARY KEY, who TEXT, body TEXT);")
      .run("CREATE INDEX by_who ON m(who);")
      .run(
          "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60) INSERT INTO m "
          "SELECT i, printf('who%02d', i), 'some words of message ' || i FROM n");
  return maker.files();
}

// Where the n-th page of that type begins, and its pointers.
std::size_t page_of(const Buffer& main, std::uint8_t type, int which = 0) {
  for (std::size_t at = kPage; at < main.size(); at += kPage)
    if (main[at] == type && which-- == 0) return at;
  ADD_FAILURE() << "no page of type " << int{type};
  return kPage;
}
std::size_t cell_of(const Buffer& main, std::size_t page, std::size_t cell) {
  const std::size_t at = page + (main[page] == 2 || main[page] == 5 ? 12 : 8) + 2 * cell;
  return page + static_cast<std::size_t>(main[at] << 8 | main[at + 1]);
}
std::size_t find(const Buffer& main, std::string_view text, std::size_t from) {
  const auto found =
      std::search(main.begin() + static_cast<std::ptrdiff_t>(from), main.end(), text.begin(), text.end());
  EXPECT_NE(found, main.end()) << text;
  return static_cast<std::size_t>(found - main.begin());
}

TEST(SqliteDamage, WhatIsWholeIsNotMarked) {
  const Live live = look_into(make());
  EXPECT_EQ(live.rows.size(), 60u);
  EXPECT_FALSE(is_marked(live));
}

TEST(SqliteDamage, ACellThatIsListedTwice) {
  for (const std::uint8_t type : {std::uint8_t{0x0d}, std::uint8_t{0x0a}}) {
    Files files = make();
    const std::size_t page = page_of(files.main, type);
    std::copy_n(files.main.begin() + static_cast<std::ptrdiff_t>(page + 10), 2,
                files.main.begin() + static_cast<std::ptrdiff_t>(page + 12));
    const Live live = look_into(files);
    EXPECT_EQ(live.rows.size(), 60u);
    EXPECT_TRUE(live.is_said("sqlite-tree-damaged")) << int{type};
  }
}

TEST(SqliteDamage, RowNumbersThatDoNotRise) {
  Files files = make();
  const std::size_t page = page_of(files.main, 0x0d);
  std::swap_ranges(files.main.begin() + static_cast<std::ptrdiff_t>(page + 10),
                   files.main.begin() + static_cast<std::ptrdiff_t>(page + 12),
                   files.main.begin() + static_cast<std::ptrdiff_t>(page + 12));
  const Live live = look_into(files);
  EXPECT_EQ(live.rows.size(), 60u);
  EXPECT_TRUE(live.is_said("sqlite-tree-damaged"));
}

TEST(SqliteDamage, RowsOutsideTheNumbersOfTheirPage) {
  Files files = make();
  const std::size_t page = page_of(files.main, 0x05);
  files.main[cell_of(files.main, page, 0) + 4] = 3;  // rows of the first child go further
  const Live live = look_into(files);
  EXPECT_EQ(live.rows.size(), 60u);
  EXPECT_TRUE(live.is_said("sqlite-tree-damaged"));
}

TEST(SqliteDamage, ARecordShorterThanItsCellIsShownAsFarAsItGoes) {
  Files files = make();
  const std::size_t cell = cell_of(files.main, page_of(files.main, 0x0d), 4);
  ASSERT_EQ(files.main[cell + 5], 13 + 2 * 23);  // payload, number, head, two types, and that of the body
  files.main[cell + 5] -= 2 * 9;
  const Live live = look_into(files);
  EXPECT_EQ(live.rows.size(), 60u);
  EXPECT_EQ(live.rows[4], "m|5|who05|some words of ");
  EXPECT_TRUE(live.is_said("sqlite-tree-damaged"));
}

TEST(SqliteDamage, AnIndexThatHoldsOtherValues) {
  Files files = make();
  const std::size_t leaf = page_of(files.main, 0x0a);
  files.main[find(files.main, "who0", leaf) + 3] = '7';
  EXPECT_FALSE(look_into(files).is_said("sqlite-tree-damaged"));
  EXPECT_TRUE(look_into(files).is_said("sqlite-index-disagrees"));
  EXPECT_FALSE(is_marked(look_into(files, false)));  // nobody asks it there
}

TEST(SqliteDamage, IndexesThatChangedPlaces) {
  Maker maker;
  maker.run("CREATE TABLE m(id INTEGER PRIMARY KEY, a TEXT, b TEXT); CREATE INDEX ia ON m(a); CREATE INDEX ib ON m(b);")
      .run("INSERT INTO m VALUES (1, 'one', 'x'), (2, 'two', 'y')")
      .run("PRAGMA writable_schema=ON; UPDATE sqlite_schema SET rootpage = 7 - rootpage WHERE type = 'index'");
  const Live live = look_into(maker.files());
  EXPECT_EQ(live.rows.size(), 2u);
  EXPECT_TRUE(live.is_said("sqlite-index-disagrees"));
  EXPECT_FALSE(live.is_said("sqlite-tree-damaged"));
}

// Every kind of index: what SQLite calls sound must not be called damaged, and what an index says is compared.
constexpr const char* kAllKinds =
    "CREATE TABLE a(id INTEGER PRIMARY KEY, r REAL, n NUMERIC, t TEXT UNIQUE, b BLOB, x);"
    "CREATE INDEX a_r ON a(r); CREATE INDEX a_n ON a(n DESC, id); CREATE INDEX a_t ON a(t COLLATE NOCASE, b);"
    "CREATE UNIQUE INDEX a_x ON a(x) WHERE x IS NOT NULL; CREATE INDEX a_e ON a(length(t), n);"
    "CREATE TABLE k(a TEXT, b INT, c, PRIMARY KEY(a, b)) WITHOUT ROWID; CREATE INDEX k_c ON k(c);"
    "CREATE TABLE u(a INT PRIMARY KEY, b TEXT, c TEXT, g AS (a + 1), UNIQUE(b, c), UNIQUE(a));"
    "CREATE INDEX u_g ON u(g); CREATE INDEX u_two ON u(b, b, c);";

std::string rows_of_all_kinds(int from, int to) {
  const std::string numbers =
      fmt::format("WITH RECURSIVE n(i) AS (SELECT {} UNION ALL SELECT i + 1 FROM n WHERE i < {}) ", from, to);
  return numbers +
         "INSERT INTO a SELECT i, CASE i % 4 WHEN 0 THEN i WHEN 1 THEN i / 7.0 WHEN 2 THEN -0.0 ELSE NULL END, "
         "CASE i % 3 WHEN 0 THEN '12' WHEN 1 THEN 'x' ELSE 1.5 * i END, 'text' || i, randomblob(i % 90), "
         "CASE i % 5 WHEN 0 THEN 1e300 + i * 1e290 WHEN 1 THEN printf('%90d', i) WHEN 2 THEN i << 40 END FROM n;" +
         numbers + "INSERT INTO k SELECT 'key' || (i % 7), i, i * 1.0 FROM n;" + numbers +
         "INSERT INTO u(a, b, c) SELECT i, 'b' || i, CASE i % 2 WHEN 0 THEN NULL ELSE 'c' END FROM n;";
}

Files all_kinds(const std::string& setup) {
  Maker maker;
  maker.run("PRAGMA synchronous=OFF")
      .run(setup)
      .run(kAllKinds)
      .run(rows_of_all_kinds(1, 300))
      .run("DELETE FROM a WHERE id % 6 = 0");
  maker.run("ALTER TABLE u ADD COLUMN late TEXT DEFAULT 'never'; CREATE INDEX u_late ON u(late)");
  maker.run(rows_of_all_kinds(301, 420)).run("UPDATE a SET r = r + 1, t = t || '!' WHERE id % 5 = 0");
  return maker.files();
}

TEST(SqliteDamage, IndexesOfEveryKindAreNotMarkedWhereTheyAreWhole) {
  for (const std::string setup :
       {"PRAGMA page_size=512", "PRAGMA encoding='UTF-16le'", "PRAGMA auto_vacuum=FULL; PRAGMA page_size=1024",
        "PRAGMA legacy_file_format=ON; PRAGMA page_size=65536"}) {
    const Files files = all_kinds(setup);
    ASSERT_EQ(check(files.main), "ok\n") << setup;
    const Live live = look_into(files);
    EXPECT_FALSE(is_marked(live)) << setup << (live.said.issues.empty() ? "" : live.said.issues.front().message);
    EXPECT_EQ(live.rows.size(), 370u + 420u + 420u) << setup;
  }
}

// Bits anywhere, in a database whose indexes can all be compared: what SQLite's check passes is not marked, and what it
// does not pass is, but for what only wastes space.
TEST(SqliteDamage, AgreesWithSqlitesOwnCheck) {
  Maker maker;
  maker
      .run(
          "PRAGMA synchronous=OFF; PRAGMA page_size=1024; CREATE TABLE m(id INTEGER PRIMARY KEY, who TEXT UNIQUE, r "
          "REAL, body TEXT);")
      .run("CREATE INDEX m_r ON m(r); CREATE INDEX m_body ON m(body DESC, who);")
      .run(
          "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400) INSERT INTO m "
          "SELECT i, 'who' || i, i / 4.0, printf('%.*c', i % 300, 'b') || i FROM n; DELETE FROM m WHERE id % 9 = 0");
  const Files whole = maker.files();
  std::mt19937 random(3);
  int sound = 0, unsound = 0;
  for (int round = 0; round < 300; ++round) {
    Files files = whole;
    const std::size_t at = kPage + random() % (files.main.size() - kPage);
    files.main[at] ^= static_cast<std::uint8_t>(1u << random() % 8);
    const std::string said = check(files.main);
    const bool is_sound = said == "ok\n";
    const bool only_space =
        said.find("ragmentation") != std::string::npos || said.find("free space") != std::string::npos;
    ++(is_sound ? sound : unsound);
    EXPECT_TRUE(is_marked(look_into(files)) != is_sound || only_space) << "bit at " << at << ": " << said;
  }
  EXPECT_GT(sound, 50);
  EXPECT_GT(unsound, 100);
}

}  // namespace
}  // namespace limier::content::damaging
