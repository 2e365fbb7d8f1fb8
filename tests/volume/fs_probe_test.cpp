// Which file systems a volume holds, and how far they reach. Volumes come from mke2fs, mkfs.vfat and genisoimage, whose
// sizes are known from their options, or are made field by field.
#include "volume/fs_probe.h"

#include "volume/support.h"
#include "volume/udf_probe.h"

namespace limier::volume::testing {
namespace {

class Volume {
 public:
  explicit Volume(std::uint64_t bytes = 0) : path_(dir_.file("volume")) {
    std::ofstream(path_, std::ios::binary);
    std::filesystem::resize_file(path_, bytes);
  }
  // `command` with the path in the place of $V.
  void make(const std::string& command) {
    ASSERT_EQ(run("V=" + quoted(path_) + " D=" + quoted(dir_.file("")) + "; (" + command + ") >/dev/null 2>&1").code, 0)
        << command;
  }
  void cut(std::uint64_t bytes) { std::filesystem::resize_file(path_, bytes); }
  void put(std::uint64_t at, std::string_view bytes) {
    std::fstream file(path_, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(at));
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  [[nodiscard]] std::vector<FsProbe> probe() const {
    const RawImage image(path_);
    return probe_file_systems(RangeReader(image, 0, image.size_bytes()));
  }
  [[nodiscard]] std::optional<UdfVolume> udf() const {
    const RawImage image(path_);
    return find_udf(RangeReader(image, 0, image.size_bytes()));
  }
  [[nodiscard]] Rows map() const {
    const RawImage image(path_);
    Rows rows;
    rows.media_size = image.size_bytes();
    EXPECT_TRUE(map_volumes(image, rows).ok());
    return rows;
  }

 private:
  const TempDir dir_;
  const std::string path_;
};

std::string types_of(const Rows& rows) {
  std::string out;
  for (const auto& v : rows.volumes) out += (out.empty() ? "" : " ") + (v.fs_type.empty() ? "-" : v.fs_type);
  return out;
}

const catalog::IssueRecord* find_issue(const Rows& rows, std::string_view code) {
  for (const auto& issue : rows.issues)
    if (issue.code == code) return &issue;
  return nullptr;
}

// A volume of `bytes` cut to half of it, made by `command`.
void expect_cut_is_said(const std::string& command, std::uint64_t bytes, const std::string& fs_type) {
  Volume volume(bytes);
  volume.make(command);
  Rows rows = volume.map();
  ASSERT_EQ(types_of(rows), fs_type);
  EXPECT_EQ(rows.volumes[0].status, catalog::VolumeStatus::kParsed);
  EXPECT_TRUE(rows.issues.empty()) << rows.issues.front().message;
  volume.cut(bytes / 2);
  rows = volume.map();
  ASSERT_EQ(types_of(rows), fs_type);
  EXPECT_EQ(rows.volumes[0].status, catalog::VolumeStatus::kPartial);
  EXPECT_TRUE(rows.volumes[0].walkable);
  const auto* issue = find_issue(rows, "file-system-beyond-image");
  ASSERT_NE(issue, nullptr) << fs_type;
  EXPECT_TRUE(issue->incomplete);
  EXPECT_NE(issue->message.find(std::to_string(bytes / 2)), std::string::npos) << issue->message;
}

TEST(FsProbe, AnImageThatEndsBeforeTheFileSystemIsSaid) {
  expect_cut_is_said("mkfs.vfat -F 12 $V", 4u << 20, "fat12");
  expect_cut_is_said("mkfs.vfat -F 16 $V", 16u << 20, "fat16");
  expect_cut_is_said("mkfs.vfat -F 32 -s 1 $V", 40u << 20, "fat32");
  expect_cut_is_said("mke2fs -q -F -t ext2 $V", 4u << 20, "ext2");
  expect_cut_is_said("mke2fs -q -F -t ext3 $V", 8u << 20, "ext3");
  expect_cut_is_said("mke2fs -q -F -t ext4 $V", 16u << 20, "ext4");
  expect_cut_is_said("mke2fs -q -F -t ext4 -O bigalloc -C 16384 $V", 64u << 20, "ext4");
  expect_cut_is_said("mkfs.exfat $V", 16u << 20, "exfat");
}

TEST(FsProbe, ADiscWithoutItsPaddingIsSaid) {
  Volume volume;
  volume.make("mkdir -p $D/tree && echo x > $D/tree/file && genisoimage -quiet -pad -R -J -o $V $D/tree");
  const auto probes = volume.probe();
  ASSERT_EQ(probes.size(), 1u);
  EXPECT_TRUE(probes[0].coherent);
  EXPECT_TRUE(volume.map().issues.empty());
  volume.cut(probes[0].size_bytes - 2048);
  EXPECT_TRUE(volume.map().has_issue("file-system-beyond-image"));
}

TEST(FsProbe, AFileSystemLargerThanItsPartitionIsSaid) {
  Volume volume(16u << 20);
  volume.make("mke2fs -q -F -t ext4 -E offset=1048576 $V 8192k");
  std::string entry(16, '\0');
  entry[4] = static_cast<char>(0x83);
  entry[9] = 8;      // from sector 2048
  entry[13] = 0x20;  // 8192 of them: half
  volume.put(446, entry);
  volume.put(510, "\x55\xaa");
  const Rows rows = volume.map();
  const auto* issue = find_issue(rows, "file-system-beyond-partition");
  ASSERT_NE(issue, nullptr);
  EXPECT_TRUE(issue->incomplete);
}

TEST(FsProbe, FatWithoutTheMarkAtTheEndOfItsBootSector) {
  Volume volume(4u << 20);
  volume.make("mkfs.vfat -F 12 $V");
  volume.put(510, std::string(2, '\0'));
  const Rows rows = volume.map();
  ASSERT_EQ(types_of(rows), "fat12");
  EXPECT_TRUE(rows.volumes[0].walkable);
  EXPECT_TRUE(rows.issues.empty());
}

// The byte of sectors per cluster is a power of two from 0x81 on (Linux fs/ntfs3/super.c, true_sectors_per_clst).
// Whatever stands in its place; but only where nothing else is found.
TEST(FsProbe, Fat32IsFoundByTheCopyOfItsBootSector) {
  for (const char* options : {"-F 32", "-F 32 -S 4096 -s 1"}) {
    Volume volume(300u << 20);
    volume.make(std::string("mkfs.vfat ") + options + " $V");
    volume.put(0, std::string(512, '\xCC'));
    const Rows rows = volume.map();
    EXPECT_EQ(types_of(rows), "fat32") << options;
    EXPECT_EQ(rows.volumes.at(0).status, catalog::VolumeStatus::kParsed);
  }
  Volume newer(300u << 20);
  newer.make(
      "mkfs.vfat -F 32 $V && dd if=$V of=$D/copy bs=512 skip=6 count=1 && mke2fs -q -F -t ext4 -b 4096 $V && "
      "dd if=$D/copy of=$V bs=512 seek=6 conv=notrunc");
  EXPECT_EQ(types_of(newer.map()), "ext4");
}

TEST(FsProbe, NtfsWithClustersOver64KiB) {
  Volume volume(8u << 20);
  std::string boot(512, '\0');
  boot.replace(3, 8, "NTFS    ");
  boot[12] = 2;                        // sectors of 512 bytes
  boot[13] = static_cast<char>(0xF4);  // 4096 of them
  boot[0x29] = 0x40;                   // 16384 sectors
  boot[0x30] = 2;                      // the file table in cluster 2
  volume.put(0, boot);
  volume.put(4u << 20, "FILE");
  const auto probes = volume.probe();
  ASSERT_EQ(probes.size(), 1u);
  EXPECT_EQ(probes[0].fs_type, "ntfs");
  EXPECT_EQ(probes[0].block_size, 2u << 20);
  EXPECT_EQ(probes[0].size_bytes, 8u << 20);
  EXPECT_TRUE(probes[0].coherent);
}

TEST(FsProbe, TwoSoundFileSystemsInOneVolumeAreBothRows) {
  Volume volume(8u << 20);
  volume.make(
      "mkdir -p $D/tree && echo x > $D/tree/file && genisoimage -quiet -R -J -o $D/iso $D/tree && "
      "mkfs.vfat -F 12 -s 4 -R 2000 $V && dd if=$D/iso of=$V bs=2048 skip=16 seek=16 conv=notrunc");
  const Rows rows = volume.map();
  ASSERT_EQ(types_of(rows), "fat12 iso9660");
  EXPECT_EQ(rows.volumes[1].parent_id, rows.volumes[0].volume_id);
  EXPECT_EQ(rows.volumes[1].length, rows.volumes[0].length);
  EXPECT_TRUE(rows.volumes[0].walkable && rows.volumes[1].walkable);
  const auto* issue = find_issue(rows, "several-file-systems");
  ASSERT_NE(issue, nullptr);
  EXPECT_FALSE(issue->incomplete) << "both are listed";
}

TEST(FsProbe, ExtBeneathAnOldBootSector) {
  Volume volume(8u << 20);
  volume.make("mke2fs -q -F -t ext4 $V");
  std::string boot(512, '\0');
  boot.replace(3, 8, "NTFS    ");
  boot[12] = 2;
  boot[13] = 8;
  boot[0x29] = 0x40;
  boot[0x31] = 1;
  volume.put(0, boot);
  EXPECT_EQ(types_of(volume.map()), "ext4");
}

TEST(FsProbe, WhatAnOlderSuperblockLeavesBehindIsNoSecondFileSystem) {
  Volume volume(8u << 20);
  volume.make("mke2fs -q -F -t ext4 $V");
  volume.put(32768 + 1, "CD001");
  volume.put(4086, "SWAPSPACE2");
  const Rows rows = volume.map();
  EXPECT_EQ(types_of(rows), "ext4");
  EXPECT_TRUE(rows.issues.empty());
}

// A hybrid disc: the table has an entry for a stretch of the disc itself.
TEST(FsProbe, APartitionInsideTheFileSystemOfTheMediaIsNotMissed) {
  Volume volume;
  volume.make("mkdir -p $D/tree && echo x > $D/tree/file && genisoimage -quiet -R -J -o $V $D/tree");
  std::string entry(16, '\0');
  entry[4] = static_cast<char>(0xCD);
  entry[8] = 64;
  entry[12] = 40;
  volume.put(446, entry);
  volume.put(510, "\x55\xaa");
  const Rows rows = volume.map();
  EXPECT_NE(types_of(rows).find("iso9660"), std::string::npos);
  EXPECT_TRUE(rows.issues.empty()) << rows.issues.front().message;
}

TEST(Udf, BesideIso9660IsARowThatIsNotExamined) {
  Volume volume;
  volume.make("mkdir -p $D/tree && echo x > $D/tree/file && genisoimage -quiet -udf -V DISC -o $V $D/tree");
  const auto udf = volume.udf();
  ASSERT_TRUE(udf);
  EXPECT_EQ(udf->sector_bytes, 2048u);
  EXPECT_EQ(udf->anchor_offset, 256u * 2048);
  EXPECT_EQ(udf->label, "DISC");
  const Rows rows = volume.map();
  ASSERT_EQ(types_of(rows), "iso9660 udf");
  const auto* issue = find_issue(rows, "file-system-unsupported");
  ASSERT_NE(issue, nullptr);
  EXPECT_TRUE(issue->incomplete);
  EXPECT_NE(issue->message.find("UDF"), std::string::npos);
}

TEST(Udf, AlteredTagsAreNoAnchor) {
  Volume volume;
  volume.make("mkdir -p $D/tree && echo x > $D/tree/file && genisoimage -quiet -udf -o $V $D/tree");
  volume.put(256 * 2048 + 4, "\x01");
  const auto udf = volume.udf();
  ASSERT_TRUE(udf) << "the recognition sequence is still there";
  EXPECT_NE(udf->anchor_offset, 256u * 2048);
}

}  // namespace
}  // namespace limier::volume::testing
