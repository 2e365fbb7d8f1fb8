#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "cli/batch_text.h"
#include "cli/json_writer.h"
#include "cli/progress.h"
#include "limier/report/case.h"

namespace limier::cli {
namespace {

class BatchMergeCommand final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("CASE", case_, "Folder of the case")->required()->option_text(" ");
    app.add_option("--lang", language_,
                   "Language of case.html: en, nl, fr or de (default: that of the exhibits'\nreports, where it is one)")
        ->option_text("LANG")
        ->check(check_lang);
  }

  int run(const Context& context) override {
    const auto folder = case_folder(case_);
    auto progress = make_progress(context.common.progress, context.common.quiet, STDERR_FILENO);
    const auto outcome = batch::merge_case(folder, language_, context.memory_bytes(), *progress, context.stop);
    progress.reset();
    if (!outcome) return context.fail(outcome.error());
    if (context.common.json)
      print_json(context, folder, *outcome);
    else if (!context.common.quiet)
      print_text(context, folder, *outcome);
    return outcome->exit_code;
  }

 private:
  static void print_json(const Context& context, const batch::CaseFolder& folder, const batch::MergeOutcome& outcome) {
    const casework::MergeResult& result = outcome.result;
    JsonWriter json(context.out, 1);
    json.begin_object().text("case", folder.dir()).text("case_db", folder.case_db());
    json.number("exhibits", result.exhibits).number("merged", result.merged).number("keys", result.keys);
    json.number("shared_keys", result.shared_keys).number("shared_contents", result.shared_contents);
    json.number("links", result.links).number("exit_code", static_cast<std::uint64_t>(outcome.exit_code));
    json.key("without_result").begin_array();
    for (const std::string& name : result.missing) json.text(name);
    json.end();
    json.key("keys_derived_again").begin_array();
    for (const std::string& name : result.derived_again) json.text(name);
    json.end();
    json.key("reports").begin_array();
    for (const std::string_view name : report::case_report_files()) json.text(name);
    json.end().end();
    json.finish();
  }

  static void print_text(const Context& context, const batch::CaseFolder& folder, const batch::MergeOutcome& outcome) {
    const casework::MergeResult& result = outcome.result;
    std::string text = fmt::format("{} of {} exhibits merged: {} keys, {} on two or more exhibits, {} links\n",
                                   result.merged, result.exhibits, group_digits(result.keys),
                                   group_digits(result.shared_keys), group_digits(result.links));
    if (!result.missing.empty()) {
      text += "without a result: ";
      constexpr std::size_t kNamed = 10;
      for (std::size_t i = 0; i < std::min(kNamed, result.missing.size()); ++i)
        text += (i == 0 ? "" : ", ") + terminal_text(result.missing[i]);
      if (result.missing.size() > kNamed) text += fmt::format(" and {} more", result.missing.size() - kNamed);
      text += "\n";
    }
    text += fmt::format("{}/case.html\n", terminal_text(folder.dir()));
    context.out.write(text);
  }

  std::string case_, language_;
};

}  // namespace

std::unique_ptr<Command> make_batch_merge() {
  return std::make_unique<BatchMergeCommand>();
}

}  // namespace limier::cli
