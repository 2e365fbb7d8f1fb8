#include "store/held_rows.h"

namespace limier::store {

void HeldRows::drop_volume(std::int64_t first_key, std::int64_t last_key) {
  const auto within = [&](std::int64_t key) { return key >= first_key && key <= last_key; };
  std::erase_if(inodes_, [&](const JoinInode& one) { return within(one.inode_key); });
  std::erase_if(streams_, [&](const JoinStream& one) { return within(one.stream.content_id); });
  std::erase_if(extents_, [&](const PlacedExtent& one) { return within(one.content_id); });
  bytes_ = inodes_.size() * sizeof(JoinInode) + streams_.size() * sizeof(JoinStream) +
           extents_.size() * sizeof(PlacedExtent);
}

void HeldRows::give_up() {
  whole_ = false;
  bytes_ = 0;
  inodes_ = {};
  streams_ = {};
  extents_ = {};
}

}  // namespace limier::store
