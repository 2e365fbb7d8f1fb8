#include "volume/partitions.h"

#include <algorithm>

#include <fmt/format.h>

#include "volume/fs_probe.h"
#include "volume/partition_table.h"

namespace limier::volume {

namespace {

// Partitions whose start is looked at to find out what a table counts in.
constexpr std::size_t kMaxProbed = 64;

// Sectors to bytes without overflow: tables hold 64-bit numbers.
std::uint64_t bytes_of(std::uint64_t sectors, std::uint64_t sector_bytes) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 62;
  return sectors > kMost / sector_bytes ? kMost : sectors * sector_bytes;
}

RangeReader part_of(const evidence::Image& image, const Region& region) {
  return RangeReader(image, region.image_offset, region.length);
}

bool is_partition(const Region& region) {
  return region.kind == RegionKind::kPartition && region.length > 0;
}

// How many of the partitions begin with something that is known.
std::size_t known_starts(const evidence::Image& image, const PartitionTable& table) {
  std::size_t known = 0, looked_at = 0;
  for (const Region& region : table.regions) {
    if (!is_partition(region) || looked_at == kMaxProbed) continue;
    ++looked_at;
    if (holds_something_known(part_of(image, region))) ++known;
  }
  return known;
}

// All tables there are when sectors have this size, what a system prefers first.
std::vector<PartitionTable> read_tables(const RangeReader& media, std::uint32_t sector_bytes, bool boot_sector) {
  std::vector<PartitionTable> tables;
  const auto keep = [&](std::optional<PartitionTable> table) {
    if (table) tables.push_back(std::move(*table));
  };
  keep(read_gpt(media, sector_bytes));
  keep(read_dos_table(media, sector_bytes, boot_sector));
  keep(read_apple_map(media));
  keep(read_sun_label(media, 0, sector_bytes));
  keep(read_bsd_label(media, 0, sector_bytes));
  return tables;
}

std::vector<std::uint32_t> sizes_to_try(const evidence::Image& image, std::uint32_t stated) {
  if (stated != 0) return {stated};
  std::vector<std::uint32_t> sizes;
  const std::uint32_t own = image.sector_size();
  if (own >= 512 && own <= 4096 && own % 512 == 0) sizes.push_back(own);
  for (const std::uint32_t size : {512u, 4096u})
    if (std::find(sizes.begin(), sizes.end(), size) == sizes.end()) sizes.push_back(size);
  return sizes;
}

struct Choice {
  std::vector<PartitionTable> tables;  // of one size of sectors
  std::size_t known = 0;

  [[nodiscard]] bool gpt() const { return tables.front().scheme == "gpt"; }
};

// The size under which the table leads to more that is known; then the one under which there is a GPT; then the first.
std::optional<Choice> choose(const evidence::Image& image, std::uint32_t stated) {
  const RangeReader media(image, 0, image.size_bytes());
  const bool boot_sector = begins_with_boot_sector(media);
  std::optional<Choice> best;
  for (const std::uint32_t size : sizes_to_try(image, stated)) {
    Choice choice{read_tables(media, size, boot_sector), 0};
    if (choice.tables.empty()) continue;
    choice.known = known_starts(image, choice.tables.front());
    const bool better =
        !best || choice.known > best->known || (choice.known == best->known && choice.gpt() && !best->gpt());
    if (better) best = std::move(choice);
  }
  return best;
}

// Where two tables stand on one disk (hybrid MBR, hybrid disc), a partition of the other one that the first does not
// have, and that does not lie inside one of its own, is a row as well.
void add_from_others(const evidence::Image& image, const std::vector<PartitionTable>& tables, PartitionTable& chosen) {
  const auto overlaps = [&](const Region& other) {
    return std::any_of(chosen.regions.begin(), chosen.regions.end(), [&](const Region& own) {
      return is_partition(own) && own.image_offset < other.image_offset + other.length &&
             other.image_offset < own.image_offset + own.length;
    });
  };
  for (std::size_t i = 1; i < tables.size(); ++i) {
    for (const Region& region : tables[i].regions) {
      if (!is_partition(region) || region.image_offset == 0 || overlaps(region)) continue;
      if (chosen.regions.size() >= kMaxRegions || !holds_something_known(part_of(image, region))) continue;
      chosen.regions.push_back(region);
    }
  }
}

// BSD slices count sectors from the start of the disk, or in newer labels from the start of the partition; those of
// Solaris always do the latter. Rows that do not fit inside the parent are no rows of it.
std::vector<Region> nested_regions(const evidence::Image& image, const Region& parent, std::uint32_t sector_bytes) {
  std::vector<Region> nested;
  const RangeReader media(image, 0, image.size_bytes());
  const bool bsd = parent.inner == InnerLabel::kBsd;
  auto table = bsd ? read_bsd_label(media, parent.image_offset, sector_bytes)
                   : read_sun_label(media, parent.image_offset, sector_bytes);
  if (!table) return nested;
  auto& rows = table->regions;
  std::erase_if(rows, [](const Region& row) { return !is_partition(row); });
  const auto fits = [&](const Region& row, std::uint64_t shift) {
    const std::uint64_t at = row.image_offset + shift;
    return at >= parent.image_offset && at - parent.image_offset <= parent.length &&
           row.length <= parent.length - (at - parent.image_offset);
  };
  const auto fitting = [&](std::uint64_t shift) {
    return std::count_if(rows.begin(), rows.end(), [&](const Region& row) { return fits(row, shift); });
  };
  const bool counted_from_disk = !bsd || fitting(0) >= fitting(parent.image_offset);
  const std::uint64_t shift = counted_from_disk ? 0 : parent.image_offset;
  for (Region& row : rows) {
    if (!fits(row, shift)) continue;
    row.image_offset += shift;
    const bool whole = row.image_offset == parent.image_offset && row.length == parent.length;
    if (!whole) nested.push_back(std::move(row));
  }
  return nested;
}

// Apple's map has an entry for itself, which is a partition to whoever looks for free space.
bool covers(const Region& region) {
  return is_partition(region) || (region.kind == RegionKind::kTable && region.slot != "Meta");
}

// Ranges of the media that no partition covers.
void add_gaps(std::vector<Region>& regions, std::uint64_t media_size, const std::string& scheme) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> covered;
  covered.reserve(regions.size() + 1);
  for (const Region& region : regions)
    if (covers(region)) covered.emplace_back(region.image_offset, region.image_offset + region.length);
  covered.emplace_back(media_size, media_size);
  std::sort(covered.begin(), covered.end());
  std::uint64_t end = 0;
  for (const auto& [from, to] : covered) {
    if (from > end) {
      Region gap;
      gap.scheme = scheme;
      gap.slot = "-------";
      gap.description = "Unallocated";
      gap.image_offset = end;
      gap.length = from - end;
      regions.push_back(std::move(gap));
    }
    end = std::max(end, to);
  }
}

