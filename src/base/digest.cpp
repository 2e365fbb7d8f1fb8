#include "limier/base/digest.h"

#include <algorithm>

#include "base/digest_kernels.h"

namespace limier {

namespace detail {

void hash_blocks(const Lanes& lanes, std::size_t blocks) {
  if (blocks == 0) return;
  has_sha_instructions() ? hash_blocks_sha(lanes, blocks) : hash_blocks_portable(lanes, blocks);
}

}  // namespace detail

namespace {

using detail::kDigestBlock;

template <std::size_t N, std::size_t Words>
std::array<std::uint8_t, N> to_bytes(const std::array<std::uint32_t, Words>& words, bool big_endian) {
  static_assert(N == 4 * Words);
  std::array<std::uint8_t, N> bytes{};
  for (std::size_t i = 0; i < N; ++i) {
    const std::size_t shift = big_endian ? 3 - i % 4 : i % 4;
    bytes[i] = static_cast<std::uint8_t>(words[i / 4] >> (8 * shift));
  }
  return bytes;
}

// The tail, a one bit, zeros, and the length in bits: one or two blocks. MD5 wants the length little-endian.
struct Padding {
  std::array<std::uint8_t, 2 * kDigestBlock> bytes{};
  std::size_t blocks = 1;
};
Padding padding_for(Bytes tail, std::uint64_t size_bytes, bool big_endian) {
  Padding padding;
  std::copy(tail.begin(), tail.end(), padding.bytes.begin());
  padding.bytes[tail.size()] = 0x80;
  padding.blocks = tail.size() + 1 + sizeof(std::uint64_t) <= kDigestBlock ? 1 : 2;
  const std::size_t at = padding.blocks * kDigestBlock - sizeof(std::uint64_t);
  const std::uint64_t bits = size_bytes * 8;  // modulo 2^64, as RFC 1321 says; no medium comes near
  for (std::size_t i = 0; i < sizeof(bits); ++i)
    padding.bytes[at + i] = static_cast<std::uint8_t>(bits >> (8 * (big_endian ? 7 - i : i)));
  return padding;
}

constexpr std::array<std::uint8_t, 16 << 10> kZeros{};

}  // namespace

Hasher::Hasher(DigestSet which) : which_(which) {
  // Sources: RFC 1321 section 3.3; FIPS 180-4 sections 5.3.1 and 5.3.3.
  md5_.h = {0x67452301u, 0xefcdab89u, 0x98badcfeu, 0x10325476u};
  sha1_.h = {0x67452301u, 0xefcdab89u, 0x98badcfeu, 0x10325476u, 0xc3d2e1f0u};
  sha256_.h = {0x6a09e667u, 0xbb67ae85u, 0x3c6ef372u, 0xa54ff53au, 0x510e527fu, 0x9b05688cu, 0x1f83d9abu, 0x5be0cd19u};
}

detail::DigestStates Hasher::states() {
  detail::DigestStates states;
  if (which_.md5) states.md5 = &md5_;
  if (which_.sha1) states.sha1 = &sha1_;
  if (which_.sha256) states.sha256 = &sha256_;
  return states;
}

void Hasher::run_blocks(const std::uint8_t* data, std::size_t blocks) {
  detail::hash_blocks({.data = data, .one = states(), .other = {}}, blocks);
}

Bytes Hasher::fill_tail(Bytes data) {
  const std::size_t held = size_bytes_ % kDigestBlock;
  if (held == 0 || data.empty()) return data;
  const std::size_t take = std::min(kDigestBlock - held, data.size());
  std::copy_n(data.begin(), take, tail_.begin() + static_cast<std::ptrdiff_t>(held));
  size_bytes_ += take;
  if (held + take == kDigestBlock) run_blocks(tail_.data(), 1);
  return data.subspan(take);
}

void Hasher::keep_tail(Bytes data) {
  std::copy(data.begin(), data.end(), tail_.begin());
  size_bytes_ += data.size();
}

void Hasher::update(Bytes data) {
  if (!which_.any()) {
    size_bytes_ += data.size();
    return;
  }
  data = fill_tail(data);
  if (data.empty()) return;
  const std::size_t blocks = data.size() / kDigestBlock;
  run_blocks(data.data(), blocks);
  size_bytes_ += blocks * kDigestBlock;
  keep_tail(data.subspan(blocks * kDigestBlock));
}

void Hasher::update_zeros(std::uint64_t count) {
  while (count > 0) {
    const std::uint64_t take = std::min<std::uint64_t>(count, kZeros.size());
    update(Bytes(kZeros).first(static_cast<std::size_t>(take)));
    count -= take;
  }
}

Digests Hasher::finish() const {
  Digests digests;
  Hasher last = *this;  // padding must not touch the running state
  const Bytes tail = Bytes(tail_).first(size_bytes_ % kDigestBlock);
  if (which_.md5) {
    const Padding padding = padding_for(tail, size_bytes_, false);
    detail::hash_blocks({.data = padding.bytes.data(), .one = {.md5 = &last.md5_}, .other = {}}, padding.blocks);
    digests.md5 = to_bytes<16>(last.md5_.h, false);
  }
  const Padding padding = padding_for(tail, size_bytes_, true);
  last.which_.md5 = false;
  last.run_blocks(padding.bytes.data(), padding.blocks);
  if (which_.sha1) digests.sha1 = to_bytes<20>(last.sha1_.h, true);
  if (which_.sha256) digests.sha256 = to_bytes<32>(last.sha256_.h, true);
  return digests;
}

void update_both(Hasher& one, Hasher& other, Bytes data) {
  const bool on_one_boundary = one.size_bytes_ % kDigestBlock == 0 && other.size_bytes_ % kDigestBlock == 0;
  const std::size_t blocks = on_one_boundary ? data.size() / kDigestBlock : 0;
  const std::size_t length = blocks * kDigestBlock;
  detail::hash_blocks({.data = data.data(), .one = one.states(), .other = other.states()}, blocks);
  one.size_bytes_ += length;
  other.size_bytes_ += length;
  one.update(data.subspan(length));
  other.update(data.subspan(length));
}

bool digests_run_side_by_side() {
  return detail::has_sha_instructions();
}

Digests digest_of(Bytes data, DigestSet which) {
  Hasher hasher(which);
  hasher.update(data);
  return hasher.finish();
}

}  // namespace limier
