// An ext2, ext3 or ext4 volume as it stands on the disk: geometry, groups, inodes, what is in use.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "volume/walk_base.h"

namespace limier::volume {

// i_flags, as far as they change what the content of a file is.
inline constexpr std::uint32_t kExtCompressedBlocks = 0x200;
inline constexpr std::uint32_t kExtCompressed = 0x4;
inline constexpr std::uint32_t kExtEncrypted = 0x800;  // content and names by fscrypt
inline constexpr std::uint32_t kExtIndexed = 0x1000;   // directory with a tree of hashes
inline constexpr std::uint32_t kExtExtents = 0x80000;
inline constexpr std::uint32_t kExtXattrInode = 0x200000;  // holds the value of an extended attribute
inline constexpr std::uint32_t kExtInlineData = 0x10000000;
inline constexpr std::uint32_t kExtCaseFolded = 0x40000000;

inline constexpr std::uint64_t kExtRoot = 2;
inline constexpr std::size_t kExtRootBytes = 60;  // i_block

enum class ExtKind : std::uint8_t { kOther, kFile, kDir, kLink, kDevice };

struct ExtInode {
  std::uint64_t number = 0;
  std::uint64_t image_offset = 0;
  std::vector<std::uint8_t> raw;
  bool in_use = false;
  ExtKind kind = ExtKind::kOther;
  std::uint16_t mode = 0;
  std::uint16_t links = 0;
  std::uint32_t uid = 0, gid = 0;
  std::uint32_t flags = 0;
  std::uint32_t deleted_at = 0;
  std::uint64_t size = 0;
  std::uint64_t sectors = 0;  // of 512 bytes, blocks of attributes with them
  std::uint64_t xattr_block = 0;
  std::size_t extra_end = 128;  // where the fields end and attributes may begin
  catalog::FileTimes times;

  [[nodiscard]] bool is(std::uint32_t flag) const { return (flags & flag) != 0; }
  // The root of the extent tree, block numbers, a short target, or the first bytes of the content.
  [[nodiscard]] Bytes root() const { return Bytes(raw).subspan(kRootAt, kExtRootBytes); }
  static constexpr std::size_t kRootAt = 40;
};

struct ExtGroup {
  std::uint64_t block_bitmap = 0, inode_bitmap = 0, inode_table = 0;  // blocks
  std::uint64_t inodes = 0;                                           // of its table; the rest was never used
  bool no_inodes = false;                                             // the bitmaps were never written
  bool no_blocks = false;
};

struct ExtFacts {
  std::uint32_t block_bytes = 0;
  std::uint32_t blocks_per_cluster = 1;
  std::uint64_t first_block = 0;
  std::uint64_t blocks = 0;
  std::uint64_t blocks_per_group = 0;
  std::uint64_t inodes_per_group = 0;
  std::uint64_t inodes = 0;  // as far as the volume can hold them
  std::uint64_t inodes_declared = 0;
  std::uint32_t inode_bytes = 128;
  std::uint64_t first_user_inode = 11;
  std::uint32_t descriptor_bytes = 32;
  std::uint64_t first_meta_group = UINT64_MAX;
  std::uint64_t super_block = 0;  // that holds the superblock
  std::uint64_t reserved_descriptor_blocks = 0;
  std::array<std::uint32_t, 2> backup_groups{};
  std::array<std::uint32_t, 6> system_inodes{};  // beyond the reserved ones
  std::uint32_t compat = 0, incompat = 0, ro_compat = 0;
  bool old_revision = false;

  [[nodiscard]] bool typed_names() const;  // directory entries say what they lead to
  [[nodiscard]] bool checksums() const;    // of group descriptors, whose flags then count
  [[nodiscard]] bool shared_blocks() const;
  [[nodiscard]] bool large_directories() const;
  [[nodiscard]] bool large_xattrs() const;  // ea_inode
  [[nodiscard]] bool compression() const;
  [[nodiscard]] bool extra_dir_data() const;
  [[nodiscard]] bool journal_in_use() const;  // it was not unmounted
  [[nodiscard]] std::uint64_t journal_inode() const { return system_inodes[0]; }
  [[nodiscard]] std::uint64_t groups() const;        // that have inodes
  [[nodiscard]] std::uint64_t block_groups() const;  // that have blocks
  // libtsk's number for the directory of orphans.
  [[nodiscard]] std::uint64_t virtual_inode() const { return inodes_declared + 1; }
};

// The WalkBase must outlive it.
class ExtVolume {
 public:
  // Null: no ext file system of this byte order, or one of whose geometry no sense can be made.
  static std::unique_ptr<ExtVolume> open(WalkBase& walk);

  [[nodiscard]] const ExtFacts& facts() const { return facts_; }
  [[nodiscard]] WalkBase& walk() const { return walk_; }
  [[nodiscard]] std::uint64_t length() const { return walk_.end - walk_.base; }
  [[nodiscard]] bool holds(std::uint64_t block, std::uint64_t count) const;
  [[nodiscard]] std::uint64_t image_offset(std::uint64_t block) const {
    return walk_.base + block * facts_.block_bytes;
  }
  // Whole or empty.
  [[nodiscard]] std::vector<std::uint8_t> read(std::uint64_t volume_offset, std::size_t length) const;
  [[nodiscard]] std::vector<std::uint8_t> read_block(std::uint64_t block) const;

  [[nodiscard]] std::optional<ExtGroup> group(std::uint64_t number) const;
  [[nodiscard]] bool has_super(std::uint64_t group) const;
  // Where descriptor blocks stand in the group, behind its copy of the superblock.
  [[nodiscard]] std::uint64_t descriptor_blocks_in(std::uint64_t group) const;
  // One bit an inode of the group; empty when it cannot be read.
  [[nodiscard]] std::vector<std::uint8_t> inode_bitmap(const ExtGroup& group) const;

  [[nodiscard]] std::optional<ExtInode> inode(std::uint64_t number) const;
  [[nodiscard]] bool block_in_use(std::uint64_t block) const;
  // Inodes the file system keeps for itself.
  [[nodiscard]] bool is_system(std::uint64_t inode) const;

 private:
  explicit ExtVolume(WalkBase& walk) : walk_(walk) {}
  bool read_super();
  [[nodiscard]] std::uint64_t descriptor_offset(std::uint64_t group) const;
  [[nodiscard]] std::optional<bool> inode_bit(const ExtGroup& group, std::uint64_t index) const;
  void read_times(const Bytes& raw, ExtInode& inode) const;

  WalkBase& walk_;
  ExtFacts facts_;
};

}  // namespace limier::volume
