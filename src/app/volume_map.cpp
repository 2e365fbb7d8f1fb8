#include "app/volume_map.h"

#include "app/evidence_facts.h"

namespace limier::app {
namespace {

template <class T>
Status keep(std::vector<T>& rows, const T& row, bool acceptable) {
  if (!acceptable) return Error{kLied, "it sent a row that cannot be true"};
  rows.push_back(row);
  return ok_status();
}

}  // namespace

Result<VolumeMapRows> map_evidence(const EvidenceSet& evidence, std::uint64_t media_size, std::uint64_t cache_bytes,
                                   bool sandbox, const std::atomic<int>& stop_signal) {
  volume::FsJob job;
  job.kind = volume::FsJobKind::kMap;
  job.evidence = evidence.spec;
  job.evidence.cache_bytes = cache_bytes;

  VolumeMapRows rows;
  Session session;
  session.worker = "limier-fs";
  session.job = encode(job);
  session.sandbox = sandbox;
  session.on_frame = [&](const worker::Frame& frame) -> Status {
    switch (frame.type) {
      case worker::FrameType::kVolumes:
        return for_each_record<catalog::VolumeRecord>(
            frame, [&](const auto& row) { return keep(rows.volumes, row, catalog::validate(row, media_size)); });
      case worker::FrameType::kEncryption:
        return for_each_record<catalog::EncryptionRecord>(
            frame, [&](const auto& row) { return keep(rows.encryption, row, catalog::validate(row)); });
      case worker::FrameType::kIssues:
        return for_each_record<catalog::IssueRecord>(
            frame, [&](const auto& row) { return keep(rows.issues, row, catalog::validate(row)); });
      default:
        return Error{kLied, "it sent an unexpected frame"};
    }
  };
  LIMIER_TRY(const Ending ending, run_session(session, evidence, stop_signal));
  rows.stats = ending.stats;
  if (ending.kind == EndingKind::kInterrupted) return Error{ErrorKind::kInterrupted, "interrupted"};
  if (ending.kind != EndingKind::kFinished) {
    rows = {};
    catalog::VolumeRecord whole;
    whole.volume_id = 1;
    whole.scheme = "none";
    whole.length = media_size;
    whole.description = "media whose partitions could not be read";
    whole.status = catalog::VolumeStatus::kFailed;
    rows.volumes.push_back(whole);
    catalog::IssueRecord issue;
    issue.stage = "volume";
    issue.code = "partitions-not-read";
    issue.severity = catalog::Severity::kError;
    issue.volume_id = 1;
    issue.message = "The partitions could not be read: " + ending.sentence();
    issue.incomplete = true;
    rows.issues.push_back(issue);
  }
  return rows;
}

}  // namespace limier::app
