// The reports over an index that store wrote: the views as they are, not as the fixture draws them.
#include <fstream>
#include <random>
#include <sstream>

#include "limier/report.h"
#include "report/files_sheet.h"
#include "store/fixture.h"

namespace limier::report {
namespace {

class RealIndex : public store::testing::StoreTest {
 protected:
  std::string report(const std::string& name) {
    std::ifstream in(dir_ + "/" + name, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }
  void write() {
    auto index = store::Index::open(dir_);
    ASSERT_TRUE(index.ok()) << index.error().message;
    const std::vector<std::string> formats{"html", "json", "csv", "bodyfile", "dfxml"};
    const auto status = write_reports(**index, dir_, formats);
    ASSERT_TRUE(status.ok()) << status.error().message;
  }
};

TEST_F(RealIndex, GivesEveryFormat) {
  create();
  volume(1, 0, 1'000'000);
  const std::string raw_name = "/caf\xE9.txt";
  add(name(1, "/a.txt", 5));
  add(name(2, raw_name, 6));
  add(name(3, "/gone.jpg", 7, false));
  for (const std::uint64_t number : {5u, 6u, 7u}) {
    auto record = inode(number, number != 7);
    record.times.modified = catalog::utc_stamp(parse_time("2021-03-09T05:00"));
    record.name_times.created = catalog::utc_stamp(parse_time("2020-01-01"));
    add(record);
    add(stream(number, catalog::ContentSource::kExtents, 100));
    add(extent(number, 0, number * 4096, 100));
  }
  finish_all();
  write();
  const std::string files = report("files.csv");
  EXPECT_NE(files.find("\"/caf\\xE9.txt\""), std::string::npos) << files;
  EXPECT_NE(files.find(hex(raw_name)), std::string::npos);
  EXPECT_NE(files.find("\"2021-03-09T05:00:00.000000000Z\""), std::string::npos);
  EXPECT_NE(files.find("\"recovered\""), std::string::npos);
  EXPECT_NE(report("timeline.csv").find("\"2020-01-01T00:00:00.000000000Z\""), std::string::npos);
  EXPECT_NE(report("bodyfile.txt").find("|/gone.jpg (deleted)|7-128-0|"), std::string::npos) << report("bodyfile.txt");
  EXPECT_NE(report("bodyfile.txt").find("|/a.txt ($FILE_NAME)|"), std::string::npos);
  EXPECT_NE(report("dfxml.xml").find("img_offset=\"20480\" len=\"100\""), std::string::npos);
  EXPECT_NE(report("report.html").find("100.00 %"), std::string::npos);
  EXPECT_EQ(report("report.html").find("the account is not complete"), std::string::npos);
  EXPECT_NE(report("report.json").find("\"total_bytes\": 1000000"), std::string::npos);
  EXPECT_EQ(report("report.json").find("bench"), std::string::npos) << "the host is no fact of the evidence";
}

// timeline.csv is put together from the rows of v_file, so it has to be held against the view it stands for: every
// combination of equal and absent times, deleted names, orphans, reused inodes, streams.
TEST_F(RealIndex, TheTimelineIsThatOfTheView) {
  create();
  volume(1, 0, 100'000'000);
  std::mt19937 random(5);
  const auto some_time = [&]() -> catalog::Stamp {
    const auto choice = random() % 5;
    if (choice == 0) return {};
    if (random() % 20 == 0)
      return {static_cast<std::int64_t>(random() % 3) * 31'000'000'000 - 11'000'000'000,
              static_cast<std::uint32_t>(random() % 2),
              random() % 2 == 0 ? catalog::TimeBasis::kUtc : catalog::TimeBasis::kLocal};
    return catalog::utc_stamp(std::int64_t{1} +
                              static_cast<std::int64_t>(choice) * 86'400'000'000'001 * (choice == 4 ? -7 : 1));
  };
  for (std::uint64_t number = 1; number <= 300; ++number) {
    auto entry = name(number, "/f, \"" + std::to_string(number), number, random() % 2 == 0);
    entry.orphan = random() % 4 == 0;
    add(entry);
  }
  for (std::uint64_t number = 1; number <= 300; ++number) {
    auto record = inode(number, random() % 2 == 0);
    for (catalog::FileTimes* times : {&record.times, &record.name_times})
      *times = {some_time(), some_time(), some_time(), some_time()};
    add(record);
    add(stream(number, catalog::ContentSource::kExtents, 0));
    if (random() % 3 == 0) {
      auto extra = stream(number, catalog::ContentSource::kExtents, 0);
      extra.ref.attr_id = 7;
      extra.name = "ads";
      extra.is_default = false;
      add(extra);
    }
  }
  finish_all();
  auto index = store::Index::open(dir_);
  ASSERT_TRUE(index.ok());
  auto rows = (*index)->query(
      "SELECT t, t_ns, macb, source, file_id, path, description, zone_basis FROM v_timeline "
      "ORDER BY t_s, t_ns, iif(t_ns IS NULL, rtrim(t, 'Z'), NULL), file_id, source, macb DESC");
  ASSERT_TRUE(rows.ok());
  std::string expected = "t,t_ns,macb,source,file_id,path,description,zone_basis\n";
  std::size_t count = 0;
  for (; rows->step(); ++count)
    expected += csv_field(rows->text(0)) + "," + rows->text(1) + "," + csv_field(rows->text(2)) + "," +
                csv_field(rows->text(3)) + "," + rows->text(4) + "," + csv_field(rows->text(5)) + "," +
                csv_field(rows->text(6)) + "," + csv_field(rows->text(7)) + "\n";
  ASSERT_TRUE(rows->status().ok());
  EXPECT_GT(count, 1000u);
  // In one piece, and in many runs that have to be merged.
  for (const std::size_t run_bytes : {TimelineSheet::kRunBytes, std::size_t{5000}, std::size_t{1}}) {
    auto sheet = TimelineSheet::create(dir_, run_bytes);
    ASSERT_TRUE(sheet.ok());
    FileVisitor* const visitors[] = {&*sheet};
    ASSERT_TRUE(pass_over_files(**index, visitors).ok());
    ASSERT_TRUE(sheet->commit(**index).ok());
    EXPECT_EQ(report("timeline.csv"), expected) << run_bytes;
  }
}

TEST_F(RealIndex, WithoutAnyFileGivesReportsToo) {
  create();
  finish_all();
  write();
  EXPECT_NE(report("report.html").find("The file systems hold no time stamps."), std::string::npos);
  EXPECT_NE(report("dfxml.xml").find("</dfxml>"), std::string::npos);
}

}  // namespace
}  // namespace limier::report
