// libyara, and what it needs. Private to the room.
#pragma once

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#include <yara.h>
#include <yara/modules.h>
#pragma GCC diagnostic pop

#include <memory>

#include "limier/base/handle.h"

namespace limier::content {

using YaraCompiler = std::unique_ptr<YR_COMPILER, CloseWith<yr_compiler_destroy>>;
using YaraRules = std::unique_ptr<YR_RULES, CloseWith<yr_rules_destroy>>;
using YaraScanner = std::unique_ptr<YR_SCANNER, CloseWith<yr_scanner_destroy>>;

// To be asked before anything else of libyara; once in a process.
bool yara_is_ready();

}  // namespace limier::content
