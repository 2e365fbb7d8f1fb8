#include "app/walk_phase.h"

#include <fmt/format.h>

#include "app/careful_walk.h"

namespace limier::app {

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
  job.folder = evidence.folder_entries;
  job.volume = volume;
  job.digests = plan.digests ? kAllDigests : DigestSet{};
  job.metadata_only = !plan.digests;
  job.entities = plan.entities;
  if (plan.keywords != nullptr) job.keywords = *plan.keywords;
  job.zone_stated = plan.zone_stated;
  job.oem_code_page = plan.code_page;

  progress.stage_started(fmt::format("list {} at {}", volume.fs_type, volume.image_offset), 0, "files");
  std::optional<WalkRows> rows;
  rows.emplace(index, volume.volume_id, media_size);
  Session session;
  session.worker = "limier-fs";
  session.job = encode(job);
  session.zone = plan.zone;
  session.sandbox = plan.guard.sandbox;
  session.limits = plan.guard.for_fs(volume.length);
  session.max_row_bytes = max_row_bytes(volume.length) + hit_row_bytes(job);
  session.on_frame = [&](const worker::Frame& frame) { return rows->take(frame); };
  session.begin_again = [&]() -> Status {
    rows.emplace(index, volume.volume_id, media_size);
    return index.clear_volume(volume.volume_id);
  };
  session.on_progress = [&](std::uint64_t done) { progress.advanced(done); };
  LIMIER_TRY(const Ending ending, run_session(session, evidence, stop));
  worker::WorkerStats stats = ending.stats;
  if (ending.died()) {
    CarefulWalk careful(index, evidence, std::move(job), media_size, plan, progress, stop);
    LIMIER_TRY(const auto more, careful.run(ending));
    stats.chunks_decoded += more.chunks_decoded;
  } else if (ending.kind == EndingKind::kFailed) {
    catalog::IssueRecord issue;
    issue.stage = "walk";
    issue.code = "walk-failed";
    issue.severity = catalog::Severity::kError;
    issue.volume_id = volume.volume_id;
    issue.incomplete = true;
    issue.message = "The listing of this volume is incomplete: " + ending.error.message;
    LIMIER_CHECK(index.add(issue));
    LIMIER_CHECK(index.set_volume_status(
        volume.volume_id, rows->names() > 0 ? catalog::VolumeStatus::kPartial : catalog::VolumeStatus::kFailed));
  }
  progress.stage_ended();
  return stats;
}

}  // namespace limier::app
