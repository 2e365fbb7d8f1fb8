// Packs as the supervisor sees them: which there are, and which paths they hint at. Nothing here reads evidence.
//
// Owns:    values; own_packs() lives as long as the program.
// Threads: any.
// Errors:  kUsage for packs that are wrong, with file and line.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "limier/base.h"
#include "limier/content.h"

namespace limier::content {

// The packs the program was built with, by name.
std::span<const PackText> own_packs();

// Files, and folders with *.toml in them, in the order given. Every pack is read and checked. kUsage: a file that
// cannot be read, or what is wrong with a pack ("FILE:LINE: …").
Result<std::vector<PackText>> load_packs(std::span<const std::string> paths);

struct PackFacts {
  std::string name, version, app, evidence;
  std::string sha256;  // of the pack's bytes, in hex
  std::vector<std::string> paths, sources;
  std::vector<std::string> app_ids;  // packages of the application
};
Result<PackFacts> facts_of(const PackText& pack);

// `packs` behind the program's own; a later one takes the place of an earlier one of the same name. By name.
std::vector<PackText> all_packs(std::span<const PackText> packs);

// Paths under which packs expect their databases: contents to look at first.
std::vector<std::string> lead_paths(std::span<const PackText> packs);
// Where the databases lie that packs read beside their first one, seen from that one's folder: globs.
std::vector<std::string> beside_places(std::span<const PackText> packs);
// `*` is any run of bytes, also `/`; `?` one byte. Small and large letters of ASCII are the same.
bool path_matches(std::string_view glob, std::string_view path);

}  // namespace limier::content
