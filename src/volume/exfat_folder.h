// The entries of one exFAT folder, in order. Source: Microsoft, "exFAT file system specification", section 6.
#pragma once

#include "volume/exfat_state.h"

namespace limier::volume {

// Folders are no larger (section 7.6.6).
inline constexpr std::uint64_t kMostFolderBytes = 256ull << 20;

class ExfatFolder {
 public:
  // `in_use`: otherwise the clusters may hold anything by now, and only what its checksum proves is taken.
  ExfatFolder(ExfatState& state, std::uint64_t inode, std::vector<ExfatRun> runs, std::uint64_t bytes, bool in_use);

  struct Found {
    std::uint64_t volume_offset = 0;
    std::array<std::uint8_t, kExfatEntryBytes> entry{};
    bool in_use = false;            // by its first byte, and before the mark of the end
    std::optional<ExfatFile> file;  // otherwise another kind of primary entry
  };
  std::optional<Found> next();

  [[nodiscard]] std::uint64_t inode() const { return inode_; }
  [[nodiscard]] bool in_use() const { return in_use_; }
  // Entries in use that nobody can tell the meaning of.
  [[nodiscard]] std::uint64_t damaged() const { return damaged_; }
  [[nodiscard]] std::uint64_t first_damaged() const { return first_damaged_; }
  [[nodiscard]] bool unreadable() const { return unreadable_; }

 private:
  const std::uint8_t* entry(std::uint64_t index);
  // Of an entry there is; `row`: so many from it on lie in a row.
  std::uint64_t offset_of(std::uint64_t index, std::uint64_t& row) const;
  [[nodiscard]] std::uint64_t offset_of(std::uint64_t index) const;
  std::optional<ExfatFile> file_from(std::uint64_t index, const std::uint8_t* primary);
  void note_damage();

  ExfatState* state_;
  std::uint64_t inode_;
  std::vector<ExfatRun> runs_;
  std::vector<std::uint64_t> starts_;  // byte of the folder where each begins
  std::uint64_t count_;
  bool in_use_;
  std::uint64_t index_ = 0;
  bool ended_ = false;    // behind the mark of the end
  bool counted_ = false;  // secondary entries here belong to what was dealt with
  bool unreadable_ = false;
  std::uint64_t damaged_ = 0, first_damaged_ = 0;
  std::vector<std::uint8_t> window_;
  std::uint64_t window_first_ = 0;  // index of an entry
};

}  // namespace limier::volume
