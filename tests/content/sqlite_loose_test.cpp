// Pages of a database in free space: which count, and what comes of them.
#include "content/sqlite_loose.h"

#include <fmt/format.h>

#include <random>
#include <set>

#include "content/sqlite_recover.h"
#include "content/support.h"

namespace limier::content::loose {
namespace {

using namespace testing;

constexpr std::size_t kPage = 1024;
constexpr const char* kSetup = "PRAGMA synchronous=OFF; PRAGMA page_size=1024; PRAGMA secure_delete=OFF;";
constexpr const char* kTable =
    "CREATE TABLE m(id INTEGER PRIMARY KEY, who TEXT, t INTEGER, out INTEGER, body TEXT NOT NULL, seen INTEGER);";

std::string insert(int first, int last, const char* table = "m") {
  return fmt::format(
      "WITH RECURSIVE n(i) AS (SELECT {} UNION ALL SELECT i + 1 FROM n WHERE i < {}) INSERT INTO {} SELECT i, "
      "'sender' || (i % 3), 1600000000 + i, i % 2, 'text number ' || i, 1 FROM n;",
      first, last, table);
}

Buffer made(const std::vector<std::string>& statements) {
  Maker maker;
  maker.run(kSetup);
  for (const auto& sql : statements) maker.run(sql);
  return maker.files().main;
}

struct Found final : FoundRows {
  bool take(const FoundRow& row) override {
    if (row.in_free_space) {
      numbers.insert(row.rowid.value_or(-1));
      bodies.insert(row.values.size() > 4 ? row.values[4].bytes : "?");
      states.insert(row.state);
      EXPECT_EQ(row.page, 0u);
    }
    return true;
  }
  std::multiset<std::int64_t> numbers;
  std::multiset<std::string> bodies;
  std::set<catalog::RowState> states;
  Collector said;
};

// `media`: free from its first byte to its last, with a page at every 1024.
Found look(const Buffer& database, const Buffer& media, const std::vector<Buffer>& others = {}) {
  const MemoryReader main(database), free(media);
  LooseSource source{&free, {}, {}};
  for (std::uint64_t at = 0; at + 512 <= media.size(); at += 512) source.places.push_back({at, media.size() - at});
  std::vector<std::unique_ptr<MemoryReader>> rivals;
  for (const Buffer& other : others) {
    rivals.push_back(std::make_unique<MemoryReader>(other));
    source.rivals.push_back(rivals.back().get());
  }
  const Source whole{.path = "/a.db", .main = &main, .loose = &source};
  Found found;
  const auto image = SqliteImage::open(whole, found.said);
  EXPECT_TRUE(image &&
              recover_rows(whole, *image, {.live = false, .others = true, .loose = &source}, found.said, found));
  return found;
}

std::multiset<std::int64_t> numbers(int first, int last) {
  std::multiset<std::int64_t> all;
  for (int i = first; i <= last; ++i) all.insert(i);
  return all;
}

TEST(SqliteLoose, RowsThatTheDatabaseHad) {
  const Found found = look(made({kTable, insert(1, 40)}), made({kTable, insert(1, 200)}));
  EXPECT_EQ(found.numbers, numbers(41, 200));
  EXPECT_EQ(found.bodies.count("text number 77"), 1u);
  EXPECT_EQ(found.states, std::set{catalog::RowState::kRecovered});
}

TEST(SqliteLoose, AnotherTextOfALiveRowIsAnEarlierOne) {
  const std::string now =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40) INSERT INTO m SELECT i, 'sender' "
      "|| "
      "(i % 3), 1600000000 + i, i % 2, 'now ' || i, 1 FROM n;";
  const Found found = look(made({kTable, now}), made({kTable, insert(1, 40)}));
  EXPECT_EQ(found.numbers, numbers(1, 40));
  EXPECT_EQ(found.states, std::set{catalog::RowState::kSuperseded});
}

TEST(SqliteLoose, WhatTheDatabaseStillHoldsIsNotGivenAgain) {
  const std::vector<std::string> rows{kTable, insert(1, 200)};
  auto fewer = rows;
  fewer.emplace_back("DELETE FROM m WHERE id > 40");
  EXPECT_LT(look(made(fewer), made(rows)).numbers.size(), 20u);
}

TEST(SqliteLoose, OnlyWholePages) {
  const Buffer media = made({kTable, insert(1, 200)});
  const Buffer database = made({kTable, insert(1, 40)});
  for (const std::size_t at : {kPage - 1, kPage - 300, std::size_t{5}, std::size_t{7}}) {
    Buffer torn = media;
    for (std::size_t page = 0; page < torn.size(); page += kPage) torn[page + at] ^= 0xff;
    EXPECT_EQ(look(database, torn).numbers.size(), 0u) << at;
  }
  // Half of it is another's.
  std::mt19937_64 random(5);
  Buffer torn = media;
  for (std::size_t at = 512; at < torn.size(); ++at)
    if (at % kPage >= 512) torn[at] = static_cast<std::uint8_t>(random());
  EXPECT_EQ(look(database, torn).numbers.size(), 0u);
}

TEST(SqliteLoose, OnlyATableThatItFits) {
  const Buffer database = made({kTable, insert(1, 40)});
  // Other values in the columns, fewer columns, more.
  EXPECT_EQ(look(database, made({"CREATE TABLE m(id INTEGER PRIMARY KEY, a, b, c, d, e);",
                                 "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) INSERT "
                                 "INTO m SELECT i, i, 'text', 1.5, 'some more text', 'text' FROM n;"}))
                .numbers.size(),
            0u);
  EXPECT_EQ(look(database, made({"CREATE TABLE m(id INTEGER PRIMARY KEY, a, b);",
                                 "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) INSERT "
                                 "INTO m SELECT i, 'sender', i FROM n;"}))
                .numbers.size(),
            0u);
  // Two tables of the database that it fits; one that is too narrow to be its own.
  EXPECT_EQ(look(made({kTable, insert(1, 40), "CREATE TABLE copy AS SELECT * FROM m"}), made({kTable, insert(1, 200)}))
                .numbers.size(),
            0u);
  const std::vector<std::string> narrow{"CREATE TABLE n(id INTEGER PRIMARY KEY, a TEXT, b TEXT);",
                                        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200) "
                                        "INSERT INTO n SELECT i, 'key ' || i, 'value' FROM n;"};
  auto kept = narrow;
  kept.emplace_back("DELETE FROM n WHERE id > 20; VACUUM;");
  EXPECT_EQ(look(made(kept), made(narrow)).numbers.size(), 0u);
}

