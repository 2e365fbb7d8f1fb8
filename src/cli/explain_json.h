// What `limier explain --json` writes.
#pragma once

#include "cli/output.h"
#include "limier/app.h"

namespace limier::cli {

// `row`: as it was asked for.
Status write_explanation(Output& out, const std::string& row, store::Index& index, const app::Explanation& explanation,
                         const store::Marks& marks);

}  // namespace limier::cli
