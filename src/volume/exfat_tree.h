// The names of an exFAT volume: the tree of folders, what deleted folders held, and files without a folder.
//
// A cluster is read as a folder once. Deleted folders are read only where nothing in use has taken their clusters, and
// where two of them claim a cluster it is the younger one's: no path is made up that never was.
#pragma once

#include <unordered_map>
#include <unordered_set>

#include "volume/exfat_folder.h"

namespace limier::volume {

class ExfatTree {
 public:
  // `silent`: nothing is sent; only the state is filled, without deleted folders and orphans.
  ExfatTree(ExfatState& state, bool silent) : state_(state), walk_(state.walk), silent_(silent) {}
  // Sends every name; the inodes they lead to, sorted and unique.
  Result<std::vector<std::uint64_t>> names();

 private:
  struct Frame {
    ExfatFolder folder;
    std::uint64_t name_id = 0;
    std::size_t path_length = 0;  // of the folder, without a slash at its end
    bool root = false;
    bool orphan = false;
  };
  struct Folder {  // one that is not in use
    std::uint64_t inode = 0;
    ExfatAllocation content;
    std::uint64_t created = 0;  // comparable
  };
  struct Listed {
    Folder folder;
    std::uint64_t name_id = 0;
    std::string path;
  };
  struct Claim {
    std::uint64_t inode = 0;
    std::uint64_t created = 0;
  };

  Status open_root();
  Status run();
  Status step();
  Status finish(const Frame& frame);
  Status special(const ExfatFolder::Found& found);
  Status unknown(const ExfatFolder::Found& found);
  Status file(const ExfatFolder::Found& found);
  Status enter(const ExfatFile& file, std::uint64_t inode);
  Status enter_deleted(const Folder& folder, std::uint64_t name_id, bool orphan);
  Status virtual_names();
  Status send(const std::string& name, std::uint64_t inode, catalog::FileKind kind, bool in_use, bool orphan);
  void push(std::uint64_t inode, std::vector<ExfatRun> runs, std::uint64_t bytes, bool in_use, std::uint64_t name_id,
            bool orphan);
  std::vector<ExfatRun> not_read_yet(const std::vector<ExfatRun>& runs, bool& all);

  // exfat_orphans.cpp
  Status deleted_folders();
  Status orphans();
  void claim(const Folder& folder);
  void follow_claims();
  std::vector<ExfatRun> free_clusters(const Folder& folder);
  std::vector<ExfatRun> won_clusters(const Folder& folder);
  template <class Each>
  Status each_loose_file(std::uint32_t first, std::uint32_t count, const Each& each);
  Status search(std::vector<std::uint32_t>& clusters);
  Status send_orphan(const ExfatFile& file, std::uint64_t volume_offset);
  Status send_loose(std::uint32_t cluster);

  Status issue_damage();
  Status issue(std::string code, catalog::Severity severity, std::uint64_t inode, std::string message);
  Status unreadable(std::uint64_t inode, std::string_view why);
  Status too_deep(std::uint64_t inode);
  static Folder folder_of(const ExfatFile& file, std::uint64_t inode);

  ExfatState& state_;
  WalkBase& walk_;
  bool silent_;
  std::vector<Frame> stack_;
  std::string path_;
  std::uint64_t names_ = 0;
  std::vector<std::uint64_t> inodes_;
  ClusterSet read_;  // clusters read as folders
  std::vector<Listed> deleted_;
  std::vector<Folder> pending_;  // claims to be followed
  std::unordered_map<std::uint32_t, Claim> claims_;
  std::unordered_set<std::uint64_t> claimants_;
  std::uint64_t orphans_id_ = 0;
  std::uint64_t claim_steps_ = 0;
  bool claims_over_ = false;
  bool deep_told_ = false;
  std::uint64_t loops_ = 0, first_loop_ = 0;
  std::uint64_t damaged_ = 0, first_damaged_ = 0;    // entries in use without a meaning
  std::uint64_t unproven_ = 0, first_unproven_ = 0;  // whose checksum is wrong
};

}  // namespace limier::volume
