#include "report/cells.h"

#include <algorithm>
#include <charconv>

#include "limier/base.h"

namespace limier::report {
namespace {

constexpr std::int64_t kNsPerDay = 86'400 * kNsPerSecond;

// Bytes that csv_field passes on as they are, wherever they stand.
constexpr std::array<bool, 256> kClean = [] {
  std::array<bool, 256> clean{};
  for (std::size_t byte = 0x20; byte < 0x7F; ++byte) clean[byte] = byte != '"' && byte != '\\';
  return clean;
}();
// The same for the first byte, which a spreadsheet may take for the start of a formula.
constexpr std::array<bool, 256> kCleanFirst = [] {
  std::array<bool, 256> clean = kClean;
  for (const char sign : {'=', '+', '-', '@', '\''}) clean[static_cast<unsigned char>(sign)] = false;
  return clean;
}();

bool is_clean(std::string_view bytes) {
  if (bytes.empty()) return true;
  return kCleanFirst[static_cast<unsigned char>(bytes.front())] &&
         std::all_of(bytes.begin(), bytes.end(), [](char c) { return kClean[static_cast<unsigned char>(c)]; });
}

void put_two(char* out, std::uint64_t value) {
  out[0] = static_cast<char>('0' + value / 10);
  out[1] = static_cast<char>('0' + value % 10);
}

constexpr std::int64_t floor_day(std::int64_t time_ns) {
  return time_ns / kNsPerDay - (time_ns % kNsPerDay < 0 ? 1 : 0);
}

}  // namespace

void put_integer(std::string& out, std::int64_t value) {
  std::array<char, 20> digits;  // "-9223372036854775808"
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

void put_csv_text(std::string& out, std::string_view bytes) {
  if (!is_clean(bytes)) {
    out += csv_field(bytes);
    return;
  }
  out += '"';
  out += bytes;
  out += '"';
}

const Calendar::Day& Calendar::day_of(std::int64_t time_ns) {
  const std::int64_t day = floor_day(time_ns);
  Day& known = days_[static_cast<std::uint64_t>(day) % kRemembered];
  if (known.day == day) return known;
  const std::string text = format_time(time_ns);
  const std::string_view date = std::string_view(text).substr(0, known.text.size());
  std::copy(date.begin(), date.end(), known.text.begin());
  const auto digit = [&](std::size_t at) { return std::int64_t{date[at] - '0'}; };
  known.month = (digit(0) * 1000 + digit(1) * 100 + digit(2) * 10 + digit(3)) * 12 + digit(5) * 10 + digit(6) - 1;
  known.day = day;
  return known;
}

void Calendar::put_time(std::string& out, std::int64_t time_ns, bool utc) {
  const Day& day = day_of(time_ns);
  // Counted in unsigned numbers: the start of the first day of all lies below the smallest 64-bit value.
  std::uint64_t rest =
      static_cast<std::uint64_t>(time_ns) - static_cast<std::uint64_t>(day.day) * static_cast<std::uint64_t>(kNsPerDay);
  std::array<char, 30> text;  // "2021-03-09T05:00:00.000000000Z"
  std::copy(day.text.begin(), day.text.end(), text.begin());
  std::uint64_t nanoseconds = rest % static_cast<std::uint64_t>(kNsPerSecond);
  rest /= static_cast<std::uint64_t>(kNsPerSecond);
  put_two(&text[11], rest / 3600);
  text[13] = ':';
  put_two(&text[14], rest / 60 % 60);
  text[16] = ':';
  put_two(&text[17], rest % 60);
  text[19] = '.';
  for (std::size_t at = 28; at >= 20; --at, nanoseconds /= 10) text[at] = static_cast<char>('0' + nanoseconds % 10);
  text[29] = 'Z';
  out.append(text.data(), utc ? text.size() : text.size() - 1);
}

std::int64_t Calendar::month_of(std::int64_t time_ns) {
  return day_of(time_ns).month;
}

}  // namespace limier::report
