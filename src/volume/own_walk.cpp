#include <algorithm>

#include <fmt/format.h>

#include "volume/inode_sender.h"
#include "volume/own_reader.h"
#include "volume/walk_issues.h"

namespace limier::volume {

namespace {

constexpr std::uint64_t kProgressEvery = 64;

Status send_inodes(WalkBase& walk, OwnReader& reader, InodeSender& sender, const std::vector<std::uint64_t>& inodes) {
  std::uint64_t done = 0;
  for (const std::uint64_t inode : inodes) {
    walk.sink.working_on(Stage::kInodes, inode);
    const bool skipped = walk.skip.contains(inode);
    auto described = skipped ? std::nullopt : reader.describe(inode);
    if (skipped) {
      LIMIER_CHECK(inode_quarantined(walk, inode));
    } else if (!described) {
      LIMIER_CHECK(walk.issue("inode-unreadable", catalog::Severity::kWarning, inode,
                              "the entry's metadata cannot be read", true));
    } else {
      LIMIER_CHECK(walk.sink.inode(described->inode));
      const auto read = [&](const StreamPlan& plan, const Consumer& consume, Status& consumed) {
        return reader.read(plan, consume, consumed);
      };
      if (!walk.job.bare_inodes) LIMIER_CHECK(sender.streams(described->inode, described->streams, read));
    }
    if (++done % kProgressEvery != 0) continue;
    walk.sink.advanced(done);
    if (walk.job.part == WalkPart::kInodes) LIMIER_CHECK(walk.sink.checkpoint(done));
  }
  walk.sink.advanced(done);
  return ok_status();
}

}  // namespace

Status own_walk(WalkBase& walk, OwnReader& reader) {
  InodeSender sender(walk);
  switch (walk.job.part) {
    case WalkPart::kWhole: {
      LIMIER_TRY(const auto inodes, reader.names());
      LIMIER_CHECK(send_inodes(walk, reader, sender, inodes));
      LIMIER_CHECK(sender.report());
      LIMIER_CHECK(reader.report());
      return reader.blocks();
    }
    case WalkPart::kNames:
      return reader.names().ok() ? ok_status() : Status(Error{ErrorKind::kEvidence, "the names cannot be read"});
    case WalkPart::kInodes:
      walk.orphans = walk.job.orphan_inodes;
      LIMIER_CHECK(send_inodes(walk, reader, sender, walk.job.only_inodes));
      LIMIER_CHECK(sender.report());
      return walk.sink.checkpoint(walk.job.only_inodes.size());
    case WalkPart::kBlocks:
      return reader.blocks();
  }
  return Error{ErrorKind::kInternal, "the job asks for no known part of a walk"};
}

Status own_extract(WalkBase& walk, OwnReader& reader) {
  const auto described = reader.describe(walk.job.stream.inode);
  if (!described) return Error{ErrorKind::kEvidence, fmt::format("entry {} cannot be read", walk.job.stream.inode)};
  return send_stream(walk, described->streams, [&](const StreamPlan& plan, const Consumer& consume, Status& consumed) {
    return reader.read(plan, consume, consumed);
  });
}

}  // namespace limier::volume
