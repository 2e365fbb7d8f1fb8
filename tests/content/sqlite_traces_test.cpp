// What is said of how a database was kept, of databases whose history the test made itself.
#include "content/sqlite_traces.h"

#include <fmt/format.h>

#include "content/sqlite_recover.h"
#include "content/support.h"

namespace limier::content::tracing {
namespace {

using namespace testing;

struct NoRows final : FoundRows {
  bool take(const FoundRow&) override { return true; }
};

// The codes of what is said of how the database was kept, and the messages.
struct Said {
  std::vector<std::string> codes;
  std::string text;
};
Said said_of(const Files& files) {
  const MemoryReader main(files.main), wal(files.wal);
  const Source source{"/a.db", &main, files.wal.empty() ? nullptr : &wal, nullptr};
  Collector rows;
  NoRows none;
  const auto image = SqliteImage::open(source, rows);
  EXPECT_TRUE(image && recover_rows(source, *image, {}, rows, none));
  Said said;
  for (const auto& issue : rows.issues)
    if (issue.code == "sqlite-auto-vacuum" || issue.code == "sqlite-secure-delete" || issue.code == "sqlite-vacuumed") {
      said.codes.push_back(issue.code);
      said.text += issue.message + "\n";
      EXPECT_FALSE(issue.incomplete);
    }
  return said;
}
using Codes = std::vector<std::string>;

constexpr const char* kPlain = "PRAGMA synchronous=OFF; PRAGMA page_size=1024; PRAGMA secure_delete=OFF;";
constexpr const char* kTable = "CREATE TABLE m(id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT, k INTEGER);";
constexpr const char* kIndex = "CREATE INDEX mk ON m(k);";

// One row a transaction's worth of order: the key jumps about, the number rises.
std::string insert(int first, int last) {
  return fmt::format(
      "WITH RECURSIVE n(i) AS (SELECT {} UNION ALL SELECT i + 1 FROM n WHERE i < {}) INSERT INTO m SELECT i, "
      "'text number ' || i || substr('----------------------------------------', 1, i % 37), (i * i * 7919) % 100003 "
      "FROM "
      "n;",
      first, last);
}

TEST(SqliteTraces, WrittenAnew) {
  Maker maker;
  maker.run(kPlain).run(kTable).run(kIndex).run(insert(1, 600)).run("DELETE FROM m WHERE id % 3 = 0; VACUUM;");
  EXPECT_EQ(said_of(maker.files()).codes, Codes{"sqlite-vacuumed"});
}

TEST(SqliteTraces, NotWrittenAnew) {
  const auto codes = [](const std::vector<std::string>& statements) {
    Maker maker;
    maker.run(kPlain);
    for (const auto& sql : statements) maker.run(sql);
    return said_of(maker.files()).codes;
  };
  // As it grew, with and without deletions.
  EXPECT_EQ(codes({kTable, kIndex, insert(1, 600)}), Codes{});
  EXPECT_EQ(codes({kTable, kIndex, insert(1, 600), "DELETE FROM m WHERE id % 3 = 0"}), Codes{});
  // Indexes made over rows that were there: of a dump, of a new version of the application, anew.
  EXPECT_EQ(codes({kTable, insert(1, 600), kIndex}), Codes{});
  EXPECT_EQ(codes({kTable, kIndex, insert(1, 600), "REINDEX"}), Codes{});
  EXPECT_EQ(codes({kTable, kIndex, insert(1, 600), "DROP INDEX mk", kIndex}), Codes{});
  // In the order of the key: it would look the same.
  EXPECT_EQ(codes({kTable, kIndex, insert(1, 600), "UPDATE m SET k = id", "VACUUM"}), Codes{});
  // Too small to tell.
  EXPECT_EQ(codes({kTable, kIndex, insert(1, 30), "DELETE FROM m WHERE id % 3 = 0", "VACUUM"}), Codes{});
  // Pages were freed and entries came in between since.
  EXPECT_EQ(codes({kTable, kIndex, insert(1, 600), "VACUUM", insert(601, 1200)}), Codes{});
  EXPECT_EQ(codes({kTable, kIndex, insert(1, 600), "VACUUM", "DELETE FROM m WHERE id BETWEEN 100 AND 400"}), Codes{});
}

TEST(SqliteTraces, Zeroed) {
  const auto said = [](const char* mode, const char* then) {
    Maker maker;
    maker.run(kPlain).run(fmt::format("PRAGMA secure_delete={};", mode)).run(kTable).run(insert(1, 200)).run(then);
    return said_of(maker.files());
  };
  constexpr const char* kSome = "DELETE FROM m WHERE id % 5 = 0";
  constexpr const char* kMany = "DELETE FROM m WHERE id > 20";
  EXPECT_EQ(said("OFF", kSome).codes, Codes{});
  EXPECT_EQ(said("OFF", kMany).codes, Codes{});
  EXPECT_EQ(said("ON", kSome).codes, Codes{"sqlite-secure-delete"});
  EXPECT_EQ(said("FAST", kSome).codes, Codes{"sqlite-secure-delete"});
  EXPECT_EQ(said("ON", kMany).codes, Codes{"sqlite-secure-delete"});
  // It leaves pages as they were.
  EXPECT_EQ(said("FAST", kMany).codes, Codes{});
  EXPECT_EQ(said("ON", "DELETE FROM m WHERE id IN (5, 60)").codes, Codes{});
  EXPECT_NE(said("FAST", "DELETE FROM m WHERE id % 5 = 0 OR id > 100").text.find("free pages still hold"),
            std::string::npos);
}

TEST(SqliteTraces, ZeroedForAWhile) {
  Maker maker;
  maker.run(kPlain).run(kTable).run(insert(1, 400)).run("DELETE FROM m WHERE id < 200 AND id % 5 = 0;");
  maker.run("PRAGMA secure_delete=ON; DELETE FROM m WHERE id > 200 AND id % 5 = 0;");
  const Said said = said_of(maker.files());
  EXPECT_EQ(said.codes, Codes{"sqlite-secure-delete"});
  EXPECT_NE(said.text.find(": 38 of 74 free blocks"), std::string::npos) << said.text;
}

// A list of free blocks that was bent into bytes where no cell ever stood.
TEST(SqliteTraces, BlocksThatNeverWere) {
  Maker maker;
  maker.run("PRAGMA page_size=4096; PRAGMA secure_delete=OFF;").run(kTable).run(insert(1, 20));
  Files files = maker.files();
  Buffer page(files.main.begin() + 4096, files.main.begin() + 8192);
  ASSERT_EQ(page[0], 0x0d);
  for (std::size_t block = 200; block < 1400; block += 100) {
    page[block] = static_cast<std::uint8_t>((block + 100) >> 8);
    page[block + 1] = static_cast<std::uint8_t>(block + 100);
    if (block == 1300) page[block] = page[block + 1] = 0;
    page[block + 3] = 64;
  }
  page[2] = 200;
  std::copy(page.begin(), page.end(), files.main.begin() + 4096);
  EXPECT_EQ(said_of(files).codes, Codes{});
}

// Pages that a transaction took and gave back were never written: zeros, and nobody zeroed them.
TEST(SqliteTraces, PagesThatWereNeverWritten) {
  Maker maker;
  maker.run(kPlain).run(kTable).run("BEGIN;").run(insert(1, 200));
  maker.run("DELETE FROM m; CREATE TABLE other(a); COMMIT;");
  EXPECT_EQ(said_of(maker.files()).codes, Codes{});
}

TEST(SqliteTraces, Cut) {
  for (const auto& [mode, word] : {std::pair("FULL", "=FULL"), std::pair("INCREMENTAL", "=INCREMENTAL")}) {
    Maker maker;
    maker.run(fmt::format("PRAGMA auto_vacuum={};", mode)).run(kPlain).run(kTable).run(insert(1, 100));
    const Said said = said_of(maker.files());
    EXPECT_EQ(said.codes, Codes{"sqlite-auto-vacuum"});
    EXPECT_NE(said.text.find(word), std::string::npos);
  }
}

// What makes no sense says nothing of the order.
TEST(SqliteTraces, DamageTellsNothing) {
  Maker maker;
  maker.run(kPlain).run(kTable).run(kIndex).run(insert(1, 600)).run("VACUUM;");
  Files files = maker.files();
  ASSERT_EQ(said_of(files).codes, Codes{"sqlite-vacuumed"});
  files.main[10 * 1024] = 0;  // the type of a page
  EXPECT_EQ(said_of(files).codes, Codes{});
}

}  // namespace
}  // namespace limier::content::tracing
