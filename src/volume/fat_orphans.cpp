// Entries of deleted files that no directory leads to any more, in clusters that are not in use.
#include <algorithm>

#include "volume/fat_tree.h"

namespace limier::volume {

namespace {

constexpr std::size_t kMaxLeftovers = 1u << 24;  // sectors of entries: 64 MiB of their numbers
constexpr std::uint64_t kReadBytes = 256u << 10;

}  // namespace

Status FatTree::send_orphans() {
  in_orphans_ = true;
  at(geometry_.orphans_inode());
  LIMIER_CHECK(find_leftovers());
  std::sort(claimed_.begin(), claimed_.end());
  // What a directory among them holds is listed there. When two of them lead to each other, no first one is left.
  for (const bool claimed : {false, true}) {
    for (const std::uint64_t sector : leftovers_) {
      const auto cluster = geometry_.cluster_at(sector * geometry_.sector_bytes);
      if (!cluster || listed_deleted_[*cluster] || budget_spent_) continue;
      if (std::binary_search(claimed_.begin(), claimed_.end(), *cluster) == claimed)
        LIMIER_CHECK(send_leftover(sector));
    }
  }
  if (!leftovers_cut_) return ok_status();
  return walk_.issue("too-many-names", catalog::Severity::kWarning, std::nullopt,
                     "more clusters of lost entries than are gone through: not all of them are listed", true);
}

// Each cluster that is not in use and that no deleted directory has, in the order in which they lie.
Status FatTree::find_leftovers() {
  std::vector<std::uint8_t> buffer;
  for (std::uint32_t cluster = 2; cluster <= geometry_.last_cluster;) {
    const auto wanted = [&](std::uint32_t number) {
      return number <= geometry_.last_cluster && !listed_deleted_[number] && table_.is_free(number);
    };
    std::uint32_t count = 0;
    while (std::uint64_t{count} * geometry_.cluster_bytes < kReadBytes && wanted(cluster + count)) ++count;
    if (count == 0) {
      ++cluster;
      continue;
    }
    const std::uint64_t offset = geometry_.cluster_offset(cluster);
    if (offset >= geometry_.end_offset) break;
    at(geometry_.entry_at(offset));
    buffer.resize(static_cast<std::size_t>(
        std::min(std::uint64_t{count} * geometry_.cluster_bytes, geometry_.end_offset - offset)));
    buffer.resize(walk_.read(walk_.base + offset, buffer));
    look_through(offset, buffer);
    cluster += count;
  }
  return ok_status();
}

// A sector holds entries when it begins with one.
void FatTree::look_through(std::uint64_t volume_offset, Bytes clusters) {
  for (std::uint64_t at = 0; at + geometry_.sector_bytes <= clusters.size(); at += geometry_.sector_bytes) {
    if (clusters[static_cast<std::size_t>(at)] == 0) continue;
    const Bytes sector = clusters.subspan(static_cast<std::size_t>(at), geometry_.sector_bytes);
    const FatEntry first(*Block<kFatEntryBytes>::at(sector, 0));
    if (!first.dots() && !plausible_part(first) && !plausible_entry(first, geometry_, true)) continue;
    if (leftovers_.size() >= kMaxLeftovers || claimed_.size() >= kMaxLeftovers) {
      leftovers_cut_ = true;
      return;
    }
    leftovers_.push_back(static_cast<std::uint32_t>((volume_offset + at) / geometry_.sector_bytes));
    const auto own = geometry_.cluster_at(volume_offset + at);
    for (std::uint64_t entry_at = 0; entry_at < sector.size(); entry_at += kFatEntryBytes) {
      const FatEntry entry(*Block<kFatEntryBytes>::at(sector, entry_at));
      if (!entry.folder() || entry.dots() || !plausible_entry(entry, geometry_, true)) continue;
      const std::uint32_t cluster = entry.cluster(geometry_.bits);
      if (cluster != own && geometry_.holds(cluster) && table_.is_free(cluster) && is_folder_of(cluster, nullptr))
        claimed_.push_back(cluster);
    }
  }
}

Status FatTree::send_leftover(std::uint64_t sector) {
  Frame found;
  found.inode = geometry_.orphans_inode();
  found.name_id = orphans_name_id_;
  found.orphan = true;
  found.folder = FatFolderReader::piece(sector * geometry_.sector_bytes, geometry_.sector_bytes);
  path_ = "/" + std::string(kOrphanFolder);
  push(std::move(found));
  return walk();
}

}  // namespace limier::volume
