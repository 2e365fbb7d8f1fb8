// `limier batch exec`: one task, from its lock to its completion record.
#include <fmt/format.h>
#include <signal.h>

#include <charconv>
#include <filesystem>

#include "batch/attempts.h"
#include "batch/child.h"
#include "batch/exec.h"
#include "batch/gather.h"
#include "batch/machine.h"
#include "batch/place.h"
#include "batch/supersede.h"
#include "limier/casework.h"
#include "limier/version.h"

namespace limier::batch {
namespace {

namespace fs = std::filesystem;

// A triage that is killed again and again (no memory on any machine, for example) must not be tried for ever.
constexpr std::uint32_t kMostKilledAttempts = 3;
constexpr int kExitRefused = 6;

app::Profile profile_of(std::string_view name) {
  if (name == "list") return app::Profile::kList;
  if (name == "quick") return app::Profile::kQuick;
  return name == "full" ? app::Profile::kFull : app::Profile::kStandard;
}

// 0: none is stated.
std::uint32_t code_page_of(std::string_view text) {
  std::uint32_t page = 0;
  std::from_chars(text.data(), text.data() + text.size(), page);
  return page;
}

app::TriageOptions triage_options(const Exhibit& exhibit, const ExecOptions& options, const std::string& out) {
  app::TriageOptions triage;
  triage.image = exhibit.image;
  triage.out = out;
  triage.authority = exhibit.authority;
  triage.profile = profile_of(exhibit.profile);
  if (!exhibit.digests.empty()) {
    const auto named = [&](std::string_view name) { return exhibit.digests.find(name) != std::string::npos; };
    triage.media_digests = DigestSet{named("md5"), named("sha1"), named("sha256")};
  }
  triage.expect_md5 = parse_digest<16>(exhibit.expect_md5);
  triage.expect_sha1 = parse_digest<20>(exhibit.expect_sha1);
  triage.expect_sha256 = parse_digest<32>(exhibit.expect_sha256);
  triage.scope = exhibit.scope_file;
  triage.scope_sha256 = exhibit.scope_sha256;
  triage.hash_sets = exhibit.hash_sets;
  triage.hash_set_digests = exhibit.hash_set_digests;
  triage.keywords = exhibit.keywords;
  triage.keyword_digests = exhibit.keyword_digests;
  triage.yara = exhibit.yara;
  triage.yara_digest = exhibit.yara_digest;
  triage.zone = exhibit.zone;
  if (!exhibit.language.empty()) triage.language = exhibit.language;
  triage.sector_bytes = exhibit.sector_size.empty() ? 0 : exhibit.sector_size == "4096" ? 4096 : 512;
  triage.code_page = code_page_of(exhibit.codepage);
  triage.jobs = options.jobs;
  triage.memory_bytes = options.memory_bytes;
  triage.fail_on = catalog::priority_of(exhibit.fail_on);
  triage.incomplete = exhibit.incomplete;
  triage.allow_beside_evidence = exhibit.allow_beside_evidence;
  triage.sandbox = options.sandbox;
  triage.command_line = options.command_line;
  return triage;
}

bool goes_on_later(int exit_code) {
  return exit_code == kExitTemporary || exit_code == 128 + SIGINT || exit_code == 128 + SIGTERM;
}

// One exhibit of the task.
class ExhibitWork {
 public:
  ExhibitWork(const CaseFolder& folder, const Plan& plan, const Exhibit& exhibit, const ExecOptions& options)
      : folder_(folder),
        plan_(plan),
        exhibit_(exhibit),
        options_(options),
        place_(folder, exhibit.folder, scratch_for(folder, options.scratch)) {}

  // The exit code: a final one has its record, 75, 130 and 143 an attempt.
  Result<int> run(Progress& progress, const std::atomic<int>& stop) {
    record_ = new_record();
    LIMIER_TRY(const bool resume, make_room());
    record_.attempts = attempt_.count + 1;
    if (const std::string change = evidence_change(exhibit_); !change.empty()) return refuse(change);
    if (attempt_.count > 0) place_.clear_half_copies();
    LIMIER_CHECK(begin_attempt());
    LIMIER_CHECK(place_.prepare(resume));
    auto triage = triage_options(exhibit_, options_, place_.dir());
    triage.resume = true;  // where nothing is, a run begins
    LIMIER_TRY(ChildEnd end, triage_in_child(triage, progress, stop));
    if (resume && end.exit_code == kExitRefused && attempt_.count > 1) {
      // What an earlier attempt left cannot be gone on with (another version of limier made it): it is put aside.
      LIMIER_CHECK(supersede(folder_, exhibit_.folder));
      LIMIER_CHECK(place_.prepare(false));
      LIMIER_CHECK(save_attempt(folder_, exhibit_.folder, attempt_));
      LIMIER_TRY(end, triage_in_child(triage, progress, stop));
    }
    if (end.signal != 0 && may_try_again(end.signal)) {
      end.exit_code = kExitTemporary;
      end.message += "; run again to go on";
    }
    record_.cpu_seconds = end.cpu_seconds;
    record_.peak_memory_bytes = end.peak_memory_bytes;
    return goes_on_later(end.exit_code) ? keep_attempt(end) : finish(end);
  }

