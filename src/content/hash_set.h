// A set of 64-bit hashes in one piece of memory: 16 to 32 bytes each.
#pragma once

#include <cstdint>
#include <vector>

namespace limier::content {

class HashSet {
 public:
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool holds(std::uint64_t hash) const {
    return !slots_.empty() && slots_[slot_of(slots_, avoid_zero(hash))] != 0;
  }
  void add(std::uint64_t hash) {
    if (2 * (size_ + 1) > slots_.size()) grow();
    std::uint64_t& slot = slots_[slot_of(slots_, avoid_zero(hash))];
    if (slot == 0) ++size_;
    slot = avoid_zero(hash);
  }

 private:
  static std::uint64_t avoid_zero(std::uint64_t hash) { return hash == 0 ? 1 : hash; }  // 0: an empty slot
  static std::size_t slot_of(const std::vector<std::uint64_t>& slots, std::uint64_t hash) {
    std::size_t at = hash & (slots.size() - 1);
    while (slots[at] != 0 && slots[at] != hash) at = (at + 1) & (slots.size() - 1);
    return at;
  }
  void grow() {
    std::vector<std::uint64_t> larger(slots_.empty() ? 1024 : slots_.size() * 2);
    for (const std::uint64_t hash : slots_)
      if (hash != 0) larger[slot_of(larger, hash)] = hash;
    slots_ = std::move(larger);
  }

  std::vector<std::uint64_t> slots_;
  std::size_t size_ = 0;
};

}  // namespace limier::content
