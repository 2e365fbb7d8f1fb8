// What libtsk 4.11 does not give of ext inodes: their flags, and extent trees of more than one index block (it puts
// every index block at offset 0 of the same list and gives up at the second) and beyond block 2^32 (it drops the high
// half). Source: Linux kernel documentation, "ext4 Data Structures and Algorithms": super block, group descriptors,
// inodes, extent tree.
#include "volume/ext_inodes.h"

#include <algorithm>

namespace limier::volume {

namespace {

constexpr std::uint32_t kIncompatMetaBg = 0x10;
constexpr std::uint32_t kIncompat64Bit = 0x80;
constexpr std::uint16_t kTreeMagic = 0xF30A;
constexpr std::uint16_t kMaxTreeDepth = 5;  // the kernel's limit: five levels address any file
constexpr std::size_t kMaxTreeNodes = 1u << 20;
constexpr std::size_t kMaxTreeRuns = 1u << 22;
constexpr std::uint32_t kMaxInitLength = 32768;  // EXT_INIT_MAX_LEN: a larger length means "unwritten"
constexpr std::size_t kDirectBlocks = 12;        // EXT4_NDIR_BLOCKS
constexpr std::uint16_t kPointerLevels = 3;
constexpr std::size_t kEntryBytes = 12;  // header, index and extent are of one size

// Block pointers in file order, neighbours joined.
class PointerRuns {
 public:
  PointerRuns(ExtTree& tree, std::uint64_t blocks) : tree_(tree), blocks_(blocks) {}
  [[nodiscard]] bool done() const { return next_ >= blocks_; }
  void skip(std::uint64_t count) { next_ += count; }
  void add(std::uint32_t block) {
    if (block != 0) {
      auto& runs = tree_.runs;
      const bool follows = !runs.empty() && runs.back().file_block + runs.back().blocks == next_ &&
                           runs.back().block + runs.back().blocks == block;
      if (follows) {
        ++runs.back().blocks;
      } else {
        runs.push_back({next_, block, 1, false});
      }
    }
    ++next_;
  }

