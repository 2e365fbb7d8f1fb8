// Rows in bytes that nothing live takes: cells as they were, and cells whose first four bytes SQLite overwrote when it
// freed them (next free block, size of this one). How SQLite frees and reuses cells: sqlite.org/fileformat2.html,
// section 1.6 (freeblocks, fragments, unallocated region).
#pragma once

#include <vector>

#include "content/sqlite_tables.h"
#include "content/sqlite_walk.h"

namespace limier::content {

struct CarveGround {
  Bytes page;  // the usable bytes
  TextEncoding encoding = TextEncoding::kUtf8;
  bool has_short_integers = true;
  std::vector<const DbTable*> tables;  // whose rows may lie here
  // Row numbers that were seen on the page, to tell how long a lost one may have been.
  std::optional<std::int64_t> low, high;
};

struct CarvedRow {
  std::uint32_t start = 0, end = 0;    // within the page
  std::vector<const DbTable*> tables;  // that it fits
  std::optional<std::int64_t> rowid;
  RecordHead head;
  std::uint64_t body_at = 0, local_body_bytes = 0;
  std::uint32_t overflow_page = 0;
  std::size_t columns = 0;  // from the first on, whose values are here: fewer than the record has in a fragment
  bool first_lost = false;  // the value of the first column cannot be told
  bool is_headless = false;
  [[nodiscard]] bool is_whole() const { return columns == head.types.size() && !first_lost; }
};

// Rows of one range, in order. What more than one reading fits equally well is left out.
std::vector<CarvedRow> carve(const CarveGround& ground, PageRange range);

// Whether the values can be such as SQLite writes them: text that is text, integers no longer than they need. `body`
// may be short; what is beyond its end is not looked at. `bits`: how unlikely that is by chance.
bool are_likely_values(const CarveGround& ground, const RecordHead& head, Bytes body, int& bits);

}  // namespace limier::content
