#include "volume/inode_sieve.h"

#include <algorithm>
#include <map>

namespace limier::volume {

namespace {

// libtsk's struct has no room for a pointer of ours.
std::map<const TSK_FS_INFO*, InodeSieve*>& sieves() {
  thread_local std::map<const TSK_FS_INFO*, InodeSieve*> all;
  return all;
}

bool has(TSK_FS_META_FLAG_ENUM flags, int flag) {
  return (static_cast<int>(flags) & flag) != 0;
}

}  // namespace

InodeSieve::InodeSieve(TSK_FS_INFO* fs) : fs_(fs), libtsk_walk_(fs->inode_walk) {
  sieves()[fs] = this;
  fs->inode_walk = walk;
}

InodeSieve::~InodeSieve() {
  sieves().erase(fs_);
}

std::uint8_t InodeSieve::walk(TSK_FS_INFO* fs, TSK_INUM_T first, TSK_INUM_T last, TSK_FS_META_FLAG_ENUM flags,
                              TSK_FS_META_WALK_CB action, void* pointer) {
  InodeSieve& self = *sieves().at(fs);
  Between between{&self, action, pointer};
  const bool in_use = has(flags, TSK_FS_META_FLAG_ALLOC), not_in_use = has(flags, TSK_FS_META_FLAG_UNALLOC);
  // Neither of the two means both, to libtsk.
  const bool used_or_not = has(flags, TSK_FS_META_FLAG_USED) == has(flags, TSK_FS_META_FLAG_UNUSED);
  const bool all = in_use && not_in_use && used_or_not && first == fs->first_inum && last == fs->last_inum;
  if (has(flags, TSK_FS_META_FLAG_ORPHAN)) return self.libtsk_walk_(fs, first, last, flags, action, pointer);
  if (all && !self.known_ && TSK_FS_TYPE_ISNTFS(fs->ftype)) return self.walk_noting(flags, between);
  if (not_in_use && !in_use) return self.walk_unallocated({first, last}, flags, between);
  return self.libtsk_walk_(fs, first, last, flags, action, pointer);
}

std::uint8_t InodeSieve::walk_noting(TSK_FS_META_FLAG_ENUM flags, Between& between) {
  unallocated_.clear();
  in_order_ = true;
  const std::uint8_t failed = libtsk_walk_(fs_, fs_->first_inum, fs_->last_inum, flags, note, &between);
  known_ = failed == 0 && !between.ended && in_order_;
  return failed;
}

// libtsk walks each gap between those that are left out, or everything where not all are known.
std::uint8_t InodeSieve::walk_unallocated(Range wanted, TSK_FS_META_FLAG_ENUM flags, Between& between) const {
  if (!known_) return libtsk_walk_(fs_, wanted.first, wanted.last, flags, pass_on, &between);
  const auto walk_run = [&](std::uint64_t first, std::uint64_t last) -> std::uint8_t {
    return first > last || between.ended ? 0 : libtsk_walk_(fs_, first, last, flags, pass_on, &between);
  };
  auto out = left_out_.begin();
  for (const Range& range : unallocated_) {
    std::uint64_t first = std::max(range.first, wanted.first);
    const std::uint64_t last = std::min(range.last, wanted.last);
    out = std::lower_bound(out, left_out_.end(), first);
    for (; out != left_out_.end() && *out <= last && first <= last; ++out) {
      if (*out > first && walk_run(first, *out - 1) != 0) return 1;
      first = *out + 1;
    }
    if (walk_run(first, last) != 0) return 1;
  }
  return 0;
}

TSK_WALK_RET_ENUM InodeSieve::pass_on(TSK_FS_FILE* file, void* pointer) {
  auto& between = *static_cast<Between*>(pointer);
  const auto& out = between.sieve->left_out_;
  if (file->meta != nullptr && std::binary_search(out.begin(), out.end(), file->meta->addr)) return TSK_WALK_CONT;
  const TSK_WALK_RET_ENUM answer = between.action(file, between.pointer);
  between.ended = answer != TSK_WALK_CONT;
  return answer;
}

TSK_WALK_RET_ENUM InodeSieve::note(TSK_FS_FILE* file, void* pointer) {
  auto& between = *static_cast<Between*>(pointer);
  if (file->meta != nullptr && has(file->meta->flags, TSK_FS_META_FLAG_UNALLOC)) between.sieve->add(file->meta->addr);
  const TSK_WALK_RET_ENUM answer = between.action(file, between.pointer);
  between.ended = answer != TSK_WALK_CONT;
  return answer;
}

void InodeSieve::add(std::uint64_t inode) {
  if (!unallocated_.empty() && inode <= unallocated_.back().last)
    in_order_ = false;
  else if (!unallocated_.empty() && inode == unallocated_.back().last + 1)
    unallocated_.back().last = inode;
  else
    unallocated_.push_back({inode, inode});
}

}  // namespace limier::volume
