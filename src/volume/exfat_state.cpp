#include "volume/exfat_state.h"

#include <algorithm>

namespace limier::volume {

namespace {

constexpr std::size_t kMostDeleted = 1u << 20;

ReadVolume reader_of(WalkBase& walk) {
  return [&walk](std::uint64_t volume_offset, MutableBytes out) -> std::size_t {
    const std::uint64_t room = walk.end - walk.base;
    if (volume_offset >= room) return 0;
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), room - volume_offset));
    return walk.read(walk.base + volume_offset, out.first(length));
  };
}

}  // namespace

ExfatState::ExfatState(WalkBase& base, const ExfatLayout& found)
    : walk(base), layout(found), read(reader_of(base)), fat(layout, read), bitmap(layout, read) {}

void ExfatState::working_on(Stage now, std::uint64_t on) {
  stage = now;
  item = on;
  walk.sink.working_on(now, on);
}

std::optional<std::uint64_t> ExfatState::offset_of(std::uint64_t inode) const {
  const std::uint64_t last = std::uint64_t{layout.clusters} * (layout.cluster_bytes / kExfatEntryBytes);
  if (inode < kFirstInode || inode - kFirstInode >= last) return std::nullopt;
  return layout.heap_offset + (inode - kFirstInode) * kExfatEntryBytes;
}

std::uint64_t ExfatState::boot_inode() const {
  const std::uint64_t there = (walk.image.size_bytes() - walk.base) / layout.sector_bytes;
  const std::uint64_t heap = layout.heap_offset / layout.sector_bytes;
  const std::uint64_t sectors = std::max(std::min(there, layout.sectors), heap);
  return kFirstInode + (sectors - heap) * (layout.sector_bytes / kExfatEntryBytes);
}

std::optional<std::array<std::uint8_t, kExfatEntryBytes>> ExfatState::entry_at(std::uint64_t volume_offset) const {
  std::array<std::uint8_t, kExfatEntryBytes> entry{};
  if (read(volume_offset, entry) != entry.size()) return std::nullopt;
  return entry;
}

bool ExfatState::gather(std::uint64_t volume_offset, bool by_fat, MutableBytes set) {
  while (!set.empty()) {
    const std::uint32_t cluster = layout.cluster_at(volume_offset);
    const std::uint64_t left = layout.offset_of(std::uint64_t{cluster} + 1) - volume_offset;
    const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(left, set.size()));
    if (read(volume_offset, set.first(part)) != part) return false;
    set = set.subspan(part);
    const std::uint64_t next = by_fat ? fat.entry(cluster).value_or(0) : std::uint64_t{cluster} + 1;
    if (!set.empty() && !layout.has(next)) return false;
    volume_offset = layout.offset_of(next);
  }
  return true;
}

std::optional<ExfatFile> ExfatState::file_at(std::uint64_t volume_offset) {
  const auto first = entry_at(volume_offset);
  const std::size_t entries = first ? exfat_file_entries(*first) : 0;
  if (entries == 0) return std::nullopt;
  std::vector<std::uint8_t> set(entries * kExfatEntryBytes);
  const std::uint64_t cluster_end = layout.offset_of(std::uint64_t{layout.cluster_at(volume_offset)} + 1);
  if (set.size() <= cluster_end - volume_offset)
    return gather(volume_offset, false, set) ? parse_exfat_file(set) : std::nullopt;
  std::optional<ExfatFile> any;
  for (const bool by_fat : {true, false}) {
    auto file = gather(volume_offset, by_fat, set) ? parse_exfat_file(set) : std::nullopt;
    if (file && file->proven) return file;
    if (!any) any = std::move(file);
  }
  return any;
}

bool ExfatState::marked_in_use(std::uint64_t volume_offset, std::uint8_t type) {
  return (type & kExfatInUse) != 0 && bitmap.used(layout.cluster_at(volume_offset));
}

void ExfatState::note_deleted(const ExfatFile& file) {
  const std::uint64_t clusters = layout.clusters_for(file.content.bytes);
  if (file.folder() || file.content.in_a_row || clusters == 0 || file.created.stamp == 0) return;
  if (deleted_.size() >= kMostDeleted) return;
  std::uint64_t& longest = deleted_[{file.content.first_cluster, file.age()}];
  longest = std::max(longest, clusters);
}

// An entry that was left when the file was renamed, before it grew: the file's chain goes on behind it.
bool ExfatState::is_beginning(const ExfatAllocation& content, std::uint64_t age) {
  // What is extracted was judged when it was listed.
  if (walk.job.kind == FsJobKind::kExtract) return true;
  const auto longest = deleted_.find({content.first_cluster, age});
  if (longest == deleted_.end() || longest->second <= layout.clusters_for(content.bytes)) return false;
  const ClusterChain whole = fat.chain(content.first_cluster, longest->second, beat());
  return whole.end == ExfatChainEnd::kMark && whole.clusters == longest->second && !whole.repeats;
}

Placement ExfatState::place(const ExfatAllocation& content, bool in_use, std::uint64_t age) {
  Placement placement;
  const std::uint64_t wanted = layout.clusters_for(content.bytes);
  if (wanted == 0) {
    placement.whole = true;
    // Some keep clusters for a file that has no content yet.
    const bool kept = in_use && !content.in_a_row && layout.has(content.first_cluster);
    if (kept && bitmap.known() && bitmap.used(content.first_cluster))
      placement.runs = fat.chain(content.first_cluster, layout.clusters, beat()).runs;
    return placement;
  }
  placement.outside = !layout.has(content.first_cluster);
  if (placement.outside) return placement;
  ClusterChain chain =
      content.in_a_row ? fat.row(content.first_cluster, wanted) : fat.chain(content.first_cluster, wanted, beat());
  placement.outside = content.in_a_row && chain.clusters == 0;
  placement.whole = chain.clusters == wanted && !chain.repeats;
  if (!in_use && !content.in_a_row) {
    // A chain that does not end where the file ends was changed since, and leads to clusters of another file. Of a
    // file of one cluster nothing need be linked.
    const auto link = wanted == 1 ? fat.entry(content.first_cluster) : std::nullopt;
    placement.whole = placement.whole && (chain.end == ExfatChainEnd::kMark || (link && *link == 0) ||
                                          (chain.end == ExfatChainEnd::kWanted && is_beginning(content, age)));
    if (!placement.whole) chain.runs.assign(1, {content.first_cluster, 1});
  }
  placement.runs = std::move(chain.runs);
  return placement;
}

Placement ExfatState::place_table(const ExfatAllocation& table) {
  Placement linked = place(table, true);
  if (linked.whole) return linked;
  Placement row = place({table.first_cluster, table.bytes, true}, true);
  return row.whole ? row : linked;
}

}  // namespace limier::volume
