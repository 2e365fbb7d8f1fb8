// limier's own reading of ext, on volumes written here byte by byte from the documentation of the format. What mke2fs
// and debugfs make of it is tried in tests/cli/test_truth_ext_forms.py.
#include <gtest/gtest.h>

#include <algorithm>

#include "support.h"
#include "volume/tsk.h"

namespace limier::volume::testing {
namespace {

using catalog::ContentSource;
using catalog::ExtentKind;

constexpr std::size_t kBlock = 1024, kInode = 256, kBlocks = 64, kInodes = 32, kTable = 5, kFirstData = 13;
constexpr std::uint32_t kExtents = 0x80000, kInline = 0x10000000, kIndex = 0x1000;
constexpr std::uint16_t kFile = 0100644, kDir = 0040755, kLink = 0120777;

// One group of blocks of 1 KiB: boot block, superblock, descriptor, two bitmaps, table, data.
class Volume {
 public:
  Volume() : bytes_(kBlocks * kBlock) {
    super<std::uint32_t>(0x0, kInodes);
    super<std::uint32_t>(0x4, kBlocks);
    super<std::uint32_t>(0x14, 1);
    super<std::uint32_t>(0x20, 8192);
    super<std::uint32_t>(0x24, 8192);
    super<std::uint32_t>(0x28, kInodes);
    super<std::uint16_t>(0x38, 0xEF53);
    super<std::uint32_t>(0x4C, 1);
    super<std::uint32_t>(0x54, 11);
    super<std::uint16_t>(0x58, kInode);
    super<std::uint32_t>(0x60, 0x2 | 0x40 | 0x8000);  // types of names, extents, inline data
    put<std::uint32_t>(2 * kBlock + 0, 3);
    put<std::uint32_t>(2 * kBlock + 4, 4);
    put<std::uint32_t>(2 * kBlock + 8, kTable);
    for (std::size_t block = 1; block < kFirstData; ++block) use_block(block);
    for (std::size_t number = 1; number <= 10; ++number) use_inode(number);
    inode(2, kDir, kBlock, 0);
    block_of(2, kFirstData);
    entries(kFirstData * kBlock, kBlock, {{2, ".", 2}, {2, "..", 2}});
  }

  template <class T>
  void put(std::size_t at, T value) {
    for (std::size_t i = 0; i < sizeof value; ++i) bytes_.at(at + i) = static_cast<std::uint8_t>(value >> (8 * i));
  }
  template <class T>
  void super(std::size_t at, T value) {
    put(1024 + at, value);
  }
  void text(std::size_t at, std::string_view value) {
    std::copy(value.begin(), value.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(at));
  }
  static std::size_t inode_at(std::size_t number) { return kTable * kBlock + (number - 1) * kInode; }
  void use_inode(std::size_t number) { bytes_.at(4 * kBlock + (number - 1) / 8) |= bit((number - 1) % 8); }
  void free_inode(std::size_t number) {
    auto& byte = bytes_.at(4 * kBlock + (number - 1) / 8);
    byte = static_cast<std::uint8_t>(byte & ~bit((number - 1) % 8));
  }
  void use_block(std::size_t block) { bytes_.at(3 * kBlock + (block - 1) / 8) |= bit((block - 1) % 8); }

