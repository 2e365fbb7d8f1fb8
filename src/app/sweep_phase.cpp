#include "app/sweep_phase.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/incident.h"

namespace limier::app {
namespace {

// About 400 KiB a frame.
constexpr std::size_t kPlanBatch = 8192;
// States of contents are about 230 bytes, of a few of them some kilobytes.
constexpr std::size_t kOpenContentBatch = 4096;

// Of each kind of damage; a medium has few kinds, and one of each decides the verdict.
constexpr std::size_t kMaxReasons = 16;
// A pass over a large medium takes hours, so it is not begun again without end.
constexpr std::uint64_t kMaxQuarantined = 16;
// Where so many of them are in the way, it is not the chunks that are at fault.
constexpr std::uint64_t kMaxQuarantinedShare = 4;  // one of so many

struct SweepRows {
  store::IndexWriter& index;
  std::uint64_t media_size;
  std::vector<catalog::BadRange> reasons;  // the first range of each
  std::uint64_t bad_until = 0, loose_until = 0;
  std::optional<Digests> media;

  Status take(const worker::Frame& frame) {
    switch (frame.type) {
      case worker::FrameType::kContentDigests:
        return for_each_record<catalog::ContentDigest>(frame, [&](const auto& row) -> Status {
          if (!catalog::validate(row.type)) return Error{kLied, "what it says of a content's type cannot be"};
          return index.add(row);
        });
      case worker::FrameType::kBadRanges:
        return for_each_record<catalog::BadRange>(frame, [&](const auto& row) { return take_bad_range(row); });
      case worker::FrameType::kLoosePages:
        return for_each_record<sweep::LoosePage>(frame, [&](const auto& row) -> Status {
          if (row.image_offset >= media_size || row.image_offset < loose_until)
            return Error{kLied, "its pages of databases cannot lie there"};
          loose_until = row.image_offset + 1;
          return index.add_loose_page(row.image_offset);
        });
      case worker::FrameType::kEntities:
        return for_each_record<catalog::ByteHit>(frame, [&](const auto& row) -> Status {
          if (!catalog::validate(row, media_size)) return Error{kLied, "a number or address cannot lie there"};
          return index.add(row);
        });
      case worker::FrameType::kMediaDigests:
        media = decode<Digests>(Bytes(frame.payload));
        return media ? ok_status() : Status(Error{kLied, "its digests cannot be decoded"});
      default:
        return Error{kLied, "it sent an unexpected frame"};
    }
  }

  Status take_bad_range(const catalog::BadRange& row) {
    if (!catalog::validate(row, media_size)) return Error{kLied, "a bad range lies outside the media"};
    if (row.image_offset < bad_until) return Error{kLied, "its bad ranges overlap"};
    bad_until = row.image_offset + row.length;
    const bool known =
        std::any_of(reasons.begin(), reasons.end(), [&](const auto& range) { return range.reason == row.reason; });
    if (!known && reasons.size() == kMaxReasons) return Error{kLied, "it names too many kinds of damage"};
    if (!known) reasons.push_back(row);
    return index.add(row);
  }
};

// The pass, as often as it takes to get to the end: what stops it is found, left alone, and named.
class Sweeping {
 public:
  Sweeping(store::IndexWriter& index, const EvidenceSet& evidence, const sweep::ContainerMessage& container,
           const SweepPlan& plan, Progress& progress, Crew& crew)
      : index_(index),
        plan_(plan),
        progress_(progress),
        crew_(crew),
        media_size_(container.size_bytes),
        rows_{index, container.size_bytes, {}, 0, 0, std::nullopt} {
    job_.evidence = evidence.spec;
    job_.media_digests = plan.media_digests;
    job_.file_digests = kAllDigests;
    job_.jobs = plan.jobs;
    job_.stash_bytes = plan.stash_bytes;
    job_.loose_pages = plan.loose_pages;
    job_.entities = plan.entities;
    if (plan.keywords != nullptr) job_.keywords = *plan.keywords;
    chunk_size_ = container.chunk_size != 0 ? container.chunk_size : kRawChunk;
    max_quarantined_ = std::clamp<std::uint64_t>(media_size_ / chunk_size_ / kMaxQuarantinedShare, 1, kMaxQuarantined);
  }

  Result<Ending> run() {
    for (int kills = 0;;) {
      // A pass without files reports none again: what the passes before it found out about them stays.
      if (with_files_) LIMIER_CHECK(index_.rewind_sweep());
      LIMIER_CHECK(find_start());
      const std::uint64_t begun_at = reached_;
      LIMIER_TRY(const Ending ending, pass());
      if (reached_ > begun_at) kills = 0;
      if (ending.kind == EndingKind::kFailed && ending.error.kind == ErrorKind::kRefused && job_.resume) {
        // The checkpoint is of another plan. Rather the whole pass again than digests that may be wrong.
        LIMIER_CHECK(index_.drop_checkpoint());
        progress_.note("the sweep begins anew: " + ending.error.message);
      } else if (ending.killed_from_outside() && ++kills < kMaxKills) {
        progress_.note(fmt::format("the sweep goes on at byte {}: {}", reached_, ending.sentence()));
      } else if (!ending.died() || !go_on(ending)) {
        return ending;
      }
    }
  }
  [[nodiscard]] const SweepRows& rows() const { return rows_; }
  [[nodiscard]] bool chunks_left_out() const { return !job_.skip_chunks.empty(); }
  [[nodiscard]] const std::vector<catalog::IssueRecord>& issues() const { return issues_; }

