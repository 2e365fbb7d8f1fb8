#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "cli/batch_text.h"

namespace limier::cli {
namespace {

class BatchCancelCommand final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("CASE", case_, "Folder of the case")->required()->option_text(" ");
  }

  int run(const Context& context) override {
    const auto folder = case_folder(case_);
    if (const auto plan = batch::load_plan(folder); !plan) return context.fail(plan.error());
    auto submissions = batch::load_submissions(folder);
    if (!submissions) return context.fail(submissions.error());
    std::size_t told = 0;
    for (batch::Submission& submission : *submissions) {
      const auto executor = batch::make_executor(submission.executor);
      if (executor == nullptr || executor->query(folder, submission) == batch::EngineState::kEnded) continue;
      if (const auto status = executor->cancel(folder, submission); !status) return context.fail(status.error());
      submission.cancelled = true;
      if (const auto status = batch::save_submission(folder, submission); !status) return context.fail(status.error());
      context.say(fmt::format("{} was told to stop; what was found is kept, `limier batch resume {}` goes on",
                              submission.name, folder.dir()));
      ++told;
    }
    if (told > 0) return kExitGood;
    complain(fmt::format("{}: nothing is running that could be cancelled", folder.dir()));
    return kExitUsage;
  }

 private:
  std::string case_;
};

}  // namespace

std::unique_ptr<Command> make_batch_cancel() {
  return std::make_unique<BatchCancelCommand>();
}

}  // namespace limier::cli
