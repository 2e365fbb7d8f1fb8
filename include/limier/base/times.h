// Times: integer nanoseconds since 1970-01-01T00:00:00Z. An absent or zero time is nullopt (NULL in the index).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace limier {

using TimeNs = std::optional<std::int64_t>;

inline constexpr std::int64_t kNsPerSecond = 1'000'000'000;

// Seconds and nanoseconds to one number; nullopt when both are zero or the sum does not fit 64 bits (before 1677,
// after 2262). `nanoseconds` may be a second or more: it is carried.
TimeNs time_from_parts(std::int64_t seconds, std::uint32_t nanoseconds);

// A date and a time of day as a calendar and a clock show them.
struct Civil {
  std::int64_t year = 1970;
  int month = 1, day = 1;
  int hour = 0, minute = 0, second = 0;
};
// Seconds since 1970-01-01T00:00:00 of the same clock; none for what no calendar and no clock shows (30 February,
// 24:00, second 60) and for years beyond 9999 on either side.
std::optional<std::int64_t> civil_seconds(const Civil& time);

// "2021-03-09T05:00:00.000000000Z", for any year.
std::string format_time(std::int64_t time_ns);

// The same for any second, also outside what 64 bits of nanoseconds hold; years beyond 9999 have five digits and more,
// those before 0 a minus. `utc`: false leaves the Z out, for a time that a clock showed in a zone nobody wrote down.
std::string format_instant(std::int64_t seconds, std::uint32_t nanoseconds, bool utc);

// Reads what format_time writes, and shorter forms: 2021, 2021-03, 2021-03-09, 2021-03-09T05:00[:00[.fraction]][Z].
std::optional<std::int64_t> parse_time(std::string_view text);

// The clock of the machine. Only for facts about the run (v_run, audit, progress), never for results.
std::int64_t wall_clock_ns();

}  // namespace limier
