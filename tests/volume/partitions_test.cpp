// Partition tables whose bytes are made here, field by field, from the specifications named in src/volume/table_*.cpp.
#include <numeric>

#include "volume/checksum32.h"
#include "volume/partitions.h"
#include "volume/support.h"

namespace limier::volume::testing {
namespace {

constexpr std::uint64_t kSector = 512;

class Disk {
 public:
  explicit Disk(std::size_t bytes, std::uint32_t sector_bytes = 512) : bytes_(bytes, '\0'), sector_(sector_bytes) {}

  void le(std::size_t at, std::uint64_t value, std::size_t length) {
    for (std::size_t i = 0; i < length; ++i) bytes_[at + i] = static_cast<char>(value >> (8 * i));
  }
  void be(std::size_t at, std::uint64_t value, std::size_t length) {
    for (std::size_t i = 0; i < length; ++i) bytes_[at + length - 1 - i] = static_cast<char>(value >> (8 * i));
  }
  void text(std::size_t at, std::string_view value) { bytes_.replace(at, value.size(), value); }
  void dos(std::size_t table, std::size_t slot, unsigned type, std::uint64_t first, std::uint64_t sectors) {
    const std::size_t at = table * sector_ + 446 + slot * 16;
    bytes_[at + 4] = static_cast<char>(type);
    le(at + 8, first, 4);
    le(at + 12, sectors, 4);
    le(table * sector_ + 510, 0xAA55, 2);
  }
  // A FAT12 that holds nothing (Microsoft "FAT32 File System Specification").
  void fat(std::size_t sector, std::uint64_t fat_sector_bytes = 512) {
    const std::size_t at = sector * sector_;
    text(at, "\xeb\x3c\x90mkfs.fat");
    le(at + 11, fat_sector_bytes, 2);
    bytes_[at + 13] = 1;
    le(at + 14, 1, 2);
    bytes_[at + 16] = 2;
    le(at + 17, 112, 2);
    le(at + 19, 200, 2);
    bytes_[at + 21] = static_cast<char>(0xF8);
    le(at + 22, 1, 2);
    le(at + 510, 0xAA55, 2);
    for (std::size_t copy = 1; copy <= 2; ++copy) text(at + copy * fat_sector_bytes, "\xf8\xff\xff");
  }
  struct Entry {
    std::size_t slot;
    std::uint64_t first, last;
  };
  void gpt(const std::vector<Entry>& entries, std::size_t entry_bytes, std::size_t count) {
    const std::uint64_t sectors = bytes_.size() / sector_;
    std::string table(entry_bytes * count, '\0');
    for (const Entry& entry : entries) {
      Disk one(entry_bytes);
      one.le(0, 0x4433B9E5EBD0A0A2u, 8);
      one.le(8, 0xC79926B7B668C087u, 8);
      one.le(16, entry.slot + 1, 8);
      one.le(32, entry.first, 8);
      one.le(40, entry.last, 8);
      one.text(56, std::string("n\0a\0", 4));
      table.replace(entry.slot * entry_bytes, entry_bytes, one.bytes_);
    }
    const std::uint64_t table_sectors = (table.size() + sector_ - 1) / sector_;
    const auto header = [&](std::uint64_t own, std::uint64_t other, std::uint64_t table_at) {
      Disk head(92);
      head.text(0, "EFI PART");
      head.le(8, 0x10000, 4);
      head.le(12, 92, 4);
      head.le(24, own, 8);
      head.le(32, other, 8);
      head.le(72, table_at, 8);
      head.le(80, count, 4);
      head.le(84, entry_bytes, 4);
      head.le(88, Crc32::of(as_bytes(table)), 4);
      head.le(16, Crc32::of(as_bytes(head.bytes_)), 4);
      text(own * sector_, head.bytes_);
      text(table_at * sector_, table);
    };
    header(1, sectors - 1, 2);
    header(sectors - 1, 1, sectors - 1 - table_sectors);
  }
  Rows map(std::uint32_t stated = 0) const {
    const TempDir dir;
    std::ofstream(dir.file("disk"), std::ios::binary) << bytes_;
    const RawImage image(dir.file("disk"));
    Rows rows;
    rows.media_size = image.size_bytes();
    EXPECT_TRUE(map_volumes(image, rows, {}, stated).ok());
    return rows;
  }
  std::string bytes_;

