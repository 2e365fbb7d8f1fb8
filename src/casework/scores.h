// The formulas of docs/case.md, in whole numbers, so that they give the same on every machine.
#pragma once

#include <cstdint>

namespace limier::casework {

inline constexpr std::int64_t kMillion = 1'000'000;
// A key on more exhibits than this is common property: it stays in the list of shared keys, but links nobody.
inline constexpr std::uint32_t kMaxLinkExhibits = 20;
// Contents of 512 KiB and more have full weight, smaller ones in proportion to the logarithm of their size.
inline constexpr std::uint32_t kFullWeightBits = 20;

// One point, divided evenly over the pairs of exhibits that share the key: 2 ÷ (n (n − 1)), times the weight of its
// size. In millionths.
std::int64_t key_weight(std::uint64_t exhibits, bool weigh_size, std::uint64_t size_bytes);
// What a 32-bit serial number of a volume counts of a key's weight: one part of so many.
inline constexpr std::int64_t kShortSerialPart = 4;

// weight × log2(1 + points), in thousandths.
std::int64_t link_score(std::int64_t weight, std::uint64_t points_millionths);

}  // namespace limier::casework
