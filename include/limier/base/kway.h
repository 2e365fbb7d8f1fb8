// A tree of losers over sorted cursors: the smallest record of all at one comparison a level. A cursor has
//   const std::uint8_t* record() const;   nullptr at its end
//   void advance();
#pragma once

#include <cstring>
#include <vector>

#include "limier/base/bytes.h"

namespace limier {

template <class Cursor>
class LoserTree {
 public:
  // Records are compared by their first `key_width` bytes (8 or more), then by the position of the cursor. The cursors
  // stand before their first record and outlive the tree.
  LoserTree(std::vector<Cursor*> cursors, std::size_t key_width)
      : cursors_(std::move(cursors)), rest_(key_width - kPrefix), leaves_(cursors_.size()), losers_(cursors_.size()) {
    for (std::size_t i = 0; i < cursors_.size(); ++i) fetch(i);
    if (!cursors_.empty()) winner_ = build(1);
  }
  // The smallest record and whose it is; nullptr when all are at their end.
  [[nodiscard]] const std::uint8_t* record() const { return cursors_.empty() ? nullptr : leaves_[winner_].record; }
  [[nodiscard]] std::size_t source() const { return winner_; }

  void advance() {
    fetch(winner_);
    std::size_t current = winner_;
    for (std::size_t node = (winner_ + cursors_.size()) / 2; node >= 1; node /= 2)
      if (less(losers_[node], current)) std::swap(losers_[node], current);
    winner_ = current;
  }

 private:
  static constexpr std::size_t kPrefix = 8;
  struct Leaf {
    std::uint64_t prefix = 0;
    const std::uint8_t* record = nullptr;
  };

  void fetch(std::size_t i) {
    cursors_[i]->advance();
    leaves_[i].record = cursors_[i]->record();
    if (leaves_[i].record != nullptr) leaves_[i].prefix = detail::load_be<std::uint64_t>(leaves_[i].record);
  }
  [[nodiscard]] bool less(std::size_t a, std::size_t b) const {
    const Leaf &one = leaves_[a], &other = leaves_[b];
    if (one.record == nullptr || other.record == nullptr) {
      if (one.record != nullptr || other.record != nullptr) return one.record != nullptr;
      return a < b;
    }
    if (one.prefix != other.prefix) return one.prefix < other.prefix;
    const int order = std::memcmp(one.record + kPrefix, other.record + kPrefix, rest_);
    return order != 0 ? order < 0 : a < b;
  }
  // Inner nodes are 1 … n-1, leaves n … 2n-1. The depth is the logarithm of the number of cursors.
  std::size_t build(std::size_t node) {
    if (node >= cursors_.size()) return node - cursors_.size();
    const std::size_t left = build(2 * node), right = build(2 * node + 1);
    const bool left_wins = less(left, right);
    losers_[node] = left_wins ? right : left;
    return left_wins ? left : right;
  }

  std::vector<Cursor*> cursors_;
  std::size_t rest_;
  std::vector<Leaf> leaves_;
  std::vector<std::size_t> losers_;
  std::size_t winner_ = 0;
};

}  // namespace limier
