// What the parts of limier's exFAT reader share: the volume, and what the walk of its folders has found out.
//
// Owns:    the sets of clusters named below; the WalkBase outlives it.
// Threads: one.
// Errors:  what cannot be read is nothing.
#pragma once

#include "volume/exfat_entries.h"
#include "volume/exfat_volume.h"
#include "volume/walk_base.h"

namespace limier::volume {

// Where the clusters of a file or folder lie.
struct Placement {
  std::vector<ExfatRun> runs;
  bool whole = false;    // all clusters that its length needs, and no doubt that they are its own
  bool outside = false;  // they do not lie in the volume
};

struct ExfatState {
  ExfatState(WalkBase& base, const ExfatLayout& found);
  ExfatState(const ExfatState&) = delete;
  ExfatState& operator=(const ExfatState&) = delete;

  WalkBase& walk;
  const ExfatLayout layout;
  const ReadVolume read;
  ExfatFat fat;
  ExfatBitmap bitmap;
  ClusterChain root;
  // Filled by the walk of the folders.
  ClusterSet owned;                // clusters of what is in use
  std::vector<std::uint64_t> odd;  // sorted: entries whose place in the tree says other than marked_in_use()
  bool folders_walked = false;
  bool folders_damaged = false;  // in use, and not read to their end
  bool owners_doubtful = false;  // what is in use may have clusters that are not known to be its own
  // What the watchdog is told in long loops.
  Stage stage = Stage::kNames;
  std::uint64_t item = 0;
  void working_on(Stage now, std::uint64_t on);
  [[nodiscard]] Beat beat() const {
    return [this] { walk.sink.working_on(stage, item); };
  }

  // libtsk's numbers: 3 and the ordinal of the entry among all that fit into the clusters; behind the last sector that
  // is there, the boot sector, the FATs and the folder of orphans.
  static constexpr std::uint64_t kRootInode = 2, kFirstInode = 3;
  [[nodiscard]] std::uint64_t inode_of(std::uint64_t volume_offset) const {
    return kFirstInode + (volume_offset - layout.heap_offset) / kExfatEntryBytes;
  }
  // None when it is no number of an entry.
  [[nodiscard]] std::optional<std::uint64_t> offset_of(std::uint64_t inode) const;
  [[nodiscard]] std::uint64_t boot_inode() const;
  [[nodiscard]] std::uint64_t fat_inode(unsigned number) const { return boot_inode() + number; }  // from 1
  [[nodiscard]] std::uint64_t orphans_inode() const { return fat_inode(layout.fats) + 1; }

  std::optional<std::array<std::uint8_t, kExfatEntryBytes>> entry_at(std::uint64_t volume_offset) const;
  // The entries of a file by its first one alone: where the cluster ends, they go on in the next by the FAT or by
  // number, as the checksum tells.
  std::optional<ExfatFile> file_at(std::uint64_t volume_offset);
  // By the entry's first byte and the bitmap, as far as they can tell.
  bool marked_in_use(std::uint64_t volume_offset, std::uint8_t type);
  // Nothing in use has the cluster. Where folders in use could not be read, the bitmap must say so too: those that
  // are lost may have it.
  bool is_free(std::uint32_t cluster) {
    const bool unmarked = !folders_damaged || (bitmap.known() && !bitmap.used(cluster));
    return layout.has(cluster) && !owned.contains(cluster) && unmarked;
  }

  Placement place(const ExfatAllocation& content, bool in_use, std::uint64_t age = 0);
  // A deleted file, of which another entry may be an earlier version.
  void note_deleted(const ExfatFile& file);
  // Of an allocation bitmap or up-case table: linked by the FAT, though some take them to lie in a row.
  Placement place_table(const ExfatAllocation& table);
  void own(const ExfatAllocation& content) {
    const Placement placement = place(content, true);
    owners_doubtful = owners_doubtful || !placement.whole;
    owned.add(placement.runs);
  }

 private:
  bool gather(std::uint64_t volume_offset, bool by_fat, MutableBytes set);
  bool is_beginning(const ExfatAllocation& content, std::uint64_t age);

  // First cluster and time of creation of deleted files along a chain: clusters of the longest.
  std::map<std::pair<std::uint32_t, std::uint64_t>, std::uint64_t> deleted_;
};

}  // namespace limier::volume
