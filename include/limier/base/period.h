// Spans of time as people give them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace limier {

// A half-open span of time: "2021" is the whole year, "2021-03-09T05:00" the whole minute. UTC.
struct Period {
  std::int64_t from_ns = 0;
  std::int64_t until_ns = 0;  // the first instant after it
};
std::optional<Period> parse_period(std::string_view text);

}  // namespace limier
