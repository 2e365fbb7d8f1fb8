#include "app/session.h"

#include <fmt/format.h>
#include <signal.h>
#include <string.h>

#include <algorithm>

namespace limier::app {
namespace {

using namespace std::chrono_literals;
using Clock = Watchdog::Clock;

constexpr auto kPoll = 100ms;
constexpr std::uint64_t kRowBytesFloor = 64ull << 20;
constexpr std::uint64_t kSmallVolume = 1ull << 30;
constexpr std::uint64_t kRowBytesPerByte = 8;  // of a small volume: FAT entries of 32 bytes become rows of 200

template <Record T>
T decode_or_empty(const worker::Frame& frame) {
  return decode<T>(Bytes(frame.payload)).value_or(T{});
}

// One worker from its first frame to its last.
class Conversation {
 public:
  Conversation(const Session& session, worker::Process& process)
      : session_(session), process_(process), watchdog_(process, session.limits) {}

  Result<Ending> run(const std::atomic<int>& stop_signal) {
    if (!process_.channel().send(worker::FrameType::kJob, Bytes(session_.job)).ok()) end(EndingKind::kCrashed);
    while (!over_) {
      if (stop_signal.load() != 0) {
        end(EndingKind::kInterrupted);
        break;
      }
      LIMIER_CHECK(step());
    }
    return std::move(ending_);
  }

 private:
  Status step() {
    auto received = process_.channel().receive(kPoll);
    if (!received.ok()) {
      const bool gone = received.error().kind == ErrorKind::kTemporary;
      ending_.error = std::move(received.error());
      end(gone ? EndingKind::kCrashed : EndingKind::kMisbehaved);
      return ok_status();
    }
    if (received->has_value()) {
      const auto before = Clock::now();
      LIMIER_CHECK(take(**received));
      watchdog_.forgive(Clock::now() - before);
    }
    if (over_) return ok_status();
    ending_.verdict = watchdog_.look();
    switch (ending_.verdict) {
      case WatchVerdict::kFine:
        break;
      case WatchVerdict::kSilent:
      case WatchVerdict::kItemTooLong:
        end(EndingKind::kStalled);
        break;
      case WatchVerdict::kJobTooLong:
        end(EndingKind::kOverTime);
        break;
      case WatchVerdict::kOverMemory:
        end(EndingKind::kOverMemory);
        break;
    }
    return ok_status();
  }

  Status take(const worker::Frame& frame) {
    if (!ready_ && frame.type != worker::FrameType::kReady && frame.type != worker::FrameType::kFailed)
      return misbehaved("it sent rows before it was in its jail");
    switch (frame.type) {
      case worker::FrameType::kReady:
        return take_ready(frame);
      case worker::FrameType::kProgress:
        report_progress(decode_or_empty<worker::ProgressMessage>(frame));
        return ok_status();
      case worker::FrameType::kDone:
        ending_.stats = decode_or_empty<worker::WorkerStats>(frame);
        end(EndingKind::kFinished);
        return ok_status();
      case worker::FrameType::kFailed: {
        const auto failure = decode_or_empty<worker::WorkerError>(frame);
        ending_.error = {failure.kind, failure.message};
        end(EndingKind::kFailed);
        return ok_status();
      }
      case worker::FrameType::kPlanRequest:
        return give_plan();
      case worker::FrameType::kOpenRequest:
        return give_open_contents();
      // They replace each other in the index, so they are not counted as rows.
      case worker::FrameType::kOpenContents:
      case worker::FrameType::kSweepCheckpoint:
        return blame_lies(session_.on_frame(frame));
      case worker::FrameType::kCheckpoint:
        if (!session_.on_checkpoint) return misbehaved("it sent an unexpected frame");
        return blame_lies(session_.on_checkpoint(decode_or_empty<worker::ProgressMessage>(frame).done));
      default:
        row_bytes_ += frame.payload.size();
        watchdog_.rows_came(frame.payload.size());
        if (row_bytes_ > session_.max_row_bytes)
          return misbehaved("it sent more rows than its part of the evidence can hold");
        return blame_lies(session_.on_frame(frame));
    }
  }

  void report_progress(const worker::ProgressMessage& message) {
    if (session_.on_progress) session_.on_progress(message.done);
    if (session_.on_container_progress) session_.on_container_progress(message.container_done);
  }

  Status take_ready(const worker::Frame& frame) {
    if (ready_) return misbehaved("it entered its jail twice");
    ready_ = true;
    ending_.sandbox = decode_or_empty<worker::SandboxReport>(frame);
#if !defined(LIMIER_SANITIZED)
    if (session_.sandbox && !ending_.sandbox.seccomp) return misbehaved("it says that it is in no jail");
#endif
    return ok_status();
  }

