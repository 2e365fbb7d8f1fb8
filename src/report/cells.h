// Cells of the CSV reports, written straight into the buffer of the file: what base's escapers and format_time give,
// without a string of its own for each of the millions of cells.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace limier::report {

void put_integer(std::string& out, std::int64_t value);
// What csv_field() gives.
void put_csv_text(std::string& out, std::string_view bytes);

// Time stamps of one device share few days, so the dates are remembered.
class Calendar {
 public:
  // What format_instant() gives.
  void put_time(std::string& out, std::int64_t time_ns, bool utc = true);
  // Months since year 0: year * 12 + month - 1.
  std::int64_t month_of(std::int64_t time_ns);

 private:
  struct Day {
    std::int64_t day = INT64_MIN;  // since 1970
    std::int64_t month = 0;
    std::array<char, 11> text{};  // "2021-03-09T"
  };
  static constexpr std::size_t kRemembered = 1024;

  const Day& day_of(std::int64_t time_ns);

  std::array<Day, kRemembered> days_{};
};

}  // namespace limier::report
