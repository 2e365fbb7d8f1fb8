#include "volume/iso_records.h"

#include <algorithm>
#include <set>

namespace limier::volume {
namespace {

constexpr std::size_t kSector = 2048;
constexpr std::uint64_t kFirstDescriptor = 16;
constexpr std::uint64_t kMaxDescriptors = 64;
constexpr std::size_t kRecord = 33;  // up to the name
constexpr std::size_t kMaxFolders = 1u << 20;
constexpr std::uint64_t kBeatEvery = 256;
constexpr std::uint8_t kFolderFlag = 0x02, kMoreFollowsFlag = 0x80;

struct Folder {
  std::uint64_t sector = 0;
  std::uint64_t length = 0;
};

// Extent and length stand in both byte orders: where the two disagree, one of them is damaged.
std::optional<Folder> extent_of(Bytes record) {
  const auto block = Block<kRecord>::at(record, 0);
  if (!block) return std::nullopt;
  const auto sector = block->le<2, std::uint32_t>(), length = block->le<10, std::uint32_t>();
  if (be_at<std::uint32_t>(record, 6) != sector || be_at<std::uint32_t>(record, 14) != length) return std::nullopt;
  return Folder{sector, length};
}

class IsoWalk {
 public:
  IsoWalk(const RangeReader& volume, const std::function<void(std::uint64_t)>& beat)
      : volume_(volume), beat_(beat), sectors_left_(volume.size_bytes() / kSector) {}

  std::optional<IsoListing> run() {
    if (!find_root()) return std::nullopt;
    while (!pending_.empty()) {
      const Folder folder = pending_.back();
      pending_.pop_back();
      const std::uint64_t begin = folder.sector * kSector;
      if (begin >= volume_.size_bytes() || folder.length > volume_.size_bytes() - begin) {
        damaged(begin);
        continue;
      }
      for (std::uint64_t at = begin; at < begin + folder.length; at += kSector) {
        // No sector belongs to two folders: a tree with more sectors than the volume has was made to keep us busy.
        if (sectors_left_ == 0) return damaged(at), listing_;
        if (--sectors_left_ % kBeatEvery == 0) beat_(at / kSector);
        read_sector(at);
      }
    }
    return listing_;
  }

 private:
  bool find_root() {
    for (std::uint64_t i = 0; i < kMaxDescriptors; ++i) {
      const auto sector = volume_.read((kFirstDescriptor + i) * kSector, kSector);
      if (sector.size() < kSector || as_text(Bytes(sector).subspan(1, 5)) != "CD001" || sector[0] == 0xff) return false;
      if (sector[0] != 1) continue;
      const Bytes record = Bytes(sector).subspan(156, 34);
      const auto root = extent_of(record);
      if (!root) return false;
      push(*root);
      return true;
    }
    return false;
  }
  void push(const Folder& folder) {
    if (seen_.size() < kMaxFolders && seen_.insert(folder.sector).second) pending_.push_back(folder);
  }
  void damaged(std::uint64_t offset) {
    if (listing_.damaged++ == 0) listing_.first_damaged = offset;
  }
  void read_sector(std::uint64_t offset) {
    const auto sector = volume_.read(offset, kSector);
    std::size_t at = 0;
    while (at < sector.size() && sector[at] != 0) {
      const std::size_t length = sector[at];
      if (length <= kRecord || length > sector.size() - at) return damaged(offset + at);
      read_record(Bytes(sector).subspan(at, length), offset + at);
      at += length;
    }
    // Records are packed: behind the last one of a sector stand zeros.
    const bool clean = std::all_of(sector.begin() + static_cast<std::ptrdiff_t>(at), sector.end(),
                                   [](std::uint8_t byte) { return byte == 0; });
    if (!clean) damaged(offset + at);
  }
  void read_record(Bytes record, std::uint64_t offset) {
    const std::size_t name_length = record[32];
    if (name_length == 0 || kRecord + name_length > record.size()) return damaged(offset);
    const auto extent = extent_of(record);
    if (!extent) damaged(offset);
    const bool self_or_parent = name_length == 1 && record[kRecord] <= 1;
    if (self_or_parent) return;
    if ((record[25] & kMoreFollowsFlag) == 0) ++listing_.entries;
    if ((record[25] & kFolderFlag) != 0 && extent) push(*extent);
  }

  const RangeReader& volume_;
  const std::function<void(std::uint64_t)>& beat_;
  std::uint64_t sectors_left_;
  std::vector<Folder> pending_;
  std::set<std::uint64_t> seen_;
  IsoListing listing_;
};

}  // namespace

std::optional<IsoListing> count_iso_records(const RangeReader& volume, const std::function<void(std::uint64_t)>& beat) {
  return IsoWalk(volume, beat).run();
}

}  // namespace limier::volume
