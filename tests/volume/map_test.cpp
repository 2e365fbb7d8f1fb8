// map_volumes against mmls (recorded in the corpus) and blkid.
#include "volume/support.h"

namespace limier::volume::testing {
namespace {

Rows map_of(const evidence::Image& image) {
  Rows rows;
  rows.media_size = image.size_bytes();
  const Status status = map_volumes(image, rows);
  EXPECT_TRUE(status.ok()) << (status.ok() ? "" : status.error().message);
  return rows;
}

void expect_cover(const Rows& rows, std::uint64_t size) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> parts;
  for (const auto& v : rows.volumes) parts.emplace_back(v.image_offset, v.image_offset + v.length);
  std::sort(parts.begin(), parts.end());
  std::uint64_t end = 0;
  for (const auto& [from, to] : parts) {
    EXPECT_LE(from, end) << "a hole in the map";
    end = std::max(end, to);
  }
  EXPECT_EQ(end, size);
}

std::string mmls_lines(const Rows& rows) {
  std::string out;
  for (const auto& v : rows.volumes) {
    if (v.parent_id != 0 || v.scheme == "none") continue;
    const std::uint64_t length = std::max(v.length, v.declared_length);
    if (length % 512 != 0 || v.image_offset % 512 != 0) continue;
    out += v.slot + " " + std::to_string(v.image_offset / 512) + " " + std::to_string(length / 512) + " " +
           v.description + "\n";
  }
  return out;
}

std::string mmls_of(const std::string& path) {
  return run("mmls " + quoted(path) +
             " 2>/dev/null | awk '/^[0-9]+:/ {d=$6; for(i=7;i<=NF;i++) d=d\" \"$i; sub(/^0+/,\"\",$3); "
             "sub(/^0+/,\"\",$5); print $2, ($3==\"\"?\"0\":$3), ($5==\"\"?\"0\":$5), d}'")
      .out;
}

struct Case {
  const char* image;
  const char* fs_type;  // of the first row that has one
  const char* label;
  const char* uuid;
};

class MapCorpus : public ::testing::TestWithParam<Case> {};

TEST_P(MapCorpus, AgreesWithMmlsAndBlkid) {
  LIMIER_NEED_CORPUS();
  const TempDir dir;
  const std::string raw = raw_copy(dir, GetParam().image);
  ASSERT_FALSE(raw.empty());
  const RawImage image(raw);
  const Rows rows = map_of(image);
  expect_cover(rows, image.size_bytes());
  EXPECT_EQ(mmls_lines(rows), mmls_of(corpus(GetParam().image)));
  const auto found =
      std::find_if(rows.volumes.begin(), rows.volumes.end(), [](const auto& v) { return !v.fs_type.empty(); });
  ASSERT_NE(found, rows.volumes.end());
  EXPECT_EQ(found->fs_type, GetParam().fs_type);
  EXPECT_EQ(found->fs_label, GetParam().label);
  EXPECT_EQ(found->fs_uuid, GetParam().uuid);
}

INSTANTIATE_TEST_SUITE_P(
    Corpus, MapCorpus,
    ::testing::Values(Case{"images/ewf/exfat1.E01", "exfat", "exfat1", "671D-FD4C"},
                      Case{"images/ewf/ext2.E01", "ext2", "ext2_test", "f00050bb-07ee-46a3-83a6-a405ee0db51f"},
                      Case{"images/ewf/german_utf8.E01", "fat16", "", "3C0E-57D9"},
                      Case{"images/ewf/gpt_ntfs.E01", "ntfs", "New Volume", "38F4E30DF4E2CC66"},
                      Case{"images/ewf/imageformat_mmls_1.E01", "ntfs", "Part 1", "AE5C74505C7414F5"},
                      Case{"images/ewf/nps-2010-emails.E01", "fat16", "TESTDISK", "0178-16E4"},
                      Case{"images/fs/apfs.E01", "apfs", "", "d08a9fa0-d5a5-458b-813e-ebf9bf5d5338"},
                      Case{"images/fs/exfat_win.E01", "exfat", "test123", "405E-4EA6"},
                      Case{"images/fs/fat12.E01", "fat12", "", "B570-8311"},
                      Case{"images/fs/fat32_loop.E01", "fat32", "", "96C6-7B33"},
                      Case{"images/fs/hfsplus.E01", "hfs+", "hfsplus_test", "aa87cdc6-8430-343d-a2a3-4cf46521e8f8"},
                      Case{"images/fs/ntfs_index.E01", "ntfs", "Test index", "9E78BBD478BBAA03"},
                      Case{"images/fs/ufs2_ffs.E01", "ufs2", "", "6262b8721e0160ca"},
                      Case{"images/raw/image.iso", "iso9660", "CDROM", "2019-07-30-17-04-15-00"},
                      Case{"images/generated/ext4_kernel_deleted.E01", "ext4", "",
                           "11111111-2222-3333-4444-555555555555"},
                      Case{"images/generated/btrfs.E01", "btrfs", "", "11111111-2222-3333-4444-555555555558"},
                      Case{"images/generated/f2fs.E01", "f2fs", "", "94c5139c-4563-46b5-a36b-8251773f718d"},
                      Case{"images/generated/linux_swap.E01", "swap", "", "11111111-2222-3333-4444-55555555555a"},
                      Case{"images/generated/lvm2_pv.E01", "lvm2", "", "fDq5US-p0Yy-SnHw-tcTh-TlUA-FZZR-GpuDc5"},
                      Case{"images/generated/xfs.E01", "xfs", "", "11111111-2222-3333-4444-555555555557"},
                      Case{"images/generated/squashfs.E01", "squashfs", "", ""},
                      Case{"images/generated/yaffs2.E01", "yaffs2", "", ""},
                      Case{"images/damaged/fls_ntfs_fuzz.raw", "ntfs", "ntfs_test", "1870D4A366D67B00"}));

TEST(Map, PartitionsWithoutContentAreEmpty) {
  LIMIER_NEED_CORPUS();
  for (const char* path : {"images/raw/gpt-512-3p.raw", "images/raw/mbr-512-p1e2.bin"}) {
    const RawImage image(corpus(path));
    const Rows rows = map_of(image);
    expect_cover(rows, image.size_bytes());
    EXPECT_EQ(mmls_lines(rows), mmls_of(corpus(path)));
    int empty = 0;
    for (const auto& v : rows.volumes) empty += v.status == catalog::VolumeStatus::kEmpty ? 1 : 0;
    EXPECT_EQ(empty, 3) << path;
  }
}

TEST(Map, EncryptedCorpus) {
  LIMIER_NEED_CORPUS();
  const std::map<std::string, std::pair<std::string, std::string>> expected = {
      {"images/encrypted/bitlocker_aes-xts_128.E01", {"BitLocker", ""}},
      {"images/encrypted/bitlocker_vista.E01", {"BitLocker", ""}},
      {"images/encrypted/luks1.E01", {"LUKS1", "99b82e69-daca-4472-8523-d23f33aae7ab"}},
      {"images/encrypted/luks2.E01", {"LUKS2", "95040029-d12f-4a62-a720-07dcb2dae9fd"}}};
  for (const auto& [path, want] : expected) {
    const TempDir dir;
    const RawImage image(raw_copy(dir, path));
    const Rows rows = map_of(image);
    ASSERT_EQ(rows.encrypted.size(), 1u) << path;
    EXPECT_EQ(rows.encrypted[0].scheme, want.first);
    EXPECT_EQ(rows.encrypted[0].certainty, catalog::Certainty::kStructure);
    EXPECT_EQ(rows.volumes.at(0).fs_uuid, want.second);
    EXPECT_EQ(rows.volumes.at(0).status, catalog::VolumeStatus::kEncrypted);
    if (want.first.starts_with("LUKS")) {
      EXPECT_NE(rows.encrypted[0].detail.find("aes"), std::string::npos);
    }
  }
}

// struct crypt_mnt_ftr of Android's vold, 16 KiB before the end of the partition.
TEST(Map, AndroidsFullDiskEncryptionIsKnownByItsFooter) {
  const auto named = [](std::uint32_t magic, std::uint64_t sectors) {
    const TempDir dir;
    std::string bytes;
    for (int i = 0; bytes.size() < (1u << 20); ++i) bytes += "line " + std::to_string(i) + "\n";
    bytes.resize(1u << 20);
    std::string footer(100, '\0');
    for (int i = 0; i < 4; ++i) footer[static_cast<std::size_t>(i)] = static_cast<char>(magic >> (8 * i));
    footer[4] = 1;
    for (int i = 0; i < 8; ++i) footer[static_cast<std::size_t>(24 + i)] = static_cast<char>(sectors >> (8 * i));
    footer.replace(36, 11, "aes-cbc-xts");
    bytes.replace(bytes.size() - (16u << 10), footer.size(), footer);
    std::ofstream(dir.file("userdata.raw"), std::ios::binary) << bytes;
    const RawImage image(dir.file("userdata.raw"));
    const Rows rows = map_of(image);
    return rows.encrypted.empty() ? std::string() : rows.encrypted[0].scheme + ", " + rows.encrypted[0].detail;
  };
  EXPECT_EQ(named(0xD0B5B1C4, 2016),
            "Android full-disk encryption, crypto footer 16 KiB before the end of the volume; cipher aes-cbc-xts");
  EXPECT_EQ(named(0xD0B5B1C5, 2016), "");
  EXPECT_EQ(named(0xD0B5B1C4, 1u << 20), "") << "of a larger partition: left over";
}

TEST(Map, ApfsVolumesAreChildrenOfTheirContainer) {
  LIMIER_NEED_CORPUS();
  const TempDir dir;
  const RawImage image(raw_copy(dir, "images/fs/apfs.E01"));
  const Rows rows = map_of(image);
  ASSERT_EQ(rows.volumes.size(), 2u);
  EXPECT_FALSE(rows.volumes[0].walkable);
  EXPECT_EQ(rows.volumes[1].parent_id, rows.volumes[0].volume_id);
  EXPECT_EQ(rows.volumes[1].scheme, "apfs");
  EXPECT_EQ(rows.volumes[1].fs_label, "apfs_test");
  EXPECT_EQ(rows.volumes[1].pool_block, 107u);
  EXPECT_TRUE(rows.volumes[1].walkable);
}

TEST(Map, LabelsMadeByParted) {
  ::setenv("TZ", "UTC", 1);
  if (run("which parted").out.empty()) FAIL() << "parted is not installed; scripts/install-deps --tests installs it";
  for (const char* label : {"bsd", "sun", "mac", "gpt", "msdos"}) {
    const TempDir dir;
    const std::string raw = dir.file("disk.raw");
    const std::string name = std::string(label) == "mac" || std::string(label) == "gpt" ? "one" : "";
    const std::string kind = name.empty() ? (std::string(label) == "msdos" ? "primary" : "") : name;
    run("truncate -s 40M " + quoted(raw) + " && parted -s " + quoted(raw) + " mklabel " + label + " mkpart " + kind +
        " ext2 8MiB 24MiB >/dev/null 2>&1");
    const RawImage image(raw);
    const Rows rows = map_of(image);
    expect_cover(rows, image.size_bytes());
    EXPECT_EQ(rows.volumes.at(0).scheme, std::string(label) == "msdos" ? "dos" : label);
    if (std::string(label) != "bsd") {
      EXPECT_EQ(mmls_lines(rows), mmls_of(raw)) << label;
      continue;
    }
    // mmls knows no BSD label outside a DOS partition.
    const bool found = std::any_of(rows.volumes.begin(), rows.volumes.end(), [](const auto& v) {
      return v.slot == "000" && v.image_offset == 8u << 20 && v.length == 16u << 20;
    });
    EXPECT_TRUE(found);
  }
}

void put_le(std::string& disk, std::size_t at, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) disk[at + i] = static_cast<char>(value >> (8 * i));
}

