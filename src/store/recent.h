// The rows sent last, in the order they came. What refers to them comes in the same order a little later, so the search
// goes on where the one before ended.
#pragma once

#include <cstddef>
#include <vector>

namespace limier::store {

template <class Row>
class Recent {
 public:
  Row& push(Row row) {
    if (rows_.size() < kRows)
      rows_.push_back(std::move(row));
    else
      rows_[pushed_ % kRows] = std::move(row);
    return rows_[pushed_++ % kRows];
  }
  // The row `is_it` says yes to, if it is among the last kRows; valid until the next push.
  template <class Is>
  const Row* find(const Is& is_it) {
    const std::size_t oldest = pushed_ - rows_.size();
    if (at_ < oldest) at_ = oldest;
    for (std::size_t tried = 0; tried < rows_.size(); ++tried) {
      if (at_ >= pushed_) at_ = oldest;
      if (is_it(rows_[at_ % kRows])) return &rows_[at_ % kRows];
      ++at_;
    }
    return nullptr;
  }
  void clear() { *this = {}; }

 private:
  static constexpr std::size_t kRows = 4096;
  std::vector<Row> rows_;  // the row pushed as number n is at n % kRows
  std::size_t pushed_ = 0, at_ = 0;
};

}  // namespace limier::store