  // A step failed that is ours. What may go better next time stays open.
  Result<int> give_up(const Error& error) {
    const int exit_code = app::exit_code_of(error.kind);
    if (!goes_on_later(exit_code)) {
      record_.result = {};
      record_.result.exit_code = exit_code;
      record_.result.message = error.message;
      return publish();
    }
    attempt_.exhibit_digest = exhibit_.digest;
    attempt_.ended = true;
    attempt_.exit_code = exit_code;
    attempt_.message = error.message;
    // On a full disk there may be no room even for this; then the exhibit counts as killed.
    (void)save_attempt(folder_, exhibit_.folder, attempt_);
    return exit_code;
  }

 private:
  // Puts aside what belongs to another plan or to a result that is to be replaced. True: what an earlier attempt left
  // may stay.
  Result<bool> make_room() {
    std::error_code error;
    const auto attempt = load_attempt(folder_, exhibit_.folder);
    const bool ours = attempt && attempt->exhibit_digest == exhibit_.digest;
    if (ours) attempt_ = *attempt;
    if (fs::exists(folder_.record(exhibit_.folder), error) || (attempt && !ours)) {
      LIMIER_CHECK(supersede(folder_, exhibit_.folder));
      attempt_ = {};
      return false;
    }
    return true;
  }

  ExhibitRecord new_record() const {
    ExhibitRecord record;
    record.exhibit = exhibit_.name;
    record.folder = exhibit_.folder;
    record.exhibit_digest = exhibit_.digest;
    record.plan_digest = plan_.digest;
    record.tool_version = LIMIER_VERSION;
    record.tool_commit = build_commit();
    record.host = host_name();
    record.started_ns = wall_clock_ns();
    return record;
  }

  Status begin_attempt() {
    attempt_.exhibit_digest = exhibit_.digest;
    ++attempt_.count;
    attempt_.ended = false;
    attempt_.exit_code = 0;
    attempt_.message.clear();
    attempt_.host = record_.host;
    attempt_.started_ns = record_.started_ns;
    return save_attempt(folder_, exhibit_.folder, attempt_);
  }

  [[nodiscard]] bool may_try_again(int signal) const {
    return (signal == SIGKILL || signal == SIGTERM || signal == SIGINT) && attempt_.count < kMostKilledAttempts;
  }

  Result<int> refuse(const std::string& change) {
    std::error_code error;
    record_.result.exit_code = fs::exists(exhibit_.image, error) ? 6 : 3;
    record_.result.message =
        record_.result.exit_code == 3
            ? change
            : change + "; plan again from the manifest (with --accept-changed, if it was examined before)";
    return publish();
  }

  Result<int> keep_attempt(const ChildEnd& end) {
    // On another node the next attempt finds what this one kept.
    if (auto status = place_.publish(); !status.ok() && status.error().kind != ErrorKind::kTemporary)
      return std::move(status.error());
    attempt_.ended = true;
    attempt_.exit_code = end.exit_code;
    attempt_.message = end.message;
    LIMIER_CHECK(save_attempt(folder_, exhibit_.folder, attempt_));
    return end.exit_code;
  }

  Result<int> finish(const ChildEnd& end) {
    if (end.has_index) {
      LIMIER_TRY(record_.result, gather_result(place_.dir()));
      LIMIER_CHECK(digest_index());
      LIMIER_CHECK(emit_keys());
      LIMIER_CHECK(place_.publish());
    }
    record_.result.exit_code = end.exit_code;
    record_.result.message = end.message;
    const auto& conditions = end.outcome.conditions;
    record_.result.mismatch = conditions.mismatch;
    record_.result.damaged = conditions.damaged;
    record_.result.incomplete = conditions.incomplete;
    record_.result.nothing_examined = conditions.nothing_examined;
    return publish();
  }

  Status digest_index() {
    const std::string path = place_.dir() + "/index.db";
    LIMIER_TRY(record_.index_sha256, file_sha256(path));
    std::error_code error;
    record_.index_bytes = fs::file_size(path, error);
    return ok_status();
  }

