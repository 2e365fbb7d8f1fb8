// The full-text index of the rows out of contents (search_index.cpp), and which texts are not in it.
#pragma once

#include "store/db.h"

namespace limier::store {

// Drops the texts of files that are known, as settle_packages() and hash sets left them; before rows are numbered.
// Gives how many files.
Result<std::int64_t> drop_known_texts(Database& db);
inline constexpr std::string_view kTextsOfKnown = "texts-in-known-files";

// Once all rows have their ids. Begins anew.
Status build_search_index(Database& db);

}  // namespace limier::store
