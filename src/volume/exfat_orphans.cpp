// What deleted folders held, and files without a folder: in clusters that nothing in use has, entries that their
// checksums prove.
#include <algorithm>

#include "volume/exfat_tree.h"
#include "volume/walk_issues.h"

namespace limier::volume {

namespace {

using catalog::FileKind;
using catalog::Severity;

constexpr std::size_t kMostClaims = 1u << 20;
constexpr std::uint64_t kMostClaimSteps = 1u << 26;  // clusters looked at, however often
constexpr std::size_t kMostOrphanClusters = 1u << 22;
constexpr std::size_t kSearchStep = 256u << 10;

// A cluster of a folder is full of entries, so each of its sectors begins with one.
bool may_be_entry(std::uint8_t type) {
  const std::uint8_t kind = type & static_cast<std::uint8_t>(~kExfatInUse);
  return kind == kExfatFileEntry || kind == kExfatStreamEntry || kind == kExfatNameEntry;
}

void append_cluster(std::vector<ExfatRun>& runs, std::uint32_t cluster) {
  if (!runs.empty() && std::uint64_t{runs.back().first} + runs.back().count == cluster)
    ++runs.back().count;
  else
    runs.push_back({cluster, 1});
}

template <class Keep>
std::vector<ExfatRun> kept(const std::vector<ExfatRun>& runs, const Keep& keep) {
  std::vector<ExfatRun> out;
  for (const ExfatRun& run : runs)
    for (std::uint32_t i = 0; i < run.count; ++i)
      if (keep(run.first + i)) append_cluster(out, run.first + i);
  return out;
}

}  // namespace

// Those of the folder's clusters that nothing in use has.
std::vector<ExfatRun> ExfatTree::free_clusters(const Folder& folder) {
  const ExfatLayout& layout = state_.layout;
  const std::uint32_t first = folder.content.first_cluster;
  const std::uint64_t wanted = layout.clusters_for(std::min(folder.content.bytes, kMostFolderBytes));
  if (wanted == 0 || !layout.has(first)) return {};
  const std::uint64_t in_volume =
      std::min<std::uint64_t>(wanted, layout.clusters - (first - ExfatLayout::kFirstCluster));
  const ClusterChain chain =
      folder.content.in_a_row ? state_.fat.row(first, in_volume) : state_.fat.chain(first, wanted, state_.beat());
  return kept(chain.runs, [&](std::uint32_t cluster) { return state_.is_free(cluster) && !read_.contains(cluster); });
}

std::vector<ExfatRun> ExfatTree::won_clusters(const Folder& folder) {
  if (!claimants_.contains(folder.inode)) return {};
  return kept(free_clusters(folder), [&](std::uint32_t cluster) {
    const auto claim = claims_.find(cluster);
    return claim != claims_.end() && claim->second.inode == folder.inode;
  });
}

// The younger one has had the cluster last. Of one age are the names of one folder that was renamed.
void ExfatTree::claim(const Folder& folder) {
  if (claims_over_ || !claimants_.insert(folder.inode).second) return;
  for (const ExfatRun& run : free_clusters(folder)) {
    for (std::uint32_t i = 0; i < run.count; ++i) {
      const auto [at, fresh] = claims_.try_emplace(run.first + i, Claim{folder.inode, folder.created});
      if (!fresh && at->second.created < folder.created) at->second = {folder.inode, folder.created};
    }
  }
  claim_steps_ += state_.layout.clusters_for(std::min(folder.content.bytes, kMostFolderBytes));
  claims_over_ = claims_.size() > kMostClaims || claimants_.size() > kMostClaims || claim_steps_ > kMostClaimSteps;
  pending_.push_back(folder);
}

// Folders in deleted folders claim clusters as well, whichever path leads to them.
void ExfatTree::follow_claims() {
  ClusterSet looked_at;
  while (!pending_.empty()) {
    const Folder folder = pending_.back();
    pending_.pop_back();
    state_.working_on(state_.stage, folder.inode);
    std::vector<ExfatRun> runs =
        kept(free_clusters(folder), [&](std::uint32_t cluster) { return !looked_at.contains(cluster); });
    if (runs.empty()) continue;
    looked_at.add(runs);
    ExfatFolder entries(state_, folder.inode, std::move(runs), folder.content.bytes, false);
    while (const auto found = entries.next())
      if (found->file && found->file->folder()) claim(folder_of(*found->file, state_.inode_of(found->volume_offset)));
  }
}

Status ExfatTree::deleted_folders() {
  for (const Listed& listed : deleted_) claim(listed.folder);
  follow_claims();
  for (const Listed& listed : deleted_) {
    path_ = listed.path;
    LIMIER_CHECK(enter_deleted(listed.folder, listed.name_id, false));
    LIMIER_CHECK(run());
  }
  deleted_.clear();
  return ok_status();
}

// Calls each(file, volume offset) for every file whose entries begin in these clusters.
template <class Each>
Status ExfatTree::each_loose_file(std::uint32_t first, std::uint32_t count, const Each& each) {
  const ExfatLayout& layout = state_.layout;
  const std::uint64_t end = layout.offset_of(std::uint64_t{first} + count);
  std::vector<std::uint8_t> bytes(
      static_cast<std::size_t>(std::min<std::uint64_t>(kSearchStep, end - layout.offset_of(first))));
  for (std::uint64_t at = layout.offset_of(first); at < end; at += bytes.size()) {
    state_.working_on(Stage::kOrphans, state_.inode_of(at));
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), end - at));
    const std::size_t got = state_.read(at, MutableBytes(bytes).first(wanted));
    for (std::size_t sector = 0; sector + layout.sector_bytes <= got; sector += layout.sector_bytes) {
      if (!may_be_entry(bytes[sector])) continue;
      for (std::size_t entry = sector; entry < sector + layout.sector_bytes; entry += kExfatEntryBytes) {
        if (exfat_file_entries(Bytes(bytes).subspan(entry, kExfatEntryBytes)) == 0) continue;
        const auto file = state_.file_at(at + entry);
        if (file && file->proven) LIMIER_CHECK(each(*file, at + entry));
      }
    }
    if (got < wanted) break;
  }
  return ok_status();
}

