// B-trees of HFS+: catalog, extents overflow, attributes.
//
// Owns:    a few nodes, bounded; the WalkBase outlives it.
// Threads: one.
// Errors:  damage ends a search; damaged() says so from then on.
#pragma once

#include "volume/fork.h"

namespace limier::volume {

struct HfsItem {
  Bytes key, value;               // valid until the next call to the tree; the key without its length
  std::uint64_t fork_offset = 0;  // of the value
  std::uint32_t node = 0;
  std::uint16_t index = 0;
};

class HfsTree {
 public:
  // None when the header node is no such thing.
  static std::optional<HfsTree> open(WalkBase& walk, Fork file);

  using Before = std::function<bool(Bytes key)>;
  // Goes to the first item whose key is not `before` the wanted one; keys are in that order.
  void seek(const Before& before);
  void seek_first();
  // The item there, then goes on; none at the end.
  std::optional<HfsItem> next();
  [[nodiscard]] std::optional<HfsItem> at(std::uint32_t node, std::uint16_t index);
  [[nodiscard]] const Fork& file() const { return file_; }
  [[nodiscard]] bool damaged() const { return damaged_; }

 private:
  static constexpr std::size_t kSlots = 32;
  static constexpr unsigned kMaxLevels = 16;
  struct Slot {
    std::uint32_t number = UINT32_MAX;
    std::vector<std::uint8_t> bytes;
  };
  HfsTree(WalkBase& walk, Fork file) : walk_(&walk), file_(std::move(file)), slots_(kSlots) {}
  bool open_header();
  Bytes node(std::uint32_t number);
  std::optional<HfsItem> item(Bytes node, std::uint32_t number, std::uint16_t index) const;
  std::optional<std::uint32_t> child(Bytes node, std::uint32_t number, std::uint16_t index) const;
  bool enter(std::uint32_t number);

  WalkBase* walk_;
  Fork file_;
  std::vector<Slot> slots_;
  std::uint32_t node_bytes_ = 0, nodes_ = 0, root_ = 0, first_leaf_ = 0;
  std::uint16_t longest_key_ = 0;
  bool keys_vary_ = true;   // in index nodes too
  std::uint32_t node_ = 0;  // where the search stands; 0: at the end
  std::uint16_t index_ = 0;
  std::uint32_t visited_ = 0;  // leaves since the search began
  bool damaged_ = false;
};

}  // namespace limier::volume
