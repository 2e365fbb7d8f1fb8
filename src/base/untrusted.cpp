#include "limier/base/untrusted.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace limier {
namespace {

constexpr char kUpperHex[] = "0123456789ABCDEF";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

struct Glyph {
  char32_t code_point = 0;
  std::size_t length = 1;  // bytes taken; of an ill-formed sequence, its maximal subpart (Unicode 15.0, table 3-8)
  bool valid = false;
};

// Lead byte → number of continuation bytes and the range of the first of them (Unicode 15.0, table 3-7). The ranges
// exclude overlong forms, surrogates and values above U+10FFFF.
struct Lead {
  std::size_t more = 0;
  std::uint8_t low = 0x80, high = 0xBF;
  std::uint8_t bits = 0;
};
constexpr Lead lead_of(std::uint8_t byte) {
  if (byte >= 0xC2 && byte <= 0xDF) return {1, 0x80, 0xBF, static_cast<std::uint8_t>(byte & 0x1F)};
  const auto three = static_cast<std::uint8_t>(byte & 0x0F);
  if (byte == 0xE0) return {2, 0xA0, 0xBF, three};
  if (byte == 0xED) return {2, 0x80, 0x9F, three};
  if (byte >= 0xE1 && byte <= 0xEF) return {2, 0x80, 0xBF, three};
  const auto four = static_cast<std::uint8_t>(byte & 0x07);
  if (byte == 0xF0) return {3, 0x90, 0xBF, four};
  if (byte >= 0xF1 && byte <= 0xF3) return {3, 0x80, 0xBF, four};
  if (byte == 0xF4) return {3, 0x80, 0x8F, four};
  return {};
}

// `bytes` is not empty.
Glyph next_glyph(std::string_view bytes) {
  const auto first = static_cast<std::uint8_t>(bytes[0]);
  if (first < 0x80) return {first, 1, true};
  const Lead lead = lead_of(first);
  if (lead.more == 0) return {};
  char32_t code_point = lead.bits;
  for (std::size_t i = 1; i <= lead.more; ++i) {
    if (i >= bytes.size()) return {0, i, false};
    const auto byte = static_cast<std::uint8_t>(bytes[i]);
    const std::uint8_t low = i == 1 ? lead.low : std::uint8_t{0x80};
    const std::uint8_t high = i == 1 ? lead.high : std::uint8_t{0xBF};
    if (byte < low || byte > high) return {0, i, false};
    code_point = (code_point << 6) | (byte & 0x3Fu);
  }
  return {code_point, lead.more + 1, true};
}

struct Range {
  char32_t first, last;
};
// Code points that steer a display or show nothing: Unicode 15.0 general categories Cc, Cf, Zl, Zp, the
// default-ignorable letters, and the supplementary variation selectors. Selectors FE00..FE0F stay: emoji and CJK names
// use them rightly.
constexpr Range kHidden[] = {
    {0x0000, 0x001F},   {0x007F, 0x009F},   {0x00AD, 0x00AD},   {0x034F, 0x034F},   {0x0600, 0x0605},
    {0x061C, 0x061C},   {0x06DD, 0x06DD},   {0x070F, 0x070F},   {0x0890, 0x0891},   {0x08E2, 0x08E2},
    {0x115F, 0x1160},   {0x17B4, 0x17B5},   {0x180B, 0x180F},   {0x200B, 0x200F},   {0x2028, 0x202E},
    {0x2060, 0x206F},   {0x3164, 0x3164},   {0xFDD0, 0xFDEF},   {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},
    {0xFFF0, 0xFFFB},   {0x110BD, 0x110BD}, {0x110CD, 0x110CD}, {0x13430, 0x1343F}, {0x1BCA0, 0x1BCA3},
    {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
};

bool is_hidden(char32_t code_point) {
  if (code_point < 0x20) return true;
  if (code_point < 0x7F) return false;
  if ((code_point & 0xFFFE) == 0xFFFE) return true;  // the last two code points of every plane are noncharacters
  for (const Range& range : kHidden) {
    if (code_point < range.first) return false;
    if (code_point <= range.last) return true;
  }
  return false;
}

void put_byte_escape(std::string& out, char byte) {
  const auto value = static_cast<std::uint8_t>(byte);
  out += "\\x";
  out += kUpperHex[value >> 4];
  out += kUpperHex[value & 15];
}

void put_code_point_escape(std::string& out, char32_t code_point) {
  out += "\\u{";
  int shift = 20;
  while (shift > 0 && (code_point >> shift) == 0) shift -= 4;
  for (; shift >= 0; shift -= 4) out += kUpperHex[(code_point >> shift) & 15];
  out += '}';
}

void put_hidden(std::string& out, char32_t code_point) {
  switch (code_point) {
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  if (code_point < 0x80)
    put_byte_escape(out, static_cast<char>(code_point));
  else
    put_code_point_escape(out, code_point);
}

// Bytes that stand for themselves in every sink; nearly all of a name are.
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> plain{};
  for (std::size_t byte = 0x20; byte < 0x7F; ++byte)
    plain[byte] = std::string_view("\\\"&<>'|").find(static_cast<char>(byte)) == std::string_view::npos;
  return plain;
}();

std::string_view plain_run(std::string_view bytes) {
  std::size_t length = 0;
  while (length < bytes.size() && kPlain[static_cast<unsigned char>(bytes[length])]) ++length;
  return bytes.substr(0, length);
}

// What every sink is built on: each visible piece is handed to `put`, which adds the sink's own quoting.
template <class Put>
void visible(std::string_view bytes, std::string& out, Put put) {
  while (true) {
    const std::string_view plain = plain_run(bytes);
    out += plain;
    bytes.remove_prefix(plain.size());
    if (bytes.empty()) return;
    const Glyph glyph = next_glyph(bytes);
    const std::string_view piece = bytes.substr(0, glyph.length);
    bytes.remove_prefix(glyph.length);
    if (!glyph.valid)
      for (const char byte : piece) put_byte_escape(out, byte);
    else if (glyph.code_point == '\\')
      out += "\\\\";
    else if (is_hidden(glyph.code_point))
      put_hidden(out, glyph.code_point);
    else
      put(piece);
  }
}

void put_markup(std::string& out, std::string_view piece) {
  switch (piece[0]) {
    case '&':
      out += "&amp;";
      return;
    case '<':
      out += "&lt;";
      return;
    case '>':
      out += "&gt;";
      return;
    case '"':
      out += "&quot;";
      return;
    case '\'':
      out += "&#39;";
      return;
    default:
      out += piece;
  }
}

std::string markup(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() + 16);
  visible(bytes, out, [&](std::string_view piece) { put_markup(out, piece); });
  return out;
}

void put_utf16_escape(std::string& out, std::uint32_t unit) {
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kUpperHex[(unit >> shift) & 15];
}

void put_json(std::string& out, char32_t code_point, std::string_view piece) {
  switch (code_point) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  if (!is_hidden(code_point)) {
    out += piece;
  } else if (code_point < 0x10000) {
    put_utf16_escape(out, code_point);
  } else {
    put_utf16_escape(out, 0xD800 + ((code_point - 0x10000) >> 10));
    put_utf16_escape(out, 0xDC00 + ((code_point - 0x10000) & 0x3FF));
  }
}

// Spreadsheets take these as the start of a formula; East Asian editions also their full-width forms.
bool starts_formula(std::string_view bytes) {
  if (bytes.empty()) return false;
  if (std::string_view("=+-@\t\r\n").find(bytes[0]) != std::string_view::npos) return true;
  static constexpr std::array<std::string_view, 4> kFullWidth{"\xEF\xBC\x9D", "\xEF\xBC\x8B", "\xEF\xBC\x8D",
                                                              "\xEF\xBC\xA0"};
  for (const std::string_view sign : kFullWidth)
    if (bytes.starts_with(sign)) return true;
  return false;
}

}  // namespace

