// The full-text index of the rows out of contents (search_index.cpp).
#pragma once

#include "store/db.h"

namespace limier::store {

// Once all rows have their ids. Begins anew.
Status build_search_index(Database& db);

}  // namespace limier::store
