// HFS+ beside libtsk: content, streams, times and names from the trees of the volume.
#pragma once

#include "volume/second_reader.h"

namespace limier::volume {

// A reader that does nothing where the volume's catalog cannot be opened.
std::unique_ptr<SecondReader> make_hfs_reader(WalkContext& context);

}  // namespace limier::volume
