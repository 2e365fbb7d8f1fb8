#include "volume/fat_tree.h"

#include <algorithm>

#include <fmt/format.h>

#include "volume/walk_issues.h"

namespace limier::volume {

namespace {

using catalog::FileKind;
using catalog::Severity;

// The specification ends directories at 65,536 entries, 2 MiB.
constexpr std::uint64_t kMaxFolderBytes = 16u << 20;
// Two names of one directory list it twice, and so on at each level: names are held against the entries found so far.
constexpr std::uint64_t kNamesPerEntry = 4;
constexpr std::uint64_t kFirstCount = 1u << 16;

void sort_unique(std::vector<std::uint64_t>& numbers) {
  sort_by_number(numbers, [](std::uint64_t number) { return number; });
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
}

std::vector<std::uint32_t> clusters_in(const Chain& chain) {
  std::vector<std::uint32_t> clusters;
  for (const ClusterRun& run : chain.runs)
    for (std::uint32_t i = 0; i < run.count; ++i) clusters.push_back(run.first + i);
  return clusters;
}

std::string_view words(ChainEnd end) {
  switch (end) {
    case ChainEnd::kFree:
      return "leads into a cluster that is not in use";
    case ChainEnd::kLoop:
      return "leads back into itself";
    case ChainEnd::kMore:
      return "is longer than any directory's";
    default:
      return "leads to no cluster";
  }
}

}  // namespace

FatTree::FatTree(WalkBase& walk, const FatGeometry& geometry, FatTable& table)
    : walk_(walk),
      geometry_(geometry),
      table_(table),
      reader_(walk, geometry),
      folders_in_use_(std::size_t{geometry.last_cluster} + 1),
      listed_deleted_(std::size_t{geometry.last_cluster} + 1),
      limit_(kFirstCount * (1 + kNamesPerEntry)),
      next_count_(kFirstCount) {}

// ---- what a walk through all directories tells

Chain FatTree::chain_of_folder(std::uint32_t first) {
  return table_.follow(first, std::max<std::uint64_t>(1, kMaxFolderBytes / geometry_.cluster_bytes));
}

void FatTree::note_folder(const FatFolder& folder) {
  auto& noted = folder.in_use ? folders_in_use_ : listed_deleted_;
  for (const std::uint32_t cluster : folder.clusters) noted[cluster] = true;
}

void FatTree::own_chain(std::uint32_t first) {
  for (std::uint32_t cluster = first; geometry_.holds(cluster) && !owned_[cluster]; cluster = table_.at(cluster).next)
    owned_[cluster] = true;
}

// Quietly, everything in use: only now and then does something deleted lie where this must be known.
void FatTree::survey() {
  if (surveyed_) return;
  surveyed_ = true;
  owned_.resize(std::size_t{geometry_.last_cluster} + 1);
  FatFolderReader reader(walk_, geometry_);
  std::vector<FatFolder> stack;
  std::vector<bool> entered(owned_.size());
  const auto open = [&](FatFolder folder) {
    reader.judge(folder);
    note_folder(folder);
    stack.push_back(std::move(folder));
  };
  if (geometry_.bits == 32) own_chain(geometry_.root_cluster);
  open(reader.root(geometry_.bits == 32 ? clusters_in(chain_of_folder(geometry_.root_cluster))
                                        : std::vector<std::uint32_t>()));
  while (!stack.empty()) {
    const auto item = reader.next(stack.back());
    if (!item) {
      stack.pop_back();
      continue;
    }
    if (item->behind_end) stale_.push_back(item->inode);
    const std::uint32_t first = item->entry().cluster(geometry_.bits);
    if (!item->in_use || item->entry().label() || !geometry_.holds(first)) continue;
    own_chain(first);
    if (!item->entry().folder() || entered[first] || stack.size() >= kMaxDepth) continue;
    entered[first] = true;
    open(reader.folder(clusters_in(chain_of_folder(first)), true));
  }
}

bool FatTree::owned(std::uint32_t cluster) {
  survey();
  return geometry_.holds(cluster) && owned_[cluster];
}

bool FatTree::in_use(std::uint64_t inode, const FatEntry& entry) {
  if (entry.deleted() || entry.end_mark()) return false;
  if (!sent_) survey();
  if (!settled_) sort_unique(stale_);
  settled_ = true;
  const auto cluster = geometry_.cluster_at(geometry_.entry_offset(inode));
  if (cluster && !folders_in_use_[*cluster]) return false;
  return !stale(inode);
}

std::vector<std::uint32_t> FatTree::clusters_of_deleted_folder(std::uint32_t first) {
  if (!geometry_.holds(first)) return {};
  if (table_.is_free(first)) return {first};
  // Never released, or taken by another file since.
  std::vector<std::uint32_t> clusters = clusters_in(chain_of_folder(first));
  const auto taken = std::find_if(clusters.begin(), clusters.end(), [&](auto cluster) { return owned(cluster); });
  clusters.erase(taken, clusters.end());
  return clusters;
}

// A directory holds its own cluster and its parent's in its first two entries: another may lie there by now.
bool FatTree::is_folder_of(std::uint32_t cluster, const Frame* parent) {
  const auto dots = reader_.dots(cluster);
  if (!dots || dots->self != cluster) return false;
  if (parent == nullptr || dots->parent == parent->folder.first_cluster) return true;
  return parent->folder.first_cluster == 0 && geometry_.bits == 32 && dots->parent == geometry_.root_cluster;
}

// ---- names in directories

Result<std::vector<std::uint64_t>> FatTree::send_names() {
  LIMIER_CHECK(open_root());
  LIMIER_CHECK(walk());
  path_.clear();
  LIMIER_CHECK(send_virtual());
  LIMIER_CHECK(report_loops());
  sort_unique(inodes_);
  std::sort(walk_.orphans.begin(), walk_.orphans.end());
  sent_ = true;
  return std::move(inodes_);
}

void FatTree::at(std::uint64_t inode) {
  const Stage stage = in_orphans_ ? Stage::kOrphans : Stage::kNames;
  walk_.sink.working_on(stage, inode);
  table_.at_item(stage, inode);
}

Status FatTree::open_root() {
  at(kFatRoot);
  catalog::NameRecord root;
  root.volume_id = walk_.volume_id();
  root.path = "/";
  root.inode = kFatRoot;
  root.kind = FileKind::kDir;
  LIMIER_CHECK(walk_.sink.name(root));
  inodes_.push_back(kFatRoot);
  const auto failed = [&](std::string why) {
    return walk_.issue("root-directory-unreadable", Severity::kError, kFatRoot, std::move(why), true);
  };
  if (walk_.skip.contains(kFatRoot)) return failed(kRootStoppedWorker);
  Frame frame;
  frame.inode = kFatRoot;
  if (geometry_.bits == 32) {
    const Chain chain = chain_of_folder(geometry_.root_cluster);
    if (chain.clusters == 0) return failed("the root directory cannot be read: it has no cluster");
    if (chain.end != ChainEnd::kMark) {
      LIMIER_CHECK(unreadable(kFatRoot, fmt::format("its chain of clusters {}", words(chain.end))));
    }
    frame.folder = reader_.root(clusters_in(chain));
  } else {
    frame.folder = reader_.root({});
  }
  push(std::move(frame));
  return ok_status();
}

Status FatTree::walk() {
  while (!stack_.empty()) LIMIER_CHECK(step());
  return ok_status();
}

void FatTree::push(Frame frame) {
  frame.path_length = path_.size();
  if (frame.folder.in_use) reader_.judge(frame.folder);
  note_folder(frame.folder);
  ancestors_.insert(frame.inode);
  stack_.push_back(std::move(frame));
}

Status FatTree::pop() {
  const Frame frame = std::move(stack_.back());
  stack_.pop_back();
  ancestors_.erase(frame.inode);
  if (!stack_.empty()) at(stack_.back().inode);
  if (!frame.folder.in_use || budget_spent_) return ok_status();
  if (frame.folder.unreadable) LIMIER_CHECK(unreadable(frame.inode, "a part of it is not there"));
  if (frame.folder.refused == 0) return ok_status();
  return walk_.issue("directory-damaged", Severity::kWarning, frame.inode,
                     fmt::format("the directory does not begin as one: {} entries that look like none are not listed",
                                 frame.folder.refused),
                     true);
}

Status FatTree::step() {
  auto item = budget_spent_ ? std::nullopt : reader_.next(stack_.back().folder);
  if (!item) return pop();
  return send_item(*item, stack_.back());
}

Status FatTree::send_item(const FatItem& item, const Frame& parent) {
  path_.resize(parent.path_length);
  if (path_.size() + 1 + item.name.size() > kMaxPathBytes) return directory_too_deep(walk_, item.inode);
  if (names_ >= next_count_) count_entries();
  if (names_ >= limit_) return over_budget();
  if (item.behind_end) stale_.push_back(item.inode);
  if (parent.orphan) walk_.orphans.push_back(item.inode);
  catalog::NameRecord record;
  record.parent_name_id = parent.name_id;
  record.inode = item.inode;
  record.kind = item.entry().folder() ? FileKind::kDir : FileKind::kFile;
  record.allocated = item.in_use;
  record.orphan = parent.orphan;
  LIMIER_CHECK(name(std::move(record), item.name));
  return item.entry().folder() ? enter(item, parent) : ok_status();
}

Status FatTree::name(catalog::NameRecord record, std::string_view name) {
  path_ += '/';
  path_ += name;
  record.volume_id = walk_.volume_id();
  record.name_id = ++names_;
  record.path = path_;
  record.name_length = static_cast<std::uint32_t>(name.size());
  inodes_.push_back(record.inode);
  return walk_.sink.name(record);
}

Status FatTree::enter(const FatItem& item, const Frame& parent) {
  if (ancestors_.contains(item.inode)) {
    if (item.in_use && loops_++ == 0) first_loop_ = item.inode;
    return ok_status();
  }
  if (walk_.skip.contains(item.inode)) return directory_quarantined(walk_, item.inode);
  if (stack_.size() >= kMaxDepth) return directory_too_deep(walk_, item.inode);
  at(item.inode);
  Frame frame;
  frame.inode = item.inode;
  frame.name_id = names_;
  frame.orphan = parent.orphan;
  return item.in_use ? enter_in_use(item, std::move(frame)) : enter_deleted(item, std::move(frame), parent);
}

Status FatTree::enter_in_use(const FatItem& item, Frame frame) {
  const Chain chain = chain_of_folder(item.entry().cluster(geometry_.bits));
  if (chain.clusters == 0) return unreadable(item.inode, "it has no cluster");
  if (chain.end != ChainEnd::kMark) {
    LIMIER_CHECK(unreadable(item.inode, fmt::format("its chain of clusters {}", words(chain.end))));
  }
  frame.folder = reader_.folder(clusters_in(chain), true);
  push(std::move(frame));
  return ok_status();
}

Status FatTree::enter_deleted(const FatItem& item, Frame frame, const Frame& parent) {
  const std::uint32_t first = item.entry().cluster(geometry_.bits);
  // Of what has no directory the parent is not known.
  const bool known = parent.inode != geometry_.orphans_inode();
  if (!geometry_.holds(first) || !is_folder_of(first, known ? &parent : nullptr)) return ok_status();
  auto clusters = clusters_of_deleted_folder(first);
  if (clusters.empty()) return ok_status();
  frame.folder = reader_.folder(std::move(clusters), false);
  push(std::move(frame));
  return ok_status();
}

// Under the names that libtsk gives them.
Status FatTree::send_virtual() {
  struct Virtual {
    std::string name;
    std::uint64_t inode;
  };
  std::vector<Virtual> entries{{"$MBR", geometry_.boot_inode()}};
  for (std::uint32_t table = 0; table < geometry_.listed_tables(); ++table)
    entries.push_back({fmt::format("$FAT{}", table + 1), geometry_.table_inode(table)});
  entries.push_back({std::string(kOrphanFolder), geometry_.orphans_inode()});
  for (const Virtual& entry : entries) {
    path_.clear();
    catalog::NameRecord record;
    record.inode = entry.inode;
    record.kind = FileKind::kVirtual;
    LIMIER_CHECK(name(std::move(record), entry.name));
  }
  orphans_name_id_ = names_;
  if (budget_spent_) return ok_status();
  if (walk_.job.skip_orphans) return orphans_not_searched(walk_, geometry_.orphans_inode());
  return send_orphans();
}

// ---- issues

Status FatTree::unreadable(std::uint64_t inode, std::string why) {
  return walk_.issue("directory-unreadable", Severity::kWarning, inode,
                     "the directory cannot be read to its end: " + std::move(why), true);
}

// Twice as many names between two counts, so that sorting costs no more than it does at the end.
void FatTree::count_entries() {
  sort_unique(inodes_);
  limit_ = kFirstCount + kNamesPerEntry * inodes_.size();
  next_count_ = 2 * names_;
}

Status FatTree::over_budget() {
  budget_spent_ = true;
  return too_many_names(walk_, names_);
}

// What would be lost by it shows as clusters in use without a file.
Status FatTree::report_loops() {
  if (loops_ == 0) return ok_status();
  return walk_.issue("directory-loop", Severity::kWarning, first_loop_,
                     fmt::format("{} names in use lead to a directory they lie in, which is not listed again; the "
                                 "first leads to entry {}",
                                 loops_, first_loop_),
                     false);
}

}  // namespace limier::volume
