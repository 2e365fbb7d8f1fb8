// One triage in a process of its own, so that whatever becomes of it, the task goes on.
#pragma once

#include "limier/batch.h"

namespace limier::batch {

struct ChildEnd {
  int exit_code = 7;  // 7 and a message when it died of a signal
  int signal = 0;
  bool has_index = false;  // the index is finished
  app::Outcome outcome;    // when it is
  std::string message;
  double cpu_seconds = 0;
  std::uint64_t peak_memory_bytes = 0;
};
// Runs app::triage in a forked process and waits. A stop signal is passed on; the child then keeps what it has. This
// process must not have other threads.
Result<ChildEnd> triage_in_child(const app::TriageOptions& options, Progress& progress, const std::atomic<int>& stop);

}  // namespace limier::batch
