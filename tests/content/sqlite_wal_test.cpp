#include "content/sqlite_wal.h"

#include "content/cell_finder.h"
#include "content/sqlite_db.h"
#include "content/support.h"

namespace limier::content {
namespace {

using namespace testing;

constexpr std::size_t kPage = 512;
constexpr std::size_t kFrame = kWalFrameHeaderBytes + kPage;

void put_be(Buffer& bytes, std::size_t at, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
}

// A log, written by the format's description and not by the library.
class LogMaker {
 public:
  explicit LogMaker(bool big_endian = false, std::uint32_t page_size = kPage, std::uint32_t version = 3007000)
      : big_endian_(big_endian), page_size_(page_size), bytes_(kWalHeaderBytes) {
    put_be(bytes_, 0, big_endian ? 0x377f0683 : 0x377f0682);
    put_be(bytes_, 4, version);
    put_be(bytes_, 8, page_size);
    put_be(bytes_, 16, kSalt);
    put_be(bytes_, 20, kSalt + 1);
    add(0, 24);
    put_be(bytes_, 24, first_);
    put_be(bytes_, 28, second_);
  }
  LogMaker& frame(std::uint32_t page, std::uint8_t fill, std::uint32_t commit = 0, std::uint32_t salt = kSalt) {
    const std::size_t at = bytes_.size();
    bytes_.resize(at + kWalFrameHeaderBytes + page_size_, fill);
    put_be(bytes_, at, page);
    put_be(bytes_, at + 4, commit);
    put_be(bytes_, at + 8, salt);
    put_be(bytes_, at + 12, salt + 1);
    add(at, 8);
    add(at + kWalFrameHeaderBytes, page_size_);
    put_be(bytes_, at + 16, first_);
    put_be(bytes_, at + 20, second_);
    return *this;
  }
  Buffer bytes() const { return bytes_; }

  static constexpr std::uint32_t kSalt = 0x1234abcd;

 private:
  void add(std::size_t at, std::size_t size) {
    for (std::size_t i = at; i < at + size; i += 8) {
      first_ += word(i) + second_;
      second_ += word(i + 4) + first_;
    }
  }
  std::uint32_t word(std::size_t at) const {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value |= std::uint32_t{bytes_[at + i]} << 8 * (big_endian_ ? 3 - i : i);
    return value;
  }

