// UFS beside libtsk: times with their birth, extended attributes, snapshots.
#pragma once

#include "volume/second_reader.h"

namespace limier::volume {

// A reader that does nothing where the superblock cannot be read.
std::unique_ptr<SecondReader> make_ufs_reader(WalkContext& context);

}  // namespace limier::volume
