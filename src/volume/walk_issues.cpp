#include "volume/walk_issues.h"

#include <fmt/format.h>

namespace limier::volume {

namespace {

using catalog::Severity;

constexpr std::uint64_t kMostTold = 20;  // odd values of a kind, one by one

}  // namespace

Status inode_quarantined(const WalkBase& walk, std::uint64_t inode) {
  return walk.issue("inode-quarantined", Severity::kWarning, inode,
                    "the entry stopped the file-system worker before and is not examined", true);
}

Status directory_quarantined(const WalkBase& walk, std::uint64_t inode) {
  return walk.issue("directory-quarantined", Severity::kWarning, inode,
                    "the directory stopped the file-system worker before: what it names is not listed", true);
}

Status directory_too_deep(const WalkBase& walk, std::uint64_t inode) {
  return walk.issue("directory-too-deep", Severity::kWarning, inode,
                    fmt::format("directories nested more than {} deep, or a path over {} bytes: not followed",
                                kMaxDepth, kMaxPathBytes),
                    true);
}

Status orphans_not_searched(const WalkBase& walk, std::uint64_t folder) {
  return walk.issue("orphans-not-searched", Severity::kWarning, folder,
                    "deleted files without a parent directory were not looked for", true);
}

Status too_many_names(const WalkBase& walk, std::uint64_t listed) {
  return walk.issue("too-many-names", Severity::kWarning, std::nullopt,
                    fmt::format("more names than the file system can hold ({}): the listing was cut", listed), true);
}

void Oddities::add(std::uint64_t inode, const std::string& value) {
  if (walk_.job.kind != FsJobKind::kWalk || ++count_ > kMostTold || !told_.ok()) return;
  told_ = walk_.issue(code_, severity_, inode, fmt::format("{}: {}", what_, value), false);
}

Status Oddities::report() const {
  LIMIER_CHECK(told_);
  if (count_ <= kMostTold) return ok_status();
  return walk_.issue(code_, severity_, std::nullopt, fmt::format("{}: {} more", what_, count_ - kMostTold), false);
}

Status LostAttributes::report(const WalkBase& walk) const {
  if (entries_ == 0) return ok_status();
  return walk.issue(
      "attributes-unreadable", Severity::kWarning, first_,
      fmt::format("{} entries have extended attributes that cannot be read; the first is {}", entries_, first_), true);
}

}  // namespace limier::volume
