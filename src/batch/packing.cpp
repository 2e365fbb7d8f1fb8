#include "batch/packing.h"

#include <algorithm>

namespace limier::batch {
namespace {

// A scheduler takes about 1.5 s for a task. 8 GiB take half a minute or more, so that is lost in the noise; fewer than
// some 64 packs would leave cores of a machine idle, and less than 64 MiB is not worth a task.
constexpr std::uint64_t kLargestPack = std::uint64_t{8} << 30;
constexpr std::uint64_t kSmallestPack = std::uint64_t{64} << 20;
constexpr std::uint64_t kPacksWanted = 64;
constexpr std::size_t kMostInPack = 64;  // one broken process must not hold up more than that

std::uint64_t suitable_pack(const std::vector<const Exhibit*>& exhibits) {
  std::uint64_t total = 0;
  for (const Exhibit* exhibit : exhibits) total += exhibit->size_bytes();
  return std::clamp(total / kPacksWanted, kSmallestPack, kLargestPack);
}

}  // namespace

std::vector<Task> pack(std::vector<const Exhibit*> exhibits, std::optional<std::uint64_t> pack_bytes,
                       std::uint32_t first) {
  std::sort(exhibits.begin(), exhibits.end(), [](const Exhibit* one, const Exhibit* other) {
    if (one->size_bytes() != other->size_bytes()) return one->size_bytes() > other->size_bytes();
    return one->folder < other->folder;
  });
  const std::uint64_t limit = pack_bytes.value_or(suitable_pack(exhibits));
  std::vector<Task> tasks;
  std::size_t open = 0;  // tasks before it have no room for anything
  for (const Exhibit* exhibit : exhibits) {
    const std::uint64_t size = exhibit->size_bytes();
    while (open < tasks.size() && tasks[open].exhibits.size() >= kMostInPack) ++open;
    auto room = std::find_if(tasks.begin() + static_cast<std::ptrdiff_t>(open), tasks.end(), [&](const Task& task) {
      return task.exhibits.size() < kMostInPack && task.size_bytes + size <= limit;
    });
    if (room == tasks.end() || limit == 0) {
      tasks.push_back({0, {}, 0});
      room = tasks.end() - 1;
    }
    room->exhibits.push_back(exhibit->name);
    room->size_bytes += size;
  }
  std::stable_sort(tasks.begin(), tasks.end(),
                   [](const Task& one, const Task& other) { return one.size_bytes > other.size_bytes; });
  for (Task& task : tasks) task.number = first++;
  return tasks;
}

}  // namespace limier::batch
