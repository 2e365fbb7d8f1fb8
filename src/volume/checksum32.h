// CRC-32 as GPT headers (polynomial 04C11DB7, reflected) and CRC-32C as newer superblocks (1EDC6F41, reflected) carry
// it.
#pragma once

#include <array>
#include <cstdint>

#include "limier/base/bytes.h"

namespace limier::volume {

template <std::uint32_t Polynomial>
class Crc {
 public:
  // Without the final inversion: starts at `state`, so that parts can follow one another.
  static std::uint32_t update(std::uint32_t state, Bytes data) {
    for (const std::uint8_t byte : data) state = kTable[(state ^ byte) & 0xFF] ^ (state >> 8);
    return state;
  }
  static std::uint32_t of(Bytes data) { return ~update(~0u, data); }

 private:
  static constexpr std::array<std::uint32_t, 256> make_table() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? Polynomial : 0u);
      table[i] = value;
    }
    return table;
  }
  static constexpr std::array<std::uint32_t, 256> kTable = make_table();
};
using Crc32 = Crc<0xEDB88320u>;
using Crc32c = Crc<0x82F63B78u>;

}  // namespace limier::volume
