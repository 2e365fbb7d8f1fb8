// The file given with --scope: TOML, docs/scope.md.
#pragma once

#include "limier/catalog/scope.h"

namespace limier::app {

// kUsage with one sentence that names the file and the line, and repeats no masked word.
Result<std::shared_ptr<const catalog::Scope>> load_scope(const std::string& path);

}  // namespace limier::app
