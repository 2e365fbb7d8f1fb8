// Reads the entries of one FAT directory after the other.
#pragma once

#include "volume/fat_entries.h"

namespace limier::volume {

// A directory and how far it was read.
struct FatFolder {
  std::vector<std::uint32_t> clusters;  // none: it lies in one piece at `offset`, as the root of FAT12 and FAT16
  std::uint64_t offset = 0;             // in the volume
  std::uint64_t slots = 0;              // places for entries
  std::uint64_t slots_of_its_own = 0;   // those behind are there because a sector is larger than what is left
  std::uint32_t first_cluster = 0;      // 0: the root directory
  bool in_use = true;
  bool wary = false;  // it may be none: only what looks like an entry is one
  std::uint64_t next = 0;
  bool ended = false;  // the end mark was met: what follows is left from before
  bool unreadable = false;
  std::uint64_t refused = 0;  // what may be an entry and is not listed
};

struct FatItem {
  std::uint64_t inode = 0;
  std::array<std::uint8_t, kFatEntryBytes> bytes{};
  std::string name;
  bool in_use = false;
  bool behind_end = false;  // of a directory in use
  [[nodiscard]] FatEntry entry() const { return FatEntry(*Block<kFatEntryBytes>::at(bytes, 0)); }
};

class FatFolderReader {
 public:
  FatFolderReader(WalkBase& walk, const FatGeometry& geometry) : walk_(walk), geometry_(geometry) {}
  [[nodiscard]] FatFolder root(std::vector<std::uint32_t> clusters) const;
  [[nodiscard]] FatFolder folder(std::vector<std::uint32_t> clusters, bool in_use) const;
  // Entries without a directory, not in use.
  [[nodiscard]] static FatFolder piece(std::uint64_t volume_offset, std::uint64_t length);
  // Sets `wary` where a directory in use does not look like one.
  void judge(FatFolder& folder);
  // The next entry that is one, deleted or not; of "." and ".." none. nullopt: no more.
  std::optional<FatItem> next(FatFolder& folder);
  // The first two entries are those of itself and of its parent: their clusters.
  struct Dots {
    std::uint32_t self = 0, parent = 0;
  };
  std::optional<Dots> dots(std::uint32_t cluster);

 private:
  static constexpr std::uint32_t kPieceBytes = 16u << 10;  // small enough for the cache of lines
  std::optional<Block<kFatEntryBytes>> slot(const FatFolder& folder, std::uint64_t number);
  std::optional<std::uint64_t> offset_of(const FatFolder& folder, std::uint64_t number) const;
  void load(std::uint64_t volume_offset, std::uint32_t length);

  WalkBase& walk_;
  const FatGeometry& geometry_;
  LongNames long_names_;
  std::vector<std::uint8_t> piece_;
  std::uint64_t piece_offset_ = UINT64_MAX;
};

}  // namespace limier::volume
