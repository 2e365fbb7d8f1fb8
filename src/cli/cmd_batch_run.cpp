// `limier batch run` and `limier batch resume`.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "cli/batch_text.h"
#include "cli/progress.h"

namespace limier::cli {
namespace {

class BatchRunCommand final : public Command {
 public:
  explicit BatchRunCommand(bool resumes) : resumes_(resumes) {}

  void declare(CLI::App& app) override {
    app.add_option("CASE", case_, "Folder of the case")->required()->option_text(" ");
    app.add_option("--executor", executor_,
                   fmt::format("{} (default: {})", fmt::join(batch::executor_names(), ", "),
                               resumes_ ? "the one used last" : "local"))
        ->option_text("NAME")
        ->check(CLI::IsMember(names()));
    app.add_option("--max-active", options_.max_active,
                   "Tasks at the same time (default: what cores and memory allow;\nslurm: 16)")
        ->option_text("N")
        ->check(whole_number(1, 100'000));
    app.add_option("--scratch", options_.scratch, "Node-local folder for building the indexes")->option_text("DIR");
    app.add_flag("--retry-failed", options_.retry_failed, "Examine exhibits again that failed");
    app.add_flag("--wait", options_.wait, "Stay until all tasks of a scheduler have ended");
    app.add_flag("--dry-run", options_.dry_run, "Show what would be run, run nothing");
    app.add_option("--engine-opt", options_.engine_options, "Option passed to sbatch or parallel as it is (repeatable)")
        ->option_text("TEXT")
        ->allow_extra_args(false);
    app.add_option("--sshlogin", options_.hosts, "Machine for GNU parallel (repeatable)")
        ->option_text("HOST")
        ->allow_extra_args(false);
  }

  int run(const Context& context) override {
    const auto folder = case_folder(case_);
    fill_options(context);
    const auto plan = batch::load_plan(folder);
    if (!plan) return context.fail(plan.error());
    const auto executor = choose_executor(folder);
    if (!executor) return context.fail(executor.error());
    std::optional<batch::FileLock> lock;
    if (!options_.dry_run) {
      auto taken = batch::lock_case(folder, fmt::format("limier batch {}", resumes_ ? "resume" : "run"));
      if (!taken) return context.fail(taken.error());
      lock = std::move(*taken);
    }
    if (const auto status = refuse_second_run(folder); !status) return context.fail(status.error());
    const bool changed = complain_of_changes(folder, *plan);
    const auto tasks = batch::unfinished_tasks(folder, *plan, options_.retry_failed);
    if (!tasks) return context.fail(tasks.error());
    bool stays = true;
    if (!tasks->empty()) {
      auto progress = make_progress(context.common.progress, context.common.quiet, STDERR_FILENO);
      const auto submission = (*executor)->start(folder, *plan, *tasks, options_, *progress, context.stop);
      progress.reset();
      if (!submission) return context.fail(submission.error());
      stays = (*executor)->query(folder, *submission) != batch::EngineState::kActive || submission->pid == ::getpid();
      if (!stays)
        context.say(fmt::format("{} was submitted as {}", fmt::join(submission->engine_ids, ", "), submission->name));
    } else {
      context.say("nothing to do: every task is done");
    }
    if (options_.dry_run) return kExitGood;
    return finish(context, folder, *plan, changed, stays);
  }

 private:
  static std::vector<std::string> names() {
    std::vector<std::string> list;
    for (const auto name : batch::executor_names()) list.emplace_back(name);
    return list;
  }

  void fill_options(const Context& context) {
    std::error_code error;
    options_.program = std::filesystem::read_symlink("/proc/self/exe", error).string();
    options_.jobs = context.common.jobs;
    options_.memory_bytes = context.memory_bytes();
    options_.sandbox = !context.common.no_sandbox;
    options_.command_line = context.command_line;
    options_.print = [&out = context.out](std::string_view text) { out.write(text); };
  }

  Result<std::unique_ptr<batch::Executor>> choose_executor(const batch::CaseFolder& folder) {
    if (executor_.empty() && resumes_) {
      LIMIER_TRY(const auto submissions, batch::load_submissions(folder));
      if (!submissions.empty()) executor_ = submissions.back().executor;
    }
    if (executor_.empty()) executor_ = "local";
    auto executor = batch::make_executor(executor_);
    if (executor == nullptr)
      return Error{ErrorKind::kUsage, fmt::format("there is no executor '{}'; there are {}", executor_,
                                                  fmt::join(batch::executor_names(), ", "))};
    return executor;
  }

  // A scheduler may be at work on the case although no process holds its lock. The same one again is no second run: it
  // leaves out what is in its queue already.
  [[nodiscard]] Status refuse_second_run(const batch::CaseFolder& folder) const {
    LIMIER_TRY(const auto submissions, batch::load_submissions(folder));
    for (const auto& submission : submissions) {
      if (submission.executor == "local" || submission.executor == executor_) continue;
      const auto executor = batch::make_executor(submission.executor);
      if (executor == nullptr || submission.cancelled ||
          executor->query(folder, submission) != batch::EngineState::kActive)
        continue;
      return Error{ErrorKind::kRefused,
                   fmt::format("{}: {} is still at work on the case; wait until it is done (limier batch status), or "
                               "stop it with `limier batch cancel {}`",
                               folder.dir(), submission.name, folder.dir())};
    }
    return ok_status();
  }

  // Evidence that is not what finished work was done on. The others are run all the same.
  static bool complain_of_changes(const batch::CaseFolder& folder, const batch::Plan& plan) {
    bool changed = false;
    for (const auto& exhibit : plan.exhibits) {
      std::error_code error;
      const auto record = batch::load_record(folder, exhibit.folder);
      if (!record || record->exhibit_digest != exhibit.digest || record->index_sha256.empty() ||
          !std::filesystem::exists(exhibit.image, error))
        continue;
      const std::string change = batch::evidence_change(exhibit);
      if (change.empty()) continue;
      complain(
          fmt::format("exhibit '{}' was examined, and since then its image changed: {}; bring the image back as it "
                      "was, or plan again with --accept-changed to examine it anew",
                      exhibit.name, change));
      changed = true;
    }
    return changed;
  }

  int finish(const Context& context, const batch::CaseFolder& folder, const batch::Plan& plan, bool changed,
             bool stays) const {
    const auto statuses = batch::read_status(folder, plan);
    if (!statuses) return context.fail(statuses.error());
    if (const auto status = batch::write_junit(folder, *statuses); !status) return context.fail(status.error());
    if (context.common.json)
      print_batch_json(context, folder, plan, *statuses);
    else if (!context.common.quiet)
      print_batch_table(context, plan, *statuses);
    int code = batch::batch_exit_code(*statuses);
    if (code == kExitTemporary && context.stopped()) {
      context.say(fmt::format("interrupted; what was found is kept; go on with: limier batch resume {}",
                              shell_quote(folder.dir())));
      return context.interrupted_code();
    }
    if (code == kExitTemporary && !stays) code = kExitGood;  // handed over: nothing can be said yet
    return changed ? batch::worse_exit_code(code, kExitRefused, batch::has_threshold(plan)) : code;
  }

  bool resumes_;
  std::string case_, executor_;
  batch::RunOptions options_;
};

}  // namespace

std::unique_ptr<Command> make_batch_run() {
  return std::make_unique<BatchRunCommand>(false);
}

std::unique_ptr<Command> make_batch_resume() {
  return std::make_unique<BatchRunCommand>(true);
}

}  // namespace limier::cli
