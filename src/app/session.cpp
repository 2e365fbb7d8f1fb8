#include "app/session.h"

#include <fmt/format.h>
#include <string.h>

namespace limier::app {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kPoll = 100ms;

class Watchdog {
 public:
  Watchdog(const worker::Journal& journal, const Session& session)
      : journal_(journal), stall_limit_(session.stall_limit), item_limit_(session.item_limit) {}
  // True when the worker has to be ended.
  bool stalled() {
    const auto now = Clock::now();
    const std::uint64_t beat = journal_.beat.load(std::memory_order_relaxed);
    const std::uint64_t item = journal_.item.load(std::memory_order_relaxed);
    const std::uint32_t stage = journal_.stage.load(std::memory_order_relaxed);
    if (beat != beat_) beat_ = beat, beat_since_ = now;
    if (item != item_ || stage != stage_) item_ = item, stage_ = stage, item_since_ = now;
    return now - beat_since_ > stall_limit_ || now - item_since_ > item_limit_;
  }
  // Time the supervisor spends on its own work is not the worker's.
  void forgive() { beat_since_ = item_since_ = Clock::now(); }

 private:
  const worker::Journal& journal_;
  std::chrono::milliseconds stall_limit_, item_limit_;
  std::uint64_t beat_ = 0, item_ = 0;
  std::uint32_t stage_ = 0;
  Clock::time_point beat_since_ = Clock::now(), item_since_ = Clock::now();
};

Ending ended(EndingKind kind, worker::Process& process, Ending ending) {
  ending.kind = kind;
  ending.stage = process.journal().stage.load();
  ending.item = process.journal().item.load();
  if (kind != EndingKind::kCrashed && kind != EndingKind::kFinished) process.kill();
  ending.exit = process.wait();
  return ending;
}

template <Record T>
T decode_or_empty(const worker::Frame& frame) {
  return decode<T>(Bytes(frame.payload)).value_or(T{});
}

}  // namespace

std::string Ending::sentence() const {
  switch (kind) {
    case EndingKind::kFinished:
      return "finished";
    case EndingKind::kFailed:
      return error.message;
    case EndingKind::kCrashed:
      return exit.signalled
                 ? fmt::format("the worker was ended by signal {} ({}) at item {}", exit.code,
                               sigabbrev_np(exit.code) != nullptr ? sigabbrev_np(exit.code) : "unknown", item)
                 : fmt::format("the worker ended by itself with status {} at item {}", exit.code, item);
    case EndingKind::kStalled:
      return fmt::format("the worker made no progress and was ended, at item {}", item);
    case EndingKind::kMisbehaved:
      return fmt::format("the worker was ended: {}", error.message);
    case EndingKind::kInterrupted:
      return "interrupted";
  }
  return {};
}

Result<Ending> run_session(const Session& session, const EvidenceSet& evidence, const std::atomic<int>& stop_signal) {
  LIMIER_TRY(auto process, worker::spawn({session.worker, evidence.raw_fds(), session.zone, session.sandbox}));
  worker::Channel& channel = process->channel();
  Ending ending;
  Watchdog watchdog(process->journal(), session);
  if (!channel.send(worker::FrameType::kJob, Bytes(session.job)).ok())
    return ended(EndingKind::kCrashed, *process, ending);

  for (;;) {
    if (stop_signal.load() != 0) return ended(EndingKind::kInterrupted, *process, ending);
    auto received = channel.receive(kPoll);
    if (!received.ok()) {
      ending.error = received.error();
      const bool gone = ending.error.kind == ErrorKind::kTemporary;
      return ended(gone ? EndingKind::kCrashed : EndingKind::kMisbehaved, *process, ending);
    }
    if (!received->has_value()) {
      if (watchdog.stalled()) return ended(EndingKind::kStalled, *process, ending);
      continue;
    }
    const worker::Frame& frame = **received;
    switch (frame.type) {
      case worker::FrameType::kReady:
        ending.sandbox = decode_or_empty<worker::SandboxReport>(frame);
        break;
      case worker::FrameType::kProgress:
        if (session.on_progress) session.on_progress(decode_or_empty<worker::ProgressMessage>(frame).done);
        break;
      case worker::FrameType::kDone:
        ending.stats = decode_or_empty<worker::WorkerStats>(frame);
        return ended(EndingKind::kFinished, *process, ending);
      case worker::FrameType::kFailed: {
        const auto failure = decode_or_empty<worker::WorkerError>(frame);
        ending.error = {failure.kind, failure.message};
        return ended(EndingKind::kFailed, *process, ending);
      }
      case worker::FrameType::kPlanRequest: {
        if (!session.next_plan) {
          ending.error = {ErrorKind::kInternal, "it asked for a plan where there is none"};
          return ended(EndingKind::kMisbehaved, *process, ending);
        }
        LIMIER_TRY(const auto plan, session.next_plan());
        if (!channel.send(worker::FrameType::kPlan, Bytes(plan)).ok())
          return ended(EndingKind::kCrashed, *process, ending);
        break;
      }
      default:
        if (auto status = session.on_frame(frame); !status.ok()) {
          if (status.error().kind != kLied) return std::move(status.error());
          ending.error = status.error();
          return ended(EndingKind::kMisbehaved, *process, ending);
        }
        break;
    }
    watchdog.forgive();
  }
}

}  // namespace limier::app