  // The merge derives runs that are missing, so only what would go better next time stops the exhibit here.
  Status emit_keys() const {
    casework::EmitOptions emit;
    emit.index_dir = place_.dir();
    emit.keys_dir = folder_.keys(exhibit_.folder);
    emit.index_digest = parse_digest<32>(record_.index_sha256).value_or(Sha256{});
    LIMIER_CHECK(make_folder(fs::path(emit.keys_dir).parent_path().string()));
    auto status = casework::emit_keys(emit);
    if (!status.ok() && status.error().kind == ErrorKind::kTemporary) return status;
    return ok_status();
  }

  Result<int> publish() {
    record_.ended_ns = wall_clock_ns();
    LIMIER_CHECK(publish_record(folder_, record_));
    std::error_code error;
    fs::remove(folder_.attempt(exhibit_.folder), error);
    return record_.result.exit_code;
  }

  const CaseFolder& folder_;
  const Plan& plan_;
  const Exhibit& exhibit_;
  const ExecOptions& options_;
  WorkPlace place_;
  Attempt attempt_;
  ExhibitRecord record_;
};

// What cannot be stored is no reason to give the others up: the disk may be full on one node only.
Result<int> work_on(const CaseFolder& folder, const Plan& plan, const Exhibit& exhibit, const ExecOptions& options,
                    Progress& progress, const std::atomic<int>& stop) {
  ExhibitWork work(folder, plan, exhibit, options);
  auto code = work.run(progress, stop);
  if (code.ok()) return code;
  progress.note(fmt::format("exhibit '{}': {}", exhibit.name, code.error().message));
  return work.give_up(code.error());
}

bool is_finished(const ExhibitStatus& status, bool retry_failed) {
  return status.state == ExhibitState::kDone || (is_finished(status.state) && !retry_failed);
}

Status publish_task(const CaseFolder& folder, const Plan& plan, const Task& task, int exit_code) {
  TaskRecord record{task.number, plan.digest, LIMIER_VERSION, exit_code, {}};
  for (const std::string& name : task.exhibits) {
    const auto one = load_record(folder, plan.find(name)->folder);
    record.exhibits.emplace_back(name, one ? one->index_sha256 : "");
  }
  if (const auto there = load_task_record(folder, task.number);
      there && there->exit_code == record.exit_code && there->exhibits == record.exhibits)
    return ok_status();
  return publish_task_record(folder, record);
}

}  // namespace

std::string exhibit_stage(std::string_view exhibit_name) {
  return fmt::format("{}{}", kExhibitStage, exhibit_name);
}

Result<ExecOutcome> exec_task(const CaseFolder& folder, const ExecOptions& options, Progress& progress,
                              const std::atomic<int>& stop) {
  LIMIER_TRY(const Plan plan, load_plan(folder));
  const Task* task = plan.task(options.task);
  if (task == nullptr)
    return Error{ErrorKind::kUsage, fmt::format("{}: the plan has no task {}; `limier batch status {}` lists them",
                                                folder.dir(), options.task, folder.dir())};
  std::string holder;
  LIMIER_TRY(const auto lock,
             FileLock::try_lock(folder.task_lock(task->number), fmt::format("task {}", task->number), &holder));
  if (!lock)
    return Error{ErrorKind::kRefused, fmt::format("{}: is being worked on already ({})", folder.dir(), holder)};

  clear_scratch(folder, scratch_for(folder, options.scratch));
  ExecOutcome outcome;
  bool all_finished = true;
  for (const std::string& name : task->exhibits) {
    const Exhibit& exhibit = *plan.find(name);
    const ExhibitStatus status = exhibit_status(folder, exhibit);
    int code = kExitTemporary;
    if (is_finished(status, options.retry_failed)) {
      code = status.record->result.exit_code;
    } else if (stop.load() == 0) {
      progress.stage_started(exhibit_stage(name), exhibit.size_bytes(), "bytes");
      LIMIER_TRY(code, work_on(folder, plan, exhibit, options, progress, stop));
      progress.advanced(exhibit.size_bytes());
      progress.stage_ended();
      ++outcome.worked;
    }
    if (stop.load() != 0 && goes_on_later(code)) code = kExitTemporary;
    all_finished = all_finished && code != kExitTemporary && load_record(folder, exhibit.folder).has_value();
    outcome.exit_code = worse_exit_code(outcome.exit_code, code, has_threshold(plan));
  }
  if (all_finished)
    LIMIER_CHECK(publish_task(folder, plan, *task, outcome.exit_code));
  else if (stop.load() != 0)
    outcome.exit_code = 128 + stop.load();
  return outcome;
}

}  // namespace limier::batch
