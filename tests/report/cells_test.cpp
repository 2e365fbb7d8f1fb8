// The cells of the CSV reports against base's escapers and formats, which are slower and plainer.
#include "report/cells.h"

#include <gtest/gtest.h>

#include <random>

#include "limier/base.h"

namespace limier::report {
namespace {

TEST(Cells, TextIsThatOfTheEscaper) {
  std::mt19937 random(1);
  const std::string_view pieces[] = {
      "a",  "Z",  " ",    "\"",       "\\",           "'",    "=", "+", "-", "@",    ",",           "\t",
      "\n", "\r", "\xFF", "\xC3\xA9", "\xE2\x80\xAE", "\x7F", "&", "<", "|", "\x01", "\xEF\xBC\x9D"};
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (std::size_t left = random() % 8; left > 0; --left)
      text += random() % 3 == 0 ? pieces[random() % std::size(pieces)] : std::string_view("plain");
    if (random() % 4 == 0) text += static_cast<char>(random() % 256);
    std::string cell = "before";
    put_csv_text(cell, text);
    ASSERT_EQ(cell, "before" + csv_field(text));
  }
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text(1, static_cast<char>(byte));
    for (const std::string& one : {text, text + "a", "a" + text, "a" + text + "a"}) {
      std::string cell;
      put_csv_text(cell, one);
      EXPECT_EQ(cell, csv_field(one)) << byte;
    }
  }
}

TEST(Cells, TimesAreThoseOfTheFormat) {
  std::mt19937_64 random(2);
  constexpr std::int64_t kDay = 86'400 * kNsPerSecond;
  std::vector<std::int64_t> times{INT64_MIN, INT64_MIN + 1, INT64_MAX, -1, 0, 1, -kDay, -kDay - 1, kDay, kDay - 1};
  for (int round = 0; round < 20'000; ++round) {
    times.push_back(static_cast<std::int64_t>(random()));                                              // all of history
    times.push_back(1'600'000'000 * kNsPerSecond + static_cast<std::int64_t>(random() % (3 * kDay)));  // few days
    // Days that share a place in the memory.
    times.push_back(static_cast<std::int64_t>(random() % 5) * 1024 * kDay + static_cast<std::int64_t>(random() % kDay));
  }
  Calendar calendar;
  for (const std::int64_t time : times) {
    std::string cell = "x";
    calendar.put_time(cell, time);
    const std::string expected = format_time(time);
    ASSERT_EQ(cell, "x" + expected) << time;
    ASSERT_EQ(calendar.month_of(time), std::stoi(expected.substr(0, 4)) * 12 + std::stoi(expected.substr(5, 2)) - 1);
  }
}

TEST(Cells, IntegersAreWhole) {
  for (const std::int64_t value : {INT64_MIN, INT64_MAX, std::int64_t{0}, std::int64_t{-1}, std::int64_t{42}}) {
    std::string cell;
    put_integer(cell, value);
    EXPECT_EQ(cell, std::to_string(value));
  }
}

}  // namespace
}  // namespace limier::report
