// NTFS with clusters over 64 KiB, as Windows 10 and later make it, in words that libtsk understands.
#pragma once

#include "volume/overlay.h"

namespace limier::volume {

// What libtsk is to see in place of the boot sector at `image_offset`; nullopt: what stands there will do.
std::optional<Overlay> ntfs_boot_for_libtsk(const evidence::Image& image, std::uint64_t image_offset);

}  // namespace limier::volume
