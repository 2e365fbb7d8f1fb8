#include "volume/fat_reader.h"

#include <algorithm>

#include <fmt/format.h>

#include "volume/fat_blocks.h"
#include "volume/fat_tree.h"
#include "volume/local_time.h"
#include "volume/walk_issues.h"

namespace limier::volume {

namespace {

using catalog::ContentSource;
using catalog::ExtentKind;
using catalog::FileKind;
using catalog::Severity;

// libtsk's numbers for the stream of a file and for none.
constexpr std::uint32_t kDefaultStream = 1;
constexpr std::uint32_t kNoStream = 0;
constexpr std::uint64_t kMostTail = 1024;  // clusters of a file behind its size that are its slack
constexpr std::uint8_t kReadOnly = 0x01, kHidden = 0x02;

class FatReader final : public OwnReader {
 public:
  FatReader(WalkBase& walk, const FatGeometry& geometry)
      : walk_(walk), geometry_(geometry), table_(walk, geometry_), tree_(walk, geometry_, table_), use_(geometry_) {}

  Result<std::vector<std::uint64_t>> names() override {
    if (geometry_.from_copy) {
      LIMIER_CHECK(walk_.issue("boot-sector-damaged", Severity::kWarning, std::nullopt,
                               "the boot sector is damaged: its copy was used", false));
    }
    return tree_.send_names();
  }
  std::optional<Described> describe(std::uint64_t inode) override;
  Status blocks() override { return send_fat_blocks(walk_, geometry_, table_, use_); }
  Status report() override;
  bool read(const StreamPlan&, const Consumer&, Status&) override { return false; }

 private:
  Described blank(std::uint64_t inode, FileKind kind, std::uint64_t size, bool in_use) const;
  Described root();
  std::optional<Described> made_up(std::uint64_t inode);
  Described entry(std::uint64_t inode, const FatEntry& entry);
  void folder(Described& described, std::uint32_t first, bool in_use);
  void file(Described& described, std::uint64_t inode, const FatEntry& entry);
  bool file_in_use(StreamPlan& plan, const Chain& chain);
  bool file_deleted(StreamPlan& plan, std::uint32_t first, std::uint64_t needed, const Chain& chain);
  std::uint64_t add_runs(StreamPlan& plan, const std::vector<ClusterRun>& runs, std::uint64_t from = 0);
  void add_bytes(StreamPlan& plan, std::uint64_t volume_offset, std::uint64_t length, std::uint64_t file_offset);
  catalog::Stamp stamp(std::uint64_t inode, const FatTime& time, std::string_view which);
  void own(const Described& described, const std::vector<ClusterRun>& runs);

