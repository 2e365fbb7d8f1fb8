// The steps of MD5 as inline functions, so that one function can interleave them with other work; and the constants.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "base/digest_kernels.h"

namespace limier::detail {

// Source: RFC 1321 section 3.4, floor(2^32 * |sin(i + 1)|).
inline constexpr std::array<std::uint32_t, 64> kMd5Sines{
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};
// Source: RFC 1321 section 3.4.
inline constexpr std::array<std::array<int, 4>, 4> kMd5Shifts{
    {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}}};

// Source: FIPS 180-4 section 4.2.2, the cube roots of the first 64 primes.
alignas(16) inline constexpr std::array<std::uint32_t, 64> kSha256Roots{
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

[[gnu::always_inline]] inline std::uint32_t load_word_le(const std::uint8_t* at) {
  std::uint32_t word = 0;
  std::memcpy(&word, at, sizeof(word));
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap32(word);
  return word;
}
[[gnu::always_inline]] inline std::uint32_t load_word_be(const std::uint8_t* at) {
  return __builtin_bswap32(load_word_le(at));
}

template <int Step>
[[gnu::always_inline]] inline void md5_step(std::uint32_t& a, std::uint32_t b, std::uint32_t c, std::uint32_t d,
                                            const std::uint8_t* block) {
  constexpr int kRound = Step / 16;
  constexpr int kWord = (kRound == 0 ? Step : kRound == 1 ? 5 * Step + 1 : kRound == 2 ? 3 * Step + 5 : 7 * Step) % 16;
  // b is the step's newest input. Whatever does not depend on it is added first, to keep the chain short; that is also
  // why round 2 adds its two disjoint halves apart.
  a += load_word_le(block + 4 * kWord) + kMd5Sines[Step];
  if constexpr (kRound == 0) {
    a += d ^ (b & (c ^ d));
  } else if constexpr (kRound == 1) {
    a += c & ~d;
    a += b & d;
  } else if constexpr (kRound == 2) {
    a += b ^ (c ^ d);
  } else {
    a += c ^ (b | ~d);
  }
  a = std::rotl(a, kMd5Shifts[kRound][Step % 4]) + b;
}

struct Md5Words {
  std::uint32_t a, b, c, d;
};
[[gnu::always_inline]] inline Md5Words load(const Md5State& state) {
  return {state.h[0], state.h[1], state.h[2], state.h[3]};
}
[[gnu::always_inline]] inline void store(const Md5Words& words, Md5State& state) {
  state.h = {words.a, words.b, words.c, words.d};
}

// Four steps: after them every word is back in its place.
template <int Step>
[[gnu::always_inline]] inline void md5_steps4(Md5Words& w, const std::uint8_t* block) {
  md5_step<Step>(w.a, w.b, w.c, w.d, block);
  md5_step<Step + 1>(w.d, w.a, w.b, w.c, block);
  md5_step<Step + 2>(w.c, w.d, w.a, w.b, block);
  md5_step<Step + 3>(w.b, w.c, w.d, w.a, block);
}
// The same for two chains over one block, step by step in turn.
template <int Step>
[[gnu::always_inline]] inline void md5_steps4(Md5Words& w, Md5Words& v, const std::uint8_t* block) {
  md5_step<Step>(w.a, w.b, w.c, w.d, block);
  md5_step<Step>(v.a, v.b, v.c, v.d, block);
  md5_step<Step + 1>(w.d, w.a, w.b, w.c, block);
  md5_step<Step + 1>(v.d, v.a, v.b, v.c, block);
  md5_step<Step + 2>(w.c, w.d, w.a, w.b, block);
  md5_step<Step + 2>(v.c, v.d, v.a, v.b, block);
  md5_step<Step + 3>(w.b, w.c, w.d, w.a, block);
  md5_step<Step + 3>(v.b, v.c, v.d, v.a, block);
}

}  // namespace limier::detail
