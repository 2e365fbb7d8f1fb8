// Rows that limier made of other rows: which these are, and whether they still give the same.
#pragma once

#include "limier/app.h"

namespace limier::app {

// nullopt: a row of this kind comes out of bytes, or there is none of this number.
Result<std::optional<Follows>> follow_rows(store::Index& index, std::string_view kind, std::int64_t id);

// The finding made again: by its rule over the whole index, and its words in `body`, the text of its message as it was
// made now (nullptr: it was not).
Result<FoundAgain> find_again(store::Index& index, std::int64_t finding_id, const std::vector<std::string>& rules,
                              const std::string* body);

}  // namespace limier::app
