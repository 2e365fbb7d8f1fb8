#include "app/incident.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "limier/volume.h"

namespace limier::app {
namespace {

// The peak differs by a few pages from run to run. Rounded up to a power of two it does not, so that reports of the
// same evidence stay the same; below this every worker is alike.
constexpr std::uint64_t kLeastMemoryShown = 64u << 20, kMostMemoryShown = 1ull << 40;

std::uint64_t memory_shown(std::uint64_t peak_bytes) {
  return std::bit_ceil(std::clamp(peak_bytes, kLeastMemoryShown, kMostMemoryShown));
}

}  // namespace

std::string incident_code(const Ending& ending) {
  switch (ending.kind) {
    case EndingKind::kCrashed:
      return "worker-crashed";
    case EndingKind::kStalled:
      return "worker-stalled";
    case EndingKind::kOverTime:
      return "worker-over-time";
    case EndingKind::kOverMemory:
      return "worker-over-memory";
    case EndingKind::kMisbehaved:
      return "worker-misbehaved";
    default:
      return "worker-failed";
  }
}

catalog::IssueRecord incident_issue(const Incident& incident) {
  catalog::IssueRecord issue;
  issue.stage = incident.stage;
  issue.code = incident_code(incident.ending);
  issue.severity = incident.incomplete ? catalog::Severity::kError : catalog::Severity::kWarning;
  issue.volume_id = incident.volume_id;
  issue.inode = incident.inode;
  issue.image_offset = incident.image_offset;
  issue.length = incident.length;
  issue.cause = incident.ending.cause();
  issue.attempt = incident.attempt;
  issue.memory_bytes = memory_shown(incident.ending.exit.peak_bytes);
  issue.message = fmt::format("{} (attempt {}, memory up to {} MiB): {}", incident.ending.sentence(incident.where),
                              incident.attempt, issue.memory_bytes >> 20, incident.consequence);
  issue.incomplete = incident.incomplete;
  return issue;
}

std::string place_in_walk(const Ending& ending) {
  switch (static_cast<volume::Stage>(ending.stage)) {
    case volume::Stage::kMap:
      return fmt::format("while it looked at byte {} of the media", ending.item);
    case volume::Stage::kNames:
      return ending.item == 0 ? "while it opened the file system" : fmt::format("in directory {}", ending.item);
    case volume::Stage::kInodes:
      return fmt::format("at entry {}", ending.item);
    case volume::Stage::kContent:
      return fmt::format("in the content of entry {}", ending.item);
    case volume::Stage::kBlocks:
      return "in the map of used blocks";
    case volume::Stage::kExtract:
      return fmt::format("at byte {} of the content", ending.item);
    case volume::Stage::kOrphans:
      return "while it looked for files without a directory";
    case volume::Stage::kReconcile:
      return "while it counted the entries in use";
    case volume::Stage::kNone:
      break;
  }
  return "before it came to an item";
}

}  // namespace limier::app
