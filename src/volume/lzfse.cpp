// Source of the format: the layout in Apple's LZFSE documentation. A stream is a row of blocks, each with a mark; the
// compressed ones ("bvx2") hold literals and triples of lengths and distances, both in finite state entropy code that
// is read from its end. Blocks with plain tables ("bvx1") no compressor has ever written.
#include "volume/lzfse.h"

#include <algorithm>
#include <array>
#include <bit>
#include <vector>

#include "volume/lzvn.h"

namespace limier::volume {

namespace {

constexpr std::uint32_t kEndMark = 0x24787662;         // "bvx$"
constexpr std::uint32_t kRawMark = 0x2D787662;         // "bvx-"
constexpr std::uint32_t kLzvnMark = 0x6E787662;        // "bvxn"
constexpr std::uint32_t kCompressedMark = 0x32787662;  // "bvx2"

constexpr std::size_t kLengthSymbols = 20, kDistanceSymbols = 64, kLiteralSymbols = 256;
constexpr std::size_t kLengthStates = 64, kDistanceStates = 256, kLiteralStates = 1024;
constexpr std::size_t kAllSymbols = 2 * kLengthSymbols + kDistanceSymbols + kLiteralSymbols;
constexpr std::size_t kHeaderBytes = 32;  // before the table of frequencies
// Blocks are made of at most this many; the fields have room for more.
constexpr std::size_t kMaxLiterals = 40'000, kMaxMatches = 10'000;

// A value is a base and some bits more.
struct ValueCode {
  std::uint32_t base = 0;
  std::uint8_t bits = 0;
};
using LengthCodes = std::array<ValueCode, kLengthSymbols>;

constexpr LengthCodes length_codes(std::array<std::uint8_t, 4> bits) {
  LengthCodes codes{};
  std::uint32_t base = 0;
  for (std::size_t i = 0; i < kLengthSymbols; ++i) {
    codes[i] = {base, i < 16 ? std::uint8_t{0} : bits[i - 16]};
    base += 1u << codes[i].bits;
  }
  return codes;
}
constexpr std::array<ValueCode, kDistanceSymbols> distance_codes() {
  std::array<ValueCode, kDistanceSymbols> codes{};
  std::uint32_t base = 0;
  for (std::size_t i = 0; i < kDistanceSymbols; ++i) {
    codes[i] = {base, static_cast<std::uint8_t>(i / 4)};
    base += 1u << codes[i].bits;
  }
  return codes;
}
constexpr LengthCodes kLiteralLengths = length_codes({2, 3, 5, 8});
constexpr LengthCodes kMatchLengths = length_codes({3, 5, 8, 11});
constexpr auto kDistances = distance_codes();

// Bits of a little-endian number, taken from its high end.
class BitsFromEnd {
 public:
  // `unused`: how many of the highest bits are not part of it.
  static std::optional<BitsFromEnd> over(Bytes bytes, unsigned unused) {
    if (unused > 8 * bytes.size()) return std::nullopt;
    return BitsFromEnd(bytes, 8 * bytes.size() - unused);
  }
  // At most 32.
  std::optional<std::uint32_t> take(unsigned count) {
    if (count > left_) return std::nullopt;
    left_ -= count;
    const std::size_t first = left_ / 8;
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < 5 && first + i < bytes_.size(); ++i)
      word |= std::uint64_t{bytes_[first + i]} << (8 * i);
    return static_cast<std::uint32_t>((word >> (left_ % 8)) & ((std::uint64_t{1} << count) - 1));
  }

 private:
  BitsFromEnd(Bytes bytes, std::size_t bits) : bytes_(bytes), left_(bits) {}
  Bytes bytes_;
  std::size_t left_;
};

struct State {
  std::int32_t delta = 0;
  std::uint8_t bits = 0;
  std::uint8_t symbol = 0;
};
template <std::size_t N>
using States = std::array<State, N>;

// The states of each symbol in their order, as many as its frequency. False when there are more than N.
template <std::size_t N>
bool fill_states(std::span<const std::uint16_t> frequencies, States<N>& states) {
  constexpr int kLeading = std::countl_zero(static_cast<std::uint32_t>(N));
  std::size_t at = 0;
  for (std::size_t symbol = 0; symbol < frequencies.size(); ++symbol) {
    const std::uint32_t frequency = frequencies[symbol];
    if (frequency == 0) continue;
    if (frequency > N - at) return false;
    const int bits = std::countl_zero(frequency) - kLeading;
    const std::uint32_t wide = ((2 * static_cast<std::uint32_t>(N)) >> bits) - frequency;
    for (std::uint32_t i = 0; i < frequency; ++i, ++at) {
      State& state = states[at];
      state.symbol = static_cast<std::uint8_t>(symbol);
      if (i < wide) {
        state.bits = static_cast<std::uint8_t>(bits);
        state.delta = static_cast<std::int32_t>(((frequency + i) << bits) - N);
      } else {
        state.bits = static_cast<std::uint8_t>(bits - 1);
        state.delta = static_cast<std::int32_t>((i - wide) << (bits - 1));
      }
    }
  }
  return true;
}

// One coder: its states, and the one it is in.
template <std::size_t N>
class Coder {
 public:
  bool start(std::span<const std::uint16_t> frequencies, std::uint32_t state) {
    state_ = state;
    return state < N && fill_states<N>(frequencies, states_);
  }
  // The next symbol.
  std::optional<std::uint8_t> next(BitsFromEnd& bits) { return next(bits, state_); }
  std::optional<std::uint8_t> next(BitsFromEnd& bits, std::uint32_t& state) const {
    const State& entry = states_[state];
    const auto more = bits.take(entry.bits);
    if (!more) return std::nullopt;
    const std::int64_t target = std::int64_t{entry.delta} + *more;
    if (target < 0 || target >= static_cast<std::int64_t>(N)) return std::nullopt;
    state = static_cast<std::uint32_t>(target);
    return entry.symbol;
  }
  template <std::size_t S>
  std::optional<std::uint32_t> value(BitsFromEnd& bits, const std::array<ValueCode, S>& codes) {
    const auto symbol = next(bits);
    if (!symbol) return std::nullopt;
    const ValueCode& code = codes[*symbol];
    const auto more = bits.take(code.bits);
    return more ? std::optional(code.base + *more) : std::nullopt;
  }

