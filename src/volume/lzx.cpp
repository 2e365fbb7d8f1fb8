#include "volume/lzx.h"

#include <algorithm>
#include <array>
#include <memory>

#include "volume/prefix_code.h"

namespace limier::volume {

namespace {

constexpr std::size_t kLzxLiterals = 256;
constexpr std::size_t kOffsetSlots = 30;  // of a window of 32 KiB
constexpr std::size_t kMainSymbols = kLzxLiterals + 8 * kOffsetSlots;
constexpr std::size_t kLengthSymbols = 249;
constexpr std::size_t kPreSymbols = 20;
constexpr std::size_t kAlignedSymbols = 8;
constexpr unsigned kLzxMaxBits = 16;
constexpr unsigned kPreBits = 15;  // lengths of four bits
constexpr unsigned kAlignedBits = 7;
constexpr std::uint32_t kCallsUpTo = 12'000'000;
constexpr std::size_t kNoCallsBehind = 10;  // the last bytes of a piece are not translated

enum class LzxBlock : std::uint32_t { kVerbatim = 1, kAligned = 2, kPlain = 3 };

struct OffsetSlot {
  std::uint32_t base = 0;
  unsigned extra_bits = 0;
};
constexpr std::array<OffsetSlot, kOffsetSlots> make_slots() {
  std::array<OffsetSlot, kOffsetSlots> slots{};
  std::uint32_t base = 0;
  for (unsigned i = 0; i < kOffsetSlots; ++i) {
    slots[i] = {base, i < 4 ? 0 : i / 2 - 1};
    base += 1u << slots[i].extra_bits;
  }
  return slots;
}
constexpr auto kSlots = make_slots();

class LzxBits {
 public:
  explicit LzxBits(Bytes in) : in_(in) {}
  // At most 17 bits.
  std::uint32_t peek(unsigned count) {
    while (have_ < count) {
      const auto word = le_at<std::uint16_t>(in_, at_);
      if (word)
        at_ += 2;
      else if (invented_ <= kEnoughInvented)
        invented_ += 16;
      bits_ = bits_ << 16 | word.value_or(0);
      have_ += 16;
    }
    return static_cast<std::uint32_t>(bits_ >> (have_ - count) & ((std::uint64_t{1} << count) - 1));
  }
  void drop(unsigned count) { have_ -= count; }
  std::uint32_t take(unsigned count) {
    const std::uint32_t value = peek(count);
    drop(count);
    return value;
  }
  // Bits that are not there count as zeros, as long as nobody takes them.
  [[nodiscard]] bool good() const { return invented_ <= have_; }
  // Plain bytes begin at the next word; a whole word is passed over where bits end with a word.
  bool to_plain() {
    if (have_ == 0) peek(1);
    if (!good() || invented_ != 0) return false;
    const unsigned unread = have_ % 16 == 0 ? have_ / 16 - 1 : have_ / 16;
    at_ -= std::size_t{2} * unread;
    have_ = 0;
    return true;
  }
  std::optional<Bytes> plain(std::size_t length) {
    const auto bytes = slice(in_, at_, length);
    if (bytes) at_ += length;
    return bytes;
  }

 private:
  static constexpr unsigned kEnoughInvented = 64;  // more than are ever read ahead

  Bytes in_;
  std::size_t at_ = 0;
  std::uint64_t bits_ = 0;
  unsigned have_ = 0;
  unsigned invented_ = 0;
};

class LzxDecoder {
 public:
  LzxDecoder(Bytes in, MutableBytes out) : bits_(in), out_(out) {}

  bool run() {
    while (done_ < out_.size()) {
      const auto type = static_cast<LzxBlock>(bits_.take(3));
      const std::size_t size = bits_.take(1) != 0 ? kLzxPiece : bits_.take(16);
      if (!bits_.good() || size == 0 || size > out_.size() - done_) return false;
      const bool coded = type == LzxBlock::kVerbatim || type == LzxBlock::kAligned;
      if (!coded && type != LzxBlock::kPlain) return false;
      if (!(coded ? coded_block(type == LzxBlock::kAligned, size) : plain_block(size))) return false;
    }
    return true;
  }

 private:
  bool plain_block(std::size_t size) {
    if (!bits_.to_plain()) return false;
    for (std::uint32_t& offset : recent_) {
      const auto field = bits_.plain(4);
      if (!field) return false;
      offset = detail::load_le<std::uint32_t>(field->data());
    }
    const auto bytes = bits_.plain(size);
    if (!bytes) return false;
    std::copy(bytes->begin(), bytes->end(), out_.begin() + static_cast<std::ptrdiff_t>(done_));
    done_ += size;
    if (size % 2 != 0) bits_.plain(1);
    return true;
  }

