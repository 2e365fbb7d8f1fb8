#include "report/charts.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/numbers.h"

namespace limier::report {
namespace {

constexpr int kWidth = 1056;
constexpr int kLeft = 72, kTop = 12, kPlotHeight = 190, kBottom = 30;
constexpr int kPlotWidth = kWidth - kLeft - 8;

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

std::string y_axis(std::int64_t step, std::int64_t top) {
  std::string out;
  for (std::int64_t value = 0; value <= top; value += step) {
    const double y = kTop + kPlotHeight - static_cast<double>(value) / static_cast<double>(top) * kPlotHeight;
    out += fmt::format("<line class=\"{}\" x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>",
                       value == 0 ? "axis" : "grid", kLeft, kLeft + kPlotWidth, y, y);
    out += fmt::format("<text x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n", kLeft - 8, y + 4, grouped(value));
  }
  return out;
}

// Years below the axis, as many as fit; single months when the window is short.
std::string x_axis(const MonthWindow& window, double slot) {
  constexpr double kLabelWidth = 56;
  std::string out;
  const bool by_month = window.months <= 18;
  const int every = std::max(1, static_cast<int>(kLabelWidth / (slot * (by_month ? 1 : 12)) + 0.999));
  for (int i = 0; i < window.months; ++i) {
    const std::int64_t month = window.first + i;
    const double x = kLeft + slot * i;
    if (by_month && i % every == 0) {
      out += fmt::format("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n", x + slot / 2,
                         kTop + kPlotHeight + 19, month_name(month));
    } else if (!by_month && month % 12 == 0 && (month / 12) % every == 0) {
      out += fmt::format("<line class=\"axis\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1}\" y2=\"{2}\"/>", x,
                         kTop + kPlotHeight, kTop + kPlotHeight + 5);
      out += fmt::format("<text x=\"{:.1f}\" y=\"{}\">{}</text>\n", x + 3, kTop + kPlotHeight + 19, month / 12);
    }
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

std::string activity_chart(const Activity& activity, const MonthWindow& window) {
  if (window.months == 0) return {};
  std::int64_t highest = 1;
  std::int64_t highest_month = window.first;
  const auto inside = [&](const Month& month) {
    return index_of(month) >= window.first && index_of(month) < window.first + window.months;
  };
  for (const Month& month : activity.months) {
    if (!inside(month) || month.count <= highest) continue;
    highest = month.count;
    highest_month = index_of(month);
  }
  const std::int64_t step = tick_step(highest);
  const std::int64_t top = (highest + step - 1) / step * step;
  // Few months would make slabs: a month is never drawn wider than this.
  const double slot = std::min(64.0, static_cast<double>(kPlotWidth) / window.months);
  std::string out = fmt::format("<figure><svg viewBox=\"0 0 {} {}\" role=\"img\" aria-labelledby=\"act-t act-d\">\n",
                                kWidth, kTop + kPlotHeight + kBottom);
  out += "<title id=\"act-t\">Time stamps by month</title>\n";
  out += fmt::format(
      "<desc id=\"act-d\">Bars for {} to {}. The highest is {} with {}. The table below gives every month.</desc>\n",
      month_name(window.first), month_name(window.first + window.months - 1), month_name(highest_month),
      plural(highest, "time stamp", "time stamps"));
  out += y_axis(step, top);
  for (const Month& month : activity.months) {
    if (!inside(month) || month.count <= 0) continue;
    // A month with any activity is visible, however high the highest is.
    const double height = std::max(1.5, static_cast<double>(month.count) / static_cast<double>(top) * kPlotHeight);
    const double gap = slot > 4 ? slot * 0.18 : 0.3;
    out += fmt::format(
        "<rect class=\"bar\" x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"><title>{}: "
        "{}</title></rect>\n",
        kLeft + slot * static_cast<double>(index_of(month) - window.first) + gap / 2, kTop + kPlotHeight - height,
        std::max(0.8, slot - gap), height, month_name(index_of(month)), grouped(month.count));
  }
  return out + x_axis(window, slot) + "</svg></figure>\n";
}

std::string coverage_chart(const CoverageFacts& coverage) {
  const auto total = static_cast<double>(coverage.total());
  if (total <= 0) return {};
  constexpr int kHeight = 34;
  std::string out = fmt::format("<figure><svg viewBox=\"0 0 {} {}\" role=\"img\" aria-labelledby=\"cov-t cov-d\">\n",
                                kWidth, kHeight);
  out +=
      "<title id=\"cov-t\">What every byte of the media is</title>\n<desc id=\"cov-d\">Shares of the media by state, "
      "in the order of the table below";
  out += ".</desc>\n";
  double x = 0;
  for (std::size_t i = 0; i < kCoverageStates.size(); ++i) {
    if (coverage.bytes[i] <= 0) continue;
    const double width = static_cast<double>(coverage.bytes[i]) / total * kWidth;
    out += fmt::format(
        "<rect class=\"s-{}\" x=\"{:.2f}\" y=\"0\" width=\"{:.2f}\" height=\"{}\"><title>{}</title></rect>\n",
        kCoverageStates[i], x, std::max(width, 0.75), kHeight, kCoverageStates[i]);
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
