// `limier batch merge`: what the completion records say goes to casework, and what comes back to the reports.
#include <fmt/format.h>

#include <algorithm>

#include "limier/batch.h"
#include "limier/report/case.h"
#include "limier/version.h"

namespace limier::batch {
namespace {

// Why an exhibit has no result to merge.
std::string why_not(const ExhibitStatus& status) {
  switch (status.state) {
    case ExhibitState::kPlanned:
      return status.exhibit->segments.empty() ? "its image was missing when the case was planned; it was not examined"
                                              : "it was not examined yet";
    case ExhibitState::kRunning:
      return "it is being examined";
    case ExhibitState::kInterrupted:
      return status.attempt_message.empty() ? "its examination was interrupted"
                                            : "its examination was interrupted: " + status.attempt_message;
    case ExhibitState::kStale:
      return "its result is of other evidence or options than the plan's; run the batch again";
    case ExhibitState::kDone:
    case ExhibitState::kNothingExamined:
    case ExhibitState::kFailed:
      break;
  }
  if (!status.record) return "its completion record cannot be read";
  const ExhibitResult& result = status.record->result;
  return result.message.empty() ? fmt::format("it ended with exit code {}", result.exit_code) : result.message;
}

casework::ExhibitInput input_of(const CaseFolder& folder, const ExhibitStatus& status) {
  const Exhibit& exhibit = *status.exhibit;
  casework::ExhibitInput input;
  input.name = exhibit.name;
  input.image = exhibit.image;
  input.index_dir = folder.exhibit(exhibit.folder);
  input.keys_dir = folder.keys(exhibit.folder);
  input.folder = "exhibits/" + exhibit.folder;
  input.state = state_name(status.state);
  input.authority = exhibit.authority.text;
  input.case_number = exhibit.authority.case_number;
  input.examiner = exhibit.authority.examiner;
  input.agency = exhibit.authority.agency;
  input.note = exhibit.authority.note;
  input.scope = exhibit.scope;
  input.profile = exhibit.profile;
  if (is_finished(status.state) && status.record) {
    input.exit_code = status.record->result.exit_code;
    input.index_digest = parse_digest<32>(status.record->index_sha256);
  }
  if (!input.index_digest) input.message = why_not(status);
  return input;
}

// That of all exhibits, where it is one.
std::string language_of(const Plan& plan) {
  const std::string first = plan.exhibits.empty() ? std::string() : plan.exhibits.front().language;
  const bool same = std::ranges::all_of(plan.exhibits, [&](const Exhibit& one) { return one.language == first; });
  return same && !first.empty() ? first : "en";
}

}  // namespace

Result<MergeOutcome> merge_case(const CaseFolder& folder, const std::string& language, std::uint64_t memory_bytes,
                                Progress& progress, const std::atomic<int>& stop) {
  LIMIER_TRY(const Plan plan, load_plan(folder));
  std::string holder;
  LIMIER_TRY(const auto lock, FileLock::try_lock(folder.dir() + "/merge.lock", "limier batch merge", &holder));
  if (!lock)
    return Error{ErrorKind::kRefused,
                 fmt::format("{} is being merged by {}; wait until it has ended", folder.dir(), holder)};
  LIMIER_TRY(const auto statuses, read_status(folder, plan));
  casework::MergeOptions options;
  options.case_dir = folder.dir();
  options.exit_code = batch_exit_code(statuses);
  options.tool_version = LIMIER_VERSION;
  if (memory_bytes != 0) options.memory_bytes = static_cast<std::size_t>(memory_bytes);
  for (const ExhibitStatus& status : statuses) options.exhibits.push_back(input_of(folder, status));
  MergeOutcome outcome;
  LIMIER_TRY(outcome.result, casework::merge(options, progress, stop));
  outcome.exit_code = options.exit_code;
  LIMIER_TRY(const auto index, store::Index::open_case(folder.dir()));
  LIMIER_CHECK(report::write_case_reports(*index, folder.dir(), language.empty() ? language_of(plan) : language));
  // After a scheduler's run nobody but the merge knows that all tasks have ended.
  LIMIER_CHECK(write_junit(folder, statuses));
  return outcome;
}

}  // namespace limier::batch
