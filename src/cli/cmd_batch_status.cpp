#include <CLI/CLI.hpp>

#include "cli/batch_text.h"

namespace limier::cli {
namespace {

class BatchStatusCommand final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("CASE", case_, "Folder of the case")->required()->option_text(" ");
    app.add_flag("--exit-code", exit_code_, "Exit with the code of the batch instead of 0");
  }

  int run(const Context& context) override {
    const auto folder = case_folder(case_);
    const auto plan = batch::load_plan(folder);
    if (!plan) return context.fail(plan.error());
    const auto statuses = batch::read_status(folder, *plan);
    if (!statuses) return context.fail(statuses.error());
    if (context.common.json)
      print_batch_json(context, folder, *plan, *statuses);
    else
      print_batch_table(context, *plan, *statuses);
    return exit_code_ ? batch::batch_exit_code(*statuses) : kExitGood;
  }

 private:
  std::string case_;
  bool exit_code_ = false;
};

}  // namespace

std::unique_ptr<Command> make_batch_status() {
  return std::make_unique<BatchStatusCommand>();
}

}  // namespace limier::cli
