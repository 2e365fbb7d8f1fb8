// The parsers there are. A new one is a file in src/content and a line in src/content/parsers.cpp; what it wants is a
// line in src/content/wishes.cpp, which the supervisor asks.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "limier/base.h"
#include "limier/content.h"

namespace limier::content {

// By name. `packs` were checked where they came from; one that is wrong is left out.
std::vector<std::unique_ptr<Parser>> make_parsers(std::span<const PackText> packs);

// What a pack's own tests find wrong, and what in its statements neither its tables nor its capabilities name. Its name
// is its path: the files of its tests lie beside it. kUsage where it cannot be read at all.
Result<std::vector<std::string>> check_pack(const PackText& pack);

// What they want, by name of the parser.
std::span<const Wish> wishes();

}  // namespace limier::content
