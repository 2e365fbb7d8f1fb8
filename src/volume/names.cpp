#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "volume/walk.h"
#include "volume/walk_issues.h"

namespace limier::volume {

namespace {

using catalog::FileKind;

// A volume cannot hold more names than this many per inode plus a floor for small ones: beyond, a loop feeds on itself.
constexpr std::uint64_t kNamesPerInode = 4;
constexpr std::uint64_t kNamesFloor = 1u << 20;
// The same for the entries that were found: what the file system says of its own size may be damaged too. Only names of
// one entry over and over come to this; of links, a folder of backups may hold hundreds for each file.
constexpr std::uint64_t kLinksPerEntry = 1024;
constexpr std::uint64_t kFirstCount = 1u << 16;

FileKind kind_of(TSK_FS_NAME_TYPE_ENUM type) {
  switch (type) {
    case TSK_FS_NAME_TYPE_DIR:
      return FileKind::kDir;
    case TSK_FS_NAME_TYPE_LNK:
      return FileKind::kLink;
    case TSK_FS_NAME_TYPE_FIFO:
    case TSK_FS_NAME_TYPE_CHR:
    case TSK_FS_NAME_TYPE_BLK:
    case TSK_FS_NAME_TYPE_SOCK:
    case TSK_FS_NAME_TYPE_SHAD:
    case TSK_FS_NAME_TYPE_WHT:
      return FileKind::kDevice;
    case TSK_FS_NAME_TYPE_VIRT:
    case TSK_FS_NAME_TYPE_VIRT_DIR:
      return FileKind::kVirtual;
    default:
      return FileKind::kFile;
  }
}

bool may_be_directory(TSK_FS_NAME_TYPE_ENUM type) {
  return type == TSK_FS_NAME_TYPE_DIR || type == TSK_FS_NAME_TYPE_UNDEF || type == TSK_FS_NAME_TYPE_VIRT_DIR;
}

void sort_unique(std::vector<std::uint64_t>& numbers) {
  sort_by_number(numbers, [](std::uint64_t number) { return number; });
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
}

}  // namespace

namespace {

// Refers to `more`.
TSK_FS_NAME as_entry(SecondReader::MoreName& more) {
  TSK_FS_NAME entry{};
  entry.name = more.name.data();
  entry.name_size = more.name.size() + 1;
  entry.meta_addr = more.inode;
  entry.meta_seq = more.sequence;
  entry.type = more.folder ? TSK_FS_NAME_TYPE_DIR : TSK_FS_NAME_TYPE_REG;
  entry.flags = TSK_FS_NAME_FLAG_ALLOC;
  return entry;
}

}  // namespace

NameWalk::NameWalk(WalkContext& context) : context_(context) {
  most_names_ = kNamesFloor + kNamesPerInode * std::min(context.inode_count, std::uint64_t{1} << 40);
  next_count_ = kFirstCount;
  limit_ = most_names_;
  orphan_limit_ = kNamesPerInode * std::min(std::max(context.last_inode, context.inode_count), std::uint64_t{1} << 40);
}

Result<std::vector<std::uint64_t>> NameWalk::named() {
  LIMIER_CHECK(open_root());
  while (!stack_.empty()) LIMIER_CHECK(step());
  if (names_ == 0) {
    LIMIER_CHECK(context_.issue("listing-may-be-incomplete", catalog::Severity::kWarning, std::nullopt,
                                "the file system lists no names at all", true));
  }
  // The number has taken the place of another.
  if (loops_ > 0) {
    LIMIER_CHECK(context_.issue("directory-loop", catalog::Severity::kWarning, first_loop_,
                                fmt::format("{} names in use lead to a directory they lie in, which is not listed "
                                            "again; the first leads to entry {}",
                                            loops_, first_loop_),
                                true));
  }
  sort_unique(inodes_);
  sort_unique(context_.named_in_use);
  named_inodes_ = std::move(inodes_);
  inodes_.clear();
  return named_inodes_;
}

Result<std::vector<std::uint64_t>> NameWalk::orphans() {
  if (!orphan_dir_ || budget_spent_) return std::vector<std::uint64_t>();
  in_orphans_ = true;
  if (context_.job.part == WalkPart::kWhole) tell_libtsk_what_is_named();
  DirHandle dir = open_dir(orphan_dir_->inode);
  if (!dir) {
    LIMIER_CHECK(unreadable(orphan_dir_->inode));
    return std::vector<std::uint64_t>();
  }
  path_ = orphan_dir_->path;
  push(std::move(dir), orphan_dir_->inode, orphan_dir_->name_id, true);
  while (!stack_.empty()) LIMIER_CHECK(step());
  std::sort(context_.orphans.begin(), context_.orphans.end());
  return take_new_inodes();
}

// Those that no part before has sent.
std::vector<std::uint64_t> NameWalk::take_new_inodes() {
  sort_unique(inodes_);
  std::vector<std::uint64_t> fresh, all;
  std::set_difference(inodes_.begin(), inodes_.end(), named_inodes_.begin(), named_inodes_.end(),
                      std::back_inserter(fresh));
  std::set_union(inodes_.begin(), inodes_.end(), named_inodes_.begin(), named_inodes_.end(), std::back_inserter(all));
  named_inodes_ = std::move(all);
  inodes_.clear();
  return fresh;
}

Result<std::vector<std::uint64_t>> NameWalk::unnamed() {
  if (budget_spent_ || context_.job.skip_orphans) return std::vector<std::uint64_t>();
  LIMIER_TRY(const Nameless nameless, find_nameless(context_));
  LIMIER_CHECK(report(nameless));
  in_orphans_ = true;
  std::set<std::uint64_t> below;  // what those that are directories hold is listed there
  for (const std::uint64_t inode : nameless.inodes) add_entries_of(inode, below);
  for (const std::uint64_t inode : nameless.inodes) {
    if (below.contains(inode) || budget_spent_ || context_.skip.contains(inode)) continue;
    LIMIER_CHECK(send_unnamed(inode));
    while (!stack_.empty()) LIMIER_CHECK(step());
  }
  std::sort(context_.orphans.begin(), context_.orphans.end());
  return take_new_inodes();
}

Status NameWalk::report(const Nameless& nameless) {
  // The names of those that count a link were lost, and with them perhaps more.
  if (nameless.linked > 0) {
    LIMIER_CHECK(context_.issue("listing-may-be-incomplete", catalog::Severity::kWarning, nameless.first_linked,
                                fmt::format("{} entries are in use but no directory names them, the first is {}",
                                            nameless.linked, nameless.first_linked),
                                true));
  }
  const std::uint64_t unlinked = nameless.inodes.size() - nameless.linked;
  if (unlinked == 0) return ok_status();
  return context_.issue("unlinked-in-use", catalog::Severity::kInfo, std::nullopt,
                        fmt::format("{} entries are in use without a name and without a link, as after a program was "
                                    "stopped that still had them open; they are listed among the orphans",
                                    unlinked),
                        false);
}

void NameWalk::add_entries_of(std::uint64_t inode, std::set<std::uint64_t>& below) {
  if (context_.skip.contains(inode)) return;
  const DirHandle dir = open_dir(inode);
  tsk_error_reset();
  const std::size_t count = dir ? tsk_fs_dir_getsize(dir.get()) : 0;
  for (std::size_t at = 0; at < count; ++at) {
    const TSK_FS_NAME* entry = tsk_fs_dir_get_name(dir.get(), at);
    const bool in_use = entry != nullptr && (entry->flags & TSK_FS_NAME_FLAG_ALLOC) != 0;
    if (in_use && entry->meta_addr != inode && !TSK_FS_ISDOT(entry->name)) below.insert(entry->meta_addr);
  }
}

// Beneath the directory in which libtsk gathers orphans, under the name it would give, or the one its record holds.
Status NameWalk::send_unnamed(std::uint64_t inode) {
  const auto opened = context_.session.call([&](TSK_FS_INFO* fs) { return tsk_fs_file_open_meta(fs, nullptr, inode); });
  const FileHandle file(opened.value_or(nullptr));
  tsk_error_reset();
  std::string name = fmt::format("OrphanFile-{}", inode);
  catalog::NameRecord record;
  if (file && file->meta != nullptr) {
    const TSK_FS_META& meta = *file->meta;
    if (meta.name2 != nullptr && meta.name2->name[0] != '\0')
      name.assign(meta.name2->name, ::strnlen(meta.name2->name, sizeof meta.name2->name));
    if (auto own = context_.second->own_name(file.get()); own && !own->empty()) name = std::move(*own);
    record.sequence = sequence_of(context_, meta);
    record.kind = TSK_FS_IS_DIR_META(meta.type) ? FileKind::kDir : FileKind::kFile;
  }
  path_ = orphan_dir_ ? orphan_dir_->path : std::string();
  path_ += '/' + name;
  record.volume_id = context_.volume_id();
  record.name_id = ++names_;
  record.parent_name_id = orphan_dir_ ? orphan_dir_->name_id : 0;
  record.path = path_;
  record.name_length = static_cast<std::uint32_t>(name.size());
  record.inode = inode;
  record.orphan = true;
  inodes_.push_back(inode);
  LIMIER_CHECK(context_.sink.name(record));
  if (record.kind != FileKind::kDir) return ok_status();
  DirHandle dir = open_dir(inode);
  if (!dir) return unreadable(inode);
  push(std::move(dir), inode, record.name_id, true);
  return ok_status();
}

// On NTFS a name may lead to an entry that has held another file since: then nothing names that one. The sequence
// number rises when an entry is freed, so a name from before is one behind.
bool NameWalk::is_named(const NumberedEntry& entry) const {
  if (!context_.ntfs()) return true;
  const auto has = [&](std::uint32_t sequence) {
    return std::binary_search(named_entries_.begin(), named_entries_.end(), NumberedEntry{entry.inode, sequence});
  };
  return has(entry.sequence) || (entry.sequence > 0 && has(entry.sequence - 1));
}

void NameWalk::tell_libtsk_what_is_named() {
  sort_by_number(named_entries_, [](const NumberedEntry& entry) { return entry.sequence; });
  sort_by_number(named_entries_, [](const NumberedEntry& entry) { return entry.inode; });
  std::vector<std::uint64_t> named;
  for (const NumberedEntry& entry : context_.unallocated)
    if (is_named(entry)) named.push_back(entry.inode);
  sort_unique(named);
  named_entries_ = {};
  // When it throws, libtsk has no list and finds out by itself.
  const auto told = context_.session.call([&](TSK_FS_INFO* fs) {
    if (fs->list_inum_named != nullptr) return false;
    // An empty list would count as unknown; the root directory is in use and changes nothing. What else it would hold
    // the walk leaves out.
    return tsk_list_add(&fs->list_inum_named, context_.root_inode) == 0;
  });
  if (told.value_or(false)) context_.session.sieve().leave_out(std::move(named));
}

DirHandle NameWalk::open_dir(std::uint64_t inode) {
  context_.sink.working_on(in_orphans_ ? Stage::kOrphans : Stage::kNames, inode);
  auto opened = context_.session.call([&](TSK_FS_INFO* fs) { return tsk_fs_dir_open_meta(fs, inode); });
  DirHandle dir(opened.value_or(nullptr));
  if (!dir) dir.reset(context_.second->open_folder(inode));
  return dir;
}

Status NameWalk::open_root() {
  catalog::NameRecord root;
  root.volume_id = context_.volume_id();
  root.path = "/";
  root.inode = context_.root_inode;
  root.kind = FileKind::kDir;
  DirHandle dir;
  const bool skipped = context_.skip.count(context_.root_inode) != 0;
  if (!skipped) dir = open_dir(context_.root_inode);
  if (dir && dir->fs_file != nullptr && dir->fs_file->meta != nullptr)
    root.sequence = sequence_of(context_, *dir->fs_file->meta);
  LIMIER_CHECK(context_.sink.name(root));
  if (!dir) {
    return context_.issue("root-directory-unreadable", catalog::Severity::kError, context_.root_inode,
                          skipped ? kRootStoppedWorker : "the root directory cannot be read: " + take_tsk_error(),
                          true);
  }
  inodes_.push_back(context_.root_inode);
  push(std::move(dir), context_.root_inode, 0, false);
  return ok_status();
}

void NameWalk::push(DirHandle dir, std::uint64_t inode, std::uint64_t name_id, bool orphan) {
  Frame frame;
  frame.count = tsk_fs_dir_getsize(dir.get());
  frame.names = context_.second->names(*dir);
  frame.more = context_.second->more_names(*dir);
  frame.dir = std::move(dir);
  frame.inode = inode;
  frame.name_id = name_id;
  frame.path_length = path_.size();
  frame.orphan = orphan;
  stack_.push_back(std::move(frame));
  ancestors_.insert(inode);
}

void NameWalk::pop() {
  ancestors_.erase(stack_.back().inode);
  stack_.pop_back();
}

Status NameWalk::step() {
  Frame& frame = stack_.back();
  if (frame.next >= frame.count + frame.more.size() || budget_spent_) {
    pop();
    return ok_status();
  }
  TSK_FS_NAME passed_over{};
  if (frame.next >= frame.count) passed_over = as_entry(frame.more[frame.next - frame.count]);
  const TSK_FS_NAME* entry =
      frame.next >= frame.count ? &passed_over : tsk_fs_dir_get_name(frame.dir.get(), frame.next);
  ++frame.next;
  if (entry == nullptr || entry->name == nullptr) return ok_status();
  const auto own = frame.names.find(frame.next - 1);
  if (own != frame.names.end() && own->second.empty()) return ok_status();
  name_ = own != frame.names.end() ? own->second : std::string(entry->name, ::strnlen(entry->name, entry->name_size));
  if (name_ == "." || name_ == "..") return ok_status();
  if (own == frame.names.end()) context_.second->correct_name(frame.inode, *entry, name_);
  const std::string& name = name_;
  const bool orphan = frame.orphan;
  path_.resize(frame.path_length);
  if (path_.size() + 1 + name.size() > kMaxPathBytes) return directory_too_deep(context_, entry->meta_addr);
  if (names_ >= next_count_) count_entries();
  if (names_ >= limit_ || (orphan && ++orphans_ > orphan_limit_)) return over_budget();
  path_ += '/';
  path_ += name;
  LIMIER_CHECK(send(*entry, name.size(), frame.name_id, orphan));
  return enter(*entry, orphan);
}

Status NameWalk::send(const TSK_FS_NAME& entry, std::size_t name_size, std::uint64_t parent, bool orphan) {
  catalog::NameRecord record;
  record.volume_id = context_.volume_id();
  record.name_id = ++names_;
  record.parent_name_id = parent;
  record.path = path_;
  record.name_length = static_cast<std::uint32_t>(name_size);
  record.inode = entry.meta_addr;
  record.sequence = context_.ntfs() ? entry.meta_seq : 0;
  record.kind = kind_of(entry.type);
  record.allocated = (entry.flags & TSK_FS_NAME_FLAG_ALLOC) != 0;
  record.orphan = orphan;
  // Deleted entries whose inode number is gone carry 0, which is a real inode only for allocated ones.
  if (record.inode != 0 || record.allocated) inodes_.push_back(record.inode);
  if (orphan) context_.orphans.push_back(record.inode);
  if (!orphan && context_.ntfs()) named_entries_.push_back({record.inode, record.sequence});
  count(record);
  return context_.sink.name(record);
}

// Of the first pass only: the second one's names stand in no directory.
void NameWalk::count(const catalog::NameRecord& record) {
  if (!record.allocated || record.orphan || record.kind == FileKind::kVirtual) return;
  context_.named_in_use.push_back(record.inode);
  // The files of HFS+ itself, the catalog for one, have no record in the catalog.
  constexpr std::uint64_t kFirstHfsUserFile = 16;
  if (TSK_FS_TYPE_ISHFS(context_.type) != 0 && record.inode < kFirstHfsUserFile) return;
  ++(record.kind == FileKind::kDir ? context_.listed.folders : context_.listed.files);
}

// A directory is entered when the entry and its inode agree that it is one: both allocated, or both deleted; for NTFS
// the sequence number must say that the inode is still the entry's.
bool NameWalk::belongs(const TSK_FS_NAME& entry, const TSK_FS_META& meta) const {
  if (!TSK_FS_IS_DIR_META(meta.type)) return false;
  const bool name_allocated = (entry.flags & TSK_FS_NAME_FLAG_ALLOC) != 0;
  const bool inode_allocated = (meta.flags & TSK_FS_META_FLAG_ALLOC) != 0;
  if (!name_allocated && inode_allocated) return false;
  if (!context_.ntfs()) return true;
  return entry.meta_seq == meta.seq - (!inode_allocated && meta.seq > 0 ? 1 : 0) || entry.meta_seq == meta.seq;
}

Status NameWalk::enter(const TSK_FS_NAME& entry, bool orphan) {
  const std::uint64_t inode = entry.meta_addr;
  if (!may_be_directory(entry.type) || (inode == 0 && entry.type != TSK_FS_NAME_TYPE_DIR)) return ok_status();
  if (ancestors_.count(inode) != 0) {
    const bool in_use = (entry.flags & TSK_FS_NAME_FLAG_ALLOC) != 0 && !orphan;
    if (in_use && loops_++ == 0) first_loop_ = inode;
    return ok_status();
  }
  if (context_.skip.contains(inode)) return directory_quarantined(context_, inode);
  const bool orphan_dir = entry.type == TSK_FS_NAME_TYPE_VIRT_DIR && inode == context_.last_inode;
  if (orphan_dir && context_.job.skip_orphans) return orphans_not_searched(context_, inode);
  if (orphan_dir) {
    orphan_dir_ = OrphanDir{inode, names_, path_};
    return ok_status();
  }
  if (stack_.size() >= kMaxDepth) return directory_too_deep(context_, inode);
  DirHandle dir = open_dir(inode);
  const bool allocated = (entry.flags & TSK_FS_NAME_FLAG_ALLOC) != 0;
  if (!dir) {
    if (allocated && entry.type != TSK_FS_NAME_TYPE_UNDEF) return unreadable(inode);
    tsk_error_reset();
    return ok_status();
  }
  if (dir->fs_file == nullptr || dir->fs_file->meta == nullptr || !belongs(entry, *dir->fs_file->meta))
    return ok_status();
  push(std::move(dir), inode, names_, orphan);
  return ok_status();
}

Status NameWalk::unreadable(std::uint64_t inode) {
  return context_.issue("directory-unreadable", catalog::Severity::kWarning, inode,
                        "the directory cannot be read: " + take_tsk_error(), true);
}

// Twice as many names between two counts, so that sorting costs no more than it does at the end.
void NameWalk::count_entries() {
  sort_unique(inodes_);
  limit_ = std::min(most_names_, kFirstCount + kLinksPerEntry * (inodes_.size() + named_inodes_.size()));
  next_count_ = 2 * names_;
}

Status NameWalk::over_budget() {
  budget_spent_ = true;
  return too_many_names(context_, names_);
}

}  // namespace limier::volume
