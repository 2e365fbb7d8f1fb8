// NTFS with clusters over 64 KiB, as Windows 10 and later make it, in words that libtsk understands.
#pragma once

#include <array>
#include <optional>

#include "limier/evidence.h"

namespace limier::volume {

struct BootOverlay {
  std::uint64_t image_offset = 0;
  std::array<std::uint8_t, 512> bytes{};
};
// What libtsk is to see in place of the boot sector at `image_offset`; nullopt: what stands there will do.
std::optional<BootOverlay> ntfs_boot_for_libtsk(const evidence::Image& image, std::uint64_t image_offset);

}  // namespace limier::volume
