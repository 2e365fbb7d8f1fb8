#include "volume/ext_names.h"

#include <algorithm>

#include <fmt/format.h>

#include "volume/walk_issues.h"

namespace limier::volume {

namespace {

using catalog::FileKind;
using catalog::Severity;

// A volume cannot hold more names than this many per inode plus a floor for small ones: beyond, a loop feeds on itself.
constexpr std::uint64_t kNamesPerInode = 4;
constexpr std::uint64_t kNamesFloor = 1u << 20;
constexpr std::uint64_t kBeatEvery = 1024;
constexpr std::size_t kTableStep = 64u << 10;

void sort_unique(std::vector<std::uint64_t>& numbers) {
  sort_by_number(numbers, [](std::uint64_t number) { return number; });
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
}

bool has(const std::vector<std::uint64_t>& sorted, std::uint64_t number) {
  return std::binary_search(sorted.begin(), sorted.end(), number);
}

}  // namespace

ExtNames::ExtNames(WalkBase& walk, const ExtVolume& volume) : walk_(walk), volume_(volume) {
  most_names_ = kNamesFloor + kNamesPerInode * volume.facts().inodes;
}

Result<std::vector<std::uint64_t>> ExtNames::run() {
  LIMIER_CHECK(root());
  LIMIER_CHECK(tree());
  if (!budget_spent_) LIMIER_CHECK(orphan_directory());
  LIMIER_CHECK(report_loops());
  sort_unique(inodes_);
  sort_unique(named_in_use_);
  if (budget_spent_ || walk_.job.skip_orphans) return std::move(inodes_);
  in_orphans_ = true;
  walk_.sink.working_on(Stage::kOrphans, 0);
  const Nameless nameless = find_nameless();
  LIMIER_CHECK(report(nameless));
  LIMIER_CHECK(send_all(nameless.deleted, false));
  LIMIER_CHECK(send_all(nameless.in_use, true));
  sort_unique(inodes_);
  sort_unique(walk_.orphans);
  return std::move(inodes_);
}

Status ExtNames::root() {
  walk_.sink.working_on(Stage::kNames, kExtRoot);
  catalog::NameRecord root;
  root.volume_id = walk_.volume_id();
  root.path = "/";
  root.inode = kExtRoot;
  root.kind = FileKind::kDir;
  LIMIER_CHECK(walk_.sink.name(root));
  const bool skipped = walk_.skip.contains(kExtRoot);
  const auto inode = skipped ? std::nullopt : volume_.inode(kExtRoot);
  if (!inode || inode->kind != ExtKind::kDir) {
    return walk_.issue("root-directory-unreadable", Severity::kError, kExtRoot,
                       skipped ? kRootStoppedWorker : "the root directory cannot be read", true);
  }
  inodes_.push_back(kExtRoot);
  named_in_use_.push_back(kExtRoot);
  listed_dirs_.insert(kExtRoot);
  return push(*inode, 0, false);
}

Status ExtNames::tree() {
  while (!stack_.empty()) LIMIER_CHECK(step());
  return ok_status();
}

Status ExtNames::push(const ExtInode& inode, std::uint64_t name_id, bool orphan) {
  walk_.sink.working_on(in_orphans_ ? Stage::kOrphans : Stage::kNames, inode.number);
  Frame frame;
  frame.dir = read_ext_directory(volume_, inode);
  frame.inode = inode.number;
  frame.name_id = name_id;
  frame.path_length = path_.size();
  frame.orphan = orphan;
  if (inode.in_use && !frame.dir.readable) {
    LIMIER_CHECK(walk_.issue("directory-unreadable", Severity::kWarning, inode.number,
                             "the directory cannot be read to its end", true));
  }
  if (inode.in_use && frame.dir.damaged > 0) {
    LIMIER_CHECK(walk_.issue(
        "directory-damaged", Severity::kWarning, inode.number,
        fmt::format("{} blocks of the directory are damaged: it may hold more than is listed", frame.dir.damaged),
        true));
  }
  stack_.push_back(std::move(frame));
  ancestors_.insert(inode.number);
  return ok_status();
}

Status ExtNames::step() {
  Frame& frame = stack_.back();
  if (frame.next >= frame.dir.entries.size() || budget_spent_) {
    ancestors_.erase(frame.inode);
    stack_.pop_back();
    return ok_status();
  }
  const ExtEntry entry = std::move(frame.dir.entries[frame.next++]);
  const bool orphan = frame.orphan;
  path_.resize(frame.path_length);
  if (path_.size() + 1 + entry.name.size() > kMaxPathBytes) return directory_too_deep(walk_, entry.inode);
  if (names_ >= most_names_) return over_budget();
  path_ += '/';
  path_ += entry.name;
  LIMIER_CHECK(send(entry, frame.name_id, orphan));
  return enter(entry, orphan);
}

Status ExtNames::send(const ExtEntry& entry, std::uint64_t parent, bool orphan) {
  catalog::NameRecord record;
  record.volume_id = walk_.volume_id();
  record.name_id = ++names_;
  record.parent_name_id = parent;
  record.path = path_;
  record.name_length = static_cast<std::uint32_t>(entry.name.size());
  record.inode = entry.inode;
  record.kind = entry.kind;
  record.allocated = entry.in_use;
  record.orphan = orphan;
  if (record.inode != 0) inodes_.push_back(record.inode);
  if (orphan) walk_.orphans.push_back(record.inode);
  if (!orphan && entry.in_use) named_in_use_.push_back(record.inode);
  if (names_ % kBeatEvery == 0)
    walk_.sink.working_on(in_orphans_ ? Stage::kOrphans : Stage::kNames, stack_.back().inode);
  return walk_.sink.name(record);
}

// A directory is entered when the entry and its inode agree that it is one, and both are in use or neither is. One in
// use has one name.
Status ExtNames::enter(const ExtEntry& entry, bool orphan) {
  if (entry.inode == 0 || (entry.kind_known && entry.kind != FileKind::kDir)) return ok_status();
  if (ancestors_.contains(entry.inode) || (entry.in_use && listed_dirs_.contains(entry.inode))) {
    if (entry.in_use && !orphan && loops_++ == 0) first_loop_ = entry.inode;
    return ok_status();
  }
  if (walk_.skip.contains(entry.inode)) return directory_quarantined(walk_, entry.inode);
  const auto inode = volume_.inode(entry.inode);
  if (!inode || inode->kind != ExtKind::kDir) {
    if (!entry.in_use || !entry.kind_known) return ok_status();
    return walk_.issue("directory-unreadable", Severity::kWarning, entry.inode,
                       "the entry of a directory leads to none", true);
  }
  if (!entry.in_use && inode->in_use) return ok_status();
  if (stack_.size() >= kMaxDepth) return directory_too_deep(walk_, entry.inode);
  if (entry.in_use) listed_dirs_.insert(entry.inode);
  return push(*inode, names_, orphan);
}

// The directory that gathers what has none, as libtsk shows it.
Status ExtNames::orphan_directory() {
  orphan_path_ = "/" + std::string(kOrphanFolder);
  catalog::NameRecord record;
  record.volume_id = walk_.volume_id();
  record.name_id = orphan_name_id_ = ++names_;
  record.path = orphan_path_;
  record.name_length = static_cast<std::uint32_t>(kOrphanFolder.size());
  record.inode = volume_.facts().virtual_inode();
  record.kind = FileKind::kVirtual;
  inodes_.push_back(record.inode);
  LIMIER_CHECK(walk_.sink.name(record));
  return walk_.job.skip_orphans ? orphans_not_searched(walk_, record.inode) : ok_status();
}

ExtNames::Nameless ExtNames::find_nameless() {
  Nameless found;
  for (std::uint64_t group = 0; group < volume_.facts().groups(); ++group) look_at_group(group, found);
  return found;
}

bool ExtNames::is_nameless(std::uint64_t inode, bool in_use) const {
  return in_use ? !volume_.is_system(inode) && !has(named_in_use_, inode) : !has(inodes_, inode);
}

// Bitmap and table of a group, in steps. An inode that was never used is zero; one that was in use is told by its time
// of change, as libtsk tells it.
void ExtNames::look_at_group(std::uint64_t number, Nameless& found) const {
  walk_.sink.working_on(Stage::kReconcile, number);
  const ExtFacts& facts = volume_.facts();
  const auto group = volume_.group(number);
  const auto bits = group ? volume_.inode_bitmap(*group) : std::vector<std::uint8_t>();
  if (bits.empty()) {
    ++found.groups_lost;
    return;
  }
  const std::uint64_t first = number * facts.inodes_per_group + 1;
  const std::size_t per_step = std::max<std::size_t>(kTableStep / facts.inode_bytes, 1);
  for (std::uint64_t from = 0; from < group->inodes; from += per_step) {
    const std::uint64_t count = std::min<std::uint64_t>(per_step, group->inodes - from);
    const auto table = volume_.read(group->inode_table * facts.block_bytes + from * facts.inode_bytes,
                                    static_cast<std::size_t>(count * facts.inode_bytes));
    if (table.empty()) {
      ++found.groups_lost;
      return;
    }
    for (std::uint64_t i = 0; i < count; ++i) {
      const bool in_use = (bits[(from + i) / 8] >> ((from + i) % 8) & 1) != 0;
      const auto raw = Block<128>::at(table, i * facts.inode_bytes);
      const bool was_used = in_use ? raw->le<0, std::uint16_t>() != 0 : raw->le<0xC, std::uint32_t>() != 0;
      if (!was_used || (raw->le<0x20, std::uint32_t>() & kExtXattrInode) != 0) continue;
      if (!is_nameless(first + from + i, in_use)) continue;
      (in_use ? found.in_use : found.deleted).push_back(first + from + i);
      if (in_use && raw->le<0x1A, std::uint16_t>() > 0 && found.linked++ == 0) found.first_linked = first + from + i;
    }
  }
}

Status ExtNames::report(const Nameless& nameless) const {
  if (nameless.groups_lost > 0) {
    LIMIER_CHECK(walk_.issue("inode-table-unreadable", Severity::kWarning, std::nullopt,
                             fmt::format("the table of inodes, or the map of those in use, cannot be read in {} groups",
                                         nameless.groups_lost),
                             true));
  }
  if (volume_.facts().inodes < volume_.facts().inodes_declared) {
    LIMIER_CHECK(walk_.issue("listing-may-be-incomplete", Severity::kWarning, std::nullopt,
                             fmt::format("the file system counts {} inodes, the volume has room for {}",
                                         volume_.facts().inodes_declared, volume_.facts().inodes),
                             true));
  }
  // The names of those that count a link were lost, and with them perhaps more.
  if (nameless.linked > 0) {
    LIMIER_CHECK(walk_.issue("listing-may-be-incomplete", Severity::kWarning, nameless.first_linked,
                             fmt::format("{} entries are in use but no directory names them, the first is {}",
                                         nameless.linked, nameless.first_linked),
                             true));
  }
  const std::uint64_t unlinked = nameless.in_use.size() - nameless.linked;
  if (unlinked == 0) return ok_status();
  return walk_.issue("unlinked-in-use", Severity::kInfo, std::nullopt,
                     fmt::format("{} entries are in use without a name and without a link, as after a program was "
                                 "stopped that still had them open; they are listed among the orphans",
                                 unlinked),
                     false);
}

// What those that are directories hold: it is listed there.
std::set<std::uint64_t> ExtNames::entries_of(const std::vector<std::uint64_t>& inodes) const {
  std::set<std::uint64_t> below;
  for (const std::uint64_t number : inodes) {
    if (walk_.skip.contains(number)) continue;
    const auto inode = volume_.inode(number);
    if (!inode || inode->kind != ExtKind::kDir) continue;
    walk_.sink.working_on(Stage::kOrphans, number);
    for (const ExtEntry& entry : read_ext_directory(volume_, *inode).entries)
      if (entry.in_use == inode->in_use && entry.inode != number) below.insert(entry.inode);
  }
  return below;
}

Status ExtNames::send_all(const std::vector<std::uint64_t>& inodes, bool in_use) {
  const auto below = entries_of(inodes);
  for (const std::uint64_t inode : inodes)
    if (!below.contains(inode)) LIMIER_CHECK(send_orphan(inode, in_use));
  if (below.empty()) return ok_status();
  // Directories that hold each other are below each other.
  std::set<std::uint64_t> sent;
  std::size_t known = 0;
  for (const std::uint64_t inode : inodes) {
    for (; known < walk_.orphans.size(); ++known) sent.insert(walk_.orphans[known]);
    if (below.contains(inode) && !sent.contains(inode)) LIMIER_CHECK(send_orphan(inode, in_use));
  }
  return ok_status();
}

Status ExtNames::send_orphan(std::uint64_t number, bool in_use) {
  if (budget_spent_ || walk_.skip.contains(number)) return ok_status();
  if (names_ >= most_names_) return over_budget();
  walk_.sink.working_on(Stage::kOrphans, number);
  const auto inode = volume_.inode(number);
  const bool directory = inode && inode->kind == ExtKind::kDir;
  const std::string name = fmt::format("OrphanFile-{}", number);
  path_ = orphan_path_ + '/' + name;
  catalog::NameRecord record;
  record.volume_id = walk_.volume_id();
  record.name_id = ++names_;
  record.parent_name_id = orphan_name_id_;
  record.path = path_;
  record.name_length = static_cast<std::uint32_t>(name.size());
  record.inode = number;
  record.kind = directory ? FileKind::kDir : FileKind::kFile;
  record.allocated = in_use;
  record.orphan = true;
  inodes_.push_back(number);
  walk_.orphans.push_back(number);
  LIMIER_CHECK(walk_.sink.name(record));
  if (!directory) return ok_status();
  if (in_use && !listed_dirs_.insert(number).second) return ok_status();
  LIMIER_CHECK(push(*inode, record.name_id, true));
  return tree();
}

Status ExtNames::report_loops() const {
  if (loops_ == 0) return ok_status();
  return walk_.issue("directory-loop", Severity::kWarning, first_loop_,
                     fmt::format("{} names in use lead to a directory that is listed elsewhere, which is not listed "
                                 "again; the first leads to entry {}",
                                 loops_, first_loop_),
                     true);
}

Status ExtNames::over_budget() {
  budget_spent_ = true;
  return too_many_names(walk_, names_);
}

}  // namespace limier::volume
