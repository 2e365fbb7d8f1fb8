#include "volume/exfat_folder.h"

#include <algorithm>

namespace limier::volume {

namespace {

constexpr std::uint64_t kWindowEntries = 256;

}  // namespace

ExfatFolder::ExfatFolder(ExfatState& state, std::uint64_t inode, std::vector<ExfatRun> runs, std::uint64_t bytes,
                         bool in_use)
    : state_(&state), inode_(inode), runs_(std::move(runs)), in_use_(in_use) {
  std::uint64_t there = 0;
  for (const ExfatRun& run : runs_) {
    starts_.push_back(there);
    there += std::uint64_t{run.count} * state.layout.cluster_bytes;
  }
  count_ = std::min(bytes, there) / kExfatEntryBytes;
}

std::uint64_t ExfatFolder::offset_of(std::uint64_t index, std::uint64_t& row) const {
  const std::uint64_t at = index * kExfatEntryBytes;
  const auto which =
      static_cast<std::size_t>(std::upper_bound(starts_.begin(), starts_.end(), at) - starts_.begin()) - 1;
  const std::uint64_t within = at - starts_[which];
  row = (std::uint64_t{runs_[which].count} * state_->layout.cluster_bytes - within) / kExfatEntryBytes;
  return state_->layout.offset_of(runs_[which].first) + within;
}

std::uint64_t ExfatFolder::offset_of(std::uint64_t index) const {
  std::uint64_t row = 0;
  return offset_of(index, row);
}

const std::uint8_t* ExfatFolder::entry(std::uint64_t index) {
  const bool held = index >= window_first_ && index - window_first_ < window_.size() / kExfatEntryBytes;
  if (!held) {
    std::uint64_t row = 0;
    const std::uint64_t at = offset_of(index, row);
    window_first_ = index;
    window_.resize(static_cast<std::size_t>(std::min(row, kWindowEntries) * kExfatEntryBytes));
    window_.resize(state_->read(at, window_));
    state_->walk.sink.working_on(state_->stage, inode_);
    if (window_.size() < kExfatEntryBytes) return nullptr;
  }
  return &window_[static_cast<std::size_t>(index - window_first_) * kExfatEntryBytes];
}

void ExfatFolder::note_damage() {
  if (damaged_++ == 0) first_damaged_ = state_->inode_of(offset_of(index_));
}

std::optional<ExfatFile> ExfatFolder::file_from(std::uint64_t index, const std::uint8_t* primary) {
  const std::size_t entries = exfat_file_entries({primary, kExfatEntryBytes});
  if (entries == 0 || entries > count_ - index) return std::nullopt;
  std::vector<std::uint8_t> set;
  set.reserve(entries * kExfatEntryBytes);
  for (std::size_t i = 0; i < entries; ++i) {
    const std::uint8_t* const one = entry(index + i);
    if (one == nullptr) return std::nullopt;
    set.insert(set.end(), one, one + kExfatEntryBytes);
  }
  return parse_exfat_file(set);
}

std::optional<ExfatFolder::Found> ExfatFolder::next() {
  while (index_ < count_) {
    const std::uint8_t* const at = entry(index_);
    if (at == nullptr) {
      unreadable_ = true;
      return std::nullopt;
    }
    const std::uint8_t type = at[0];
    const bool trusted = in_use_ && !ended_;
    const bool in_use = trusted && (type & kExfatInUse) != 0;
    if (type == 0) {
      ended_ = true;
    } else if ((type & kExfatSecondary) != 0) {
      if (in_use && !counted_) {
        note_damage();
        counted_ = true;
      }
    } else {
      Found found;
      found.volume_offset = offset_of(index_);
      std::copy_n(at, kExfatEntryBytes, found.entry.begin());
      found.in_use = in_use;
      if ((type & ~kExfatInUse) != kExfatFileEntry) {
        const std::uint8_t kind = type & static_cast<std::uint8_t>(~kExfatInUse);
        counted_ = kind != kExfatBitmapEntry && kind != kExfatUpcaseEntry && kind != kExfatLabelEntry;
        ++index_;
        return found;
      }
      found.file = file_from(index_, at);
      if (found.file && (trusted || found.file->proven)) {
        index_ += exfat_file_entries(found.entry);
        counted_ = false;
        return found;
      }
      if (in_use) note_damage();
      counted_ = true;
    }
    ++index_;
  }
  return std::nullopt;
}

}  // namespace limier::volume
