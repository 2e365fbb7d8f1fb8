// What several batch commands print.
#pragma once

#include <span>

#include "cli/command.h"
#include "limier/batch.h"

namespace limier::cli {

// A case of many exhibits, which has a plan and no index of its own.
bool is_batch_case(const std::string& dir);
// Not ok, with what to give instead, when `dir` is one; for the commands that read one exhibit.
Status refuse_batch_case(const std::string& dir, std::string_view command);

// The folder as an absolute path: tasks run in other processes, on other machines.
batch::CaseFolder case_folder(const std::string& given);

// The state of all exhibits, as a table with a line for the whole, or as JSON (docs/batch.md lists the keys).
void print_batch_table(const Context& context, const batch::Plan& plan, std::span<const batch::ExhibitStatus> statuses);
void print_batch_json(const Context& context, const batch::CaseFolder& folder, const batch::Plan& plan,
                      std::span<const batch::ExhibitStatus> statuses, const batch::FindingsSoFar* findings = nullptr);

}  // namespace limier::cli
