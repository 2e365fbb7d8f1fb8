// Extended attributes of ext inodes, which may hold the rest of a file's content too.
#pragma once

#include <string>
#include <vector>

#include "volume/ext_volume.h"

namespace limier::volume {

struct ExtXattr {
  std::string name;  // with its name space: "user.comment"
  std::uint64_t size = 0;
  std::uint64_t image_offset = 0;  // of the value, unless an inode holds it
  std::uint64_t inode = 0;         // that holds the value, 0: none
};

struct ExtXattrs {
  std::vector<ExtXattr> list;
  bool has_inline_data = false;  // "system.data": the content of the inode behind its first 60 bytes
  ExtXattr inline_data;
  bool damaged = false;  // the list breaks off
};

// `with_block`: those in a block of their own too.
ExtXattrs read_ext_xattrs(const ExtVolume& volume, const ExtInode& inode, bool with_block);

}  // namespace limier::volume
