// Sources: RFC 3629 (UTF-8), RFC 2781 (UTF-16), the Windows-1252 code page.
#include <array>
#include <cstring>

#include "types/text.h"

namespace limier::types {

namespace {

enum class Class : std::uint8_t { kNever, kText, kHigh };

// Of bytes: what a text never holds, what it does, and what depends on the encoding.
constexpr std::array<Class, 256> make_classes() {
  std::array<Class, 256> classes{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    const bool control = byte < 0x20 && !(byte >= 0x07 && byte <= 0x0D) && byte != 0x1B;
    classes[byte] = control || byte == 0x7F ? Class::kNever : byte < 0x80 ? Class::kText : Class::kHigh;
  }
  return classes;
}
constexpr auto kClasses = make_classes();

// Eight bytes of nothing but printable ASCII.
bool plain(std::uint64_t word) {
  constexpr std::uint64_t kOnes = 0x0101010101010101, kTops = 0x8080808080808080;
  const std::uint64_t below_space = (word - kOnes * 0x20) & ~word & kTops;
  const std::uint64_t del = ((word ^ kOnes * 0x7F) - kOnes) & ~(word ^ kOnes * 0x7F) & kTops;
  return (below_space | del | (word & kTops)) == 0;
}

// Length of the UTF-8 sequence at `at`, 0 when it is none; `cut` when the text ends within one that may be right.
std::size_t utf8_sequence(Bytes text, std::size_t at, bool& cut) {
  const std::uint8_t first = text[at];
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (at + i == text.size()) return cut = true, length;
    const std::uint8_t byte = text[at + i];
    std::uint8_t low = 0x80, high = 0xBF;
    if (i == 1) {
      if (first == 0xE0) low = 0xA0;
      if (first == 0xED) high = 0x9F;
      if (first == 0xF0) low = 0x90;
      if (first == 0xF4) high = 0x8F;
    }
    if (byte < low || byte > high) return 0;
  }
  return length;
}

struct Counts {
  std::size_t high = 0, c1 = 0, undefined = 0, spaces = 0;
};

// 8-bit text: letters of one code page among spaces; what is rare in all of them is rare.
bool is_8bit(Bytes text) {
  Counts counts;
  for (const std::uint8_t byte : text) {
    if (byte == ' ' || byte == '\n' || byte == '\t') ++counts.spaces;
    if (byte >= 0x80) ++counts.high;
    if (byte >= 0x80 && byte < 0xA0) ++counts.c1;
    if (byte == 0x81 || byte == 0x8D || byte == 0x8F || byte == 0x90 || byte == 0x9D) ++counts.undefined;
  }
  constexpr std::size_t kShortest = 16;
  if (text.size() < kShortest || counts.undefined > 0) return false;
  const bool mostly_ascii = counts.high * 4 <= text.size();
  const bool other_letters = counts.spaces * 20 >= text.size() && counts.spaces * 2 <= text.size();
  return (mostly_ascii || other_letters) && counts.c1 * 8 <= counts.high;
}

Id without_mark(Bytes text, bool whole) {
  bool ascii = true, utf8 = true;
  for (std::size_t at = 0; at < text.size();) {
    if (text.size() - at >= 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, text.data() + at, sizeof(word));
      if (plain(word)) {
        at += 8;
        continue;
      }
    }
    const Class kind = kClasses[text[at]];
    if (kind == Class::kNever) return Id::kUnknown;
    std::size_t length = 1;
    if (kind == Class::kHigh) {
      ascii = false;
      bool cut = false;
      length = utf8 ? utf8_sequence(text, at, cut) : 1;
      utf8 = length != 0 && !(cut && whole);
      length = length == 0 ? 1 : length;
    }
    at += length;
  }
  if (ascii) return Id::kText;
  if (utf8) return Id::kTextUtf8;
  return is_8bit(text) ? Id::kText8Bit : Id::kUnknown;
}