// A BSD disklabel (FreeBSD sys/disklabel.h) in the second sector of a DOS partition, its offsets counted from the disk.
TEST(Map, BsdSlicesAreChildrenOfTheirDosPartition) {
  std::string disk(8u << 20, '\0');
  put_le(disk, 510, 0xAA55, 2);
  disk[450] = static_cast<char>(0xA5);
  put_le(disk, 454, 2048, 4);
  put_le(disk, 458, 8192, 4);
  const std::size_t label = 2048 * 512 + 512;
  put_le(disk, label, 0x82564557, 4);
  put_le(disk, label + 132, 0x82564557, 4);
  put_le(disk, label + 40, 512, 4);
  put_le(disk, label + 138, 3, 2);
  const std::array<std::pair<std::uint64_t, std::uint64_t>, 3> slices = {{{2064, 4000}, {6100, 2000}, {2048, 8192}}};
  for (std::size_t i = 0; i < slices.size(); ++i) {
    put_le(disk, label + 148 + 16 * i, slices[i].second, 4);
    put_le(disk, label + 152 + 16 * i, slices[i].first, 4);
    disk[label + 160 + 16 * i] = 7;
  }
  const TempDir dir;
  std::ofstream(dir.file("disk"), std::ios::binary) << disk;
  const RawImage image(dir.file("disk"));
  const Rows rows = map_of(image);
  expect_cover(rows, image.size_bytes());
  std::vector<std::pair<std::uint64_t, std::uint64_t>> found;
  for (const auto& v : rows.volumes)
    if (v.scheme == "bsd") found.emplace_back(v.image_offset / 512, v.length / 512);
  const std::vector<std::pair<std::uint64_t, std::uint64_t>> expected = {slices[0], slices[1]};
  EXPECT_EQ(found, expected) << "the slice over the whole partition is no row of its own";
}

