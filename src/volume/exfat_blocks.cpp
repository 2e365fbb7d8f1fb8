// What the allocation bitmap says of the clusters, and whether the listing accounts for all that are in use.
#include <algorithm>

#include <fmt/format.h>

#include "volume/exfat_reader.h"

namespace limier::volume {

namespace {

using catalog::BlockUse;
using catalog::Severity;

constexpr std::uint64_t kMostLookedInto = 1u << 20;  // clusters without a file whose bytes are looked at
constexpr std::size_t kLookStep = 64u << 10;
constexpr std::uint64_t kBeatEvery = 1u << 16;

// Joins neighbours of the same use, clipped to the volume.
class BlockRanges {
 public:
  explicit BlockRanges(WalkBase& walk) : walk_(walk), room_(walk.end - walk.base) {}
  Status add(std::uint64_t from, std::uint64_t length, BlockUse use) {
    if (from >= room_ || length == 0) return ok_status();
    length = std::min(length, room_ - from);
    if (open_.length > 0 && open_.use == use && open_.image_offset + open_.length == walk_.base + from) {
      open_.length += length;
      return ok_status();
    }
    LIMIER_CHECK(finish());
    open_ = {walk_.volume_id(), walk_.base + from, length, use};
    return ok_status();
  }
  Status finish() { return open_.length > 0 ? walk_.sink.blocks(open_) : ok_status(); }

