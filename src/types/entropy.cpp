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
  // Two tables side by side: runs of one value would otherwise wait for the count before.
  std::array<std::uint16_t, 256> even{}, odd{};
  std::size_t at = 0;
  for (; at + 2 <= bytes.size(); at += 2) {
    ++even[bytes[at]];
    ++odd[bytes[at + 1]];
  }
  if (at < bytes.size()) ++even[bytes[at]];
  const auto& table = products();
  double sum = 0;
  for (std::size_t value = 0; value < even.size(); ++value)
    sum += static_cast<double>(table[static_cast<std::size_t>(even[value]) + odd[value]]);
  const auto total = static_cast<double>(bytes.size());
  const double bits = std::log2(total) - sum / total;
  return static_cast<std::uint16_t>(std::lround(std::clamp(bits, 0.0, 8.0) * 1000));
}

}  // namespace limier::types
