#include "volume/fat_blocks.h"

#include <algorithm>

#include <fmt/format.h>

namespace limier::volume {

namespace {

using catalog::BlockUse;
using catalog::Severity;

constexpr std::uint64_t kBeatEvery = 1u << 12;

// Joins neighbours of the same use, clipped to the volume.
class Ranges {
 public:
  explicit Ranges(WalkBase& walk) : walk_(walk) {}
  Status add(std::uint64_t volume_offset, std::uint64_t length, BlockUse use) {
    const std::uint64_t room = walk_.end - walk_.base;
    length = std::min(length, room - std::min(room, volume_offset));
    if (length == 0) return ok_status();
    const std::uint64_t offset = walk_.base + volume_offset;
    if (open_.length > 0 && open_.use == use && open_.image_offset + open_.length == offset) {
      open_.length += length;
      return ok_status();
    }
    LIMIER_CHECK(finish());
    open_ = {walk_.volume_id(), offset, length, use};
    return ok_status();
  }
  Status finish() {
    if (open_.length == 0) return ok_status();
    LIMIER_CHECK(walk_.sink.blocks(open_));
    open_.length = 0;
    return ok_status();
  }

 private:
  WalkBase& walk_;
  catalog::BlockRange open_;
};

// Clusters in use that no listed file has: their names were lost. The rest of a deleted file whose clusters were never
// released is no such loss, nor is what holds nothing.
class Unowned {
 public:
  Unowned(WalkBase& walk, const FatGeometry& geometry, const FatUse& use)
      : walk_(walk), geometry_(geometry), use_(use) {}

  void look_at_all(FatTable& table) {
    for (std::uint32_t cluster = 2; cluster <= geometry_.last_cluster; ++cluster) {
      if (cluster % kBeatEvery == 0) walk_.sink.working_on(Stage::kBlocks, cluster);
      const FatTable::Kind kind = table.at(cluster).kind;
      if (kind != FatTable::Kind::kFree && kind != FatTable::Kind::kBad) look_at(cluster);
    }
  }
  [[nodiscard]] bool any() const { return bytes_ > 0; }
  [[nodiscard]] Status report() const {
    if (bytes_ == 0) return ok_status();
    return walk_.issue("listing-may-be-incomplete", Severity::kWarning, std::nullopt,
                       fmt::format("{} bytes are marked as in use but belong to no file that is listed, the first at "
                                   "image offset {}",
                                   bytes_, first_),
                       true);
  }

 private:
  void look_at(std::uint32_t cluster) {
    const bool continues = after_deleted_ && cluster == last_ + 1;
    last_ = cluster;
    after_deleted_ = !use_.in_use(cluster) && (continues || use_.deleted(cluster));
    if (use_.in_use(cluster) || after_deleted_) return;
    const std::uint64_t offset = geometry_.cluster_offset(cluster);
    for (std::uint64_t at = 0; at < geometry_.cluster_bytes; at += geometry_.sector_bytes) {
      if (holds_nothing(offset + at, at == 0)) continue;
      if (bytes_ == 0) first_ = walk_.base + offset + at;
      bytes_ += geometry_.sector_bytes;
    }
  }
  // Nothing but zeros; at the start of a cluster also a folder that holds nothing but "." and "..".
  bool holds_nothing(std::uint64_t volume_offset, bool may_be_folder) {
    constexpr std::uint64_t kMostRead = 1u << 20;
    constexpr std::size_t kEntry = 32;
    if (++read_ > kMostRead) return false;
    sector_.resize(geometry_.sector_bytes);
    sector_.resize(walk_.read(walk_.base + volume_offset, sector_));
    Bytes bytes(sector_);
    const auto starts = [&](std::size_t at, std::string_view name) {
      const auto part = slice(bytes, at, name.size());
      return part && as_text(*part) == name;
    };
    if (may_be_folder && starts(0, ".          ") && starts(kEntry, "..         ")) bytes = bytes.subspan(2 * kEntry);
    return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
  }

