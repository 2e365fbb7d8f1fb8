// The values of a row that was found, out of the bytes of its record.
#pragma once

#include "content/sqlite_carve.h"
#include "content/sqlite_recover.h"

namespace limier::content {

// In the columns of a table: what the record does not have is what the table says of missing columns. `columns`: how
// many of the record are known.
void put_values(const DbTable& table, const RecordHead& head, Bytes body, std::size_t columns, TextEncoding encoding,
                FoundRow& out);
// As they are stored, where no table is known.
void put_bare_values(const CarvedRow& row, Bytes body, TextEncoding encoding, FoundRow& out);

}  // namespace limier::content
