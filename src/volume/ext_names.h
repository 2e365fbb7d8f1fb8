// The names of an ext volume: its tree, then what has no directory, in use or deleted.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "volume/ext_dir.h"

namespace limier::volume {

class ExtNames {
 public:
  ExtNames(WalkBase& walk, const ExtVolume& volume);
  // Sends all names; the inodes they lead to, sorted and unique.
  Result<std::vector<std::uint64_t>> run();

 private:
  struct Frame {
    ExtDirectory dir;
    std::size_t next = 0;
    std::uint64_t inode = 0;
    std::uint64_t name_id = 0;
    std::size_t path_length = 0;
    bool orphan = false;
  };
  struct Nameless {
    std::vector<std::uint64_t> in_use, deleted;  // inodes without a name, sorted
    std::uint64_t linked = 0;                    // of those in use
    std::uint64_t first_linked = 0;
    std::uint64_t groups_lost = 0;  // whose bitmap or table cannot be read
  };

  Status root();
  Status tree();
  Status step();
  Status send(const ExtEntry& entry, std::uint64_t parent, bool orphan);
  Status enter(const ExtEntry& entry, bool orphan);
  Status push(const ExtInode& inode, std::uint64_t name_id, bool orphan);
  Status orphan_directory();
  Nameless find_nameless();
  void look_at_group(std::uint64_t number, Nameless& found) const;
  [[nodiscard]] bool is_nameless(std::uint64_t inode, bool in_use) const;
  Status report(const Nameless& nameless) const;
  [[nodiscard]] std::set<std::uint64_t> entries_of(const std::vector<std::uint64_t>& inodes) const;
  Status send_all(const std::vector<std::uint64_t>& inodes, bool in_use);
  Status send_orphan(std::uint64_t inode, bool in_use);
  Status over_budget();
  Status report_loops() const;

  WalkBase& walk_;
  const ExtVolume& volume_;
  std::vector<Frame> stack_;
  std::set<std::uint64_t> listed_dirs_;  // in use
  std::set<std::uint64_t> ancestors_;
  std::string path_;
  std::vector<std::uint64_t> inodes_;        // that names lead to
  std::vector<std::uint64_t> named_in_use_;  // by names in use
  std::uint64_t names_ = 0;
  std::uint64_t most_names_ = 0;
  std::uint64_t orphan_name_id_ = 0;
  std::string orphan_path_;
  std::uint64_t loops_ = 0;  // names in use of directories that are listed already
  std::uint64_t first_loop_ = 0;
  bool in_orphans_ = false;
  bool budget_spent_ = false;
};

}  // namespace limier::volume
