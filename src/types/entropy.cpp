#include "types/entropy.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "limier/types.h"

namespace limier::types {

namespace {

// n log2 n, for every count there can be.
const std::array<float, kEntropyBytes + 1>& products() {
  static const auto filled = [] {
    std::array<float, kEntropyBytes + 1> table{};
    for (std::size_t n = 2; n < table.size(); ++n)
      table[n] = static_cast<float>(static_cast<double>(n) * std::log2(static_cast<double>(n)));
    return table;
  }();
  return filled;
}

}  // namespace

std::uint16_t entropy_millibits(Bytes bytes) {
  bytes = bytes.first(std::min(bytes.size(), kEntropyBytes));
  if (bytes.empty()) return 0;
  // Four tables side by side: runs of one value would otherwise wait for the count before.
  std::array<std::array<std::uint16_t, 256>, 4> counts{};
  std::size_t at = 0;
  for (; at + 4 <= bytes.size(); at += 4) {
    ++counts[0][bytes[at]];
    ++counts[1][bytes[at + 1]];
    ++counts[2][bytes[at + 2]];
    ++counts[3][bytes[at + 3]];
  }
  for (; at < bytes.size(); ++at) ++counts[0][bytes[at]];
  for (std::size_t value = 0; value < 256; ++value)
    counts[0][value] =
        static_cast<std::uint16_t>(counts[0][value] + counts[1][value] + counts[2][value] + counts[3][value]);
  // Exact in whatever order: the products have 24 bits, the sum has room for 53.
  const auto& table = products();
  std::array<double, 4> sums{};
  for (std::size_t value = 0; value < 256; value += 4)
    for (std::size_t i = 0; i < 4; ++i) sums[i] += static_cast<double>(table[counts[0][value + i]]);
  const double sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
  const auto total = static_cast<double>(bytes.size());
  const double bits = std::log2(total) - sum / total;
  return static_cast<std::uint16_t>(std::lround(std::clamp(bits, 0.0, 8.0) * 1000));
}

}  // namespace limier::types
