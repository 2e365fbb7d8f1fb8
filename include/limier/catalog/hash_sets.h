// Which sets of digests the files of a run were held against.
#pragma once

#include "limier/catalog/rows.h"

namespace limier::catalog {

enum class SetKind : std::int8_t { kKnown, kNotable };
inline constexpr std::array<std::string_view, 2> kSetKindWords{"known", "notable"};

struct HashSetUsed {
  static constexpr KindInfo kKind{
      .name = "hash_set",
      .plural = "hash_sets",
      .title = "Hash sets",
      .meaning = "The sets of digests that the files were held against, and how many were found in each.",
      .origin = Origin::kEngine,
      .summary = ""};
  static constexpr auto columns() {
    return std::tuple{
        Column{"name", &HashSetUsed::name, As::kOwnText, "its name, as in known_source of v_file"},
        Column{"version", &HashSetUsed::version, As::kOwnText, "of the list, as its publisher says"},
        Column{"known", &HashSetUsed::known, kSetKindWords, "what files in it are called"},
        Column{"format", &HashSetUsed::format, As::kOwnText, "what kind of list it was made of"},
        Column{"sha256", &HashSetUsed::sha256, As::kOwnText, "of its bytes, as at its end"},
        Column{"entries", &HashSetUsed::entries, As::kInteger, "digests in it"},
        Column{"files", &HashSetUsed::files, As::kInteger, "of the device whose content is in it"},
    };
  }

  std::string name, version;
  SetKind known = SetKind::kKnown;
  std::string format, sha256;
  std::int64_t entries = 0, files = 0;
};

}  // namespace limier::catalog
