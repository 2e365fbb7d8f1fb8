// Charts as inline SVG: shapes and classes only, no script, no style attributes; each with a title and a description.
#pragma once

#include <string>

#include "report/facts.h"

namespace limier::report {

// At most this many months are drawn; the table beside the chart has all.
inline constexpr int kMaxChartMonths = 180;

struct MonthWindow {
  std::int64_t first = 0;  // months since year 0
  int months = 0;
  std::int64_t inside = 0, before = 0, after = 0;  // time stamps
};
// The stretch of at most kMaxChartMonths months with the most time stamps; the earliest of equals.
MonthWindow busiest_window(const Activity& activity);
// All months where they fit once long empty stretches are left out, else the busiest.
MonthWindow chart_window(const Activity& activity);
// Months of the window in order; kBreak stands for a longer stretch of months without time stamps.
inline constexpr std::int64_t kBreak = -1;
std::vector<std::int64_t> chart_slots(const Activity& activity, const MonthWindow& window);
std::string activity_chart(const Words& w, const Activity& activity, const MonthWindow& window);

std::string coverage_chart(const Words& w, const CoverageFacts& coverage);
std::string swatch(std::string_view state);
// A thin bar for table cells.
std::string share_bar(std::int64_t part, std::int64_t whole);

}  // namespace limier::report
