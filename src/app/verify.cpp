// `limier verify`: one pass without a plan.
#include "app/evidence_facts.h"
#include "app/folder_evidence.h"
#include "app/packed_evidence.h"
#include "app/segment_hashes.h"
#include "limier/volume.h"

namespace limier::app {

Result<VerifyReport> verify(const VerifyOptions& options, Progress& progress, const std::atomic<int>& stop_signal) {
  LIMIER_TRY(EvidenceSet evidence, open_evidence(options.image.image, options.image.incomplete));
  evidence.spec.sector_bytes = options.image.sector_bytes;
  const MemoryPlan memory = plan_memory(options.image.memory_bytes);
  const Guard guard = make_guard(options.image.sandbox, options.image.stall_seconds, memory);
  LIMIER_TRY(ContainerFacts facts, describe_evidence(evidence, guard, stop_signal));

  VerifyReport report;
  report.path = options.image.image;
  report.jail = worker::jail_notice(facts.sandbox);
  report.container = std::move(facts.container);
  report.expected_md5 = options.expect_md5;
  report.expected_sha1 = options.expect_sha1;
  report.expected_sha256 = options.expect_sha256;
  const Digests expected{options.expect_md5, options.expect_sha1, options.expect_sha256};

  sweep::SweepJob job;
  job.evidence = evidence.spec;
  job.media_digests = media_digest_set(options.digests, report.container, expected);
  job.jobs = plan_jobs(options.image.jobs);
  job.stash_bytes = memory.stash_bytes;

  bool have_digests = false;
  Session session;
  session.worker = "limier-sweep";
  session.job = encode(job);
  session.sandbox = guard.sandbox;
  session.limits = guard.for_sweep(report.container.size_bytes);
  session.max_row_bytes = max_row_bytes(report.container.size_bytes);
  session.on_progress = [&](std::uint64_t done) { progress.advanced(done); };
  session.next_plan = [] { return Result<std::vector<std::uint8_t>>(encode(worker::Batch<catalog::PlanPiece>{})); };
  session.on_frame = [&](const worker::Frame& frame) -> Status {
    switch (frame.type) {
      case worker::FrameType::kBadRanges:
        return for_each_record<catalog::BadRange>(frame, [&](const catalog::BadRange& range) -> Status {
          if (!catalog::validate(range, report.container.size_bytes))
            return Error{kLied, "a bad range lies outside the media"};
          report.bad_ranges.push_back(range);
          return ok_status();
        });
      case worker::FrameType::kMediaDigests: {
        const auto digests = decode<Digests>(Bytes(frame.payload));
        if (!digests) return Error{kLied, "its digests cannot be decoded"};
        report.computed = *digests;
        have_digests = true;
        return ok_status();
      }
      default:
        return Error{kLied, "it sent an unexpected frame"};
    }
  };
  progress.stage_started("verify", report.container.size_bytes, "bytes");
  Ending ending;
  for (int attempt = 0; attempt < 2; ++attempt) {
    report.bad_ranges.clear();
    have_digests = false;
    LIMIER_TRY(ending, run_session(session, evidence, stop_signal));
    if (!ending.died()) break;
  }
  if (ending.kind == EndingKind::kFinished) progress.advanced(report.container.size_bytes);
  progress.stage_ended();
  if (ending.kind != EndingKind::kFinished || !have_digests) return error_of(ending, options.image.image);
  report.stats = {ending.stats.chunks_decoded, ending.stats.pieces_deferred, ending.stats.seeks_back,
                  ending.stats.stages};

  if (evidence.packed) report.computed = digests_of(*evidence.packed, options.digests, report.container, expected);
  if (evidence.spec.format == evidence::Format::kFolder) {
    SegmentHashes hashes;
    hashes.start(evidence, stop_signal, {});
    hashes.passed_all(std::nullopt);
    report.computed.sha256 = folder_digest(evidence, hashes.wait(evidence, stop_signal));
    if (stop_signal.load() != 0) return Error{ErrorKind::kInterrupted, "interrupted"};
  }
  const IntegrityFacts judged =
      judge_integrity(report.container, report.computed, expected, report.bad_ranges, !evidence.missing.empty());
  report.digest_mismatch = judged.digest_mismatch;
  report.chunk_checksum_bad = judged.chunk_damage;
  report.image_short = judged.image_short;
  report.verdict = verdict_of(judged);
  return report;
}

}  // namespace limier::app
