#include <algorithm>
#include <array>

#include "limier/people.h"

namespace limier::people {
namespace {

constexpr std::size_t kFewestDigits = 7, kMostDigits = 15;  // of a number with its country code (E.164)
// Of a number without one: below, it is a service ("112", "8850").
constexpr std::size_t kFewestNational = 8;
constexpr std::size_t kMostNational = 10;  // where numbers have no trunk prefix
constexpr std::size_t kLongestEmail = 254;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}
std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// The digits of what is written like a number, with '+' in front where it is; "" for everything else.
std::string dialled(std::string_view text) {
  std::string digits;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_digit(c))
      digits += c;
    else if (c == '+' && digits.empty())
      digits += c;
    else if (std::string_view(" -./()").find(c) != std::string_view::npos)
      continue;
    else if (text.substr(i).starts_with("\xC2\xA0"))  // a blank that does not break
      ++i;
    else
      return {};
  }
  return digits;
}

bool passes_luhn(std::string_view digits) {
  unsigned sum = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    unsigned digit = static_cast<unsigned>(digits[digits.size() - 1 - i] - '0');
    if (i % 2 == 1) digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
    sum += digit;
  }
  return sum % 10 == 0;
}

// Ids that WhatsApp gives: number@server, also with a device behind the number ("32…:12@…", "32….0:12@…").
std::optional<Party> party_of_jid(std::string_view local, std::string_view server) {
  if (server != "s.whatsapp.net" && server != "c.us") return std::nullopt;
  const std::string_view digits = local.substr(0, local.find_first_of(".:"));
  if (digits.size() < kFewestDigits || digits.size() > kMostDigits || !std::ranges::all_of(digits, is_digit))
    return std::nullopt;
  return Party{"number", "+" + std::string(digits)};
}

// Services that know people by what is dialled: only there a number may be written as it is dialled at home, and
// whoever is known by less than a number is a short number or the name of a company. Elsewhere digits are the id of an
// account.
bool is_dialled(std::string_view service) {
  constexpr std::array<std::string_view, 13> kDialled{
      "",         "SMS",       "MMS",       "RCS",          "Google Messages", "iMessage", "Phone",
      "FaceTime", "Telephony", "Voicemail", "Google Voice", "Burner",          "TextNow"};
  return service.starts_with("Contacts") || std::ranges::find(kDialled, service) != kDialled.end();
}

}  // namespace

std::string normal_number(std::string_view stored, const Country* at_home) {
  std::string digits = dialled(trimmed(stored));
  if (digits.starts_with("+")) {
    digits.erase(0, 1);
    // "+32 (0)470": the trunk digit in brackets is not dialled.
    if (const auto bracket = stored.find("(0)"); bracket != std::string_view::npos)
      if (const Country* country = country_of_number("+" + digits);
          country != nullptr && country->trunk == "0" && digits.substr(country->calling.size()).starts_with('0'))
        digits.erase(country->calling.size(), 1);
  } else if (digits.starts_with("00")) {
    digits.erase(0, 2);
  } else {
    if (at_home == nullptr || digits.size() < kFewestNational) return {};
    if (at_home->trunk.empty()) {
      // As long as no number is there, or with the country's own code in front but without a sign of it: either reading
      // may be wrong.
      const bool with_code =
          digits.starts_with(at_home->calling) && digits.size() >= at_home->calling.size() + kFewestNational;
      if (digits.size() > kMostNational || with_code) return {};
    } else {
      // Without it, it is not a number as it is dialled there.
      if (digits.starts_with(at_home->trunk))
        digits.erase(0, at_home->trunk.size());
      else if (at_home->calling == "1" || at_home->calling == "7")
        ;  // both ways are usual
      else
        return {};
    }
    digits.insert(0, at_home->calling);
  }
  if (digits.size() < kFewestDigits || digits.size() > kMostDigits || digits.front() == '0') return {};
  return "+" + digits;
}

std::string normal_email(std::string_view stored) {
  const std::string_view text = trimmed(stored);
  const auto at = text.find('@');
  if (at == std::string_view::npos || at == 0 || text.size() > kLongestEmail) return {};
  const std::string_view local = text.substr(0, at), domain = text.substr(at + 1);
  const auto dot = domain.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || dot + 2 >= domain.size() || domain.front() == '-') return {};
  // RFC 6531: letters outside of ASCII too.
  const auto in_local = [](char c) {
    return static_cast<unsigned char>(c) > ' ' && c != 0x7F && c != '@' && c != ',' && c != ';';
  };
  if (!std::ranges::all_of(local, in_local)) return {};
  if (!std::ranges::all_of(domain, [](char c) {
        return is_digit(c) || is_letter(c) || c == '-' || c == '.' || static_cast<unsigned char>(c) >= 0x80;
      }))
    return {};
  if (domain.find("..") != std::string_view::npos) return {};
  return lower(text);
}

std::optional<Party> party_of(std::string_view stored, std::string_view service, const Country* at_home) {
  std::string_view text = trimmed(stored);
  for (const std::string_view prefix : {"p:", "e:", "P:", "E:", "tel:", "mailto:", "sip:"})
    if (text.starts_with(prefix)) {
      text.remove_prefix(prefix.size());
      break;
    }
  // "Name <address>"
  if (text.ends_with('>'))
    if (const auto open = text.rfind('<'); open != std::string_view::npos)
      text = text.substr(open + 1, text.size() - open - 2);
  if (text.empty()) return std::nullopt;
  if (const auto at = text.find('@'); at != std::string_view::npos) {
    const std::string server = lower(text.substr(at + 1));
    if (server == "s.whatsapp.net" || server == "c.us" || server == "g.us" || server == "lid" ||
        server == "broadcast" || server == "newsletter" || server == "status" || server == "call" || server == "temp")
      return party_of_jid(text.substr(0, at), server);
    if (std::string email = normal_email(text); !email.empty()) return Party{"email", std::move(email)};
  }
  const bool dialled = is_dialled(service);
  if (std::string number = normal_number(text, dialled ? at_home : nullptr); !number.empty())
    return Party{"number", std::move(number)};
  if (dialled || service == "E-mail") return std::nullopt;
  return Party{"handle", lower(service) + ":" + lower(text)};
}

std::string normal_device_id(std::string_view key, std::string_view stored) {
  std::string digits = dialled(trimmed(stored));
  if (digits.empty() || !is_digit(digits.front())) return {};
  if (std::ranges::all_of(digits, [&](char c) { return c == digits.front(); })) return {};
  if (key == "imei") {
    constexpr std::size_t kWithCheck = 15, kWithVersion = 16;
    if (digits.size() == kWithVersion) digits.resize(kWithCheck - 1);  // IMEISV: no check digit
    if (digits.size() == kWithCheck && !passes_luhn(digits)) return {};
    return digits.size() == kWithCheck || digits.size() == kWithCheck - 1 ? digits : std::string();
  }
  if (key == "imsi") return digits.size() >= 14 && digits.size() <= 15 ? digits : std::string();
  if (key == "iccid")
    return digits.size() >= 18 && digits.size() <= 20 && digits.starts_with("89") ? digits : std::string();
  return {};
}

}  // namespace limier::people
