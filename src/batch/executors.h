// One file each: executor_<name>.cpp.
#pragma once

#include "limier/batch.h"

namespace limier::batch {

std::unique_ptr<Executor> make_local_executor();
std::unique_ptr<Executor> make_parallel_executor();
std::unique_ptr<Executor> make_slurm_executor();

}  // namespace limier::batch
