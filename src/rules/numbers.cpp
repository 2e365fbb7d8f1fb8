#include "rules/numbers.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

#include "limier/base.h"

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

// `count` letters or digits from `at` on, with at most one blank, dash or slash between two of them; where they end.
std::size_t take_spelt(std::string_view text, std::size_t at, std::size_t count, std::string& out) {
  bool gap = true;  // none before the first
  while (at < text.size() && out.size() < count) {
    const char c = text[at];
    if (is_digit(c) || is_letter(c)) {
      out += upper(c);
      gap = false;
    } else if (gap || (c != ' ' && c != '-' && c != '/' && c != '.')) {
      break;
    } else {
      gap = true;
    }
    ++at;
  }
  return at;
}

// Letters count from 10 on, without the multiples of 11.
bool container_checks(std::string_view number) {
  constexpr std::size_t kChecked = 10;
  int sum = 0;
  for (std::size_t i = 0; i < kChecked; ++i) {
    int value = number[i] - '0';
    if (is_letter(number[i])) {
      value = number[i] - 'A' + 10;
      value += (value - 1) / 10;
    }
    sum += value << i;
  }
  return sum % 11 % 10 == number[kChecked] - '0';
}

struct Country {
  std::string_view code;
  std::size_t length;
};
// The registry of ISO 13616.
constexpr std::array kCountries{
    Country{"AD", 24}, Country{"AE", 23}, Country{"AL", 28}, Country{"AT", 20}, Country{"AZ", 28}, Country{"BA", 20},
    Country{"BE", 16}, Country{"BG", 22}, Country{"BH", 22}, Country{"BR", 29}, Country{"BY", 28}, Country{"CH", 21},
    Country{"CR", 22}, Country{"CY", 28}, Country{"CZ", 24}, Country{"DE", 22}, Country{"DK", 18}, Country{"DO", 28},
    Country{"EE", 20}, Country{"EG", 29}, Country{"ES", 24}, Country{"FI", 18}, Country{"FO", 18}, Country{"FR", 27},
    Country{"GB", 22}, Country{"GE", 22}, Country{"GI", 23}, Country{"GL", 18}, Country{"GR", 27}, Country{"GT", 28},
    Country{"HR", 21}, Country{"HU", 28}, Country{"IE", 22}, Country{"IL", 23}, Country{"IS", 26}, Country{"IT", 27},
    Country{"JO", 30}, Country{"KW", 30}, Country{"KZ", 20}, Country{"LB", 28}, Country{"LI", 21}, Country{"LT", 20},
    Country{"LU", 20}, Country{"LV", 21}, Country{"MC", 27}, Country{"MD", 24}, Country{"ME", 22}, Country{"MK", 19},
    Country{"MT", 31}, Country{"MU", 30}, Country{"NL", 18}, Country{"NO", 15}, Country{"PK", 24}, Country{"PL", 28},
    Country{"PS", 29}, Country{"PT", 25}, Country{"QA", 29}, Country{"RO", 24}, Country{"RS", 22}, Country{"SA", 24},
    Country{"SE", 24}, Country{"SI", 19}, Country{"SK", 24}, Country{"SM", 27}, Country{"TN", 24}, Country{"TR", 26},
    Country{"UA", 29}, Country{"VG", 24}, Country{"XK", 20}};

bool iban_checks(std::string_view iban) {
  int rest = 0;
  const auto take = [&](char c) {
    if (is_digit(c))
      rest = (rest * 10 + (c - '0')) % 97;
    else
      rest = (rest * 100 + (c - 'A' + 10)) % 97;
  };
  for (const char c : iban.substr(4)) take(c);
  for (const char c : iban.substr(0, 4)) take(c);
  return rest == 1;
}

constexpr std::string_view kBase58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