  void inode(std::size_t number, std::uint16_t mode, std::uint64_t size, std::uint32_t flags, std::uint16_t links = 1) {
    use_inode(number);
    const std::size_t at = inode_at(number);
    put<std::uint16_t>(at, mode);
    put<std::uint32_t>(at + 4, static_cast<std::uint32_t>(size));
    put<std::uint32_t>(at + 0x6C, static_cast<std::uint32_t>(size >> 32));
    put<std::uint32_t>(at + 0xC, 1'700'000'000);
    put<std::uint16_t>(at + 0x1A, links);
    put<std::uint32_t>(at + 0x20, flags);
    put<std::uint16_t>(at + 128, 32);
  }
  // By the first block pointer.
  void block_of(std::size_t number, std::uint32_t block) {
    put<std::uint32_t>(inode_at(number) + 40, block);
    put<std::uint32_t>(inode_at(number) + 0x1C, kBlock / 512);
    use_block(block);
  }
  void file(std::size_t number, std::uint32_t block, std::string_view content, std::uint32_t flags = 0) {
    inode(number, kFile, content.size(), flags);
    block_of(number, block);
    text(block * kBlock, content);
  }

  struct Entry {
    std::uint32_t inode;
    std::string name;
    std::uint8_t type = 1;
  };
  // Fills `room` bytes; the last reaches to their end.
  void entries(std::size_t at, std::size_t room, const std::vector<Entry>& list) {
    for (std::size_t i = 0; i < list.size(); ++i) {
      const std::size_t own = (8 + list[i].name.size() + 3) / 4 * 4;
      const std::size_t length = i + 1 == list.size() ? room : own;
      entry(at, length, list[i]);
      at += own;
      room -= own;
    }
  }
  void entry(std::size_t at, std::size_t length, const Entry& one) {
    put<std::uint32_t>(at, one.inode);
    put<std::uint16_t>(at + 4, static_cast<std::uint16_t>(length));
    put<std::uint8_t>(at + 6, static_cast<std::uint8_t>(one.name.size()));
    put<std::uint8_t>(at + 7, one.type);
    text(at + 8, one.name);
  }
  void root(const std::vector<Entry>& list) {
    std::vector<Entry> all = {{2, ".", 2}, {2, "..", 2}};
    all.insert(all.end(), list.begin(), list.end());
    entries(kFirstData * kBlock, kBlock, all);
  }

  struct Xattr {
    std::uint8_t index;
    std::string name, value;
    std::uint32_t inode = 0;
    std::uint32_t size = 0;
  };
  // In the inode, values growing down from its end.
  void xattrs(std::size_t number, const std::vector<Xattr>& list) {
    const std::size_t start = inode_at(number) + 160, first = start + 4;
    put<std::uint32_t>(start, 0xEA020000);
    std::size_t at = first, free = inode_at(number) + kInode;
    for (const Xattr& one : list) {
      free -= (one.value.size() + 3) / 4 * 4;
      put<std::uint8_t>(at, static_cast<std::uint8_t>(one.name.size()));
      put<std::uint8_t>(at + 1, one.index);
      put<std::uint16_t>(at + 2, static_cast<std::uint16_t>(one.inode != 0 ? 0 : free - first));
      put<std::uint32_t>(at + 4, one.inode);
      put<std::uint32_t>(at + 8, one.inode != 0 ? one.size : static_cast<std::uint32_t>(one.value.size()));
      text(at + 16, one.name);
      text(free, one.value);
      at += 16 + (one.name.size() + 3) / 4 * 4;
    }
  }

  void save(const std::string& path) const {
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes_.data()), static_cast<std::streamsize>(bytes_.size()));
  }
  [[nodiscard]] Bytes at(std::size_t offset, std::size_t length) const { return Bytes(bytes_).subspan(offset, length); }

 private:
  static std::uint8_t bit(std::size_t place) { return static_cast<std::uint8_t>(1u << place); }
  std::vector<std::uint8_t> bytes_;
};

struct Listing {
  TempDir dir;
  std::unique_ptr<RawImage> image;
  FsJob job;
  Rows rows;

