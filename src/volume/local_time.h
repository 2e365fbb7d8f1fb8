// Times that a file system keeps as a clock showed them, without a zone.
#pragma once

#include "volume/walk_base.h"

namespace limier::volume {

// kLocal; with --zone kStated: the moment at which clocks in that zone showed this time. A time that they showed twice
// is taken in standard time, one that they left out by the standard time before it. Absent when no calendar or clock
// shows such a time.
catalog::Stamp local_stamp(const WalkBase& walk, const Civil& time, std::uint32_t nanoseconds = 0);

}  // namespace limier::volume
