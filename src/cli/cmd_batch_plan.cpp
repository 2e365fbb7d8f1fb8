#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <set>

#include "cli/batch_text.h"
#include "cli/expect.h"
#include "cli/json_writer.h"
#include "limier/volume.h"

namespace limier::cli {
namespace {

class BatchPlanCommand final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("MANIFEST", options_.manifest, "CSV or TOML: one line for each exhibit")
        ->required()
        ->option_text(" ");
    app.add_option("--out", out_, "Folder of the case; new, empty, or with a plan")->option_text("CASE")->required();
    app.add_flag("--dry-run", options_.dry_run, "Show the plan, write nothing");
    app.add_option("--pack", pack_,
                   "Small exhibits share tasks up to this size; 0: one task each\n(default: 64 MiB to 8 "
                   "GiB, from the sizes there are)")
        ->option_text("SIZE")
        ->check(check_size);
    app.add_flag("--allow-missing", options_.allow_missing, "Also plan exhibits whose image is not there yet");
    app.add_flag("--accept-changed", options_.accept_changed,
                 "Examine exhibits again whose image or options changed since");
    const std::string group = "Defaults, where the manifest says nothing";
    const auto text = [&](const char* name, std::string& value, const char* about, const char* shown) {
      return app.add_option(name, value, about)->option_text(shown)->group(group);
    };
    text("--authority", options_.authority.text, "By what right the evidence is examined", "TEXT");
    text("--scope", options_.scope, "What may be examined", "TEXT");
    text("--scope-file", options_.scope_file, "What may not be read (triage --scope; docs/scope.md)", "FILE");
    app.add_option("--hashset", options_.hash_sets, "Sets of known and notable files (docs/hashsets.md)")
        ->option_text("FILE ...")
        ->group(group);
    app.add_option("--keywords", options_.keywords, "Words and patterns to look for (docs/keywords.md)")
        ->option_text("FILE ...")
        ->group(group);
    app.add_option("--yara", options_.yara, "Files of YARA rules, or folders of them (docs/yara.md)")
        ->option_text("PATH ...")
        ->group(group);
    text("--case", options_.authority.case_number, "Case number", "TEXT");
    text("--examiner", options_.authority.examiner, "Who examines", "TEXT");
    text("--agency", options_.authority.agency, "For which agency", "TEXT");
    text("--note", options_.authority.note, "Anything else for the reports", "TEXT");
    text("--profile", options_.profile, "list, quick, standard or full", "NAME")
        ->check(CLI::IsMember({"list", "quick", "standard", "full"}));
    text("--fail-on", options_.fail_on,
         "Findings from this priority on are exit code 1: live-in-danger, high,\nmedium or low", "PRIORITY")
        ->check(CLI::IsMember({"live-in-danger", "high", "medium", "low"}));
    text("--zone", options_.zone, "Time zone of file systems that keep local time", "ZONE")->check(check_zone);
    text("--lang", options_.language, "Language of the reports for people: en, nl, fr or de", "LANG")
        ->check(check_lang);
    text("--sector-size", options_.sector_size, "What partition tables count in, 512 or 4096", "BYTES")
        ->check(CLI::IsMember({"512", "4096"}));
    std::set<std::string> pages;
    for (const std::uint32_t page : volume::kOemCodePages) pages.insert(std::to_string(page));
    text("--codepage", options_.codepage, "Code page of short file names on FAT, as 850", "NUMBER")
        ->check(CLI::IsMember(std::move(pages)));
  }

  int run(const Context& context) override {
    options_.rules = {zone_exists, is_blank};
    if (!pack_.empty()) options_.pack_bytes = parse_size(pack_);
    std::error_code error;
    if (!options_.scope_file.empty())
      options_.scope_file = std::filesystem::absolute(options_.scope_file, error).string();
    for (auto* paths : {&options_.hash_sets, &options_.keywords, &options_.yara})
      for (std::string& path : *paths) path = std::filesystem::absolute(path, error).string();
    const auto folder = case_folder(out_);
    const auto report = batch::make_plan(folder, options_);
    if (!report) return context.fail(report.error());
    if (!report->problems.empty()) return complain_of(report->problems);
    for (const auto& note : report->notes) context.say(note);
    if (context.common.json)
      print_json(context, folder, *report);
    else if (options_.dry_run || context.common.verbose)
      print_table(context, *report);
    if (!context.common.json && !context.common.quiet) print_summary(context, folder, *report);
    return kExitGood;
  }