  WalkBase& walk_;
  const FatGeometry geometry_;
  FatTable table_;
  FatTree tree_;
  FatUse use_;
  Oddities impossible_times_{walk_, Severity::kInfo, "impossible-time",
                             "no calendar or clock shows such a time; as the entry holds it"};
};

Described FatReader::blank(std::uint64_t inode, FileKind kind, std::uint64_t size, bool in_use) const {
  Described described;
  auto& record = described.inode;
  record.volume_id = walk_.volume_id();
  record.inode = inode;
  record.kind = kind;
  record.allocated = in_use;
  record.size_bytes = size;
  record.link_count = 1;
  StreamPlan plan;
  plan.record.ref = {walk_.volume_id(), inode, 0, kDefaultStream, 0};
  plan.record.size_bytes = size;
  plan.record.source = ContentSource::kNone;
  described.streams.push_back(std::move(plan));
  return described;
}

std::optional<Described> FatReader::describe(std::uint64_t inode) {
  table_.at_item(walk_.job.kind == FsJobKind::kExtract ? Stage::kExtract : Stage::kInodes, inode);
  std::optional<Described> described;
  if (inode == kFatRoot) {
    described = root();
  } else if (!geometry_.is_entry(inode)) {
    described = made_up(inode);
  } else {
    std::array<std::uint8_t, kFatEntryBytes> bytes{};
    const std::uint64_t at = walk_.base + geometry_.entry_offset(inode);
    if (at + bytes.size() > walk_.end || walk_.read(at, bytes) != bytes.size()) return std::nullopt;
    described = entry(inode, FatEntry(*Block<kFatEntryBytes>::at(bytes, 0)));
  }
  if (described)
    for (StreamPlan& plan : described->streams) number_extents(plan);
  return described;
}

Described FatReader::root() {
  Described described = blank(kFatRoot, FileKind::kDir, 0, true);
  described.inode.mode = 0040000;
  if (geometry_.bits == 32) {
    folder(described, geometry_.root_cluster, true);
    return described;
  }
  StreamPlan& plan = described.streams.front();
  const std::uint64_t length = geometry_.clusters_offset - geometry_.entries_offset;
  described.inode.size_bytes = plan.record.size_bytes = length;
  add_bytes(plan, geometry_.entries_offset, length, 0);
  return described;
}

// The boot sector, the tables and the directory of orphans, as libtsk has them.
std::optional<Described> FatReader::made_up(std::uint64_t inode) {
  if (inode == geometry_.orphans_inode()) {
    Described described = blank(inode, FileKind::kVirtual, 0, true);
    described.streams.front().record.ref.attr_type = kNoStream;
    return described;
  }
  const std::uint64_t number = inode - geometry_.boot_inode();
  if (inode < geometry_.boot_inode() || number > geometry_.listed_tables()) return std::nullopt;
  constexpr std::uint64_t kBootBytes = 512;
  const bool boot = number == 0;
  const std::uint64_t length = boot ? kBootBytes : geometry_.table_bytes;
  Described described = blank(inode, FileKind::kVirtual, length, true);
  StreamPlan& plan = described.streams.front();
  add_bytes(plan, boot ? 0 : geometry_.tables_offset + (number - 1) * geometry_.table_bytes, length, 0);
  plan.record.source = plan.outside_volume ? ContentSource::kUnreadable : ContentSource::kExtents;
  return described;
}

Described FatReader::entry(std::uint64_t inode, const FatEntry& entry) {
  Described described =
      blank(inode, entry.folder() ? FileKind::kDir : FileKind::kFile, entry.size_bytes(), !entry.deleted());
  auto& record = described.inode;
  const unsigned may_read = (entry.attributes() & kReadOnly) != 0 ? 0 : 0444;
  const unsigned may_write = (entry.attributes() & kHidden) != 0 ? 0 : 0222;
  record.mode = (entry.folder() ? 0040000u : 0100000u) | 0111u | may_read | may_write;
  record.link_count = entry.deleted() ? 0 : 1;
  record.times.modified = stamp(inode, entry.modified(), "modified");
  record.times.accessed = stamp(inode, entry.accessed(), "accessed");
  record.times.created = stamp(inode, entry.created(), "created");
  if (entry.folder()) {
    record.allocated = tree_.in_use(inode, entry);
    folder(described, entry.cluster(geometry_.bits), record.allocated);
  } else {
    file(described, inode, entry);
  }
  return described;
}

void FatReader::folder(Described& described, std::uint32_t first, bool in_use) {
  std::vector<ClusterRun> runs;
  std::uint64_t clusters = 0;
  if (in_use) {
    Chain chain = tree_.chain_of_folder(first);
    clusters = chain.clusters;
    runs = std::move(chain.runs);
  } else {
    for (const std::uint32_t cluster : tree_.clusters_of_deleted_folder(first)) {
      ++clusters;
      if (!runs.empty() && runs.back().first + runs.back().count == cluster)
        ++runs.back().count;
      else
        runs.push_back({cluster, 1});
    }
  }
  StreamPlan& plan = described.streams.front();
  described.inode.size_bytes = plan.record.size_bytes = clusters * geometry_.cluster_bytes;
  add_runs(plan, runs);
  plan.outside_volume = false;  // the names say so already
  own(described, runs);
}

void FatReader::file(Described& described, std::uint64_t inode, const FatEntry& entry) {
  StreamPlan& plan = described.streams.front();
  const std::uint32_t first = entry.cluster(geometry_.bits);
  const std::uint64_t size = entry.size_bytes();
  const std::uint64_t needed = (size + geometry_.cluster_bytes - 1) / geometry_.cluster_bytes;
  plan.record.source = size == 0 ? ContentSource::kEmpty : ContentSource::kUnreadable;
  const Chain chain = table_.follow(first, needed + kMostTail);
  const bool whole = chain.end == ChainEnd::kMark && chain.clusters == needed;
  // Whether it is in use makes no difference to what is extracted then.
  const bool sure = walk_.job.kind == FsJobKind::kExtract && (whole || size == 0);
  described.inode.allocated = sure ? !entry.deleted() : tree_.in_use(inode, entry);
  if (described.inode.allocated) {
    if (file_in_use(plan, chain) && size > 0) plan.record.source = ContentSource::kExtents;
    own(described, chain.runs);
    if (chain.end == ChainEnd::kMore) use_.own_rest(table_, chain.runs.back());
  } else if (size > 0) {
    if (file_deleted(plan, first, needed, chain)) plan.record.source = ContentSource::kExtents;
    if (!tree_.stale(inode)) use_.add(plan, walk_.base, false);
  }
}

// The extents of the whole chain; false when it ends before the size does.
bool FatReader::file_in_use(StreamPlan& plan, const Chain& chain) {
  const std::uint64_t size = plan.record.size_bytes;
  const std::uint64_t covered = add_runs(plan, chain.runs);
  return covered >= size && !plan.outside_volume;
}

// By its chain, where the table still has it and nobody else: it must be as long as the size says. Where the table has
// forgotten it, the clusters from the first on are the best guess, as long as all of them are free. What a file in use
// has taken part of is said to be overwritten (catalog), by the extents it would have had.
bool FatReader::file_deleted(StreamPlan& plan, std::uint32_t first, std::uint64_t needed, const Chain& chain) {
  if (!geometry_.holds(first)) return false;
  const bool forgotten = chain.clusters == 1 && chain.end == ChainEnd::kFree;
  if (!forgotten && chain.end == ChainEnd::kMark && chain.clusters == needed) {
    add_runs(plan, chain.runs);
    for (const ClusterRun& run : chain.runs) use_.keep(run);
    return !plan.outside_volume;
  }
  const std::uint64_t room = std::uint64_t{geometry_.last_cluster} - first + 1;
  const auto count = static_cast<std::uint32_t>(std::min(needed, room));
  bool all_free = count == needed, taken = false;
  for (std::uint32_t i = 0; i < count; ++i) {
    const bool free = table_.is_free(first + i);
    all_free = all_free && free;
    if (!free && tree_.owned(first + i)) {
      taken = true;
      break;
    }
  }
  add_runs(plan, {{first, count}});
  return (all_free || (taken && count == needed)) && !plan.outside_volume;
}

// Cuts the runs into content and slack; the bytes of content they hold. `from`: offset of the first in the file.
std::uint64_t FatReader::add_runs(StreamPlan& plan, const std::vector<ClusterRun>& runs, std::uint64_t from) {
  for (const ClusterRun& run : runs) {
    const std::uint64_t length = std::uint64_t{run.count} * geometry_.cluster_bytes;
    add_bytes(plan, geometry_.cluster_offset(run.first), length, from);
    from += length;
  }
  return from;
}

void FatReader::add_bytes(StreamPlan& plan, std::uint64_t volume_offset, std::uint64_t length,
                          std::uint64_t file_offset) {
  const std::uint64_t room = walk_.end - walk_.base;
  const std::uint64_t there = std::min(length, room - std::min(room, volume_offset));
  const std::uint64_t size = plan.record.size_bytes;
  const std::uint64_t content = std::min(size - std::min(size, file_offset), length);
  if (there < content) plan.outside_volume = true;
  const std::uint64_t image_offset = walk_.base + volume_offset;
  const std::uint64_t data = std::min(content, there);
  add_extent(plan, ExtentKind::kData, file_offset, image_offset, data);
  add_extent(plan, ExtentKind::kSlack, file_offset + data, image_offset + data, there - data);
}

void FatReader::own(const Described& described, const std::vector<ClusterRun>& runs) {
  // Clusters in use that only an entry behind an end mark leads to were lost.
  if (tree_.stale(described.inode.inode)) return;
  for (const ClusterRun& run : runs) use_.add(run, described.inode.allocated);
}

// FAT keeps what the clock showed. What no clock shows is no time: the bytes are told instead.
catalog::Stamp FatReader::stamp(std::uint64_t inode, const FatTime& time, std::string_view which) {
  if (!time.exists()) return {};
  if (!time.possible()) {
    impossible_times_.add(inode, fmt::format("{}: date {:04X}, time {:04X}, hundredths {}", which, time.date, time.time,
                                             time.hundredths));
  }
  constexpr std::uint32_t kNsPerHundredth = 10'000'000;
  const bool fine = time.hundredths < 200;
  return local_stamp(walk_, time.civil(), fine ? time.hundredths % 100 * kNsPerHundredth : 0);
}

Status FatReader::report() {
  if (table_.unreadable()) {
    LIMIER_CHECK(walk_.issue("fat-unreadable", Severity::kWarning, std::nullopt,
                             "a part of the file allocation table cannot be read", true));
  }
  return impossible_times_.report();
}

}  // namespace

Result<std::unique_ptr<OwnReader>> make_fat_reader(WalkBase& walk) {
  LIMIER_TRY(const FatGeometry geometry, read_fat_geometry(walk));
  return std::unique_ptr<OwnReader>(std::make_unique<FatReader>(walk, geometry));
}

}  // namespace limier::volume
