// report: case.db → the report of a whole case, for people and machines. Reads the views of case.db only.
//
// Owns:    nothing beyond a call.
// Errors:  kTemporary when the disk is full. Each file is written to a temporary name, synced, then renamed.
// Promise: same case.db, same bytes.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "limier/store.h"

namespace limier::report {

// case.html, case.json, four CSV tables, the link graph as SVG and as GraphML.
std::span<const std::string_view> case_report_files();
// `language`: of case.html, one of languages(); the other files are for machines.
Status write_case_reports(store::Index& case_index, const std::string& dir, std::string_view language = "en");

}  // namespace limier::report
