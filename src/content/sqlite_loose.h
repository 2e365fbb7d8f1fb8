// Pages of a database that lie in free space of the medium: of the database as it was before it was made anew, shrunk
// or deleted. A page counts where it is wholly well formed and its rows fit one table of the database, and no table of
// another database of the volume: docs/formats/sqlite.md, "Pages in free space".
#pragma once

#include <vector>

#include "content/sqlite_carve.h"
#include "content/sqlite_tables.h"

namespace limier::content {

// Cells of a leaf page of a table, where they, the free blocks and the fragments that it counts fill it exactly and the
// numbers of the rows rise; else none. `page`: the usable bytes.
std::vector<LeafCell> cells_of_whole_leaf(Bytes page);

// What the rows of a page are like: how many columns they have, and for each which kinds of values (bit_of_type).
struct PageKinds {
  std::size_t fewest = 0, most = 0;
  std::vector<std::uint16_t> bits;
};

struct LooseLeaf {
  std::uint64_t image_offset = 0;
  const DbTable* table = nullptr;
  PageKinds kinds;
  bool is_anothers = false;  // it may be
};

// The leaves in free space whose rows are all of one table of the database, as its live rows are; is_anothers where
// they can be of another database of the volume too. `ground`: for pages of this database, with no page and no tables.
std::vector<LooseLeaf> find_loose_leaves(const LooseSource& source, std::uint32_t page_size, CarveGround ground,
                                         std::uint32_t usable_bytes, const TableSet& tables, Rows& rows);

}  // namespace limier::content
