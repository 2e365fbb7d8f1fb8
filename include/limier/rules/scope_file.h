// The file that says what may not be read (triage --scope): TOML, docs/scope.md.
//
// Threads: plain functions.
// Errors:  kUsage with one sentence that names the file and the line, and repeats no masked word.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "limier/catalog/scope.h"

namespace limier::rules {

// `path` is for the sentences alone.
Result<std::shared_ptr<const catalog::Scope>> parse_scope(std::string_view bytes, const std::string& path);

}  // namespace limier::rules
