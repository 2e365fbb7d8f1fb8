// What a scope masked: counts alone, nothing of what it was.
#pragma once

#include "limier/catalog/rows.h"

namespace limier::catalog {

struct Masked {
  static constexpr KindInfo kKind{.name = "masked",
                                  .plural = "masked",
                                  .title = "Masked by the scope",
                                  .meaning = "What may not be read by order of the scope file: only how much it was.",
                                  .origin = Origin::kEngine,
                                  .summary = ""};
  static constexpr auto columns() {
    return std::tuple{
        Column{"kind", &Masked::kind, As::kOwnText, "the kind of row, or name (of a file), label (of a volume)"},
        Column{"reason", &Masked::reason, As::kOwnText, "as the scope file says it"},
        Column{"items", &Masked::items, As::kInteger, "how many were masked"},
    };
  }

  std::string kind, reason;
  std::int64_t items = 0;
};

}  // namespace limier::catalog
