// From a finished index to the facts of its completion record.
#pragma once

#include "limier/batch.h"

namespace limier::batch {

// All but exit_code and message.
Result<ExhibitResult> gather_result(const std::string& index_dir);

}  // namespace limier::batch
