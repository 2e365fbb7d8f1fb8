// The file system that libsqlite sees: databases of SqliteImages by name, which nobody can change, and nothing beside
// them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "content/sqlite.h"
#include "content/sqlite_image.h"

namespace limier::content {

struct VfsFiles {
  std::vector<std::pair<std::string, const SqliteImage*>> by_name;
};

// `files` and `name` have to outlive what is opened in it.
sqlite3_vfs make_vfs(const VfsFiles& files, const std::string& name);

}  // namespace limier::content