// Without a mark only where nearly everything is of one of the first blocks of Unicode, letters and spaces of ASCII
// above all: any even number of bytes is UTF-16 of some kind.
bool is_utf16(Bytes text, bool big, bool marked) {
  constexpr std::size_t kFewest = 4;
  const std::size_t units = text.size() / 2;
  if (units < (marked ? 1 : kFewest)) return marked && units == 0;
  std::size_t ascii = 0, rare = 0, surrogates = 0;
  for (std::size_t i = 0; i < units; ++i) {
    const unsigned low = text[2 * i + (big ? 1 : 0)], high = text[2 * i + (big ? 0 : 1)];
    const unsigned unit = low | high << 8;
    if (unit < 0x80 && kClasses[unit] == Class::kNever) return false;
    if (unit == 0xFFFE || unit == 0xFFFF) return false;
    ascii += unit < 0x80 ? 1 : 0;
    if (unit >= 0xD800 && unit < 0xE000) ++surrogates;
    if (unit >= 0xE000 && unit < 0xF900) ++rare;
  }
  if (marked) return rare * 4 <= units;
  return ascii * 10 >= units * 7 && surrogates * 10 <= units && rare == 0;
}

}  // namespace

Id text_encoding(Bytes head, bool whole) {
  if (head.size() < 2) return without_mark(head, whole);
  const std::uint8_t first = head[0], second = head[1];
  if (head.size() >= 4 && head.size() % 4 == 0) {
    const bool little = first == 0xFF && second == 0xFE && head[2] == 0 && head[3] == 0;
    const bool big = first == 0 && second == 0 && head[2] == 0xFE && head[3] == 0xFF;
    if (little || big) return Id::kTextUtf32;
  }
  if (first == 0xFF && second == 0xFE) return is_utf16(head.subspan(2), false, true) ? Id::kTextUtf16Le : Id::kUnknown;
  if (first == 0xFE && second == 0xFF) return is_utf16(head.subspan(2), true, true) ? Id::kTextUtf16Be : Id::kUnknown;
  if (first == 0xEF && second == 0xBB && head.size() >= 3 && head[2] == 0xBF) {
    const Id rest = without_mark(head.subspan(3), whole);
    return rest == Id::kText || rest == Id::kTextUtf8 ? Id::kTextUtf8Bom : Id::kUnknown;
  }
  if (first != 0 && second == 0) return is_utf16(head, false, false) ? Id::kTextUtf16Le : Id::kUnknown;
  if (first == 0 && second != 0) return is_utf16(head, true, false) ? Id::kTextUtf16Be : Id::kUnknown;
  return without_mark(head, whole);
}

// Kinds are told from the beginning of the text; of UTF-16 from so many letters.
Probed text_kind(Bytes head, bool whole) {
  constexpr std::size_t kLetters = 1024;
  const Id encoding = text_encoding(head, whole);
  if (encoding == Id::kUnknown) return {};
  std::array<char, kLetters> narrow;  // filled as far as it is read
  std::string_view text = as_text(head);
  if (encoding == Id::kTextUtf8Bom) text.remove_prefix(3);
  if (encoding == Id::kTextUtf16Le || encoding == Id::kTextUtf16Be) {
    const std::size_t skipped = (head[0] == 0xFF || head[0] == 0xFE) && (head[1] == 0xFE || head[1] == 0xFF) ? 2 : 0;
    const std::size_t big = encoding == Id::kTextUtf16Be ? 1 : 0;
    const std::size_t units = (head.size() - skipped) / 2, count = std::min(kLetters, units);
    for (std::size_t i = 0; i < count; ++i) {
      const bool one_byte = head[skipped + 2 * i + (1 - big)] == 0;
      narrow[i] = one_byte ? static_cast<char>(head[skipped + 2 * i + big]) : '?';
    }
    text = std::string_view(narrow.data(), count);
    whole = whole && count == units;
  }
  Probed probed = encoding == Id::kTextUtf32 ? Probed{} : text_kind_of(text, whole);
  if (probed.id == Id::kUnknown) probed.id = encoding;
  probed.basis = catalog::TypeBasis::kText;
  return probed;
}

}  // namespace limier::types
