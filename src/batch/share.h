// How the cores and the memory of one machine are shared out to tasks that run side by side.
#pragma once

#include <cstddef>
#include <cstdint>

namespace limier::batch {

struct Machine {
  std::uint32_t cores = 1;
  std::uint64_t memory_bytes = 0;
};
// What may be used: what is given, else the cores this process may run on and three quarters of the memory that is
// free.
Machine measure_machine(std::uint32_t jobs, std::uint64_t memory_bytes);

struct Share {
  std::uint32_t jobs = 1;
  std::uint64_t memory_bytes = 0;
};
// Tasks at the same time; `max_active` 0: chosen so that cores and memory suffice for each.
std::size_t slots_for(const Machine& machine, std::size_t tasks, std::uint32_t max_active);
// Of one of `active` tasks, in a pool of `slots`: towards the end, fewer tasks have more cores each.
Share share_of(const Machine& machine, std::size_t active, std::size_t slots);

}  // namespace limier::batch