 private:
  int complain_of(const std::vector<batch::PlanProblem>& problems) const {
    bool refused = false;
    for (const auto& problem : problems) {
      refused = refused || problem.kind == ErrorKind::kRefused;
      complain(problem.line == 0 ? fmt::format("{}: {}", options_.manifest, problem.message)
                                 : fmt::format("{}, line {}: {}", options_.manifest, problem.line, problem.message));
    }
    return refused ? kExitRefused : kExitUsage;
  }

  static void print_table(const Context& context, const batch::PlanReport& report) {
    Table table({{"task", Align::kRight}, {"exhibit"}, {"size", Align::kRight}, {"profile"}, {"image"}});
    for (const auto& task : report.plan.tasks)
      for (const auto& name : task.exhibits) {
        const auto& exhibit = *report.plan.find(name);
        table.add({std::to_string(task.number), terminal_text(name),
                   exhibit.segments.empty() ? "missing" : human_size(exhibit.size_bytes()), exhibit.profile,
                   terminal_text(exhibit.image)});
      }
    table.print(context.out, context.style, "");
  }

  void print_summary(const Context& context, const batch::CaseFolder& folder, const batch::PlanReport& report) const {
    std::uint64_t total = 0;
    for (const auto& task : report.plan.tasks) total += task.size_bytes;
    std::string changes;
    if (report.kept + report.changed + report.removed > 0)
      changes = fmt::format(" ({} new, {} changed, {} as before, {} taken out)", report.added, report.changed,
                            report.kept, report.removed);
    context.out.write(fmt::format("{} in {}, {}{}\n", plural(report.plan.exhibits.size(), "exhibit", "exhibits"),
                                  plural(report.plan.tasks.size(), "task", "tasks"), human_size(total), changes));
    if (options_.dry_run)
      context.out.write("Nothing was written (--dry-run).\n");
    else
      context.out.write(fmt::format("Run it with: limier batch run {}\n", shell_quote(terminal_text(folder.dir()))));
  }

  void print_json(const Context& context, const batch::CaseFolder& folder, const batch::PlanReport& report) const {
    JsonWriter json(context.out, 2);
    json.begin_object().text("case", folder.dir()).text("plan_digest", report.plan.digest);
    json.boolean("dry_run", options_.dry_run).number("added", report.added).number("changed", report.changed);
    json.number("kept", report.kept).number("removed", report.removed).key("notes").begin_array();
    for (const auto& note : report.notes) json.text(note);
    json.end().key("tasks").begin_array();
    for (const auto& task : report.plan.tasks) {
      json.begin_object().number("task", task.number).number("size_bytes", task.size_bytes);
      json.key("exhibits").begin_array();
      for (const auto& name : task.exhibits) json.text(name);
      json.end().end();
    }
    json.end().key("exhibits").begin_array();
    for (const auto& exhibit : report.plan.exhibits)
      json.begin_object()
          .text("exhibit", exhibit.name)
          .text("folder", exhibit.folder)
          .text("image", exhibit.image)
          .number("size_bytes", exhibit.size_bytes())
          .number("segments", exhibit.segments.size())
          .text("profile", exhibit.profile)
          .text("authority", exhibit.authority.text)
          .text_or_null("scope", exhibit.scope)
          .end();
    json.end().end().finish();
  }

  batch::PlanOptions options_;
  std::string out_, pack_;
};

}  // namespace

std::unique_ptr<Command> make_batch_plan() {
  return std::make_unique<BatchPlanCommand>();
}

}  // namespace limier::cli
