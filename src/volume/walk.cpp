#include "volume/walk.h"

#include <algorithm>

#include <fmt/format.h>

#include "volume/own_reader.h"

namespace limier::volume {

namespace {

constexpr std::uint32_t kMaxBlockSize = 64u << 20;  // NTFS clusters reach 2 MiB

}  // namespace

Status WalkContext::prepare() {
  const TSK_FS_INFO& fs = *session.fs();
  const auto& volume = job.volume;
  if (fs.block_size == 0 || fs.block_size > kMaxBlockSize)
    return Error{ErrorKind::kEvidence, fmt::format("the file system claims blocks of {} bytes", fs.block_size)};
  // An HFS wrapper moves the start of the file system; a pool volume counts from the start of its container.
  base = session.pool() != nullptr ? volume.image_offset : static_cast<std::uint64_t>(fs.offset);
  if (base < volume.image_offset || base > end)
    return Error{ErrorKind::kEvidence, "the file system starts outside its volume"};
  block_size = fs.block_size;
  block_pre = fs.block_pre_size;
  block_post = fs.block_post_size;
  type = fs.ftype;
  if (TSK_FS_TYPE_ISFFS(fs.ftype) != 0) ufs_block_bytes = reinterpret_cast<const FFS_INFO&>(fs).ffsbsize_b;
  root_inode = fs.root_inum;
  last_inode = fs.last_inum;
  inode_count = fs.inum_count;
  second = make_second_reader(*this);
  return ok_status();
}

namespace {

Status walk_whole(WalkContext& context, NameWalk& names) {
  LIMIER_TRY(auto inodes, names.named());
  InodeWalk walk(context);
  LIMIER_CHECK(walk.run(inodes));
  const auto also = [&](const std::vector<std::uint64_t>& more) {
    inodes.insert(inodes.end(), more.begin(), more.end());
    return walk.run(more);
  };
  LIMIER_TRY(const auto orphans, names.orphans());
  LIMIER_CHECK(also(orphans));
  LIMIER_TRY(const auto unnamed, names.unnamed());
  LIMIER_CHECK(also(unnamed));
  LIMIER_CHECK(walk.report());
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
      LIMIER_CHECK(names.unnamed());
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

bool volume_outside(const evidence::Image& image, const FsJob& job) {
  const auto& volume = job.volume;
  return volume.image_offset > image.size_bytes() || volume.length > image.size_bytes() - volume.image_offset;
}

Status walk_volume(const evidence::Image& image, const FsJob& job, Sink& sink) {
  sink.working_on(Stage::kNames, 0);
  if (volume_outside(image, job)) return Error{ErrorKind::kInternal, "the volume lies outside the media"};
  OwnWalk own(image, job, sink);
  LIMIER_TRY(const auto reader, make_own_reader(own));
  if (reader) return own_walk(own, *reader);
  LIMIER_TRY(auto session, FsSession::open(image, job.volume));
  // libtsk numbers its directory of orphans behind the last file. Where it counts no files it gives it the number of
  // the root, and each waits for the other.
  if (session->fs()->last_inum <= session->fs()->root_inum)
    return Error{ErrorKind::kEvidence, "libtsk counts no files on it"};
  WalkContext context(image, job, sink, *session);
  LIMIER_CHECK(context.prepare());
  LIMIER_CHECK(walk_part(context));
  if (session->exceptions() > 0 || !session->usable()) {
    LIMIER_CHECK(context.issue("listing-may-be-incomplete", catalog::Severity::kWarning, std::nullopt,
                               fmt::format("libtsk gave up {} times on damaged structures", session->exceptions()),
                               true));
  }
  return ok_status();
}

}  // namespace limier::volume
