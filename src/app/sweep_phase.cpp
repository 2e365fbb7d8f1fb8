#include "app/sweep_phase.h"

namespace limier::app {
namespace {

// About 400 KiB a frame.
constexpr std::size_t kPlanBatch = 8192;

struct SweepRows {
  store::IndexWriter& index;
  std::uint64_t media_size;
  std::vector<catalog::BadRange> bad_ranges;  // joined ranges; a medium has few
  std::optional<Digests> media;

  Status take(const worker::Frame& frame) {
    switch (frame.type) {
      case worker::FrameType::kContentDigests:
        return for_each_record<catalog::ContentDigest>(frame, [&](const auto& row) { return index.add(row); });
      case worker::FrameType::kBadRanges:
        return for_each_record<catalog::BadRange>(frame, [&](const auto& row) -> Status {
          if (!catalog::validate(row, media_size)) return Error{kLied, "a bad range lies outside the media"};
          bad_ranges.push_back(row);
          return index.add(row);
        });
      case worker::FrameType::kMediaDigests:
        media = decode<Digests>(Bytes(frame.payload));
        return media ? ok_status() : Status(Error{kLied, "its digests cannot be decoded"});
      default:
        return Error{kLied, "it sent an unexpected frame"};
    }
  }
};

catalog::IssueRecord unfinished_issue(const Ending& ending) {
  catalog::IssueRecord issue;
  issue.stage = "sweep";
  issue.code = ending.kind == EndingKind::kStalled ? "worker-stalled" : "sweep-failed";
  issue.severity = catalog::Severity::kError;
  issue.message = "The pass over the media was not finished, so there are no digests: " + ending.sentence();
  issue.incomplete = true;
  return issue;
}

}  // namespace

Result<worker::WorkerStats> sweep_evidence(store::IndexWriter& index, const EvidenceSet& evidence,
                                           const sweep::ContainerMessage& container, const SweepPlan& plan,
                                           Progress& progress, const std::atomic<int>& stop) {
  sweep::SweepJob job;
  job.evidence = evidence.spec;
  job.media_digests = plan.media_digests;
  job.file_digests = kAllDigests;
  job.jobs = plan.jobs;
  job.stash_bytes = plan.stash_bytes;

  SweepRows rows{index, container.size_bytes, {}, std::nullopt};
  Session session;
  session.worker = "limier-sweep";
  session.job = encode(job);
  session.sandbox = plan.guard.sandbox;
  session.limits = plan.guard.for_sweep(container.size_bytes);
  session.max_row_bytes = max_row_bytes(container.size_bytes);
  session.on_frame = [&](const worker::Frame& frame) { return rows.take(frame); };
  session.on_progress = [&](std::uint64_t done) { progress.advanced(done); };
  session.next_plan = [&]() -> Result<std::vector<std::uint8_t>> {
    worker::Batch<catalog::PlanPiece> batch;
    LIMIER_TRY(batch.items, index.next_plan(kPlanBatch));
    return encode(batch);
  };

  index.rewind_plan();
  progress.stage_started("sweep", container.size_bytes, "bytes");
  LIMIER_TRY(const Ending ending, run_session(session, evidence, stop));
  if (ending.kind == EndingKind::kFinished) progress.advanced(container.size_bytes);
  progress.stage_ended();
  if (ending.kind == EndingKind::kInterrupted) return ending.stats;
  if (ending.kind != EndingKind::kFinished || !rows.media) {
    LIMIER_CHECK(index.add(unfinished_issue(ending)));
    LIMIER_CHECK(index.finish_evidence({}, std::nullopt, false));
    return ending.stats;
  }
  const IntegrityFacts judged =
      judge_integrity(container, *rows.media, plan.expected, rows.bad_ranges, !evidence.missing.empty());
  LIMIER_CHECK(index.finish_evidence(*rows.media, verdict_of(judged), true));
  return ending.stats;
}

}  // namespace limier::app