  Status give_plan() {
    if (!session_.next_plan) return misbehaved("it asked for a plan where there is none");
    LIMIER_TRY(const auto plan, session_.next_plan());
    if (!process_.channel().send(worker::FrameType::kPlan, Bytes(plan)).ok()) end(EndingKind::kCrashed);
    return ok_status();
  }

  Status give_open_contents() {
    if (!session_.next_open_contents) return misbehaved("it asked for contents where there are none");
    LIMIER_TRY(const auto contents, session_.next_open_contents());
    if (!process_.channel().send(worker::FrameType::kOpenContents, Bytes(contents)).ok()) end(EndingKind::kCrashed);
    return ok_status();
  }

  // A row that cannot be true is the worker's fault, a row that cannot be stored is ours.
  Status blame_lies(Status status) {
    if (status.ok() || status.error().kind != kLied) return status;
    return misbehaved(std::move(status.error().message));
  }

  Status misbehaved(std::string why) {
    ending_.error = {kLied, std::move(why)};
    end(EndingKind::kMisbehaved);
    return ok_status();
  }

  void end(EndingKind kind) {
    over_ = true;
    ending_.kind = kind;
    ending_.stage = process_.journal().stage.load();
    ending_.item = process_.journal().item.load();
    ending_.lasted = Clock::now() - started_;
    ending_.unaccounted = watchdog_.unaccounted();
    if (kind != EndingKind::kCrashed && kind != EndingKind::kFinished) process_.kill();
    ending_.exit = process_.wait();
  }

  const Session& session_;
  worker::Process& process_;
  Watchdog watchdog_;
  Ending ending_;
  Clock::time_point started_ = Clock::now();
  std::uint64_t row_bytes_ = 0;
  bool ready_ = false;
  bool over_ = false;
};

std::string signal_words(int signal) {
  if (signal == SIGSYS) return "the jail, for a system call that is not allowed,";
  const char* name = sigabbrev_np(signal);
  return fmt::format("signal {} ({})", signal, name != nullptr ? name : "unknown");
}

}  // namespace

bool Ending::died() const {
  return kind == EndingKind::kCrashed || kind == EndingKind::kStalled || kind == EndingKind::kOverTime ||
         kind == EndingKind::kOverMemory || kind == EndingKind::kMisbehaved ||
         (kind == EndingKind::kFailed && error.kind == ErrorKind::kInternal);
}

bool Ending::killed_from_outside() const {
  return kind == EndingKind::kCrashed && exit.signalled && exit.code == SIGKILL;
}

std::string Ending::sentence(std::string where) const {
  if (where.empty()) where = fmt::format("at item {}", item);
  switch (kind) {
    case EndingKind::kFinished:
      return "finished";
    case EndingKind::kFailed:
      return error.message;
    case EndingKind::kCrashed:
      return exit.signalled ? fmt::format("the worker was ended by {} {}", signal_words(exit.code), where)
                            : fmt::format("the worker ended by itself with status {} {}", exit.code, where);
    case EndingKind::kStalled:
      return fmt::format("the worker made no progress and was ended {}", where);
    case EndingKind::kOverTime:
      return fmt::format("the worker took longer than what it has read and found accounts for and was ended {}", where);
    case EndingKind::kOverMemory:
      return fmt::format("the worker used more memory than it may and was ended {}", where);
    case EndingKind::kMisbehaved:
      return fmt::format("the worker was ended {}: {}", where, error.message);
    case EndingKind::kInterrupted:
      return "interrupted";
  }
  return {};
}

std::string Ending::cause() const {
  switch (kind) {
    case EndingKind::kFinished:
    case EndingKind::kInterrupted:
      return {};
    case EndingKind::kCrashed:
      if (!exit.signalled) return fmt::format("exit status {}", exit.code);
      return exit.code == SIGSYS ? "forbidden system call" : signal_words(exit.code);
    case EndingKind::kStalled:
      return verdict == WatchVerdict::kItemTooLong ? "one item for too long" : "no sign of life";
    case EndingKind::kOverTime:
      return "too long for what it has read and found";
    case EndingKind::kOverMemory:
      return "too much memory";
    case EndingKind::kFailed:
    case EndingKind::kMisbehaved:
      return error.message;
  }
  return {};
}

std::uint64_t max_row_bytes(std::uint64_t bytes) {
  const std::uint64_t small = std::min(bytes, kSmallVolume);
  return kRowBytesFloor + kRowBytesPerByte * small + (bytes - small) / 2;
}

Result<Ending> run_session(const Session& session, const EvidenceSet& evidence, const std::atomic<int>& stop_signal) {
  for (int kills = 0;;) {
    LIMIER_TRY(auto process, worker::spawn({session.worker, evidence.raw_fds(), session.zone, session.sandbox}));
    LIMIER_TRY(Ending ending, Conversation(session, *process).run(stop_signal));
    if (!ending.killed_from_outside() || !session.begin_again || ++kills == kMaxKills) return ending;
    LIMIER_CHECK(session.begin_again());
  }
}

}  // namespace limier::app