// 25 bytes: version, 20 bytes, four of the digest of the digest.
bool base58_checks(std::string_view word) {
  constexpr std::size_t kBytes = 25, kPayload = 21;
  std::array<std::uint8_t, kBytes> bytes{};
  for (const char c : word) {
    const auto value = kBase58.find(c);
    if (value == std::string_view::npos) return false;
    auto carry = static_cast<unsigned>(value);
    for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte) {
      carry += 58u * *byte;
      *byte = static_cast<std::uint8_t>(carry & 0xffu);
      carry >>= 8u;
    }
    if (carry != 0) return false;
  }
  const auto once = *digest_of(Bytes(bytes).first(kPayload), {.sha256 = true}).sha256;
  const auto twice = *digest_of(Bytes(once), {.sha256 = true}).sha256;
  return std::equal(bytes.begin() + kPayload, bytes.end(), twice.begin());
}

constexpr std::string_view kBech32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

// BIP 173 and 350, with the part "bc" in front.
bool bech32_checks(std::string_view word) {
  constexpr std::array<std::uint32_t, 5> kGenerator{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
  constexpr std::uint32_t kPlain = 1, kModified = 0x2bc830a3;
  std::uint32_t sum = 1;
  const auto take = [&](std::uint32_t value) {
    const std::uint32_t top = sum >> 25u;
    sum = ((sum & 0x1ffffffu) << 5u) ^ value;
    for (std::size_t i = 0; i < kGenerator.size(); ++i)
      if (((top >> i) & 1u) != 0) sum ^= kGenerator[i];
  };
  for (const char c : {'b', 'c'}) take(static_cast<std::uint32_t>(c) >> 5u);
  take(0);
  for (const char c : {'b', 'c'}) take(static_cast<std::uint32_t>(c) & 31u);
  for (const char c : word.substr(3)) {
    const auto value = kBech32.find(c);
    if (value == std::string_view::npos) return false;
    take(static_cast<std::uint32_t>(value));
  }
  return sum == kPlain || sum == kModified;
}

bool is_wallet(std::string_view word) {
  constexpr std::size_t kShortestBase58 = 26, kLongestBase58 = 35, kShortestBech32 = 42, kLongestBech32 = 62;
  if ((word[0] == '1' || word[0] == '3') && word.size() >= kShortestBase58 && word.size() <= kLongestBase58)
    return base58_checks(word);
  return word.starts_with("bc1") && word.size() >= kShortestBech32 && word.size() <= kLongestBech32 &&
         bech32_checks(word);
}

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
  constexpr std::size_t kLength = 11, kOwner = 3, kFirstDigit = 4;
  text = text.substr(0, kMaxText);
  Found found;
  for (std::size_t at = 0; at + kLength <= text.size(); ++at) {
    if (!is_letter(text[at]) || (at > 0 && is_word(text[at - 1]))) continue;
    std::string number;
    const std::size_t end = take_spelt(text, at, kLength, number);
    if (number.size() < kLength || (end < text.size() && is_word(text[end]))) continue;
    const bool letters = std::all_of(number.begin(), number.begin() + kFirstDigit, is_letter);
    const bool digits = std::all_of(number.begin() + kFirstDigit, number.end(), is_digit);
    // The owner's letters stand together, or this is the end of a sentence and a number.
    const bool together = is_letter(text[at + 1]) && is_letter(text[at + 2]) && is_letter(text[at + kOwner]);
    if (letters && digits && together && (number[kOwner] == 'U' || number[kOwner] == 'J' || number[kOwner] == 'Z') &&
        container_checks(number))
      found.add(std::move(number));
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
    const std::string code{upper(text[at]), upper(text[at + 1])};
    const auto country =
        std::find_if(kCountries.begin(), kCountries.end(), [&](const auto& c) { return c.code == code; });
    if (country == kCountries.end()) continue;
    std::string iban;
    const std::size_t end = take_spelt(text, at, country->length, iban);
    if (iban.size() == country->length && (end == text.size() || !is_word(text[end])) && iban_checks(iban))
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
    if (end > at && is_wallet(text.substr(at, end - at))) found.add(std::string(text.substr(at, end - at)));
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
