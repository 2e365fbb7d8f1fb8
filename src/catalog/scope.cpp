#include "limier/catalog/scope.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "limier/base/latin.h"
#include "limier/base/untrusted.h"

namespace limier::catalog {
namespace {

// Kinds whose rows tell what somebody did at a time. Others (contacts, accounts, applications, facts of the device) are
// what was there at the end.
constexpr std::array<std::string_view, 5> kDatedKinds{"artifact", "call", "message", "place", "web"};
// Of a message: who has to do with it.
constexpr std::array<std::string_view, 5> kPartyColumns{"thread", "thread_name", "sender", "sender_name", "recipients"};
constexpr std::string_view kOwner = "owner";
constexpr std::string_view kFragment = "fragment";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

struct CodePoint {
  char32_t value = 0;
  std::size_t size = 1;
};

// Of bytes that are no UTF-8: the byte, as a sign.
CodePoint decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 1;
  if (size == 1 || lead > 0xF4 || size > text.size()) return {};
  char32_t value = lead & (0xFFu >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    value = (value << 6) | (byte(i) & 0x3Fu);
  }
  return {value, size};
}

// Marks that cannot be seen, and accents that stand apart: they would hide a word.
bool is_dropped(char32_t c) {
  return c == 0xAD || (c >= 0x300 && c <= 0x36F) || (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF || (c >= 0xE0000 && c <= 0xE007F);
}

// Blanks and signs between words, beyond ASCII.
bool is_sign(char32_t c) {
  return (c >= 0x80 && c < 0xC0 && c != 0xAA && c != 0xBA) || c == 0xD7 || c == 0xF7 || (c >= 0x2000 && c <= 0x206F) ||
         (c >= 0x3000 && c <= 0x303F);
}

char32_t lower(char32_t c) {
  if ((c >= 0x391 && c <= 0x3A9) || (c >= 0x410 && c <= 0x42F)) return c + 32;
  if (c >= 0x400 && c <= 0x40F) return c + 80;
  return c;
}

void put_utf8(std::string& out, char32_t c) {
  if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | (c >> 12));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (c >> 18));
    out += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
  }
  out += static_cast<char>(0x80 | (c & 0x3F));
}

// Words in small letters without accents, one blank between them. What is a part of the text is a part of this.
std::string folded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  const auto blank = [&] {
    if (!out.empty() && out.back() != ' ') out += ' ';
  };
  while (!text.empty()) {
    const char c = text.front();
    if (static_cast<unsigned char>(c) < 0x80) {
      text.remove_prefix(1);
      if (c >= 'A' && c <= 'Z')
        out += static_cast<char>(c - 'A' + 'a');
      else if ((c >= 'a' && c <= 'z') || is_digit(c))
        out += c;
      else
        blank();
      continue;
    }
    const CodePoint point = decode(text);
    text.remove_prefix(point.size);
    if (is_dropped(point.value)) continue;
    const std::string_view plain = plain_latin(point.value);
    if (!plain.empty())
      out += plain;
    else if (point.value == 0 || is_sign(point.value))
      blank();
    else
      put_utf8(out, lower(point.value));
  }
  return out;
}

std::string trimmed(std::string text) {
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

std::size_t letters_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return c != ' ' && (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string digits_of(std::string_view text) {
  std::string digits;
  for (const char c : text)
    if (is_digit(c)) digits += c;
  return digits;
}

// Signs that stand within a number.
bool joins(char c) {
  return std::string_view(" -./()+").find(c) != std::string_view::npos;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  const auto value = [](char c) {
    return is_digit(c) ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '%' && at + 2 < text.size() && value(text[at + 1]) >= 0 && value(text[at + 2]) >= 0) {
      out += static_cast<char>(value(text[at + 1]) * 16 + value(text[at + 2]));
      at += 2;
    } else {
      out += text[at];
    }
  }
  return out;
}

Error usage(std::string message) {
  return {ErrorKind::kUsage, std::move(message)};
}

const std::string* text_of(const RowCell& cell) {
  return std::get_if<std::string>(&cell);
}

// Cells in front of those of the columns.
std::size_t lead_of(const KindInfo& kind) {
  return kind.origin == Origin::kContent ? kPlaceCells : 0;
}

bool is_dated(const KindInfo& kind) {
  return std::ranges::find(kDatedKinds, kind.name) != kDatedKinds.end();
}

}  // namespace

