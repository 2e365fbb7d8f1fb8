#include "volume/fat_folders.h"

#include <algorithm>

namespace limier::volume {

FatFolder FatFolderReader::root(std::vector<std::uint32_t> clusters) const {
  FatFolder root = folder(std::move(clusters), true);
  root.first_cluster = 0;
  if (geometry_.bits == 32) return root;
  root.offset = geometry_.entries_offset;
  root.slots = (geometry_.clusters_offset - geometry_.entries_offset) / kFatEntryBytes;
  root.slots_of_its_own = geometry_.root_slots;
  return root;
}

FatFolder FatFolderReader::piece(std::uint64_t volume_offset, std::uint64_t length) {
  FatFolder piece;
  piece.offset = volume_offset;
  piece.slots = piece.slots_of_its_own = length / kFatEntryBytes;
  piece.in_use = false;
  piece.wary = true;
  return piece;
}

FatFolder FatFolderReader::folder(std::vector<std::uint32_t> clusters, bool in_use) const {
  FatFolder folder;
  folder.slots = clusters.size() * std::uint64_t{geometry_.cluster_bytes / kFatEntryBytes};
  folder.slots_of_its_own = folder.slots;
  folder.first_cluster = clusters.empty() ? 0 : clusters.front();
  folder.clusters = std::move(clusters);
  folder.in_use = in_use;
  folder.wary = !in_use;
  return folder;
}

std::optional<std::uint64_t> FatFolderReader::offset_of(const FatFolder& folder, std::uint64_t number) const {
  if (number >= folder.slots) return std::nullopt;
  const std::uint64_t at = number * kFatEntryBytes;
  if (folder.clusters.empty()) return folder.offset + at;
  const std::uint32_t cluster = folder.clusters[static_cast<std::size_t>(at / geometry_.cluster_bytes)];
  return geometry_.cluster_offset(cluster) + at % geometry_.cluster_bytes;
}

void FatFolderReader::load(std::uint64_t volume_offset, std::uint32_t length) {
  if (piece_offset_ == volume_offset) return;
  piece_offset_ = volume_offset;
  const std::uint64_t room = walk_.end - walk_.base;
  piece_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(length, room - std::min(room, volume_offset))));
  piece_.resize(walk_.read(walk_.base + volume_offset, piece_));
}

std::optional<Block<kFatEntryBytes>> FatFolderReader::slot(const FatFolder& folder, std::uint64_t number) {
  const auto at = offset_of(folder, number);
  if (!at) return std::nullopt;
  const bool in_clusters = !folder.clusters.empty();
  const std::uint64_t unit_start =
      in_clusters ? *at - number * kFatEntryBytes % geometry_.cluster_bytes : folder.offset;
  const std::uint64_t unit_bytes = in_clusters ? geometry_.cluster_bytes : folder.slots * kFatEntryBytes;
  const std::uint64_t within = *at - unit_start;
  const std::uint64_t piece_start = within - within % kPieceBytes;
  load(unit_start + piece_start,
       static_cast<std::uint32_t>(std::min<std::uint64_t>(kPieceBytes, unit_bytes - piece_start)));
  return Block<kFatEntryBytes>::at(piece_, within - piece_start);
}

std::optional<FatFolderReader::Dots> FatFolderReader::dots(std::uint32_t cluster) {
  if (!geometry_.holds(cluster)) return std::nullopt;
  const FatFolder folder = this->folder({cluster}, false);
  Dots dots;
  for (const std::uint64_t number : {0u, 1u}) {
    const auto bytes = slot(folder, number);
    if (!bytes) return std::nullopt;
    const FatEntry entry(*bytes);
    if (!entry.dots() || (entry.name()[1] == '.') != (number == 1)) return std::nullopt;
    (number == 0 ? dots.self : dots.parent) = entry.cluster(geometry_.bits);
  }
  return dots;
}

void FatFolderReader::judge(FatFolder& folder) {
  if (folder.first_cluster != 0) {
    folder.wary = !dots(folder.first_cluster).has_value();
    return;
  }
  // The root directory has no such entries. When the first four say nothing sensible, the rest hardly does.
  constexpr std::uint64_t kFirstFew = 4;
  std::uint64_t seen = 0, implausible = 0;
  for (std::uint64_t number = 0; number < folder.slots && seen < kFirstFew; ++number, ++seen) {
    const auto bytes = slot(folder, number);
    if (!bytes || FatEntry(*bytes).end_mark()) break;
    const FatEntry entry(*bytes);
    if (!(entry.long_part() ? plausible_part(entry) : plausible_entry(entry, geometry_, false))) ++implausible;
  }
  folder.wary = seen == kFirstFew && implausible == kFirstFew;
}

std::optional<FatItem> FatFolderReader::next(FatFolder& folder) {
  long_names_.clear();  // of another directory; parts and their entry are read in one go
  while (folder.next < folder.slots) {
    const std::uint64_t number = folder.next++;
    const auto bytes = slot(folder, number);
    if (!bytes) {
      folder.unreadable = true;
      folder.next = folder.slots;
      break;
    }
    const FatEntry entry(*bytes);
    if (entry.end_mark() || number >= folder.slots_of_its_own) folder.ended = true;
    if (entry.end_mark() || entry.dots()) {
      long_names_.clear();
      continue;
    }
    if (entry.long_part()) {
      long_names_.add(entry);
      continue;
    }
    auto name = long_names_.take(entry);
    FatItem item;
    item.in_use = folder.in_use && !folder.ended && !entry.deleted();
    item.behind_end = folder.in_use && folder.ended && !entry.deleted();
    const bool wary = folder.wary || folder.ended;
    const bool plausible = plausible_entry(entry, geometry_, wary);
    // What stands in a directory in use is in use, however odd; the system lists it too.
    if (!plausible && (wary || (!item.in_use && !name))) {
      const bool of_one = !entry.deleted() || plausible_entry(entry, geometry_, false);
      if (of_one && !folder.ended) ++folder.refused;
      continue;
    }
    item.inode = geometry_.entry_at(*offset_of(folder, number));
    std::copy_n(bytes->bytes<0, kFatEntryBytes>().begin(), item.bytes.size(), item.bytes.begin());
    if (entry.label())
      item.name = label_name(entry, walk_.job.oem_code_page);
    else
      item.name = name ? std::move(*name) : short_name(entry, walk_.job.oem_code_page);
    return item;
  }
  return std::nullopt;
}

}  // namespace limier::volume
