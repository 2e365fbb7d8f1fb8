#include "limier/base/times.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <limits>

namespace limier {
namespace {

constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

TEST(TimeFromParts, ZeroIsNoTime) {
  EXPECT_EQ(time_from_parts(0, 0), std::nullopt);
  EXPECT_EQ(time_from_parts(-1, 1'000'000'000), std::nullopt);
  EXPECT_EQ(time_from_parts(0, 1), 1);
}

TEST(TimeFromParts, CarriesAndCountsBackBefore1970) {
  EXPECT_EQ(time_from_parts(1, 500'000'000), 1'500'000'000);
  EXPECT_EQ(time_from_parts(1, 4'000'000'001u), 5'000'000'001);
  EXPECT_EQ(time_from_parts(-1, 500'000'000), -500'000'000);
}

TEST(TimeFromParts, RefusesWhatDoesNotFit) {
  EXPECT_EQ(time_from_parts(9'223'372'036, 854'775'807), kMax);
  EXPECT_EQ(time_from_parts(9'223'372'036, 854'775'808), std::nullopt);
  EXPECT_EQ(time_from_parts(-9'223'372'037, 145'224'192), kMin);
  EXPECT_EQ(time_from_parts(-9'223'372'037, 145'224'191), std::nullopt);
  EXPECT_EQ(time_from_parts(kMax, 4'294'967'295u), std::nullopt);
  EXPECT_EQ(time_from_parts(kMin, 0), std::nullopt);
}

TEST(FormatTime, KnownInstants) {
  EXPECT_EQ(format_time(0), "1970-01-01T00:00:00.000000000Z");
  EXPECT_EQ(format_time(1'615'266'000'000'000'000), "2021-03-09T05:00:00.000000000Z");
  EXPECT_EQ(format_time(-1), "1969-12-31T23:59:59.999999999Z");
  EXPECT_EQ(format_time(951'782'400'000'000'000), "2000-02-29T00:00:00.000000000Z");
  EXPECT_EQ(format_time(4'107'542'400'000'000'000), "2100-03-01T00:00:00.000000000Z");
  EXPECT_EQ(format_time(kMax), "2262-04-11T23:47:16.854775807Z");
  EXPECT_EQ(format_time(kMin), "1677-09-21T00:12:43.145224192Z");
}

TEST(FormatTime, AgreesWithTheSystemOverAllYears) {
  // A step of a prime number of seconds meets every month, leap day and hour.
  for (std::int64_t seconds = -9'200'000'000; seconds < 9'200'000'000; seconds += 7'654'321) {
    const std::time_t time = seconds;
    std::tm parts{};
    ASSERT_NE(::gmtime_r(&time, &parts), nullptr);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S.000000000Z", &parts);
    ASSERT_EQ(format_time(seconds * kNsPerSecond), text);
    ASSERT_EQ(parse_time(text), seconds * kNsPerSecond);
  }
}

TEST(FormatTime, KnowsNoZone) {
  ::setenv("TZ", "America/New_York", 1);
  ::tzset();
  EXPECT_EQ(format_time(0), "1970-01-01T00:00:00.000000000Z");
  EXPECT_EQ(parse_time("1970-01-01T00:00"), 0);
  ::unsetenv("TZ");
  ::tzset();
}

TEST(ParseTime, ShorterForms) {
  const std::int64_t start = *parse_time("2021-01-01T00:00:00.000000000Z");
  EXPECT_EQ(parse_time("2021"), start);
  EXPECT_EQ(parse_time("2021-01"), start);
  EXPECT_EQ(parse_time("2021-01-01"), start);
  EXPECT_EQ(parse_time("2021-01-01T00:00"), start);
  EXPECT_EQ(parse_time("2021-01-01T00:00Z"), start);
  EXPECT_EQ(parse_time("2021-01-01T00:00:00"), start);
  EXPECT_EQ(parse_time("2021-01-01T00:00:00.5Z"), start + 500'000'000);
  EXPECT_EQ(parse_time("2021-01-01T00:00:00.123456789"), start + 123'456'789);
  EXPECT_EQ(parse_time(format_time(kMin)), kMin);
  EXPECT_EQ(parse_time(format_time(kMax)), kMax);
}

TEST(ParseTime, RefusesEverythingElse) {
  for (const char* text : {"",
                           "2",
                           "202",
                           "20211",
                           "2021-",
                           "2021-13",
                           "2021-00",
                           "2021-1",
                           "2021-02-29",
                           "2100-02-29",
                           "2021-04-31",
                           "2021-01-00",
                           "2021-01-01T",
                           "2021-01-01T24:00",
                           "2021-01-01T00",
                           "2021-01-01T00:60",
                           "2021-01-01T00:00:60",
                           "2021-01-01T00:00:00.",
                           "2021-01-01T00:00:00.1234567890",
                           "2021-01-01T00:00:00+01:00",
                           "2021-01-01 00:00",
                           "-2021",
                           "2021Z",
                           "2021-01-01T00:00ZZ",
                           "1600-01-01",
                           "2263-01-01",
                           "9999"})
    EXPECT_EQ(parse_time(text), std::nullopt) << text;
  EXPECT_NE(parse_time("2020-02-29"), std::nullopt);
}

TEST(WallClock, IsNow) {
  EXPECT_GT(wall_clock_ns(), *parse_time("2024"));
  const std::int64_t first = wall_clock_ns();
  EXPECT_NEAR(static_cast<double>(first), static_cast<double>(std::time(nullptr)) * 1e9, 5e9);
}

}  // namespace
}  // namespace limier
