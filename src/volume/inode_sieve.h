// Lets libtsk's walks over all inodes leave out what is known already. libtsk reads and takes apart every record of an
// MFT before it asks whether a walk wants it, and it walks through all of them to know the parents of files, and again
// to find the files without a directory. From the first of these walks the sieve knows which are not in use; a later
// walk over those goes to them alone. Files that have a name are left out of it: libtsk would find each in a list it
// goes through from the start.
#pragma once

#include <cstdint>
#include <vector>

#include "volume/tsk.h"

namespace limier::volume {

// One for an open file system, whose inode_walk it takes the place of. Used by the thread that made it.
class InodeSieve {
 public:
  explicit InodeSieve(TSK_FS_INFO* fs);
  ~InodeSieve();
  InodeSieve(const InodeSieve&) = delete;
  InodeSieve& operator=(const InodeSieve&) = delete;

  // Walks over inodes that are not in use pass these over from now on. Sorted.
  void leave_out(std::vector<std::uint64_t> inodes) { left_out_ = std::move(inodes); }

 private:
  using Walk = decltype(TSK_FS_INFO::inode_walk);
  struct Range {
    std::uint64_t first = 0, last = 0;
  };
  // What stands between libtsk and the callback of a walk.
  struct Between {
    InodeSieve* sieve = nullptr;
    TSK_FS_META_WALK_CB action = nullptr;
    void* pointer = nullptr;
    bool ended = false;
  };

  static std::uint8_t walk(TSK_FS_INFO* fs, TSK_INUM_T first, TSK_INUM_T last, TSK_FS_META_FLAG_ENUM flags,
                           TSK_FS_META_WALK_CB action, void* pointer);
  static TSK_WALK_RET_ENUM pass_on(TSK_FS_FILE* file, void* between);
  static TSK_WALK_RET_ENUM note(TSK_FS_FILE* file, void* between);
  std::uint8_t walk_noting(TSK_FS_META_FLAG_ENUM flags, Between& between);
  std::uint8_t walk_unallocated(Range wanted, TSK_FS_META_FLAG_ENUM flags, Between& between) const;
  void add(std::uint64_t inode);

  TSK_FS_INFO* fs_;
  Walk libtsk_walk_;
  std::vector<Range> unallocated_;  // sorted; whole when `known_`
  std::vector<std::uint64_t> left_out_;
  bool known_ = false;
  bool in_order_ = true;
};

}  // namespace limier::volume
