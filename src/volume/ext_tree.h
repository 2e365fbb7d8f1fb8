// Where the blocks of an ext inode lie.
#pragma once

#include <vector>

#include "volume/ext_volume.h"

namespace limier::volume {

struct ExtRun {
  std::uint64_t file_block = 0;
  std::uint64_t block = 0;
  std::uint64_t blocks = 0;
  bool unwritten = false;
};
struct ExtTree {
  std::vector<ExtRun> runs;  // in file order
  bool whole = true;         // false: a block of the tree is broken, out of place or outside the volume
};

// By extent tree or block pointers, whichever the inode has; not for content inside the inode.
ExtTree read_ext_tree(const ExtVolume& volume, const ExtInode& inode);

}  // namespace limier::volume
