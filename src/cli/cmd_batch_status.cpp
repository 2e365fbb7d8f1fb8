#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "cli/batch_text.h"
#include "cli/rows.h"

namespace limier::cli {
namespace {

class BatchStatusCommand final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("CASE", case_, "Folder of the case")->required()->option_text(" ");
    app.add_flag("--findings", findings_, "The findings of the exhibits that are finished, most urgent first");
    app.add_flag("--exit-code", exit_code_, "Exit with the code of the batch instead of 0");
  }

  int run(const Context& context) override {
    const auto folder = case_folder(case_);
    const auto plan = batch::load_plan(folder);
    if (!plan) return context.fail(plan.error());
    const auto statuses = batch::read_status(folder, *plan);
    if (!statuses) return context.fail(statuses.error());
    std::optional<batch::FindingsSoFar> findings;
    if (findings_) findings = batch::findings_so_far(folder, *statuses);
    if (context.common.json)
      print_batch_json(context, folder, *plan, *statuses, findings ? &*findings : nullptr);
    else if (findings)
      print_findings(context, *statuses, *findings);
    else
      print_batch_table(context, *plan, *statuses);
    if (findings)
      for (const auto& name : findings->unreadable)
        complain(fmt::format("exhibit '{}': its index cannot be read, so its findings are not listed", name));
    return exit_code_ ? batch::batch_exit_code(*statuses) : kExitGood;
  }

 private:
  static void print_findings(const Context& context, std::span<const batch::ExhibitStatus> statuses,
                             const batch::FindingsSoFar& so_far) {
    Table table({{"exhibit"}, {"priority"}, {"time (UTC)"}, {"what"}, {"why"}, {"key"}});
    for (const auto& one : so_far.findings)
      table.add({terminal_text(one.exhibit), terminal_text(one.priority), one.t.empty() ? "" : time_to_seconds(one.t),
                 terminal_text(one.title), terminal_text(one.reason), terminal_text(one.key)});
    if (!table.empty()) table.print(context.out, context.style, "");
    std::uint64_t finished = 0;
    for (const auto& status : statuses) finished += batch::is_finished(status.state) ? 1 : 0;
    context.out.write(fmt::format(
        "{}{} on {} that rules were run on; {} of {} finished{}\n", table_break(so_far),
        plural(so_far.findings.size() + so_far.left_out, "finding", "findings"),
        plural(so_far.judged, "exhibit", "exhibits"), finished, plural(statuses.size(), "exhibit", "exhibits"),
        so_far.left_out == 0 ? "" : fmt::format("; {} are not listed here", group_digits(so_far.left_out))));
    context.out.write(
        so_far.findings.empty()
            ? "No finding is no all-clear.\n"
            : "A finding is a priority to read, not an accusation: limier explain CASE/exhibits/EXHIBIT KEY\n");
  }
  static std::string_view table_break(const batch::FindingsSoFar& so_far) {
    return so_far.findings.empty() ? "" : "\n";
  }

  std::string case_;
  bool exit_code_ = false, findings_ = false;
};

}  // namespace

std::unique_ptr<Command> make_batch_status() {
  return std::make_unique<BatchStatusCommand>();
}

}  // namespace limier::cli
