#include "keywords/letters.h"

#include <array>

namespace limier::keywords {
namespace {

constexpr char32_t kUnknown = 0xfffd;
// 0x80 to 0x9f; 0: no character (Windows code page 1252, Unicode mapping table).
constexpr std::array<char16_t, 32> kHigh{0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
                                         0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017d, 0,
                                         0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
                                         0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178};

bool in(char32_t c, char32_t first, char32_t last) {
  return c >= first && c <= last;
}
// Stretches in which capitals and small letters take turns, the capital first.
bool is_pair(char32_t c) {
  if (in(c, 0x139, 0x148) || in(c, 0x179, 0x17e)) return true;
  return in(c, 0x100, 0x137)
             ? c != 0x130 && c != 0x131
             : in(c, 0x14a, 0x177) || in(c, 0x200, 0x21f) || in(c, 0x222, 0x233) || in(c, 0x460, 0x481) ||
                   in(c, 0x48a, 0x4bf) || in(c, 0x4d0, 0x52f) || in(c, 0x1e00, 0x1e95) || in(c, 0x1ea0, 0x1eff);
}
bool capital_is_odd(char32_t c) {
  return in(c, 0x139, 0x148) || in(c, 0x179, 0x17e);
}

}  // namespace

char32_t small_letter(char32_t c) {
  if (in(c, 'A', 'Z') || (in(c, 0xc0, 0xde) && c != 0xd7) || (in(c, 0x391, 0x3ab) && c != 0x3a2) || in(c, 0x410, 0x42f))
    return c + 32;
  if (c < 0x100) return c;
  if (is_pair(c)) return (c % 2 == 1) == capital_is_odd(c) ? c + 1 : c;
  if (in(c, 0x400, 0x40f)) return c + 80;
  switch (c) {
    case 0x178:
      return 0xff;
    case 0x386:
      return 0x3ac;
    case 0x388:
      return 0x3ad;
    case 0x389:
      return 0x3ae;
    case 0x38a:
      return 0x3af;
    case 0x38c:
      return 0x3cc;
    case 0x38e:
      return 0x3cd;
    case 0x38f:
      return 0x3ce;
    default:
      return c;
  }
}

char32_t capital_letter(char32_t c) {
  if (in(c, 'a', 'z') || (in(c, 0xe0, 0xfe) && c != 0xf7) || (in(c, 0x3b1, 0x3cb) && c != 0x3c2) || in(c, 0x430, 0x44f))
    return c - 32;
  if (c < 0xff) return c;
  if (is_pair(c)) return (c % 2 == 1) == capital_is_odd(c) ? c : c - 1;
  if (in(c, 0x450, 0x45f)) return c - 80;
  switch (c) {
    case 0xff:
      return 0x178;
    case 0x3ac:
      return 0x386;
    case 0x3ad:
      return 0x388;
    case 0x3ae:
      return 0x389;
    case 0x3af:
      return 0x38a;
    case 0x3c2:
      return 0x3a3;
    case 0x3cc:
      return 0x38c;
    case 0x3cd:
      return 0x38e;
    case 0x3ce:
      return 0x38f;
    default:
      return c;
  }
}

bool is_word_letter(char32_t c) {
  if (c < 0x80) return in(c, '0', '9') || in(c, 'a', 'z') || in(c, 'A', 'Z') || c == '_';
  if (c < 0xc0) return c == 0xaa || c == 0xb5 || c == 0xba;
  if (c == 0xd7 || c == 0xf7) return false;
  // Letters of all scripts; not punctuation, arrows, signs and drawings, private use and what is no text.
  return c < 0x2000 || in(c, 0x2c00, 0x2dff) || in(c, 0x3005, 0x3007) || in(c, 0x3040, 0xd7ff) ||
         in(c, 0xf900, 0xfdff) || in(c, 0xfe70, 0xfeff) || in(c, 0xff10, 0xff19) || in(c, 0xff21, 0xff3a) ||
         in(c, 0xff41, 0xff5a) || in(c, 0xff66, 0xffdc) || in(c, 0x10000, 0x1cfff) || in(c, 0x20000, 0x3ffff);
}

std::optional<std::uint8_t> cp1252_byte(char32_t c) {
  if (c < 0x80 || in(c, 0xa0, 0xff)) return static_cast<std::uint8_t>(c);
  for (std::size_t i = 0; i < kHigh.size(); ++i)
    if (kHigh[i] != 0 && kHigh[i] == c) return static_cast<std::uint8_t>(0x80 + i);
  return std::nullopt;
}

char32_t of_cp1252(std::uint8_t byte) {
  if (byte < 0x80 || byte > 0x9f) return byte;
  const char16_t c = kHigh.at(byte - 0x80u);
  return c == 0 ? kUnknown : char32_t{c};
}

std::optional<char32_t> next_utf8(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(at);
  if (first < 0x80) return text[at++] & 0x7f;
  const std::size_t more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
  if (first < 0xc2 || first > 0xf4 || text.size() - at <= more) return std::nullopt;
  char32_t c = first & (0x3fu >> more);
  for (std::size_t i = 1; i <= more; ++i) {
    if ((byte(at + i) & 0xc0u) != 0x80u) return std::nullopt;
    c = c << 6u | (byte(at + i) & 0x3fu);
  }
  if ((more == 2 && c < 0x800) || (more == 3 && c < 0x10000) || c > kLastCodePoint || in(c, 0xd800, 0xdfff))
    return std::nullopt;
  at += more + 1;
  return c;
}

void put_utf8(std::string& out, char32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
    return;
  }
  const int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  constexpr std::array<unsigned, 4> kFirst{0, 0xc0, 0xe0, 0xf0};
  out += static_cast<char>(kFirst.at(static_cast<std::size_t>(more)) | c >> (6 * more));
  for (int i = more - 1; i >= 0; --i) out += static_cast<char>(0x80u | ((c >> (6 * i)) & 0x3fu));
}