 private:
  static constexpr std::uint32_t kRawChunk = 1u << 20;  // evidence.h

  // The last checkpoint, or the beginning.
  Status find_start() {
    LIMIER_TRY(const auto kept, index_.checkpoint());
    // Filled in by hand: in an optional of an optional GCC 12 sees uninitialised bytes.
    sweep::Checkpoint point;
    Decoder decoder(kept ? Bytes(kept->sweep) : Bytes());
    job_.resume.reset();
    if (kept && decoder.get(point) && decoder.at_end()) job_.resume = point;
    reached_ = job_.resume ? job_.resume->image_offset : 0;
    open_contents_ = 0;
    // Once something had to be left out, what the digests cover is known to this process alone.
    const bool plain = deaths_ == 0;
    job_.checkpoint_ms = plain ? plan_.checkpoint_ms : 0;
    job_.checkpoint_bytes = plain ? plan_.checkpoint_bytes : 0;
    return ok_status();
  }

  Status take(const worker::Frame& frame) {
    switch (frame.type) {
      case worker::FrameType::kOpenContents:
        return for_each_record<sweep::OpenContent>(frame, [&](const auto& row) -> Status {
          if (!row.sniffer.stands_at(row.damaged ? 0 : row.hashed.size_bytes))
            return Error{kLied, "what its checkpoint says of a content's type cannot be"};
          LIMIER_TRY(const bool known, index_.add_open_content(row.content_id, Bytes(encode(row))));
          ++open_contents_;
          return known ? ok_status() : Status(Error{kLied, "its checkpoint names a content that is not in the plan"});
        });
      case worker::FrameType::kSweepCheckpoint:
        return take_checkpoint(frame);
      default:
        return rows_.take(frame);
    }
  }

  Status take_checkpoint(const worker::Frame& frame) {
    const auto point = decode<sweep::Checkpoint>(Bytes(frame.payload));
    const auto segments = plan_.segments != nullptr ? plan_.segments->state() : std::vector<std::uint8_t>();
    if (!point || point->image_offset <= reached_ || point->image_offset >= media_size_ ||
        point->open_contents != std::exchange(open_contents_, 0) || point->media.which != job_.media_digests ||
        (job_.media_digests.any() && point->media.size_bytes != point->image_offset) ||
        (point->open_range && !catalog::validate(*point->open_range, media_size_)))
      return Error{kLied, "its checkpoint cannot be true"};
    reached_ = point->image_offset;
    return index_.put_checkpoint({point->image_offset, frame.payload, segments});
  }

  Result<Ending> pass() {
    rows_.reasons.clear();
    rows_.bad_until = rows_.loose_until = 0;
    rows_.media.reset();
    Session session;
    session.worker = "limier-sweep";
    session.job = encode(job_);
    session.sandbox = plan_.guard.sandbox;
    session.limits = plan_.guard.for_sweep(media_size_);
    session.max_row_bytes = max_row_bytes(media_size_);
    if (job_.entities)
      session.max_row_bytes += std::uint64_t{job_.keywords.empty() ? 2u : 4u} * catalog::kHitBytesPerByte * media_size_;
    session.on_frame = [&](const worker::Frame& frame) { return take(frame); };
    session.on_progress = [&](std::uint64_t done) { progress_.advanced(done); };
    session.on_container_progress = [&](std::uint64_t done) {
      if (plan_.segments != nullptr) plan_.segments->passed(done);
    };
    session.next_plan = [&]() -> Result<std::vector<std::uint8_t>> {
      worker::Batch<catalog::PlanPiece> batch;
      if (with_files_) {
        LIMIER_TRY(batch.items, index_.next_plan(kPlanBatch));
      }
      return encode(batch);
    };
    session.next_open_contents = [&]() -> Result<std::vector<std::uint8_t>> {
      worker::Batch<sweep::OpenContent> batch;
      LIMIER_TRY(const auto states, index_.next_open_contents(kOpenContentBatch));
      for (const auto& state : states)
        if (const auto content = decode<sweep::OpenContent>(Bytes(state))) batch.items.push_back(*content);
      return encode(batch);
    };
    return crew_.run(session);
  }

