// Where things lie in a FAT file system, and its table. Source: Microsoft, "FAT32 File System Specification" 1.03.
// The number of an entry is libtsk's: 3 for the first 32 bytes behind the tables, and so on; 2 is the root directory,
// and behind the last come the boot sector, the tables and the directory of orphans.
#pragma once

#include <optional>
#include <vector>

#include "volume/walk_base.h"

namespace limier::volume {

inline constexpr std::uint64_t kFatRoot = 2;
inline constexpr std::uint32_t kFatEntryBytes = 32;

struct FatGeometry {
  unsigned bits = 0;  // 12, 16 or 32
  std::uint32_t sector_bytes = 0;
  std::uint32_t cluster_bytes = 0;
  std::uint32_t tables = 0;
  std::uint32_t table_in_use = 0;
  bool mirrored = true;             // all tables are to be the same
  std::uint64_t tables_offset = 0;  // volume offsets, here and below
  std::uint64_t table_bytes = 0;    // of one
  std::uint64_t entries_offset = 0;
  std::uint32_t root_slots = 0;    // FAT12 and FAT16: entries of the root directory
  std::uint32_t root_cluster = 0;  // FAT32
  std::uint64_t clusters_offset = 0;
  std::uint32_t last_cluster = 0;
  std::uint64_t end_offset = 0;  // of the file system, or of the volume where that ends before it
  bool from_copy = false;        // the first boot sector is damaged

  [[nodiscard]] bool holds(std::uint64_t cluster) const { return cluster >= 2 && cluster <= last_cluster; }
  [[nodiscard]] std::uint64_t cluster_offset(std::uint32_t cluster) const {
    return clusters_offset + std::uint64_t{cluster - 2} * cluster_bytes;
  }
  // The cluster that holds this byte of the volume.
  [[nodiscard]] std::optional<std::uint32_t> cluster_at(std::uint64_t volume_offset) const;
  [[nodiscard]] std::uint64_t entry_at(std::uint64_t volume_offset) const {
    return kFirstEntry + (volume_offset - entries_offset) / kFatEntryBytes;
  }
  [[nodiscard]] std::uint64_t entry_offset(std::uint64_t inode) const {
    return entries_offset + (inode - kFirstEntry) * kFatEntryBytes;
  }
  [[nodiscard]] bool is_entry(std::uint64_t inode) const { return inode >= kFirstEntry && inode < boot_inode(); }
  [[nodiscard]] std::uint64_t boot_inode() const { return entry_at(std::max(end_offset, entries_offset)); }
  [[nodiscard]] std::uint64_t table_inode(std::uint32_t table) const { return boot_inode() + 1 + table; }
  [[nodiscard]] std::uint32_t listed_tables() const { return tables == 2 ? 2 : 1; }
  [[nodiscard]] std::uint64_t orphans_inode() const { return boot_inode() + 1 + tables; }

 private:
  static constexpr std::uint64_t kFirstEntry = 3;
};

// What a boot sector says; none when it is no FAT's. The signature at its end is not asked for: there are media
// without.
std::optional<FatGeometry> parse_fat_boot(Bytes sector, std::uint64_t volume_bytes);
// Of the boot sector or, when that is damaged, of its copy.
Result<FatGeometry> read_fat_geometry(WalkBase& walk);

// Neighbouring clusters of one file.
struct ClusterRun {
  std::uint32_t first = 0;
  std::uint32_t count = 0;
};

enum class ChainEnd : std::uint8_t {
  kMark,     // the end mark
  kMore,     // it goes on, but no more was asked for
  kFree,     // leads into a cluster that is not in use
  kDamaged,  // leads to a bad cluster or to none
  kLoop,
};

struct Chain {
  std::vector<ClusterRun> runs;
  std::uint64_t clusters = 0;
  ChainEnd end = ChainEnd::kDamaged;
};

// The table in use, read piece by piece. While it is gone through, the sink hears of the item that was last told.
class FatTable {
 public:
  FatTable(WalkBase& walk, const FatGeometry& geometry);
  enum class Kind : std::uint8_t { kFree, kNext, kEnd, kBad, kInvalid };
  struct Entry {
    Kind kind = Kind::kInvalid;
    std::uint32_t next = 0;
  };
  Entry at(std::uint32_t cluster);
  [[nodiscard]] bool is_free(std::uint32_t cluster) { return at(cluster).kind == Kind::kFree; }
  // From `first` on, at most `most` clusters.
  Chain follow(std::uint32_t first, std::uint64_t most);
  void at_item(Stage stage, std::uint64_t item) { stage_ = stage, item_ = item; }
  // A part of the table could not be read; what it says of those clusters is not known.
  [[nodiscard]] bool unreadable() const { return unreadable_; }
  // The raw entry of any table, for comparing them.
  std::optional<std::uint32_t> raw(std::uint32_t table, std::uint32_t cluster);

 private:
  static constexpr std::size_t kPageBytes = 64u << 10;
  static constexpr std::size_t kPages = 256;  // 16 MiB, taken as they are read
  struct Page {
    std::uint64_t offset = UINT64_MAX;  // in the volume
    std::vector<std::uint8_t> bytes;
  };
  const Page& page(std::uint64_t volume_offset);
  void cut_loop(Chain& chain);

  WalkBase& walk_;
  const FatGeometry& geometry_;
  std::vector<Page> pages_{kPages};
  Stage stage_ = Stage::kNames;
  std::uint64_t item_ = 0;
  std::uint64_t asked_ = 0;
  bool unreadable_ = false;
};

}  // namespace limier::volume