 private:
  States<N> states_{};
  std::uint32_t state_ = 0;
};

struct BlockHeader {
  std::uint32_t raw_bytes = 0, header_bytes = 0;
  std::size_t literals = 0, literal_bytes = 0, matches = 0, match_bytes = 0;
  unsigned literal_unused = 0, match_unused = 0;
  std::array<std::uint32_t, 4> literal_states{};
  std::uint32_t literal_length_state = 0, match_length_state = 0, distance_state = 0;
  std::array<std::uint16_t, kAllSymbols> frequencies{};
};

constexpr std::uint32_t field(std::uint64_t word, unsigned at, unsigned bits) {
  return static_cast<std::uint32_t>((word >> at) & ((std::uint64_t{1} << bits) - 1));
}

// Frequencies in a code of 2 to 14 bits, lowest bit first: small numbers are short.
class FrequencyReader {
 public:
  explicit FrequencyReader(Bytes bytes) : bytes_(bytes) {}
  std::optional<std::uint16_t> next() {
    const std::uint32_t code = peek(5);
    if ((code & 3) == 0) return take(2, 0);
    if ((code & 3) == 2) return take(2, 1);
    if ((code & 7) == 1) return take(3, 2);
    if ((code & 7) == 5) return take(3, 3);
    if ((code & 7) == 3) return take(5, static_cast<std::uint16_t>(4 + (code >> 3)));
    if ((code & 15) == 7) return take(8, static_cast<std::uint16_t>(8 + (peek(8) >> 4)));
    return take(14, static_cast<std::uint16_t>(24 + (peek(14) >> 4)));
  }