  bool big_endian_;
  std::uint32_t page_size_;
  Buffer bytes_;
  std::uint32_t first_ = 0, second_ = 0;
};

std::optional<Wal> read_log(Buffer bytes, Collector& rows) {
  return Wal::read(MemoryReader(std::move(bytes)), rows);
}

std::uint64_t frame_data(std::size_t index) {
  return kWalHeaderBytes + index * kFrame + kWalFrameHeaderBytes;
}

TEST(Wal, TheNewestCommittedFrameOfAPageCounts) {
  for (const bool big_endian : {false, true}) {
    Collector rows;
    LogMaker log(big_endian);
    log.frame(1, 'a').frame(2, 'b', 2).frame(1, 'c', 3).frame(3, 'd', 4);
    const auto wal = read_log(log.bytes(), rows);
    ASSERT_TRUE(wal) << big_endian;
    EXPECT_EQ(wal->page_count(), 4u);
    EXPECT_EQ(wal->offset_of(1), frame_data(2));
    EXPECT_EQ(wal->offset_of(2), frame_data(1));
    EXPECT_EQ(wal->offset_of(3), frame_data(3));
    EXPECT_EQ(wal->offset_of(4), std::nullopt);
    EXPECT_TRUE(rows.issues.empty());
  }
}

TEST(Wal, WhatIsNotCommittedIsLeftOut) {
  Collector rows;
  const auto wal = read_log(LogMaker().frame(1, 'a', 1).frame(1, 'b').frame(2, 'c').bytes(), rows);
  ASSERT_TRUE(wal);
  EXPECT_EQ(wal->page_count(), 1u);
  EXPECT_EQ(wal->offset_of(1), frame_data(0));
  EXPECT_EQ(wal->offset_of(2), std::nullopt);
  EXPECT_EQ(rows.codes(), std::vector<std::string>{"sqlite-wal-tail"});
}

TEST(Wal, WithoutACommitThereIsNothing) {
  Collector rows;
  EXPECT_FALSE(read_log(LogMaker().frame(1, 'a').frame(2, 'b').bytes(), rows));
  EXPECT_EQ(rows.codes(), std::vector<std::string>{"sqlite-wal-tail"});
  Collector none;
  EXPECT_FALSE(read_log({}, none));
  EXPECT_FALSE(read_log(LogMaker().bytes(), none));
  EXPECT_FALSE(read_log(Buffer(kWalHeaderBytes, 0), none));
  EXPECT_TRUE(none.issues.empty());
}

TEST(Wal, FramesOfAnotherGenerationEndIt) {
  Collector rows;
  const auto wal = read_log(LogMaker().frame(1, 'a', 1).frame(2, 'b', 2, 77).bytes(), rows);
  ASSERT_TRUE(wal);
  EXPECT_EQ(wal->page_count(), 1u);
  EXPECT_TRUE(rows.issues.empty());  // what a checkpoint leaves
}

TEST(Wal, ABrokenFrameEndsItAtTheCommitBefore) {
  const Buffer whole = LogMaker().frame(1, 'a', 1).frame(1, 'b').frame(2, 'c', 2).frame(2, 'd', 2).bytes();
  for (const std::size_t at : {frame_data(1) + 5, frame_data(2) - 4, frame_data(1) - kWalFrameHeaderBytes + 3}) {
    Collector rows;
    Buffer bytes = whole;
    bytes[at] ^= 1;
    const auto wal = read_log(bytes, rows);
    ASSERT_TRUE(wal) << at;
    EXPECT_EQ(wal->offset_of(1), frame_data(0)) << at;
    EXPECT_EQ(wal->offset_of(2), std::nullopt) << at;
    EXPECT_EQ(rows.codes(), std::vector<std::string>{"sqlite-wal-tail"}) << at;
  }
  // Cut in the last frame: it is not there.
  Collector rows;
  Buffer torn = whole;
  torn.resize(torn.size() - 1);
  const auto wal = read_log(torn, rows);
  ASSERT_TRUE(wal);
  EXPECT_EQ(wal->offset_of(2), frame_data(2));
  EXPECT_EQ(rows.codes(), std::vector<std::string>{"sqlite-wal-tail"});
  // The only one: nothing is applied, and that there was one is said.
  Collector only;
  EXPECT_FALSE(read_log(Buffer(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(frame_data(1) - 100)), only));
  EXPECT_EQ(only.codes(), std::vector<std::string>{"sqlite-wal-tail"});
}

TEST(Wal, AHeadThatIsWrongIsSaid) {
  for (const std::size_t at : {0u, 5u, 9u, 17u, 25u}) {
    Collector rows;
    Buffer bytes = LogMaker().frame(1, 'a', 1).bytes();
    bytes[at] ^= 1;
    EXPECT_FALSE(read_log(bytes, rows)) << at;
    EXPECT_EQ(rows.codes(), std::vector<std::string>{"sqlite-wal-not-valid"}) << at;
  }
}

TEST(Wal, ASoundLogOfAnotherVersionIsMissed) {
  Collector rows;
  EXPECT_FALSE(read_log(LogMaker(false, kPage, 3007001).frame(1, 'a', 1).bytes(), rows));
  EXPECT_EQ(rows.codes(), std::vector<std::string>{"sqlite-wal-not-applied"});
  EXPECT_TRUE(rows.issues[0].incomplete);
}

TEST(Wal, PageZeroIsNoPage) {
  Collector rows;
  EXPECT_FALSE(read_log(LogMaker().frame(0, 'a', 1).bytes(), rows));
}

// ---- laid over a database that the library made ---------------------------------------------------------------------

std::vector<std::string> texts(const Files& files, Collector& rows, const std::string& sql = "SELECT t FROM a") {
  const MemoryReader main(files.main);
  const MemoryReader wal(files.wal);
  const MemoryReader journal(files.journal);
  const Source source{"/a.db", &main, files.wal.empty() ? nullptr : &wal, files.journal.empty() ? nullptr : &journal};
  std::vector<std::string> all;
  const auto image = SqliteImage::open(source, rows);
  if (!image) return {"no database"};
  auto database = Database::open(*image, rows);
  if (!database) return {database.error().message};
  auto statement = (*database)->prepare(sql);
  if (!statement) return {statement.error().message};
  Statement::Step step{};
  while ((step = statement->step()) == Statement::Step::kRow) all.emplace_back(statement->text(0));
  if (step == Statement::Step::kFailed) all.push_back(statement->error());
  return all;
}

using Texts = std::vector<std::string>;

TEST(SqliteImage, TheLogIsLaidOverTheDatabase) {
  Maker maker;
  maker.run("PRAGMA page_size=1024; CREATE TABLE a(t); INSERT INTO a VALUES ('one'),('two')").start_wal();
  maker.run("UPDATE a SET t='ONE' WHERE t='one'; INSERT INTO a VALUES ('three')");
  Files files = maker.files();
  ASSERT_FALSE(files.wal.empty());
  Collector rows;
  EXPECT_EQ(texts(files, rows), (Texts{"ONE", "two", "three"}));
  files.wal.clear();
  EXPECT_EQ(texts(files, rows), (Texts{"one", "two"}));
  EXPECT_TRUE(rows.issues.empty());
}

TEST(SqliteImage, EveryCommitIsSeenWhenTheLogEndsThere) {
  Maker maker;
  maker.run("CREATE TABLE a(t)").start_wal();
  std::vector<std::size_t> sizes;
  for (int i = 0; i < 5; ++i) {
    maker.run("INSERT INTO a VALUES ('" + std::to_string(i) + "')");
    sizes.push_back(maker.files().wal.size());
  }
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    Files files = maker.files();
    files.wal.resize(sizes[i]);
    Collector rows;
    EXPECT_EQ(texts(files, rows).size(), i + 1);
    files.wal.resize(sizes[i] - 1);
    EXPECT_EQ(texts(files, rows).size(), i);
  }
}

TEST(SqliteImage, ADatabaseThatGrewOrShrankInTheLog) {
  Maker maker;
  maker.run("PRAGMA page_size=512; CREATE TABLE a(t); INSERT INTO a VALUES ('x')").start_wal();
  maker.run(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<200) "
      "INSERT INTO a SELECT hex(zeroblob(50)) FROM n");
  Collector rows;
  EXPECT_EQ(texts(maker.files(), rows).size(), 201u);
  maker.run("DELETE FROM a WHERE rowid > 3; VACUUM");
  const Files files = maker.files();
  EXPECT_EQ(texts(files, rows).size(), 3u);
  EXPECT_TRUE(rows.issues.empty());
}

