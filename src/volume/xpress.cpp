#include "volume/xpress.h"

#include <array>
#include <memory>

#include "volume/prefix_code.h"

namespace limier::volume {

namespace {

constexpr std::size_t kXpressSymbols = 512;
constexpr std::size_t kXpressLengths = kXpressSymbols / 2;  // bytes: two lengths of four bits in each
constexpr unsigned kXpressMaxBits = 15;
constexpr std::uint32_t kXpressLongMatch = 15, kXpressShortestMatch = 3;

// Words of 16 bits with single bytes between them: where a byte stands depends on how far words are read ahead, so this
// reads them when [MS-XCA] does.
class XpressBits {
 public:
  explicit XpressBits(Bytes in) : in_(in) {
    bits_ = word() << 16;
    bits_ |= word();
  }
  [[nodiscard]] std::uint32_t peek(unsigned count) const { return count == 0 ? 0 : bits_ >> (32 - count); }
  void take(unsigned count) {
    bits_ <<= count;
    extra_ -= static_cast<int>(count);
    if (extra_ >= 0) return;
    bits_ |= word() << -extra_;
    extra_ += 16;
  }
  // Bits that are not there count as zeros, as long as nobody takes them.
  [[nodiscard]] bool good() const { return invented_ <= 16 + extra_; }
  template <class T>
  std::optional<std::uint32_t> plain() {
    const auto value = le_at<T>(in_, at_);
    at_ += sizeof(T);
    return value ? std::optional<std::uint32_t>(*value) : std::nullopt;
  }

 private:
  std::uint32_t word() {
    const auto value = le_at<std::uint16_t>(in_, at_);
    if (value) {
      at_ += 2;
    } else if (invented_ <= kEnough) {
      invented_ += 16;
    }
    return value.value_or(0);
  }
  static constexpr int kEnough = 64;  // more than are ever read ahead

  Bytes in_;
  std::size_t at_ = 0;
  std::uint32_t bits_ = 0;
  int extra_ = 16;
  int invented_ = 0;
};

std::optional<std::uint32_t> match_length(XpressBits& bits, std::uint32_t symbol) {
  std::uint32_t length = symbol % 16;
  if (length == kXpressLongMatch) {
    const auto byte = bits.plain<std::uint8_t>();
    if (!byte) return std::nullopt;
    length += *byte;
    if (*byte == 255) {
      auto longer = bits.plain<std::uint16_t>();
      if (longer && *longer == 0) longer = bits.plain<std::uint32_t>();
      if (!longer || *longer < kXpressLongMatch) return std::nullopt;
      length = *longer;
    }
  }
  return length > UINT32_MAX - kXpressShortestMatch ? std::nullopt : std::optional(length + kXpressShortestMatch);
}

}  // namespace

bool decode_xpress(Bytes in, MutableBytes out) {
  const auto packed = slice(in, 0, kXpressLengths);
  if (!packed) return false;
  std::array<std::uint8_t, kXpressSymbols> lengths{};
  for (std::size_t i = 0; i < kXpressSymbols; ++i)
    lengths[i] = static_cast<std::uint8_t>((*packed)[i / 2] >> (i % 2 * 4) & 15);
  PrefixCode<kXpressSymbols, kXpressMaxBits> code;
  if (!code.build(lengths)) return false;
  XpressBits bits(in.subspan(kXpressLengths));
  for (std::size_t done = 0; done < out.size();) {
    const auto found = code.find(bits.peek(kXpressMaxBits));
    if (found.bits == 0) return false;
    bits.take(found.bits);
    if (found.symbol < 256) {
      if (!bits.good()) return false;
      out[done++] = static_cast<std::uint8_t>(found.symbol);
      continue;
    }
    const std::uint32_t symbol = found.symbol - 256u;
    const auto length = match_length(bits, symbol);
    const unsigned offset_bits = symbol / 16;
    const std::size_t offset = (std::size_t{1} << offset_bits) + bits.peek(offset_bits);
    bits.take(offset_bits);
    if (!bits.good() || !length || offset > done || *length > out.size() - done) return false;
    for (std::uint32_t i = 0; i < *length; ++i, ++done) out[done] = out[done - offset];
  }
  return true;
}

}  // namespace limier::volume
