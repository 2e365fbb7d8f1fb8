// The names of a FAT file system, and what only a walk through all of them tells.
#pragma once

#include <algorithm>

#include "volume/fat_folders.h"

namespace limier::volume {

class FatTree {
 public:
  FatTree(WalkBase& walk, const FatGeometry& geometry, FatTable& table);
  // As OwnReader::names().
  Result<std::vector<std::uint64_t>> send_names();
  // The directory that holds the entry is in use, and holds it before its end mark.
  bool in_use(std::uint64_t inode, const FatEntry& entry);
  // It stands behind the end mark of a directory in use, as if it had been cut off: after in_use() of it.
  [[nodiscard]] bool stale(std::uint64_t inode) const {
    return std::binary_search(stale_.begin(), stale_.end(), inode);
  }
  // The cluster belongs to a file or directory in use.
  bool owned(std::uint32_t cluster);
  // What a deleted directory's entry leads to: none when others have taken it.
  std::vector<std::uint32_t> clusters_of_deleted_folder(std::uint32_t first);
  // Of a directory in use.
  Chain chain_of_folder(std::uint32_t first);

 private:
  struct Frame {
    FatFolder folder;
    std::uint64_t inode = 0;
    std::uint64_t name_id = 0;
    std::size_t path_length = 0;  // without a slash at its end
    bool orphan = false;
  };

  void survey();
  void own_chain(std::uint32_t first);
  void note_folder(const FatFolder& folder);
  bool is_folder_of(std::uint32_t cluster, const Frame* parent);

  Status open_root();
  Status walk();
  Status step();
  Status send_item(const FatItem& item, const Frame& parent);
  Status send_virtual();
  Status enter(const FatItem& item, const Frame& parent);
  Status enter_in_use(const FatItem& item, Frame frame);
  Status enter_deleted(const FatItem& item, Frame frame, const Frame& parent);
  void push(Frame frame);
  Status pop();
  Status name(catalog::NameRecord record, std::string_view name);
  void at(std::uint64_t inode);

  Status send_orphans();
  Status find_leftovers();
  void look_through(std::uint64_t volume_offset, Bytes clusters);
  Status send_leftover(std::uint64_t sector);

  Status unreadable(std::uint64_t inode, std::string why);
  void count_entries();
  Status over_budget();
  Status report_loops();

  WalkBase& walk_;
  const FatGeometry& geometry_;
  FatTable& table_;
  FatFolderReader reader_;

  std::vector<bool> folders_in_use_;  // clusters of directories in use that were met
  std::vector<bool> listed_deleted_;  // of deleted ones that were listed
  std::vector<bool> owned_;           // by survey()
  std::vector<std::uint64_t> stale_;  // inodes behind end marks of directories in use
  bool surveyed_ = false;
  bool sent_ = false;
  bool settled_ = false;

  std::vector<Frame> stack_;
  std::set<std::uint64_t> ancestors_;
  std::string path_;
  std::vector<std::uint64_t> inodes_;
  std::uint64_t names_ = 0;
  std::uint64_t limit_ = 0;
  std::uint64_t next_count_ = 0;
  std::uint64_t orphans_name_id_ = 0;
  std::uint64_t loops_ = 0;
  std::uint64_t first_loop_ = 0;
  bool budget_spent_ = false;
  bool in_orphans_ = false;

  std::vector<std::uint32_t> leftovers_;  // sectors of clusters not in use that begin with an entry
  std::vector<std::uint32_t> claimed_;    // clusters that directories among them lead to
  bool leftovers_cut_ = false;
};

}  // namespace limier::volume
