// What the container says about itself, as the jobs share it: asked of limier-sweep, compared, judged.
#pragma once

#include "app/session.h"
#include "limier/app.h"

namespace limier::app {

// How workers are held: in a jail or not, and within which limits. Figures and reasons: docs/isolation.md.
struct Guard {
  bool sandbox = true;
  Milliseconds stall{30'000};
  Milliseconds slack{600'000};
  std::uint64_t fs_worker_bytes = 0, sweep_worker_bytes = 0, tree_bytes = 0;

  // For limier-fs over so many bytes of evidence, and for limier-sweep.
  [[nodiscard]] WatchLimits for_fs(std::uint64_t evidence_bytes) const;
  [[nodiscard]] WatchLimits for_sweep(std::uint64_t evidence_bytes) const;
};

struct ContainerFacts {
  sweep::ContainerMessage container;
  worker::SandboxReport sandbox;
};
// A worker that died over it is given a second chance; then the evidence cannot be examined.
// `image_offsets`: bytes of the media whose places in the container are to be told too, with `bytes_there` of the bytes
// that begin there.
Result<ContainerFacts> describe_evidence(EvidenceSet& evidence, const Guard& guard, const std::atomic<int>& stop_signal,
                                         const std::vector<std::uint64_t>& image_offsets = {},
                                         std::uint32_t bytes_there = 0);

// Digests of the medium that are wanted, whoever computes them; see media_digest_set.
DigestSet wanted_digests(const std::optional<DigestSet>& asked, const sweep::ContainerMessage& container,
                         const Digests& expected);
// Digests asked for with --digests, or the default: those stored or expected plus SHA-256; MD5 and SHA-256 for raw.
// Expected ones are always computed: a digest that was given is a question that must be answered.
DigestSet media_digest_set(const std::optional<DigestSet>& asked, const sweep::ContainerMessage& container,
                           const Digests& expected);

struct IntegrityFacts {
  bool digest_mismatch = false;
  bool compared = false;  // at least one computed digest had a stored or expected one to stand against
  bool chunk_damage = false;
  bool image_short = false;
};
IntegrityFacts judge_integrity(const sweep::ContainerMessage& container, const Digests& computed,
                               const Digests& expected, const std::vector<catalog::BadRange>& bad_ranges,
                               bool segments_missing);
store::Verdict verdict_of(const IntegrityFacts& facts);

// Memory for a job's caches and processes from --memory; 0 takes the default.
struct MemoryPlan {
  std::uint64_t cache_bytes = 96u << 20;  // holds the MFT of 90,000 files, which is walked through several times
  std::uint64_t stash_bytes = 128u << 20;
  std::int64_t rows_in_memory = 2'000'000;  // kRowInMemoryBytes each
  // What a worker may have resident before it is ended: below what its address space is limited to, so that damage
  // which makes libtsk grow ends the worker and does not show as errors here and there.
  std::uint64_t fs_worker_bytes = 1792ull << 20;
  std::uint64_t sweep_worker_bytes = 1792ull << 20;
  std::uint64_t tree_bytes = 4ull << 30;  // of all processes together
};
MemoryPlan plan_memory(std::uint64_t memory_bytes);
Guard make_guard(bool sandbox, std::uint32_t stall_seconds, const MemoryPlan& memory,
                 std::uint32_t slack_seconds = kSlackSeconds);
std::uint32_t plan_jobs(std::uint32_t jobs);

// A session that ended other than well, as an Error for jobs that cannot go on without it.
Error error_of(const Ending& ending, std::string_view what);

}  // namespace limier::app
