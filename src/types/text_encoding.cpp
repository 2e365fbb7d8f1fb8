// Sources: RFC 3629 (UTF-8), RFC 2781 (UTF-16), the Windows-1252 code page.
#include <algorithm>
#include <array>
#include <cstring>

#include "types/text.h"

namespace limier::types {

namespace {

// What a text never holds; what lies beyond ASCII depends on the encoding.
constexpr bool is_never(unsigned byte) {
  return byte < 0x07 || (byte >= 0x0E && byte < 0x20 && byte != 0x1B) || byte == 0x7F;
}

struct Seen {
  bool never = false, high = false;
};

// Which kinds of bytes there are. A loop without branches, so that compilers take sixteen bytes and more at once.
Seen kinds_in(Bytes block) {
  std::uint8_t never = 0, all = 0;
  for (const std::uint8_t byte : block) {
    const auto behind_breaks = static_cast<std::uint8_t>(byte - 0x0E);
    const bool control = (byte < 0x07) | ((behind_breaks < 0x12) & (byte != 0x1B));
    never = static_cast<std::uint8_t>(never | static_cast<std::uint8_t>(control | (byte == 0x7F)));
    all |= byte;
  }
  return {.never = never != 0, .high = all >= 0x80};
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

// 8-bit text: hardly anything but ASCII (letters of any code page, those of DOS too), or letters of one code page among
// spaces, where what is rare in all of them is rare.
bool is_8bit(Bytes text) {
  Counts counts;
  for (const std::uint8_t byte : text) {
    if (byte == ' ' || byte == '\n' || byte == '\t') ++counts.spaces;
    if (byte >= 0x80) ++counts.high;
    if (byte >= 0x80 && byte < 0xA0) ++counts.c1;
    if (byte == 0x81 || byte == 0x8D || byte == 0x8F || byte == 0x90 || byte == 0x9D) ++counts.undefined;
  }
  constexpr std::size_t kShortest = 16;
  if (text.size() < kShortest) return false;
  if (counts.high * 20 <= text.size()) return true;
  if (counts.undefined > 0) return false;
  const bool mostly_ascii = counts.high * 4 <= text.size();
  const bool other_letters = counts.spaces * 20 >= text.size() && counts.spaces * 2 <= text.size();
  return (mostly_ascii || other_letters) && counts.c1 * 8 <= counts.high;
}

bool is_utf8(Bytes text, bool whole) {
  constexpr std::uint64_t kTops = 0x8080808080808080;
  for (std::size_t at = 0; at < text.size();) {
    std::uint64_t word = kTops;
    if (text.size() - at >= sizeof(word)) std::memcpy(&word, text.data() + at, sizeof(word));
    if ((word & kTops) == 0) {
      at += sizeof(word);
      continue;
    }
    while (at < text.size() && text[at] < 0x80) ++at;
    while (at < text.size() && text[at] >= 0x80) {
      bool cut = false;
      const std::size_t length = utf8_sequence(text, at, cut);
      if (length == 0 || (cut && whole)) return false;
      at += length;
    }
  }
  return true;
}

Id without_mark(Bytes text, bool whole) {
  constexpr std::size_t kBlock = 256;  // most of what is no text shows in the first
  bool ascii = true;
  for (Bytes rest = text; !rest.empty();) {
    const Bytes block = rest.first(std::min(rest.size(), kBlock));
    const Seen seen = kinds_in(block);
    if (seen.never) return Id::kUnknown;
    ascii = ascii && !seen.high;
    rest = rest.subspan(block.size());
  }
  if (ascii) return Id::kText;
  if (is_utf8(text, whole)) return Id::kTextUtf8;
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
    if (is_never(unit)) return false;
    if (unit == 0xFFFE || unit == 0xFFFF) return false;
    ascii += unit < 0x80 ? 1 : 0;
    if (unit >= 0xD800 && unit < 0xE000) ++surrogates;
    if (unit >= 0xE000 && unit < 0xF900) ++rare;
  }
  if (marked) return rare * 4 <= units;
  return ascii * 10 >= units * 7 && surrogates * 10 <= units && rare == 0;
}

// What nobody here has a name for (those of East Asia, above all) may still be markup, whose tags are ASCII.
Probed of_unknown_encoding(Bytes head) {
  const Id kind = markup_kind(as_text(head));
  if (kind == Id::kUnknown || kinds_in(head).never) return {};
  return {.id = kind, .basis = catalog::TypeBasis::kText};
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
  if (encoding == Id::kUnknown) return of_unknown_encoding(head);
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