// The clusters in which entries begin; what folders among them claim.
Status ExfatTree::search(std::vector<std::uint32_t>& clusters) {
  const ExfatLayout& layout = state_.layout;
  const std::uint64_t behind = std::uint64_t{ExfatLayout::kFirstCluster} + layout.clusters;
  const auto note = [&](const ExfatFile& file, std::uint64_t volume_offset) {
    const std::uint32_t cluster = layout.cluster_at(volume_offset);
    if (clusters.empty() || clusters.back() != cluster) clusters.push_back(cluster);
    if (file.folder()) claim(folder_of(file, state_.inode_of(volume_offset)));
    return ok_status();
  };
  for (std::uint64_t at = ExfatLayout::kFirstCluster; at < behind && clusters.size() < kMostOrphanClusters;) {
    const auto cluster = static_cast<std::uint32_t>(at);
    const std::uint32_t alike = state_.bitmap.alike(cluster, static_cast<std::uint32_t>(behind - at));
    if (state_.bitmap.known() && !state_.bitmap.used(cluster)) {
      const auto keep = [&](std::uint32_t one) { return state_.is_free(one) && !read_.contains(one); };
      for (const ExfatRun& run : kept({{cluster, alike}}, keep))
        LIMIER_CHECK(each_loose_file(run.first, run.count, note));
    }
    at += alike;
    state_.working_on(Stage::kOrphans, state_.inode_of(layout.offset_of(cluster)));
  }
  claims_over_ = claims_over_ || clusters.size() >= kMostOrphanClusters;
  return ok_status();
}

Status ExfatTree::orphans() {
  if (walk_.job.skip_orphans) return orphans_not_searched(walk_, state_.orphans_inode());
  claims_.clear();
  claimants_.clear();
  std::vector<std::uint32_t> clusters;
  LIMIER_CHECK(search(clusters));
  pending_.clear();  // what they hold was searched as well
  // Those that a folder among them has are listed in it; what is left then are folders that hold each other.
  for (const bool claimed : {false, true}) {
    for (const std::uint32_t cluster : clusters) {
      if (read_.contains(cluster) || (!claimed && claims_.contains(cluster))) continue;
      read_.add(cluster, 1);
      LIMIER_CHECK(send_loose(cluster));
    }
  }
  return ok_status();
}

Status ExfatTree::send_loose(std::uint32_t cluster) {
  return each_loose_file(
      cluster, 1, [&](const ExfatFile& file, std::uint64_t volume_offset) { return send_orphan(file, volume_offset); });
}

Status ExfatTree::send_orphan(const ExfatFile& file, std::uint64_t volume_offset) {
  const std::uint64_t inode = state_.inode_of(volume_offset);
  if (state_.marked_in_use(volume_offset, file.in_use ? kExfatInUse : std::uint8_t{0})) state_.odd.push_back(inode);
  path_ = "/" + std::string(kOrphanFolder);
  LIMIER_CHECK(send(file.name, inode, file.folder() ? FileKind::kDir : FileKind::kFile, false, true));
  state_.note_deleted(file);
  if (!file.folder()) return ok_status();
  LIMIER_CHECK(enter_deleted(folder_of(file, inode), names_, true));
  return run();
}

}  // namespace limier::volume
