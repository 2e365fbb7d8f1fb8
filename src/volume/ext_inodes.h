// ext2, ext3 and ext4 inodes as they stand on the disk, for what libtsk leaves out of them.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "limier/evidence.h"

namespace limier::volume {

inline constexpr std::uint32_t kExtEncrypted = 0x800;        // EXT4_ENCRYPT_FL: content and names by fscrypt
inline constexpr std::uint32_t kExtExtents = 0x80000;        // EXT4_EXTENTS_FL
inline constexpr std::uint32_t kExtInlineData = 0x10000000;  // EXT4_INLINE_DATA_FL

struct ExtInode {
  std::uint32_t flags = 0;
  std::array<std::uint8_t, 60> block{};  // i_block: the root of the extent tree, or block numbers
};

struct ExtRun {
  std::uint64_t file_block = 0;
  std::uint64_t block = 0;
  std::uint64_t blocks = 0;
  bool unwritten = false;
};
struct ExtTree {
  std::vector<ExtRun> runs;
  bool whole = true;  // false: an index block is broken, out of place or outside the volume
};
struct ExtTreeNode {
  std::uint64_t block = 0;
  std::uint16_t depth = 0;
};

// Holds the geometry alone; the image must outlive it.
class ExtInodes {
 public:
  ExtInodes(const evidence::Image& image, std::uint64_t base, std::uint64_t end);
  [[nodiscard]] std::optional<ExtInode> open(std::uint64_t inode) const;
  [[nodiscard]] ExtTree extent_tree(const ExtInode& inode) const;
  [[nodiscard]] ExtTree block_pointers(const ExtInode& inode, std::uint64_t size) const;

 private:
  [[nodiscard]] std::vector<std::uint8_t> read(std::uint64_t volume_offset, std::size_t length) const;
  [[nodiscard]] std::optional<std::uint64_t> descriptor_offset(std::uint64_t group) const;
  static bool add_node(Bytes node, std::optional<std::uint16_t> wanted_depth, ExtTree& tree,
                       std::vector<ExtTreeNode>& pending);

  const evidence::Image* image_;
  std::uint64_t base_;
  std::uint64_t end_;
  std::uint32_t block_bytes_ = 0;
  std::uint32_t first_data_block_ = 0;
  std::uint32_t blocks_per_group_ = 0;
  std::uint32_t inodes_per_group_ = 0;
  std::uint32_t inodes_ = 0;
  std::uint32_t inode_bytes_ = 0;
  std::uint32_t descriptor_bytes_ = 0;
  std::uint32_t first_meta_bg_ = UINT32_MAX;
};

}  // namespace limier::volume
