// The readers of single partition tables, for partitions.cpp.
#pragma once

#include "volume/partitions.h"

namespace limier::volume {

// More rows than this is a table made to exhaust us; what is left out is an issue.
inline constexpr std::size_t kMaxRegions = 4096;

struct PartitionTable {
  std::string scheme;
  std::uint32_t sector_bytes = 512;
  std::vector<Region> regions;  // as they stand in the table
  std::vector<catalog::IssueRecord> issues;

  // False when there is no room for another row.
  bool add(const RangeReader& media, RegionKind kind, std::string slot, std::string description,
           std::uint64_t first_sector, std::uint64_t sectors);
  Region& last() { return regions.back(); }
  void note(std::string code, catalog::Severity severity, bool incomplete, std::string message,
            std::optional<std::uint64_t> image_offset = std::nullopt);
};

struct DosEntry {
  unsigned boot = 0, type = 0;
  std::uint64_t first = 0, sectors = 0;
};
using DosEntries = std::array<DosEntry, 4>;
// The four entries of a sector that ends in 55 AA; nullopt without it.
std::optional<DosEntries> read_dos_entries(const RangeReader& media, std::uint64_t image_offset);
bool is_protective(const DosEntries& entries);

// `beside_boot_sector`: a file system begins in the same sector, so the entries must make sense beyond doubt.
std::optional<PartitionTable> read_dos_table(const RangeReader& media, std::uint32_t sector_bytes,
                                             bool beside_boot_sector);
std::optional<PartitionTable> read_gpt(const RangeReader& media, std::uint32_t sector_bytes);
// Apple's map counts in blocks of its own.
std::optional<PartitionTable> read_apple_map(const RangeReader& media);
// Labels at the start of the media, or of a partition at `base`, whose slices then are counted from there (Sun), or
// from there or the start of the media, which the label does not say (BSD).
std::optional<PartitionTable> read_sun_label(const RangeReader& media, std::uint64_t base, std::uint32_t sector_bytes);
std::optional<PartitionTable> read_bsd_label(const RangeReader& media, std::uint64_t base, std::uint32_t sector_bytes);

}  // namespace limier::volume
