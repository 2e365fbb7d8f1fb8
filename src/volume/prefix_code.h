// Canonical prefix codes, most significant bit first, as XPRESS and LZX have them: shorter codes first, among equally
// long ones in the order of their symbols.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

namespace limier::volume {

template <std::size_t kSymbols, unsigned kMaxBits>
class PrefixCode {
 public:
  struct Found {
    std::uint16_t symbol = 0;
    std::uint8_t bits = 0;  // 0: no code begins like this
  };

  // The length of the code of each symbol, 0 for none; false when there are more codes than bits can tell apart.
  bool build(std::span<const std::uint8_t, kSymbols> lengths) {
    std::array<std::uint32_t, kMaxBits + 1> next{};
    count_.fill(0);
    for (const std::uint8_t length : lengths) {
      if (length > kMaxBits) return false;
      ++count_[length];
    }
    count_[0] = 0;
    std::uint32_t code = 0, index = 0;
    for (unsigned bits = 1; bits <= kMaxBits; ++bits) {
      code <<= 1;
      first_code_[bits] = code;
      first_index_[bits] = next[bits] = index;
      code += count_[bits];
      index += count_[bits];
      if (code > (1u << bits)) return false;
    }
    for (std::size_t symbol = 0; symbol < kSymbols; ++symbol)
      if (lengths[symbol] != 0) sorted_[next[lengths[symbol]]++] = static_cast<std::uint16_t>(symbol);
    fill_short();
    return true;
  }

  // What the next kMaxBits bits begin with.
  [[nodiscard]] Found find(std::uint32_t next_bits) const {
    const Found found = short_[next_bits >> (kMaxBits - kShortBits)];
    if (found.bits != 0) return found;
    for (unsigned bits = kShortBits + 1; bits <= kMaxBits; ++bits) {
      const std::uint32_t code = next_bits >> (kMaxBits - bits);
      if (code >= first_code_[bits] && code - first_code_[bits] < count_[bits])
        return {sorted_[first_index_[bits] + code - first_code_[bits]], static_cast<std::uint8_t>(bits)};
    }
    return {};
  }

 private:
  // Longer codes are rare; a table for all of them would cost more than it saves where blocks are short.
  static constexpr unsigned kShortBits = std::min(kMaxBits, 10u);

  void fill_short() {
    short_.fill({});
    std::size_t at = 0;
    for (unsigned bits = 1; bits <= kShortBits; ++bits) {
      const std::size_t run = std::size_t{1} << (kShortBits - bits);
      for (std::uint32_t i = 0; i < count_[bits]; ++i, at += run)
        std::fill_n(short_.begin() + static_cast<std::ptrdiff_t>(at), run,
                    Found{sorted_[first_index_[bits] + i], static_cast<std::uint8_t>(bits)});
    }
  }

  std::array<std::uint32_t, kMaxBits + 1> count_{}, first_code_{}, first_index_{};
  std::array<std::uint16_t, kSymbols> sorted_{};
  std::array<Found, std::size_t{1} << kShortBits> short_{};
};

}  // namespace limier::volume
