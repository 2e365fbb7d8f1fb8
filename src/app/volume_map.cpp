#include "app/volume_map.h"

#include <map>

#include "app/incident.h"

namespace limier::app {
namespace {

constexpr std::uint64_t kMaxMapBytes = 64ull << 20;
constexpr std::size_t kMaxRows = 1u << 16;  // of a kind
// Volumes that are left out because they stop a worker. Each may have cost two time-outs.
constexpr std::size_t kMaxSkipped = 16;

template <class T>
Status keep(std::vector<T>& rows, const T& row, bool acceptable) {
  if (!acceptable || rows.size() >= kMaxRows) return Error{kLied, "it sent a row that cannot be true"};
  rows.push_back(row);
  return ok_status();
}

// One try; the rows are only good when it finished.
class Mapping {
 public:
  Mapping(const EvidenceSet& evidence, std::uint64_t media_size, std::uint64_t cache_bytes, const Guard& guard)
      : evidence_(evidence), media_size_(media_size) {
    job_.kind = volume::FsJobKind::kMap;
    job_.evidence = evidence.spec;
    job_.evidence.cache_bytes = cache_bytes;
    job_.folder = evidence.folder_entries;
    session_.worker = "limier-fs";
    session_.sandbox = guard.sandbox;
    session_.limits = guard.for_fs(media_size);
    session_.max_row_bytes = kMaxMapBytes;
    session_.on_frame = [this](const worker::Frame& frame) { return take(frame); };
    session_.begin_again = [this] { return rows_ = {}, ok_status(); };
  }

  Result<Ending> run(const std::atomic<int>& stop_signal) {
    rows_ = {};
    session_.job = encode(job_);
    return run_session(session_, evidence_, stop_signal);
  }
  void skip(std::uint64_t image_offset) { job_.skip_offsets.push_back(image_offset); }
  [[nodiscard]] std::size_t skipped() const { return job_.skip_offsets.size(); }
  VolumeMapRows take_rows() { return std::move(rows_); }

 private:
  Status take(const worker::Frame& frame) {
    switch (frame.type) {
      case worker::FrameType::kVolumes:
        return for_each_record<catalog::VolumeRecord>(
            frame, [&](const auto& row) { return keep(rows_.volumes, row, catalog::validate(row, media_size_)); });
      case worker::FrameType::kEncryption:
        return for_each_record<catalog::EncryptionRecord>(
            frame, [&](const auto& row) { return keep(rows_.encryption, row, catalog::validate(row)); });
      case worker::FrameType::kIssues:
        return for_each_record<catalog::IssueRecord>(
            frame, [&](const auto& row) { return keep(rows_.issues, row, catalog::validate(row)); });
      default:
        return Error{kLied, "it sent an unexpected frame"};
    }
  }

  const EvidenceSet& evidence_;
  std::uint64_t media_size_;
  volume::FsJob job_;
  Session session_;
  VolumeMapRows rows_;
};

VolumeMapRows unmapped(std::uint64_t media_size, const Ending& ending) {
  VolumeMapRows rows;
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
  issue.message = "The partitions could not be read: " + ending.sentence(place_in_walk(ending));
  issue.incomplete = true;
  rows.issues.push_back(issue);
  return rows;
}

catalog::IssueRecord death(const Ending& ending, std::uint32_t attempt, bool given_up) {
  Incident incident;
  incident.ending = ending;
  incident.stage = "volume";
  incident.where = place_in_walk(ending);
  incident.attempt = attempt;
  incident.consequence = given_up ? "the volume that begins there is not looked into" : "it is tried again";
  if (ending.stage == static_cast<std::uint32_t>(volume::Stage::kMap)) incident.image_offset = ending.item;
  incident.incomplete = given_up;
  return incident_issue(incident);
}

}  // namespace

Result<VolumeMapRows> map_evidence(const EvidenceSet& evidence, std::uint64_t media_size, std::uint64_t cache_bytes,
                                   const Guard& guard, const std::atomic<int>& stop_signal) {
  Mapping mapping(evidence, media_size, cache_bytes, guard);
  std::map<std::pair<std::uint32_t, std::uint64_t>, std::uint32_t> deaths;  // by stage and item
  std::vector<catalog::IssueRecord> incidents;
  for (;;) {
    LIMIER_TRY(const Ending ending, mapping.run(stop_signal));
    if (ending.kind == EndingKind::kInterrupted) return Error{ErrorKind::kInterrupted, "interrupted"};
    const std::uint32_t attempt = ending.died() ? ++deaths[{ending.stage, ending.item}] : 0;
    const bool in_volume = ending.stage == static_cast<std::uint32_t>(volume::Stage::kMap);
    const bool again =
        ending.died() && (attempt == 1 || (attempt == 2 && in_volume)) && mapping.skipped() < kMaxSkipped;
    VolumeMapRows rows =
        ending.kind == EndingKind::kFinished || again ? mapping.take_rows() : unmapped(media_size, ending);
    if (ending.died()) incidents.push_back(death(ending, attempt, attempt > 1));
    if (again) {
      if (attempt > 1) mapping.skip(ending.item);
      continue;
    }
    rows.stats = ending.stats;
    rows.issues.insert(rows.issues.end(), incidents.begin(), incidents.end());
    return rows;
  }
}

}  // namespace limier::app
