// Addresses and dates in the head of a message: RFC 5322, sections 3.3, 3.4, 4.3 and 4.4.
#include <algorithm>
#include <array>

#include "content/mail_header.h"
#include "limier/base.h"

namespace limier::content {
namespace {

// Reads a list of addresses in one pass, without looking back.
class AddressReader {
 public:
  explicit AddressReader(const Charsets& charsets) : charsets_(charsets) {}

  std::vector<MailAddress> read(std::string_view value) {
    for (std::size_t at = 0; at < value.size() && found_.size() < kMaxAddresses; ++at) take(value, at);
    finish();
    return std::move(found_);
  }

 private:
  void take(std::string_view value, std::size_t& at) {
    const char c = value[at];
    if (comments_ > 0) {
      if (c == '\\' && at + 1 < value.size()) {
        comment_ += value[++at];
      } else if (c == ')') {
        if (--comments_ > 0) comment_ += c;
      } else {
        comments_ += c == '(' ? 1u : 0u;
        comment_ += c;
      }
      return;
    }
    if (quoted_) {
      if (c == '\\' && at + 1 < value.size()) {
        word() += value[++at];
      } else if (c == '"') {
        quoted_ = false;
        if (in_angle_) word() += c;
      } else {
        word() += c;
      }
      return;
    }
    if (in_literal_) {
      in_literal_ = c != ']';
      word() += c;
      return;
    }
    take_special(c);
  }

  void take_special(char c) {
    switch (c) {
      case '"':
        quoted_ = true;
        if (in_angle_) word() += c;
        return;
      case '(':
        comments_ = 1;
        comment_.clear();
        return;
      case '[':
        in_literal_ = true;
        word() += c;
        return;
      case '<':
        if (had_angle_) break;
        in_angle_ = had_angle_ = true;
        return;
      case '>':
        in_angle_ = false;
        return;
      case ':':  // the name of a group ends here; in brackets it is a route
        if (in_angle_ || phrase_.find('@') != std::string::npos) break;
        phrase_.clear();
        return;
      case ',':
      case ';':
        if (in_angle_ && c == ',') break;  // of a route
        finish();
        return;
      default:
        break;
    }
    word() += c;
  }

  std::string& word() { return in_angle_ ? angle_ : phrase_; }

  void finish() {
    MailAddress one;
    const std::string_view phrase = trimmed_text(phrase_);
    std::string_view angle = trimmed_text(angle_);
    if (angle.starts_with('@') && angle.find(':') != std::string_view::npos) angle.remove_prefix(angle.find(':') + 1);
    if (had_angle_ && !angle.empty()) {
      one.address = std::string(angle);
      one.name = decoded_words(phrase.empty() ? trimmed_text(comment_) : phrase, charsets_);
    } else if (phrase.find_first_of(" \t") == std::string_view::npos && !phrase.starts_with("=?")) {
      one.address = std::string(phrase);
      one.name = decoded_words(trimmed_text(comment_), charsets_);
    } else {
      one.name = decoded_words(phrase, charsets_);
    }
    if (!one.address.empty() || !one.name.empty()) found_.push_back(std::move(one));
    phrase_.clear();
    angle_.clear();
    comment_.clear();
    in_angle_ = had_angle_ = quoted_ = in_literal_ = false;
    comments_ = 0;
  }