TEST(Map, GptIsReadFromItsBackupAndAt4096) {
  if (run("which parted").out.empty()) FAIL() << "parted is not installed; scripts/install-deps --tests installs it";
  const TempDir dir;
  const std::string raw = dir.file("disk.raw");
  run("truncate -s 40M " + quoted(raw) + " && parted -s " + quoted(raw) +
      " mklabel gpt mkpart one ext2 8MiB 24MiB >/dev/null 2>&1 && dd if=/dev/zero of=" + quoted(raw) +
      " bs=512 count=34 conv=notrunc 2>/dev/null");
  const RawImage image(raw);
  const Rows rows = map_of(image);
  expect_cover(rows, image.size_bytes());
  EXPECT_TRUE(rows.has_issue("gpt-backup-used"));
  const bool found = std::any_of(rows.volumes.begin(), rows.volumes.end(), [](const auto& v) {
    return v.slot == "000" && v.image_offset == 8u << 20 && v.length == 16u << 20;
  });
  EXPECT_TRUE(found);
}

TEST(Map, PartitionBeyondTheMediaIsClippedAndSaidSo) {
  if (run("which parted").out.empty()) FAIL() << "parted is not installed; scripts/install-deps --tests installs it";
  const TempDir dir;
  const std::string raw = dir.file("disk.raw");
  run("truncate -s 40M " + quoted(raw) + " && parted -s " + quoted(raw) +
      " mklabel msdos mkpart primary ext2 8MiB 32MiB >/dev/null 2>&1 && truncate -s 20M " + quoted(raw));
  const RawImage image(raw);
  const Rows rows = map_of(image);
  expect_cover(rows, image.size_bytes());
  EXPECT_TRUE(rows.has_issue("volume-beyond-image"));
  const auto& last =
      *std::find_if(rows.volumes.begin(), rows.volumes.end(), [](const auto& v) { return v.slot == "000:000"; });
  EXPECT_EQ(last.length, 12u << 20);
  EXPECT_EQ(last.declared_length, 24u << 20);
}

}  // namespace
}  // namespace limier::volume::testing
