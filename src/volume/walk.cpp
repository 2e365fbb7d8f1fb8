#include "volume/walk.h"

#include <algorithm>

#include <fmt/format.h>

namespace limier::volume {

namespace {

constexpr std::uint32_t kMaxBlockSize = 64u << 20;  // NTFS and exFAT clusters reach 32 MiB

}  // namespace

Status WalkContext::issue(std::string code, catalog::Severity severity, std::optional<std::uint64_t> inode,
                          std::string message, bool incomplete) const {
  catalog::IssueRecord record;
  record.stage = "walk";
  record.code = std::move(code);
  record.severity = severity;
  record.volume_id = volume_id();
  record.inode = inode;
  record.message = std::move(message);
  record.incomplete = incomplete;
  return sink.issue(record);
}

Result<WalkContext> make_context(const evidence::Image& image, const FsJob& job, Sink& sink, FsSession& session) {
  const TSK_FS_INFO& fs = *session.fs();
  const auto& volume = job.volume;
  if (volume.image_offset > image.size_bytes() || volume.length > image.size_bytes() - volume.image_offset)
    return Error{ErrorKind::kInternal, "the volume lies outside the media"};
  if (fs.block_size == 0 || fs.block_size > kMaxBlockSize)
    return Error{ErrorKind::kEvidence, fmt::format("the file system claims blocks of {} bytes", fs.block_size)};
  WalkContext context(image, job, sink, session);
  context.end = volume.image_offset + volume.length;
  // An HFS wrapper moves the start of the file system; a pool volume counts from the start of its container.
  context.base = session.pool() != nullptr ? volume.image_offset : static_cast<std::uint64_t>(fs.offset);
  if (context.base < volume.image_offset || context.base > context.end)
    return Error{ErrorKind::kEvidence, "the file system starts outside its volume"};
  context.block_size = fs.block_size;
  context.block_pre = fs.block_pre_size;
  context.block_post = fs.block_post_size;
  context.type = fs.ftype;
  if (TSK_FS_TYPE_ISFFS(fs.ftype) != 0) context.ufs_block_bytes = reinterpret_cast<const FFS_INFO&>(fs).ffsbsize_b;
  if (context.ext()) context.ext_inodes.emplace(image, context.base, context.end);
  context.root_inode = fs.root_inum;
  context.last_inode = fs.last_inum;
  context.inode_count = fs.inum_count;
  context.skip.insert(job.skip_inodes.begin(), job.skip_inodes.end());
  return context;
}

namespace {

Status walk_whole(WalkContext& context, NameWalk& names) {
  LIMIER_TRY(auto inodes, names.named());
  InodeWalk walk(context);
  LIMIER_CHECK(walk.run(inodes));
  LIMIER_TRY(const auto orphans, names.orphans());
  LIMIER_CHECK(walk.run(orphans));
  LIMIER_CHECK(walk.report());
  inodes.insert(inodes.end(), orphans.begin(), orphans.end());
  std::sort(inodes.begin(), inodes.end());
  LIMIER_CHECK(reconcile(context, inodes));
  return walk_blocks(context);
}

Status walk_part(WalkContext& context) {
  switch (context.job.part) {
    case WalkPart::kWhole: {
      NameWalk names(context);
      return walk_whole(context, names);
    }
    case WalkPart::kNames: {
      NameWalk names(context);
      LIMIER_CHECK(names.named());
      LIMIER_CHECK(names.orphans());
      return ok_status();
    }
    case WalkPart::kInodes: {
      context.orphans = context.job.orphan_inodes;
      InodeWalk walk(context);
      LIMIER_CHECK(walk.run(context.job.only_inodes));
      LIMIER_CHECK(walk.report());
      return context.sink.checkpoint(context.job.only_inodes.size());
    }
    case WalkPart::kBlocks:
      return walk_blocks(context);
  }
  return Error{ErrorKind::kInternal, "the job asks for no known part of a walk"};
}

}  // namespace

Status walk_volume(const evidence::Image& image, const FsJob& job, Sink& sink) {
  sink.working_on(Stage::kNames, 0);
  LIMIER_TRY(auto session, FsSession::open(image, job.volume));
  LIMIER_TRY(WalkContext context, make_context(image, job, sink, *session));
  const bool lists = job.part == WalkPart::kWhole || job.part == WalkPart::kNames;
  if (context.last_inode == 0 && lists) {
    LIMIER_CHECK(context.issue("listing-may-be-incomplete", catalog::Severity::kWarning, std::nullopt,
                               "the file system gives no range of inode numbers", true));
  }
  LIMIER_CHECK(walk_part(context));
  if (session->exceptions() > 0 || !session->usable()) {
    LIMIER_CHECK(context.issue("listing-may-be-incomplete", catalog::Severity::kWarning, std::nullopt,
                               fmt::format("libtsk gave up {} times on damaged structures", session->exceptions()),
                               true));
  }
  return ok_status();
}

}  // namespace limier::volume
