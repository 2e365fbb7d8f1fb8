// Sources: POSIX (1970); Apple, "Dates and Times Programming Guide" (2001, seconds; nanoseconds in Messages since iOS
// 11); Chromium, base/time/time.h (microseconds since 1601); Microsoft, FILETIME (100 ns since 1601); Apple TN1150
// (HFS+, seconds since 1904); .NET, System.DateTime.Ticks (100 ns since the year 1); Microsoft, FAT date and time, and
// OLE automation dates (days since 1899-12-30); RFC 3339. A time without a zone is shown as if it were UTC.
#include "content/epochs.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "limier/base/times.h"

namespace limier::content {
namespace {

constexpr std::int64_t kSince2001 = 978'307'200;
constexpr std::int64_t kSince1601 = -11'644'473'600;
constexpr std::int64_t kSince1904 = -2'082'844'800;
constexpr std::int64_t kSinceYearOne = -62'135'596'800;

constexpr std::int64_t kSince1899 = -2'209'161'600;
constexpr std::int64_t kSecondsPerDay = 86'400;

constexpr std::array<Epoch, 14> kEpochs{{
    {"cocoa-auto", kSince2001, kNsPerSecond, 1'000'000'000'000'000, 1},
    {"cocoa-ns", kSince2001, 1},
    {"cocoa-s", kSince2001, kNsPerSecond},
    {"dos-local", 0, 1, 0, 1, Epoch::Form::kDos},
    {"filetime", kSince1601, 100},
    {"hfs-s", kSince1904, kNsPerSecond},
    {"iso", 0, 1, 0, 1, Epoch::Form::kText},
    {"net-ticks", kSinceYearOne, 100},
    {"ole", kSince1899, 1, 0, 1, Epoch::Form::kDays},
    {"unix-ms", 0, 1'000'000},
    {"unix-ns", 0, 1},
    {"unix-s", 0, kNsPerSecond},
    {"unix-us", 0, 1'000},
    {"webkit-us", kSince1601, 1'000},
}};

bool is_large(const Epoch& epoch, double value) {
  return epoch.larger_from != 0 && std::fabs(value) >= static_cast<double>(epoch.larger_from);
}

// The date in the upper half, the time of day in the lower, as FAT has them.
std::optional<std::int64_t> dos_time(std::int64_t value) {
  if (value < 0 || value > UINT32_MAX) return std::nullopt;
  const auto bits = static_cast<std::uint32_t>(value);
  Civil civil;
  civil.year = 1980 + static_cast<int>(bits >> 25);
  civil.month = static_cast<int>(bits >> 21 & 0x0fu);
  civil.day = static_cast<int>(bits >> 16 & 0x1fu);
  civil.hour = static_cast<int>(bits >> 11 & 0x1fu);
  civil.minute = static_cast<int>(bits >> 5 & 0x3fu);
  civil.second = static_cast<int>((bits & 0x1fu) * 2);
  const auto seconds = civil_seconds(civil);
  return seconds ? time_from_parts(*seconds, 0) : std::nullopt;
}

// The offset of a zone at the end of a time, which it takes away: "+02:00", "-0330". 0: there is none.
std::optional<std::int64_t> take_offset(std::string_view& text) {
  const std::size_t sign = text.find_last_of("+-");
  if (sign == std::string_view::npos || sign < 11) return 0;
  std::int64_t digits = 0;
  std::size_t count = 0;
  for (const char c : text.substr(sign + 1)) {
    if (c == ':' && count == 2) continue;
    if (c < '0' || c > '9' || ++count > 4) return std::nullopt;
    digits = digits * 10 + (c - '0');
  }
  if (count == 2) digits *= 100;
  if ((count != 2 && count != 4) || digits / 100 > 23 || digits % 100 > 59) return std::nullopt;
  const std::int64_t seconds = (digits / 100 * 60 + digits % 100) * 60;
  const bool behind = text[sign] == '-';
  text = text.substr(0, sign);
  return behind ? -seconds : seconds;
}

}  // namespace

std::span<const Epoch> epochs() {
  return kEpochs;
}

const Epoch* find_epoch(std::string_view name) {
  const auto found = std::ranges::find(kEpochs, name, &Epoch::name);
  return found == kEpochs.end() ? nullptr : &*found;
}

std::optional<std::int64_t> time_of(const Epoch& epoch, std::int64_t value) {
  if (epoch.form == Epoch::Form::kDos) return dos_time(value);
  if (epoch.form == Epoch::Form::kDays) return time_of(epoch, static_cast<double>(value));
  if (epoch.form == Epoch::Form::kText) return std::nullopt;
  // Seconds and the rest apart: the count of an early epoch does not fit 64 bits in nanoseconds.
  const std::int64_t unit = is_large(epoch, static_cast<double>(value)) ? epoch.larger_unit_ns : epoch.unit_ns;
  const std::int64_t per_second = kNsPerSecond / unit;
  std::int64_t seconds = value / per_second;
  std::int64_t rest = value % per_second;
  if (rest < 0) {
    rest += per_second;
    --seconds;
  }
  std::int64_t time = 0;
  if (__builtin_add_overflow(seconds, epoch.zero_s, &seconds) || __builtin_mul_overflow(seconds, kNsPerSecond, &time) ||
      __builtin_add_overflow(time, rest * unit, &time))
    return std::nullopt;
  return time;
}

std::optional<std::int64_t> time_of(const Epoch& epoch, double value) {
  static constexpr double kMostSeconds = 9.2e18;
  if (!std::isfinite(value) || epoch.form == Epoch::Form::kDos || epoch.form == Epoch::Form::kText) return std::nullopt;
  const double unit = static_cast<double>(is_large(epoch, value) ? epoch.larger_unit_ns : epoch.unit_ns);
  // Whole seconds and their fraction apart, so that the fraction keeps what digits it has.
  const double seconds = epoch.form == Epoch::Form::kDays ? value * static_cast<double>(kSecondsPerDay)
                                                          : value / (static_cast<double>(kNsPerSecond) / unit);
  const double whole = std::floor(seconds);
  if (std::fabs(whole) > kMostSeconds) return std::nullopt;
  // To microseconds: what a double of so many seconds has behind them is where the next double lies.
  const auto fraction = static_cast<std::int64_t>(std::round((seconds - whole) * 1e6)) * 1'000;
  std::int64_t sum = 0;
  std::int64_t time = 0;
  if (__builtin_add_overflow(static_cast<std::int64_t>(whole), epoch.zero_s, &sum) ||
      __builtin_mul_overflow(sum, kNsPerSecond, &time) || __builtin_add_overflow(time, fraction, &time))
    return std::nullopt;
  return time;
}

std::optional<std::int64_t> time_of(const Epoch& epoch, std::string_view text) {
  if (epoch.form != Epoch::Form::kText || text.size() < 4 || text.size() > 64) return std::nullopt;
  std::string plain(text);
  if (plain.size() > 10 && plain[10] == ' ') plain[10] = 'T';
  std::string_view rest = plain;
  const auto offset = take_offset(rest);
  const auto time = offset ? parse_time(rest) : std::nullopt;
  std::int64_t shifted = 0;
  if (!time || __builtin_sub_overflow(*time, *offset * kNsPerSecond, &shifted)) return std::nullopt;
  return shifted;
}

}  // namespace limier::content
