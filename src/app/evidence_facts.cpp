#include "app/evidence_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "app/digests_beside.h"
#include "app/packed_evidence.h"

namespace limier::app {
namespace {

// With less than this the programs, their libraries and the index alone do not fit.
constexpr std::uint64_t kLeastTree = 384ull << 20;
constexpr int kAttempts = 2;

}  // namespace

Error error_of(const Ending& ending, std::string_view what) {
  switch (ending.kind) {
    case EndingKind::kInterrupted:
      return {ErrorKind::kInterrupted, "interrupted"};
    case EndingKind::kFailed:
      return ending.error;
    default:
      return {ErrorKind::kEvidence, fmt::format("{} could not be examined: {}", what, ending.sentence())};
  }
}

WatchLimits Guard::for_fs(std::uint64_t evidence_bytes) const {
  WatchLimits limits;
  limits.stall = stall;
  // One call of libtsk may look at every entry of a volume.
  limits.item = std::max(limits.item, 10 * stall) + std::chrono::seconds(evidence_bytes >> 30);
  limits.session = session_limit(evidence_bytes) + 10 * stall;
  limits.worker_bytes = fs_worker_bytes;
  limits.tree_bytes = tree_bytes;
  limits.slack = slack;
  limits.evidence_bytes = evidence_bytes;
  return limits;
}

WatchLimits Guard::for_sweep(std::uint64_t evidence_bytes) const {
  WatchLimits limits = for_fs(evidence_bytes);
  limits.item = limits.session;    // one stretch of the media may complete a file that has to be read again as a whole
  limits.slack = Milliseconds(0);  // it goes from the first byte to the last
  limits.worker_bytes = sweep_worker_bytes;
  return limits;
}

Guard make_guard(bool sandbox, std::uint32_t stall_seconds, const MemoryPlan& memory, std::uint32_t slack_seconds) {
  return {.sandbox = sandbox,
          .stall = std::chrono::seconds(stall_seconds),
          .slack = std::chrono::seconds(slack_seconds),
          .fs_worker_bytes = memory.fs_worker_bytes,
          .sweep_worker_bytes = memory.sweep_worker_bytes,
          .tree_bytes = memory.tree_bytes};
}

Result<ContainerFacts> describe_evidence(EvidenceSet& evidence, const Guard& guard, const std::atomic<int>& stop_signal,
                                         const std::vector<std::uint64_t>& image_offsets, std::uint32_t bytes_there) {
  if (evidence::is_packed_tar(evidence.spec.format) && !evidence.packed)
    LIMIER_CHECK(unpack_evidence(evidence, guard, stop_signal));
  sweep::SweepJob job;
  job.kind = sweep::SweepJobKind::kContainer;
  job.evidence = evidence.spec;
  job.image_offsets = image_offsets;
  job.bytes_there = bytes_there;
  const auto is_there = [&](const std::optional<evidence::ContainerPlace>& place) {
    return !place || (place->segment < evidence.spec.segments.size() &&
                      place->segment_offset < evidence.spec.segments[place->segment].size_bytes);
  };
  std::optional<sweep::ContainerMessage> message;
  Session session;
  session.worker = "limier-sweep";
  session.job = encode(job);
  session.sandbox = guard.sandbox;
  session.limits = guard.for_sweep(evidence.total_bytes());
  session.on_frame = [&](const worker::Frame& frame) -> Status {
    if (frame.type != worker::FrameType::kContainer) return Error{kLied, "it sent an unexpected frame"};
    message = decode<sweep::ContainerMessage>(Bytes(frame.payload));
    if (!message || message->sector_size == 0 || message->header_names.size() != message->header_values.size())
      return Error{kLied, "its description of the container is malformed"};
    if (message->places.size() != image_offsets.size() || message->bytes.size() != image_offsets.size() ||
        !std::ranges::all_of(message->places, is_there))
      return Error{kLied, "it names places that are not in the container"};
    return ok_status();
  };
  session.begin_again = [&] { return message.reset(), ok_status(); };
  Ending ending;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    message.reset();
    LIMIER_TRY(ending, run_session(session, evidence, stop_signal));
    if (!ending.died()) break;
  }
  if (ending.kind != EndingKind::kFinished || !message) return error_of(ending, evidence.path);
  evidence.spec.format = message->format;
  // Places in what was unpacked are none in the file.
  if (evidence.packed)
    for (auto& place : message->places) place.reset();
  if (evidence::is_extraction(message->format)) add_digests_beside(evidence, *message);
  return ContainerFacts{std::move(*message), ending.sandbox};
}

