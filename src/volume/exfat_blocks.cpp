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

Status ExfatReader::blocks() {
  const ExfatLayout& layout = state_.layout;
  state_.working_on(Stage::kBlocks, 0);
  const std::uint64_t room = walk_.end - walk_.base;
  catalog::BlockRange open;
  const auto flush = [&]() -> Status { return open.length > 0 ? walk_.sink.blocks(open) : ok_status(); };
  const auto add = [&](std::uint64_t from, std::uint64_t length, BlockUse use) -> Status {
    if (from >= room || length == 0) return ok_status();
    length = std::min(length, room - from);
    if (open.length > 0 && open.use == use && open.image_offset + open.length == walk_.base + from) {
      open.length += length;
      return ok_status();
    }
    LIMIER_CHECK(flush());
    open = {walk_.volume_id(), walk_.base + from, length, use};
    return ok_status();
  };
  LIMIER_CHECK(add(0, layout.heap_offset, BlockUse::kMetadata));
  Unowned unowned;
  const std::uint64_t behind = std::uint64_t{ExfatLayout::kFirstCluster} + layout.clusters;
  for (std::uint64_t at = ExfatLayout::kFirstCluster; at < behind && layout.offset_of(at) < room;) {
    const auto first = static_cast<std::uint32_t>(at);
    walk_.sink.working_on(Stage::kBlocks, first);
    const bool used = state_.bitmap.used(first);
    const auto most = static_cast<std::uint32_t>(std::min<std::uint64_t>(behind - at, kBeatEvery));
    const std::uint32_t count = state_.bitmap.alike(first, most);
    LIMIER_CHECK(add(layout.offset_of(at), std::uint64_t{count} * layout.cluster_bytes,
                     used ? BlockUse::kAllocated : BlockUse::kUnallocated));
    unowned.after_deleted = unowned.after_deleted && used;
    if (used && state_.bitmap.known() && state_.folders_walked)
      for (std::uint32_t i = 0; i < count; ++i) look_for_owner(first + i, unowned);
    at += count;
  }
  const std::uint64_t heap_end = layout.offset_of(behind);
  const std::uint64_t end = layout.sectors * layout.sector_bytes;
  if (end > heap_end) LIMIER_CHECK(add(heap_end, end - heap_end, BlockUse::kUnallocated));
  LIMIER_CHECK(flush());
  LIMIER_CHECK(issue_unowned(unowned));
  return issue_unmarked();
}

}  // namespace limier::volume