  const Charsets& charsets_;
  std::vector<MailAddress> found_;
  std::string phrase_, angle_, comment_;
  unsigned comments_ = 0;
  bool quoted_ = false, in_angle_ = false, had_angle_ = false, in_literal_ = false;
};

constexpr std::array<std::string_view, 12> kMonths{"jan", "feb", "mar", "apr", "may", "jun",
                                                   "jul", "aug", "sep", "oct", "nov", "dec"};

struct Zone {
  std::string_view name;
  int minutes;
};
constexpr Zone kZones[] = {{"ut", 0},     {"utc", 0},    {"gmt", 0},    {"z", 0},      {"est", -300}, {"edt", -240},
                           {"cst", -360}, {"cdt", -300}, {"mst", -420}, {"mdt", -360}, {"pst", -480}, {"pdt", -420}};

std::optional<int> number_of(std::string_view text, std::size_t most_digits) {
  if (text.empty() || text.size() > most_digits) return std::nullopt;
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

// Of "Wed, 17 May 2000 19:08:29 -0400 (EDT)", without comments.
std::vector<std::string> date_words(std::string_view value) {
  constexpr std::size_t kMaxWords = 12, kMaxDateBytes = 200;
  std::vector<std::string> words(1);
  int comments = 0;
  for (const char c : value.substr(0, kMaxDateBytes)) {
    if (c == '(') ++comments;
    if (c == ')' && comments > 0) {
      --comments;
      continue;
    }
    if (comments > 0) continue;
    if (c == ' ' || c == '\t' || c == ',') {
      if (!words.back().empty() && words.size() < kMaxWords) words.emplace_back();
    } else {
      words.back() += c;
    }
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

std::optional<int> month_of(std::string_view word) {
  const std::string name = lower_letters(word.substr(0, 3));
  const auto month = std::ranges::find(kMonths, name);
  if (month == kMonths.end() || word.size() < 3) return std::nullopt;
  return static_cast<int>(month - kMonths.begin()) + 1;
}

bool read_clock(std::string_view word, Civil& time) {
  const std::size_t first = word.find(':');
  if (first == std::string_view::npos) return false;
  const std::size_t second = word.find(':', first + 1);
  const auto hour = number_of(word.substr(0, first), 2);
  const auto minute =
      number_of(word.substr(first + 1, second == std::string_view::npos ? second : second - first - 1), 2);
  const auto seconds = second == std::string_view::npos ? std::optional(0) : number_of(word.substr(second + 1), 2);
  if (!hour || !minute || !seconds) return false;
  time.hour = *hour;
  time.minute = *minute;
  time.second = std::min(*seconds, 59 + (*seconds > 60 ? 99 : 0));  // a leap second is the one before it
  return true;
}

std::optional<int> zone_minutes(std::string_view word) {
  if (word.size() == 5 && (word[0] == '+' || word[0] == '-')) {
    const auto digits = number_of(word.substr(1), 4);
    if (!digits || *digits % 100 > 59) return std::nullopt;
    const int minutes = *digits / 100 * 60 + *digits % 100;
    return word[0] == '-' ? -minutes : minutes;
  }
  for (const Zone& zone : kZones)
    if (equal_letters(word, zone.name)) return zone.minutes;
  return std::nullopt;
}

}  // namespace

std::vector<MailAddress> parse_addresses(std::string_view value, const Charsets& charsets) {
  return AddressReader(charsets).read(value);
}

std::optional<std::int64_t> parse_mail_date(std::string_view value) {
  const auto words = date_words(value);
  std::size_t at = 0;
  // The day of the week says nothing.
  if (at < words.size() && words[at].find_first_of("0123456789") == std::string::npos && !month_of(words[at])) ++at;
  if (words.size() < at + 5) return std::nullopt;
  Civil time;
  const auto day = number_of(words[at], 2), month = month_of(words[at + 1]);
  const auto year = number_of(words[at + 2], 4);
  const auto zone = zone_minutes(words[at + 4]);
  if (!day || !month || !year || !zone || !read_clock(words[at + 3], time)) return std::nullopt;
  time.day = *day;
  time.month = *month;
  time.year = *year;
  if (words[at + 2].size() == 2) time.year += *year < 50 ? 2000 : 1900;
  if (words[at + 2].size() == 3) time.year += 1900;
  const auto seconds = civil_seconds(time);
  if (!seconds) return std::nullopt;
  return time_from_parts(*seconds - *zone * 60, 0);
}

}  // namespace limier::content
