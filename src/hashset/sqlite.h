// The only include of SQLite in this room. sqlite3.h is C and quiet, but its macros (SQLITE_TRANSIENT) cast in the old
// style.
#pragma once

#include <sqlite3.h>
