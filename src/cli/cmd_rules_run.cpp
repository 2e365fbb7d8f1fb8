#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "cli/batch_text.h"
#include "cli/json_writer.h"
#include "cli/rows.h"
#include "limier/rules.h"

namespace limier::cli {
namespace {

class RulesRunCommand final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("DIR", dir_, "Case folder that triage wrote")->required()->option_text(" ");
    app.add_option("--rules", paths_, "More folders with rule packs")->option_text("PATH...");
  }

  int run(const Context& context) override {
    const auto set = rules::RuleSet::load(paths_);
    if (!set) return context.fail(set.error());
    if (const auto one = refuse_batch_case(dir_, "rules run"); !one) return context.fail(one.error());
    auto index = store::Index::open(dir_);
    if (!index) return context.fail(index.error());
    auto door = (*index)->rule_door();
    if (!door) return context.fail(door.error());
    const auto report = rules::run(*set, *door);
    if (!report) return context.fail(report.error());
    for (const auto& problem : report->problems) context.say(problem);
    if (context.common.json)
      print_json(context, *report);
    else
      print_text(context, *set, *report);
    return report->problems.empty() ? kExitGood : kExitUsage;
  }

 private:
  static void print_text(const Context& context, const rules::RuleSet& set, const rules::Report& report) {
    for (const auto& finding : report.findings)
      context.out.write(
          fmt::format("{:>5} {:<14} {}  {} {}  {}\n      {}\n", finding.rank, rules::priority_word(finding.priority),
                      finding.t_ns ? time_to_seconds(format_time(*finding.t_ns)) : "no time", finding.subject_kind,
                      finding.subject_id.value_or(0), finding.key, terminal_text(finding.reason)));
    for (const auto& pack : set.packs())
      if (std::ranges::any_of(report.findings, [&](const auto& finding) { return finding.pack == pack.id; }))
        context.out.write(
            fmt::format("how {} was measured: {}\n", terminal_text(pack.id), terminal_text(pack.measured)));
    for (const auto& judged : report.judged)
      context.out.write(fmt::format("{}: {} of {} judged{}{}\n", judged.kind, judged.judged, judged.items,
                                    judged.reason.empty() ? "" : ": ", judged.reason));
    context.out.write("A finding is a priority to read, not an accusation; no finding is no all-clear.\n");
  }

  static void print_json(const Context& context, const rules::Report& report) {
    JsonWriter json(context.out, 2);
    json.begin_object().key("findings").begin_array();
    for (const auto& finding : report.findings) {
      json.begin_object().key("rank").integer(finding.rank).text("pack", finding.pack).text("rule", finding.rule);
      json.text("pack_version", finding.pack_version).text("priority", rules::priority_word(finding.priority));
      json.text("title", finding.title).text("reason", finding.reason).key("score").real(finding.score);
      json.text("key", finding.key).text_or_null("t", finding.t_ns ? format_time(*finding.t_ns) : "");
      json.text("subject_kind", finding.subject_kind);
      put(json, "subject_id", finding.subject_id);
      put(json, "file_id", finding.file_id);
      json.end();
    }
    json.end().key("judged").begin_array();
    for (const auto& judged : report.judged)
      json.begin_object()
          .text("kind", judged.kind)
          .number("items", static_cast<std::uint64_t>(judged.items))
          .number("judged", static_cast<std::uint64_t>(judged.judged))
          .number("not_judged", static_cast<std::uint64_t>(judged.not_judged))
          .text_or_null("reason", judged.reason)
          .end();
    json.end().text_or_null("last_activity", report.last_activity_ns ? format_time(*report.last_activity_ns) : "");
    json.end().finish();
  }
  static void put(JsonWriter& json, std::string_view name, const std::optional<std::int64_t>& value) {
    json.key(name);
    value ? json.integer(*value) : json.null();
  }

  std::string dir_;
  std::vector<std::string> paths_;
};

}  // namespace

std::unique_ptr<Command> make_rules_run() {
  return std::make_unique<RulesRunCommand>();
}

}  // namespace limier::cli
