#include "casework/scores.h"

#include <algorithm>
#include <bit>
#include <cassert>

namespace limier::casework {
namespace {

// log2 of a number of at least `kOne`, in units of 2^-16, by repeated squaring.
constexpr int kFractionBits = 30;
constexpr std::uint64_t kOne = std::uint64_t{1} << kFractionBits;

std::uint64_t log2_16(std::uint64_t value_q30) {
  assert(value_q30 >= kOne);
  const int whole = static_cast<int>(std::bit_width(value_q30)) - 1 - kFractionBits;
  std::uint64_t rest = value_q30 >> whole;  // 1 ≤ rest < 2
  std::uint64_t log = static_cast<std::uint64_t>(whole) << 16;
  for (std::uint64_t bit = std::uint64_t{1} << 15; bit != 0; bit >>= 1) {
    rest = rest * rest >> kFractionBits;
    if (rest < 2 * kOne) continue;
    rest >>= 1;
    log |= bit;
  }
  return log;
}

}  // namespace

std::int64_t key_weight(std::uint64_t exhibits, bool weigh_size, std::uint64_t size_bytes) {
  assert(exhibits >= 2);
  const std::uint64_t bits =
      weigh_size ? std::min<std::uint64_t>(static_cast<std::uint64_t>(std::bit_width(size_bytes)), kFullWeightBits)
                 : kFullWeightBits;
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(kMillion) * bits * 2 /
                                   (kFullWeightBits * exhibits * (exhibits - 1)));
}

std::int64_t link_score(std::int64_t weight, std::uint64_t points_millionths) {
  // Beyond this many points the score would not fit; it stays there. More than any case holds.
  constexpr std::uint64_t kMost = std::uint64_t{1} << 33;
  const std::uint64_t points = std::min(points_millionths, kMost * static_cast<std::uint64_t>(kMillion) - 1);
  const std::uint64_t whole = points / kMillion, part = points % kMillion;
  const std::uint64_t value = ((1 + whole) << kFractionBits) + (part << kFractionBits) / kMillion;
  return weight * static_cast<std::int64_t>(log2_16(value) * 1000 >> 16);
}

}  // namespace limier::casework
