#include "volume/local_time.h"

#include <array>
#include <ctime>

namespace limier::volume {

namespace {

constexpr std::int64_t kDay = 86'400;

// Seconds east of UTC at a moment in the zone of the process; none beyond what the C library counts.
struct Offset {
  std::int64_t seconds = 0;
  bool summer = false;
};
std::optional<Offset> offset_at(std::int64_t moment) {
  const auto seconds = static_cast<std::time_t>(moment);
  std::tm parts{};
  if (::localtime_r(&seconds, &parts) == nullptr) return std::nullopt;
  return Offset{parts.tm_gmtoff, parts.tm_isdst > 0};
}

// mktime would do, but for times that are shown twice its answer depends on what it was asked before.
std::int64_t moment_of(std::int64_t shown) {
  // Clocks change by less than a day, and zones lie less than a day from UTC.
  std::array<std::optional<Offset>, 2> around{offset_at(shown - kDay), offset_at(shown + kDay)};
  if (!around[0] || !around[1]) return shown;
  // Standard time first, and of two standard times the earlier one.
  if (around[0]->summer && !around[1]->summer) std::swap(around[0], around[1]);
  for (const auto& offset : around) {
    const std::int64_t moment = shown - offset->seconds;
    const auto there = offset_at(moment);
    if (there && there->seconds == offset->seconds) return moment;
  }
  return shown - around[0]->seconds;
}

}  // namespace

catalog::Stamp local_stamp(const WalkBase& walk, const Civil& time, std::uint32_t nanoseconds) {
  const auto shown = civil_seconds(time);
  if (!shown) return {};
  const bool stated = walk.job.zone_stated;
  return {stated ? moment_of(*shown) : *shown, nanoseconds,
          stated ? catalog::TimeBasis::kStated : catalog::TimeBasis::kLocal};
}

}  // namespace limier::volume
