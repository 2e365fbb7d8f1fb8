#include "volume/member_tree.h"

#include <algorithm>

namespace limier::volume {

namespace {

std::string_view name_in(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

std::string_view above(std::string_view path) {
  return path.substr(0, path.rfind('/'));
}

}  // namespace

catalog::InodeRecord made_up_folder(const WalkBase& walk, std::uint64_t inode) {
  catalog::InodeRecord record;
  record.volume_id = walk.volume_id();
  record.inode = inode;
  record.kind = catalog::FileKind::kDir;
  record.link_count = 1;
  return record;
}

void MemberTree::folder(std::string_view path, std::uint64_t inode, std::string_view stored_name) {
  folders_.try_emplace(std::string(path),
                       Folder{.inode = inode, .name_id = 0, .stored_name = std::string(stored_name)});
}

Status MemberTree::send_root() {
  catalog::NameRecord root;
  root.volume_id = walk_.volume_id();
  root.path = "/";
  root.inode = kMadeUpInodes;
  root.kind = catalog::FileKind::kDir;
  inodes_.push_back(kMadeUpInodes);
  return walk_.sink.name(root);
}

Status MemberTree::send_name(std::string_view path, std::uint64_t parent, std::uint64_t inode, catalog::FileKind kind,
                             std::string_view stored_name) {
  catalog::NameRecord record;
  record.volume_id = walk_.volume_id();
  record.name_id = ++names_;
  record.parent_name_id = parent;
  record.path = std::string(path);
  record.name_length = static_cast<std::uint32_t>(name_in(path).size());
  record.inode = inode;
  record.kind = kind;
  if (stored_name != path.substr(1)) record.stored_name = std::string(stored_name);
  inodes_.push_back(inode);
  return walk_.sink.name(record);
}

// Sends the folders above that were not sent yet, the highest first, and gives the name_id of the one right above.
Result<std::uint64_t> MemberTree::folder_above(std::string_view path) {
  std::vector<std::string_view> missing;
  std::uint64_t parent = 0;
  for (std::string_view folder = above(path); !folder.empty(); folder = above(folder)) {
    const auto known = folders_.find(folder);
    if (known != folders_.end() && known->second.name_id != 0) {
      parent = known->second.name_id;
      break;
    }
    missing.push_back(folder);
  }
  while (!missing.empty()) {
    const std::string_view folder = missing.back();
    missing.pop_back();
    auto [at, fresh] = folders_.try_emplace(std::string(folder));
    if (fresh) at->second.inode = kMadeUpInodes + ++made_up_;
    LIMIER_CHECK(send_name(folder, parent, at->second.inode, catalog::FileKind::kDir,
                           fresh ? folder.substr(1) : std::string_view(at->second.stored_name)));
    parent = at->second.name_id = names_;
  }
  return parent;
}

Status MemberTree::send(std::string_view path, std::uint64_t inode, catalog::FileKind kind,
                        std::string_view stored_name) {
  const auto depth = static_cast<std::size_t>(std::count(path.begin(), path.end(), '/'));
  if (depth > kMaxDepth || path.size() > kMaxPathBytes) {
    ++too_deep_;
    return ok_status();
  }
  const auto own = kind == catalog::FileKind::kDir ? folders_.find(path) : folders_.end();
  const bool is_folder = own != folders_.end() && own->second.inode == inode;
  if (is_folder && own->second.name_id != 0) return ok_status();  // sent, as the folder of another one
  LIMIER_TRY(const std::uint64_t parent, folder_above(path));
  LIMIER_CHECK(send_name(path, parent, inode, kind, stored_name));
  if (is_folder) own->second.name_id = names_;
  return ok_status();
}

std::vector<std::uint64_t> MemberTree::take_inodes() {
  std::sort(inodes_.begin(), inodes_.end());
  inodes_.erase(std::unique(inodes_.begin(), inodes_.end()), inodes_.end());
  return std::move(inodes_);
}

}  // namespace limier::volume
