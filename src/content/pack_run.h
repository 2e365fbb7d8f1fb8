// A pack over a database that it knows.
#pragma once

#include "content/pack.h"
#include "content/sqlite_db.h"
#include "content/sqlite_twin.h"

namespace limier::content {

// By tables and columns, whatever the file is called.
bool pack_knows(const Pack& pack, const Database& database);

struct PackResult {
  std::uint64_t rows = 0;
  bool whole = true;  // false: reading ended before the last row
};

enum class PackWish : std::uint8_t { kAll, kLost };

// Every row that the pack can make of the database, of what lies beside it, and of `lost`, rows that it no longer has;
// or those alone. What is missing or in doubt is said in `rows`.
PackResult run_pack(const Pack& pack, const Source& source, Database& database, const LostRows& lost, PackWish wish,
                    Rows& rows);

}  // namespace limier::content
