// Decides when a worker has to be ended: by the wall clock, and by the memory it uses.
#pragma once

#include <chrono>

#include "limier/worker.h"

namespace limier::app {

using Milliseconds = std::chrono::milliseconds;

// What one worker may take. The defaults are the limits of docs/isolation.md.
struct WatchLimits {
  // No sign of life: deadlocked, or stuck in one library call. A sign is a new item, a new chunk or a row.
  Milliseconds stall{30'000};
  // Alive, but on one item: it goes round in circles over it. Items whose content is read have content_limit() instead.
  Milliseconds item{300'000};
  Milliseconds session{3'600'000};
  std::uint64_t worker_bytes = 0;  // resident memory of the worker; 0: not watched
  std::uint64_t tree_bytes = 0;    // of the worker and the supervisor together; 0: not watched
  // Time beyond what the work done accounts for (worth_of()); 0: not watched.
  Milliseconds slack{0};
  std::uint64_t evidence_bytes = 0;  // that the job is over
};

// How long reading `bytes` of one content may take: 10 s and one more for each 10 MB.
Milliseconds content_limit(std::uint64_t bytes);
// How long a job over `bytes` of evidence may take as a whole. Generous (ten minutes, and one second for each MiB):
// it is there for a worker that has been taken over and shows signs of life for ever.
Milliseconds session_limit(std::uint64_t bytes);

// Work that comes to an end: none of it can be done twice by going round in circles.
struct Work {
  std::uint64_t new_bytes = 0, new_pieces = 0;  // of the evidence, read for the first time
  std::uint64_t row_bytes = 0;                  // sent
  std::uint64_t content_bytes = 0;              // announced, of contents read through libtsk
};
// How long it may take on the slowest media there are: for each new piece 20 ms and one second for each 8 MiB of it,
// one second for each 20 kB of rows, and one for each 10 MB of content up to four times the evidence.
Milliseconds worth_of(const Work& work, std::uint64_t evidence_bytes);

enum class WatchVerdict : std::uint8_t { kFine, kSilent, kItemTooLong, kJobTooLong, kOverMemory };

class Watchdog {
 public:
  using Clock = std::chrono::steady_clock;
  Watchdog(const worker::Process& process, const WatchLimits& limits)
      : process_(process), limits_(limits), memory_of_supervisor_("self") {}

  // Cheap: looks ten times a second at most.
  WatchVerdict look();
  // Time the supervisor spent on its own work is not the worker's.
  void forgive(Clock::duration spent);
  void rows_came(std::uint64_t bytes) { row_bytes_ += bytes; }
  // Time up to now beyond what the work accounts for.
  [[nodiscard]] Milliseconds unaccounted() const;

 private:
  [[nodiscard]] WatchVerdict judge(Clock::time_point now);
  [[nodiscard]] Work work() const;

  const worker::Process& process_;
  WatchLimits limits_;
  worker::ResidentMemory memory_of_supervisor_;
  std::uint64_t beat_ = 0, item_ = 0;
  std::uint32_t stage_ = 0;
  std::uint64_t row_bytes_ = 0;
  Work before_item_;
  Clock::time_point started_ = Clock::now(), beat_since_ = started_, item_since_ = started_, looked_ = started_;
};

}  // namespace limier::app
