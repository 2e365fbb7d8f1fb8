// Issues that every kind of file system may have, in the same words whoever reads it.
#pragma once

#include <string>

#include "volume/walk_base.h"

namespace limier::volume {

inline constexpr const char* kRootStoppedWorker =
    "the root directory stopped the file-system worker before and is not read";

Status inode_quarantined(const WalkBase& walk, std::uint64_t inode);
Status directory_quarantined(const WalkBase& walk, std::uint64_t inode);
Status directory_too_deep(const WalkBase& walk, std::uint64_t inode);
Status orphans_not_searched(const WalkBase& walk, std::uint64_t folder);
Status too_many_names(const WalkBase& walk, std::uint64_t listed);

// Values in entries that cannot be right. The first are issues of their own, the rest is counted.
class Oddities {
 public:
  Oddities(const WalkBase& walk, catalog::Severity severity, std::string code, std::string what)
      : walk_(walk), severity_(severity), code_(std::move(code)), what_(std::move(what)) {}
  void add(std::uint64_t inode, const std::string& value);
  // After the last of them.
  [[nodiscard]] Status report() const;

 private:
  const WalkBase& walk_;
  catalog::Severity severity_;
  std::string code_;
  std::string what_;
  std::uint64_t count_ = 0;
  Status told_ = ok_status();
};

// Entries whose extended attributes cannot be read, for the one issue that says so.
class LostAttributes {
 public:
  void add(std::uint64_t inode) {
    if (entries_++ == 0) first_ = inode;
  }
  [[nodiscard]] Status report(const WalkBase& walk) const;

 private:
  std::uint64_t entries_ = 0;
  std::uint64_t first_ = 0;
};

}  // namespace limier::volume
