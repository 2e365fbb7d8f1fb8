#include "limier/base/times.h"

#include <array>
#include <cstddef>
#include <ctime>

namespace limier {
namespace {

constexpr std::int64_t kSecondsPerDay = 86'400;
// A Gregorian cycle: 400 years, and the days from 0000-03-01 to 1970-01-01.
constexpr std::int64_t kYearsPerCycle = 400;
constexpr std::int64_t kDaysPerCycle = 146'097;
constexpr std::int64_t kDaysBeforeEpoch = 719'468;

struct Date {
  std::int64_t year;
  int month;  // 1..12
  int day;    // 1..31
};

constexpr std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

// Years are counted from March, so that the leap day is the last day of its year and month lengths follow one formula.
constexpr std::int64_t days_from_date(const Date& date) {
  const std::int64_t year = date.month <= 2 ? date.year - 1 : date.year;
  const std::int64_t cycle = floor_div(year, kYearsPerCycle);
  const std::int64_t year_of_cycle = year - cycle * kYearsPerCycle;
  const std::int64_t month_from_march = (date.month + 9) % 12;
  const std::int64_t day_of_year = (153 * month_from_march + 2) / 5 + date.day - 1;
  const std::int64_t day_of_cycle = year_of_cycle * 365 + year_of_cycle / 4 - year_of_cycle / 100 + day_of_year;
  return cycle * kDaysPerCycle + day_of_cycle - kDaysBeforeEpoch;
}

constexpr Date date_from_days(std::int64_t days) {
  const std::int64_t shifted = days + kDaysBeforeEpoch;
  const std::int64_t cycle = floor_div(shifted, kDaysPerCycle);
  const std::int64_t day_of_cycle = shifted - cycle * kDaysPerCycle;
  const std::int64_t year_of_cycle =
      (day_of_cycle - day_of_cycle / 1460 + day_of_cycle / 36'524 - day_of_cycle / 146'096) / 365;
  const std::int64_t day_of_year = day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
  const std::int64_t month_from_march = (5 * day_of_year + 2) / 153;
  const int day = static_cast<int>(day_of_year - (153 * month_from_march + 2) / 5 + 1);
  const int month = static_cast<int>(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
  return {cycle * kYearsPerCycle + year_of_cycle + (month <= 2 ? 1 : 0), month, day};
}
static_assert(days_from_date({1970, 1, 1}) == 0);
static_assert(date_from_days(-1).year == 1969);

constexpr bool is_leap(std::int64_t year) {
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}
constexpr int days_in_month(std::int64_t year, int month) {
  constexpr std::array<int, 12> kDays{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : kDays[static_cast<std::size_t>(month - 1)];
}

void put_digits(std::string& out, std::uint64_t value, int width) {
  std::array<char, 20> digits{};
  for (int i = width - 1; i >= 0; --i) {
    digits[static_cast<std::size_t>(i)] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  out.append(digits.data(), static_cast<std::size_t>(width));
}

// The sum of both parts, or nothing when it does not fit. `nanoseconds` below one second.
std::optional<std::int64_t> join(std::int64_t seconds, std::int64_t nanoseconds) {
  // The most negative times fit only when the fraction is counted back from the next second.
  if (seconds < 0 && nanoseconds > 0) {
    ++seconds;
    nanoseconds -= kNsPerSecond;
  }
  std::int64_t total = 0;
  if (__builtin_mul_overflow(seconds, kNsPerSecond, &total) || __builtin_add_overflow(total, nanoseconds, &total))
    return std::nullopt;
  return total;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}
  [[nodiscard]] bool at_end() const { return text_.empty(); }
  bool take(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  // Exactly `width` digits.
  std::optional<int> number(std::size_t width) {
    if (text_.size() < width) return std::nullopt;
    int value = 0;
    for (std::size_t i = 0; i < width; ++i) {
      if (text_[i] < '0' || text_[i] > '9') return std::nullopt;
      value = value * 10 + (text_[i] - '0');
    }
    text_.remove_prefix(width);
    return value;
  }
  // One to nine digits after the point, as nanoseconds.
  std::optional<std::int64_t> fraction() {
    std::int64_t value = 0;
    int digits = 0;
    while (digits < 9 && !text_.empty() && text_.front() >= '0' && text_.front() <= '9') {
      value = value * 10 + (text_.front() - '0');
      text_.remove_prefix(1);
      ++digits;
    }
    if (digits == 0) return std::nullopt;
    for (; digits < 9; ++digits) value *= 10;
    return value;
  }

 private:
  std::string_view text_;
};

struct Parts {
  Date date{1970, 1, 1};
  int hour = 0, minute = 0, second = 0;
  std::int64_t nanoseconds = 0;
};

bool read_number(Reader& in, int low, int high, int& value) {
  const auto number = in.number(2);
  if (!number || *number < low || *number > high) return false;
  value = *number;
  return true;
}

// What follows the 'T'.
bool read_clock(Reader& in, Parts& parts) {
  if (!read_number(in, 0, 23, parts.hour) || !in.take(':') || !read_number(in, 0, 59, parts.minute)) return false;
  if (!in.take(':')) return true;
  if (!read_number(in, 0, 59, parts.second)) return false;
  if (!in.take('.')) return true;
  const auto fraction = in.fraction();
  if (!fraction) return false;
  parts.nanoseconds = *fraction;
  return true;
}

bool read_parts(Reader& in, Parts& parts) {
  const auto year = in.number(4);
  if (!year) return false;
  parts.date.year = *year;
  if (in.at_end()) return true;
  if (!in.take('-') || !read_number(in, 1, 12, parts.date.month)) return false;
  if (in.at_end()) return true;
  if (!in.take('-') || !read_number(in, 1, days_in_month(*year, parts.date.month), parts.date.day)) return false;
  if (in.at_end()) return true;
  if (!in.take('T') || !read_clock(in, parts)) return false;
  (void)in.take('Z');
  return in.at_end();
}

}  // namespace

TimeNs time_from_parts(std::int64_t seconds, std::uint32_t nanoseconds) {
  std::int64_t whole = 0;
  if (__builtin_add_overflow(seconds, static_cast<std::int64_t>(nanoseconds) / kNsPerSecond, &whole))
    return std::nullopt;
  const auto total = join(whole, static_cast<std::int64_t>(nanoseconds) % kNsPerSecond);
  if (!total || *total == 0) return std::nullopt;
  return total;
}

std::optional<std::int64_t> civil_seconds(const Civil& time) {
  constexpr std::int64_t kMostYears = 9999;
  const auto within = [](auto value, auto low, auto high) { return value >= low && value <= high; };
  if (!within(time.year, -kMostYears, kMostYears) || !within(time.month, 1, 12) ||
      !within(time.day, 1, days_in_month(time.year, time.month)) || !within(time.hour, 0, 23) ||
      !within(time.minute, 0, 59) || !within(time.second, 0, 59))
    return std::nullopt;
  return days_from_date({time.year, time.month, time.day}) * kSecondsPerDay + time.hour * 3600 + time.minute * 60 +
         time.second;
}

std::string format_time(std::int64_t time_ns) {
  const std::int64_t seconds = floor_div(time_ns, kNsPerSecond);
  // Counted in unsigned numbers: seconds * 10^9 may lie just below the smallest 64-bit value.
  const std::uint64_t nanoseconds = static_cast<std::uint64_t>(time_ns) -
                                    static_cast<std::uint64_t>(seconds) * static_cast<std::uint64_t>(kNsPerSecond);
  return format_instant(seconds, static_cast<std::uint32_t>(nanoseconds), true);
}

std::string format_instant(std::int64_t seconds, std::uint32_t nanoseconds, bool utc) {
  const std::int64_t days = floor_div(seconds, kSecondsPerDay);
  const auto of_day = static_cast<std::uint64_t>(seconds - days * kSecondsPerDay);
  const Date date = date_from_days(days);
  std::string out;
  out.reserve(30);
  const auto year = static_cast<std::uint64_t>(date.year < 0 ? -date.year : date.year);
  if (date.year < 0) out += '-';
  int width = 4;
  for (std::uint64_t more = year / 10'000; more > 0; more /= 10) ++width;
  put_digits(out, year, width);
  out += '-';
  put_digits(out, static_cast<std::uint64_t>(date.month), 2);
  out += '-';
  put_digits(out, static_cast<std::uint64_t>(date.day), 2);
  out += 'T';
  put_digits(out, of_day / 3600, 2);
  out += ':';
  put_digits(out, of_day / 60 % 60, 2);
  out += ':';
  put_digits(out, of_day % 60, 2);
  out += '.';
  put_digits(out, nanoseconds, 9);
  if (utc) out += 'Z';
  return out;
}

std::optional<std::int64_t> parse_time(std::string_view text) {
  Reader in(text);
  Parts parts;
  if (!read_parts(in, parts)) return std::nullopt;
  const std::int64_t seconds =
      days_from_date(parts.date) * kSecondsPerDay + parts.hour * 3600 + parts.minute * 60 + parts.second;
  return join(seconds, parts.nanoseconds);
}

std::int64_t wall_clock_ns() {
  timespec now{};
  if (::clock_gettime(CLOCK_REALTIME, &now) != 0) return 0;
  return static_cast<std::int64_t>(now.tv_sec) * kNsPerSecond + static_cast<std::int64_t>(now.tv_nsec);
}

}  // namespace limier
