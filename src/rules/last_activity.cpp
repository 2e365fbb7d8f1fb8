// The end of the device's own time line.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "rules/functions.h"

namespace limier::rules {
namespace {

constexpr std::int64_t kDay = 86'400 * kNsPerSecond;
// A record of the acquisition says its time without a zone.
constexpr std::int64_t kZoneSlack = 14 * 3600 * kNsPerSecond;
// A time counts when as many others lie within the days before it.
constexpr std::size_t kCompany = 2;
constexpr std::int64_t kCompanyWithin = 30 * kDay;
constexpr std::size_t kTimesOfEach = 200;

// "2025-02-01T12:00…", "2025 2 1 12 0 0" (EWF header) or seconds since 1970 (EWF header2).
std::optional<std::int64_t> acquisition_time(std::string_view text) {
  if (const auto iso = parse_time(text)) return iso;
  std::array<std::int64_t, 6> numbers{};
  std::size_t count = 0;
  const char* at = text.data();
  const char* const end = text.data() + text.size();
  while (at < end && count < numbers.size()) {
    const auto [next, code] = std::from_chars(at, end, numbers[count]);
    if (code != std::errc()) return std::nullopt;
    ++count;
    at = next;
    while (at < end && *at == ' ') ++at;
  }
  constexpr std::int64_t kFirstYear = 1990, kLastYear = 2200;
  if (count == 1 && numbers[0] > kLastYear && numbers[0] < INT64_MAX / kNsPerSecond) return numbers[0] * kNsPerSecond;
  if (count < numbers.size() || numbers[0] < kFirstYear || numbers[0] > kLastYear) return std::nullopt;
  Civil civil;
  civil.year = numbers[0];
  const auto small = [&](std::size_t i) { return static_cast<int>(std::clamp<std::int64_t>(numbers[i], 0, 99)); };
  civil.month = small(1), civil.day = small(2), civil.hour = small(3), civil.minute = small(4), civil.second = small(5);
  const auto seconds = civil_seconds(civil);
  return seconds ? std::optional(*seconds * kNsPerSecond) : std::nullopt;
}

std::optional<std::int64_t> acquired(store::RuleDoor& door, std::uint64_t budget) {
  auto query = door.query("SELECT acq_date FROM v_evidence", budget);
  if (!query || !query->step() || query->is_null(0)) return std::nullopt;
  const auto time = acquisition_time(query->text(0));
  return time ? std::optional(*time + kZoneSlack) : std::nullopt;
}

}  // namespace

std::optional<std::int64_t> last_activity(store::RuleDoor& door, std::uint64_t step_budget) {
  const std::int64_t latest = acquired(door, step_budget).value_or(INT64_MAX);
  std::vector<std::int64_t> times;
  // A view that an index of another kind lacks is left out. GROUP BY sorts once; DISTINCT keeps a tree of all as well.
  for (const auto& [view, column] : {std::pair("v_message", "t_ns"), std::pair("v_call", "t_ns"),
                                     std::pair("v_web", "t_ns"), std::pair("v_file", "modified_ns")}) {
    auto query = door.query(fmt::format("SELECT {0} FROM {1} WHERE {0} > 0 AND {0} <= {2} GROUP BY 1 ORDER BY 1 "
                                        "DESC LIMIT {3}",
                                        column, view, latest, kTimesOfEach),
                            step_budget);
    while (query && query->step()) times.push_back(query->integer(0));
  }
  if (times.empty()) return std::nullopt;
  std::sort(times.rbegin(), times.rend());
  for (std::size_t i = 0; i + kCompany < times.size(); ++i)
    if (times[i] - times[i + kCompany] <= kCompanyWithin) return times[i];
  return times.front();
}

}  // namespace limier::rules
