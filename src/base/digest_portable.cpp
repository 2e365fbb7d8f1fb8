#include <bit>
#include <utility>

#include "base/digest_steps.h"

namespace limier::detail {

namespace {

template <int... Group>
[[gnu::always_inline]] inline void md5_block(Md5Words& w, const std::uint8_t* block,
                                             std::integer_sequence<int, Group...>) {
  (md5_steps4<4 * Group>(w, block), ...);
}
template <int... Group>
[[gnu::always_inline]] inline void md5_block2(Md5Words& w, Md5Words& v, const std::uint8_t* block,
                                              std::integer_sequence<int, Group...>) {
  (md5_steps4<4 * Group>(w, v, block), ...);
}

void add(Md5Words& to, const Md5Words& what) {
  to.a += what.a;
  to.b += what.b;
  to.c += what.c;
  to.d += what.d;
}

void md5_blocks(Md5State& state, const std::uint8_t* data, std::size_t blocks) {
  Md5Words sum = load(state);
  for (; blocks > 0; --blocks, data += kDigestBlock) {
    Md5Words w = sum;
    md5_block(w, data, std::make_integer_sequence<int, 16>{});
    add(sum, w);
  }
  store(sum, state);
}

void md5_blocks2(Md5State& state, Md5State& other_state, const std::uint8_t* data, std::size_t blocks) {
  Md5Words sum = load(state);
  Md5Words other_sum = load(other_state);
  for (; blocks > 0; --blocks, data += kDigestBlock) {
    Md5Words w = sum;
    Md5Words v = other_sum;
    md5_block2(w, v, data, std::make_integer_sequence<int, 16>{});
    add(sum, w);
    add(other_sum, v);
  }
  store(sum, state);
  store(other_sum, other_state);
}

// Source: FIPS 180-4 section 6.1.2, with the message schedule in a ring of 16 words (6.1.3).
void sha1_blocks(Sha1State& state, const std::uint8_t* data, std::size_t blocks) {
  for (; blocks > 0; --blocks, data += kDigestBlock) {
    std::array<std::uint32_t, 16> w{};
    auto [a, b, c, d, e] = state.h;
    for (std::size_t t = 0; t < 80; ++t) {
      w[t % 16] = t < 16 ? load_word_be(data + 4 * t)
                         : std::rotl(w[(t + 13) % 16] ^ w[(t + 8) % 16] ^ w[(t + 2) % 16] ^ w[t % 16], 1);
      const std::uint32_t mix = t < 20   ? (d ^ (b & (c ^ d))) + 0x5a827999u
                                : t < 40 ? (b ^ c ^ d) + 0x6ed9eba1u
                                : t < 60 ? ((b & c) | (d & (b | c))) + 0x8f1bbcdcu
                                         : (b ^ c ^ d) + 0xca62c1d6u;
      const std::uint32_t next = std::rotl(a, 5) + mix + e + w[t % 16];
      e = d;
      d = c;
      c = std::rotl(b, 30);
      b = a;
      a = next;
    }
    const std::array<std::uint32_t, 5> sum{a, b, c, d, e};
    for (std::size_t i = 0; i < sum.size(); ++i) state.h[i] += sum[i];
  }
}

// Source: FIPS 180-4 section 6.2.2.
void sha256_blocks(Sha256State& state, const std::uint8_t* data, std::size_t blocks) {
  for (; blocks > 0; --blocks, data += kDigestBlock) {
    std::array<std::uint32_t, 16> w{};
    auto [a, b, c, d, e, f, g, h] = state.h;
    for (std::size_t t = 0; t < 64; ++t) {
      if (t < 16) {
        w[t] = load_word_be(data + 4 * t);
      } else {
        const std::uint32_t x = w[(t + 1) % 16];
        const std::uint32_t y = w[(t + 14) % 16];
        w[t % 16] += (std::rotr(x, 7) ^ std::rotr(x, 18) ^ (x >> 3)) + w[(t + 9) % 16] +
                     (std::rotr(y, 17) ^ std::rotr(y, 19) ^ (y >> 10));
      }
      const std::uint32_t first = h + (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25)) + (g ^ (e & (f ^ g))) +
                                  kSha256Roots[t] + w[t % 16];
      const std::uint32_t second = (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22)) + ((a & b) | (c & (a | b)));
      h = g;
      g = f;
      f = e;
      e = d + first;
      d = c;
      c = b;
      b = a;
      a = first + second;
    }
    const std::array<std::uint32_t, 8> sum{a, b, c, d, e, f, g, h};
    for (std::size_t i = 0; i < sum.size(); ++i) state.h[i] += sum[i];
  }
}

}  // namespace

void hash_blocks_portable(const Lanes& lanes, std::size_t blocks) {
  if (lanes.one.md5 != nullptr && lanes.other.md5 != nullptr) {
    md5_blocks2(*lanes.one.md5, *lanes.other.md5, lanes.data, blocks);
  } else if (Md5State* const md5 = lanes.one.md5 != nullptr ? lanes.one.md5 : lanes.other.md5; md5 != nullptr) {
    md5_blocks(*md5, lanes.data, blocks);
  }
  for (const DigestStates& states : {lanes.one, lanes.other}) {
    if (states.sha1 != nullptr) sha1_blocks(*states.sha1, lanes.data, blocks);
    if (states.sha256 != nullptr) sha256_blocks(*states.sha256, lanes.data, blocks);
  }
}

}  // namespace limier::detail
