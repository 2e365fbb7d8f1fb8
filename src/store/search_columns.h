// Which kinds and columns the full-text index holds, and which `limier search` looks at.
#pragma once

#include <string>
#include <vector>

#include "limier/catalog/rows.h"

namespace limier::store {

// What the evidence says, and numbers and addresses in one spelling. Empty: the kind has nothing to search.
inline std::vector<std::string> searched_columns(const catalog::KindInfo& kind) {
  std::vector<std::string> columns;
  if (kind.origin != catalog::Origin::kContent) return columns;
  for (const catalog::ColumnInfo& column : kind.columns)
    if (column.as == catalog::As::kText || (column.as == catalog::As::kOwnText && column.name == "normalized"))
      columns.emplace_back(column.name);
  return columns;
}

// Hits are short, many, and looked through as they stand, and so are the names of files (docs/search.md).
inline bool is_in_full_text(const catalog::KindInfo& kind) {
  return !kind.in_bytes && !searched_columns(kind).empty();
}

// A text of a file is cut into parts; with each goes so much of the next one, so that what lies over the border is
// found.
inline constexpr int kJointCharacters = 256;

}  // namespace limier::store
