#include "limier/catalog/byte_hit.h"

namespace limier::catalog {
namespace {

constexpr std::size_t kContext = 48;  // characters on either side

// What stands beside a value, up to the first character that no text has.
bool is_context(char c) {
  return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
}
bool inside_letter(char c) {
  return (static_cast<unsigned char>(c) & 0xc0u) == 0x80u;
}

std::string narrow_context(std::string_view bytes, std::size_t begin, std::size_t end) {
  std::size_t from = begin, to = end;
  while (from > 0 && begin - from < kContext && is_context(bytes[from - 1])) --from;
  while (from < begin && inside_letter(bytes[from])) ++from;
  while (to < bytes.size() && to - end < kContext && is_context(bytes[to])) ++to;
  if (to < bytes.size() && to - end == kContext)
    while (to > end && inside_letter(bytes[to])) --to;
  return std::string(bytes.substr(from, to - from));
}

// Letters of one byte alone.
std::string wide_context(std::string_view bytes, std::size_t begin, std::size_t end) {
  const auto letter = [&](std::size_t at) {
    return bytes[at + 1] == '\0' && is_context(bytes[at]) && static_cast<unsigned char>(bytes[at]) < 0x7f;
  };
  std::size_t from = begin, to = end;
  while (from >= 2 && begin - from < 2 * kContext && letter(from - 2)) from -= 2;
  while (to + 1 < bytes.size() && to - end < 2 * kContext && letter(to)) to += 2;
  std::string text;
  for (std::size_t at = from; at < to; at += 2) text += bytes[at];
  return text;
}

}  // namespace

std::size_t sent_bytes(const ByteHit& hit) {
  constexpr std::size_t kNumbers = 48;
  return kNumbers + hit.value.size() + hit.normalized.size() + hit.context.size();
}

ByteHit byte_hit(std::string_view bytes, const entities::Found& found, std::uint64_t offset) {
  ByteHit hit;
  hit.offset = offset + found.begin;
  hit.length = static_cast<std::uint32_t>(found.end - found.begin);
  hit.kind = found.kind;
  hit.proof = found.proof;
  hit.wide = found.wide;
  for (std::size_t at = found.begin; at < found.end; at += found.wide ? 2 : 1) hit.value += bytes[at];
  hit.normalized = found.normalized;
  hit.context =
      found.wide ? wide_context(bytes, found.begin, found.end) : narrow_context(bytes, found.begin, found.end);
  return hit;
}

}  // namespace limier::catalog
