#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "cli/batch_text.h"
#include "cli/json_writer.h"
#include "limier/app.h"

namespace limier::cli {
namespace {

class CheckCommand final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("DIR", dir_, "Case folder that triage wrote")->required()->option_text(" ");
    app.add_flag("--evidence", evidence_, "Also re-hash the evidence at its recorded path");
  }

  int run(const Context& context) override {
    const auto folder = case_folder(dir_);
    const auto report = is_batch_case(dir_) ? batch::check_case(folder, evidence_) : app::check(dir_, evidence_);
    if (!report) return context.fail(report.error());
    if (context.common.json)
      print_json(context, *report);
    else
      print_text(context, *report);
    return report->good ? kExitGood : kExitMismatch;
  }

 private:
  static void print_json(const Context& context, const app::CheckReport& report) {
    JsonWriter json(context.out, 2);
    json.begin_object().boolean("good", report.good).key("items").begin_array();
    for (const auto& item : report.items)
      json.begin_object().text("what", item.what).boolean("good", item.good).text("detail", item.detail).end();
    json.finish();
  }

  static void print_text(const Context& context, const app::CheckReport& report) {
    std::uint64_t bad = 0;
    for (const auto& item : report.items) {
      bad += item.good ? 0 : 1;
      if (item.good && context.common.quiet) continue;
      const std::string mark = item.good ? context.style.good("good") : context.style.bad("BAD ");
      const std::string detail = item.detail.empty() ? "" : ": " + terminal_text(item.detail);
      context.out.write(fmt::format("{}  {}{}\n", mark, terminal_text(item.what), detail));
    }
    if (report.good) {
      context.out.write(fmt::format("{} checked, all as recorded.\n", plural(report.items.size(), "item", "items")));
    } else {
      context.out.write(
          fmt::format("{} of {} not as recorded.\n", group_digits(bad), plural(report.items.size(), "item", "items")));
    }
  }

  std::string dir_;
  bool evidence_ = false;
};

}  // namespace

std::unique_ptr<Command> make_check() {
  return std::make_unique<CheckCommand>();
}

}  // namespace limier::cli
