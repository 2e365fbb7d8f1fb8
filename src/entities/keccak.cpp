// Keccak-f[1600] with a rate of 136 bytes (FIPS 202).
#include <bit>

#include "entities/checks.h"

namespace limier::entities {
namespace {

constexpr std::size_t kLanes = 25, kRate = 136;

constexpr std::array<std::uint64_t, 24> kRounds{
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b,
    0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088,
    0x0000000080008009, 0x000000008000000a, 0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
    0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};
constexpr std::array<int, 24> kTurns{1,  3,  6,  10, 15, 21, 28, 36, 45, 55, 2,  14,
                                     27, 41, 56, 8,  25, 43, 62, 18, 39, 61, 20, 44};
constexpr std::array<std::size_t, 24> kWay{10, 7,  11, 17, 18, 3, 5,  16, 8,  21, 24, 4,
                                           15, 23, 19, 13, 12, 2, 20, 14, 22, 9,  6,  1};

void permute(std::array<std::uint64_t, kLanes>& state) {
  for (const std::uint64_t constant : kRounds) {
    std::array<std::uint64_t, 5> column{};
    for (std::size_t i = 0; i < 5; ++i)
      column[i] = state[i] ^ state[i + 5] ^ state[i + 10] ^ state[i + 15] ^ state[i + 20];
    for (std::size_t i = 0; i < 5; ++i) {
      const std::uint64_t mix = column[(i + 4) % 5] ^ std::rotl(column[(i + 1) % 5], 1);
      for (std::size_t j = 0; j < kLanes; j += 5) state[j + i] ^= mix;
    }
    std::uint64_t moved = state[1];
    for (std::size_t i = 0; i < kWay.size(); ++i) {
      const std::uint64_t next = state[kWay[i]];
      state[kWay[i]] = std::rotl(moved, kTurns[i]);
      moved = next;
    }
    for (std::size_t j = 0; j < kLanes; j += 5) {
      std::array<std::uint64_t, 5> row{};
      for (std::size_t i = 0; i < 5; ++i) row[i] = state[j + i];
      for (std::size_t i = 0; i < 5; ++i) state[j + i] = row[i] ^ (~row[(i + 1) % 5] & row[(i + 2) % 5]);
    }
    state[0] ^= constant;
  }
}

}  // namespace

std::array<std::uint8_t, 32> keccak256(Bytes data, std::uint8_t pad) {
  std::array<std::uint64_t, kLanes> state{};
  const auto mix = [&](std::size_t at, std::uint8_t byte) {
    state[at / 8] ^= static_cast<std::uint64_t>(byte) << (8 * (at % 8));
  };
  std::size_t at = 0;
  for (const std::uint8_t byte : data) {
    mix(at, byte);
    if (++at < kRate) continue;
    permute(state);
    at = 0;
  }
  mix(at, pad);
  mix(kRate - 1, 0x80);
  permute(state);
  std::array<std::uint8_t, 32> digest{};
  for (std::size_t i = 0; i < digest.size(); ++i)
    digest[i] = static_cast<std::uint8_t>(state[i / 8] >> (8 * (i % 8)) & 0xffu);
  return digest;
}

}  // namespace limier::entities
