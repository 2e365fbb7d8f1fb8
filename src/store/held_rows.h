// What the walks of this run sent, in the form the joins need. While it is little it is kept: reading it back from the
// index would cost more than writing it did. When it grows, or rows come that only the index knows, it is given up, and
// the joins read the index.
#pragma once

#include <algorithm>
#include <vector>

#include "store/name_rows.h"
#include "store/placed_extents.h"

namespace limier::store {

class HeldRows {
 public:
  void add(const JoinInode& inode);
  void add(const JoinStream& stream) { put(streams_, stream); }
  void add(const PlacedExtent& extent) { put(extents_, extent); }
  // Rows of a volume that is walked again.
  void drop_volume(std::int64_t first_key, std::int64_t last_key);
  void give_up();
  void set_max_bytes(std::size_t bytes) { max_bytes_ = bytes; }
  [[nodiscard]] bool whole() const { return whole_; }
  // Of the kind there are most of.
  [[nodiscard]] std::size_t most_rows() const { return std::max({inodes_.size(), streams_.size(), extents_.size()}); }
  // True when what is held proves that no such inode has come before. A walk goes through the inodes in the order of
  // their numbers, and a second time through the orphans.
  [[nodiscard]] bool proves_new(std::uint32_t volume_id, std::int64_t inode) const;

  // Each can be taken once, and only while the rows are whole.
  std::vector<JoinInode> take_inodes() { return std::move(inodes_); }
  std::vector<JoinStream> take_streams() { return std::move(streams_); }
  std::vector<PlacedExtent> take_extents() { return std::move(extents_); }

 private:
  static constexpr std::size_t kMaxRuns = 64;

  template <class Row>
  void put(std::vector<Row>& rows, const Row& row) {
    if (!whole_) return;
    rows.push_back(row);
    bytes_ += sizeof(Row);
    if (bytes_ > max_bytes_) give_up();
  }

  void find_runs();

  std::vector<JoinInode> inodes_;
  std::vector<std::size_t> runs_;  // where in inodes_ a rising run of one volume begins
  std::vector<JoinStream> streams_;
  std::vector<PlacedExtent> extents_;
  std::size_t bytes_ = 0;
  std::size_t max_bytes_ = 160 << 20;  // a million files
  bool whole_ = true;
};

}  // namespace limier::store
