// Bytes that libtsk is to see in place of what stands on the media, where it would refuse a sound file system.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "limier/evidence.h"

namespace limier::volume {

struct Overlay {
  std::uint64_t image_offset = 0;
  std::vector<std::uint8_t> bytes;  // may lie behind the end of the image; zeros are seen up to there
  bool while_opening = false;       // once the file system is open libtsk sees what stands there
};

}  // namespace limier::volume
