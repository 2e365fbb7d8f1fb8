#include "limier/base/flat_object.h"

#include <charconv>
#include <cstdint>

#include "limier/base/bytes.h"
#include "limier/base/digest.h"

namespace limier {
namespace {

constexpr std::size_t kHexDigits = 4;

std::optional<std::uint32_t> take_code_unit(std::string_view& in) {
  std::uint32_t unit = 0;
  if (in.size() < kHexDigits || std::from_chars(in.data(), in.data() + kHexDigits, unit, 16).ptr != in.data() + 4)
    return std::nullopt;
  in.remove_prefix(kHexDigits);
  return unit;
}

bool is_high(std::uint32_t unit) {
  return unit >= 0xD800 && unit < 0xDC00;
}

// Behind "\u": one code point, of two units where it is beyond the first plane.
std::optional<std::uint32_t> take_code_point(std::string_view& in) {
  const auto high = take_code_unit(in);
  if (!high || !is_high(*high) || !in.starts_with("\\u")) return high;
  std::string_view rest = in.substr(2);
  const auto low = take_code_unit(rest);
  if (!low || *low < 0xDC00 || *low > 0xDFFF) return high;
  in = rest;
  return 0x10000 + ((*high - 0xD800) << 10) + (*low - 0xDC00);
}

void put_utf8(std::string& out, std::uint32_t code) {
  const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80 | (code >> shift & 0x3F)); };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    tail(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | (code >> 12));
    tail(6), tail(0);
  } else {
    out += static_cast<char>(0xF0 | (code >> 18));
    tail(12), tail(6), tail(0);
  }
}

char plain_escape(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case 'r':
      return '\r';
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    default:
      return c;
  }
}

bool take(std::string_view& in, char wanted) {
  if (in.empty() || in.front() != wanted) return false;
  in.remove_prefix(1);
  return true;
}

}  // namespace

std::optional<std::string> take_json_string(std::string_view& in) {
  if (!take(in, '"')) return std::nullopt;
  std::string text;
  while (!in.empty() && in.front() != '"') {
    char c = in.front();
    in.remove_prefix(1);
    if (c != '\\') {
      text += c;
      continue;
    }
    if (in.empty()) return std::nullopt;
    c = in.front();
    in.remove_prefix(1);
    if (c != 'u') {
      text += plain_escape(c);
      continue;
    }
    const auto code = take_code_point(in);
    if (!code) return std::nullopt;
    put_utf8(text, *code);
  }
  if (!take(in, '"')) return std::nullopt;
  return text;
}

std::optional<FlatObject> parse_flat_object(std::string_view line) {
  FlatObject members;
  if (!take(line, '{')) return std::nullopt;
  do {
    auto name = take_json_string(line);
    if (!name || !take(line, ':')) return std::nullopt;
    if (auto text = take_json_string(line)) {
      members.emplace_back(std::move(*name), std::move(*text));
    } else {
      const auto end = line.find_first_of(",}");
      if (end == std::string_view::npos || end == 0) return std::nullopt;
      members.emplace_back(std::move(*name), std::string(line.substr(0, end)));
      line.remove_prefix(end);
    }
  } while (take(line, ','));
  if (line != "}") return std::nullopt;
  return members;
}

std::string member_of(const FlatObject& object, std::string_view name) {
  for (const auto& [key, value] : object)
    if (key == name) return value;
  return {};
}

std::string chain_head(std::string_view log) {
  while (!log.empty() && log.back() == '\n') log.remove_suffix(1);
  if (log.empty()) return std::string(64, '0');
  const std::size_t start = log.rfind('\n');
  const std::string_view last = start == std::string_view::npos ? log : log.substr(start + 1);
  return hex_digest(*digest_of(as_bytes(last), {false, false, true}).sha256);
}

}  // namespace limier
