// Files that a disc holds compressed, block by block. Private to the room.
//
// Source: libisofs, doc/zisofs_format.txt: version 1, algorithm "pz".
#pragma once

#include <vector>

#include "volume/iso_disc.h"
#include "volume/rock_ridge.h"

namespace limier::volume {

// Calls `consume` with the content in order; false when it cannot be read to its end. `packed`: logical ranges of what
// is on the disc.
bool read_zisofs(IsoDisc& disc, const std::vector<std::pair<std::uint64_t, std::uint64_t>>& packed,
                 const Zisofs& fields, const Consumer& consume, const std::function<void()>& beat, Status& consumed);
// Why it cannot be read at all; empty when it can.
std::string zisofs_refusal(const Zisofs& fields);

}  // namespace limier::volume
