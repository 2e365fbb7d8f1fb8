// Source of the structures: "Apple File System Reference" (2020-06-22), "B-Trees" and "Object Maps".
#include "volume/apfs_tree.h"

#include <algorithm>

namespace limier::volume {

namespace {

constexpr std::size_t kNodeHeader = 56;  // btree_node_phys_t without its data
constexpr std::size_t kTreeInfo = 40;    // btree_info_t, at the end of a root
constexpr unsigned kRoot = 1, kLeaf = 2, kFixed = 4;
constexpr unsigned kNoSuchValue = 0xFFFF;  // BTOFF_INVALID
constexpr unsigned kMapDeleted = 1, kMapEncrypted = 4;

}  // namespace

Bytes ApfsBlocks::read(std::uint64_t block) {
  Slot& slot = slots_[block % kSlots];
  if (slot.block == block) return slot.bytes;
  slot.block = UINT64_MAX;
  if (!has(block, 1)) return {};
  slot.bytes.resize(block_bytes_);
  if (walk_.read(image_offset(block), slot.bytes) != block_bytes_) return {};
  slot.block = block;
  return slot.bytes;
}

bool ApfsBlocks::has(std::uint64_t block, std::uint64_t count) const {
  const std::uint64_t blocks = (walk_.end - walk_.base) / block_bytes_;
  return block <= blocks && count <= blocks - block;
}

struct ApfsTree::Node {
  Bytes bytes;
  std::uint64_t block = 0;
  unsigned flags = 0, level = 0;
  std::uint32_t count = 0;
  std::size_t table = 0, keys = 0, values_end = 0;
};

std::optional<ApfsTree::Node> ApfsTree::open(std::uint64_t block) {
  Node node;
  node.block = block;
  node.bytes = blocks_.read(block);
  const auto head = Block<kNodeHeader>::at(node.bytes, 0);
  if (!head) return std::nullopt;
  node.flags = head->le<32, std::uint16_t>();
  node.level = head->le<34, std::uint16_t>();
  node.count = head->le<36, std::uint32_t>();
  node.table = kNodeHeader + head->le<40, std::uint16_t>();
  node.keys = node.table + head->le<42, std::uint16_t>();
  node.values_end = node.bytes.size() - ((node.flags & kRoot) != 0 ? kTreeInfo : 0);
  const std::size_t entry = (node.flags & kFixed) != 0 ? 4 : 8;
  const bool sound = node.keys <= node.values_end && node.count <= (node.keys - node.table) / entry;
  if (!sound || ((node.flags & kLeaf) != 0) != (node.level == 0)) return std::nullopt;
  return node;
}

std::optional<ApfsItem> ApfsTree::item(const Node& node, std::uint32_t index) {
  const bool fixed = (node.flags & kFixed) != 0;
  const std::size_t entry = node.table + std::size_t{index} * (fixed ? 4 : 8);
  const auto field = [&](std::size_t at) { return std::uint64_t{*le_at<std::uint16_t>(node.bytes, entry + at)}; };
  const std::uint64_t key_at = node.keys + field(0), back = field(fixed ? 2 : 4);
  const std::uint64_t key_size = fixed ? fixed_.key : field(2);
  const std::uint64_t value_size = !fixed ? field(6) : node.level > 0 ? 8u : std::uint64_t{fixed_.value};
  const auto key = slice(node.bytes.first(node.values_end), key_at, key_size);
  if (!key || key->size() < 8) return std::nullopt;
  if (back == kNoSuchValue) return ApfsItem{*key, {}, 0};
  if (back > node.values_end) return std::nullopt;
  const auto value = slice(node.bytes.first(node.values_end), node.values_end - back, value_size);
  if (!value) return std::nullopt;
  return ApfsItem{*key, *value, blocks_.image_offset(node.block) + node.values_end - back};
}

std::optional<std::uint64_t> ApfsTree::child(const Node& node, std::uint32_t index) {
  const auto entry = item(node, index);
  const auto object = entry ? le_at<std::uint64_t>(entry->value, 0) : std::nullopt;
  return object ? place_(*object) : std::nullopt;
}

std::uint32_t ApfsTree::first_not_before(const Node& node, const Before& before) {
  std::uint32_t low = 0, high = node.count;
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    const auto entry = item(node, middle);
    if (!entry) damaged_ = true;
    if (entry && before(entry->key)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

// From `block` to a leaf: to the item that is sought, or to the first.
bool ApfsTree::descend(std::uint64_t block, const Before* before) {
  unsigned level = kMaxLevels;
  while (true) {
    const auto node = open(block);
    if (!node || node->level >= level) return false;
    level = node->level;
    std::uint32_t index = before != nullptr ? first_not_before(*node, *before) : 0;
    if (level == 0) {
      path_.push_back({block, index});
      return true;
    }
    // What is sought may stand at the end of the child before.
    if (index > 0) --index;
    path_.push_back({block, index});
    if (index >= node->count) return false;
    // Placing the child may read other nodes in this one's stead.
    const auto next = child(*node, index);
    if (!next) return false;
    block = *next;
  }
}

void ApfsTree::seek(const Before& before) {
  path_.clear();
  if (!descend(root_, &before)) damaged_ = true, path_.clear();
}

std::optional<ApfsItem> ApfsTree::next() {
  for (std::size_t steps = 0; !path_.empty(); ++steps) {
    Frame& frame = path_.back();
    const auto node = open(frame.block);
    if (!node || steps > kMaxStepsToItem) {
      damaged_ = true;
      path_.clear();
      return std::nullopt;
    }
    if (node->level == 0 && frame.index < node->count) {
      const auto found = item(*node, frame.index++);
      if (found) return found;
      damaged_ = true;
      continue;
    }
    if (node->level == 0 || frame.index + 1 >= node->count) {
      path_.pop_back();
      continue;
    }
    const auto below = child(*node, ++frame.index);
    const std::size_t depth = path_.size();
    if (below && descend(*below, nullptr) && path_.size() <= kMaxLevels) continue;
    damaged_ = true;
    path_.resize(depth);
  }
  return std::nullopt;
}

ApfsObjectMap::ApfsObjectMap(ApfsBlocks& blocks, std::uint64_t map_block, std::uint64_t transaction)
    : transaction_(transaction) {
  const auto root = le_at<std::uint64_t>(blocks.read(map_block), 48);
  if (!root) return;
  tree_.emplace(
      blocks, *root, [](std::uint64_t object) { return std::optional(object); }, ApfsTree::Fixed{16, 16});
}

std::optional<std::uint64_t> ApfsObjectMap::place(std::uint64_t object) {
  const auto known = known_.find(object);
  if (known != known_.end()) return known->second;
  const auto found = look_up(object);
  if (found) {
    if (known_.size() >= kMaxKept) known_.clear();
    known_[object] = *found;
  }
  return found;
}

// The latest that is not later than the transaction.
std::optional<std::uint64_t> ApfsObjectMap::look_up(std::uint64_t object) {
  if (!tree_) return std::nullopt;
  tree_->seek([&](Bytes key) { return le_at<std::uint64_t>(key, 0).value_or(0) < object; });
  constexpr std::size_t kMaxVersions = 1u << 16;
  std::optional<std::uint64_t> found;
  for (std::size_t i = 0; i < kMaxVersions; ++i) {
    const auto item = tree_->next();
    if (!item) break;
    const auto key = Block<16>::at(item->key, 0), value = Block<16>::at(item->value, 0);
    if (!key || !value || key->le<0, std::uint64_t>() != object || key->le<8, std::uint64_t>() > transaction_) break;
    const unsigned flags = value->le<0, std::uint32_t>();
    found = (flags & (kMapDeleted | kMapEncrypted)) != 0 ? std::nullopt : std::optional(value->le<8, std::uint64_t>());
  }
  return found;
}

}  // namespace limier::volume
