#include "report/numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>

namespace limier::report {

std::string grouped(std::int64_t value) {
  std::string digits = fmt::format("{}", value);
  const std::size_t first = value < 0 ? 1 : 0;
  for (std::size_t at = digits.size(); at > first + 3;) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return digits;
}

std::string human_bytes(std::int64_t bytes) {
  if (bytes < 1024) return plural(bytes, "byte", "bytes");
  static constexpr const char* kUnits[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  // 1023.95 would be printed as 1024.0
  while (value >= 1023.95 && unit + 1 < std::size(kUnits)) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string plural(std::int64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", grouped(count), count == 1 ? one : many);
}

std::int64_t add_saturating(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return b > 0 ? std::numeric_limits<std::int64_t>::max() : std::numeric_limits<std::int64_t>::min();
}

std::string base64(std::span<const std::uint8_t> bytes) {
  static constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) group = (group << 8) | (j < count ? bytes[i + j] : 0u);
    for (std::size_t j = 0; j < 4; ++j) out += j <= count ? kAlphabet[(group >> (18 - 6 * j)) & 63] : '=';
  }
  return out;
}

std::vector<std::int64_t> percentages(std::span<const std::int64_t> values) {
  constexpr std::int64_t kWhole = 10'000;
  std::int64_t total = 0;
  for (const std::int64_t value : values) total = add_saturating(total, std::max<std::int64_t>(value, 0));
  std::vector<std::int64_t> parts(values.size(), 0);
  if (total == 0) return parts;
  std::vector<long double> remainders(values.size(), 0);
  std::int64_t given = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const long double exact =
        static_cast<long double>(std::max<std::int64_t>(values[i], 0)) * kWhole / static_cast<long double>(total);
    parts[i] = static_cast<std::int64_t>(exact);
    remainders[i] = exact - static_cast<long double>(parts[i]);
    given += parts[i];
  }
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return remainders[a] > remainders[b]; });
  for (std::size_t i = 0; i < order.size() && given < kWhole; ++i, ++given) ++parts[order[i]];
  return parts;
}

std::string percent_text(std::int64_t hundredths) {
  return fmt::format("{}.{:02} %", hundredths / 100, hundredths % 100);
}

}  // namespace limier::report