  explicit Listing(const Volume& volume) {
    const std::string path = dir.file("volume.raw");
    volume.save(path);
    image = std::make_unique<RawImage>(path);
    catalog::VolumeRecord record;
    record.volume_id = 1;
    record.length = image->size_bytes();
    record.tsk_fs_type = TSK_FS_TYPE_EXT4;
    job = walk_job(record);
    rows.media_size = image->size_bytes();
    EXPECT_TRUE(walk_volume(*image, job, rows).ok());
  }
  [[nodiscard]] const catalog::NameRecord* name(const std::string& path) const {
    const auto found =
        std::find_if(rows.names.begin(), rows.names.end(), [&](const auto& one) { return one.path == path; });
    return found != rows.names.end() ? &*found : nullptr;
  }
  [[nodiscard]] std::vector<std::string> paths(bool allocated) const {
    std::vector<std::string> all;
    for (const auto& one : rows.names)
      if (one.name_id != 0 && one.allocated == allocated && one.path != "/$OrphanFiles") all.push_back(one.path);
    return all;
  }
  [[nodiscard]] const catalog::StreamRecord* stream(std::uint64_t inode, const std::string& name = "") const {
    const auto found = std::find_if(rows.streams.begin(), rows.streams.end(),
                                    [&](const auto& one) { return one.ref.inode == inode && one.name == name; });
    return found != rows.streams.end() ? &*found : nullptr;
  }
  std::string content(std::uint64_t inode, const std::string& name = "") const {
    FsJob wanted = job;
    wanted.kind = FsJobKind::kExtract;
    const auto* found = stream(inode, name);
    if (found == nullptr) return "no such stream";
    wanted.stream = found->ref;
    Rows extracted;
    return extract_stream(*image, wanted, extracted).ok() ? extracted.bytes : "cannot be read";
  }
  [[nodiscard]] bool incomplete() const {
    return std::any_of(rows.issues.begin(), rows.issues.end(), [](const auto& one) { return one.incomplete; });
  }
};

using Paths = std::vector<std::string>;
std::string digest_text(std::string_view text) {
  return hex_digest(*digest_of(as_bytes(text), kAllDigests).sha256);
}

TEST(ExtReader, ListsRevision0) {
  Volume volume;
  // What stands behind the fields of revision 0 is nobody's.
  for (std::size_t at = 0x54; at < 0x300; at += 4) volume.super<std::uint32_t>(at, 0xFFFFFFFF);
  volume.super<std::uint32_t>(0x4C, 0);
  const auto inode = [&](std::size_t number, std::uint16_t mode, std::uint32_t block, std::size_t size) {
    const std::size_t at = kTable * kBlock + (number - 1) * 128;
    volume.use_inode(number);
    volume.put<std::uint16_t>(at, mode);
    volume.put<std::uint32_t>(at + 4, static_cast<std::uint32_t>(size));
    volume.put<std::uint32_t>(at + 0xC, 1'000'000'000);
    volume.put<std::uint16_t>(at + 0x1A, 1);
    for (std::size_t field = 0x20; field < 128; field += 4) volume.put<std::uint32_t>(at + field, 0);
    volume.put<std::uint32_t>(at + 40, block);
  };
  inode(2, kDir, kFirstData, kBlock);
  inode(12, kFile, 20, 7);
  volume.text(20 * kBlock, "secret\n");
  volume.entries(kFirstData * kBlock, kBlock, {{2, ".", 0}, {2, "..", 0}, {12, "a.txt", 0}});
  const Listing listing(volume);
  EXPECT_EQ(listing.paths(true), Paths{"/a.txt"});
  EXPECT_EQ(listing.content(12), "secret\n");
  EXPECT_FALSE(listing.incomplete());
}

TEST(ExtReader, JoinsInlineDataWhereverItStands) {
  Volume volume;
  std::string content(60, 'a');
  content += "the rest of it";
  volume.root({{12, "file"}, {13, "link", 7}, {14, "dir", 2}, {15, "short"}});
  const auto inlined = [&](std::size_t number, std::uint16_t mode) {
    volume.inode(number, mode, content.size(), kInline);
    volume.text(Volume::inode_at(number) + 40, content.substr(0, 60));
    volume.xattrs(number, {{6, "selinux", "label"}, {7, "data", content.substr(60)}});
  };
  inlined(12, kFile);
  inlined(13, kLink);
  volume.inode(14, kDir, 60 + 32, kInline);
  volume.put<std::uint32_t>(Volume::inode_at(14) + 40, 2);
  volume.entries(Volume::inode_at(14) + 44, 56, {{12, "first"}, {15, "second"}});
  volume.xattrs(14, {{6, "selinux", "label"}, {7, "data", std::string(32, '\0')}});
  volume.entries(Volume::inode_at(14) + kInode - 8 - 32, 32, {{15, "third"}});
  volume.inode(15, kFile, 100, kInline);  // more than is there: a hole
  volume.text(Volume::inode_at(15) + 40, std::string(60, 'b'));
  volume.xattrs(15, {{7, "data", ""}});
  const Listing listing(volume);
  EXPECT_EQ(listing.paths(true),
            (Paths{"/file", "/link", "/dir", "/dir/first", "/dir/second", "/dir/third", "/short"}));
  EXPECT_EQ(listing.content(12), content);
  EXPECT_EQ(hex_digest(*listing.stream(12)->digests.sha256), digest_text(content));
  EXPECT_EQ(listing.rows.inodes.at(13).link_target, content);
  EXPECT_EQ(listing.content(12, "xattr:security.selinux"), "label");
  EXPECT_EQ(listing.stream(12, "xattr:system.data"), nullptr);
  EXPECT_EQ(listing.content(15), std::string(60, 'b') + std::string(40, '\0'));
  EXPECT_FALSE(listing.incomplete());
}

TEST(ExtReader, InlineDataWithoutItsAttributeIsUnreadable) {
  Volume volume;
  volume.root({{12, "file"}});
  volume.inode(12, kFile, 80, kInline);
  const Listing listing(volume);
  EXPECT_EQ(listing.stream(12)->source, ContentSource::kUnreadable);
  EXPECT_TRUE(listing.incomplete());
}

TEST(ExtReader, TimesReachFrom1901To2446) {
  Volume volume;
  volume.root({{12, "wide"}, {13, "narrow"}});
  for (const std::size_t number : {12u, 13u}) {
    volume.file(number, static_cast<std::uint32_t>(8 + number), "x");
    const std::size_t at = Volume::inode_at(number);
    volume.put<std::uint32_t>(at + 0x8, 0x7FFFFFFF);  // accessed
    volume.put<std::uint32_t>(at + 0x8C, 999'999'999u << 2 | 3);
    volume.put<std::uint32_t>(at + 0xC, 0x80000000);  // changed
    volume.put<std::uint32_t>(at + 0x84, 0);
    volume.put<std::uint32_t>(at + 0x10, 0x80000000);  // modified
    volume.put<std::uint32_t>(at + 0x88, 123u << 2 | 1);
    volume.put<std::uint32_t>(at + 0x90, 1);           // created
    volume.put<std::uint32_t>(at + 0x94, 0xFFFFFFFC);  // more than a second
  }
  volume.put<std::uint16_t>(Volume::inode_at(13) + 128, 4);
  const Listing listing(volume);
  const auto& wide = listing.rows.inodes.at(12).times;
  constexpr std::int64_t kEpoch = std::int64_t{1} << 32;
  EXPECT_EQ(wide.accessed, catalog::utc_stamp(0x7FFFFFFF + 3 * kEpoch, 999'999'999));
  EXPECT_EQ(wide.changed, catalog::utc_stamp(-0x80000000ll, 0));
  EXPECT_EQ(wide.modified, catalog::utc_stamp(-0x80000000ll + kEpoch, 123));
  EXPECT_EQ(wide.created, catalog::utc_stamp(1, 0));
  // i_extra_isize says that the fields are not there.
  const auto& narrow = listing.rows.inodes.at(13).times;
  EXPECT_EQ(narrow.accessed, catalog::utc_stamp(0x7FFFFFFF, 0));
  EXPECT_EQ(narrow.created, catalog::Stamp());
}

TEST(ExtReader, WhatIsInUseWithoutANameIsListed) {
  Volume volume;
  volume.root({{12, "named"}});
  volume.file(12, 20, "named");
  volume.file(13, 21, "unlinked while open");
  volume.put<std::uint16_t>(Volume::inode_at(13) + 0x1A, 0);
  volume.inode(14, kFile, 0, 0);  // the orphan file, quotas of projects, the value of an attribute
  volume.inode(15, kFile, 0, 0);
  volume.inode(16, kFile, 0, 0x200000);
  volume.super<std::uint32_t>(0x280, 14);
  volume.super<std::uint32_t>(0x26C, 15);
  const Listing listing(volume);
  EXPECT_EQ(listing.paths(true), (Paths{"/named", "/$OrphanFiles/OrphanFile-13"}));
  EXPECT_EQ(listing.content(13), "unlinked while open");
  EXPECT_TRUE(listing.rows.has_issue("unlinked-in-use"));
  EXPECT_FALSE(listing.incomplete());
}

TEST(ExtReader, AFileWithALinkButNoNameIsAGap) {
  Volume volume;
  volume.inode(13, kDir, kBlock, 0, 2);
  volume.block_of(13, 21);
  volume.entries(21 * kBlock, kBlock, {{13, ".", 2}, {2, "..", 2}, {14, "below"}});
  volume.file(14, 22, "found");
  const Listing listing(volume);
  EXPECT_EQ(listing.paths(true), (Paths{"/$OrphanFiles/OrphanFile-13", "/$OrphanFiles/OrphanFile-13/below"}));
  EXPECT_TRUE(listing.rows.has_issue("listing-may-be-incomplete"));
  EXPECT_TRUE(listing.incomplete());
}

TEST(ExtReader, DeletedNamesStandInTheGaps) {
  Volume volume;
  volume.root({{12, "stays"}});
  volume.file(12, 20, "x");
  const std::size_t last = kFirstData * kBlock + 24;
  volume.entry(last + 16, 500, {13, "gone"});
  volume.entry(last + 32, 480, {12, "stays"});       // a copy of what is there
  volume.entry(last + 52, 400, {14, "not/a name"});  // no entry
  volume.entry(last + 76, 400, {4000, "beyond"});
  volume.entry(last + 100, 400, {15, std::string("a\0b", 3)});
  volume.file(13, 21, "deleted");
  volume.free_inode(13);
  const Listing listing(volume);
  EXPECT_EQ(listing.paths(true), Paths{"/stays"});
  EXPECT_EQ(listing.paths(false), Paths{"/gone"});
  EXPECT_EQ(listing.content(13), "deleted");
}

TEST(ExtReader, HashesOfLargeDirectoriesAreNoNames) {
  Volume volume;
  const std::size_t root = kFirstData * kBlock;
  volume.inode(2, kDir, 3 * kBlock, kIndex);
  for (std::uint32_t i = 0; i < 3; ++i) volume.put<std::uint32_t>(Volume::inode_at(2) + 40 + i * 4, kFirstData + i);
  volume.entries(root, kBlock, {{2, ".", 2}, {2, "..", 2}});
  volume.put<std::uint8_t>(root + 29, 8);
  volume.put<std::uint16_t>(root + 32, 124);
  volume.put<std::uint16_t>(root + 34, 30);
  // Both the tree's root and the block below it hold what looks like entries.
  for (std::size_t at = 40; at + 20 < 32 + 30 * 8; at += 20) volume.entry(root + at, 20, {12, "looks-like"});
  volume.entry(root + 32 + 30 * 8, 100, {13, "copied"});
  const std::size_t node = root + kBlock;
  volume.put<std::uint16_t>(node + 4, kBlock);
  volume.put<std::uint16_t>(node + 8, 127);
  volume.put<std::uint16_t>(node + 10, 3);
  for (std::size_t at = 16; at < 900; at += 20) volume.entry(node + at, 20, {12, "looks-like"});
  volume.entries(node + kBlock, kBlock, {{12, "real"}});
  volume.file(12, 20, "x");
  const Listing listing(volume);
  EXPECT_EQ(listing.paths(true), Paths{"/real"});
  EXPECT_EQ(listing.paths(false), Paths{"/copied"});
}

TEST(ExtReader, ADeletedDirectoryTellsOnlyWhatIsStillItsOwn) {
  for (const bool reused : {false, true}) {
    Volume volume;
    volume.inode(13, kDir, kBlock, 0);
    volume.put<std::uint32_t>(Volume::inode_at(13) + 40, 21);
    volume.entries(21 * kBlock, kBlock, {{reused ? 14u : 13u, ".", 2}, {2, "..", 2}, {15, "inner"}});
    volume.free_inode(13);
    volume.entry(kFirstData * kBlock + 24, 900, {13, "old", 2});
    const Listing listing(volume);
    EXPECT_EQ(listing.paths(false), reused ? Paths{"/old"} : (Paths{"/old", "/old/inner"}));
  }
}

TEST(ExtReader, ABrokenDirectoryIsSaid) {
  Volume volume;
  volume.root({{12, "before"}, {13, "broken"}, {14, "behind"}});
  for (const std::size_t number : {12u, 13u, 14u}) volume.file(number, static_cast<std::uint32_t>(8 + number), "x");
  volume.put<std::uint16_t>(kFirstData * kBlock + 24 + 16 + 4, 3);
  const Listing listing(volume);
  EXPECT_NE(listing.name("/before"), nullptr);
  EXPECT_NE(listing.name("/behind"), nullptr);
  EXPECT_NE(listing.name("/$OrphanFiles/OrphanFile-13"), nullptr);
  EXPECT_TRUE(listing.rows.has_issue("directory-damaged"));
  EXPECT_TRUE(listing.incomplete());
}

TEST(ExtReader, DirectoriesThatHoldEachOtherEnd) {
  Volume volume;
  volume.root({{13, "a", 2}});
  for (const std::uint32_t number : {13u, 14u}) {
    volume.inode(number, kDir, kBlock, 0);
    volume.block_of(number, 8 + number);
    volume.entries((8 + number) * kBlock, kBlock, {{number, ".", 2}, {2, "..", 2}, {27 - number, "next", 2}});
  }
  const Listing listing(volume);
  EXPECT_EQ(listing.paths(true), (Paths{"/a", "/a/next", "/a/next/next"}));
  EXPECT_TRUE(listing.rows.has_issue("directory-loop"));
}

TEST(ExtReader, ContentThatLimierCannotGiveHasNoDigest) {
  Volume volume;
  volume.root({{12, "compressed"}, {13, "marked"}, {14, "encrypted"}, {15, "sealed"}, {16, "beyond"}});
  volume.file(12, 20, "squeezed", 0x204);
  volume.file(13, 21, "plain", 0x4);  // chattr +c, which ext4 takes note of and no more
  volume.file(14, 22, "cipher", 0x800);
  volume.file(15, 23, "content", 0x100000 | kExtents);
  const std::size_t tree = Volume::inode_at(15) + 40;
  volume.put<std::uint16_t>(tree, 0xF30A);
  volume.put<std::uint16_t>(tree + 2, 2);
  volume.put<std::uint16_t>(tree + 4, 4);
  for (const std::uint32_t i : {0u, 1u}) {  // the tree of digests stands behind the content
    volume.put<std::uint32_t>(tree + 12 + i * 12, i * 64);
    volume.put<std::uint16_t>(tree + 16 + i * 12, 1);
    volume.put<std::uint32_t>(tree + 20 + i * 12, 23 + i);
  }
  volume.inode(16, kFile, 10, 0);
  volume.put<std::uint32_t>(Volume::inode_at(16) + 40, 1u << 30);
  const Listing listing(volume);
  EXPECT_EQ(listing.stream(12)->source, ContentSource::kNotRead);
  EXPECT_EQ(listing.stream(12)->reason, "compressed (e2compr)");
  EXPECT_EQ(listing.content(13), "plain");
  EXPECT_EQ(listing.stream(14)->source, ContentSource::kEncrypted);
  EXPECT_EQ(listing.content(15), "content");
  EXPECT_EQ(listing.stream(16)->source, ContentSource::kUnreadable);
  EXPECT_TRUE(listing.rows.has_issue("run-outside-volume"));
}

TEST(ExtReader, AttributesAreStreams) {
  Volume volume;
  volume.root({{12, "file"}});
  volume.file(12, 20, "x");
  volume.put<std::uint32_t>(Volume::inode_at(12) + 0x68, 24);
  const std::string large(700, 'v');
  volume.file(13, 25, large, 0x200000);
  volume.xattrs(12, {{1, "in.inode", "one"}, {4, "large", "", 13, 700}, {1, "lost", "", 14, 5}});
  const std::size_t block = 24 * kBlock;  // and one in a block, which fills it
  volume.put<std::uint32_t>(block, 0xEA020000);
  volume.put<std::uint8_t>(block + 33, 2);
  volume.put<std::uint8_t>(block + 32, 0);
  volume.put<std::uint16_t>(block + 34, 1000);
  volume.put<std::uint32_t>(block + 40, 24);
  volume.text(block + 1000, "an access list of sorts.");
  const Listing listing(volume);
  EXPECT_EQ(listing.content(12, "xattr:user.in.inode"), "one");
  EXPECT_EQ(listing.content(12, "xattr:trusted.large"), large);
  EXPECT_EQ(hex_digest(*listing.stream(12, "xattr:trusted.large")->digests.sha256), digest_text(large));
  EXPECT_EQ(listing.stream(12, "xattr:user.lost")->source, ContentSource::kUnreadable);
  EXPECT_EQ(listing.content(12, "xattr:system.posix_acl_access"), "an access list of sorts.");
  EXPECT_EQ(listing.name("/$OrphanFiles/OrphanFile-13"), nullptr);
}

TEST(ExtReader, TargetsOfLinksBesideABlockOfAttributes) {
  Volume volume;
  volume.root({{12, "fast", 7}, {13, "slow", 7}});
  volume.inode(12, kLink, 6, 0);
  volume.text(Volume::inode_at(12) + 40, "target");
  volume.put<std::uint32_t>(Volume::inode_at(12) + 0x68, 24);
  volume.put<std::uint32_t>(Volume::inode_at(12) + 0x1C, kBlock / 512);
  volume.put<std::uint32_t>(24 * kBlock, 0xEA020000);
  volume.inode(13, kLink, 9, 0);
  volume.block_of(13, 21);
  volume.text(21 * kBlock, "elsewhere");
  const Listing listing(volume);
  EXPECT_EQ(listing.rows.inodes.at(12).link_target, "target");
  EXPECT_EQ(listing.rows.inodes.at(13).link_target, "elsewhere");
}

TEST(ExtReader, OfADeletedLinkTheTargetIsGone) {
  Volume volume;
  volume.inode(12, kLink, 40, 0, 0);
  volume.put<std::uint32_t>(Volume::inode_at(12) + 0x14, 1'700'000'000);
  volume.free_inode(12);
  const Listing listing(volume);
  ASSERT_TRUE(listing.rows.inodes.contains(12));
  EXPECT_EQ(listing.rows.inodes.at(12).link_target, "");
}

// The kernel counts the blocks of such values for the link, as is seen on volumes it wrote.
TEST(ExtReader, TargetsOfLinksWithLargeAttributes) {
  Volume volume;
  volume.super<std::uint32_t>(0x60, 0x2 | 0x40 | 0x400 | 0x8000);
  volume.root({{12, "fast", 7}});
  volume.inode(12, kLink, 6, 0);
  volume.text(Volume::inode_at(12) + 40, "target");
  volume.put<std::uint32_t>(Volume::inode_at(12) + 0x1C, 5 * kBlock / 512);
  const Listing listing(volume);
  EXPECT_EQ(listing.rows.inodes.at(12).link_target, "target");
  EXPECT_EQ(listing.stream(12)->source, ContentSource::kNone);
  EXPECT_TRUE(listing.rows.issues.empty());
}

TEST(ExtReader, FilesOfSharedBlocksAreNoDamage) {
  Volume volume;
  volume.super<std::uint32_t>(0x64, 0x4000);
  const Listing listing(volume);
  EXPECT_TRUE(listing.rows.has_issue("blocks-shared"));
  EXPECT_FALSE(listing.incomplete());
}

// The superblock's sizes are divided by. libtsk is not asked in the reader's place.
TEST(ExtReader, RefusesSizesOfNothing) {
  const TempDir dir;
  for (const std::size_t field : {0x20u, 0x28u, 0x58u}) {
    Volume volume;
    volume.super<std::uint16_t>(field, 0);
    const auto path = dir.file("volume.raw");
    volume.save(path);
    const RawImage image(path);
    catalog::VolumeRecord record;
    record.volume_id = 1;
    record.length = image.size_bytes();
    record.tsk_fs_type = TSK_FS_TYPE_EXT4;
    const FsJob walk = walk_job(record);
    Rows rows;
    EXPECT_FALSE(walk_volume(image, walk, rows).ok()) << field;
    EXPECT_TRUE(rows.names.empty()) << field;
  }
}

// Flipped bytes: no crash, and no row that the supervisor would refuse.
TEST(ExtReader, SurvivesDamage) {
  Volume volume;
  volume.root({{12, "file"}, {13, "dir", 2}, {14, "inline"}});
  volume.file(12, 20, "x");
  volume.inode(13, kDir, kBlock, 0);
  volume.block_of(13, 21);
  volume.entries(21 * kBlock, kBlock, {{13, ".", 2}, {2, "..", 2}, {12, "again"}});
  volume.inode(14, kFile, 80, kInline);
  volume.xattrs(14, {{6, "selinux", "label"}, {7, "data", std::string(20, 'r')}});
  const auto damaged = [&](std::size_t from, std::size_t to, std::size_t step) {
    for (std::size_t at = from; at < to; at += step) {
      Volume changed = volume;
      changed.put<std::uint8_t>(at, static_cast<std::uint8_t>(~changed.at(at, 1)[0]));
      const Listing listing(changed);
      EXPECT_FALSE(listing.rows.names.empty()) << at;
    }
  };
  damaged(1024 + 0x61, 1024 + 0x68, 1);  // a bit of the byte before says that it is a journal alone
  damaged(2 * kBlock, 2 * kBlock + 32, 1);
  damaged(Volume::inode_at(12), Volume::inode_at(12) + 3 * kInode, 1);
  damaged(kFirstData * kBlock, kFirstData * kBlock + 80, 1);
  damaged(21 * kBlock, 21 * kBlock + 48, 1);
}

}  // namespace
}  // namespace limier::volume::testing
