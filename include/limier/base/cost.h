// What a stage of work cost, for the audit log and the bench. Never part of a result.
#pragma once

#include <cstdint>
#include <ctime>
#include <string>
#include <tuple>

namespace limier {

struct StageCost {
  std::string stage;
  std::uint64_t cpu_ns = 0;
  std::uint64_t tasks = 0;
  static constexpr auto fields() { return std::tuple{&StageCost::stage, &StageCost::cpu_ns, &StageCost::tasks}; }
};

// CPU time of the calling thread so far, in nanoseconds; 0 where the system keeps none.
inline std::uint64_t thread_cpu_ns() {
  timespec now{};
  if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) != 0) return 0;
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace limier
