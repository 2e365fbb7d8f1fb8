#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/json_writer.h"
#include "limier/rules.h"

namespace limier::cli {
namespace {

class RulesListCommand final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("--rules", paths_, "More folders with rule packs")->option_text("PATH...");
  }

  int run(const Context& context) override {
    const auto set = rules::RuleSet::load(paths_);
    if (!set) return context.fail(set.error());
    if (context.common.json) return print_json(context, *set);
    for (const auto& pack : set->packs()) {
      context.out.write(fmt::format("{} {}: {}\n  {}\n  measured: {}\n  sha256: {}\n",
                                    context.style.bold(terminal_text(pack.id)), terminal_text(pack.version),
                                    terminal_text(pack.title), terminal_text(pack.meaning),
                                    terminal_text(pack.measured), pack.sha256));
      for (const auto& rule : pack.rules)
        context.out.write(fmt::format("  {} ({}): {}\n    {}\n    limits: {}\n", terminal_text(rule.id),
                                      rules::priority_word(rule.priority), terminal_text(rule.title),
                                      terminal_text(rule.meaning), terminal_text(rule.limits)));
    }
    return kExitGood;
  }

 private:
  static int print_json(const Context& context, const rules::RuleSet& set) {
    JsonWriter json(context.out, 2);
    json.begin_array();
    for (const auto& pack : set.packs()) {
      json.begin_object().text("pack", pack.id).text("version", pack.version).text("title", pack.title);
      json.text("meaning", pack.meaning).text("measured", pack.measured).text("sha256", pack.sha256);
      json.key("sources").begin_array();
      for (const auto& source : pack.sources) json.text(source);
      json.end().key("rules").begin_array();
      for (const auto& rule : pack.rules) {
        json.begin_object()
            .text("rule", rule.id)
            .text("priority", rules::priority_word(rule.priority))
            .text("title", rule.title);
        json.text("meaning", rule.meaning).text("limits", rule.limits).text("subject", rule.subject).end();
      }
      json.end().end();
    }
    json.finish();
    return kExitGood;
  }

  std::vector<std::string> paths_;
};

}  // namespace

std::unique_ptr<Command> make_rules_list() {
  return std::make_unique<RulesListCommand>();
}

}  // namespace limier::cli
