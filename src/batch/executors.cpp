// The executors there are.
#include "batch/executors.h"

#include <algorithm>

namespace limier::batch {
namespace {

struct Entry {
  std::string_view name;
  std::unique_ptr<Executor> (*make)();
};
constexpr std::array kExecutors{
    Entry{"local", make_local_executor},
    Entry{"parallel", make_parallel_executor},
    Entry{"slurm", make_slurm_executor},
};

}  // namespace

std::unique_ptr<Executor> make_executor(std::string_view name) {
  const auto* const found =
      std::find_if(kExecutors.begin(), kExecutors.end(), [&](const Entry& entry) { return entry.name == name; });
  return found == kExecutors.end() ? nullptr : found->make();
}

std::vector<std::string_view> executor_names() {
  std::vector<std::string_view> names;
  for (const Entry& entry : kExecutors) names.push_back(entry.name);
  return names;
}

}  // namespace limier::batch