char32_t before(std::string_view bytes, std::size_t at, Encoding encoding) {
  if (at == 0) return 0;
  switch (encoding) {
    case Encoding::kUtf16le:
      return at < 2 ? 0
                    : static_cast<char32_t>(static_cast<unsigned char>(bytes[at - 2]) |
                                            static_cast<unsigned char>(bytes[at - 1]) << 8u);
    case Encoding::kCp1252:
      return of_cp1252(static_cast<unsigned char>(bytes[at - 1]));
    case Encoding::kUtf8:
      break;
  }
  for (std::size_t back = 1; back <= 4 && back <= at; ++back) {
    if ((static_cast<unsigned char>(bytes[at - back]) & 0xc0u) == 0x80u) continue;
    std::size_t next = at - back;
    const auto c = next_utf8(bytes.substr(0, at), next);
    return c && next == at ? *c : 0;
  }
  return 0;
}

char32_t behind(std::string_view bytes, std::size_t at, Encoding encoding) {
  if (at >= bytes.size()) return 0;
  switch (encoding) {
    case Encoding::kUtf16le:
      return at + 1 >= bytes.size() ? 0
                                    : static_cast<char32_t>(static_cast<unsigned char>(bytes[at]) |
                                                            static_cast<unsigned char>(bytes[at + 1]) << 8u);
    case Encoding::kCp1252:
      return of_cp1252(static_cast<unsigned char>(bytes[at]));
    case Encoding::kUtf8:
      break;
  }
  return next_utf8(bytes, at).value_or(0);
}

std::string_view encoding_word(Encoding encoding) {
  return kEncodingWords.at(static_cast<std::size_t>(encoding));
}

std::string to_utf8(std::string_view bytes, Encoding encoding) {
  std::string out;
  if (encoding == Encoding::kUtf8) return std::string(bytes);
  if (encoding == Encoding::kCp1252) {
    for (const char c : bytes) put_utf8(out, of_cp1252(static_cast<unsigned char>(c)));
    return out;
  }
  for (std::size_t at = 0; at + 1 < bytes.size(); at += 2) {
    char32_t c = behind(bytes, at, encoding);
    if (in(c, 0xd800, 0xdbff)) {
      const char32_t low = behind(bytes, at + 2, encoding);
      if (in(low, 0xdc00, 0xdfff)) {
        c = 0x10000 + ((c & 0x3ffu) << 10u) + (low & 0x3ffu);
        at += 2;
      }
    }
    put_utf8(out, in(c, 0xd800, 0xdfff) ? kUnknown : c);
  }
  return out;
}

std::string from_utf8(std::string_view text, Encoding encoding) {
  if (encoding == Encoding::kUtf8) return std::string(text);
  std::string out;
  const auto unit = [&](char32_t value) {
    out += static_cast<char>(value & 0xffu);
    out += static_cast<char>(value >> 8u);
  };
  for (std::size_t at = 0; at < text.size();) {
    const auto c = next_utf8(text, at);
    if (!c) ++at;
    if (encoding == Encoding::kCp1252) {
      const auto byte = c ? cp1252_byte(*c) : std::nullopt;
      out += byte ? static_cast<char>(*byte) : '?';
    } else if (!c || *c < 0x10000) {
      unit(c.value_or('?'));
    } else {
      unit(0xd800 + ((*c - 0x10000) >> 10u));
      unit(0xdc00 + ((*c - 0x10000) & 0x3ffu));
    }
  }
  return out;
}

}  // namespace limier::keywords
