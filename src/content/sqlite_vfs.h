// The file system that libsqlite sees: one file, the database of a SqliteImage, which nobody can change, and nothing
// beside it.
#pragma once

#include <string>

#include "content/sqlite.h"
#include "content/sqlite_image.h"

namespace limier::content {

// `image` and `name` have to outlive what is opened in it.
sqlite3_vfs make_vfs(const SqliteImage& image, const std::string& name);

}  // namespace limier::content
