// Readers of archives and folders, as what stands on them sees it: a backup keeps the files of a phone in members whose
// names say nothing. Private to the room.
#pragma once

#include <string>
#include <vector>

#include "volume/own_reader.h"

namespace limier::volume {

struct Member {
  std::uint64_t inode = 0;
  std::string name;  // decoded, as it is listed
  catalog::FileKind kind = catalog::FileKind::kFile;
  std::uint64_t size_bytes = 0;
};

class MemberReader : public OwnReader {
 public:
  // In the order in which they are listed. Once.
  virtual std::vector<Member> members() = 0;
  // The content of a member that is a file, as that of the inode `as`; with `says`, what is wrong with it is said of
  // that inode. Behind members().
  virtual std::optional<StreamPlan> plan_as(std::uint64_t member, std::uint64_t as, bool says) = 0;
};

// Where a job over an archive is, for the watchdog.
inline Stage stage_of(const FsJob& job) {
  if (job.kind == FsJobKind::kMap) return Stage::kMap;
  if (job.kind == FsJobKind::kExtract) return Stage::kExtract;
  if (job.part == WalkPart::kInodes) return Stage::kInodes;
  return job.part == WalkPart::kBlocks ? Stage::kBlocks : Stage::kNames;
}

// By the format of the evidence: a zip, a folder, else a tar.
std::unique_ptr<MemberReader> make_member_reader(WalkBase& walk);

}  // namespace limier::volume
