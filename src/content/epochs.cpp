// Sources: POSIX (1970); Apple, "Dates and Times Programming Guide" (2001, seconds; nanoseconds in Messages since iOS
// 11); Chromium, base/time/time.h (microseconds since 1601); Microsoft, FILETIME (100 ns since 1601); Apple TN1150
// (HFS+, seconds since 1904); .NET, System.DateTime.Ticks (100 ns since the year 1).
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

constexpr std::array<Epoch, 11> kEpochs{{
    {"cocoa-auto", kSince2001, kNsPerSecond, 1'000'000'000'000'000, 1},
    {"cocoa-ns", kSince2001, 1},
    {"cocoa-s", kSince2001, kNsPerSecond},
    {"filetime", kSince1601, 100},
    {"hfs-s", kSince1904, kNsPerSecond},
    {"net-ticks", kSinceYearOne, 100},
    {"unix-ms", 0, 1'000'000},
    {"unix-ns", 0, 1},
    {"unix-s", 0, kNsPerSecond},
    {"unix-us", 0, 1'000},
    {"webkit-us", kSince1601, 1'000},
}};

bool is_large(const Epoch& epoch, double value) {
  return epoch.larger_from != 0 && std::fabs(value) >= static_cast<double>(epoch.larger_from);
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
  if (!std::isfinite(value)) return std::nullopt;
  const double unit = static_cast<double>(is_large(epoch, value) ? epoch.larger_unit_ns : epoch.unit_ns);
  // Whole seconds and their fraction apart, so that the fraction keeps what digits it has.
  const double seconds = value * unit / static_cast<double>(kNsPerSecond);
  const double whole = std::floor(seconds);
  if (std::fabs(whole) > kMostSeconds) return std::nullopt;
  const auto fraction = static_cast<std::int64_t>(std::round((seconds - whole) * static_cast<double>(kNsPerSecond)));
  std::int64_t sum = 0;
  std::int64_t time = 0;
  if (__builtin_add_overflow(static_cast<std::int64_t>(whole), epoch.zero_s, &sum) ||
      __builtin_mul_overflow(sum, kNsPerSecond, &time) || __builtin_add_overflow(time, fraction, &time))
    return std::nullopt;
  return time;
}

}  // namespace limier::content
