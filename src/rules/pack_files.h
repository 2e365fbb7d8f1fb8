// The files of packs, wherever they come from.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "limier/base/embedded.h"
#include "limier/rules.h"

namespace limier::rules {

// Those of the folder rules/.
std::span<const EmbeddedFile> embedded_rules();

// Files of the pack, or of the packs, in a folder; "PACK/…" is their path.
Result<std::vector<PackFile>> read_folder(const std::string& folder);

// One pack from its files, which are sorted by path.
Result<Pack> parse_pack(std::span<const PackFile> files, std::span<const PackFile> others);

}  // namespace limier::rules
