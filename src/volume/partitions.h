// Partition tables, as rows in the order and with the slots mmls prints.
#pragma once

#include "volume/reader.h"

#include "limier/catalog.h"

namespace limier::volume {

enum class RegionKind : std::uint8_t { kPartition, kTable, kGap };
// What the table says the partition is for.
enum class RegionUse : std::uint8_t {
  kFiles,
  kFree,  // not in use: what is found in it all the same is listed
  kCode,  // boot code or drivers: no file system is missed there
};
// A label of its own that may stand in the partition.
enum class InnerLabel : std::uint8_t { kNone, kBsd, kSun };

struct Region {
  RegionKind kind = RegionKind::kGap;
  RegionUse use = RegionUse::kFiles;
  InnerLabel inner = InnerLabel::kNone;
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

// `sector_bytes`: 0 when nobody said what the table counts in; then the size of the image's sectors, 512 and 4096 are
// tried, and the one wins under which more partitions begin with something that is known.
PartitionMap read_partition_map(const evidence::Image& image, std::uint32_t sector_bytes);

}  // namespace limier::volume
