// Use of the blocks of an ext volume.
#pragma once

#include "volume/ext_volume.h"

namespace limier::volume {

Status send_ext_blocks(WalkBase& walk, const ExtVolume& volume);

}  // namespace limier::volume
