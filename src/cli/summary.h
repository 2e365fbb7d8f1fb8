// What triage says at its end: read back from the finished index, so that it cannot differ from the report.
#pragma once

#include <string>

#include "cli/command.h"
#include "limier/app.h"

namespace limier::cli {

void print_summary(const Context& context, const std::string& dir, const app::Outcome& outcome);

}  // namespace limier::cli
