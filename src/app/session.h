// One worker doing one job under watch.
#pragma once

#include <atomic>
#include <functional>

#include "app/evidence_set.h"
#include "app/watchdog.h"
#include "limier/worker.h"

namespace limier::app {

constexpr int kMaxKills = 4;  // of workers for one job, or between two checkpoints, by somebody else

enum class EndingKind : std::uint8_t {
  kFinished,
  kFailed,
  kCrashed,
  kStalled,
  kOverTime,
  kOverMemory,
  kMisbehaved,
  kInterrupted
};

struct Ending {
  EndingKind kind = EndingKind::kFinished;
  Error error;  // kFailed: what the worker said; kMisbehaved: what was wrong with its frames
  WatchVerdict verdict = WatchVerdict::kFine;  // kStalled, kOverTime, kOverMemory: what the watchdog said
  worker::ExitInfo exit;
  std::uint32_t stage = 0;  // what the journal said last
  std::uint64_t item = 0;
  std::chrono::steady_clock::duration lasted{};
  Milliseconds unaccounted{0};  // of that, what the work done does not account for
  worker::WorkerStats stats;    // kFinished
  worker::SandboxReport sandbox;

  // The worker is to blame, and a fresh one may do better: it died, stalled, grew, lied or broke off. A step that the
  // evidence makes impossible is kFailed too, but no such thing.
  [[nodiscard]] bool died() const;
  // By a SIGKILL that was none of ours: an operator, or the kernel out of memory. It says nothing about the evidence.
  [[nodiscard]] bool killed_from_outside() const;
  // Why it ended, for issue rows and messages; `where` says what it was at ("at entry 77"), by default the item.
  [[nodiscard]] std::string sentence(std::string where = "") const;
  // The same in a few words that do not depend on the item: "signal 11 (SEGV)", "no sign of life". "" when it finished.
  [[nodiscard]] std::string cause() const;
};

struct Session {
  std::string worker;             // "limier-fs" or "limier-sweep"
  std::vector<std::uint8_t> job;  // encoded FsJob or SweepJob
  std::string zone = "UTC";
  bool sandbox = true;
  WatchLimits limits;
  // Rows a worker may send, in bytes: a worker that lies must not fill the examiner's disk.
  std::uint64_t max_row_bytes = 1ull << 30;
  // Each frame that is not the session's own business. An error ends the session and is returned.
  std::function<Status(const worker::Frame&)> on_frame;
  // Takes back what the worker sent, so that another can do the whole job: called when it was killed from outside, a
  // few times at most. Without it that is an ending like others.
  std::function<Status()> begin_again;
  // All rows of so many items of the job have come.
  std::function<Status(std::uint64_t)> on_checkpoint;
  // The next part of the plan, encoded; called when the worker asks for it.
  std::function<Result<std::vector<std::uint8_t>>()> next_plan;
  // The same for the open contents of a checkpoint.
  std::function<Result<std::vector<std::uint8_t>>()> next_open_contents;
  // limier-content: the next item, encoded; empty: there are no more.
  std::function<Result<std::vector<std::uint8_t>>()> next_item;
  std::function<void(std::uint64_t)> on_progress;
  std::function<void(std::uint64_t)> on_container_progress;  // limier-sweep: bytes of the segments it is through with
};

// Rows that `bytes` of a volume or medium can sensibly give rise to, in bytes. Small ones may consist of nothing but
// names; a large one never does.
std::uint64_t max_row_bytes(std::uint64_t bytes);

// on_frame returns this kind when the frame itself is unacceptable: the worker is to blame and is ended.
inline constexpr ErrorKind kLied = ErrorKind::kEvidence;

// Runs the job to its end, whatever that is. Error: ours (a row could not be stored, the worker could not be started).
Result<Ending> run_session(const Session& session, const EvidenceSet& evidence, const std::atomic<int>& stop_signal);

// Hands each record of a Batch<T> frame to `each`; a payload that is no batch of T is an error.
template <Record T, class Each>
Status for_each_record(const worker::Frame& frame, const Each& each) {
  Status done = ok_status();
  const bool whole = decode_each<T>(Bytes(frame.payload), [&](const T& item) {
    done = each(item);
    return done.ok();
  });
  return whole ? done : Error{kLied, "it sent a batch that cannot be decoded"};
}

}  // namespace limier::app
