// B-trees of APFS: object maps, the file-system tree, extents of sealed volumes.
//
// Owns:    a few nodes and addresses, bounded; the WalkBase outlives it.
// Threads: one.
// Errors:  damage ends a search: what cannot be reached is not found, and damaged() says so from then on.
#pragma once

#include <functional>
#include <unordered_map>

#include "volume/walk_base.h"

namespace limier::volume {

// Blocks of a container that hold objects.
class ApfsBlocks {
 public:
  ApfsBlocks(WalkBase& walk, std::uint32_t block_bytes) : walk_(walk), block_bytes_(block_bytes), slots_(kSlots) {}
  // Valid until the next call; empty when it lies outside or cannot be read.
  Bytes read(std::uint64_t block);
  [[nodiscard]] std::uint32_t block_bytes() const { return block_bytes_; }
  [[nodiscard]] std::uint64_t image_offset(std::uint64_t block) const { return walk_.base + block * block_bytes_; }
  [[nodiscard]] bool has(std::uint64_t block, std::uint64_t count) const;

 private:
  static constexpr std::size_t kSlots = 64;
  struct Slot {
    std::uint64_t block = UINT64_MAX;
    std::vector<std::uint8_t> bytes;
  };
  WalkBase& walk_;
  std::uint32_t block_bytes_;
  std::vector<Slot> slots_;
};

struct ApfsItem {
  Bytes key, value;                // valid until the next call to the tree
  std::uint64_t image_offset = 0;  // of the value
};

class ApfsTree {
 public:
  // Where the object with that number stands; identity for trees that link by address.
  using Place = std::function<std::optional<std::uint64_t>(std::uint64_t object)>;
  // Keys and values of fixed size have these.
  struct Fixed {
    std::uint16_t key = 0, value = 0;
  };
  ApfsTree(ApfsBlocks& blocks, std::uint64_t root_block, Place place, Fixed fixed)
      : blocks_(blocks), root_(root_block), place_(std::move(place)), fixed_(fixed) {}

  // Goes to the first item whose key is not `before` the wanted one; keys are in that order.
  using Before = std::function<bool(Bytes key)>;
  void seek(const Before& before);
  // The item there, then goes on; none at the end.
  std::optional<ApfsItem> next();
  [[nodiscard]] bool damaged() const { return damaged_; }

 private:
  static constexpr std::size_t kMaxLevels = 16;
  static constexpr std::size_t kMaxStepsToItem = 4096;  // no node of a sound tree is empty
  struct Frame {
    std::uint64_t block = 0;
    std::uint32_t index = 0;
  };
  struct Node;
  std::optional<Node> open(std::uint64_t block);
  std::optional<ApfsItem> item(const Node& node, std::uint32_t index);
  std::optional<std::uint64_t> child(const Node& node, std::uint32_t index);
  std::uint32_t first_not_before(const Node& node, const Before& before);
  bool descend(std::uint64_t block, const Before* before);

  ApfsBlocks& blocks_;
  std::uint64_t root_;
  Place place_;
  Fixed fixed_;
  std::vector<Frame> path_;  // from the root to a leaf
  bool damaged_ = false;
};

// Of one volume: the addresses of its objects at one transaction.
class ApfsObjectMap {
 public:
  ApfsObjectMap(ApfsBlocks& blocks, std::uint64_t map_block, std::uint64_t transaction);
  std::optional<std::uint64_t> place(std::uint64_t object);

 private:
  static constexpr std::size_t kMaxKept = 1u << 16;
  std::optional<std::uint64_t> look_up(std::uint64_t object);
  std::optional<ApfsTree> tree_;
  std::uint64_t transaction_;
  std::unordered_map<std::uint64_t, std::uint64_t> known_;
};

}  // namespace limier::volume
