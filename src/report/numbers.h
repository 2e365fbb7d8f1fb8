// Numbers for readers, the same under every locale.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace limier::report {

std::string grouped(std::int64_t value);                                              // 48,211
std::string human_bytes(std::int64_t bytes);                                          // 1.5 GiB
std::string plural(std::int64_t count, std::string_view one, std::string_view many);  // "1 file", "2,345 files"
std::int64_t add_saturating(std::int64_t a, std::int64_t b);  // sizes in evidence may be anything
std::string base64(std::span<const std::uint8_t> bytes);      // RFC 4648, section 4

// Hundredths of a percent of each value; they add up to 10,000 when the values add up to more than nothing (largest
// remainder; ties go to the earlier value).
std::vector<std::int64_t> percentages(std::span<const std::int64_t> values);
std::string percent_text(std::int64_t hundredths);  // 12.05 %

}  // namespace limier::report
