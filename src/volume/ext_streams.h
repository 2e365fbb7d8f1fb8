// The streams of ext inodes: content, and extended attributes as rows of their own.
#pragma once

#include <string>
#include <vector>

#include "volume/ext_volume.h"

namespace limier::volume {

// Numbered, in (attr_type, attr_id) order.
struct ExtStreams {
  std::vector<StreamPlan> plans;
  bool xattrs_damaged = false;  // there may be more attributes than are listed
};
ExtStreams plan_ext_streams(const ExtVolume& volume, const ExtInode& inode);
// Of a symbolic link; empty when it cannot be read whole, or is encrypted. `with_content`: when it lies in blocks too.
std::string ext_link_target(const ExtVolume& volume, const ExtInode& inode, bool with_content);

}  // namespace limier::volume
