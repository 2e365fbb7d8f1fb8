#include <random>

#include "store/fixture.h"

namespace limier::store::testing {
namespace {

using catalog::BlockUse;
using catalog::ExtentKind;
using catalog::VolumeStatus;

class CoverageTest : public StoreTest {
 protected:
  void block(std::uint64_t at, std::uint64_t length, BlockUse use, std::uint32_t volume_id = 1) {
    catalog::BlockRange record;
    record.volume_id = volume_id;
    record.image_offset = at;
    record.length = length;
    record.use = use;
    add(record);
  }
  std::string ledger() {
    check(writer_->finish("complete", 0, 0));
    writer_.reset();
    auto opened = Index::open(dir_);
    if (!opened.ok()) return opened.error().message;
    index_ = std::move(*opened);
    return rows("SELECT image_offset, length, state FROM v_coverage ORDER BY image_offset");
  }
};

TEST_F(CoverageTest, EmptyMediaHasNoRanges) {
  create(0);
  EXPECT_EQ(ledger(), "");
}

TEST_F(CoverageTest, MediaWithoutVolumesIsUnpartitioned) {
  create(1000);
  EXPECT_EQ(ledger(), "0|1000|unpartitioned");
}

TEST_F(CoverageTest, PartitionTableGapsAndTheInsideOfAVolume) {
  create(10'000);
  volume(1, 0, 512, "", VolumeStatus::kTable, 0, "Meta");
  volume(2, 0, 1000, "", VolumeStatus::kUnallocated, 0, "-------");
  volume(3, 1000, 8000, "ext4");
  add(name(1, "/f", 30, true, 3));
  add(inode(30, true, 3));
  add(stream(30, catalog::ContentSource::kExtents, 50, 1, 3));
  add(extent(30, 0, 3000, 50, ExtentKind::kData, 0, 3));
  add(extent(30, 1, 3050, 50, ExtentKind::kSlack, 50, 3));
  block(1000, 1000, BlockUse::kMetadata, 3);
  block(2000, 1000, BlockUse::kUnallocated, 3);
  block(3000, 200, BlockUse::kAllocated, 3);
  block(3200, 5700, BlockUse::kUnallocated, 3);
  EXPECT_EQ(
      ledger(),
      "0|512|metadata\n512|488|unpartitioned\n1000|1000|metadata\n2000|1000|unallocated\n3000|50|file\n3050|50|slack\n"
      "3100|100|metadata\n3200|5700|unallocated\n8900|100|slack\n9000|1000|unpartitioned");
}

TEST_F(CoverageTest, AnExtendedPartitionIsNoTableAsAWhole) {
  create(10'000);
  volume(1, 2000, 8000, "", VolumeStatus::kTable, 0, "Meta");
  volume(2, 2000, 512, "", VolumeStatus::kTable, 0, "Meta");
  volume(3, 3000, 1000, "xfs", VolumeStatus::kUnsupported);
  EXPECT_EQ(ledger(),
            "0|2000|unpartitioned\n2000|512|metadata\n2512|488|unpartitioned\n3000|1000|unallocated\n4000|6000|"
            "unpartitioned");
}

TEST_F(CoverageTest, DamageBeatsEncryptionBeatsTheRest) {
  create(10'000);
  volume(1, 1000, 5000, "", VolumeStatus::kEncrypted);
  add(catalog::BadRange{500, 1000, "read-error"});
  add(catalog::BadRange{1200, 100, "image-short"});
  add(catalog::BadRange{9'990, 1000, "image-short"});
  EXPECT_EQ(
      ledger(),
      "0|500|unpartitioned\n500|1000|unreadable\n1500|4500|encrypted\n6000|3990|unpartitioned\n9990|10|unreadable");
}

TEST_F(CoverageTest, TheInnermostVolumeDecides) {
  create(10'000);
  volume(1, 0, 8000, "", VolumeStatus::kUnsupported);
  volume(2, 0, 1000, "", VolumeStatus::kUnallocated, 1, "-------");
  volume(3, 1000, 1000, "ufs", VolumeStatus::kEncrypted, 1);
  EXPECT_EQ(ledger(), "0|1000|unpartitioned\n1000|1000|encrypted\n2000|6000|unallocated\n8000|2000|unpartitioned");
}

TEST_F(CoverageTest, VolumesOfOnePoolAreOneLevel) {
  create(10'000);
  volume(1, 0, 10'000, "apfs");
  volume(2, 0, 10'000, "apfs", VolumeStatus::kParsed, 1);
  volume(3, 0, 10'000, "apfs", VolumeStatus::kEncrypted, 1);
  add(name(1, "/f", 30, true, 2));
  add(inode(30, true, 2));
  add(stream(30, catalog::ContentSource::kExtents, 100, 1, 2));
  add(extent(30, 0, 4000, 100, ExtentKind::kData, 0, 2));
  block(0, 1000, BlockUse::kMetadata, 1);
  EXPECT_EQ(ledger(), "0|1000|metadata\n1000|3000|encrypted\n4000|100|file\n4100|5900|encrypted");
}

TEST_F(CoverageTest, FoldersAndSystemFilesAreMetadata) {
  create(10'000);
  volume(1, 0, 10'000, "ntfs");
  block(0, 10'000, BlockUse::kUnallocated);
  file(1, "/$MFT", 0, 1000, 1000);
  add(name(2, "/dir", 40));
  auto folder = inode(40);
  folder.kind = catalog::FileKind::kDir;
  add(folder);
  add(stream(40, catalog::ContentSource::kNone, 100));
  add(extent(40, 0, 3000, 100));
  file(3, "/f", 41, 4000, 100);
  file(4, "/gone", 42, 5000, 100, false, false);
  EXPECT_EQ(ledger(),
            "0|1000|unallocated\n1000|1000|metadata\n2000|1000|unallocated\n3000|100|metadata\n3100|900|unallocated\n"
            "4000|100|file\n4100|5900|unallocated");
}

// Any layout at all: ranges do not overlap, follow each other, and add up.
TEST_F(CoverageTest, RandomLayoutsAddUp) {
  for (unsigned seed = 1; seed <= 15; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    const std::uint64_t size = random() % 100'000 + 1;
    const auto below = [&](std::uint64_t limit) { return random() % limit; };
    create(size);
    const auto volumes = static_cast<std::uint32_t>(below(8));
    for (std::uint32_t id = 1; id <= volumes; ++id)
      volume(id, below(size), below(size + 1000), id % 2 == 0 ? "ntfs" : "ext4", static_cast<VolumeStatus>(below(8)),
             static_cast<std::uint32_t>(below(id)), below(4) == 0 ? "-------" : "000:000");
    for (std::uint64_t i = 1; volumes > 0 && i <= 60; ++i) {
      const auto id = static_cast<std::uint32_t>(below(volumes) + 1);
      add(name(i, numbered("/f", i), i, below(2) == 0, id));
      add(inode(i, below(2) == 0, id));
      add(stream(i, catalog::ContentSource::kExtents, 100, 1, id));
      add(extent(i, 0, below(size), below(3000), static_cast<ExtentKind>(below(7)), 0, id));
      add(extent(i, 1, below(2) == 0 ? std::optional(below(size)) : std::nullopt, below(300), ExtentKind::kData, 0,
                 id));
      block(below(size), below(2000), static_cast<BlockUse>(below(3)), id);
      if (below(6) == 0) add(catalog::BadRange{below(size), below(2000), "read-error"});
    }
    static_cast<void>(ledger());
    EXPECT_EQ(rows("SELECT sum(length) FROM v_coverage"), std::to_string(size));
    EXPECT_EQ(rows("SELECT count(*) FROM v_coverage WHERE length <= 0"), "0");
    EXPECT_EQ(rows("SELECT count(*) FROM (SELECT image_offset, lag(image_offset + length, 1, 0) OVER (ORDER BY "
                   "image_offset) AS "
                   "expected, state, lag(state) OVER (ORDER BY image_offset) AS before FROM v_coverage) "
                   "WHERE image_offset <> expected OR state IS before OR state IS NULL"),
              "0");
    index_.reset();
    std::filesystem::remove(dir_ + "/index.db");
  }
}

// What makes a run incomplete is said in v_not_examined, whichever stage found it: also one that does not exist yet.
TEST_F(CoverageTest, EveryIncompleteIssueIsInNotExamined) {
  const std::vector<std::string> stages{"container", "volume", "walk", "sweep", "content", "rules", "a stage to come"};
  for (const std::string& stage : stages) {
    create();
    volume(1, 0, 500'000);
    catalog::IssueRecord issue;
    issue.stage = stage;
    issue.code = "some-new-code";
    issue.incomplete = true;
    issue.message = "It could not be read.";
    add(issue);
    finish_all();
    EXPECT_EQ(rows("SELECT sum(items) FROM v_not_examined WHERE reason LIKE '%some new code%'"), "1") << stage;
    index_.reset();
    std::filesystem::remove(dir_ + "/index.db");
  }
}

}  // namespace
}  // namespace limier::store::testing
