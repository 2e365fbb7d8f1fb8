#include "limier/catalog.h"

namespace limier::catalog {

Stamp utc_stamp(std::int64_t seconds, std::uint32_t nanoseconds) {
  std::int64_t whole = 0;
  const bool fits = !__builtin_add_overflow(seconds, std::int64_t{nanoseconds} / kNsPerSecond, &whole);
  if (!fits || (seconds == 0 && nanoseconds == 0)) return {};
  return {whole, static_cast<std::uint32_t>(nanoseconds % kNsPerSecond), TimeBasis::kUtc};
}

Stamp utc_stamp(TimeNs time_ns) {
  if (!time_ns) return {};
  std::int64_t seconds = *time_ns / kNsPerSecond, rest = *time_ns % kNsPerSecond;
  if (rest < 0) --seconds, rest += kNsPerSecond;
  return {seconds, static_cast<std::uint32_t>(rest), TimeBasis::kUtc};
}

TimeNs ns_of(const Stamp& stamp) {
  if (stamp.basis == TimeBasis::kAbsent) return std::nullopt;
  if (stamp.seconds == 0 && stamp.nanoseconds == 0) return 0;  // a time like any other, where it was written down
  return time_from_parts(stamp.seconds, stamp.nanoseconds);
}

}  // namespace limier::catalog
