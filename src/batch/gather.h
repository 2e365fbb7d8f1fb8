// From a finished index to the facts of its completion record.
#pragma once

#include "limier/batch.h"

namespace limier::batch {

// All but exit_code and message.
Result<ExhibitResult> gather_result(const std::string& index_dir);

// Findings at or above a priority; 0 for an empty threshold.
std::uint64_t findings_from(const ExhibitResult& result, std::string_view threshold);

}  // namespace limier::batch
