// Which exhibits share a task.
#pragma once

#include <vector>

#include "limier/batch.h"

namespace limier::batch {

// Largest first; small ones are put together up to `pack_bytes` (nullopt: a size that suits the whole), so that what a
// scheduler costs per task does not matter. Same exhibits, same tasks, whatever their order. Numbers begin at `first`.
std::vector<Task> pack(std::vector<const Exhibit*> exhibits, std::optional<std::uint64_t> pack_bytes,
                       std::uint32_t first);

}  // namespace limier::batch
