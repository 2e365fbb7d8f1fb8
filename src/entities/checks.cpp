#include "entities/checks.h"

#include <algorithm>
#include <vector>

#include "limier/base.h"

namespace limier::entities {
namespace {

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

constexpr std::string_view kBase58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr std::string_view kBech32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr std::string_view kBase32 = "abcdefghijklmnopqrstuvwxyz234567";

// The number that these digits are, into `bytes` from the end; false: another character, or too large.
bool from_base58(std::string_view word, std::span<std::uint8_t> bytes) {
  std::fill(bytes.begin(), bytes.end(), std::uint8_t{0});
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
  return true;
}

}  // namespace

std::size_t take_spelt(std::string_view text, std::size_t at, std::size_t count, std::string& out) {
  bool gap = true;  // none before the first
  while (at < text.size() && out.size() < count) {
    const char c = text[at];
    if (is_alnum(c)) {
      out += to_upper(c);
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
  constexpr std::size_t kLength = 11, kLetters = 4, kChecked = 10;
  if (number.size() != kLength) return false;
  int sum = 0;
  for (std::size_t i = 0; i < kLength; ++i)
    if (i < kLetters ? !is_upper(number[i]) : !is_digit(number[i])) return false;
  const char category = number[kLetters - 1];
  if (category != 'U' && category != 'J' && category != 'Z') return false;
  for (std::size_t i = 0; i < kChecked; ++i) {
    int value = number[i] - '0';
    if (i < kLetters) {
      value = number[i] - 'A' + 10;
      value += (value - 1) / 10;
    }
    sum += value << i;
  }
  return sum % 11 % 10 == number[kChecked] - '0';
}

std::size_t iban_length(std::string_view country) {
  const auto found = std::ranges::find(kCountries, country, &Country::code);
  return found == kCountries.end() ? 0 : found->length;
}

bool iban_checks(std::string_view iban) {
  if (iban.size() < 5 || iban_length(iban.substr(0, 2)) != iban.size()) return false;
  int rest = 0;
  const auto take = [&](char c) {
    if (is_digit(c))
      rest = (rest * 10 + (c - '0')) % 97;
    else
      rest = (rest * 100 + (c - 'A' + 10)) % 97;
  };
  if (!std::ranges::all_of(iban, [](char c) { return is_digit(c) || is_upper(c); })) return false;
  for (const char c : iban.substr(4)) take(c);
  for (const char c : iban.substr(0, 4)) take(c);
  return rest == 1;
}

bool luhn_checks(std::string_view digits) {
  int sum = 0;
  bool second = false;
  for (auto c = digits.rbegin(); c != digits.rend(); ++c, second = !second) {
    if (!is_digit(*c)) return false;
    const int digit = (*c - '0') * (second ? 2 : 1);
    sum += digit > 9 ? digit - 9 : digit;
  }
  return sum % 10 == 0;
}

int base58check_version(std::string_view word) {
  constexpr std::size_t kBytes = 25, kPayload = 21, kShortest = 26, kLongest = 35;
  if (word.size() < kShortest || word.size() > kLongest) return -1;
  std::array<std::uint8_t, kBytes> bytes{};
  if (!from_base58(word, bytes)) return -1;
  // A zero byte in front is written as one '1', and nothing else is.
  std::size_t ones = 0, zeros = 0;
  while (ones < word.size() && word[ones] == '1') ++ones;
  while (zeros < kBytes && bytes[zeros] == 0) ++zeros;
  if (ones != zeros) return -1;
  const auto once = *digest_of(Bytes(bytes).first(kPayload), {.sha256 = true}).sha256;
  const auto twice = *digest_of(Bytes(once), {.sha256 = true}).sha256;
  return std::equal(bytes.begin() + kPayload, bytes.end(), twice.begin()) ? bytes[0] : -1;
}

bool bech32_checks(std::string_view word, std::string_view front) {
  constexpr std::array<std::uint32_t, 5> kGenerator{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
  constexpr std::uint32_t kPlain = 1, kModified = 0x2bc830a3;
  constexpr std::size_t kSum = 6, kMostData = 65, kVersionZeroShort = 39, kVersionZeroLong = 59;
  if (!word.starts_with(front) || word.size() < front.size() + 2 + kSum || word[front.size()] != '1') return false;
  const std::string_view data = word.substr(front.size() + 1);
  if (data.size() > kMostData) return false;
  std::uint32_t sum = 1;
  const auto take = [&](std::uint32_t value) {
    const std::uint32_t top = sum >> 25u;
    sum = ((sum & 0x1ffffffu) << 5u) ^ value;
    for (std::size_t i = 0; i < kGenerator.size(); ++i)
      if (((top >> i) & 1u) != 0) sum ^= kGenerator[i];
  };
  for (const char c : front) take(static_cast<std::uint32_t>(c) >> 5u);
  take(0);
  for (const char c : front) take(static_cast<std::uint32_t>(c) & 31u);
  for (const char c : data) {
    const auto value = kBech32.find(c);
    if (value == std::string_view::npos) return false;
    take(static_cast<std::uint32_t>(value));
  }
  if (data.front() == 'q')
    return sum == kPlain && (data.size() == kVersionZeroShort || data.size() == kVersionZeroLong);
  return sum == kModified;
}

bool bitcoin_checks(std::string_view word) {
  constexpr int kKeyHash = 0x00, kScriptHash = 0x05;
  if (word.empty()) return false;
  if (word[0] == '1') return base58check_version(word) == kKeyHash;
  if (word[0] == '3') return base58check_version(word) == kScriptHash;
  return bech32_checks(word, "bc");
}

bool litecoin_checks(std::string_view word) {
  constexpr int kKeyHash = 0x30, kScriptHash = 0x32;
  if (word.empty()) return false;
  if (word[0] == 'L') return base58check_version(word) == kKeyHash;
  if (word[0] == 'M') return base58check_version(word) == kScriptHash;
  return bech32_checks(word, "ltc");
}

bool tron_checks(std::string_view word) {
  constexpr int kVersion = 0x41;
  return !word.empty() && word[0] == 'T' && base58check_version(word) == kVersion;
}

// Blocks of eleven digits for eight bytes, the last of the rest; network byte, keys, four bytes of the digest.
bool monero_checks(std::string_view word) {
  constexpr std::size_t kDigits = 11, kBlock = 8, kPlain = 95, kIntegrated = 106, kSum = 4;
  constexpr std::size_t kPlainBytes = 69, kIntegratedBytes = 77;
  constexpr std::array<std::uint8_t, 3> kNetworks{18, 19, 42};
  if (word.size() != kPlain && word.size() != kIntegrated) return false;
  std::vector<std::uint8_t> bytes(word.size() == kPlain ? kPlainBytes : kIntegratedBytes);
  for (std::size_t from = 0, to = 0; from < word.size(); from += kDigits, to += kBlock) {
    const std::string_view digits = word.substr(from, kDigits);
    if (!from_base58(digits, std::span(bytes).subspan(to, std::min(kBlock, bytes.size() - to)))) return false;
  }
  if (std::ranges::find(kNetworks, bytes[0]) == kNetworks.end() || (bytes[0] == 19) != (word.size() == kIntegrated))
    return false;
  const auto digest = keccak256(Bytes(bytes).first(bytes.size() - kSum), kKeccakPad);
  return std::equal(bytes.end() - kSum, bytes.end(), digest.begin());
}

// 32 bytes of key, two of the digest, the version.
bool onion_checks(std::string_view label) {
  constexpr std::size_t kLength = 56, kKey = 32, kBytes = 35;
  constexpr std::uint8_t kVersion = 3;
  if (label.size() != kLength) return false;
  std::array<std::uint8_t, kBytes> bytes{};
  std::uint32_t held = 0;
  int bits = 0;
  std::size_t at = 0;
  for (const char c : label) {
    const auto value = kBase32.find(to_lower(c));
    if (value == std::string_view::npos) return false;
    held = held << 5u | static_cast<std::uint32_t>(value);
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = static_cast<std::uint8_t>(held >> bits & 0xffu);
  }
  if (bytes[kBytes - 1] != kVersion) return false;
  constexpr std::string_view kSalt = ".onion checksum";
  std::array<std::uint8_t, kSalt.size() + kKey + 1> signed_part{};
  std::copy(kSalt.begin(), kSalt.end(), signed_part.begin());
  std::copy_n(bytes.begin(), kKey, signed_part.begin() + kSalt.size());
  signed_part.back() = kVersion;
  const auto digest = keccak256(signed_part, kSha3Pad);
  return digest[0] == bytes[kKey] && digest[1] == bytes[kKey + 1];
}

std::optional<Proof> ethereum_checks(std::string_view word) {
  constexpr std::size_t kLength = 42;
  if (word.size() != kLength || !word.starts_with("0x")) return std::nullopt;
  const std::string_view digits = word.substr(2);
  std::string small;
  bool lower = false, upper = false;
  for (const char c : digits) {
    if (!is_hex(c)) return std::nullopt;
    lower = lower || is_lower(c);
    upper = upper || is_upper(c);
    small += to_lower(c);
  }
  if (!lower || !upper) return Proof::kGrammar;
  const auto digest = keccak256(as_bytes(small), kKeccakPad);
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const unsigned nibble = i % 2 == 0 ? digest[i / 2] >> 4u : digest[i / 2] & 15u;
    if (is_letter(digits[i]) && is_upper(digits[i]) != (nibble >= 8)) return std::nullopt;
  }
  return Proof::kChecksum;
}

}  // namespace limier::entities
