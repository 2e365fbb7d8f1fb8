#include "report/charts.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "report/numbers.h"

namespace limier::report {
namespace {

constexpr int kWidth = 1056;
constexpr int kLeft = 72, kTop = 12, kPlotHeight = 190, kBottom = 30;
constexpr int kRight = 8, kPlotWidth = kWidth - kLeft - kRight, kLeastPlotWidth = 240;

std::int64_t index_of(const Month& month) {
  return month.year * 12 + month.month - 1;
}
std::string month_name(std::int64_t index) {
  return fmt::format("{:04}-{:02}", index / 12, index % 12 + 1);
}

// 1, 2 or 5 times a power of ten, so that at most four lines reach the top.
std::int64_t tick_step(std::int64_t highest) {
  std::int64_t step = 1;
  for (;;) {
    for (const std::int64_t factor : {1, 2, 5})
      if (step * factor * 4 >= highest) return step * factor;
    if (step > highest) return step;
    step *= 10;
  }
}

std::string y_axis(std::int64_t step, std::int64_t top, int plot_width) {
  std::string out;
  for (std::int64_t value = 0; value <= top; value += step) {
    const double y = kTop + kPlotHeight - static_cast<double>(value) / static_cast<double>(top) * kPlotHeight;
    out += fmt::format("<line class=\"{}\" x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>",
                       value == 0 ? "axis" : "grid", kLeft, kLeft + plot_width, y, y);
    out += fmt::format("<text x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n", kLeft - 8, y + 4, grouped(value));
  }
  return out;
}

// Below the axis: years, or single months when there are few; what would run into the label before it is left out.
std::string x_axis(const std::vector<std::int64_t>& slots, double width) {
  constexpr double kMonthLabel = 56, kYearLabel = 36;
  constexpr int kFewMonths = 18, kTick = 5, kBelowAxis = 19;
  std::string out;
  const auto months =
      static_cast<int>(slots.size() - static_cast<std::size_t>(std::count(slots.begin(), slots.end(), kBreak)));
  const bool by_month = months <= kFewMonths;
  double free_from = 0;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const double x = kLeft + width * static_cast<double>(i);
    const std::int64_t month = slots[i];
    if (month == kBreak) {
      out += fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">⋯</text>\n", x + width / 2,
                         kTop + kPlotHeight - 4);
      continue;
    }
    const bool after_break = i > 0 && slots[i - 1] == kBreak;
    const bool starts_year = month % 12 == 0 || i == 0 || after_break;
    if (!by_month && starts_year)
      out += fmt::format("<line class=\"axis\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1}\" y2=\"{2}\"/>", x,
                         kTop + kPlotHeight, kTop + kPlotHeight + kTick);
    const double from = by_month ? x + width / 2 - kMonthLabel / 2 : x;
    if ((!by_month && !starts_year) || from < free_from) continue;
    if (by_month)
      out += fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n", x + width / 2,
                         kTop + kPlotHeight + kBelowAxis, month_name(month));
    else
      out += fmt::format("<text x=\"{:.1f}\" y=\"{}\">{}</text>\n", x + 3, kTop + kPlotHeight + kBelowAxis, month / 12);
    free_from = from + (by_month ? kMonthLabel : kYearLabel);
  }
  return out;
}

}  // namespace

MonthWindow busiest_window(const Activity& activity) {
  MonthWindow best;
  std::int64_t all = 0, sum = 0;
  for (const Month& month : activity.months) all = add_saturating(all, month.count);
  std::size_t from = 0;
  for (std::size_t to = 0; to < activity.months.size(); ++to) {
    sum = add_saturating(sum, activity.months[to].count);
    while (index_of(activity.months[to]) - index_of(activity.months[from]) >= kMaxChartMonths)
      sum -= activity.months[from++].count;
    if (sum <= best.inside) continue;
    best.inside = sum;
    best.first = index_of(activity.months[from]);
    best.months = static_cast<int>(index_of(activity.months[to]) - best.first) + 1;
  }
  for (const Month& month : activity.months)
    if (index_of(month) < best.first) best.before += month.count;
  best.after = all - best.inside - best.before;
  return best;
}

std::vector<std::int64_t> chart_slots(const Activity& activity, const MonthWindow& window) {
  constexpr std::int64_t kLongestGap = 6;  // months
  std::vector<std::int64_t> slots;
  for (const Month& month : activity.months) {
    const std::int64_t index = index_of(month);
    if (month.count <= 0 || index < window.first || index >= window.first + window.months) continue;
    if (!slots.empty()) {
      const std::int64_t next = slots.back() + 1;
      if (index - next > kLongestGap) slots.push_back(kBreak);
      for (std::int64_t empty = next; index - next <= kLongestGap && empty < index; ++empty) slots.push_back(empty);
    }
    slots.push_back(index);
  }
  return slots;
}

MonthWindow chart_window(const Activity& activity) {
  MonthWindow busiest = busiest_window(activity);
  if (activity.months.empty()) return busiest;
  MonthWindow whole;
  whole.first = index_of(activity.months.front());
  whole.months = static_cast<int>(index_of(activity.months.back()) - whole.first) + 1;
  for (const Month& month : activity.months) whole.inside = add_saturating(whole.inside, month.count);
  return chart_slots(activity, whole).size() <= static_cast<std::size_t>(kMaxChartMonths) ? whole : busiest;
}