 private:
  WalkBase& walk_;
  const std::uint64_t room_;
  catalog::BlockRange open_;
};

}  // namespace

// A folder or a file that holds nothing is no loss.
bool ExfatReader::holds_nothing(std::uint32_t cluster) const {
  std::vector<std::uint8_t> bytes(std::min<std::size_t>(kLookStep, state_.layout.cluster_bytes));
  const std::uint64_t end = state_.layout.offset_of(std::uint64_t{cluster} + 1);
  for (std::uint64_t at = state_.layout.offset_of(cluster); at < end; at += bytes.size()) {
    const std::size_t got = state_.read(at, bytes);
    if (std::any_of(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(got),
                    [](std::uint8_t byte) { return byte != 0; }))
      return false;
    if (got < bytes.size()) break;
  }
  return true;
}

// Finds clusters in use that no listed file has: their names were lost. The rest of a deleted file whose clusters were
// never released is no such loss, nor is one that is broken.
void ExfatReader::look_for_owner(std::uint32_t cluster, Unowned& unowned) {
  const bool owned = state_.owned.contains(cluster);
  unowned.after_deleted = !owned && (unowned.after_deleted || deleted_.contains(cluster));
  if (!owned && deleted_whole_.contains(cluster)) unowned.kept.add(cluster, 1);
  if (owned || unowned.after_deleted) return;
  if (state_.fat.entry(cluster) == ExfatFat::kBad) return;
  if (unowned.clusters < kMostLookedInto && holds_nothing(cluster)) return;
  if (unowned.clusters++ == 0) unowned.first = cluster;
}

// Files in use whose clusters the bitmap calls free: the next file that is written takes them.
Status ExfatReader::issue_unmarked() {
  if (!state_.bitmap.known() || !state_.folders_walked) return ok_status();
  std::uint64_t clusters = 0, first = 0;
  for (const auto& [begin, end] : state_.owned.ranges()) {
    for (std::uint64_t at = begin; at < end;) {
      const auto cluster = static_cast<std::uint32_t>(at);
      const auto most = static_cast<std::uint32_t>(std::min(end - at, kBeatEvery));
      walk_.sink.working_on(Stage::kBlocks, cluster);
      const std::uint32_t alike = state_.bitmap.alike(cluster, most);
      if (!state_.bitmap.used(cluster)) {
        if (clusters == 0) first = at;
        clusters += alike;
      }
      at += alike;
    }
  }
  if (clusters == 0) return ok_status();
  return walk_.issue(
      "clusters-not-marked", Severity::kWarning, std::nullopt,
      fmt::format("{} bytes of files and folders in use are marked as free, the first at image offset {}",
                  clusters * state_.layout.cluster_bytes, walk_.base + state_.layout.offset_of(first)),
      false);
}

Status ExfatReader::issue_unowned(const Unowned& unowned) const {
  if (!state_.bitmap.known() || state_.bitmap.unreadable()) {
    LIMIER_CHECK(walk_.issue("block-use-unknown", Severity::kWarning, std::nullopt,
                             "the allocation bitmap cannot be read to its end: what it does not tell of is taken to be "
                             "in use",
                             true));
  }
  if (unowned.clusters == 0) return ok_status();
  return walk_.issue(
      "listing-may-be-incomplete", Severity::kWarning, std::nullopt,
      fmt::format("{} bytes are marked as in use but belong to no file that is listed, the first at image offset {}",
                  unowned.clusters * state_.layout.cluster_bytes, walk_.base + state_.layout.offset_of(unowned.first)),
      true);
}

ExfatReader::Unowned ExfatReader::look_for_owners() {
  Unowned unowned;
  if (!state_.bitmap.known() || !state_.folders_walked) return unowned;
  const std::uint64_t room = walk_.end - walk_.base;
  const std::uint64_t behind = std::uint64_t{ExfatLayout::kFirstCluster} + state_.layout.clusters;
  for (std::uint64_t at = ExfatLayout::kFirstCluster; at < behind && state_.layout.offset_of(at) < room;) {
    const auto first = static_cast<std::uint32_t>(at);
    walk_.sink.working_on(Stage::kBlocks, first);
    const bool used = state_.bitmap.used(first);
    const auto most = static_cast<std::uint32_t>(std::min<std::uint64_t>(behind - at, kBeatEvery));
    const std::uint32_t count = state_.bitmap.alike(first, most);
    unowned.after_deleted = unowned.after_deleted && used;
    if (used)
      for (std::uint32_t i = 0; i < count; ++i) look_for_owner(first + i, unowned);
    at += count;
  }
  // Where files in use were lost, what a deleted one kept may be theirs.
  if (state_.folders_damaged || state_.owners_doubtful || unowned.clusters > 0 || state_.bitmap.unreadable())
    unowned.kept = {};
  return unowned;
}

Status ExfatReader::blocks() {
  const ExfatLayout& layout = state_.layout;
  state_.working_on(Stage::kBlocks, 0);
  const Unowned unowned = look_for_owners();
  BlockRanges ranges(walk_);
  LIMIER_CHECK(ranges.add(0, layout.heap_offset, BlockUse::kMetadata));
  const auto add = [&](std::uint64_t first, std::uint64_t end, bool used) {
    return ranges.add(layout.offset_of(first), (end - first) * layout.cluster_bytes,
                      used ? BlockUse::kAllocated : BlockUse::kUnallocated);
  };
  const std::uint64_t room = walk_.end - walk_.base;
  const std::uint64_t behind = std::uint64_t{ExfatLayout::kFirstCluster} + layout.clusters;
  auto kept = unowned.kept.ranges().begin();
  for (std::uint64_t at = ExfatLayout::kFirstCluster; at < behind && layout.offset_of(at) < room;) {
    const auto first = static_cast<std::uint32_t>(at);
    walk_.sink.working_on(Stage::kBlocks, first);
    const bool used = state_.bitmap.used(first);
    const auto most = static_cast<std::uint32_t>(std::min<std::uint64_t>(behind - at, kBeatEvery));
    const std::uint64_t end = at + state_.bitmap.alike(first, most);
    while (at < end) {
      while (kept != unowned.kept.ranges().end() && kept->second <= at) ++kept;
      const bool any = kept != unowned.kept.ranges().end();
      const bool given_back = any && kept->first <= at;
      const std::uint64_t next = !any ? end : std::min(end, given_back ? kept->second : kept->first);
      LIMIER_CHECK(add(at, next, used && !given_back));
      at = next;
    }
  }
  const std::uint64_t heap_end = layout.offset_of(behind);
  const std::uint64_t end = layout.sectors * layout.sector_bytes;
  if (end > heap_end) LIMIER_CHECK(ranges.add(heap_end, end - heap_end, BlockUse::kUnallocated));
  LIMIER_CHECK(ranges.finish());
  LIMIER_CHECK(issue_unowned(unowned));
  return issue_unmarked();
}

}  // namespace limier::volume