TEST(SqliteImage, ALogOfOtherPagesIsNotApplied) {
  Maker maker;
  maker.run("PRAGMA page_size=4096; CREATE TABLE a(t); INSERT INTO a VALUES ('x')");
  Files files = maker.files();
  files.wal = LogMaker().frame(2, 'a', 9).bytes();
  Collector rows;
  EXPECT_EQ(texts(files, rows), Texts{"x"});
  EXPECT_EQ(rows.codes(), Texts{"sqlite-wal-not-applied"});
  EXPECT_TRUE(rows.issues[0].incomplete);
}

TEST(SqliteImage, WithoutAMainFileTheLogIsEnough) {
  Maker maker;
  maker.start_wal().run("CREATE TABLE a(t); INSERT INTO a VALUES ('x')");
  Files files = maker.files();
  files.main.resize(4096);  // page 1 alone, as the switch to a log wrote it
  Collector rows;
  EXPECT_EQ(texts(files, rows), Texts{"x"});
}

TEST(SqliteImage, AHotJournalIsSaid) {
  Maker maker;
  maker.run("CREATE TABLE a(t); INSERT INTO a VALUES ('x')");
  Files files = maker.files();
  files.journal = {0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7, 0, 0, 0, 1, 0, 0, 0, 0};
  Collector rows;
  EXPECT_EQ(texts(files, rows), Texts{"x"});
  EXPECT_EQ(rows.codes(), Texts{"sqlite-journal-not-applied"});
  EXPECT_TRUE(rows.issues[0].incomplete);
  // One that was finished has no head any more.
  files.journal.assign(512, 0);
  Collector none;
  EXPECT_EQ(texts(files, none), Texts{"x"});
  EXPECT_TRUE(none.issues.empty());
}

TEST(SqliteImage, AFileThatIsCutIsReadAsFarAsItGoes) {
  Maker maker;
  maker.run(
      "PRAGMA page_size=512; CREATE TABLE a(t); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n "
      "WHERE i<100) INSERT INTO a SELECT hex(zeroblob(50)) FROM n");
  Files files = maker.files();
  files.main.resize(files.main.size() - 2000);
  Collector rows;
  const Texts all = texts(files, rows);
  EXPECT_GT(all.size(), 50u);
  EXPECT_LT(all.size(), 101u);
  EXPECT_EQ(all.back(), "disk I/O error");
  EXPECT_EQ(rows.codes(), Texts{"sqlite-truncated"});
}

