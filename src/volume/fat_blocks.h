// Which clusters of a FAT file system are in use, and by whom.
#pragma once

#include "volume/fat_geometry.h"

namespace limier::volume {

// The clusters that listed files have, gathered while they are described.
class FatUse {
 public:
  explicit FatUse(const FatGeometry& geometry)
      : geometry_(geometry),
        in_use_(std::size_t{geometry.last_cluster} + 1),
        deleted_(in_use_.size()),
        kept_(in_use_.size()) {}
  void add(const ClusterRun& run, bool in_use);
  // Of the extents of a plan.
  void add(const StreamPlan& plan, std::uint64_t base, bool in_use);
  // A chain that a deleted file never gave back, as long as the file.
  void keep(const ClusterRun& run);
  // The rest of a chain behind this run of it.
  void own_rest(FatTable& table, const ClusterRun& last);
  [[nodiscard]] bool in_use(std::uint32_t cluster) const { return in_use_[cluster]; }
  // In the table it is in use, but only by a deleted file.
  [[nodiscard]] bool kept(std::uint32_t cluster) const { return kept_[cluster] && !in_use_[cluster]; }
  [[nodiscard]] bool deleted(std::uint32_t cluster) const { return deleted_[cluster]; }

 private:
  const FatGeometry& geometry_;
  std::vector<bool> in_use_, deleted_, kept_;
};

// Sends the use of each block; clusters in use without a listed file, and tables that differ, are issues.
Status send_fat_blocks(WalkBase& walk, const FatGeometry& geometry, FatTable& table, const FatUse& use);

}  // namespace limier::volume
