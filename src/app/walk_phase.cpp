#include "app/walk_phase.h"

#include <fmt/format.h>

namespace limier::app {
namespace {

// Each rung asks less of libtsk than the one before it, which a worker did not survive.
struct Rung {
  bool skip_orphans, names_only;
  std::string_view given_up;
};
constexpr Rung kLadder[] = {{false, false, ""},
                            {true, false, "files whose folder is gone were not searched for"},
                            {true, true, "only names were read, without times, sizes and content"}};

Error lied() {
  return {kLied, "it sent a row that cannot be true"};
}

// Checks and stores what one walk sends.
class WalkRows {
 public:
  WalkRows(store::IndexWriter& index, std::uint32_t volume_id, std::uint64_t media_size)
      : index_(index), volume_id_(volume_id), media_size_(media_size) {}

  Status take(const worker::Frame& frame) {
    using worker::FrameType;
    switch (frame.type) {
      case FrameType::kNames:
        return for_each_record<catalog::NameRecord>(frame, [&](const auto& row) -> Status {
          ++names_;
          return store(row, row.volume_id, catalog::validate(row));
        });
      case FrameType::kInodes:
        return for_each_record<catalog::InodeRecord>(
            frame, [&](const auto& row) { return store(row, row.volume_id, catalog::validate(row)); });
      case FrameType::kStreams:
        return for_each_record<catalog::StreamRecord>(
            frame, [&](const auto& row) { return store(row, row.ref.volume_id, catalog::validate(row)); });
      case FrameType::kExtents:
        return for_each_record<catalog::ExtentRecord>(
            frame, [&](const auto& row) { return store(row, row.ref.volume_id, catalog::validate(row, media_size_)); });
      case FrameType::kBlocks:
        return for_each_record<catalog::BlockRange>(
            frame, [&](const auto& row) { return store(row, row.volume_id, catalog::validate(row, media_size_)); });
      case FrameType::kIssues:
        return for_each_record<catalog::IssueRecord>(
            frame, [&](const auto& row) { return store(row, row.volume_id, catalog::validate(row)); });
      default:
        return Error{kLied, "it sent an unexpected frame"};
    }
  }
  [[nodiscard]] std::uint64_t names() const { return names_; }

 private:
  template <class Row>
  Status store(const Row& row, std::uint32_t volume_id, bool acceptable) {
    if (!acceptable || volume_id != volume_id_) return lied();
    return index_.add(row);
  }

  store::IndexWriter& index_;
  std::uint32_t volume_id_;
  std::uint64_t media_size_;
  std::uint64_t names_ = 0;
};

catalog::IssueRecord ending_issue(const Ending& ending, std::uint32_t volume_id, std::string_view consequence) {
  catalog::IssueRecord issue;
  issue.stage = "walk";
  issue.volume_id = volume_id;
  issue.severity = catalog::Severity::kError;
  issue.incomplete = true;
  switch (ending.kind) {
    case EndingKind::kCrashed:
      issue.code = "worker-crashed";
      break;
    case EndingKind::kStalled:
      issue.code = "worker-stalled";
      break;
    case EndingKind::kMisbehaved:
      issue.code = "worker-misbehaved";
      break;
    default:
      issue.code = "walk-failed";
      break;
  }
  if (ending.stage >= 2) issue.inode = ending.item;
  issue.message = fmt::format("The listing of this volume is incomplete, {}: {}", consequence, ending.sentence());
  return issue;
}

}  // namespace

Status store_volume_map(store::IndexWriter& index, const VolumeMapRows& rows) {
  for (const auto& row : rows.volumes) LIMIER_CHECK(index.add(row));
  for (const auto& row : rows.encryption) LIMIER_CHECK(index.add(row));
  for (const auto& row : rows.issues) LIMIER_CHECK(index.add(row));
  return ok_status();
}

Result<worker::WorkerStats> walk_one_volume(store::IndexWriter& index, const EvidenceSet& evidence,
                                            const catalog::VolumeRecord& volume, std::uint64_t media_size,
                                            const WalkPlan& plan, Progress& progress, const std::atomic<int>& stop) {
  volume::FsJob job;
  job.kind = volume::FsJobKind::kWalk;
  job.evidence = evidence.spec;
  job.evidence.cache_bytes = plan.cache_bytes;
  job.volume = volume;
  job.digests = plan.digests ? kAllDigests : DigestSet{};
  job.metadata_only = !plan.digests;

  progress.stage_started(fmt::format("list {} at {}", volume.fs_type, volume.image_offset), 0, "files");
  std::optional<Ending> failed;  // how the rung before this one ended
  std::uint64_t names = 0;
  worker::WorkerStats stats;
  for (const Rung& rung : kLadder) {
    if (failed) LIMIER_CHECK(index.clear_volume(volume.volume_id));
    job.skip_orphans = rung.skip_orphans;
    job.names_only = rung.names_only;
    WalkRows rows(index, volume.volume_id, media_size);
    Session session;
    session.worker = "limier-fs";
    session.job = encode(job);
    session.zone = plan.zone;
    session.sandbox = plan.sandbox;
    session.on_frame = [&](const worker::Frame& frame) { return rows.take(frame); };
    session.on_progress = [&](std::uint64_t done) { progress.advanced(done); };
    LIMIER_TRY(const Ending ending, run_session(session, evidence, stop));
    names = rows.names();
    stats.chunks_decoded += ending.stats.chunks_decoded;
    const bool done = ending.kind == EndingKind::kFinished || ending.kind == EndingKind::kInterrupted;
    if (done && failed) {
      LIMIER_CHECK(index.add(ending_issue(*failed, volume.volume_id, rung.given_up)));
      LIMIER_CHECK(index.set_volume_status(volume.volume_id, catalog::VolumeStatus::kPartial));
    }
    if (done) {
      failed.reset();
      break;
    }
    progress.note(fmt::format("volume at {}: {}", volume.image_offset, ending.sentence()));
    failed = ending;
  }
  if (failed) {
    LIMIER_CHECK(index.add(ending_issue(*failed, volume.volume_id, "even the names could not be read to their end")));
    LIMIER_CHECK(index.set_volume_status(volume.volume_id,
                                         names > 0 ? catalog::VolumeStatus::kPartial : catalog::VolumeStatus::kFailed));
  }
  progress.stage_ended();
  return stats;
}

}  // namespace limier::app
