// MD5 (RFC 1321), SHA-1 and SHA-256 (FIPS 180-4). Own code, so that no library with ciphers is linked into a program
// that must never decrypt; proven against OpenSSL in tests.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "limier/base/bytes.h"
#include "limier/base/record.h"

namespace limier {

using Md5 = std::array<std::uint8_t, 16>;
using Sha1 = std::array<std::uint8_t, 20>;
using Sha256 = std::array<std::uint8_t, 32>;

// Which digests to compute.
struct DigestSet {
  bool md5 = false;
  bool sha1 = false;
  bool sha256 = false;
  [[nodiscard]] bool any() const { return md5 || sha1 || sha256; }
  friend bool operator==(const DigestSet&, const DigestSet&) = default;
  static constexpr auto fields() { return std::tuple{&DigestSet::md5, &DigestSet::sha1, &DigestSet::sha256}; }
};
inline constexpr DigestSet kAllDigests{true, true, true};

struct Digests {
  std::optional<Md5> md5;
  std::optional<Sha1> sha1;
  std::optional<Sha256> sha256;
  friend bool operator==(const Digests&, const Digests&) = default;
  static constexpr auto fields() { return std::tuple{&Digests::md5, &Digests::sha1, &Digests::sha256}; }
};

namespace detail {
struct Md5State {
  std::array<std::uint32_t, 4> h;
};
struct Sha1State {
  std::array<std::uint32_t, 5> h;
};
struct Sha256State {
  std::array<std::uint32_t, 8> h;
};
struct DigestStates;
}  // namespace detail

// Incremental digests over one byte stream. Copyable (a copy continues independently). Not thread-safe.
class Hasher {
 public:
  explicit Hasher(DigestSet which);
  void update(Bytes data);
  void update_zeros(std::uint64_t count);
  [[nodiscard]] Digests finish() const;  // leaves the state untouched
  [[nodiscard]] std::uint64_t size_bytes() const { return size_bytes_; }
  friend void update_both(Hasher& one, Hasher& other, Bytes data);

 private:
  detail::DigestStates states();
  void run_blocks(const std::uint8_t* data, std::size_t blocks);
  Bytes fill_tail(Bytes data);
  void keep_tail(Bytes data);

  DigestSet which_;
  std::uint64_t size_bytes_ = 0;
  std::array<std::uint8_t, 64> tail_{};
  detail::Md5State md5_;
  detail::Sha1State sha1_;
  detail::Sha256State sha256_;
};

// The same as one.update(data) and other.update(data). Where both have a multiple of 64 bytes behind them, both run
// interleaved at little more than the cost of one; on machines with SHA instructions only where `one` has all digests.
void update_both(Hasher& one, Hasher& other, Bytes data);

// True when this machine computes several digests of one Hasher side by side, at about the cost of the slowest; false
// when their costs add up, so that a Hasher and a thread for each is faster.
bool digests_run_side_by_side();

Digests digest_of(Bytes data, DigestSet which);

template <std::size_t N>
std::string hex_digest(const std::array<std::uint8_t, N>& digest) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : digest) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}
// nullopt unless `text` is exactly 2*N hex digits, upper or lower case.
template <std::size_t N>
std::optional<std::array<std::uint8_t, N>> parse_digest(std::string_view text) {
  if (text.size() != 2 * N) return std::nullopt;
  std::array<std::uint8_t, N> digest{};
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    int digit = 0;
    if (c >= '0' && c <= '9')
      digit = c - '0';
    else if (c >= 'a' && c <= 'f')
      digit = c - 'a' + 10;
    else if (c >= 'A' && c <= 'F')
      digit = c - 'A' + 10;
    else
      return std::nullopt;
    digest[i / 2] = static_cast<std::uint8_t>((digest[i / 2] << 4) | digit);
  }
  return digest;
}

}  // namespace limier
