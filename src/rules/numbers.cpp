#include "rules/numbers.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <vector>

#include "limier/entities.h"

namespace limier::rules {
namespace {

constexpr std::size_t kMaxText = 64u << 10;
constexpr std::size_t kMaxFound = 50;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_word(char c) {
  return is_digit(c) || is_letter(c) || (static_cast<unsigned char>(c) & 0x80u) != 0;
}
char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

class Found {
 public:
  void add(std::string value) {
    if (all_.size() < kMaxFound && std::find(all_.begin(), all_.end(), value) == all_.end())
      all_.push_back(std::move(value));
  }
  [[nodiscard]] std::string text() const {
    std::string joined;
    for (const auto& one : all_) joined += (joined.empty() ? "" : "|") + one;
    return joined;
  }

 private:
  std::vector<std::string> all_;
};

// "3.500", "3 500,50", "3'500": the number and where it ends. A mark with three digits behind it divides thousands.
std::optional<double> take_number(std::string_view text, std::size_t& at) {
  constexpr std::size_t kMaxDigits = 12;
  std::string digits;
  while (at < text.size() && is_digit(text[at]) && digits.size() < kMaxDigits) digits += text[at++];
  if (digits.empty() || (at < text.size() && is_digit(text[at]))) return std::nullopt;
  const auto digits_at = [&](std::size_t from) {
    std::size_t count = 0;
    while (from + count < text.size() && is_digit(text[from + count])) ++count;
    return count;
  };
  while (at < text.size() && (text[at] == '.' || text[at] == ',' || text[at] == ' ' || text[at] == '\'') &&
         digits_at(at + 1) == 3 && digits.size() + 3 <= kMaxDigits) {
    digits += text.substr(at + 1, 3);
    at += 4;
  }
  if (at < text.size() && (text[at] == '.' || text[at] == ',')) {
    const std::size_t count = digits_at(at + 1);
    if (count == 1 || count == 2) {
      digits += '.';
      digits += text.substr(at + 1, count);
      at += 1 + count;
    }
  }
  double value = 0;
  if (std::from_chars(digits.data(), digits.data() + digits.size(), value).ec != std::errc()) return std::nullopt;
  return value;
}

constexpr std::array<std::string_view, 3> kSigns{"\xe2\x82\xac", "$", "\xc2\xa3"};  // euro, dollar, pound
constexpr std::array<std::string_view, 22> kNames{
    "euro", "euros", "eur", "dollar", "dollars", "usd", "usdt", "gbp", "pond",   "pounds", "chf",
    "btc",  "lira",  "tl",  "try",    "dirham",  "dh",  "mad",  "lek", "florin", "gulden", "guilders"};

std::string word_at(std::string_view text, std::size_t at) {
  std::string word;
  while (at < text.size() && is_letter(text[at])) word += static_cast<char>(upper(text[at++]) - 'A' + 'a');
  return word;
}

bool sign_at(std::string_view text, std::size_t at) {
  return std::any_of(kSigns.begin(), kSigns.end(),
                     [&](std::string_view sign) { return text.substr(at).starts_with(sign); });
}

bool sign_before(std::string_view text, std::size_t at) {
  if (at > 0 && text[at - 1] == ' ') --at;
  return std::any_of(kSigns.begin(), kSigns.end(),
                     [&](std::string_view sign) { return text.substr(0, at).ends_with(sign); });
}

}  // namespace

std::string container_numbers(std::string_view text) {
  constexpr std::size_t kLength = 11, kOwner = 3;
  text = text.substr(0, kMaxText);
  Found found;
  for (std::size_t at = 0; at + kLength <= text.size(); ++at) {
    if (!is_letter(text[at]) || (at > 0 && is_word(text[at - 1]))) continue;
    std::string number;
    const std::size_t end = entities::take_spelt(text, at, kLength, number);
    if (number.size() < kLength || (end < text.size() && is_word(text[end]))) continue;
    // The owner's letters stand together, or this is the end of a sentence and a number.
    const bool together = is_letter(text[at + 1]) && is_letter(text[at + 2]) && is_letter(text[at + kOwner]);
    if (together && entities::container_checks(number)) found.add(std::move(number));
  }
  return found.text();
}

std::string ibans(std::string_view text) {
  constexpr std::size_t kShortest = 15;
  text = text.substr(0, kMaxText);
  Found found;
  for (std::size_t at = 0; at + kShortest <= text.size(); ++at) {
    if (!is_letter(text[at]) || (at > 0 && is_word(text[at - 1])) || !is_letter(text[at + 1]) ||
        !is_digit(text[at + 2]) || !is_digit(text[at + 3]))
      continue;
    const std::size_t length = entities::iban_length(std::string{upper(text[at]), upper(text[at + 1])});
    if (length == 0) continue;
    std::string iban;
    const std::size_t end = entities::take_spelt(text, at, length, iban);
    if (iban.size() == length && (end == text.size() || !is_word(text[end])) && entities::iban_checks(iban))
      found.add(std::move(iban));
  }
  return found.text();
}

std::string wallets(std::string_view text) {
  text = text.substr(0, kMaxText);
  Found found;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && is_word(text[end])) ++end;
    if (end > at && entities::bitcoin_checks(text.substr(at, end - at)))
      found.add(std::string(text.substr(at, end - at)));
    at = end + 1;
  }
  return found.text();
}

double largest_amount(std::string_view text) {
  constexpr double kThousand = 1000;
  text = text.substr(0, kMaxText);
  double largest = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!is_digit(text[at]) || (at > 0 && (is_word(text[at - 1]) && !sign_before(text, at)))) continue;
    const std::size_t begin = at;
    std::optional<double> value = take_number(text, at);
    if (!value) {
      while (at < text.size() && is_digit(text[at])) ++at;
      continue;
    }
    bool money = sign_before(text, begin);
    std::string word = word_at(text, at);
    if (word == "k") {
      value = *value * kThousand;
      money = true;
    } else {
      const std::size_t next = at < text.size() && text[at] == ' ' ? at + 1 : at;
      word = word_at(text, next);
      money = money || sign_at(text, next) || std::find(kNames.begin(), kNames.end(), word) != kNames.end();
    }
    if (money) largest = std::max(largest, *value);
    if (at > begin) --at;
  }
  return largest;
}

}  // namespace limier::rules
