// Partition tables through libtsk, as rows in the order and with the slots mmls prints.
#pragma once

#include "volume/tsk_image.h"

namespace limier::volume {

enum class RegionKind : std::uint8_t { kPartition, kTable, kGap };

struct Region {
  RegionKind kind = RegionKind::kGap;
  std::string scheme;
  std::string slot;
  std::string description;
  std::uint64_t image_offset = 0;
  std::uint64_t length = 0;           // clipped to the media
  std::uint64_t declared_length = 0;  // 0: not clipped
  std::vector<Region> nested;         // partitions of a table inside this one
};

struct PartitionMap {
  std::vector<Region> regions;  // empty: no partition table
  std::vector<catalog::IssueRecord> issues;
};

PartitionMap read_partition_map(const evidence::Image& image);

}  // namespace limier::volume
