#include "volume/local_time.h"

#include <cstdlib>
#include <ctime>

#include "volume/support.h"

namespace limier::volume::testing {
namespace {

using catalog::TimeBasis;

// The zone of the process, as the supervisor gives it to limier-fs.
class Zone {
 public:
  explicit Zone(const char* name) {
    ::setenv("TZ", name, 1);
    ::tzset();
  }
  ~Zone() {
    ::unsetenv("TZ");
    ::tzset();
  }
};

catalog::Stamp stamp(const Civil& time, bool stated) {
  const RawImage image("/dev/null");
  FsJob job;
  job.zone_stated = stated;
  Rows rows;
  const OwnWalk walk(image, job, rows);
  return local_stamp(walk, time, 5);
}

TEST(LocalTime, AsTheClockShowedItOrInAZone) {
  // TZ is written out, so that no zone file is needed: central European time, by its rule.
  const Zone zone("CET-1CEST,M3.5.0,M10.5.0/3");
  const auto moment = [](const Civil& time) { return stamp(time, true).seconds; };
  EXPECT_EQ(stamp({2024, 7, 1, 12, 0, 0}, false), (catalog::Stamp{1719835200, 5, TimeBasis::kLocal}));
  EXPECT_EQ(stamp({2024, 7, 1, 12, 0, 0}, true), (catalog::Stamp{1719828000, 5, TimeBasis::kStated}));
  EXPECT_EQ(moment({2024, 1, 1, 12, 0, 0}), 1704106800);    // 11:00Z
  EXPECT_EQ(moment({2024, 10, 27, 2, 30, 0}), 1729992600);  // shown twice: 01:30Z, the second time
  EXPECT_EQ(moment({2024, 3, 31, 2, 30, 0}), 1711848600);   // never shown: 01:30Z
  EXPECT_EQ(moment({2024, 3, 31, 3, 0, 0}), 1711846800);    // 01:00Z
  EXPECT_EQ(moment({2107, 12, 31, 0, 0, 0}), 4354729200);   // 23:00Z the day before
}

TEST(LocalTime, WhatNoClockShowsIsAbsent) {
  for (const Civil& time :
       {Civil{2023, 2, 30}, Civil{2023, 2, 29}, Civil{2023, 13, 1}, Civil{2023, 0, 1}, Civil{2023, 1, 0},
        Civil{2023, 1, 1, 24, 0, 0}, Civil{2023, 1, 1, 0, 60, 0}, Civil{2023, 1, 1, 0, 0, 60}})
    EXPECT_EQ(stamp(time, false), catalog::Stamp{});
  EXPECT_EQ(stamp({2000, 2, 29}, false).seconds, 951782400);
}

}  // namespace
}  // namespace limier::volume::testing
