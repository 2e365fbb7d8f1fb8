// APFS containers: their volumes through libtsk's pool, their snapshots by an own bounded reader.
#pragma once

#include "volume/reader.h"
#include "volume/tsk_image.h"

namespace limier::volume {

struct ApfsVolume {
  std::uint64_t block = 0;  // of the volume superblock
  std::string name;
  std::string uuid;
  bool encrypted = false;
};
struct ApfsSnapshot {
  std::string name;
  TimeNs created;
};
struct ApfsContainer {
  std::uint32_t block_size = 0;
  std::vector<ApfsVolume> volumes;
  // All blocks that the container counts behind the end of its range are free.
  bool rest_is_free = false;
};

bool is_apfs_container(const RangeReader& container);
// As its superblock says; 0 when that cannot be true.
std::uint64_t apfs_container_bytes(const RangeReader& container);
// Error when libtsk cannot open the pool.
Result<ApfsContainer> read_apfs_container(const evidence::Image& image, const RangeReader& container);
std::vector<ApfsSnapshot> read_apfs_snapshots(const RangeReader& container, std::uint32_t block_size,
                                              std::uint64_t volume_block);

}  // namespace limier::volume