  // Takes back what asks too much; false when nothing is left to take back.
  bool go_on(const Ending& ending) {
    const std::uint64_t chunk = ending.item;
    const std::uint32_t attempt = ++deaths_;
    const bool alone = chunk >= job_.careful_from && chunk < job_.careful_until;
    const bool skipped = std::binary_search(job_.skip_chunks.begin(), job_.skip_chunks.end(), chunk);
    const bool over_memory = ending.kind == EndingKind::kOverMemory && attempt > 1;
    if (!alone && !over_memory && job_.skip_chunks.size() < max_quarantined_) {
      job_.careful_from = chunk;
      job_.careful_until = chunk + sweep::kMaxBytesInFlight / chunk_size_ + 2;
      note(ending, attempt, "the pass is repeated, there chunk by chunk", false, 0);
      return true;
    }
    if (alone && !over_memory && !skipped && job_.skip_chunks.size() < max_quarantined_) {
      job_.skip_chunks.insert(std::upper_bound(job_.skip_chunks.begin(), job_.skip_chunks.end(), chunk), chunk);
      note(ending, attempt, "the chunk is quarantined: its bytes are not examined", true, chunk_size_);
      return true;
    }
    const bool drop_files = with_files_;
    with_files_ = false;
    note(ending, attempt, drop_files ? "the pass is repeated without the digests of files" : "the pass is given up",
         true, 0);
    return drop_files;
  }

  void note(const Ending& ending, std::uint32_t attempt, std::string consequence, bool incomplete,
            std::uint64_t length) {
    Incident incident;
    incident.ending = ending;
    incident.stage = "sweep";
    incident.where = fmt::format("at chunk {}", ending.item);
    incident.attempt = attempt;
    incident.consequence = std::move(consequence);
    incident.image_offset = std::min(media_size_, std::min(ending.item, media_size_ / chunk_size_) * chunk_size_);
    incident.length = std::min(length, media_size_ - *incident.image_offset);
    incident.incomplete = incomplete;
    issues_.push_back(incident_issue(incident));
    progress_.note("sweep: " + ending.sentence(incident.where));
  }

  store::IndexWriter& index_;
  const SweepPlan& plan_;
  Progress& progress_;
  Crew& crew_;
  sweep::SweepJob job_;
  std::uint64_t media_size_ = 0;
  std::uint64_t chunk_size_ = kRawChunk;
  std::uint64_t max_quarantined_ = 1;
  SweepRows rows_;
  bool with_files_ = true;
  std::uint32_t deaths_ = 0;
  std::uint64_t reached_ = 0;        // image_offset of the last checkpoint
  std::uint64_t open_contents_ = 0;  // sent since then
  std::vector<catalog::IssueRecord> issues_;
};

catalog::IssueRecord unfinished_issue(const Ending& ending) {
  catalog::IssueRecord issue;
  issue.stage = "sweep";
  issue.code = "sweep-failed";
  issue.severity = catalog::Severity::kError;
  issue.message = "The pass over the media was not finished, so there are no digests: " + ending.sentence();
  issue.incomplete = true;
  return issue;
}

}  // namespace

Result<worker::WorkerStats> sweep_evidence(store::IndexWriter& index, const EvidenceSet& evidence,
                                           const sweep::ContainerMessage& container, const SweepPlan& plan,
                                           Progress& progress, Crew& crew) {
  progress.stage_started("sweep", container.size_bytes, "bytes");
  Sweeping sweeping(index, evidence, container, plan, progress, crew);
  LIMIER_TRY(const Ending ending, sweeping.run());
  if (ending.kind == EndingKind::kFinished) progress.advanced(container.size_bytes);
  progress.stage_ended();
  if (plan.segments != nullptr) {
    const SweepRows& seen = sweeping.rows();
    LIMIER_TRY(const auto damage, index.first_bad_ranges());
    const bool every_byte =
        ending.kind == EndingKind::kFinished && seen.media && damage.empty() && !sweeping.chunks_left_out();
    plan.segments->passed_all(every_byte ? seen.media->sha256 : std::nullopt);
  }
  if (ending.kind == EndingKind::kInterrupted) return ending.stats;
  for (const auto& issue : sweeping.issues()) LIMIER_CHECK(index.add(issue));
  const SweepRows& rows = sweeping.rows();
  if (ending.kind != EndingKind::kFinished || !rows.media) {
    LIMIER_CHECK(index.add(unfinished_issue(ending)));
    LIMIER_CHECK(index.finish_evidence({}, std::nullopt, false));
    return ending.stats;
  }
  LIMIER_TRY(const auto reasons, index.first_bad_ranges());  // those before a checkpoint too
  const Digests& computed = evidence.packed ? plan.packed_digests : *rows.media;
  const IntegrityFacts judged = judge_integrity(container, computed, plan.expected, reasons, !evidence.missing.empty());
  // Digests over zeros in place of chunks that were left out would be nobody's.
  const Digests digests = sweeping.chunks_left_out() ? Digests{} : computed;
  LIMIER_CHECK(index.finish_evidence(digests, verdict_of(judged), true));
  return ending.stats;
}

}  // namespace limier::app
