// A worker that died, stalled, grew or lied, as a row of v_issue.
#pragma once

#include <string>

#include "app/session.h"
#include "limier/catalog.h"

namespace limier::app {

struct Incident {
  Ending ending;
  std::string stage = "walk";  // as in v_issue
  std::string where;           // what the worker was at: "at entry 77"
  std::uint32_t attempt = 1;   // of this item, from 1
  std::string consequence;     // what was done about it, or given up
  std::uint32_t volume_id = 0;
  std::optional<std::uint64_t> inode;
  std::optional<std::uint64_t> image_offset;
  std::uint64_t length = 0;
  bool incomplete = true;  // something was given up
};

// "worker-crashed", "worker-stalled", "worker-over-time", "worker-over-memory", "worker-misbehaved", "worker-failed".
std::string incident_code(const Ending& ending);
catalog::IssueRecord incident_issue(const Incident& incident);
// What limier-fs was at when it ended: "in directory 5", "at entry 77".
std::string place_in_walk(const Ending& ending);

}  // namespace limier::app