std::string activity_chart(const Words& w, const Activity& activity, const MonthWindow& window) {
  const std::vector<std::int64_t> slots = chart_slots(activity, window);
  if (slots.empty()) return {};
  std::map<std::int64_t, std::int64_t> counts;
  std::int64_t highest = 1, highest_month = window.first;
  for (const Month& month : activity.months) {
    counts[index_of(month)] = month.count;
    const bool inside = index_of(month) >= window.first && index_of(month) < window.first + window.months;
    if (!inside || month.count <= highest) continue;
    highest = month.count;
    highest_month = index_of(month);
  }
  const std::int64_t step = tick_step(highest);
  const std::int64_t top = (highest + step - 1) / step * step;
  // Few months would make slabs: a month is never drawn wider than this, and the chart no wider than they need.
  constexpr double kWidestMonth = 64;
  const double width = std::min(kWidestMonth, static_cast<double>(kPlotWidth) / static_cast<double>(slots.size()));
  const int plot_width = std::max(kLeastPlotWidth, static_cast<int>(width * static_cast<double>(slots.size())));
  std::string out = fmt::format(
      "<figure class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"{2}\"><svg "
      "width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" role=\"img\" aria-labelledby=\"act-t act-d\">\n",
      kLeft + plot_width + kRight, kTop + kPlotHeight + kBottom, w("Chart of time stamps by month"_w));
  out += fmt::format("<title id=\"act-t\">{}</title>\n", w("Time stamps by month"_w));
  out += fmt::format("<desc id=\"act-d\">{}</desc>\n",
                     w("Bars for {} to {}. The highest is {} with {}. The table below gives every month."_w,
                       month_name(window.first), month_name(window.first + window.months - 1),
                       month_name(highest_month), w.count(highest, "time stamp"_w, "time stamps"_w)));
  out += y_axis(step, top, plot_width);
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const auto found = counts.find(slots[i]);
    if (found == counts.end() || found->second <= 0) continue;
    // A month with any activity is visible, however high the highest is.
    const double height = std::max(1.5, static_cast<double>(found->second) / static_cast<double>(top) * kPlotHeight);
    const double gap = width > 4 ? width * 0.18 : 0.3;
    out += fmt::format(
        "<rect class=\"bar\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"><title>{}: "
        "{}</title></rect>\n",
        kLeft + width * static_cast<double>(i) + gap / 2, kTop + kPlotHeight - height, std::max(0.8, width - gap),
        height, month_name(slots[i]), grouped(found->second));
  }
  return out + x_axis(slots, width) + "</svg></figure>\n";
}

std::string coverage_chart(const Words& w, const CoverageFacts& coverage) {
  const auto total = static_cast<double>(coverage.total());
  if (total <= 0) return {};
  constexpr int kHeight = 34;
  std::string out = fmt::format("<figure><svg viewBox=\"0 0 {} {}\" role=\"img\" aria-labelledby=\"cov-t cov-d\">\n",
                                kWidth, kHeight);
  out += fmt::format("<title id=\"cov-t\">{}</title>\n<desc id=\"cov-d\">{}</desc>\n",
                     w("What every byte of the media is"_w),
                     w("Shares of the media by state, in the order of the table below."_w));
  double x = 0;
  for (std::size_t i = 0; i < kCoverageStates.size(); ++i) {
    if (coverage.bytes[i] <= 0) continue;
    const double width = static_cast<double>(coverage.bytes[i]) / total * kWidth;
    out += fmt::format(
        "<rect class=\"s-{}\" x=\"{:.2f}\" y=\"0\" width=\"{:.2f}\" height=\"{}\"><title>{}</title></rect>\n",
        kCoverageStates[i], x, std::max(width, 0.75), kHeight, html_text(w.stored(kCoverageStates[i])));
    x += width;
  }
  out +=
      fmt::format("<rect class=\"frame\" x=\"0.5\" y=\"0.5\" width=\"{}\" height=\"{}\"/>\n", kWidth - 1, kHeight - 1);
  return out + "</svg></figure>\n";
}

std::string swatch(std::string_view state) {
  return fmt::format(
      "<svg class=\"swatch\" viewBox=\"0 0 12 12\" aria-hidden=\"true\"><rect class=\"s-{}\" width=\"12\" "
      "height=\"12\"/>"
      "<rect class=\"frame\" x=\"0.5\" y=\"0.5\" width=\"11\" height=\"11\"/></svg>",
      state);
}

std::string share_bar(std::int64_t part, std::int64_t whole) {
  if (whole <= 0) return " ";
  const double width =
      std::clamp(static_cast<double>(part) / static_cast<double>(whole) * 120, part > 0 ? 1.0 : 0.0, 120.0);
  return fmt::format(
      "<svg class=\"share\" viewBox=\"0 0 120 9\" aria-hidden=\"true\"><rect class=\"back\" width=\"120\" "
      "height=\"9\"/>"
      "<rect class=\"bar\" width=\"{:.1f}\" height=\"9\"/></svg>",
      width);
}

}  // namespace limier::report
