#include "app/crew.h"

#include <poll.h>

#include <algorithm>

namespace limier::app {
namespace {

using namespace std::chrono_literals;
using Clock = Watchdog::Clock;

constexpr auto kPoll = 100ms;

template <Record T>
T decode_or_empty(const worker::Frame& frame) {
  return decode<T>(Bytes(frame.payload)).value_or(T{});
}

}  // namespace

// One worker from its first frame to its last.
class Crew::Member {
 public:
  Member(Session session, Ended ended, std::unique_ptr<worker::Process> process)
      : session_(std::move(session)),
        ended_(std::move(ended)),
        process_(std::move(process)),
        watchdog_(*process_, session_.limits) {}

  void begin() {
    if (!process_->channel().send(worker::FrameType::kJob, Bytes(session_.job)).ok()) end(EndingKind::kCrashed);
  }
  // Takes one frame if one is there; how long that took is our time, nobody else's.
  Result<bool> take_one() {
    auto received = process_->channel().receive(0ms);
    if (!received.ok()) {
      const bool gone = received.error().kind == ErrorKind::kTemporary;
      ending_.error = std::move(received.error());
      end(gone ? EndingKind::kCrashed : EndingKind::kMisbehaved);
      return true;
    }
    if (!received->has_value()) return false;
    LIMIER_CHECK(take(**received));
    return true;
  }
  void forgive(Clock::duration spent) { watchdog_.forgive(spent); }
  void watch() {
    if (over_) return;
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
  }
  void interrupt() {
    if (!over_) end(EndingKind::kInterrupted);
  }
  [[nodiscard]] bool over() const { return over_; }
  [[nodiscard]] int fd() const { return process_->channel().fd(); }
  Status say_ended() { return ended_(ending_); }

 private:
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
      case worker::FrameType::kItemRequest:
        return give_item();
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
    return give(session_.next_plan, worker::FrameType::kPlan);
  }
  Status give_open_contents() {
    return give(session_.next_open_contents, worker::FrameType::kOpenContents);
  }
  Status give_item() {
    return give(session_.next_item, worker::FrameType::kItem);
  }

  Status give(const std::function<Result<std::vector<std::uint8_t>>()>& next, worker::FrameType answer) {
    if (!next) return misbehaved("it asked for work that is not its own");
    LIMIER_TRY(const auto payload, next());
    if (!process_->channel().send(answer, Bytes(payload)).ok()) end(EndingKind::kCrashed);
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
    ending_.stage = process_->journal().stage.load();
    ending_.item = process_->journal().item.load();
    ending_.lasted = Clock::now() - started_;
    ending_.unaccounted = watchdog_.unaccounted();
    if (kind != EndingKind::kCrashed && kind != EndingKind::kFinished) process_->kill();
    ending_.exit = process_->wait();
  }

  const Session session_;
  const Ended ended_;
  std::unique_ptr<worker::Process> process_;
  Watchdog watchdog_;
  Ending ending_;
  Clock::time_point started_ = Clock::now();
  std::uint64_t row_bytes_ = 0;
  bool ready_ = false;
  bool over_ = false;
};

Crew::Crew(const EvidenceSet& evidence, const std::atomic<int>& stop_signal)
    : evidence_(evidence), stop_signal_(stop_signal) {}
Crew::~Crew() = default;

Status Crew::add(const Session& session, Ended ended) {
  LIMIER_TRY(auto process, worker::spawn({session.worker, evidence_.raw_fds(), session.zone, session.sandbox}));
  members_.push_back(std::make_unique<Member>(session, std::move(ended), std::move(process)));
  members_.back()->begin();
  return ok_status();
}

Status Crew::start(Session session, Ended ended) {
  return add(session, std::move(ended));
}

Result<Ending> Crew::run(const Session& session) {
  for (int kills = 0;;) {
    std::optional<Ending> ending;
    LIMIER_CHECK(add(session, [&](const Ending& last) {
      ending = last;
      return ok_status();
    }));
    while (!ending) LIMIER_CHECK(turn());
    if (!ending->killed_from_outside() || !session.begin_again || ++kills == kMaxKills) return std::move(*ending);
    LIMIER_CHECK(session.begin_again());
  }
}

Status Crew::turn() {
  if (stop_signal_.load() != 0)
    for (const auto& member : members_) member->interrupt();
  bool quiet = true;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    if (members_[i]->over()) continue;
    const auto before = Clock::now();
    LIMIER_TRY(const bool taken, members_[i]->take_one());
    if (!taken) continue;
    quiet = false;
    const auto spent = Clock::now() - before;
    for (const auto& member : members_) member->forgive(spent);
  }
  for (const auto& member : members_) member->watch();
  // Those that have ended leave before any is told of it: what it starts then comes behind the others.
  std::vector<std::unique_ptr<Member>> ended;
  std::erase_if(members_, [&](auto& member) {
    if (!member->over()) return false;
    ended.push_back(std::move(member));
    return true;
  });
  for (const auto& member : ended) LIMIER_CHECK(member->say_ended());
  if (!quiet || !ended.empty()) return ok_status();
  std::vector<pollfd> entries;
  for (const auto& member : members_) entries.push_back({member->fd(), POLLIN, 0});
  (void)::poll(entries.data(), entries.size(), static_cast<int>(kPoll / 1ms));
  return ok_status();
}

}  // namespace limier::app
