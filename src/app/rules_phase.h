// The phase of triage that says what should be read first: early and again while rows come, so that a danger is known
// before the media are read to their end, and once at the end, which alone counts.
#pragma once

#include <chrono>
#include <map>

#include "limier/base/progress.h"
#include "limier/rules.h"
#include "limier/store.h"

namespace limier::app {

class RulesPhase {
 public:
  RulesPhase(store::IndexWriter& index, const rules::RuleSet& rules, Progress& progress);

  // Rows have come. Looks at them unless it has just looked: on a large store that would cost more than it tells.
  Status look_early();
  // All rows are there and have their ids. Findings, and what could not be judged, go to the index.
  Status finish();

 private:
  using Clock = std::chrono::steady_clock;
  void tell(const rules::Report& report, bool provisional);

  store::IndexWriter& index_;
  const rules::RuleSet& rules_;
  Progress& progress_;
  std::map<std::string, catalog::Priority> told_;  // by key
  Clock::time_point next_look_{};
};

}  // namespace limier::app
