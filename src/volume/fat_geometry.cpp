#include "volume/fat_geometry.h"

#include <algorithm>
#include <bit>

namespace limier::volume {

namespace {

constexpr std::size_t kBootBytes = 512;
constexpr std::uint32_t kMostTables = 8;
constexpr std::uint32_t kFewestFat16 = 4085;  // clusters; the specification decides by their number alone
constexpr std::uint32_t kMostFat32 = 0x0FFFFFF5;
constexpr std::uint64_t kBeatEvery = 4096;

bool power_between(std::uint32_t value, std::uint32_t low, std::uint32_t high) {
  return value >= low && value <= high && std::has_single_bit(value);
}

// The numbers of clusters a table has room for.
std::uint64_t entries_in(std::uint64_t table_bytes, unsigned bits) {
  return table_bytes * 8 / bits;
}

}  // namespace

std::optional<std::uint32_t> FatGeometry::cluster_at(std::uint64_t volume_offset) const {
  if (volume_offset < clusters_offset) return std::nullopt;
  const std::uint64_t cluster = 2 + (volume_offset - clusters_offset) / cluster_bytes;
  if (!holds(cluster)) return std::nullopt;
  return static_cast<std::uint32_t>(cluster);
}

std::optional<FatGeometry> parse_fat_boot(Bytes sector, std::uint64_t volume_bytes) {
  const auto boot = Block<kBootBytes>::at(sector, 0);
  if (!boot) return std::nullopt;
  FatGeometry geometry;
  geometry.sector_bytes = boot->le<11, std::uint16_t>();
  const std::uint32_t cluster_sectors = boot->le<13, std::uint8_t>();
  const std::uint64_t reserved = boot->le<14, std::uint16_t>();
  geometry.tables = boot->le<16, std::uint8_t>();
  if (!power_between(geometry.sector_bytes, 512, 4096) || !power_between(cluster_sectors, 1, 128) || reserved == 0 ||
      geometry.tables == 0 || geometry.tables > kMostTables)
    return std::nullopt;
  geometry.cluster_bytes = cluster_sectors * geometry.sector_bytes;
  geometry.root_slots = boot->le<17, std::uint16_t>();
  const std::uint64_t small_table = boot->le<22, std::uint16_t>();
  const bool fat32 = small_table == 0;
  const std::uint64_t table_sectors = fat32 ? boot->le<36, std::uint32_t>() : small_table;
  if (table_sectors == 0 || (fat32 ? geometry.root_slots != 0 : geometry.root_slots == 0)) return std::nullopt;
  const std::uint64_t bytes = geometry.sector_bytes;
  std::uint64_t sectors = boot->le<19, std::uint16_t>();
  if (sectors == 0) sectors = boot->le<32, std::uint32_t>();
  if (sectors == 0) sectors = volume_bytes / bytes;
  geometry.tables_offset = reserved * bytes;
  geometry.table_bytes = table_sectors * bytes;
  geometry.entries_offset = geometry.tables_offset + geometry.tables * geometry.table_bytes;
  const std::uint64_t root_sectors = (std::uint64_t{geometry.root_slots} * kFatEntryBytes + bytes - 1) / bytes;
  geometry.clusters_offset = geometry.entries_offset + root_sectors * bytes;
  geometry.end_offset = std::min(sectors, volume_bytes / bytes) * bytes;
  if (geometry.clusters_offset > sectors * bytes) return std::nullopt;
  std::uint64_t clusters = (sectors * bytes - geometry.clusters_offset) / geometry.cluster_bytes;
  geometry.bits = fat32 ? 32 : clusters < kFewestFat16 ? 12 : 16;
  clusters = std::min({clusters, entries_in(geometry.table_bytes, geometry.bits) - 2, std::uint64_t{kMostFat32} - 1});
  geometry.last_cluster = static_cast<std::uint32_t>(clusters) + 1;
  if (!fat32) return geometry;
  geometry.root_cluster = boot->le<44, std::uint32_t>() & 0x0FFFFFFF;
  const std::uint32_t flags = boot->le<40, std::uint16_t>();
  if ((flags & 0x80) != 0 && (flags & 0x0F) < geometry.tables) {
    geometry.mirrored = false;
    geometry.table_in_use = flags & 0x0F;
  }
  return geometry;
}

Result<FatGeometry> read_fat_geometry(WalkBase& walk) {
  const std::uint64_t volume_bytes = walk.end - walk.base;
  const auto read = [&](std::uint64_t volume_offset) -> std::optional<FatGeometry> {
    std::array<std::uint8_t, kBootBytes> sector{};
    if (volume_offset + sector.size() > volume_bytes) return std::nullopt;
    if (walk.read(walk.base + volume_offset, sector) != sector.size()) return std::nullopt;
    return parse_fat_boot(sector, volume_bytes);
  };
  if (const auto geometry = read(0)) return *geometry;
  // FAT32 keeps a copy of the boot sector in sector 6.
  for (const std::uint64_t sector_bytes : {512u, 1024u, 2048u, 4096u}) {
    auto copy = read(6 * sector_bytes);
    if (!copy || copy->bits != 32 || copy->sector_bytes != sector_bytes) continue;
    copy->from_copy = true;
    return *copy;
  }
  return Error{ErrorKind::kEvidence, "neither the boot sector nor its copy is that of a FAT file system"};
}

FatTable::FatTable(WalkBase& walk, const FatGeometry& geometry) : walk_(walk), geometry_(geometry) {}

const FatTable::Page& FatTable::page(std::uint64_t volume_offset) {
  const std::uint64_t start = volume_offset - volume_offset % kPageBytes;
  Page& page = pages_[start / kPageBytes % kPages];
  if (page.offset == start) return page;
  page.offset = start;
  const std::uint64_t room = walk_.end - walk_.base;
  page.bytes.resize(static_cast<std::size_t>(std::min<std::uint64_t>(kPageBytes, room - std::min(room, start))));
  page.bytes.resize(walk_.read(walk_.base + start, page.bytes));
  return page;
}

std::optional<std::uint32_t> FatTable::raw(std::uint32_t table, std::uint32_t cluster) {
  if (++asked_ % kBeatEvery == 0) walk_.sink.working_on(stage_, item_);
  const std::uint64_t within = std::uint64_t{cluster} * geometry_.bits / 8;
  const std::size_t width = geometry_.bits == 32 ? 4 : 2;
  if (within + width > geometry_.table_bytes) return std::nullopt;
  const std::uint64_t at = geometry_.tables_offset + table * geometry_.table_bytes + within;
  // A FAT12 entry may stand across two pages.
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < width;) {
    const Page& held = page(at + i);
    const std::size_t from = static_cast<std::size_t>(at + i - held.offset);
    const std::size_t count = std::min(width - i, kPageBytes - from);
    if (from + count > held.bytes.size()) return std::nullopt;
    for (std::size_t k = 0; k < count; ++k) value |= std::uint32_t{held.bytes[from + k]} << (8 * (i + k));
    i += count;
  }
  if (geometry_.bits == 12) return (cluster % 2 != 0 ? value >> 4 : value) & 0xFFF;
  return geometry_.bits == 32 ? value & 0x0FFFFFFF : value;
}

