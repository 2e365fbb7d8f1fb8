#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "cli/batch_text.h"
#include "cli/json_writer.h"
#include "cli/progress.h"

namespace limier::cli {
namespace {

class BatchExecCommand final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("CASE", case_, "Folder of the case")->required()->option_text(" ");
    app.add_option("--task", options_.task, "Number of the task, from 1")
        ->option_text("N")
        ->required()
        ->check(whole_number(1, std::numeric_limits<std::uint32_t>::max()));
    app.add_option("--scratch", options_.scratch, "Node-local folder for building the indexes")->option_text("DIR");
    app.add_flag("--retry-failed", options_.retry_failed, "Examine exhibits again that failed");
  }

  int run(const Context& context) override {
    options_.jobs = context.common.jobs;
    options_.memory_bytes = context.memory_bytes();
    options_.sandbox = !context.common.no_sandbox;
    options_.command_line = context.command_line;
    const auto folder = case_folder(case_);
    auto progress = make_progress(context.common.progress, context.common.quiet, STDERR_FILENO);
    const auto outcome = batch::exec_task(folder, options_, *progress, context.stop);
    progress.reset();
    if (!outcome) return context.fail(outcome.error());
    if (context.common.json) {
      JsonWriter json(context.out, 1);
      json.begin_object().number("task", options_.task).number("worked", outcome->worked);
      json.key("exit_code").integer(outcome->exit_code).end().finish();
    } else if (!context.common.quiet) {
      context.out.write(
          outcome->worked == 0
              ? fmt::format("Task {}: was done already; exit code {}\n", options_.task, outcome->exit_code)
              : fmt::format("Task {}: {} examined; exit code {}\n", options_.task,
                            plural(outcome->worked, "exhibit", "exhibits"), outcome->exit_code));
    }
    return outcome->exit_code;
  }

 private:
  std::string case_;
  batch::ExecOptions options_;
};

}  // namespace

std::unique_ptr<Command> make_batch_exec() {
  return std::make_unique<BatchExecCommand>();
}

}  // namespace limier::cli
