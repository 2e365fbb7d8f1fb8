// How cores and memory of a machine are shared out: docs/batch.md says it in words.
#include "batch/share.h"

#include <gtest/gtest.h>
#include <sched.h>

namespace limier::batch {
namespace {

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30, kMiB = std::uint64_t{1} << 20;

TEST(Share, small_machines_have_a_task_for_each_core_larger_ones_for_every_two) {
  const auto slots = [](std::uint32_t cores) { return slots_for({cores, 1'000 * kGiB}, 1'000, 0); };
  EXPECT_EQ(slots(1), 1U);
  EXPECT_EQ(slots(2), 2U);
  EXPECT_EQ(slots(3), 3U);
  EXPECT_EQ(slots(4), 2U);
  EXPECT_EQ(slots(5), 2U);
  EXPECT_EQ(slots(64), 32U);
}

TEST(Share, never_more_tasks_than_there_is_memory_or_work_for_and_never_none) {
  EXPECT_EQ(slots_for({64, 3 * kGiB}, 1'000, 0), 6U);  // 512 MiB each
  EXPECT_EQ(slots_for({64, 3 * kGiB - 1}, 1'000, 0), 5U);
  EXPECT_EQ(slots_for({64, 100 * kMiB}, 1'000, 0), 1U);
  EXPECT_EQ(slots_for({64, 0}, 1'000, 0), 1U);
  EXPECT_EQ(slots_for({64, 100 * kGiB}, 7, 0), 7U);
  EXPECT_EQ(slots_for({64, 100 * kGiB}, 0, 0), 1U);
}

TEST(Share, a_number_that_was_asked_for_is_kept) {
  EXPECT_EQ(slots_for({2, kGiB}, 1'000, 9), 9U);
  EXPECT_EQ(slots_for({64, 100 * kGiB}, 1'000, 1), 1U);
  EXPECT_EQ(slots_for({64, 100 * kGiB}, 3, 9), 3U);
}

TEST(Share, shares_add_up_to_no_more_than_the_machine_and_grow_towards_the_end) {
  for (std::uint32_t cores = 1; cores <= 70; ++cores) {
    const Machine machine{cores, 64 * kGiB};
    const std::size_t slots = slots_for(machine, 1'000, 0);
    std::uint32_t before = 0;
    for (std::size_t active = slots; active > 0; --active) {
      const Share share = share_of(machine, active, slots);
      EXPECT_LE(share.jobs * active, cores);
      EXPECT_GE(share.jobs, std::max(before, 1U));
      EXPECT_LE(share.memory_bytes * slots, machine.memory_bytes);
      EXPECT_GE(share.memory_bytes, 512 * kMiB);
      before = share.jobs;
    }
    EXPECT_EQ(before, cores);  // the last one has them all
  }
  EXPECT_EQ(share_of({2, kGiB}, 9, 9).jobs, 1U);  // more tasks than cores: one core each all the same
  EXPECT_EQ(share_of({2, kGiB}, 0, 0).jobs, 2U);
}

TEST(Share, what_is_given_is_taken_and_the_rest_measured) {
  const Machine given = measure_machine(3, 5 * kGiB);
  EXPECT_EQ(given.cores, 3U);
  EXPECT_EQ(given.memory_bytes, 5 * kGiB);
  cpu_set_t before, one;
  ASSERT_EQ(::sched_getaffinity(0, sizeof(before), &before), 0);
  EXPECT_EQ(measure_machine(0, kGiB).cores, static_cast<std::uint32_t>(CPU_COUNT(&before)));
  int first = 0;
  while (!CPU_ISSET(first, &before)) ++first;
  CPU_ZERO(&one);
  CPU_SET(first, &one);
  ASSERT_EQ(::sched_setaffinity(0, sizeof(one), &one), 0);
  EXPECT_EQ(measure_machine(0, kGiB).cores, 1U);  // a scheduler that gives one core means one
  ASSERT_EQ(::sched_setaffinity(0, sizeof(before), &before), 0);
  EXPECT_GT(measure_machine(1, 0).memory_bytes, 0U);
}

}  // namespace
}  // namespace limier::batch