Result<std::shared_ptr<const Scope>> Scope::make(ScopeText text) {
  auto scope = std::shared_ptr<Scope>(new Scope());
  scope->title_ = std::move(text.title);
  scope->sha256_ = std::move(text.sha256);
  scope->from_ns_ = text.from_ns;
  scope->until_ns_ = text.until_ns;
  if (scope->from_ns_ && scope->until_ns_ && *scope->from_ns_ >= *scope->until_ns_)
    return usage("the period ends before it begins");
  const auto reason_number = [&](const std::string& reason) {
    scope->reasons_.push_back(reason);
    return scope->reasons_.size() - 1;
  };
  scope->period_reason_ = reason_number(text.period_reason);
  scope->no_time_reason_ = reason_number("without a time that would show it to be in the period");
  scope->nobody_reason_ = reason_number("nothing shows whose it is");
  std::size_t words = 0, number = 0;
  for (const ScopeText::Mask& mask : text.masks) {
    ++number;
    const std::size_t reason = reason_number(mask.reason);
    for (const std::string& person : mask.persons) {
      const std::string digits = digits_of(person), word = trimmed(folded(person));
      const bool numeric =
          letters_of(word) > 0 && std::ranges::all_of(word, [](char c) { return c == ' ' || is_digit(c); });
      if (numeric ? digits.size() < kLeastPersonDigits : letters_of(word) < kLeastTermLetters)
        return usage(
            fmt::format("a person of [[mask]] {} is too short: a number has {} digits at least, a name or an "
                        "address {} letters",
                        number, kLeastPersonDigits, kLeastTermLetters));
      if (!numeric) scope->needles_.push_back({word, "", false, reason});
      if (numeric || digits.size() >= kTellingDigits) {
        const bool whole = digits.size() < kTellingDigits;
        scope->needles_.push_back({"", whole ? digits : digits.substr(digits.size() - kTellingDigits), whole, reason});
        scope->has_numbers_ = true;
      }
      scope->has_persons_ = true;
      ++words;
    }
    for (const std::string& term : mask.terms) {
      const std::string word = trimmed(folded(term));
      if (letters_of(word) < kLeastTermLetters)
        return usage(fmt::format("a term of [[mask]] {} is too short: it has {} letters or digits at least", number,
                                 kLeastTermLetters));
      scope->needles_.push_back({word, "", false, reason});
      ++words;
    }
  }
  if (words > kMaxMaskWords) return usage(fmt::format("there are more than {} persons and terms", kMaxMaskWords));
  if (words == 0 && !scope->from_ns_ && !scope->until_ns_) return usage("it masks nothing");
  const auto is_masked = [&](const ScopeText::Mask& mask) { return scope->hides(mask.reason) != nullptr; };
  if (std::ranges::any_of(text.masks, is_masked) || scope->hides(text.period_reason) != nullptr)
    return usage("a reason holds what is masked; reasons are printed, so say it in other words");
  if (scope->hides(scope->title_) != nullptr)
    return usage("the title holds what is masked; it is printed, so say it in other words");
  return std::shared_ptr<const Scope>(std::move(scope));
}

const std::string* Scope::hides(std::string_view text) const {
  if (const auto* const reason = hides_plain(text)) return reason;
  return text.find('%') == std::string_view::npos ? nullptr : hides_plain(percent_decoded(text));
}

