// Source: Linux kernel documentation, "ext4 Data Structures and Algorithms": extent tree, direct and indirect blocks.
#include "volume/ext_tree.h"

#include <algorithm>
#include <optional>

namespace limier::volume {

namespace {

constexpr std::uint16_t kTreeMagic = 0xF30A;
constexpr std::uint16_t kMaxTreeDepth = 5;  // the kernel's limit: five levels address any file
constexpr std::size_t kMaxTreeNodes = 1u << 20;
constexpr std::size_t kMaxTreeRuns = kMaxRuns;
constexpr std::uint32_t kMaxInitLength = 32768;  // EXT_INIT_MAX_LEN: a larger length means "unwritten"
constexpr std::size_t kDirectBlocks = 12;        // EXT4_NDIR_BLOCKS
constexpr std::uint16_t kPointerLevels = 3;
constexpr std::size_t kEntryBytes = 12;  // header, index and extent are of one size

struct TreeNode {
  std::uint64_t block = 0;
  std::uint16_t depth = 0;
};

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

bool add_node(Bytes node, std::optional<std::uint16_t> wanted_depth, ExtTree& tree, std::vector<TreeNode>& pending) {
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

// What a deleted inode had may be another's by now.
bool is_own(const ExtVolume& volume, const ExtInode& inode, std::uint64_t block) {
  return inode.in_use || !volume.block_in_use(block);
}

// Leaves are met in the order of the tree, so runs come in file order; index blocks wait on a stack.
ExtTree extent_tree(const ExtVolume& volume, const ExtInode& inode) {
  ExtTree tree;
  std::vector<TreeNode> pending;
  tree.whole = add_node(inode.root(), std::nullopt, tree, pending);
  for (std::size_t nodes = 0; tree.whole && !pending.empty(); ++nodes) {
    const TreeNode node = pending.back();
    pending.pop_back();
    tree.whole = nodes < kMaxTreeNodes && is_own(volume, inode, node.block) &&
                 add_node(volume.read_block(node.block), node.depth, tree, pending) && tree.runs.size() <= kMaxTreeRuns;
  }
  return tree;
}

// Twelve blocks, then a block of block numbers, one of those, and one of those again.
ExtTree block_pointers(const ExtVolume& volume, const ExtInode& inode) {
  ExtTree tree;
  const std::uint64_t block_bytes = volume.facts().block_bytes;
  PointerRuns runs(tree, (inode.size + block_bytes - 1) / block_bytes);
  const Bytes root = inode.root();
  for (std::size_t i = 0; i < kDirectBlocks && !runs.done(); ++i) runs.add(le_at<std::uint32_t>(root, i * 4).value());
  const std::uint64_t per_block = block_bytes / 4;
  std::size_t nodes = 0;
  std::uint64_t span = 1;
  for (std::uint16_t level = 1; level <= kPointerLevels && !runs.done(); ++level) {
    span *= per_block;
    std::vector<TreeNode> pending = {{le_at<std::uint32_t>(root, (kDirectBlocks + level - 1) * 4).value(), level}};
    while (!pending.empty() && !runs.done()) {
      const TreeNode node = pending.back();
      pending.pop_back();
      std::uint64_t covers = span;
      for (std::uint16_t above = node.depth; above < level; ++above) covers /= per_block;
      if (node.block == 0) {
        runs.skip(covers);
        continue;
      }
      const auto block =
          is_own(volume, inode, node.block) ? volume.read_block(node.block) : std::vector<std::uint8_t>();
      tree.whole = !block.empty() && ++nodes <= kMaxTreeNodes && tree.runs.size() <= kMaxTreeRuns;
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

}  // namespace

ExtTree read_ext_tree(const ExtVolume& volume, const ExtInode& inode) {
  return inode.is(kExtExtents) ? extent_tree(volume, inode) : block_pointers(volume, inode);
}

}  // namespace limier::volume
