// Results are moved aside, never deleted.
#pragma once

#include "limier/batch.h"

namespace limier::batch {

// Moves what there is of one exhibit (record first, then results and keys) to superseded/FOLDER-N/.
Status supersede(const CaseFolder& folder, const std::string& exhibit_folder);

}  // namespace limier::batch
