// File systems that limier reads by itself, without libtsk. The driver (own_walk.cpp) sends what a reader describes.
//
// Owns:    a reader keeps what it needs of the volume's structure, bounded; the WalkBase outlives it.
// Threads: one.
// Errors:  damage goes to the sink as issues; a Result ends the walk. Every loop over evidence calls
//          sink.working_on(stage, item) often enough for the watchdog (a few thousand steps at most).
#pragma once

#include <memory>

#include "volume/walk_base.h"

namespace limier::volume {

struct Described {
  catalog::InodeRecord inode;
  std::vector<StreamPlan> streams;  // numbered, in (attr_type, attr_id) order
};

class OwnReader {
 public:
  virtual ~OwnReader() = default;
  // Sends every name, parents first: the root directory with name_id 0, then the tree depth first, then names without
  // a directory (not with job.skip_orphans; their inodes go into WalkBase::orphans, sorted). Returns the inodes that
  // names lead to, sorted and unique. Directories in WalkBase::skip are not entered; each is an issue.
  virtual Result<std::vector<std::uint64_t>> names() = 0;
  // One inode; nullopt when it cannot be read (the driver makes an issue of it).
  virtual std::optional<Described> describe(std::uint64_t inode) = 0;
  // Use of every block of the volume, in offset order.
  virtual Status blocks() = 0;
  // The issues that speak of the whole volume, after all inodes were sent. Not called for a walk in parts.
  virtual Status report() = 0;
  // The content of a kDigested stream, unless it is all zeros; false when it cannot be read to its end.
  virtual bool read(const StreamPlan& plan, const Consumer& consume, Status& consumed) = 0;
};

// Null: libtsk reads this volume.
Result<std::unique_ptr<OwnReader>> make_own_reader(WalkBase& walk);

// All parts of a walk, and extraction, by such a reader.
Status own_walk(WalkBase& walk, OwnReader& reader);
Status own_extract(WalkBase& walk, OwnReader& reader);

}  // namespace limier::volume