TEST(SqliteImage, OtherBytesAreNoDatabase) {
  Collector rows;
  for (const std::size_t size : {0u, 15u, 99u, 4096u})
    EXPECT_EQ(texts({Buffer(size, 'S'), {}, {}}, rows), Texts{"no database"}) << size;
  EXPECT_TRUE(rows.issues.empty());
}

// ---- where a row stands ---------------------------------------------------------------------------------------------

void expect_cells(const Files& files, std::int64_t count, std::uint32_t root) {
  const MemoryReader main(files.main);
  const MemoryReader wal(files.wal);
  Collector rows;
  const Source source{"/a.db", &main, files.wal.empty() ? nullptr : &wal, nullptr};
  const auto image = SqliteImage::open(source, rows);
  ASSERT_TRUE(image);
  CellFinder finder(*image, root);
  for (std::int64_t i = 1; i <= count; ++i) {
    // Each text holds its own number: it has to stand in the cell.
    const auto place = finder.find(i);
    ASSERT_TRUE(place) << i;
    const Buffer& file = place->source == catalog::RowSource::kWal ? files.wal : files.main;
    const std::string text = "<" + std::to_string(i) + ">";
    const auto from = file.begin() + static_cast<std::ptrdiff_t>(place->file_offset);
    const auto to =
        from + static_cast<std::ptrdiff_t>(std::min<std::size_t>(60, static_cast<std::size_t>(file.end() - from)));
    EXPECT_NE(std::search(from, to, text.begin(), text.end()), to) << i;
    if (place->source == catalog::RowSource::kMain) {
      EXPECT_EQ(place->file_offset / image->page_size() + 1, place->page) << i;
    }
  }
  EXPECT_FALSE(finder.find(count + 1));
  EXPECT_FALSE(finder.find(0));
  EXPECT_FALSE(finder.find(-5));
}

TEST(CellFinder, FindsEveryRowOfADeepTree) {
  Maker maker;
  maker.run(
      "PRAGMA page_size=512; CREATE TABLE a(t); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n "
      "WHERE i<5000) INSERT INTO a SELECT '<' || i || '>' || hex(zeroblob(i % 40)) FROM n");
  expect_cells(maker.files(), 5000, 2);
}

TEST(CellFinder, KnowsWhatStandsInTheLog) {
  Maker maker;
  maker
      .run(
          "PRAGMA page_size=512; CREATE TABLE a(t); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n "
          "WHERE i<300) INSERT INTO a SELECT '<' || i || '>' FROM n")
      .start_wal();
  maker.run(
      "WITH RECURSIVE n(i) AS (SELECT 301 UNION ALL SELECT i+1 FROM n WHERE i<400) INSERT INTO a SELECT '<' || i || "
      "'>' FROM n");
  expect_cells(maker.files(), 400, 2);
}

TEST(CellFinder, EndsInTreesThatMakeNoSense) {
  Maker maker;
  maker.run(
      "PRAGMA page_size=512; CREATE TABLE a(t); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n "
      "WHERE i<300) INSERT INTO a SELECT '<' || i || '>' FROM n");
  Files files = maker.files();
  // The root's children are itself.
  const std::size_t root = kPage;
  ASSERT_EQ(files.main[root], 0x05);
  const std::size_t cells = files.main[root + 3] * 256u + files.main[root + 4];
  put_be(files.main, root + 8, 2);
  for (std::size_t i = 0; i < cells; ++i) {
    const std::size_t cell = files.main[root + 12 + 2 * i] * 256u + files.main[root + 13 + 2 * i];
    put_be(files.main, root + cell, 2);
  }
  const MemoryReader main(files.main);
  Collector rows;
  const auto image = SqliteImage::open({"/a.db", &main, nullptr, nullptr}, rows);
  ASSERT_TRUE(image);
  CellFinder finder(*image, 2);
  EXPECT_FALSE(finder.find(1));
  EXPECT_FALSE(finder.find(INT64_MAX));
  EXPECT_FALSE(CellFinder(*image, 0).find(1));
  EXPECT_FALSE(CellFinder(*image, 4000).find(1));
}

}  // namespace
}  // namespace limier::content
