// Source of the format: the opcode table in Apple's LZFSE documentation, "LZVN": each opcode gives L literals that
// follow it, then a match of M bytes from D bytes back.
#include "volume/lzvn.h"

#include <algorithm>

namespace limier::volume {

namespace {

constexpr unsigned kEndOfStream = 0x06;

struct Opcode {
  std::size_t size = 0;  // of the opcode alone; 0: none such, or cut
  std::size_t literals = 0;
  std::size_t match = 0;
  std::size_t distance = 0;  // 0: that of the match before
};

// 111xxxxx: literals alone, or a match alone at the distance before.
Opcode long_form(unsigned first, std::optional<std::uint8_t> second) {
  constexpr std::size_t kBias = 16;
  const bool match = (first & 0x10) != 0;
  std::size_t length = first & 0x0F, size = 1;
  if (length == 0) {
    if (!second) return {};
    length = *second + kBias;
    size = 2;
  }
  return match ? Opcode{size, 0, length, 0} : Opcode{size, length, 0, 0};
}

Opcode opcode_at(Bytes in, std::size_t at) {
  const unsigned first = in[at];
  const auto second = le_at<std::uint8_t>(in, at + 1);
  const auto pair = le_at<std::uint16_t>(in, at + 1);
  if (first >= 0xE0) return long_form(first, second);
  if ((first & 0xF0) == 0x70 || (first & 0xF0) == 0xD0) return {};
  if ((first & 0xE0) == 0xA0) {
    if (!pair) return {};
    const std::size_t match = ((first & 7u) << 2 | (*pair & 3u)) + 3;
    return {3, (first >> 3) & 3u, match, std::size_t{*pair} >> 2};
  }
  const std::size_t literals = first >> 6, match = ((first >> 3) & 7u) + 3;
  switch (first & 7u) {
    case 6:
      return literals > 0 ? Opcode{1, literals, match, 0} : Opcode{};
    case 7:
      return pair ? Opcode{3, literals, match, *pair} : Opcode{};
    default:
      return second ? Opcode{2, literals, match, (first & 7u) << 8 | *second} : Opcode{};
  }
}

}  // namespace

std::optional<std::size_t> decode_lzvn(Bytes in, MutableBytes out, std::size_t at) {
  std::size_t from = 0, distance = 0;
  while (at < out.size()) {
    if (from >= in.size()) return std::nullopt;
    if (in[from] == kEndOfStream) return at;
    if (in[from] == 0x0E || in[from] == 0x16) {  // says nothing
      ++from;
      continue;
    }
    const Opcode op = opcode_at(in, from);
    if (op.size == 0) return std::nullopt;
    from += op.size;
    if (op.literals > in.size() - from) return std::nullopt;
    const std::size_t literals = std::min(op.literals, out.size() - at);
    std::copy_n(in.begin() + static_cast<std::ptrdiff_t>(from), literals,
                out.begin() + static_cast<std::ptrdiff_t>(at));
    from += op.literals;
    at += literals;
    if (op.match == 0) continue;
    if (op.distance != 0) distance = op.distance;
    if (distance == 0 || distance > at) return std::nullopt;
    const std::size_t end = at + std::min(op.match, out.size() - at);
    for (; at < end; ++at) out[at] = out[at - distance];
  }
  return at;
}

}  // namespace limier::volume
