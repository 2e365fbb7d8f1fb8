// Issues of members of archives: a row each for the first of a kind, and one that counts the others, since an archive
// of a million members may have a million of them. Private to the room.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "volume/member_names.h"

namespace limier::volume {

class MemberIssues {
 public:
  explicit MemberIssues(const WalkBase& walk) : walk_(walk) {}
  void add(std::string_view code, catalog::Severity severity, std::uint64_t inode, std::string_view message,
           bool incomplete);
  void add_names(std::uint64_t inode, NameMarks marks);
  // After the last; what could not be sent shows here.
  Status report();

 private:
  static constexpr std::uint64_t kMaxOfAKind = 1000;
  struct Rest {
    std::uint64_t count = 0;
    catalog::Severity severity = catalog::Severity::kInfo;
    bool incomplete = false;
  };
  const WalkBase& walk_;
  std::map<std::string, Rest, std::less<>> kinds_;
  Status told_ = ok_status();
};

// Members whose paths are the same, or the same but for the case of letters, and links that lead nowhere.
class MemberAlikes {
 public:
  void add(std::string_view path, std::uint64_t inode);
  void add_link(std::string_view path, std::uint64_t inode, std::string target);
  void report(MemberIssues& issues);

 private:
  struct Path {
    std::uint64_t folded = 0, exact = 0;  // hashes: of 64 bits, so that two million paths do not meet by chance
    std::uint64_t inode = 0;
  };
  struct Link {
    std::string path, target;
    std::uint64_t inode = 0;
  };
  void report_links(MemberIssues& issues) const;
  std::vector<Path> paths_;
  std::vector<Link> links_;
};

}  // namespace limier::volume
