// What a run was guided by: the packs of applications and of rules.
#pragma once

#include "limier/catalog/rows.h"

namespace limier::catalog {

enum class PackKind : std::int8_t { kApplication, kRules };
inline constexpr std::array<std::string_view, 2> kPackKindWords{"application", "rules"};

struct PackUsed {
  static constexpr KindInfo kKind{.name = "pack",
                                  .plural = "packs",
                                  .title = "Packs",
                                  .meaning = "The packs of applications and of rules that the run was guided by.",
                                  .origin = Origin::kEngine,
                                  .summary = ""};
  static constexpr auto columns() {
    return std::tuple{
        Column{"kind", &PackUsed::kind, kPackKindWords, "what it is a pack of"},
        Column{"name", &PackUsed::name, As::kOwnText, "its name"},
        Column{"version", &PackUsed::version, As::kOwnText, "its version"},
        Column{"sha256", &PackUsed::sha256, As::kOwnText, "of its bytes"},
    };
  }

  PackKind kind = PackKind::kApplication;
  std::string name, version, sha256;
};

}  // namespace limier::catalog
