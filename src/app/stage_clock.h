// Where the time of a run goes, for the audit log: it explains a slow run and feeds the bench. Never part of a result.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "app/case_folder.h"
#include "limier/worker.h"

namespace limier::app {

class StageClock {
 public:
  // Ends the stage before and begins this one.
  void begin(std::string_view stage);
  // Ends the last stage. One field per stage: wall time, CPU time of limier itself and of the workers that ended in it.
  AuditLog::Fields finish();

 private:
  struct Reading {
    std::chrono::steady_clock::time_point wall;
    std::chrono::microseconds own{0};
    std::chrono::microseconds workers{0};
  };
  static Reading read();
  void end();

  std::string stage_;
  Reading began_;
  AuditLog::Fields fields_;
};

// What a worker counted: the sweep's CPU time by stage, and how often it went back.
AuditLog::Fields sweep_measures(const worker::WorkerStats& stats);

}  // namespace limier::app
