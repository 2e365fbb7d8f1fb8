// Noticed in passing: blocks of the media that begin as a leaf page of a table of a SQLite database does. Whether one
// is free, and a page of a database that is known, is asked later and elsewhere.
//
// Costs one byte of every 512 that is looked at. Of random bytes one block in a billion is taken for a page.
#pragma once

#include <vector>

#include "limier/base.h"

namespace limier::sweep {

// `bytes` lie at `image_offset`; appends the places in them, rising.
void find_loose_pages(std::uint64_t image_offset, Bytes bytes, std::vector<std::uint64_t>& found);

}  // namespace limier::sweep
