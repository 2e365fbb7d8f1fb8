// A volume of 60,000 files: the index must stay a small part of a run. Prints the processor time of each step.
#include <ctime>

#include "store/fixture.h"

namespace limier::store::testing {
namespace {

double cpu_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

TEST_F(StoreTest, SixtyThousandFiles) {
  constexpr std::uint64_t kFiles = 65'000, kCluster = 4096;
  create(kFiles * 4 * kCluster);
  volume(1, 0, kFiles * 4 * kCluster);
  double last = cpu_seconds();
  const auto lap = [&](const std::string& step) {
    const double now = cpu_seconds();
    RecordProperty("cpu_ms_" + step, static_cast<int>((now - last) * 1000));
    std::printf("%-10s %.3f s cpu\n", step.c_str(), now - last);
    last = now;
  };
  std::vector<catalog::NameRecord> names;
  std::uint64_t id = 0;
  for (std::uint64_t folder = 0; folder < kFiles / 50; ++folder) {
    const std::string path = numbered("/Documents and Settings/Local Settings/folder ", folder);
    names.push_back(name(++id, path, 100 + kFiles + folder));
    const std::uint64_t parent = id;
    for (std::uint64_t i = 0; i < 50; ++i)
      for (const char* suffix : {".docx", "~1.DOC"})  // two names each
        names.push_back(name(++id, numbered(path + "/document ", i) + suffix, 100 + folder * 50 + i, true, 1, parent));
  }
  lap("generate");
  for (const auto& record : names) add(record);
  lap("names");
  for (std::uint64_t i = 0; i < kFiles; ++i) {
    auto record = inode(100 + i, i % 20 != 0);
    record.owner_sid = "S-1-5-21-1234567890-1234567890-1234567890-1001";
    for (catalog::FileTimes* times : {&record.times, &record.name_times})
      *times = {catalog::utc_stamp(1'600'000'000, 0), catalog::utc_stamp(1'600'000'001, 0),
                catalog::utc_stamp(1'600'000'002, 0), catalog::utc_stamp(1'600'000'003, 0)};
    add(record);
    add(stream(100 + i, catalog::ContentSource::kExtents, kCluster + 5, 2));
    add(extent(100 + i, 0, i * 4 * kCluster, kCluster));
    add(extent(100 + i, 1, ((i * 7919) % kFiles) * 4 * kCluster + 2 * kCluster, 5, catalog::ExtentKind::kData,
               kCluster));
    add(extent(100 + i, 2, ((i * 7919) % kFiles) * 4 * kCluster + 2 * kCluster + 5, kCluster - 5,
               catalog::ExtentKind::kSlack));
  }
  lap("inodes");
  check(writer_->build_catalog());
  lap("catalog");
  sweep(1000);
  lap("digests");
  check(writer_->finish_evidence({}, Verdict::kVerified, true));
  lap("evidence");
  check(writer_->build_coverage());
  lap("coverage");
  close();
  lap("finish");
  EXPECT_EQ(rows("SELECT count(*) FROM v_file"), std::to_string(id));
  EXPECT_EQ(rows("SELECT count(*) FROM v_file WHERE content_state IN ('complete', 'recovered')"),
            std::to_string(kFiles * 2));
  lap("v_file");
  EXPECT_EQ(rows("SELECT count(*) FROM v_timeline"), std::to_string(kFiles * 2 * 8));
  lap("timeline");
  std::printf("index.db: %.1f MB\n", static_cast<double>(std::filesystem::file_size(dir_ + "/index.db")) / 1e6);
}

}  // namespace
}  // namespace limier::store::testing
