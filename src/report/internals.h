// Which rows of v_file are no files of a user: what the file system keeps for itself, and orphans without a byte. Lists
// of the largest and latest files name them apart.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "report/file_pass.h"

namespace limier::report {

class Internals {
 public:
  Status learn_volumes(store::Index& index);
  [[nodiscard]] bool has(const FileCells& row) const;

 private:
  std::map<std::int64_t, std::string> fs_types_;  // by volume
};

}  // namespace limier::report
