#include "volume/exfat_tree.h"

#include <algorithm>

#include <fmt/format.h>

#include "volume/walk_issues.h"

namespace limier::volume {

namespace {

using catalog::FileKind;
using catalog::Severity;

constexpr std::string_view kLabelTag = " (Volume Label Entry)";  // as libtsk shows it

void sort_unique(std::vector<std::uint64_t>& numbers) {
  sort_by_number(numbers, [](std::uint64_t number) { return number; });
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
}

bool is_blank(Bytes bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

}  // namespace

Result<std::vector<std::uint64_t>> ExfatTree::names() {
  LIMIER_CHECK(open_root());
  LIMIER_CHECK(run());
  if (!silent_) {
    LIMIER_CHECK(deleted_folders());
    LIMIER_CHECK(orphans());
    LIMIER_CHECK(issue_damage());
  }
  sort_unique(inodes_);
  sort_unique(walk_.orphans);
  sort_unique(state_.odd);
  state_.folders_walked = true;
  return std::move(inodes_);
}

Status ExfatTree::issue_damage() {
  if (loops_ > 0) {
    LIMIER_CHECK(walk_.issue("directory-loop", Severity::kWarning, first_loop_,
                             fmt::format("{} names in use lead to a directory that is listed elsewhere already and not "
                                         "again; the first is entry {}",
                                         loops_, first_loop_),
                             false));
  }
  if (damaged_ > 0) {
    LIMIER_CHECK(walk_.issue("directory-entries-damaged", Severity::kWarning, first_damaged_,
                             fmt::format("{} directory entries in use are damaged or of a kind not known and are not "
                                         "listed, the first is {}",
                                         damaged_, first_damaged_),
                             true));
  }
  if (unproven_ > 0) {
    LIMIER_CHECK(
        walk_.issue("directory-checksum-wrong", Severity::kWarning, first_unproven_,
                    fmt::format("the entries of {} files in use do not fit their checksums; they are listed as "
                                "they stand, the first is {}",
                                unproven_, first_unproven_),
                    false));
  }
  if (!claims_over_) return ok_status();
  return walk_.issue("listing-may-be-incomplete", Severity::kWarning, std::nullopt,
                     "deleted folders claim more clusters than are followed", true);
}

Status ExfatTree::open_root() {
  catalog::NameRecord root;
  root.volume_id = walk_.volume_id();
  root.path = "/";
  root.inode = ExfatState::kRootInode;
  root.kind = FileKind::kDir;
  state_.working_on(Stage::kNames, root.inode);
  if (!silent_) LIMIER_CHECK(walk_.sink.name(root));
  inodes_.push_back(root.inode);
  const ClusterChain& chain = state_.root;
  read_.add(chain.runs);
  state_.owned.add(chain.runs);
  if (walk_.skip.contains(root.inode)) {
    LIMIER_CHECK(issue("root-directory-unreadable", Severity::kError, root.inode, kRootStoppedWorker));
    return virtual_names();
  }
  if (chain.end != ExfatChainEnd::kMark) LIMIER_CHECK(unreadable(root.inode, "its chain of clusters is broken"));
  push(root.inode, chain.runs, kMostFolderBytes, true, 0, false);
  stack_.back().root = true;
  return ok_status();
}

void ExfatTree::push(std::uint64_t inode, std::vector<ExfatRun> runs, std::uint64_t bytes, bool in_use,
                     std::uint64_t name_id, bool orphan) {
  stack_.push_back({ExfatFolder(state_, inode, std::move(runs), bytes, in_use), name_id, path_.size(), false, orphan});
}

Status ExfatTree::run() {
  while (!stack_.empty()) LIMIER_CHECK(step());
  return ok_status();
}

Status ExfatTree::step() {
  Frame& frame = stack_.back();
  auto found = frame.folder.next();
  path_.resize(frame.path_length);
  if (!found) {
    const Frame done = std::move(frame);
    stack_.pop_back();
    return finish(done);
  }
  if (found->file) return file(*found);
  return frame.root ? special(*found) : unknown(*found);
}

Status ExfatTree::finish(const Frame& frame) {
  if (frame.folder.damaged() > 0) {
    state_.folders_damaged = true;
    if (damaged_ == 0) first_damaged_ = frame.folder.first_damaged();
    damaged_ += frame.folder.damaged();
  }
  if (frame.folder.unreadable() && frame.folder.in_use())
    LIMIER_CHECK(unreadable(frame.folder.inode(), "the media ends before it"));
  return frame.root ? virtual_names() : ok_status();
}

// Entries of the root folder that are no files. libtsk lists them by these names.
Status ExfatTree::special(const ExfatFolder::Found& found) {
  const Bytes entry(found.entry);
  const std::uint64_t inode = state_.inode_of(found.volume_offset);
  const std::uint8_t kind = found.entry[0] & static_cast<std::uint8_t>(~kExfatInUse);
  if (kind == kExfatLabelEntry) {
    std::string label = exfat_label(entry);
    const bool blank = is_blank(entry.subspan(1));
    // A label that was taken away keeps its text at times.
    if (!found.in_use && label.empty()) label = exfat_label(entry, true);
    const bool in_use = found.in_use || blank;
    if (in_use != state_.marked_in_use(found.volume_offset, found.entry[0])) state_.odd.push_back(inode);
    if (label.empty()) label = "$EMPTY_VOLUME_LABEL";
    return send(label + std::string(kLabelTag), inode, FileKind::kFile, in_use, false);
  }
  if (!found.in_use) return ok_status();
  if (!state_.marked_in_use(found.volume_offset, found.entry[0])) state_.odd.push_back(inode);
  switch (kind) {
    case kExfatBitmapEntry:
      state_.owned.add(state_.place_table(table_of(entry)).runs);
      return send("$ALLOC_BITMAP", inode, FileKind::kFile, true, false);
    case kExfatUpcaseEntry:
      state_.owned.add(state_.place_table(table_of(entry)).runs);
      return send("$UPCASE_TABLE", inode, FileKind::kFile, true, false);
    case kExfatGuidEntry:
      return send("$VOLUME_GUID", inode, FileKind::kFile, true, false);
    case kExfatPaddingEntry:
      return send("$TEX_FAT", inode, FileKind::kFile, true, false);
    default:
      return unknown(found);
  }
}

// One who does not know a benign kind may pass it over, but for the clusters it has.
Status ExfatTree::unknown(const ExfatFolder::Found& found) {
  if (!found.in_use) return ok_status();
  if ((found.entry[0] & kExfatBenign) == 0) {
    state_.owners_doubtful = true;
    if (damaged_++ == 0) first_damaged_ = state_.inode_of(found.volume_offset);
  } else if (const auto clusters = allocation_of_primary(found.entry)) {
    state_.own(*clusters);
  }
  return ok_status();
}

Status ExfatTree::file(const ExfatFolder::Found& found) {
  const Frame& frame = stack_.back();
  const ExfatFile& entry = *found.file;
  const std::uint64_t inode = state_.inode_of(found.volume_offset);
  const bool in_use = found.in_use;
  const bool orphan = frame.orphan;
  if (in_use != state_.marked_in_use(found.volume_offset, found.entry[0])) state_.odd.push_back(inode);
  if (path_.size() + 1 + entry.name.size() > kMaxPathBytes) return too_deep(inode);
  LIMIER_CHECK(send(entry.name, inode, entry.folder() ? FileKind::kDir : FileKind::kFile, in_use, orphan));
  if (in_use) {
    if (!entry.proven) {
      state_.owners_doubtful = true;
      if (unproven_++ == 0) first_unproven_ = inode;
    }
    for (const ExfatAllocation& other : entry.others) state_.own(other);
    if (entry.folder()) return enter(entry, inode);
    state_.own(entry.content);
    return ok_status();
  }
  state_.note_deleted(entry);
  if (!entry.folder() || silent_) return ok_status();
  // What folders that were deleted held waits until it is known what all those in use hold.
  const Folder folder = folder_of(entry, inode);
  if (!frame.folder.in_use()) return enter_deleted(folder, names_, orphan);
  deleted_.push_back({folder, names_, path_});
  return ok_status();
}

Status ExfatTree::enter(const ExfatFile& file, std::uint64_t inode) {
  ExfatAllocation content = file.content;
  content.bytes = std::min(content.bytes, kMostFolderBytes);
  const Placement placement = state_.place(content, true);
  if (walk_.skip.contains(inode)) {
    state_.folders_damaged = true;
    state_.owned.add(placement.runs);
    return silent_ ? ok_status() : directory_quarantined(walk_, inode);
  }
  if (stack_.size() >= kMaxDepth) return too_deep(inode);
  if (content.bytes == 0) {
    state_.owned.add(placement.runs);
    return ok_status();
  }
  bool all = true;
  std::vector<ExfatRun> runs = not_read_yet(placement.runs, all);
  if (runs.empty() && !all) {
    state_.folders_damaged = true;
    if (loops_++ == 0) first_loop_ = inode;
    return ok_status();
  }
  if (!placement.whole || !all || file.content.bytes > kMostFolderBytes) {
    const bool shared = placement.whole && !all;
    LIMIER_CHECK(unreadable(
        inode, shared ? "its clusters belong to another one as well" : "its clusters do not reach to its end"));
  }
  state_.working_on(Stage::kNames, inode);
  state_.owned.add(runs);
  read_.add(runs);
  push(inode, std::move(runs), content.bytes, true, names_, false);
  return ok_status();
}

// Up to the first that was read as a part of another folder.
std::vector<ExfatRun> ExfatTree::not_read_yet(const std::vector<ExfatRun>& runs, bool& all) {
  std::vector<ExfatRun> out;
  std::uint64_t bytes = 0;
  for (const ExfatRun& run : runs) {
    ExfatRun part{run.first, 0};
    while (part.count < run.count && bytes < kMostFolderBytes &&
           !read_.contains(std::uint64_t{run.first} + part.count)) {
      ++part.count;
      bytes += state_.layout.cluster_bytes;
    }
    if (part.count > 0) out.push_back(part);
    if (part.count == run.count) continue;
    all = bytes >= kMostFolderBytes;
    break;
  }
  return out;
}

Status ExfatTree::enter_deleted(const Folder& folder, std::uint64_t name_id, bool orphan) {
  if (stack_.size() >= kMaxDepth || walk_.skip.contains(folder.inode)) return ok_status();
  std::vector<ExfatRun> runs = won_clusters(folder);
  if (runs.empty()) return ok_status();
  state_.working_on(orphan ? Stage::kOrphans : Stage::kNames, folder.inode);
  read_.add(runs);
  push(folder.inode, std::move(runs), folder.content.bytes, false, name_id, orphan);
  return ok_status();
}

Status ExfatTree::virtual_names() {
  const auto one = [&](const std::string& name, std::uint64_t inode) {
    path_.clear();
    return send(name, inode, FileKind::kVirtual, true, false);
  };
  LIMIER_CHECK(one("$MBR", state_.boot_inode()));
  for (unsigned number = 1; number <= state_.layout.fats; ++number)
    LIMIER_CHECK(one(fmt::format("$FAT{}", number), state_.fat_inode(number)));
  LIMIER_CHECK(one(std::string(kOrphanFolder), state_.orphans_inode()));
  orphans_id_ = names_;
  return ok_status();
}

// Beneath the folder that is being read, whose path is in path_.
Status ExfatTree::send(const std::string& name, std::uint64_t inode, FileKind kind, bool in_use, bool orphan) {
  path_ += '/';
  path_ += name;
  catalog::NameRecord record;
  record.volume_id = walk_.volume_id();
  record.name_id = ++names_;
  record.parent_name_id = !stack_.empty() ? stack_.back().name_id : (orphan ? orphans_id_ : 0);
  record.path = path_;
  record.name_length = static_cast<std::uint32_t>(name.size());
  record.inode = inode;
  record.kind = kind;
  record.allocated = in_use;
  record.orphan = orphan;
  inodes_.push_back(inode);
  if (orphan) walk_.orphans.push_back(inode);
  return silent_ ? ok_status() : walk_.sink.name(record);
}

Status ExfatTree::issue(std::string code, Severity severity, std::uint64_t inode, std::string message) {
  return silent_ ? ok_status() : walk_.issue(std::move(code), severity, inode, std::move(message), true);
}

Status ExfatTree::unreadable(std::uint64_t inode, std::string_view why) {
  state_.folders_damaged = true;
  return issue("directory-unreadable", Severity::kWarning, inode,
               fmt::format("the directory cannot be read to its end: {}", why));
}

Status ExfatTree::too_deep(std::uint64_t inode) {
  state_.owners_doubtful = true;
  if (std::exchange(deep_told_, true)) return ok_status();
  return silent_ ? ok_status() : directory_too_deep(walk_, inode);
}

ExfatTree::Folder ExfatTree::folder_of(const ExfatFile& file, std::uint64_t inode) {
  return {inode, file.content, file.age()};
}

}  // namespace limier::volume