DigestSet wanted_digests(const std::optional<DigestSet>& asked, const sweep::ContainerMessage& container,
                         const Digests& expected) {
  DigestSet set;
  if (asked) {
    set = *asked;
  } else {
    set.md5 = container.stored_md5.has_value();
    set.sha1 = container.stored_sha1.has_value();
    set.sha256 = true;
    if (evidence::is_plain(container.format)) set.md5 = true;
  }
  set.md5 = set.md5 || expected.md5;
  set.sha1 = set.sha1 || expected.sha1;
  set.sha256 = set.sha256 || expected.sha256;
  return set;
}

DigestSet media_digest_set(const std::optional<DigestSet>& asked, const sweep::ContainerMessage& container,
                           const Digests& expected) {
  // The files of a folder have digests, and the list of them has one. What lies packed had its own while it was
  // unpacked.
  const bool elsewhere = container.format == evidence::Format::kFolder || evidence::is_packed_tar(container.format);
  return elsewhere ? DigestSet{} : wanted_digests(asked, container, expected);
}

IntegrityFacts judge_integrity(const sweep::ContainerMessage& container, const Digests& computed,
                               const Digests& expected, const std::vector<catalog::BadRange>& bad_ranges,
                               bool segments_missing) {
  IntegrityFacts facts;
  const auto compare = [&](const auto& left, const auto& right) {
    if (!left || !right) return;
    facts.compared = true;
    if (*left != *right) facts.digest_mismatch = true;
  };
  compare(computed.md5, container.stored_md5);
  compare(computed.sha1, container.stored_sha1);
  compare(computed.sha256, container.stored_sha256);
  compare(computed.md5, expected.md5);
  compare(computed.sha1, expected.sha1);
  compare(computed.sha256, expected.sha256);
  facts.image_short = segments_missing;
  for (const catalog::BadRange& range : bad_ranges) {
    if (range.reason == evidence::chunk_state_reason(evidence::ChunkState::kMissing) ||
        range.reason == evidence::chunk_state_reason(evidence::ChunkState::kQuarantined))
      facts.image_short = true;
    else if (range.reason != "acquisition-error")
      facts.chunk_damage = true;
  }
  return facts;
}

store::Verdict verdict_of(const IntegrityFacts& facts) {
  if (facts.image_short) return store::Verdict::kIncomplete;
  if (facts.chunk_damage) return store::Verdict::kDamaged;
  if (facts.digest_mismatch) return store::Verdict::kMismatch;
  return facts.compared ? store::Verdict::kVerified : store::Verdict::kNoStoredDigest;
}

MemoryPlan plan_memory(std::uint64_t memory_bytes) {
  if (memory_bytes == 0) return {};
  MemoryPlan plan;
  plan.tree_bytes = std::max(memory_bytes, kLeastTree);
  plan.fs_worker_bytes = std::min(plan.fs_worker_bytes, plan.tree_bytes);
  plan.sweep_worker_bytes = std::min(plan.sweep_worker_bytes, plan.tree_bytes);
  plan.cache_bytes = std::clamp<std::uint64_t>(memory_bytes / 8, 4u << 20, 96u << 20);
  plan.rows_in_memory = static_cast<std::int64_t>(
      std::clamp<std::uint64_t>(memory_bytes / 8 / store::IndexWriter::kRowInMemoryBytes, 1, 2'000'000));
  plan.stash_bytes = std::clamp<std::uint64_t>(memory_bytes / 3, 4u << 20, 1ull << 30);
  return plan;
}

std::uint32_t plan_jobs(std::uint32_t jobs) {
  return jobs != 0 ? jobs : std::max(1u, std::thread::hardware_concurrency());
}

}  // namespace limier::app
