// One worker doing one job under watch.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>

#include "app/evidence_set.h"
#include "limier/worker.h"

namespace limier::app {

enum class EndingKind : std::uint8_t { kFinished, kFailed, kCrashed, kStalled, kMisbehaved, kInterrupted };

struct Ending {
  EndingKind kind = EndingKind::kFinished;
  Error error;              // kFailed: what the worker said; kMisbehaved: what was wrong with its frames
  worker::ExitInfo exit;    // kCrashed
  std::uint32_t stage = 0;  // what the journal said last
  std::uint64_t item = 0;
  worker::WorkerStats stats;  // kFinished
  worker::SandboxReport sandbox;

  [[nodiscard]] std::string sentence() const;  // why it ended, for issue rows and messages
};

struct Session {
  std::string worker;             // "limier-fs" or "limier-sweep"
  std::vector<std::uint8_t> job;  // encoded FsJob or SweepJob
  std::string zone = "UTC";
  bool sandbox = true;
  // A worker that shows no sign of life for stall_limit is deadlocked or stuck in one library call; one that lives but
  // stays on one item for item_limit loops over it.
  std::chrono::milliseconds stall_limit{30'000};
  std::chrono::milliseconds item_limit{300'000};
  // Each frame that is not the session's own business. An error ends the session and is returned.
  std::function<Status(const worker::Frame&)> on_frame;
  // The next part of the plan, encoded; called when the worker asks for it.
  std::function<Result<std::vector<std::uint8_t>>()> next_plan;
  std::function<void(std::uint64_t)> on_progress;
};

// on_frame returns this kind when the frame itself is unacceptable: the worker is to blame and is ended.
inline constexpr ErrorKind kLied = ErrorKind::kEvidence;

// Runs the job to its end, whatever that is. Error: ours (a row could not be stored, the worker could not be started).
Result<Ending> run_session(const Session& session, const EvidenceSet& evidence, const std::atomic<int>& stop_signal);

// Hands each record of a Batch<T> frame to `each`; a payload that is no batch of T is an error.
template <Record T, class Each>
Status for_each_record(const worker::Frame& frame, const Each& each) {
  const auto batch = decode<worker::Batch<T>>(Bytes(frame.payload));
  if (!batch) return Error{kLied, "it sent a batch that cannot be decoded"};
  for (const T& item : batch->items) LIMIER_CHECK(each(item));
  return ok_status();
}

}  // namespace limier::app
