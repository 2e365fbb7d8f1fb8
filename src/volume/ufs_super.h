// UFS2 whose superblock stands where libtsk does not look for one, UFS1 on images that end before a place where it
// does.
#pragma once

#include "volume/overlay.h"

namespace limier::volume {

// What has to be seen where libtsk looks for a superblock of the volume at `image_offset`; nullopt: it finds one by
// itself, or there is none.
std::optional<Overlay> ufs_super_for_libtsk(const evidence::Image& image, std::uint64_t image_offset);

}  // namespace limier::volume
