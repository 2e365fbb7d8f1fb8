#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>

#include "cli/command.h"
#include "cli/json_writer.h"
#include "limier/content/packs.h"

namespace limier::cli {
namespace {

// The program's own packs, and those of --packs in their places.
class PackChoice {
 public:
  void declare(CLI::App& app) {
    app.add_option("--packs", paths_, "Packs of your own: a file or a folder; may be given again")->option_text("PATH");
  }
  [[nodiscard]] Result<std::vector<content::PackText>> load() const {
    LIMIER_TRY(const auto more, content::load_packs(paths_));
    return content::all_packs(more);
  }

 private:
  std::vector<std::string> paths_;
};

class PacksListCommand final : public Command {
 public:
  void declare(CLI::App& app) override { choice_.declare(app); }

  int run(const Context& context) override {
    const auto packs = choice_.load();
    if (!packs) return context.fail(packs.error());
    std::vector<content::PackFacts> all;
    for (const auto& pack : *packs) {
      auto facts = content::facts_of(pack);
      if (!facts) return context.fail(facts.error());
      all.push_back(std::move(*facts));
    }
    if (context.common.json)
      print_json(context, all);
    else
      print_table(context, all);
    return kExitGood;
  }

 private:
  static void print_table(const Context& context, const std::vector<content::PackFacts>& all) {
    Table table({{"pack"}, {"version"}, {"application"}, {"SHA-256"}, {"paths"}});
    for (const auto& one : all)
      table.add({terminal_text(one.name), terminal_text(one.version), terminal_text(one.app), one.sha256,
                 terminal_text(fmt::format("{}", fmt::join(one.paths, ", ")))});
    table.print(context.out, context.style, "");
  }
  static void texts(JsonWriter& json, std::string_view name, const std::vector<std::string>& all) {
    json.key(name).begin_array();
    for (const std::string& one : all) json.text(one);
    json.end();
  }
  static void print_json(const Context& context, const std::vector<content::PackFacts>& all) {
    JsonWriter json(context.out, 1);
    json.begin_array();
    for (const auto& one : all) {
      json.begin_object().text("pack", one.name).text("version", one.version).text("app", one.app);
      json.text("evidence", one.evidence).text("sha256", one.sha256);
      texts(json, "paths", one.paths);
      texts(json, "sources", one.sources);
      json.end();
    }
    json.finish();
  }

  PackChoice choice_;
};

class PacksShowCommand final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("NAME", name_, "Name of the pack")->required()->option_text(" ");
    choice_.declare(app);
  }

  int run(const Context& context) override {
    const auto packs = choice_.load();
    if (!packs) return context.fail(packs.error());
    for (const auto& pack : *packs) {
      const auto facts = content::facts_of(pack);
      if (!facts || facts->name != name_) continue;
      if (context.common.json) {
        JsonWriter json(context.out, 1);
        json.begin_object().text("pack", facts->name).text("sha256", facts->sha256).text("toml", pack.toml).end();
        json.finish();
      } else {
        context.out.write(pack.toml);
      }
      return kExitGood;
    }
    return context.fail(
        {ErrorKind::kUsage, fmt::format("there is no pack '{}'; `limier packs list` names them", name_)});
  }

 private:
  std::string name_;
  PackChoice choice_;
};

constexpr std::array kPacksCommands{
    CommandEntry{
        "packs check", "[PATH|NAME...] [options]", "Run the tests that packs bring",
        R"(Of files and folders of packs, or of the program's own by their names; without any, of all the program's
own. Each pack's statements are asked of databases that have just what the pack names, and its samples are read, in a
process that can open no file. A pack has to have a sample that it knows and one that it must not know.

Exit codes: 0 all hold, 2 a pack is wrong or a test of it does not hold.

Examples:
  limier packs check my-packs
  limier packs check packs/android-sms.toml --json)",
        true, make_packs_check},
    CommandEntry{"packs list", "[options]", "Which applications' databases are known",
                 R"(The program's own packs, and with --packs those of a file or folder; one of the same name takes the
place of the program's own.

Examples:
  limier packs list
  limier packs list --packs my-packs --json)",
                 true, [] { return std::unique_ptr<Command>(std::make_unique<PacksListCommand>()); }},
    CommandEntry{"packs show", "NAME [options]", "Print a pack as it is used",
                 R"(Examples:
  limier packs show android-sms
  limier packs show android-sms > mine.toml)",
                 true, [] { return std::unique_ptr<Command>(std::make_unique<PacksShowCommand>()); }},
};

}  // namespace

std::span<const CommandEntry> packs_commands() {
  return kPacksCommands;
}

}  // namespace limier::cli
