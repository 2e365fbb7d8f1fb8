#include "store/held_rows.h"

#include <algorithm>

namespace limier::store {

namespace {

bool continues(const JoinInode& before, const JoinInode& inode) {
  return before.volume_id == inode.volume_id && before.inode < inode.inode;
}

}  // namespace

void HeldRows::add(const JoinInode& inode) {
  if (whole_ && (inodes_.empty() || !continues(inodes_.back(), inode))) runs_.push_back(inodes_.size());
  put(inodes_, inode);
}

bool HeldRows::proves_new(std::uint32_t volume_id, std::int64_t inode) const {
  if (!whole_ || runs_.size() > kMaxRuns) return false;
  for (std::size_t run = 0; run < runs_.size(); ++run) {
    const auto begin = inodes_.begin() + static_cast<std::ptrdiff_t>(runs_[run]);
    const auto end =
        run + 1 < runs_.size() ? inodes_.begin() + static_cast<std::ptrdiff_t>(runs_[run + 1]) : inodes_.end();
    if (begin->volume_id != volume_id) continue;
    const auto at = std::lower_bound(begin, end, inode,
                                     [](const JoinInode& one, std::int64_t wanted) { return one.inode < wanted; });
    if (at != end && at->inode == inode) return false;
  }
  return true;
}

void HeldRows::find_runs() {
  runs_.clear();
  for (std::size_t i = 0; i < inodes_.size(); ++i)
    if (i == 0 || !continues(inodes_[i - 1], inodes_[i])) runs_.push_back(i);
}

void HeldRows::drop_volume(std::int64_t first_key, std::int64_t last_key) {
  const auto within = [&](std::int64_t key) { return key >= first_key && key <= last_key; };
  std::erase_if(inodes_, [&](const JoinInode& one) { return within(one.inode_key); });
  std::erase_if(streams_, [&](const JoinStream& one) { return within(one.stream.content_id); });
  std::erase_if(extents_, [&](const PlacedExtent& one) { return within(one.content_id); });
  find_runs();
  bytes_ = inodes_.size() * sizeof(JoinInode) + streams_.size() * sizeof(JoinStream) +
           extents_.size() * sizeof(PlacedExtent);
}

void HeldRows::give_up() {
  whole_ = false;
  bytes_ = 0;
  inodes_ = {};
  runs_ = {};
  streams_ = {};
  extents_ = {};
}

}  // namespace limier::store
