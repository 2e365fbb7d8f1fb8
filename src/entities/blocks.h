// Blocks of 64 bytes as bit masks, one bit a byte.
#pragma once

#include <cstdint>

namespace limier::entities {

constexpr std::size_t kBlockBytes = 64;

struct Masks {
  std::uint64_t alnum = 0, digit = 0;
  std::uint64_t at = 0;     // '@'
  std::uint64_t colon = 0;  // ':'
  std::uint64_t sign = 0;   // '+', '.', '-'
  std::uint64_t print = 0;  // 0x20 to 0x7f
  std::uint64_t zero = 0;
};

using MasksOf = void (*)(const std::uint8_t* bytes, std::size_t blocks, Masks* masks);
void masks_portable(const std::uint8_t* bytes, std::size_t blocks, Masks* masks);
// The quickest that this machine has.
MasksOf best_masks();
bool has_vector_masks();
void masks_vector(const std::uint8_t* bytes, std::size_t blocks, Masks* masks);  // only where it has them

}  // namespace limier::entities
