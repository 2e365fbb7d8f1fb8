// Sends the names of members of an archive as a tree: folders that no member stands for are there too, and a name that
// stands twice is two rows. Private to the room.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "volume/walk_base.h"

namespace limier::volume {

// Inodes of folders that no member stands for; the root is the first.
inline constexpr std::uint64_t kMadeUpInodes = std::uint64_t{1} << 48;

class MemberTree {
 public:
  explicit MemberTree(const WalkBase& walk) : walk_(walk) {}
  // Every folder that is a member, before the first send(). Of several with one path the first counts.
  void folder(std::string_view path, std::uint64_t inode, std::string_view stored_name);
  Status send_root();
  // A member, behind the folders above it. `path` begins with a slash.
  Status send(std::string_view path, std::uint64_t inode, catalog::FileKind kind, std::string_view stored_name);
  // Of all that was sent, sorted.
  std::vector<std::uint64_t> take_inodes();
  [[nodiscard]] std::uint64_t too_deep() const { return too_deep_; }

 private:
  struct Folder {
    std::uint64_t inode = 0;
    std::uint64_t name_id = 0;  // 0: not sent yet
    std::string stored_name{};
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };

  Result<std::uint64_t> folder_above(std::string_view path);
  Status send_name(std::string_view path, std::uint64_t parent, std::uint64_t inode, catalog::FileKind kind,
                   std::string_view stored_name);

  const WalkBase& walk_;
  std::unordered_map<std::string, Folder, Hash, std::equal_to<>> folders_;
  std::vector<std::uint64_t> inodes_;
  std::uint64_t names_ = 0;
  std::uint64_t made_up_ = 0;
  std::uint64_t too_deep_ = 0;
};

// What the inode of a folder is that no member stands for.
catalog::InodeRecord made_up_folder(const WalkBase& walk, std::uint64_t inode);

}  // namespace limier::volume