catalog::IssueRecord volume_issue(std::string code, catalog::Severity severity, bool incomplete, std::string message) {
  catalog::IssueRecord issue;
  issue.stage = "volume";
  issue.code = std::move(code);
  issue.severity = severity;
  issue.incomplete = incomplete;
  issue.message = std::move(message);
  return issue;
}

void note_size(PartitionTable& table, const evidence::Image& image, std::uint32_t stated) {
  if (stated != 0 || table.scheme == "mac" || table.sector_bytes == image.sector_size()) return;
  table.note("sector-size", catalog::Severity::kInfo, false,
             fmt::format("the partition table counts sectors of {} bytes, the image those of {}", table.sector_bytes,
                         image.sector_size()));
}

}  // namespace

bool PartitionTable::add(const RangeReader& media, RegionKind kind, std::string slot, std::string description,
                         std::uint64_t first_sector, std::uint64_t sectors) {
  if (regions.size() >= kMaxRegions) {
    if (issues.empty() || issues.back().code != "partition-table-cut")
      note("partition-table-cut", catalog::Severity::kError, true,
           fmt::format("the partition table has more than {} rows: the others are not listed", kMaxRegions));
    return false;
  }
  const std::uint64_t media_size = media.size_bytes();
  const std::uint64_t start = bytes_of(first_sector, sector_bytes), wanted = bytes_of(sectors, sector_bytes);
  Region region;
  region.kind = kind;
  region.scheme = scheme;
  region.slot = std::move(slot);
  region.description = std::move(description);
  region.image_offset = std::min(start, media_size);
  region.length = std::min(wanted, media_size - region.image_offset);
  if (region.length < wanted) region.declared_length = wanted;
  regions.push_back(std::move(region));
  return true;
}

void PartitionTable::note(std::string code, catalog::Severity severity, bool incomplete, std::string message,
                          std::optional<std::uint64_t> image_offset) {
  issues.push_back(volume_issue(std::move(code), severity, incomplete, std::move(message)));
  issues.back().image_offset = image_offset;
}

PartitionMap read_partition_map(const evidence::Image& image, std::uint32_t sector_bytes) {
  PartitionMap map;
  auto choice = choose(image, sector_bytes);
  if (!choice) return map;
  PartitionTable& table = choice->tables.front();
  const RangeReader media(image, 0, image.size_bytes());
  note_size(table, image, sector_bytes);
  if (const auto dos = read_dos_entries(media, 0); dos && is_protective(*dos) && table.scheme == "dos")
    table.note(
        "gpt-not-readable", catalog::Severity::kError, true,
        "the first sector says that the disk has a GUID partition table, but neither it nor its backup was found");
  add_from_others(image, choice->tables, table);
  map.issues = std::move(table.issues);
  map.regions = std::move(table.regions);
  for (Region& region : map.regions)
    if (is_partition(region) && region.inner != InnerLabel::kNone)
      region.nested = nested_regions(image, region, table.sector_bytes);
  add_gaps(map.regions, image.size_bytes(), table.scheme);
  std::stable_sort(map.regions.begin(), map.regions.end(),
                   [](const Region& a, const Region& b) { return a.image_offset < b.image_offset; });
  return map;
}

}  // namespace limier::volume