  bool coded_block(bool aligned, std::size_t size) {
    if (aligned) {
      std::array<std::uint8_t, kAlignedSymbols> lengths{};
      for (auto& length : lengths) length = static_cast<std::uint8_t>(bits_.take(3));
      if (!aligned_.build(lengths)) return false;
    }
    const std::span main(main_lengths_);
    if (!read_lengths(main.first(kLzxLiterals)) || !read_lengths(main.subspan(kLzxLiterals)) ||
        !read_lengths(length_lengths_) || !main_.build(main_lengths_) || !length_.build(length_lengths_))
      return false;
    const std::size_t end = done_ + size;
    while (done_ < end) {
      const auto symbol = next(main_, kLzxMaxBits);
      if (!symbol) return false;
      if (*symbol < kLzxLiterals)
        out_[done_++] = static_cast<std::uint8_t>(*symbol);
      else if (!match(*symbol - static_cast<std::uint32_t>(kLzxLiterals), aligned, end))
        return false;
    }
    return true;
  }

  bool match(std::uint32_t symbol, bool aligned, std::size_t end) {
    std::uint32_t length = symbol % 8;
    if (length == 7) {
      const auto more = next(length_, kLzxMaxBits);
      if (!more) return false;
      length += *more;
    }
    length += 2;
    if (!take_offset(symbol / 8, aligned)) return false;
    const std::size_t offset = recent_[0];
    if (!bits_.good() || offset == 0 || offset > done_ || length > end - done_) return false;
    for (std::uint32_t i = 0; i < length; ++i, ++done_) out_[done_] = out_[done_ - offset];
    return true;
  }

  // Into recent_[0]. The three last offsets have slots of their own.
  bool take_offset(std::uint32_t slot, bool aligned) {
    if (slot < recent_.size()) {
      std::swap(recent_[0], recent_[slot]);
      return true;
    }
    const auto [base, extra_bits] = kSlots[slot];
    std::uint32_t extra = 0;
    if (aligned && extra_bits >= 3) {
      extra = bits_.take(extra_bits - 3) << 3;
      const auto low = next(aligned_, kAlignedBits);
      if (!low) return false;
      extra += *low;
    } else if (extra_bits > 0) {
      extra = bits_.take(extra_bits);
    }
    recent_ = {base + extra - 2, recent_[0], recent_[1]};
    return true;
  }

  // Lengths are told by what changed since the block before, in a code of their own.
  bool read_lengths(std::span<std::uint8_t> lengths) {
    std::array<std::uint8_t, kPreSymbols> pre{};
    for (auto& length : pre) length = static_cast<std::uint8_t>(bits_.take(4));
    PrefixCode<kPreSymbols, kPreBits> code;
    if (!bits_.good() || !code.build(pre)) return false;
    for (std::size_t at = 0; at < lengths.size();) {
      const auto symbol = next(code, kPreBits);
      if (!symbol) return false;
      std::size_t run = 1;
      std::uint32_t change = *symbol;
      bool zeros = false;
      if (*symbol == 17 || *symbol == 18) {
        run = *symbol == 17 ? bits_.take(4) + 4 : bits_.take(5) + 20;
        zeros = true;
      } else if (*symbol == 19) {
        run = bits_.take(1) + 4;
        const auto of_all = next(code, kPreBits);
        if (!of_all || *of_all > 16) return false;
        change = *of_all;
      }
      const auto length = static_cast<std::uint8_t>(zeros ? 0 : (lengths[at] + 17 - change) % 17);
      if (!bits_.good() || run > lengths.size() - at) return false;
      std::fill_n(lengths.begin() + static_cast<std::ptrdiff_t>(at), run, length);
      at += run;
    }
    return true;
  }

  template <class Code>
  std::optional<std::uint32_t> next(const Code& code, unsigned max_bits) {
    const auto found = code.find(bits_.peek(max_bits));
    if (found.bits == 0) return std::nullopt;
    bits_.drop(found.bits);
    return bits_.good() ? std::optional<std::uint32_t>(found.symbol) : std::nullopt;
  }

  LzxBits bits_;
  MutableBytes out_;
  std::size_t done_ = 0;
  std::array<std::uint32_t, 3> recent_{1, 1, 1};
  std::array<std::uint8_t, kMainSymbols> main_lengths_{};
  std::array<std::uint8_t, kLengthSymbols> length_lengths_{};
  PrefixCode<kMainSymbols, kLzxMaxBits> main_;
  PrefixCode<kLengthSymbols, kLzxMaxBits> length_;
  PrefixCode<kAlignedSymbols, kAlignedBits> aligned_;
};

// The compressor wrote where calls (E8) lead instead of how far that is, so that calls of one function are alike.
void translate_calls(MutableBytes out) {
  if (out.size() <= kNoCallsBehind) return;
  for (std::size_t at = 0; at < out.size() - kNoCallsBehind; ++at) {
    if (out[at] != 0xE8) continue;
    const std::uint32_t value = detail::load_le<std::uint32_t>(out.data() + at + 1);
    const auto here = static_cast<std::uint32_t>(at);
    const bool before = value >= 0x80000000u && 0u - value <= here;  // leads to before the piece
    if (value < kCallsUpTo || before) {
      const std::uint32_t distance = before ? value + kCallsUpTo : value - here;
      for (std::size_t i = 0; i < 4; ++i) out[at + 1 + i] = static_cast<std::uint8_t>(distance >> (8 * i));
    }
    at += 4;
  }
}

}  // namespace

bool decode_lzx(Bytes in, MutableBytes out) {
  if (out.size() > kLzxPiece || !LzxDecoder(in, out).run()) return false;
  translate_calls(out);
  return true;
}

}  // namespace limier::volume
