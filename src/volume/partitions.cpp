#include "volume/partitions.h"

#include <algorithm>

#include <fmt/format.h>

namespace limier::volume {

namespace {

// A GPT has 128 entries, an extended DOS chain is cut by libtsk; more rows than this is a table made to exhaust us.
constexpr std::size_t kMaxRegions = 4096;

std::string scheme_name(TSK_VS_TYPE_ENUM type) {
  switch (type) {
    case TSK_VS_TYPE_DOS:
      return "dos";
    case TSK_VS_TYPE_GPT:
      return "gpt";
    case TSK_VS_TYPE_BSD:
      return "bsd";
    case TSK_VS_TYPE_SUN:
      return "sun";
    case TSK_VS_TYPE_MAC:
      return "mac";
    default:
      return "none";
  }
}

std::string slot_text(const TSK_VS_PART_INFO& part) {
  if ((part.flags & TSK_VS_PART_FLAG_META) != 0) return "Meta";
  if (part.slot_num == -1) return "-------";
  if (part.table_num == -1) return fmt::format("{:03d}", part.slot_num);
  return fmt::format("{:03d}:{:03d}", part.table_num, part.slot_num);
}

RegionKind kind_of(const TSK_VS_PART_INFO& part) {
  if ((part.flags & TSK_VS_PART_FLAG_META) != 0) return RegionKind::kTable;
  return (part.flags & TSK_VS_PART_FLAG_UNALLOC) != 0 ? RegionKind::kGap : RegionKind::kPartition;
}

// Sectors to bytes without overflow: tables hold 64-bit numbers.
std::uint64_t bytes_of(std::uint64_t sectors, std::uint64_t sector_size) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 62;
  return sectors > kMost / sector_size ? kMost : sectors * sector_size;
}

Region region_of(const TSK_VS_INFO& table, const TSK_VS_PART_INFO& part, std::uint64_t media_size) {
  Region region;
  region.kind = kind_of(part);
  region.scheme = scheme_name(table.vstype);
  region.slot = slot_text(part);
  if (part.desc != nullptr) region.description.assign(part.desc, ::strnlen(part.desc, 1024));
  const std::uint64_t start = bytes_of(part.start, table.block_size);
  const std::uint64_t length = bytes_of(part.len, table.block_size);
  region.image_offset = std::min(start, media_size);
  region.length = std::min(length, media_size - region.image_offset);
  if (region.length < length) region.declared_length = length;
  return region;
}

std::vector<Region> regions_of(const TSK_VS_INFO& table, std::uint64_t media_size) {
  std::vector<Region> regions;
  for (const TSK_VS_PART_INFO* part = table.part_list; part != nullptr && regions.size() < kMaxRegions;
       part = part->next)
    regions.push_back(region_of(table, *part, media_size));
  return regions;
}

VsHandle open_table(TskImage& image, std::uint64_t offset, TSK_VS_TYPE_ENUM type) {
  const auto opened = guarded([&] { return tsk_vs_open(image.get(), offset, type); });
  if (!opened) image.abandon();
  tsk_error_reset();
  return VsHandle(opened.value_or(nullptr));
}

// A protective DOS table says that the disk has a GPT.
bool is_protective(const TSK_VS_INFO& table) {
  if (table.vstype != TSK_VS_TYPE_DOS) return false;
  std::size_t count = 0;
  for (const TSK_VS_PART_INFO* part = table.part_list; part != nullptr && count < kMaxRegions;
       part = part->next, ++count) {
    if (part->desc != nullptr && std::string_view(part->desc).find("(0xee)") != std::string_view::npos) return true;
  }
  return false;
}

// libtsk gives up when two kinds of table are recognised at once; the newer kind then wins.
VsHandle open_any_table(TskImage& image) {
  const auto opened = guarded([&] { return tsk_vs_open(image.get(), 0, TSK_VS_TYPE_DETECT); });
  if (!opened) {
    image.abandon();
    return nullptr;
  }
  VsHandle table(*opened);
  if (table && is_protective(*table)) {
    // libtsk asks for the GPT's backup only when it is told that there is a GPT.
    if (VsHandle backup = open_table(image, 0, TSK_VS_TYPE_GPT)) return backup;
  }
  // The text names both kinds ("GPT or DOS at 0"); there is no error number of its own in 4.11.
  const bool ambiguous = !table && take_tsk_error().find(" or ") != std::string::npos;
  if (!ambiguous) return table;
  for (const auto type : {TSK_VS_TYPE_GPT, TSK_VS_TYPE_DOS, TSK_VS_TYPE_MAC, TSK_VS_TYPE_SUN, TSK_VS_TYPE_BSD}) {
    table = open_table(image, 0, type);
    if (table) return table;
  }
  return nullptr;
}

// BSD slices count sectors from the start of the disk, or in newer labels from the start of the partition; those of
// Solaris always do the latter. Rows that do not fit inside the parent are no rows of it.
std::vector<Region> nested_regions(TskImage& image, const Region& parent, std::uint64_t media_size) {
  std::vector<Region> nested;
  const bool bsd = parent.description.find("BSD") != std::string::npos;
  const bool sun = parent.description.find("Solaris") != std::string::npos ||
                   parent.description.find("(0x82)") != std::string::npos ||
                   parent.description.find("(0xbf)") != std::string::npos;  // Solaris since 10, unknown to libtsk
  if (!bsd && !sun) return nested;
  const VsHandle table = open_table(image, parent.image_offset, bsd ? TSK_VS_TYPE_BSD : TSK_VS_TYPE_SUN);
  if (!table) return nested;
  auto rows = regions_of(*table, media_size);
  std::erase_if(rows, [](const Region& row) { return row.kind != RegionKind::kPartition || row.length == 0; });
  const auto fits = [&](const Region& row, std::uint64_t shift) {
    const std::uint64_t at = row.image_offset + shift;
    return at >= parent.image_offset && at - parent.image_offset <= parent.length &&
           row.length <= parent.length - (at - parent.image_offset);
  };
  const auto fitting = [&](std::uint64_t shift) {
    return std::count_if(rows.begin(), rows.end(), [&](const Region& row) { return fits(row, shift); });
  };
  const bool from_disk = bsd && fitting(0) >= fitting(parent.image_offset);
  const std::uint64_t shift = from_disk ? 0 : parent.image_offset;
  for (Region& row : rows) {
    if (!fits(row, shift)) continue;
    row.image_offset += shift;
    const bool whole = row.image_offset == parent.image_offset && row.length == parent.length;
    if (!whole) nested.push_back(std::move(row));
  }
  return nested;
}

// The header stands in the second sector, its backup in the last one: which of the places holds one tells the size.
bool is_4k_gpt(const evidence::Image& image) {
  const auto header_at = [&](std::uint64_t offset) {
    std::array<std::uint8_t, 8> mark{};
    image.read(offset, mark);
    return as_text(mark) == "EFI PART";
  };
  const std::uint64_t size = image.size_bytes();
  if (size < 3 * 4096) return false;
  if (header_at(512)) return false;
  if (header_at(4096)) return true;
  return size % 4096 == 0 && header_at(size - 4096) && !header_at(size - 512);
}

// Ranges of the media no row covers (a tail shorter than a sector, a table that ends early) get rows of their own.
void fill_gaps(std::vector<Region>& regions, std::uint64_t media_size) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> covered;
  covered.reserve(regions.size() + 1);
  for (const Region& region : regions) covered.emplace_back(region.image_offset, region.image_offset + region.length);
  covered.emplace_back(media_size, media_size);
  std::sort(covered.begin(), covered.end());
  std::uint64_t end = 0;
  const std::string scheme = regions.front().scheme;
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

catalog::IssueRecord volume_issue(std::string code, catalog::Severity severity, std::string message) {
  catalog::IssueRecord issue;
  issue.stage = "volume";
  issue.code = std::move(code);
  issue.severity = severity;
  issue.message = std::move(message);
  return issue;
}

}  // namespace

PartitionMap read_partition_map(const evidence::Image& image) {
  PartitionMap map;
  const std::uint64_t media_size = image.size_bytes();
  std::uint32_t sector_size = is_4k_gpt(image) ? 4096 : image.sector_size();
  if (sector_size == 0 || sector_size % 512 != 0) sector_size = 512;
  auto opened = TskImage::open(image, sector_size);
  if (!opened) return map;
  TskImage& tsk = **opened;
  const VsHandle table = open_any_table(tsk);
  if (!table) return map;
  map.regions = regions_of(*table, media_size);
  if (table->is_backup != 0) {
    map.issues.push_back(
        volume_issue("gpt-backup-used", catalog::Severity::kWarning,
                     "the primary partition table is damaged; its backup at the end of the media was read"));
  }
  if (map.regions.empty()) return map;
  for (Region& region : map.regions) {
    if (region.kind == RegionKind::kPartition && region.length > 0 && tsk.get() != nullptr)
      region.nested = nested_regions(tsk, region, media_size);
  }
  fill_gaps(map.regions, media_size);
  return map;
}

}  // namespace limier::volume