bool is_valid_utf8(std::string_view bytes) {
  while (true) {
    bytes.remove_prefix(plain_run(bytes).size());
    if (bytes.empty()) return true;
    const Glyph glyph = next_glyph(bytes);
    if (!glyph.valid) return false;
    bytes.remove_prefix(glyph.length);
  }
}

std::string utf8_text(std::string_view bytes, bool& repaired) {
  repaired = false;
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    const Glyph glyph = next_glyph(bytes);
    if (glyph.valid && glyph.code_point != 0) {
      out += bytes.substr(0, glyph.length);
    } else {
      out += kReplacement;
      repaired = true;
    }
    bytes.remove_prefix(glyph.length);
  }
  return out;
}

std::string terminal_text(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() + 8);
  visible(bytes, out, [&](std::string_view piece) { out += piece; });
  return out;
}

std::string html_text(std::string_view bytes) {
  return markup(bytes);
}
std::string xml_text(std::string_view bytes) {
  return markup(bytes);
}

std::string json_string(std::string_view bytes) {
  std::string out = "\"";
  out.reserve(bytes.size() + 8);
  while (true) {
    const std::string_view plain = plain_run(bytes);
    out += plain;
    bytes.remove_prefix(plain.size());
    if (bytes.empty()) break;
    const Glyph glyph = next_glyph(bytes);
    if (glyph.valid)
      put_json(out, glyph.code_point, bytes.substr(0, glyph.length));
    else
      out += kReplacement;
    bytes.remove_prefix(glyph.length);
  }
  out += '"';
  return out;
}

std::string csv_field(std::string_view bytes) {
  std::string out = "\"";
  out.reserve(bytes.size() + 8);
  // Apostrophes of the name itself in front of such a sign get one more too, so that taking one away always restores
  // it.
  const std::size_t quotes = bytes.find_first_not_of('\'');
  if (quotes != std::string_view::npos && starts_formula(bytes.substr(quotes))) out += '\'';
  visible(bytes, out, [&](std::string_view piece) {
    if (piece == "\"")
      out += "\"\"";
    else
      out += piece;
  });
  out += '"';
  return out;
}

std::string bodyfile_field(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() + 8);
  visible(bytes, out, [&](std::string_view piece) {
    if (piece == "|")
      out += "\\x7C";
    else
      out += piece;
  });
  return out;
}

std::string hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char byte : bytes) {
    const auto value = static_cast<std::uint8_t>(byte);
    out += kDigits[value >> 4];
    out += kDigits[value & 15];
  }
  return out;
}

}  // namespace limier
