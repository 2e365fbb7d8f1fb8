// A pack over a database that it knows.
#pragma once

#include "content/pack.h"
#include "content/sqlite_db.h"

namespace limier::content {

// By tables and columns, whatever the file is called.
bool pack_knows(const Pack& pack, const Database& database);

// Every row that the pack can make of the database. What is lost or in doubt is said in `rows`.
void run_pack(const Pack& pack, Database& database, Rows& rows);

}  // namespace limier::content
