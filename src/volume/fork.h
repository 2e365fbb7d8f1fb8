// A row of bytes that a file system keeps in runs of blocks: the forks of HFS+, the data streams of APFS, and what else
// limier finds by itself beside libtsk.
#pragma once

#include "volume/walk_base.h"

namespace limier::volume {

struct ForkRun {
  std::uint64_t fork_offset = 0;
  std::optional<std::uint64_t> image_offset;  // none: a hole
  std::uint64_t length = 0;
};
struct Fork {
  std::uint64_t size_bytes = 0;
  std::vector<ForkRun> runs;  // in order, without gaps or overlaps; the last may end behind the size
  bool whole = true;          // false: a part of it cannot be found
  bool outside = false;       // a run leads out of the volume
  bool encrypted = false;
};

// False when any of `out` cannot be had; holes are zeros.
bool read_fork(WalkBase& walk, const Fork& fork, std::uint64_t fork_offset, MutableBytes out);

// The bytes of a range of it, as a fork of their own.
Fork part_of(const Fork& fork, std::uint64_t fork_offset, std::uint64_t length);

// The extents and the source of a stream with that content, for a plan that has its identity and its name.
void plan_fork(const Fork& fork, StreamPlan& plan);
// The same for bytes inside a structure of the file system: they are read by read_resident().
void plan_resident(const Fork& bytes, StreamPlan& plan);
bool read_resident(WalkBase& walk, const StreamPlan& plan, const Consumer& consume, Status& consumed);

}  // namespace limier::volume