TEST(SqliteLoose, AnotherDatabaseThatItFits) {
  const Buffer database = made({kTable, insert(1, 40)}), media = made({kTable, insert(1, 200)});
  const Buffer other = made({"CREATE TABLE x(a TEXT, b TEXT);"});
  EXPECT_EQ(look(database, media, {other}).numbers.size(), 160u);
  const Found found = look(database, media, {other, made({kTable})});
  EXPECT_EQ(found.numbers.size(), 0u);
  EXPECT_EQ(found.said.codes(), std::vector<std::string>{"sqlite-page-of-which"});
}

TEST(SqliteLoose, NothingInNoise) {
  std::mt19937_64 random(3);
  Buffer noise(4 << 20);
  for (auto& byte : noise) byte = static_cast<std::uint8_t>(random());
  for (std::size_t at = 0; at < noise.size(); at += kPage) {
    constexpr std::array<std::uint8_t, 10> kHead{0x0d, 0, 0, 0, 1, 3, 0x80, 0, 3, 0x80};
    std::ranges::copy(kHead, noise.begin() + static_cast<std::ptrdiff_t>(at));
  }
  EXPECT_EQ(look(made({kTable, insert(1, 40)}), noise).numbers.size(), 0u);
}

}  // namespace
}  // namespace limier::content::loose
