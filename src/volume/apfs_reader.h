// APFS beside libtsk: content, streams and times from the tree of the volume.
#pragma once

#include "volume/second_reader.h"

namespace limier::volume {

// A reader that does nothing where the volume's tree cannot be opened.
std::unique_ptr<SecondReader> make_apfs_reader(WalkContext& context);

}  // namespace limier::volume
