#include "limier/base/period.h"

#include <fmt/format.h>

#include <limits>
#include <string>

#include "limier/base/times.h"

namespace limier {
namespace {

std::optional<std::int64_t> next_year_or_month(int year, int month, bool whole_year) {
  if (whole_year || month == 12) return parse_time(fmt::format("{:04}-01-01", year + 1));
  return parse_time(fmt::format("{:04}-{:02}-01", year, month + 1));
}

// How long the instant is that a form of this length names; 0: a year or a month, which differ.
std::int64_t span_of_form(std::size_t length) {
  switch (length) {
    case 4:
    case 7:
      return 0;
    case 10:
      return 86400 * kNsPerSecond;
    case 16:
      return 60 * kNsPerSecond;
    case 19:
      return kNsPerSecond;
    default:
      return 1;
  }
}

}  // namespace

std::optional<Period> parse_period(std::string_view text) {
  const auto from = parse_time(text);
  if (!from) return std::nullopt;
  if (!text.empty() && text.back() == 'Z') text.remove_suffix(1);
  const std::int64_t span = span_of_form(text.size());
  if (span > 0) {
    if (*from > std::numeric_limits<std::int64_t>::max() - span) return std::nullopt;
    return Period{*from, *from + span};
  }
  const int year = std::stoi(std::string(text.substr(0, 4)));
  const int month = text.size() == 7 ? std::stoi(std::string(text.substr(5, 2))) : 0;
  const auto until = next_year_or_month(year, month, text.size() == 4);
  if (!until) return Period{*from, std::numeric_limits<std::int64_t>::max()};
  return Period{*from, *until};
}

}  // namespace limier
