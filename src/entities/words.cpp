#include "entities/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "entities/checks.h"
#include "entities/net.h"
#include "entities/phone.h"
#include "limier/base.h"

namespace limier::entities {
namespace {

struct Issuer {
  std::uint32_t first, last;  // of the first six digits
  std::uint8_t shortest, longest;
};
// ISO/IEC 7812: ranges that card networks use.
constexpr auto kIssuers = std::to_array<Issuer>({
    {340000, 349999, 15, 15},
    {370000, 379999, 15, 15},  // American Express
    {300000, 305999, 14, 14},
    {360000, 369999, 14, 14},
    {380000, 399999, 14, 14},  // Diners
    {352800, 358999, 16, 16},  // JCB
    {400000, 499999, 16, 16},  // Visa
    {510000, 559999, 16, 16},
    {222100, 272099, 16, 16},  // Mastercard
    {500000, 509999, 16, 19},
    {560000, 589999, 16, 19},
    {630000, 639999, 16, 19},
    {670000, 679999, 16, 19},  // Maestro
    {601100, 601199, 16, 16},
    {644000, 659999, 16, 16},  // Discover
    {620000, 629999, 16, 19},  // UnionPay
});

bool is_card(std::string_view digits) {
  constexpr std::size_t kShortest = 14, kLongest = 19, kPrefix = 6;
  if (digits.size() < kShortest || digits.size() > kLongest) return false;
  std::uint32_t prefix = 0;
  std::from_chars(digits.data(), digits.data() + kPrefix, prefix);
  const bool issued = std::ranges::any_of(kIssuers, [&](const Issuer& one) {
    return prefix >= one.first && prefix <= one.last && digits.size() >= one.shortest && digits.size() <= one.longest;
  });
  // Numbers of examples and tables: few different digits.
  std::array<bool, 10> used{};
  for (const char c : digits) used.at(static_cast<std::size_t>(c - '0')) = true;
  return issued && std::ranges::count(used, true) >= 4 && luhn_checks(digits);
}

bool all_digits(std::string_view text) {
  return std::ranges::all_of(text, is_digit);
}

// "0470/12.34.56": digits and how many of them stand in each group, as letters ('a' is none). One separator between
// groups; in brackets a trunk digit that is not dialled, "+32 (0)470".
struct Grouped {
  std::string digits, groups, separators;
  std::vector<std::size_t> ends;  // of each group
};
Grouped read_groups(std::string_view text, std::size_t begin, bool with_code) {
  constexpr std::size_t kMostDigits = 22;
  Grouped read;
  std::size_t at = begin;
  while (at < text.size()) {
    std::size_t end = at;
    while (end < text.size() && is_digit(text[end])) ++end;
    if (end == at || read.digits.size() + (end - at) > kMostDigits) break;
    read.digits += text.substr(at, end - at);
    read.groups += static_cast<char>('a' + (end - at));
    read.ends.push_back(end);
    at = end;
    if (with_code) {
      const std::size_t bracket = text.substr(at).starts_with(" (0)") ? at + 1 : at;
      if (text.substr(bracket).starts_with("(0)")) {
        read.separators += '(';
        at = bracket + 3;
        if (at < text.size() && text[at] == ' ') ++at;
        continue;
      }
    }
    if (at < text.size() && std::string_view(" -./").find(text[at]) != std::string_view::npos)
      read.separators += text[at++];
    else if (text.substr(at).starts_with("\xc2\xa0"))  // a blank that does not break
      read.separators += ' ', at += 2;
    else
      break;
  }
  return read;
}

// 01-02-2024, 2024-02-01, 1.2.24: the groups of a date.
bool begins_as_date(const Grouped& read) {
  if (read.groups.size() < 3 || read.separators[0] != read.separators[1] || read.separators[0] == ' ') return false;
  const auto size = [&](std::size_t group) { return read.groups[group] - 'a'; };
  const bool day_first = size(0) <= 2 && size(1) <= 2 && (size(2) == 4 || size(2) == 2);
  const bool year_first = size(0) == 4 && size(1) <= 2 && size(2) <= 2;
  if (!day_first && !year_first) return false;
  const auto number = [&](std::size_t from, int length) {
    int value = 0;
    std::from_chars(read.digits.data() + from, read.digits.data() + from + length, value);
    return value;
  };
  const int one = number(0, size(0)), two = number(static_cast<std::size_t>(size(0)), size(1));
  if (year_first) return one >= 1900 && one <= 2100 && two >= 1 && two <= 12;
  return (one >= 1 && one <= 31 && two >= 1 && two <= 12) || (one >= 1 && one <= 12 && two >= 1 && two <= 31);
}

// A decimal number with at least four decimals, from its sign on.
std::optional<double> decimal(std::string_view text, std::size_t begin, std::size_t& end) {
  constexpr std::size_t kFewest = 4, kMost = 15;
  std::size_t at = begin;
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
  const std::size_t whole = at;
  while (at < text.size() && is_digit(text[at]) && at - whole < 4) ++at;
  if (at == whole || at - whole > 3 || at >= text.size() || text[at] != '.') return std::nullopt;
  const std::size_t dot = at++;
  while (at < text.size() && is_digit(text[at]) && at - dot <= kMost) ++at;
  if (at - dot - 1 < kFewest || at - dot - 1 > kMost) return std::nullopt;
  double value = 0;
  const std::size_t from = text[begin] == '+' ? begin + 1 : begin;
  if (std::from_chars(text.data() + from, text.data() + at, value).ec != std::errc()) return std::nullopt;
  end = at;
  return value;
}

}  // namespace

void Confirmer::put(Kind kind, Proof proof, std::size_t begin, std::size_t end, std::string normalized) {
  Found& found = found_.emplace_back();
  found.kind = kind;
  found.proof = proof;
  found.begin = begin;
  found.end = end;
  found.normalized = std::move(normalized);
}
void Confirmer::put(std::optional<Found> found) {
  if (found) found_.push_back(std::move(*found));
}

void Confirmer::at_sign(std::size_t place) {
  const char before = place > 0 ? text_[place - 1] : '\0', behind = at(place + 1);
  switch (text_[place]) {
    case '@':
      if (is_alnum(behind)) put(email_at(text_, place, options_.setting));
      break;
    case ':':
      if (behind == '/') put(url_at(text_, place, options_.setting));
      if (is_hex(before) && (is_hex(behind) || behind == ':')) {
        if (at(place + 3) == ':') put(mac_at(text_, place));
        put(ipv6_at(text_, place));
      }
      break;
    case '+':
      if (is_digit(behind)) international(place);
      break;
    case '.':
      if (is_digit(before) && is_digit(behind)) {
        put(ipv4_at(text_, place));
        position(place);
      }
      if (in_text() && is_alnum(before) && is_alnum(behind)) {
        // Once for all dots of a host: at its first.
        std::size_t back = place;
        while (back > 0 && (is_alnum(text_[back - 1]) || text_[back - 1] == '-')) --back;
        if (back == 0 || text_[back - 1] != '.') put(domain_at(text_, place));
      }
      break;
    case '-':
      if (text_.substr(place).starts_with("-----BEGIN ") && before != '-') armour(place);
      if (in_text() && is_hex(before) && is_hex(behind) && at(place + 3) == '-') put(mac_at(text_, place));
      break;
    default:
      break;
  }
}

// The key between the lines, where it can be seen to its end; else that there is one.
void Confirmer::armour(std::size_t begin) {
  constexpr std::string_view kBegin = "-----BEGIN ", kEnd = "-----END ", kClose = "-----";
  constexpr std::size_t kLongestName = 40, kLongestKey = 64u << 10, kLongestInBytes = 7u << 10, kShortestBody = 24;
  const std::size_t name_at = begin + kBegin.size();
  const std::size_t close = text_.substr(name_at, kLongestName).find(kClose);
  if (close == std::string_view::npos) return;
  const std::string_view name = text_.substr(name_at, close);
  const bool pgp = name == "PGP PUBLIC KEY BLOCK" || name == "PGP PRIVATE KEY BLOCK";
  const bool ssh = name == "OPENSSH PRIVATE KEY" || name == "RSA PRIVATE KEY" || name == "DSA PRIVATE KEY" ||
                   name == "EC PRIVATE KEY" || name == "SSH2 PUBLIC KEY";
  if (!pgp && !ssh) return;
  const std::size_t body_at = name_at + close + kClose.size();
  const std::string_view rest = text_.substr(body_at, in_text() ? kLongestKey : kLongestInBytes);
  // A program that reads keys has the same words without one behind them.
  const std::size_t line_end = rest.find_first_not_of("\r\n");
  if (line_end == 0 || line_end == std::string_view::npos) return;
  const auto is_body = [](char c) {
    return is_alnum(c) || std::string_view("+/=\r\n:. ").find(c) != std::string_view::npos;
  };
  const std::string_view first = rest.substr(line_end, kShortestBody);
  if (first.size() < kShortestBody || !std::ranges::all_of(first, is_body)) return;
  const std::size_t body_end = rest.find(kEnd);
  std::size_t end = body_at;
  std::string normalized(name);
  if (body_end != std::string_view::npos) {
    // The same key however its lines end: only the digits of base64 count, and the lines in front of them do not.
    std::string digits;
    std::string_view body = rest.substr(0, body_end);
    while (!body.empty()) {
      const std::size_t newline = body.find('\n');
      const std::string_view line = body.substr(0, newline);
      body.remove_prefix(newline == std::string_view::npos ? body.size() : newline + 1);
      if (line.find(": ") != std::string_view::npos) continue;
      for (const char c : line)
        if (is_alnum(c) || c == '+' || c == '/' || c == '=') digits += c;
    }
    normalized += " sha256:" + hex_digest(*digest_of(as_bytes(digits), {.sha256 = true}).sha256);
    end = body_at + body_end + kEnd.size() + name.size() + kClose.size();
    end = std::min(end, text_.size());
  }
  put(pgp ? Kind::kPgpKey : Kind::kSshKey, Proof::kGrammar, begin, end, std::move(normalized));
}

// "ssh-ed25519 AAAA…": what stands in front says the same as what is encoded (RFC 4253, 6.6).
void Confirmer::ssh_key(std::size_t begin) {
  constexpr std::size_t kShortest = 60, kLongest = 2048;
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kTypes{
      {{"ssh-rsa ", "AAAAB3NzaC1yc2EA"},
       {"ssh-ed25519 ", "AAAAC3NzaC1lZDI1NTE5"},
       {"ssh-dss ", "AAAAB3NzaC1kc3MA"},
       {"ecdsa-sha2-nistp256 ", "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTY"}}};
  for (const auto& [name, head] : kTypes) {
    if (!text_.substr(begin).starts_with(head) || begin < name.size() ||
        text_.substr(begin - name.size(), name.size()) != name)
      continue;
    std::size_t end = begin;
    while (end < text_.size() && end - begin < kLongest &&
           (is_alnum(text_[end]) || text_[end] == '+' || text_[end] == '/'))
      ++end;
    while (end < text_.size() && text_[end] == '=') ++end;
    if (end - begin >= kShortest)
      put(Kind::kSshKey, Proof::kGrammar, begin - name.size(), end,
          std::string(text_.substr(begin - name.size(), end - begin + name.size())));
  }
}

// Latitude and longitude, "51.2345, 4.4567"; a pair, no list of numbers.
void Confirmer::position(std::size_t dot) {
  constexpr double kLatitude = 90, kLongitude = 180;
  std::size_t begin = dot;
  while (begin > 0 && dot - begin < 3 && is_digit(text_[begin - 1])) --begin;
  if (begin > 0 && (text_[begin - 1] == '-' || text_[begin - 1] == '+')) --begin;
  std::size_t end = 0;
  const auto latitude = decimal(text_, begin, end);
  if (!latitude || *latitude < -kLatitude || *latitude > kLatitude) return;
  if (begin > 0 && (is_alnum(text_[begin - 1]) || text_[begin - 1] == '.')) return;
  std::size_t second = end;
  if (at(second) != ',' && at(second) != ';' && at(second) != '/') return;
  ++second;
  if (at(second) == ' ') ++second;
  const auto longitude = decimal(text_, second, end);
  if (!longitude || *longitude < -kLongitude || *longitude > kLongitude || is_alnum(at(end)) || at(end) == '.') return;
  if (*latitude == 0 && *longitude == 0) return;
  // More numbers on either side: a list.
  std::size_t next = end;
  while (at(next) == ',' || at(next) == ' ') ++next;
  if (next > end && at(end) == ',' && (is_digit(at(next)) || at(next) == '-')) return;
  std::size_t before = begin;
  while (before > 0 && (text_[before - 1] == ' ' || text_[before - 1] == ',')) --before;
  if (before > 0 && before < begin && text_[before] == ',' && is_digit(text_[before - 1])) return;
  if (!in_text() &&
      !is_near(text_, begin, end, {"geo:", "gps", "lat", "loc", "position", "maps", "ll=", "coord", "q="}))
    return;
  put(Kind::kGps, Proof::kGrammar, begin, end, fmt::format("{:.6f},{:.6f}", *latitude, *longitude));
}

void Confirmer::international(std::size_t plus) {
  if (plus > 0 && (is_alnum(text_[plus - 1]) || text_[plus - 1] == '+' || text_[plus - 1] == '/')) return;
  const Grouped read = read_groups(text_, plus + 1, true);
  std::string_view digits = read.digits;
  // What is too long may be a number with something else behind it.
  for (std::size_t groups = read.groups.size(); groups > 0; --groups) {
    const std::size_t end = read.ends[groups - 1];
    if (!is_alnum(at(end))) {
      if (std::string number = international_number(digits); !number.empty()) {
        number_end_ = std::max(number_end_, end);
        return put(Kind::kPhone, Proof::kGrammar, plus, end, std::move(number));
      }
    }
    digits.remove_suffix(static_cast<std::size_t>(read.groups[groups - 1] - 'a'));
  }
}

// What digits alone are: a card of a bank, of a telephone, a telephone. `groups`: as they are written.
bool Confirmer::digits_of_things(std::string_view digits, std::string_view groups, std::size_t begin, std::size_t end) {
  constexpr std::size_t kImei = 15;
  const bool whole = groups.size() == 1;
  if (digits.starts_with("89") && (digits.size() == 19 || digits.size() == 20) && luhn_checks(digits) &&
      has_calling_code(digits.substr(2))) {
    put(Kind::kIccid, Proof::kChecksum, begin, end, std::string(digits));
    return true;
  }
  if (digits.size() == kImei && (whole || groups == "cggb") && luhn_checks(digits) &&
      is_near(text_, begin, end, {"imei", "toestelnummer"}) &&
      digits.find_first_not_of(digits[0]) != std::string_view::npos) {
    put(Kind::kImei, Proof::kChecksum, begin, end, std::string(digits));
    return true;
  }
  if (digits.size() == kImei && whole && digits[0] >= '2' && digits[0] <= '7' && is_near(text_, begin, end, {"imsi"}) &&
      people::country_by_mcc(digits) != nullptr) {
    put(Kind::kImsi, Proof::kGrammar, begin, end, std::string(digits));
    return true;
  }
  // 4-4-4-4, with up to three more, or 4-6-4 and 4-6-5.
  const bool as_on_card = groups == "eeee" || groups == "eeeed" || groups == "egf" || groups == "ege";
  if ((whole || as_on_card) && is_card(digits) &&
      (in_text() || as_on_card ||
       is_near(text_, begin, end, {"card", "visa", "mastercard", "pan", "carte", "kaart"}))) {
    put(Kind::kCard, Proof::kChecksum, begin, end, std::string(digits));
    return true;
  }
  return false;
}

// kText: digits in groups, from the first one on.
void Confirmer::number(std::size_t begin) {
  constexpr std::size_t kShortest = 8;
  if (begin < number_end_) return;
  const char before = begin > 0 ? text_[begin - 1] : ' ';
  if (before == '+' || before == '.' || before == ',' || before == '-' || before == '/' || before == '#') {
    // In the middle of something longer, if what stands in front of the sign is a part of it.
    if (before == '+' || before == '#' || (begin > 1 && is_alnum(text_[begin - 2]))) return;
  }
  const Grouped read = read_groups(text_, begin, false);
  if (read.digits.size() < kShortest) return;
  if (begins_as_date(read)) return;
  std::string_view digits = read.digits, groups = read.groups;
  while (digits.size() >= kShortest) {
    const std::size_t end = read.ends[groups.size() - 1];
    const bool ends = !is_alnum(at(end)) && (static_cast<unsigned char>(at(end)) & 0x80u) == 0;
    if (ends) {
      std::string number;
      if (digits.starts_with("00"))
        number = international_number(digits.substr(2));
      else if (groups.size() == 1 || groups[0] > 'b')  // "0.612345678" is a number of another kind
        number = national_number(digits, options_.at_home);
      if (digits_of_things(digits, groups, begin, end) || !number.empty()) {
        if (!number.empty()) put(Kind::kPhone, Proof::kGrammar, begin, end, std::move(number));
        number_end_ = end;
        return;
      }
    }
    digits.remove_suffix(static_cast<std::size_t>(groups.back() - 'a'));
    groups.remove_suffix(1);
    if (groups.empty()) return;
  }
}

bool Confirmer::wallet(std::string_view word, std::size_t begin, std::size_t end) {
  constexpr std::size_t kShortest = 26, kOnion = 56;
  if (word.size() < kShortest) return false;
  const auto take = [&](Kind kind, std::string normalized) {
    put(kind, Proof::kChecksum, begin, end, std::move(normalized));
    return true;
  };
  const auto lower = [&] {
    std::string small(word);
    std::ranges::transform(small, small.begin(), to_lower);
    return small;
  };
  switch (word[0]) {
    case '1':
    case '3':
    case 'b':
      return bitcoin_checks(word) && take(Kind::kBitcoin, std::string(word));
    case 'B':
      // Bech32 may be written in capitals.
      return std::ranges::none_of(word, is_lower) && bitcoin_checks(lower()) && take(Kind::kBitcoin, lower());
    case 'L':
    case 'M':
    case 'l':
      if (litecoin_checks(word)) return take(Kind::kLitecoin, std::string(word));
      break;
    case 'T':
      if (tron_checks(word)) return take(Kind::kTron, std::string(word));
      break;
    case '4':
    case '8':
      if (monero_checks(word)) return take(Kind::kMonero, std::string(word));
      break;
    case '0':
      if (const auto proof = ethereum_checks(word)) {
        const bool mixed = *proof == Proof::kChecksum;
        if (!mixed &&
            !is_near(text_, begin, end, {"eth", "wallet", "metamask", "erc20", "erc-20", "usdt", "usdc", "ledger"}))
          return false;
        put(Kind::kEthereum, *proof, begin, end, mixed ? std::string(word) : lower());
        return true;
      }
      break;
    default:
      break;
  }
  if (word.size() == kOnion && text_.substr(end).starts_with(".onion") && !is_alnum(at(end + 6)) &&
      onion_checks(word)) {
    put(Kind::kOnion, Proof::kChecksum, begin, end + 6, lower() + ".onion");
    return true;
  }
  return false;
}

void Confirmer::at_run(std::size_t begin, std::size_t end) {
  constexpr std::size_t kContainer = 11, kIban = 15, kLongestIban = 34, kIbanHead = 4;
  const std::string_view word = text_.substr(begin, end - begin);
  if (word.size() < kShortestRun) return;
  if (word.starts_with("AAAA")) ssh_key(begin);
  if (word.size() > kLongestRun) return;
  if (in_text() && behind_letter(text_, begin)) return;
  if (wallet(word, begin, end)) return;
  if (in_text()) return;  // the rest is found by its groups
  if (is_digit(word[0])) {
    if (all_digits(word)) digits_of_things(word, std::string(1, static_cast<char>('a' + word.size())), begin, end);
    return;
  }
  // Capitals alone: in bytes the rest is a word of a program.
  if (word.size() == kContainer && container_checks(word))
    return put(Kind::kContainer, Proof::kChecksum, begin, end, std::string(word));
  if (word.size() >= kIban && word.size() <= kLongestIban && is_digit(word[2]) && is_digit(word[kIbanHead - 1]) &&
      iban_checks(word))
    put(Kind::kIban, Proof::kChecksum, begin, end, std::string(word));
}

void Confirmer::at_group(std::size_t begin) {
  constexpr std::size_t kContainer = 11, kOwner = 3;
  if (is_digit(text_[begin])) return number(begin);
  if (behind_letter(text_, begin)) return;
  const auto ends_at = [&](std::size_t end) {
    return !is_alnum(at(end)) &&
           ((static_cast<unsigned char>(at(end)) & 0x80u) == 0 || at(end) == '\xe2' || at(end) == '\xc2');
  };
  if (is_letter(at(begin + 1)) && is_digit(at(begin + 2)) && is_digit(at(begin + 3))) {
    const std::string code{to_upper(text_[begin]), to_upper(text_[begin + 1])};
    if (const std::size_t length = iban_length(code); length > 0) {
      std::string iban;
      const std::size_t end = take_spelt(text_, begin, length, iban);
      if (iban.size() == length && ends_at(end) && iban_checks(iban))
        put(Kind::kIban, Proof::kChecksum, begin, end, std::move(iban));
    }
  }
  // The owner's letters stand together, or this is the end of a sentence and a number.
  if (is_letter(at(begin + 1)) && is_letter(at(begin + 2)) && is_letter(at(begin + kOwner))) {
    std::string number;
    const std::size_t end = take_spelt(text_, begin, kContainer, number);
    if (ends_at(end) && container_checks(number))
      put(Kind::kContainer, Proof::kChecksum, begin, end, std::move(number));
  }
}

void settle(std::vector<Found>& found, std::size_t first) {
  const auto begin = found.begin() + static_cast<std::ptrdiff_t>(first);
  std::stable_sort(begin, found.end(), [](const Found& a, const Found& b) {
    if (a.begin != b.begin) return a.begin < b.begin;
    return a.end != b.end ? a.end > b.end : a.kind < b.kind;
  });
  // A host or a number inside of something longer is that, and a number that checks is no telephone. Of ids in
  // addresses of the web one in ten checks as a card's.
  std::vector<Found> kept;
  std::size_t covered = 0, url_end = 0;
  for (auto one = begin; one != found.end(); ++one) {
    const bool weak = one->kind == Kind::kDomain || one->kind == Kind::kPhone || one->kind == Kind::kIpv4;
    const bool is_id = one->kind == Kind::kCard || one->kind == Kind::kIccid || one->kind == Kind::kImei;
    if ((weak && one->end <= covered) || (is_id && one->end <= url_end)) continue;
    covered = std::max(covered, one->end);
    if (one->kind == Kind::kUrl) url_end = std::max(url_end, one->end);
    kept.push_back(std::move(*one));
  }
  found.erase(begin, found.end());
  std::move(kept.begin(), kept.end(), std::back_inserter(found));
}

}  // namespace limier::entities
