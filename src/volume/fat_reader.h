// limier's own reader of FAT12, FAT16 and FAT32.
#pragma once

#include <memory>

#include "volume/own_reader.h"

namespace limier::volume {

Result<std::unique_ptr<OwnReader>> make_fat_reader(WalkBase& walk);

}  // namespace limier::volume
