// What is done, from the records and locks alone.
#include <algorithm>
#include <filesystem>
#include <map>

#include "batch/attempts.h"
#include "limier/batch.h"

namespace limier::batch {
namespace {

// Worst first; an exhibit that is not finished comes before all: what the others say is not yet the whole.
constexpr std::array<int, 9> kWorstFirst{75, 7, 2, 6, 3, 4, 5, 1, 0};
// A danger on one exhibit is not hidden behind another that is locked.
constexpr std::array<int, 9> kWithThreshold{75, 7, 2, 6, 4, 1, 3, 5, 0};

std::size_t badness(int code, bool threshold) {
  const auto& order = threshold ? kWithThreshold : kWorstFirst;
  const auto* const found = std::find(order.begin(), order.end(), code);
  return found == order.end() ? 0 : static_cast<std::size_t>(found - order.begin());
}

ExhibitState state_of(const ExhibitRecord& record) {
  const int code = record.result.exit_code;
  if (code == 0 || code == 1 || code == 4 || code == 5) return ExhibitState::kDone;
  return code == 3 && !record.index_sha256.empty() ? ExhibitState::kNothingExamined : ExhibitState::kFailed;
}

}  // namespace

std::string_view state_name(ExhibitState state) {
  switch (state) {
    case ExhibitState::kPlanned:
      return "planned";
    case ExhibitState::kRunning:
      return "running";
    case ExhibitState::kInterrupted:
      return "interrupted";
    case ExhibitState::kDone:
      return "done";
    case ExhibitState::kNothingExamined:
      return "nothing-examined";
    case ExhibitState::kFailed:
      return "failed";
    case ExhibitState::kStale:
      return "stale";
  }
  return "";
}

bool is_finished(ExhibitState state) {
  return state == ExhibitState::kDone || state == ExhibitState::kNothingExamined || state == ExhibitState::kFailed;
}

bool has_threshold(const Plan& plan) {
  return std::any_of(plan.exhibits.begin(), plan.exhibits.end(),
                     [](const Exhibit& exhibit) { return !exhibit.fail_on.empty(); });
}

int worse_exit_code(int one, int other, bool threshold) {
  return badness(one, threshold) <= badness(other, threshold) ? one : other;
}

ExhibitStatus exhibit_status(const CaseFolder& folder, const Exhibit& exhibit) {
  ExhibitStatus status;
  status.exhibit = &exhibit;
  status.record = load_record(folder, exhibit.folder);
  if (status.record && status.record->exhibit_digest == exhibit.digest) {
    status.state = state_of(*status.record);
    return status;
  }
  if (status.record) status.state = ExhibitState::kStale;
  if (const auto attempt = load_attempt(folder, exhibit.folder); attempt && attempt->exhibit_digest == exhibit.digest) {
    status.state = ExhibitState::kInterrupted;
    status.attempt_exit_code = attempt->exit_code;
    status.attempt_message = attempt->message;
  }
  return status;
}

Result<std::vector<ExhibitStatus>> read_status(const CaseFolder& folder, const Plan& plan) {
  std::map<std::string_view, ExhibitStatus> by_name;
  for (const Task& task : plan.tasks) {
    const bool running = FileLock::is_held(folder.task_lock(task.number));
    for (const std::string& name : task.exhibits) {
      const Exhibit* exhibit = plan.find(name);
      if (exhibit == nullptr)
        return Error{ErrorKind::kInternal, "the plan has a task with an exhibit it does not know"};
      ExhibitStatus status = exhibit_status(folder, *exhibit);
      status.task = task.number;
      const bool finished = is_finished(status.state);
      // A task works off its exhibits one after the other: the one with an attempt that has not ended is it.
      const auto attempt = load_attempt(folder, exhibit->folder);
      if (running && !finished && attempt && attempt->exhibit_digest == exhibit->digest && !attempt->ended)
        status.state = ExhibitState::kRunning;
      by_name.emplace(exhibit->name, std::move(status));
    }
  }
  std::vector<ExhibitStatus> statuses;
  for (const Exhibit& exhibit : plan.exhibits) {
    const auto found = by_name.find(exhibit.name);
    if (found == by_name.end()) return Error{ErrorKind::kInternal, "the plan has an exhibit that no task works on"};
    statuses.push_back(std::move(found->second));
  }
  return statuses;
}

Result<std::vector<std::uint32_t>> unfinished_tasks(const CaseFolder& folder, const Plan& plan, bool retry_failed) {
  LIMIER_TRY(const auto statuses, read_status(folder, plan));
  std::vector<std::uint32_t> tasks;
  for (const Task& task : plan.tasks) {
    const bool open = std::any_of(statuses.begin(), statuses.end(), [&](const ExhibitStatus& status) {
      return status.task == task.number && status.state != ExhibitState::kDone &&
             (retry_failed || !is_finished(status.state));
    });
    if (open || !load_task_record(folder, task.number)) tasks.push_back(task.number);
  }
  return tasks;
}

int batch_exit_code(std::span<const ExhibitStatus> statuses) {
  const bool threshold = std::any_of(statuses.begin(), statuses.end(), [](const ExhibitStatus& status) {
    return status.exhibit != nullptr && !status.exhibit->fail_on.empty();
  });
  int code = 0;
  for (const ExhibitStatus& status : statuses) {
    const bool finished = is_finished(status.state);
    code = worse_exit_code(code, finished ? status.record->result.exit_code : 75, threshold);
  }
  return code;
}

}  // namespace limier::batch
