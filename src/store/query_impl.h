// What stands behind a Query, for the connections of this room.
#pragma once

#include "limier/store.h"
#include "store/db.h"

namespace limier::store {

struct Query::Impl {
  sqlite3* connection = nullptr;
  StatementHandle statement;
  int code = SQLITE_OK;
  ErrorKind error_kind = ErrorKind::kInternal;
};

// Our own statement on any connection of ours.
Result<Query> make_query(sqlite3* connection, std::string_view sql);

}  // namespace limier::store