const std::string* Scope::hides_plain(std::string_view text) const {
  if (needles_.empty()) return nullptr;
  const std::string words = folded(text);
  for (const Needle& needle : needles_)
    if (!needle.text.empty() && words.find(needle.text) != std::string::npos) return &reasons_[needle.reason];
  return has_numbers_ ? hides_number(text) : nullptr;
}

// A run of digits and of signs that stand within numbers, taken as one number and, where the number is short, as
// several.
const std::string* Scope::hides_number(std::string_view text) const {
  std::size_t at = 0;
  while (at < text.size()) {
    if (!is_digit(text[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    std::string digits;
    std::vector<std::string> parts(1);
    for (; end < text.size() && (is_digit(text[end]) || joins(text[end])); ++end) {
      if (is_digit(text[end])) {
        digits += text[end];
        parts.back() += text[end];
      } else if (!parts.back().empty()) {
        parts.emplace_back();
      }
    }
    at = end;
    if (digits.size() < kLeastPersonDigits) continue;
    for (const Needle& needle : needles_) {
      if (needle.digits.empty()) continue;
      const bool found = needle.whole
                             ? digits == needle.digits || std::ranges::find(parts, needle.digits) != parts.end()
                             : digits.find(needle.digits) != std::string::npos;
      if (found) return &reasons_[needle.reason];
    }
  }
  return nullptr;
}

const std::string* Scope::hides_row(const KindInfo& kind, std::span<const RowCell> cells) const {
  for (const RowCell& cell : cells)
    if (const std::string* const text = text_of(cell))
      if (const auto* const reason = hides(*text)) return reason;
  if (const auto* const reason = hides_time(kind, cells)) return reason;
  return hides_nobodys(kind, cells);
}

const std::string* Scope::hides_time(const KindInfo& kind, std::span<const RowCell> cells) const {
  if ((!from_ns_ && !until_ns_) || !is_dated(kind)) return nullptr;
  for (std::size_t i = 0; i < kind.columns.size(); ++i) {
    if (kind.columns[i].as != As::kTime) continue;
    const auto* const time = std::get_if<std::int64_t>(&cells[lead_of(kind) + i]);
    if (time == nullptr) continue;
    const bool outside = (from_ns_ && *time < *from_ns_) || (until_ns_ && *time >= *until_ns_);
    return outside ? &reasons_[period_reason_] : nullptr;
  }
  return &reasons_[no_time_reason_];
}

const std::string* Scope::hides_nobodys(const KindInfo& kind, std::span<const RowCell> cells) const {
  if (!has_persons_) return nullptr;
  const auto text_at = [&](std::string_view column) -> std::string_view {
    for (std::size_t i = 0; i < kind.columns.size(); ++i)
      if (kind.columns[i].name == column)
        if (const std::string* const text = text_of(cells[lead_of(kind) + i])) return *text;
    return {};
  };
  if (kind.name == "artifact" && text_at("kind") == kFragment) return &reasons_[nobody_reason_];
  if (kind.name != "message") return nullptr;
  const bool told = std::ranges::any_of(kPartyColumns, [&](std::string_view column) {
    const std::string_view text = text_at(column);
    return !text.empty() && text != kOwner;
  });
  return told ? nullptr : &reasons_[nobody_reason_];
}

std::string Scope::mask_path(std::string_view path, const std::string** why) const {
  if (hides(path) == nullptr) return std::string(path);
  std::string out;
  bool any = false;
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string_view part = path.substr(at, end - at);
    const auto* const reason = part.empty() ? nullptr : hides(part);
    if (reason != nullptr) *why = reason, any = true;
    out += reason != nullptr ? kMasked : part;
    if (end < path.size()) out += '/';
    at = end + 1;
  }
  if (any && hides(out) == nullptr) return out;
  // What is masked goes over several parts.
  *why = hides(path);
  out.clear();
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    if (end > at) out += kMasked;
    if (end < path.size()) out += '/';
    at = end + 1;
  }
  return out;
}

}  // namespace limier::catalog