  WalkBase& walk_;
  const FatGeometry& geometry_;
  const FatUse& use_;
  std::vector<std::uint8_t> sector_;
  std::uint64_t read_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t first_ = 0;
  std::uint32_t last_ = 0;
  bool after_deleted_ = false;
};

// The tables are there twice so that damage to one shows.
Status compare_tables(WalkBase& walk, const FatGeometry& geometry, FatTable& table) {
  if (!geometry.mirrored || geometry.tables < 2) return ok_status();
  std::uint64_t differing = 0;
  std::uint32_t first = 0;
  for (std::uint32_t cluster = 2; cluster <= geometry.last_cluster; ++cluster) {
    const auto one = table.raw(0, cluster), other = table.raw(1, cluster);
    if (!one || !other) break;  // the image ends, which is said elsewhere
    if (*one != *other && differing++ == 0) first = cluster;
  }
  if (differing == 0) return ok_status();
  return walk.issue("fat-copies-differ", Severity::kInfo, std::nullopt,
                    fmt::format("the two file allocation tables differ in {} clusters, the first is {}; the first "
                                "table is followed",
                                differing, first),
                    false);
}

}  // namespace

void FatUse::add(const ClusterRun& run, bool in_use) {
  auto& clusters = in_use ? in_use_ : deleted_;
  for (std::uint32_t i = 0; i < run.count; ++i) clusters[run.first + i] = true;
}

void FatUse::add(const StreamPlan& plan, std::uint64_t base, bool in_use) {
  for (const auto& extent : plan.extents) {
    const std::uint64_t at = *extent.image_offset - base;
    const auto first = geometry_.cluster_at(at), last = geometry_.cluster_at(at + extent.length - 1);
    if (first && last) add({*first, *last - *first + 1}, in_use);
  }
}

void FatUse::keep(const ClusterRun& run) {
  for (std::uint32_t i = 0; i < run.count; ++i) kept_[run.first + i] = true;
}

void FatUse::own_rest(FatTable& table, const ClusterRun& last) {
  FatTable::Entry entry = table.at(last.first + last.count - 1);
  while (entry.kind == FatTable::Kind::kNext && !in_use_[entry.next]) {
    in_use_[entry.next] = true;
    entry = table.at(entry.next);
  }
}

Status send_fat_blocks(WalkBase& walk, const FatGeometry& geometry, FatTable& table, const FatUse& use) {
  walk.sink.working_on(Stage::kBlocks, 0);
  table.at_item(Stage::kBlocks, 0);
  Ranges ranges(walk);
  Unowned unowned(walk, geometry, use);
  // Only who has described all files knows whose clusters are whose.
  const bool owners_known = walk.job.part == WalkPart::kWhole && !walk.job.bare_inodes;
  if (owners_known) unowned.look_at_all(table);
  // Where files in use were lost, what a deleted one kept may be theirs.
  const bool kept_is_free = owners_known && !unowned.any();
  LIMIER_CHECK(ranges.add(0, geometry.entries_offset, BlockUse::kMetadata));
  LIMIER_CHECK(
      ranges.add(geometry.entries_offset, geometry.clusters_offset - geometry.entries_offset, BlockUse::kAllocated));
  for (std::uint32_t cluster = 2; cluster <= geometry.last_cluster; ++cluster) {
    if (cluster % kBeatEvery == 0) walk.sink.working_on(Stage::kBlocks, cluster);
    const bool free = table.is_free(cluster) || (kept_is_free && use.kept(cluster));
    LIMIER_CHECK(ranges.add(geometry.cluster_offset(cluster), geometry.cluster_bytes,
                            free ? BlockUse::kUnallocated : BlockUse::kAllocated));
  }
  const std::uint64_t behind = geometry.cluster_offset(geometry.last_cluster + 1);
  if (geometry.end_offset > behind)
    LIMIER_CHECK(ranges.add(behind, geometry.end_offset - behind, BlockUse::kUnallocated));
  LIMIER_CHECK(ranges.finish());
  if (owners_known) LIMIER_CHECK(unowned.report());
  return compare_tables(walk, geometry, table);
}

}  // namespace limier::volume
