// Directories of ext: entries in use, and deleted ones in the gaps between them.
#pragma once

#include <string>
#include <vector>

#include "volume/ext_volume.h"

namespace limier::volume {

struct ExtEntry {
  std::uint64_t inode = 0;
  std::string name;  // never "." or ".."
  catalog::FileKind kind = catalog::FileKind::kFile;
  bool kind_known = false;
  bool in_use = true;
};

struct ExtDirectory {
  std::vector<ExtEntry> entries;  // in the order of the directory
  bool readable = true;           // false: where its blocks lie is not known to its end
  std::uint64_t damaged = 0;      // blocks in which an entry is broken, or that cannot be read
};

// Of a deleted directory only what is still its own.
ExtDirectory read_ext_directory(const ExtVolume& volume, const ExtInode& inode);

}  // namespace limier::volume
