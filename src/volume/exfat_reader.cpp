#include "volume/exfat_reader.h"

#include <algorithm>

#include <fmt/format.h>

#include "volume/local_time.h"

namespace limier::volume {

namespace {

using catalog::ContentSource;
using catalog::ExtentKind;
using catalog::FileKind;
using catalog::Severity;

constexpr std::uint32_t kContentAttribute = 1;  // libtsk's number of the attribute where there is but one
constexpr std::uint64_t kBootBytes = 512;
constexpr std::uint32_t kMostHundredths = 199;

// As libtsk makes it of the attributes.
std::uint32_t mode_of(std::uint16_t attributes, bool folder) {
  std::uint32_t mode = (folder ? 0040000u : 0100000u) | 0111;
  if ((attributes & kExfatReadOnly) == 0) mode |= 0444;
  if ((attributes & kExfatHidden) == 0) mode |= 0222;
  return mode;
}

}  // namespace

Result<std::unique_ptr<OwnReader>> ExfatReader::open(WalkBase& walk) {
  const auto read = [&](std::uint64_t volume_offset, MutableBytes out) -> std::size_t {
    const std::uint64_t room = walk.end - walk.base;
    if (volume_offset >= room) return 0;
    return walk.read(walk.base + volume_offset,
                     out.first(static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), room - volume_offset))));
  };
  const auto layout = find_exfat(read);
  if (!layout) return Error{ErrorKind::kEvidence, "the volume has no exFAT boot region that makes sense"};
  auto reader = std::make_unique<ExfatReader>(walk, *layout);
  LIMIER_CHECK(reader->prepare());
  return std::unique_ptr<OwnReader>(std::move(reader));
}

Status ExfatReader::prepare() {
  state_.working_on(Stage::kNames, 0);
  const std::uint64_t most = std::max<std::uint64_t>(kMostFolderBytes / state_.layout.cluster_bytes, 1);
  state_.root = state_.fat.chain(state_.layout.root_cluster, most, state_.beat());
  find_bitmap();
  // The entries of a job need not be known to be in use when they are but read out.
  if (walk_.job.kind != FsJobKind::kWalk || walk_.job.part != WalkPart::kInodes) return ok_status();
  LIMIER_CHECK(ExfatTree(state_, true).names());
  return ok_status();
}

// The bitmap in force; the other one, should that be gone.
void ExfatReader::find_bitmap() {
  ExfatFolder root(state_, ExfatState::kRootInode, state_.root.runs, kMostFolderBytes, true);
  std::optional<ExfatAllocation> table;
  while (const auto found = root.next()) {
    if (!found->in_use || found->entry[0] != (kExfatInUse | kExfatBitmapEntry)) continue;
    const bool in_force = ((found->entry[1] & 1) != 0) == state_.layout.second_in_force;
    if (in_force || !table) table = table_of(found->entry);
    if (in_force) break;
  }
  if (!table) return;
  state_.bitmap.set_place(state_.place_table(*table).runs, table->bytes);
}

Status ExfatReader::issue_boot() const {
  if (state_.layout.boot == ExfatBoot::kCopy) {
    return walk_.issue("boot-region-damaged", Severity::kWarning, std::nullopt,
                       "the main boot region is damaged; the volume is read by its copy", false);
  }
  if (state_.layout.boot == ExfatBoot::kMain) return ok_status();
  return walk_.issue("boot-region-damaged", Severity::kWarning, std::nullopt,
                     "neither boot region fits its checksum: what is listed rests on fields that nothing proves", true);
}

Result<std::vector<std::uint64_t>> ExfatReader::names() {
  LIMIER_CHECK(issue_boot());
  return ExfatTree(state_, false).names();
}

catalog::InodeRecord ExfatReader::blank(std::uint64_t inode) const {
  catalog::InodeRecord record;
  record.volume_id = walk_.volume_id();
  record.inode = inode;
  record.link_count = 1;
  return record;
}

std::optional<Described> ExfatReader::describe(std::uint64_t inode) {
  if (inode == ExfatState::kRootInode) return root();
  if (inode >= state_.boot_inode() && inode <= state_.orphans_inode()) return file_system_part(inode);
  const auto at = state_.offset_of(inode);
  const auto entry = at ? state_.entry_at(*at) : std::nullopt;
  if (!entry) return std::nullopt;
  if (((*entry)[0] & ~kExfatInUse) != kExfatFileEntry) return special(inode, *at, *entry);
  const auto found = state_.file_at(*at);
  if (!found) return std::nullopt;
  const bool odd = std::binary_search(state_.odd.begin(), state_.odd.end(), inode);
  return file(inode, *found, state_.marked_in_use(*at, (*entry)[0]) != odd);
}

