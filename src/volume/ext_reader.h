// ext2, ext3 and ext4, read by limier itself.
#pragma once

#include <memory>

#include "volume/own_reader.h"

namespace limier::volume {

// Null when the superblock makes no sense.
std::unique_ptr<OwnReader> make_ext_reader(WalkBase& walk);

}  // namespace limier::volume
