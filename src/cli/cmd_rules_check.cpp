#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "cli/command.h"
#include "cli/json_writer.h"
#include "limier/rules.h"

namespace limier::cli {
namespace {

class RulesCheckCommand final : public Command {
 public:
  void declare(CLI::App& app) override { app.add_option("PATH", paths_, "Folders with rule packs")->option_text(" "); }

  int run(const Context& context) override {
    auto set = rules::RuleSet::load(paths_);
    if (!set) return context.fail(set.error());
    auto wrong = rules::check(*set);
    if (!wrong) return context.fail(wrong.error());
    std::size_t rules = 0, samples = 0;
    for (const auto& pack : set->packs()) {
      rules += pack.rules.size();
      for (const auto& rule : pack.rules) samples += rule.samples.size();
    }
    if (context.common.json)
      print_json(context, rules, samples, *wrong);
    else
      for (const auto& sentence : *wrong) context.out.write(terminal_text(sentence) + "\n");
    if (!context.common.json && wrong->empty())
      context.out.write(fmt::format("{} in {}: all {} come out as they say\n", plural(rules, "rule", "rules"),
                                    plural(set->packs().size(), "pack", "packs"),
                                    plural(samples, "sample", "samples")));
    return wrong->empty() ? kExitGood : kExitUsage;
  }

 private:
  static void print_json(const Context& context, std::size_t rules, std::size_t samples,
                         const std::vector<std::string>& wrong) {
    JsonWriter json(context.out, 2);
    json.begin_object().number("rules", rules).number("samples", samples).key("wrong").begin_array();
    for (const auto& sentence : wrong) json.text(sentence);
    json.end().end().finish();
  }

  std::vector<std::string> paths_;
};

}  // namespace

std::unique_ptr<Command> make_rules_check() {
  return std::make_unique<RulesCheckCommand>();
}

}  // namespace limier::cli