Described ExfatReader::root() const {
  Described described;
  described.inode = blank(ExfatState::kRootInode);
  described.inode.kind = FileKind::kDir;
  described.inode.mode = 0040000;
  described.inode.size_bytes = state_.root.clusters * state_.layout.cluster_bytes;
  StreamPlan stream = plan(ExfatState::kRootInode, described.inode.size_bytes);
  lay_out(stream, {state_.root.runs, true, false}, stream.record.size_bytes);
  number_extents(stream);
  described.streams.push_back(std::move(stream));
  return described;
}

// The boot sector, a FAT, the folder of orphans.
Described ExfatReader::file_system_part(std::uint64_t inode) const {
  Described described;
  described.inode = blank(inode);
  described.inode.kind = FileKind::kVirtual;
  StreamPlan stream;
  if (inode == state_.orphans_inode()) {
    stream = plan(inode, 0);
    stream.record.ref.attr_type = 0;
  } else if (inode == state_.boot_inode()) {
    stream = bytes_at(inode, 0, kBootBytes);
  } else {
    const std::uint64_t number = inode - state_.fat_inode(1);
    stream = bytes_at(inode, state_.layout.fat_offset + number * state_.layout.fat_bytes, state_.layout.fat_bytes);
  }
  described.inode.size_bytes = stream.record.size_bytes;
  described.streams.push_back(std::move(stream));
  return described;
}

StreamPlan ExfatReader::bytes_at(std::uint64_t inode, std::uint64_t volume_offset, std::uint64_t length) const {
  StreamPlan stream = plan(inode, length);
  const std::uint64_t room = walk_.end - walk_.base;
  stream.outside_volume = volume_offset > room || length > room - volume_offset;
  stream.record.source = stream.outside_volume ? ContentSource::kUnreadable : ContentSource::kExtents;
  if (!stream.outside_volume) add_extent(stream, ExtentKind::kData, 0, walk_.base + volume_offset, length);
  number_extents(stream);
  return stream;
}

// What is no file: label, bitmap, up-case table, identifier.
std::optional<Described> ExfatReader::special(std::uint64_t inode, std::uint64_t volume_offset, Bytes entry) {
  const std::uint8_t kind = entry[0] & static_cast<std::uint8_t>(~kExfatInUse);
  const bool table = kind == kExfatBitmapEntry || kind == kExfatUpcaseEntry;
  if (!table && kind != kExfatLabelEntry && kind != kExfatGuidEntry && kind != kExfatPaddingEntry) return std::nullopt;
  Described described;
  described.inode = blank(inode);
  described.inode.mode = 0100111;
  const bool odd = std::binary_search(state_.odd.begin(), state_.odd.end(), inode);
  described.inode.allocated = state_.marked_in_use(volume_offset, entry[0]) != odd;
  const ExfatAllocation content = table ? table_of(entry) : ExfatAllocation();
  described.inode.size_bytes = std::min(content.bytes, kMaxStreamBytes);
  StreamPlan stream = plan(inode, described.inode.size_bytes);
  const Placement placement = state_.place_table(content);
  lay_out(stream, placement, stream.record.size_bytes);
  judge(stream, placement);
  number_extents(stream);
  described.streams.push_back(std::move(stream));
  return described;
}

Described ExfatReader::file(std::uint64_t inode, const ExfatFile& file, bool in_use) {
  Described described;
  described.inode = blank(inode);
  catalog::InodeRecord& record = described.inode;
  record.kind = file.folder() ? FileKind::kDir : FileKind::kFile;
  record.allocated = in_use;
  record.size_bytes = std::min(file.content.bytes, kMaxStreamBytes);
  record.mode = mode_of(file.attributes, file.folder());
  record.link_count = in_use ? 1 : 0;
  record.times.modified = stamp(file.modified, inode);
  record.times.accessed = stamp(file.accessed, inode);
  record.times.created = stamp(file.created, inode);
  const Placement placement = state_.place(file.content, in_use, file.age());
  if (!in_use) deleted_.add(placement.runs);
  if (!in_use && !file.folder() && placement.whole) deleted_whole_.add(placement.runs);
  StreamPlan stream = plan(inode, record.size_bytes);
  lay_out(stream, placement, file.folder() ? record.size_bytes : file.valid_bytes);
  if (!file.folder()) {
    judge(stream, placement);
    if (file.valid_bytes > file.content.bytes) {
      if (in_use) long_lengths_.add(inode, fmt::format("{} of {} bytes", file.valid_bytes, file.content.bytes));
      stream.zeros = false;
      stream.record.source = ContentSource::kUnreadable;
    }
  }
  number_extents(stream);
  described.streams.push_back(std::move(stream));
  return described;
}

