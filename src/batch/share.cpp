#include "batch/share.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>

namespace limier::batch {
namespace {

// What one triage needs at least with its workers: buffers, decoded chunks, SQLite's cache.
constexpr std::uint64_t kLeastMemory = std::uint64_t{512} << 20;
// The walk of a volume is one thread, the sweep many: from here on two cores for each task fill a machine.
constexpr std::uint32_t kManyCores = 4;

std::uint32_t cores_of_process() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof(set), &set) != 0) return 1;
  return static_cast<std::uint32_t>(std::max(CPU_COUNT(&set), 1));
}

std::uint64_t free_memory() {
  std::ifstream info("/proc/meminfo");
  std::string name, unit;
  std::uint64_t amount = 0;
  while (info >> name >> amount >> unit)
    if (name == "MemAvailable:") return amount * 1024;
  return kLeastMemory;
}

// The limit of the control group (v2) this process is in; a container often has no other.
std::uint64_t group_limit() {
  std::ifstream file("/sys/fs/cgroup/memory.max");
  std::uint64_t limit = 0;
  return file >> limit ? limit : UINT64_MAX;
}

}  // namespace

Machine measure_machine(std::uint32_t jobs, std::uint64_t memory_bytes) {
  Machine machine{jobs, memory_bytes};
  if (machine.cores == 0) machine.cores = cores_of_process();
  if (machine.memory_bytes == 0) machine.memory_bytes = std::min(free_memory(), group_limit()) / 4 * 3;
  return machine;
}

std::size_t slots_for(const Machine& machine, std::size_t tasks, std::uint32_t max_active) {
  std::size_t slots = machine.cores < kManyCores ? machine.cores : machine.cores / 2;
  slots = std::min<std::size_t>(slots, static_cast<std::size_t>(machine.memory_bytes / kLeastMemory));
  if (max_active != 0) slots = max_active;
  return std::max<std::size_t>(std::min(slots, tasks), 1);
}

Share share_of(const Machine& machine, std::size_t active, std::size_t slots) {
  const auto cores = machine.cores / static_cast<std::uint32_t>(std::max<std::size_t>(active, 1));
  return {std::max(cores, 1u), machine.memory_bytes / std::max<std::size_t>(slots, 1)};
}

}  // namespace limier::batch
