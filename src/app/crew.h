// All workers that are at work at a time, in one loop: whatever any of them sends is taken, and each is watched.
#pragma once

#include <memory>

#include "app/session.h"

namespace limier::app {

class Crew {
 public:
  // Called once a session has ended, from run() or turn(); it may start others. An error ends the loop.
  using Ended = std::function<Status(const Ending&)>;

  Crew(const EvidenceSet& evidence, const std::atomic<int>& stop_signal);
  ~Crew();  // ends whoever is still at work
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  // Starts a worker that is at work beside others. Error: it could not be started.
  Status start(Session session, Ended ended);
  // Runs `session` to its end, whatever that is; those that were started go on beside it. Error: ours (a row could not
  // be stored, a worker could not be started), or one of an `ended`.
  Result<Ending> run(const Session& session);
  // One round: takes a frame of each that has sent one, or waits a moment for one.
  Status turn();
  [[nodiscard]] std::size_t at_work() const { return members_.size(); }

 private:
  class Member;
  Status add(const Session& session, Ended ended);

  const EvidenceSet& evidence_;
  const std::atomic<int>& stop_signal_;
  std::vector<std::unique_ptr<Member>> members_;
};

}  // namespace limier::app