 private:
  std::size_t sector_;
};

// slot: first byte, length, file system of every row that is a partition.
std::string partitions(const Rows& rows) {
  std::string out;
  for (const auto& v : rows.volumes) {
    if (v.status == catalog::VolumeStatus::kTable || v.status == catalog::VolumeStatus::kUnallocated) continue;
    out += v.slot + " " + std::to_string(v.image_offset) + " " + std::to_string(v.length) + " " + v.fs_type + "\n";
  }
  return out;
}

bool incomplete(const Rows& rows) {
  return std::any_of(rows.issues.begin(), rows.issues.end(), [](const auto& issue) { return issue.incomplete; });
}

TEST(Checksum32, KnownAnswers) {
  EXPECT_EQ(Crc32::of(as_bytes("123456789")), 0xCBF43926u);
  EXPECT_EQ(Crc32c::of(as_bytes("123456789")), 0xE3069283u);
}

TEST(Gpt, EntriesOfAnySizeAndSlotsOfAnyNumber) {
  for (const std::size_t entry_bytes : {128u, 256u, 384u, 512u, 4096u}) {
    for (const std::size_t count : {128u, 150u, 300u}) {
      Disk disk(4u << 20);
      disk.dos(0, 0, 0xEE, 1, 8191);
      disk.gpt({{0, 3000, 3199}, {count - 1, 4000, 4199}}, entry_bytes, count);
      disk.fat(3000);
      disk.fat(4000);
      const Rows rows = disk.map();
      EXPECT_EQ(partitions(rows), "000 1536000 102400 fat12\n" + std::to_string(count - 1) + " 2048000 102400 fat12\n")
          << entry_bytes << " x " << count;
      EXPECT_TRUE(rows.issues.empty());
    }
  }
}

TEST(Gpt, AHybridMbrIsNoDamage) {
  Disk disk(4u << 20);
  disk.gpt({{0, 3000, 3199}}, 128, 128);
  disk.dos(0, 0, 0x0C, 3000, 200);
  disk.dos(0, 1, 0x0C, 5000, 200);  // only the MBR has this one
  disk.dos(0, 2, 0xEE, 1, 2999);
  disk.fat(3000);
  disk.fat(5000);
  const Rows rows = disk.map();
  EXPECT_EQ(partitions(rows), "000 1536000 102400 fat12\n000:001 2560000 102400 fat12\n");
  EXPECT_TRUE(rows.issues.empty());
}

TEST(Gpt, TheBackupIsReadWhenAnyPartOfThePrimaryIsDamaged) {
  for (const std::size_t damaged : {kSector + 60, 2 * kSector + 40}) {  // header; table
    Disk disk(4u << 20);
    disk.dos(0, 0, 0xEE, 1, 8191);
    disk.gpt({{0, 3000, 3199}}, 128, 128);
    disk.fat(3000);
    disk.bytes_[damaged] = static_cast<char>(disk.bytes_[damaged] ^ 1);
    const Rows rows = disk.map();
    EXPECT_EQ(partitions(rows), "000 1536000 102400 fat12\n");
    EXPECT_TRUE(rows.has_issue("gpt-backup-used"));
    EXPECT_FALSE(incomplete(rows));
  }
}

TEST(Gpt, NeitherCopyIsAnIncompleteIssue) {
  Disk disk(4u << 20);
  disk.dos(0, 0, 0xEE, 1, 8191);
  const Rows rows = disk.map();
  EXPECT_TRUE(rows.has_issue("gpt-not-readable"));
  EXPECT_TRUE(incomplete(rows));
}

TEST(Sectors, TheSizeIsFoundByWhatThePartitionsHold) {
  for (const std::uint32_t size : {512u, 4096u}) {
    Disk disk(8u << 20, size);
    disk.dos(0, 0, 0x0C, 8, 500);
    disk.dos(0, 1, 0x05, 600, 900);
    disk.dos(600, 0, 0x0C, 8, 400);  // a logical partition
    disk.fat(8, size);
    disk.fat(608, size);
    const std::string expected = "000:000 " + std::to_string(8 * size) + " " + std::to_string(500 * size) +
                                 " fat12\n001:000 " + std::to_string(608 * size) + " " + std::to_string(400 * size) +
                                 " fat12\n";
    Rows rows = disk.map();
    EXPECT_EQ(partitions(rows), expected);
    EXPECT_EQ(rows.has_issue("sector-size"), size == 4096);
    EXPECT_FALSE(incomplete(rows));
    rows = disk.map(size);
    EXPECT_EQ(partitions(rows), expected);
    EXPECT_TRUE(rows.issues.empty());
    EXPECT_NE(partitions(disk.map(size == 512 ? 4096 : 512)), expected);
  }
}

TEST(Dos, AChainThatComesBackToItselfEnds) {
  Disk disk(1u << 20);
  disk.dos(0, 0, 0x05, 100, 1000);
  disk.dos(100, 0, 0x83, 10, 20);
  disk.dos(100, 1, 0x05, 0, 1000);
  const Rows rows = disk.map();
  EXPECT_EQ(partitions(rows), "001:000 56320 10240 \n");
  EXPECT_TRUE(rows.has_issue("partition-chain-broken"));
  EXPECT_TRUE(incomplete(rows));
}

TEST(Dos, RubbishInTheLastEntriesOfAnExtendedTableIsNoPartition) {
  Disk disk(1u << 20);
  disk.dos(0, 0, 0x05, 100, 1000);
  disk.dos(100, 0, 0x83, 10, 20);
  disk.dos(100, 2, 0x83, 0x40000000, 0x20000000);
  const Rows rows = disk.map();
  EXPECT_EQ(partitions(rows), "001:000 56320 10240 \n");
  EXPECT_FALSE(incomplete(rows));
}

TEST(Dos, BootCodeBesideAFileSystemIsNoTable) {
  Disk disk(200 * 512);
  disk.fat(0);
  disk.dos(0, 1, 0x83, 5, 4000);  // reaches behind the end
  EXPECT_EQ(partitions(disk.map()), " 0 102400 fat12\n");
}

TEST(Dos, ATableIsReadWhenTheImageEndsBehindItsFirstPartition) {
  Disk disk(2u << 20);
  disk.dos(0, 0, 0x0C, 1u << 20, 4096);  // behind the end
  disk.dos(0, 1, 0x0C, 1u << 21, 4096);
  disk.dos(0, 2, 0x0C, 2048, 2048);
  disk.fat(2048);
  const Rows rows = disk.map();
  EXPECT_NE(partitions(rows).find("000:002 1048576 1048576 fat12\n"), std::string::npos);
  EXPECT_TRUE(rows.has_issue("volume-beyond-image"));
}

// The logical partitions behind the end are in no table that is left: nothing but the end of the image tells of them.
TEST(Dos, AnImageThatEndsWhereTheChainGoesOnIsIncomplete) {
  Disk disk(4u << 20);
  disk.dos(0, 0, 0x05, 1024, 16384);
  disk.dos(1024, 0, 0x01, 64, 512);
  disk.dos(1024, 1, 0x05, 7168, 1024);  // at sector 8192: behind the end
  disk.fat(1088);
  const Rows rows = disk.map();
  EXPECT_EQ(partitions(rows), "001:000 557056 262144 fat12\n");
  EXPECT_TRUE(rows.has_issue("partition-chain-beyond-image"));
  EXPECT_TRUE(incomplete(rows));
}

TEST(Dos, AnExtendedPartitionThatEndsBehindTheImageIsIncomplete) {
  Disk disk(4u << 20);
  disk.dos(0, 0, 0x0F, 1024, 16384);
  disk.dos(1024, 0, 0x01, 64, 512);
  disk.fat(1088);
  const Rows rows = disk.map();
  EXPECT_EQ(partitions(rows), "001:000 557056 262144 fat12\n");
  EXPECT_TRUE(rows.has_issue("volume-beyond-image"));
  EXPECT_TRUE(incomplete(rows));
}

TEST(Gpt, AnImageThatEndsBeforeTheMediaDoesIsIncomplete) {
  Disk disk(4u << 20);
  disk.gpt({{0, 2048, 4095}}, 128, 128);
  disk.fat(2048);
  EXPECT_FALSE(incomplete(disk.map()));
  Disk cut = disk;
  cut.bytes_.resize(3u << 20);  // behind the only partition
  const Rows rows = cut.map();
  EXPECT_NE(partitions(rows).find(" 1048576 1048576 fat12\n"), std::string::npos);
  EXPECT_TRUE(rows.has_issue("media-beyond-image"));
  EXPECT_TRUE(incomplete(rows));
  Disk copied = disk;
  copied.bytes_.resize(6u << 20);  // to larger media
  EXPECT_FALSE(incomplete(copied.map()));
}

Disk apple_map(std::uint32_t block_bytes) {
  Disk disk(4u << 20, block_bytes);
  disk.text(0, "ER");
  disk.be(2, block_bytes, 2);
  struct Part {
    const char* type;
    std::uint64_t first, blocks;
  };
  const std::vector<Part> parts = {
      {"Apple_partition_map", 1, 63}, {"Apple_Driver43", 64, 16}, {"Apple_Free", 80, 20}, {"Windows_FAT_16", 100, 400}};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::size_t at = (i + 1) * block_bytes;
    disk.text(at, "PM");
    disk.be(at + 4, parts.size(), 4);
    disk.be(at + 8, parts[i].first, 4);
    disk.be(at + 12, parts[i].blocks, 4);
    disk.text(at + 48, parts[i].type);
  }
  disk.text(64 * block_bytes, "a driver, which no file system is");
  disk.text(80 * block_bytes, "what was left there");
  disk.fat(100);
  return disk;
}

TEST(Apple, TheMapItselfDriversAndFreeSpaceAreNotMissed) {
  for (const std::uint32_t block_bytes : {512u, 2048u}) {
    const Rows rows = apple_map(block_bytes).map();
    EXPECT_NE(partitions(rows).find("003 " + std::to_string(100 * block_bytes) + " "), std::string::npos);
    EXPECT_NE(partitions(rows).find("fat12"), std::string::npos);
    EXPECT_TRUE(rows.issues.empty()) << rows.issues.front().message;
  }
}

TEST(Sun, SlicesBeforeTheEndOfACutImageAreRead) {
  Disk disk(2u << 20);
  disk.be(128, 1, 4);
  disk.be(140, 8, 2);
  disk.be(188, 0x600DDEEE, 4);
  disk.be(436, 4, 2);
  disk.be(438, 32, 2);  // a cylinder has 128 sectors
  const std::vector<std::array<std::uint64_t, 3>> slices = {{2, 2, 300}, {3, 400, 4000}, {5, 0, 60000}};
  for (std::size_t i = 0; i < slices.size(); ++i) {
    disk.be(142 + i * 4, slices[i][0], 2);
    disk.be(444 + i * 8, slices[i][1], 4);
    disk.be(448 + i * 8, slices[i][2], 4);
  }
  disk.be(508, 0xDABE, 2);
  unsigned sum = 0;
  for (std::size_t at = 0; at < 510; at += 2)
    sum ^= static_cast<unsigned>(static_cast<unsigned char>(disk.bytes_[at]) << 8 |
                                 static_cast<unsigned char>(disk.bytes_[at + 1]));
  disk.be(510, sum, 2);
  disk.fat(256);
  const Rows rows = disk.map();
  EXPECT_EQ(partitions(rows), "000 131072 153600 fat12\n001 2097152 0 \n");
  EXPECT_TRUE(rows.has_issue("volume-beyond-image"));
}

TEST(Bsd, ALabelOverAWholeDiskIsRead) {
  Disk disk(2u << 20);
  const std::size_t at = kSector;
  disk.le(at, 0x82564557, 4);
  disk.le(at + 40, 512, 4);
  disk.le(at + 132, 0x82564557, 4);
  disk.le(at + 138, 1, 2);
  disk.le(at + 148, 200, 4);
  disk.le(at + 152, 1000, 4);
  disk.bytes_[at + 160] = 7;
  unsigned sum = 0;
  for (std::size_t i = 0; i < 148 + 16; i += 2)
    sum ^= static_cast<unsigned>(static_cast<unsigned char>(disk.bytes_[at + i]) |
                                 static_cast<unsigned char>(disk.bytes_[at + i + 1]) << 8);
  disk.le(at + 136, sum, 2);
  disk.fat(1000);
  EXPECT_EQ(partitions(disk.map()), "000 512000 102400 fat12\n");
}

}  // namespace
}  // namespace limier::volume::testing
