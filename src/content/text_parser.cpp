// Sources: RFC 3629 (UTF-8), RFC 2781 (UTF-16), the Unicode Standard 23.8 (byte order marks), Windows code page 1252 as
// the WHATWG encoding standard lists it.
#include "content/text_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "content/charset.h"
#include "limier/base/untrusted.h"
#include "limier/catalog/artifacts.h"
#include "limier/content/parsers.h"

namespace limier::content {
namespace {

using catalog::ItemState;

enum class Coding : std::uint8_t { kBytes, kUtf16Le, kUtf16Be, kUtf32Le, kUtf32Be };

struct Form {
  Coding coding = Coding::kBytes;
  std::size_t mark = 0;  // bytes in front that say so
};

std::size_t unit_of(Coding coding) {
  if (coding == Coding::kBytes) return 1;
  return coding == Coding::kUtf16Le || coding == Coding::kUtf16Be ? 2 : 4;
}

// Without a mark, by where the zeros of Latin letters, digits and line ends stand.
Coding coding_by_zeros(Bytes head) {
  std::array<std::size_t, 4> zeros{};
  for (std::size_t at = 0; at < head.size(); ++at)
    if (head[at] == 0) ++zeros[at % 4];
  const std::size_t column = head.size() / 4;
  const auto most = [&](std::size_t at) { return zeros[at] > column / 2; };
  const auto few = [&](std::size_t at) { return zeros[at] <= column / 8; };
  if (most(1) && most(2) && most(3) && few(0)) return Coding::kUtf32Le;
  if (most(0) && most(1) && most(2) && few(3)) return Coding::kUtf32Be;
  if (most(1) && most(3) && few(0) && few(2)) return Coding::kUtf16Le;
  if (most(0) && most(2) && few(1) && few(3)) return Coding::kUtf16Be;
  return Coding::kBytes;
}

Form form_of(Bytes head) {
  const std::string_view text = as_text(head);
  if (text.starts_with("\xEF\xBB\xBF")) return {Coding::kBytes, 3};
  if (text.starts_with(std::string_view("\xFF\xFE\0\0", 4))) return {Coding::kUtf32Le, 4};
  if (text.starts_with(std::string_view("\0\0\xFE\xFF", 4))) return {Coding::kUtf32Be, 4};
  if (text.starts_with("\xFF\xFE")) return {Coding::kUtf16Le, 2};
  if (text.starts_with("\xFE\xFF")) return {Coding::kUtf16Be, 2};
  return {coding_by_zeros(head), 0};
}

char32_t unit_at(Bytes bytes, std::size_t at, Coding coding) {
  switch (coding) {
    case Coding::kBytes:
      return bytes[at];
    case Coding::kUtf16Le:
      return static_cast<char32_t>(bytes[at] | bytes[at + 1] << 8);
    case Coding::kUtf16Be:
      return static_cast<char32_t>(bytes[at] << 8 | bytes[at + 1]);
    case Coding::kUtf32Le:
      return le_at<std::uint32_t>(bytes, at).value_or(0);
    case Coding::kUtf32Be:
      return be_at<std::uint32_t>(bytes, at).value_or(0);
  }
  return 0;
}

bool is_high(char32_t unit) {
  return unit >= 0xD800 && unit < 0xDC00;
}
bool is_low(char32_t unit) {
  return unit >= 0xDC00 && unit < 0xE000;
}

// 0x80 to 0x9F; the others are those of Latin-1.
constexpr std::array<char32_t, 32> kWindows1252{0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                                0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D,   0x017D, 0x8F,
                                                0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                                0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178};

std::string from_windows(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size() + bytes.size() / 8);
  for (const char c : bytes) {
    const auto byte = static_cast<std::uint8_t>(c);
    append_utf8(text, byte >= 0x80 && byte < 0xA0 ? kWindows1252[byte - 0x80u] : byte);
  }
  return text;
}

// Bytes beyond ASCII that are no UTF-8, against characters that are.
bool is_windows(std::string_view bytes) {
  if (is_valid_utf8(bytes)) return false;
  std::size_t good = 0, bad = 0;
  for (std::size_t at = 0; at < bytes.size();) {
    const auto lead = static_cast<std::uint8_t>(bytes[at]);
    if (lead < 0x80) {
      ++at;
      continue;
    }
    const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead >= 0xC2 && at + size <= bytes.size() && is_valid_utf8(bytes.substr(at, size))) {
      ++good;
      at += size;
    } else {
      ++bad;
      ++at;
    }
  }
  return bad > good;
}