 private:
  [[nodiscard]] std::uint32_t peek(unsigned count) const {
    std::uint32_t word = 0;
    for (std::size_t i = 0; i < 3 && at_ / 8 + i < bytes_.size(); ++i)
      word |= std::uint32_t{bytes_[at_ / 8 + i]} << (8 * i);
    return (word >> (at_ % 8)) & ((1u << count) - 1);
  }
  std::optional<std::uint16_t> take(unsigned count, std::uint16_t value) {
    at_ += count;
    return at_ <= 8 * bytes_.size() ? std::optional(value) : std::nullopt;
  }
  Bytes bytes_;
  std::size_t at_ = 0;
};

std::optional<BlockHeader> parse_header(Bytes in) {
  const auto block = Block<kHeaderBytes>::at(in, 0);
  if (!block) return std::nullopt;
  const auto first = block->le<8, std::uint64_t>(), second = block->le<16, std::uint64_t>();
  const auto third = block->le<24, std::uint64_t>();
  BlockHeader header;
  header.raw_bytes = block->le<4, std::uint32_t>();
  header.literals = field(first, 0, 20);
  header.literal_bytes = field(first, 20, 20);
  header.matches = field(first, 40, 20);
  header.literal_unused = 7 - field(first, 60, 3);
  for (unsigned i = 0; i < 4; ++i) header.literal_states[i] = field(second, 10 * i, 10);
  header.match_bytes = field(second, 40, 20);
  header.match_unused = 7 - field(second, 60, 3);
  header.header_bytes = field(third, 0, 32);
  header.literal_length_state = field(third, 32, 10);
  header.match_length_state = field(third, 42, 10);
  header.distance_state = field(third, 52, 10);
  if (header.literals > kMaxLiterals || header.literals % 4 != 0 || header.matches > kMaxMatches) return std::nullopt;
  if (header.header_bytes < kHeaderBytes) return std::nullopt;
  const auto table = slice(in, kHeaderBytes, header.header_bytes - kHeaderBytes);
  if (!table) return std::nullopt;
  if (table->empty()) return header;
  FrequencyReader reader(*table);
  for (std::uint16_t& frequency : header.frequencies) {
    const auto value = reader.next();
    if (!value) return std::nullopt;
    frequency = *value;
  }
  return header;
}

std::optional<std::vector<std::uint8_t>> read_literals(const BlockHeader& header, Bytes payload) {
  std::vector<std::uint8_t> literals(header.literals);
  if (literals.empty()) return literals;
  auto bits = BitsFromEnd::over(payload, header.literal_unused);
  Coder<kLiteralStates> coder;
  const auto frequencies = std::span(header.frequencies).last(kLiteralSymbols);
  if (!bits || !coder.start(frequencies, 0)) return std::nullopt;
  auto states = header.literal_states;
  for (std::size_t i = 0; i < literals.size(); ++i) {
    const auto symbol = coder.next(*bits, states[i % 4]);
    if (!symbol) return std::nullopt;
    literals[i] = *symbol;
  }
  return literals;
}

// One compressed block; the place in `out` behind its bytes.
std::optional<std::size_t> decode_matches(const BlockHeader& header, Bytes payload, Bytes literals, MutableBytes out,
                                          std::size_t at) {
  const std::size_t end = at + header.raw_bytes;
  auto bits = BitsFromEnd::over(payload, header.match_unused);
  const std::span frequencies(header.frequencies);
  Coder<kLengthStates> literal_lengths, match_lengths;
  Coder<kDistanceStates> distances;
  if (!bits || !literal_lengths.start(frequencies.first(kLengthSymbols), header.literal_length_state) ||
      !match_lengths.start(frequencies.subspan(kLengthSymbols, kLengthSymbols), header.match_length_state) ||
      !distances.start(frequencies.subspan(2 * kLengthSymbols, kDistanceSymbols), header.distance_state))
    return std::nullopt;
  std::size_t used = 0, distance = 0;
  for (std::size_t i = 0; i < header.matches; ++i) {
    const auto length = literal_lengths.value(*bits, kLiteralLengths);
    const auto match = match_lengths.value(*bits, kMatchLengths);
    const auto fresh = distances.value(*bits, kDistances);
    if (!length || !match || !fresh) return std::nullopt;
    if (*fresh != 0) distance = *fresh;
    if (*length > literals.size() - used || *length > end - at) return std::nullopt;
    std::copy_n(literals.begin() + static_cast<std::ptrdiff_t>(used), *length,
                out.begin() + static_cast<std::ptrdiff_t>(at));
    used += *length;
    at += *length;
    if (*match == 0) continue;
    if (distance == 0 || distance > at || *match > end - at) return std::nullopt;
    for (const std::size_t stop = at + *match; at < stop; ++at) out[at] = out[at - distance];
  }
  return at == end ? std::optional(at) : std::nullopt;
}

// What one block took and gave; none when it is damaged.
struct Step {
  std::size_t taken = 0, at = 0;
};

std::optional<Step> compressed_block(Bytes in, MutableBytes out, std::size_t at) {
  const auto header = parse_header(in);
  if (!header || header->raw_bytes > out.size() - at) return std::nullopt;
  const auto literal_part = slice(in, header->header_bytes, header->literal_bytes);
  const auto match_part = slice(in, header->header_bytes + header->literal_bytes, header->match_bytes);
  if (!literal_part || !match_part) return std::nullopt;
  const auto literals = read_literals(*header, *literal_part);
  if (!literals) return std::nullopt;
  const auto done = decode_matches(*header, *match_part, *literals, out, at);
  if (!done) return std::nullopt;
  return Step{header->header_bytes + header->literal_bytes + header->match_bytes, *done};
}

std::optional<Step> lzvn_block(Bytes in, MutableBytes out, std::size_t at) {
  const auto head = Block<12>::at(in, 0);
  if (!head) return std::nullopt;
  const std::size_t raw = head->le<4, std::uint32_t>(), packed = head->le<8, std::uint32_t>();
  const auto payload = slice(in, 12, packed);
  if (!payload || raw > out.size() - at) return std::nullopt;
  const auto done = decode_lzvn(*payload, out.first(at + raw), at);
  if (!done || *done != at + raw) return std::nullopt;
  return Step{12 + packed, *done};
}

std::optional<Step> raw_block(Bytes in, MutableBytes out, std::size_t at) {
  const auto head = Block<8>::at(in, 0);
  if (!head) return std::nullopt;
  const std::size_t raw = head->le<4, std::uint32_t>();
  const auto payload = slice(in, 8, raw);
  if (!payload || raw > out.size() - at) return std::nullopt;
  std::copy(payload->begin(), payload->end(), out.begin() + static_cast<std::ptrdiff_t>(at));
  return Step{8 + raw, at + raw};
}

}  // namespace

bool decode_lzfse(Bytes in, MutableBytes out) {
  std::size_t at = 0;
  while (at < out.size()) {
    const auto mark = le_at<std::uint32_t>(in, 0);
    if (!mark || *mark == kEndMark) return false;
    std::optional<Step> step;
    if (*mark == kCompressedMark) step = compressed_block(in, out, at);
    if (*mark == kLzvnMark) step = lzvn_block(in, out, at);
    if (*mark == kRawMark) step = raw_block(in, out, at);
    if (!step) return false;
    in = in.subspan(step->taken);
    at = step->at;
  }
  return true;
}

}  // namespace limier::volume