FatTable::Entry FatTable::at(std::uint32_t cluster) {
  if (!geometry_.holds(cluster)) return {};
  const auto value = raw(geometry_.table_in_use, cluster);
  if (!value) {
    unreadable_ = true;
    return {};
  }
  const std::uint32_t all = geometry_.bits == 32 ? 0x0FFFFFFFu : (1u << geometry_.bits) - 1;
  if (*value == 0) return {Kind::kFree, 0};
  if (geometry_.holds(*value)) return {Kind::kNext, *value};
  if (*value >= all - 7) return {Kind::kEnd, 0};
  return {*value == all - 8 ? Kind::kBad : Kind::kInvalid, 0};
}

Chain FatTable::follow(std::uint32_t first, std::uint64_t most) {
  Chain chain;
  if (!geometry_.holds(first) || most == 0) return chain;
  // A mark that moves up at every power of two meets a loop soon after its first round.
  std::uint32_t mark = first;
  std::uint64_t next_mark = 2;
  for (std::uint32_t cluster = first;;) {
    if (!chain.runs.empty() && chain.runs.back().first + chain.runs.back().count == cluster)
      ++chain.runs.back().count;
    else
      chain.runs.push_back({cluster, 1});
    ++chain.clusters;
    const Entry entry = at(cluster);
    if (entry.kind == Kind::kNext && entry.next == mark) {
      chain.end = ChainEnd::kLoop;
      break;
    }
    if (chain.clusters == next_mark) mark = cluster, next_mark *= 2;
    if (entry.kind == Kind::kNext && chain.clusters < most && chain.runs.size() < kMaxRuns) {
      cluster = entry.next;
      continue;
    }
    chain.end = entry.kind == Kind::kNext   ? ChainEnd::kMore
                : entry.kind == Kind::kEnd  ? ChainEnd::kMark
                : entry.kind == Kind::kFree ? ChainEnd::kFree
                                            : ChainEnd::kDamaged;
    break;
  }
  cut_loop(chain);
  return chain;
}

// What is gone through once more is no content.
void FatTable::cut_loop(Chain& chain) {
  if (chain.runs.size() < 2) return;
  std::vector<ClusterRun> sorted = chain.runs;
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  bool twice = false;
  for (std::size_t i = 1; i < sorted.size(); ++i)
    twice = twice || sorted[i].first < sorted[i - 1].first + sorted[i - 1].count;
  if (!twice) return;
  std::vector<bool> seen(std::size_t{geometry_.last_cluster} + 1);
  Chain whole = std::move(chain);
  chain = {};
  chain.end = ChainEnd::kLoop;
  for (const ClusterRun& run : whole.runs) {
    std::uint32_t count = 0;
    while (count < run.count && !seen[run.first + count]) seen[run.first + count++] = true;
    if (count > 0) chain.runs.push_back({run.first, count});
    chain.clusters += count;
    if (count < run.count) return;
  }
}

}  // namespace limier::volume
