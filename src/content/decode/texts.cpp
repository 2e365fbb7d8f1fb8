// Bytes that were written as other bytes: base64 (RFC 4648, both alphabets), hexadecimal digits, UTF-16 (RFC 2781).
#include "content/base64.h"
#include "content/charset.h"
#include "content/decode/decode.h"

namespace limier::content::decode {
namespace {

bool is_blank(std::uint8_t c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

// Of either alphabet.
std::optional<unsigned> either_digit(std::uint8_t c) {
  if (c == '-') return 62;
  if (c == '_') return 63;
  const int digit = base64_digit(static_cast<char>(c));
  return digit < 0 ? std::nullopt : std::optional(static_cast<unsigned>(digit));
}

std::optional<unsigned> hex_digit(std::uint8_t c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10u;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10u;
  return std::nullopt;
}

}  // namespace

bool decode_base64(Bytes bytes, std::string_view, std::vector<Value>& values) {
  std::string out;
  std::uint32_t bits = 0;
  std::size_t digits = 0, padding = 0;
  for (const std::uint8_t c : bytes) {
    if (is_blank(c)) continue;
    if (c == '=') {
      if (++padding > 2) return false;
      continue;
    }
    const auto digit = either_digit(c);
    if (!digit || padding > 0) return false;
    bits = (bits << 6 | *digit) & 0xffffffu;
    if (++digits % 4 != 1) out += static_cast<char>(bits >> (6 - 2 * ((digits - 1) % 4)) & 0xffu);
  }
  if (digits % 4 == 1 || (padding > 0 && (digits + padding) % 4 != 0)) return false;
  values.emplace_back(std::move(out));
  return true;
}

bool decode_hex(Bytes bytes, std::string_view, std::vector<Value>& values) {
  if (bytes.size() % 2 != 0) return false;
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    const auto high = hex_digit(bytes[i]), low = hex_digit(bytes[i + 1]);
    if (!high || !low) return false;
    out += static_cast<char>(*high << 4 | *low);
  }
  values.emplace_back(std::move(out));
  return true;
}

bool decode_utf16(Bytes bytes, std::string_view, std::vector<Value>& values) {
  if (bytes.size() % 2 != 0 || bytes.size() > kMaxOutputBytes) return false;
  const bool big = bytes.size() >= 2 && bytes[0] == 0xfe && bytes[1] == 0xff;
  const bool marked = big || (bytes.size() >= 2 && bytes[0] == 0xff && bytes[1] == 0xfe);
  const auto unit = [&](std::size_t at) {
    return static_cast<std::uint32_t>(big ? *be_at<std::uint16_t>(bytes, at) : *le_at<std::uint16_t>(bytes, at));
  };
  std::string out;
  for (std::size_t at = marked ? 2 : 0; at < bytes.size(); at += 2) {
    std::uint32_t code = unit(at);
    if (code >= 0xd800 && code < 0xe000) {
      // A half without its other half is no character.
      if (code >= 0xdc00 || at + 4 > bytes.size()) return false;
      const std::uint32_t low = unit(at += 2);
      if (low < 0xdc00 || low >= 0xe000) return false;
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    append_utf8(out, code);
  }
  values.emplace_back(std::move(out));
  return true;
}

}  // namespace limier::content::decode