// UTC where the offset from it stands beside the time, else as a clock showed it.
catalog::Stamp ExfatReader::stamp(const ExfatTime& time, std::uint64_t inode) {
  const auto civil = civil_of(time);
  if (!civil) return {};
  const auto odd = [&] { impossible_times_.add(inode, fmt::format("{:08X} {}", time.stamp, time.hundredths)); };
  Civil shown = *civil;
  std::uint32_t hundredths = time.hundredths;
  if (hundredths > kMostHundredths) {
    odd();
    hundredths = 0;
  }
  shown.second += static_cast<int>(hundredths / 100);
  const std::uint32_t nanoseconds = hundredths % 100 * 10'000'000;
  const auto seconds = civil_seconds(shown);
  if (!seconds) return odd(), catalog::Stamp();
  const auto zone = zone_seconds(time);
  if (zone) return {*seconds - *zone, nanoseconds, catalog::TimeBasis::kUtc};
  return local_stamp(walk_, shown, nanoseconds);
}

StreamPlan ExfatReader::plan(std::uint64_t inode, std::uint64_t size_bytes) const {
  StreamPlan plan;
  plan.record.ref = {walk_.volume_id(), inode, 0, kContentAttribute, 0};
  plan.record.size_bytes = size_bytes;
  return plan;
}

// Bytes behind the valid length read as zeros, whatever the clusters hold.
void ExfatReader::lay_out(StreamPlan& plan, const Placement& placement, std::uint64_t valid_bytes) const {
  const std::uint64_t size = plan.record.size_bytes;
  const std::uint64_t room = walk_.end - walk_.base;
  plan.outside_volume = placement.outside;
  if (size == 0) return;
  std::uint64_t at = 0;
  for (const ExfatRun& run : placement.runs) {
    const std::uint64_t from = state_.layout.offset_of(run.first);
    const std::uint64_t length = std::uint64_t{run.count} * state_.layout.cluster_bytes;
    const std::uint64_t there = from >= room ? 0 : std::min(length, room - from);
    plan.outside_volume = plan.outside_volume || (there < length && at + there < size);
    const auto part = [&](std::uint64_t a, std::uint64_t b, ExtentKind kind) {
      const std::uint64_t begin = std::clamp(a, at, at + there), end = std::clamp(b, at, at + there);
      if (begin < end) add_extent(plan, kind, begin, walk_.base + from + (begin - at), end - begin);
    };
    const std::uint64_t valid = std::min(valid_bytes, size);
    part(0, valid, ExtentKind::kData);
    part(valid, size, ExtentKind::kUninitialized);
    part(size, UINT64_MAX, ExtentKind::kSlack);
    at += length;
  }
}

void ExfatReader::judge(StreamPlan& plan, const Placement& placement) const {
  const bool any_data = std::any_of(plan.extents.begin(), plan.extents.end(),
                                    [](const auto& extent) { return extent.kind == ExtentKind::kData; });
  if (plan.record.size_bytes == 0) {
    plan.record.source = ContentSource::kEmpty;
  } else if (!placement.whole || plan.outside_volume) {
    plan.record.source = ContentSource::kUnreadable;
  } else if (any_data) {
    plan.record.source = ContentSource::kExtents;
  } else {
    plan.zeros = true;
    plan.record.source =
        plan.record.size_bytes > kMaxDigestedBytes ? ContentSource::kTooSparse : ContentSource::kDigested;
  }
}

// What is digested here is all zeros.
bool ExfatReader::read(const StreamPlan&, const Consumer&, Status&) {
  return false;
}

Status ExfatReader::report() {
  LIMIER_CHECK(impossible_times_.report());
  return long_lengths_.report();
}

}  // namespace limier::volume