std::string from_units(Bytes bytes, Coding coding) {
  std::string text;
  text.reserve(bytes.size());
  const std::size_t unit = unit_of(coding);
  for (std::size_t at = 0; at + unit <= bytes.size(); at += unit) {
    char32_t character = unit_at(bytes, at, coding);
    if (unit == 2 && is_high(character) && at + 2 * unit <= bytes.size() && is_low(unit_at(bytes, at + unit, coding))) {
      character = 0x10000 + ((character - 0xD800) << 10) + (unit_at(bytes, at + unit, coding) - 0xDC00);
      at += unit;
    }
    append_utf8(text, character);
  }
  return text;
}

// How much of the window is the next part: to the end of a line, else of a word, else of a character.
std::size_t part_bytes(Bytes window, Coding coding) {
  const std::size_t unit = unit_of(coding);
  std::size_t blank = 0;
  for (std::size_t at = window.size() / unit * unit; at >= window.size() / 2 + unit; at -= unit) {
    const char32_t c = unit_at(window, at - unit, coding);
    if (c == '\n') return at;
    if (blank == 0 && (c == ' ' || c == '\t' || c == '\r')) blank = at;
  }
  if (blank > 0) return blank;
  std::size_t end = window.size() / unit * unit;
  if (coding == Coding::kBytes) {
    for (std::size_t back = 0; back < 3 && end > back; ++back)
      if ((window[end - back - 1] & 0xC0u) == 0xC0u) return end - back - 1 > 0 ? end - back - 1 : end;
  } else if (unit == 2 && end > unit && is_high(unit_at(window, end - unit, coding))) {
    end -= unit;
  }
  return end;
}

// Zeros in front and behind: room that was set aside. Gives how many are in front.
std::size_t drop_zeros(Bytes& part) {
  std::size_t front = 0;
  while (front < part.size() && part[front] == 0) ++front;
  part = part.subspan(front);
  while (!part.empty() && part.back() == 0) part = part.first(part.size() - 1);
  return front;
}

// Zeros beyond a few are no text: holes, records.
bool is_no_text(Bytes part, Coding coding) {
  if (coding != Coding::kBytes) return false;
  return static_cast<std::size_t>(std::ranges::count(part, std::uint8_t{0})) > part.size() / 8;
}

bool is_blank(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c == ' ' || (c >= '\t' && c <= '\r') || c == '\0'; });
}

std::string_view coding_word(Coding coding) {
  constexpr std::array<std::string_view, 5> kWords{"utf-8", "utf-16le", "utf-16be", "utf-32le", "utf-32be"};
  return kWords[static_cast<std::size_t>(coding)];
}

}  // namespace

Outcome TextParser::parse(const Source& source, Rows& rows) const {
  const Reader& file = *source.main;
  const std::uint64_t size = file.size_bytes(), end = std::min(size, kMostTextBytes);
  std::vector<std::uint8_t> window(static_cast<std::size_t>(std::min<std::uint64_t>(kTextPartBytes, size)));
  bool missing = !file.read(0, window);
  const Form form = form_of(window);
  std::uint64_t at = form.mark, left_out = 0;
  std::int64_t part = 0;
  while (at < end) {
    const auto room = static_cast<std::size_t>(std::min<std::uint64_t>(kTextPartBytes, end - at));
    const MutableBytes taken = MutableBytes(window).first(room);
    missing |= !file.read(at, taken);
    const std::size_t length = at + room == size ? room : part_bytes(taken, form.coding);
    if (length == 0) break;
    Bytes bytes = Bytes(taken).first(length);
    std::uint64_t from = at;
    at += length;
    if (form.coding == Coding::kBytes) from += drop_zeros(bytes);
    rows.alive();
    if (is_no_text(bytes, form.coding)) {
      ++left_out;
      continue;
    }
    const bool windows = form.coding == Coding::kBytes && is_windows(as_text(bytes));
    catalog::TextPart row;
    row.body = form.coding != Coding::kBytes ? from_units(bytes, form.coding)
               : windows                     ? from_windows(as_text(bytes))
                                             : std::string(as_text(bytes));
    if (is_blank(row.body)) continue;
    row.part = ++part;
    row.place.locator = fmt::format("text:{}:byte={}", windows ? "windows-1252" : coding_word(form.coding), from);
    row.place.file_offset = static_cast<std::int64_t>(from);
    rows.add(row, name(), version());
  }
  if (missing) rows.issue("text-bytes-missing", "parts of the file are not there", true);
  if (left_out > 0)
    rows.issue("text-not-text", fmt::format("{} parts of the file are no text and were not taken out", left_out),
               false);
  if (size > end)
    rows.issue(
        "text-too-long",
        fmt::format("the file is larger than the {} MiB of text that are taken out of one: the rest is not there "
                    "to be searched",
                    kMostTextBytes >> 20u),
        false);
  return {};
}

}  // namespace limier::content