 private:
  ExtTree& tree_;
  std::uint64_t blocks_;
  std::uint64_t next_ = 0;  // file block
};

}  // namespace

ExtInodes::ExtInodes(const evidence::Image& image, std::uint64_t base, std::uint64_t end)
    : image_(&image), base_(base), end_(end) {
  const auto super = read(1024, 1024);
  const auto block = Block<512>::at(super, 0);
  if (!block || block->le<0x38, std::uint16_t>() != 0xEF53 || block->le<0x18, std::uint32_t>() > 6) return;
  block_bytes_ = 1024u << block->le<0x18, std::uint32_t>();
  first_data_block_ = block->le<0x14, std::uint32_t>();
  blocks_per_group_ = block->le<0x20, std::uint32_t>();
  inodes_per_group_ = block->le<0x28, std::uint32_t>();
  inodes_ = block->le<0x0, std::uint32_t>();
  const bool old = block->le<0x4C, std::uint32_t>() == 0;  // EXT2_GOOD_OLD_REV
  inode_bytes_ = old ? 128 : block->le<0x58, std::uint16_t>();
  const std::uint32_t incompat = old ? 0 : block->le<0x60, std::uint32_t>();
  descriptor_bytes_ = (incompat & kIncompat64Bit) != 0 ? block->le<0xFE, std::uint16_t>() : 32;
  if ((incompat & kIncompatMetaBg) != 0) first_meta_bg_ = std::max(block->le<0x104, std::uint32_t>(), 1u);
  const bool sane = inodes_per_group_ > 0 && blocks_per_group_ > 0 && inode_bytes_ >= 128 &&
                    inode_bytes_ <= block_bytes_ && descriptor_bytes_ >= 32 && descriptor_bytes_ <= block_bytes_;
  if (!sane) inodes_ = 0;
}

std::vector<std::uint8_t> ExtInodes::read(std::uint64_t volume_offset, std::size_t length) const {
  if (volume_offset > end_ - base_ || length > end_ - base_ - volume_offset) return {};
  std::vector<std::uint8_t> bytes(length);
  bytes.resize(image_->read(base_ + volume_offset, MutableBytes(bytes)).length);
  return bytes;
}

std::optional<std::uint64_t> ExtInodes::descriptor_offset(std::uint64_t group) const {
  const std::uint64_t per_block = block_bytes_ / descriptor_bytes_;
  const std::uint64_t index = group / per_block;
  // Meta block groups keep their descriptors elsewhere; libtsk does not find their inodes either and says so.
  if (index >= first_meta_bg_) return std::nullopt;
  return (first_data_block_ + 1 + index) * block_bytes_ + group % per_block * descriptor_bytes_;
}

std::optional<ExtInode> ExtInodes::open(std::uint64_t inode) const {
  if (inode == 0 || inode > inodes_) return std::nullopt;
  const std::uint64_t group = (inode - 1) / inodes_per_group_;
  const auto at = descriptor_offset(group);
  if (!at) return std::nullopt;
  const auto descriptor = read(*at, descriptor_bytes_);
  const auto low = le_at<std::uint32_t>(descriptor, 8);
  if (!low) return std::nullopt;
  std::uint64_t table = *low;
  if (descriptor_bytes_ >= 64) table |= std::uint64_t{le_at<std::uint32_t>(descriptor, 0x28).value_or(0)} << 32;
  if (table > (end_ - base_) / block_bytes_) return std::nullopt;
  const auto bytes = read(table * block_bytes_ + (inode - 1) % inodes_per_group_ * inode_bytes_, 128);
  const auto block = Block<128>::at(bytes, 0);
  if (!block) return std::nullopt;
  ExtInode found;
  found.flags = block->le<0x20, std::uint32_t>();
  const Bytes root = block->bytes<0x28, 60>();
  std::copy(root.begin(), root.end(), found.block.begin());
  return found;
}

// Leaves are met in the order of the tree, so runs come in file order; index blocks wait on a stack.
ExtTree ExtInodes::extent_tree(const ExtInode& inode) const {
  ExtTree tree;
  std::vector<ExtTreeNode> pending;
  bool root = true;
  for (std::size_t nodes = 0; root || !pending.empty(); ++nodes) {
    std::vector<std::uint8_t> block;
    std::optional<std::uint16_t> wanted_depth;
    if (root) {
      block.assign(inode.block.begin(), inode.block.end());
    } else {
      const ExtTreeNode node = pending.back();
      pending.pop_back();
      wanted_depth = node.depth;
      if (nodes < kMaxTreeNodes && node.block <= (end_ - base_) / block_bytes_)
        block = read(node.block * block_bytes_, block_bytes_);
    }
    root = false;
    if (!add_node(block, wanted_depth, tree, pending)) tree.whole = false;
    if (tree.runs.size() > kMaxTreeRuns) tree.whole = false;
    if (!tree.whole) return tree;
  }
  return tree;
}

// Twelve blocks, then a block of block numbers, one of those, and one of those again.
ExtTree ExtInodes::block_pointers(const ExtInode& inode, std::uint64_t size) const {
  ExtTree tree;
  PointerRuns runs(tree, (size + block_bytes_ - 1) / block_bytes_);
  const Bytes root(inode.block);
  for (std::size_t i = 0; i < kDirectBlocks && !runs.done(); ++i) runs.add(le_at<std::uint32_t>(root, i * 4).value());
  const std::uint64_t per_block = block_bytes_ / 4;
  std::size_t nodes = 0;
  std::uint64_t span = 1;
  for (std::uint16_t level = 1; level <= kPointerLevels && !runs.done(); ++level) {
    span *= per_block;
    std::vector<ExtTreeNode> pending = {{le_at<std::uint32_t>(root, (kDirectBlocks + level - 1) * 4).value(), level}};
    while (!pending.empty() && !runs.done()) {
      const ExtTreeNode node = pending.back();
      pending.pop_back();
      std::uint64_t covers = span;
      for (std::uint16_t above = node.depth; above < level; ++above) covers /= per_block;
      if (node.block == 0) {
        runs.skip(covers);
        continue;
      }
      const bool inside = node.block <= (end_ - base_) / block_bytes_;
      const auto block = inside ? read(node.block * block_bytes_, block_bytes_) : std::vector<std::uint8_t>();
      tree.whole = block.size() == block_bytes_ && ++nodes <= kMaxTreeNodes && tree.runs.size() <= kMaxTreeRuns;
      if (!tree.whole) return tree;
      for (std::uint64_t i = 0; i < per_block && !runs.done(); ++i) {
        if (node.depth == 1) {
          runs.add(le_at<std::uint32_t>(block, i * 4).value());
        } else {
          const std::uint64_t last_first = per_block - 1 - i;
          pending.push_back(
              {le_at<std::uint32_t>(block, last_first * 4).value(), static_cast<std::uint16_t>(node.depth - 1)});
        }
      }
    }
  }
  return tree;
}

bool ExtInodes::add_node(Bytes node, std::optional<std::uint16_t> wanted_depth, ExtTree& tree,
                         std::vector<ExtTreeNode>& pending) {
  const auto header = Block<kEntryBytes>::at(node, 0);
  if (!header || header->le<0, std::uint16_t>() != kTreeMagic) return false;
  const std::uint16_t depth = header->le<6, std::uint16_t>();
  if (depth > kMaxTreeDepth || (wanted_depth && *wanted_depth != depth)) return false;
  const std::size_t count = header->le<2, std::uint16_t>();
  if (count > node.size() / kEntryBytes - 1) return false;
  const std::size_t first = pending.size();
  for (std::size_t i = 1; i <= count; ++i) {
    const auto entry = Block<kEntryBytes>::at(node, i * kEntryBytes);
    if (!entry) return false;
    if (depth > 0) {
      const std::uint64_t high = entry->le<8, std::uint16_t>();
      pending.push_back({high << 32 | entry->le<4, std::uint32_t>(), static_cast<std::uint16_t>(depth - 1)});
      continue;
    }
    const std::uint32_t length = entry->le<4, std::uint16_t>();
    const std::uint64_t high = entry->le<6, std::uint16_t>();
    if (length == 0) return false;
    const bool unwritten = length > kMaxInitLength;
    tree.runs.push_back({entry->le<0, std::uint32_t>(), high << 32 | entry->le<8, std::uint32_t>(),
                         unwritten ? length - kMaxInitLength : length, unwritten});
  }
  std::reverse(pending.begin() + static_cast<std::ptrdiff_t>(first), pending.end());
  return true;
}

}  // namespace limier::volume
