#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <set>

#include "cli/batch_text.h"
#include "cli/json_writer.h"
#include "limier/app.h"

namespace limier::cli {
namespace {

class ExportCommand final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("DIR", options_.dir, "Case folder that triage wrote")->required()->option_text(" ");
    app.add_option("--file", options_.file_ids, "Numbers of the files, as `limier files` shows them")
        ->option_text("ID...")
        ->required()
        ->delimiter(',')
        ->check(whole_number(1, kMostNumber));
    app.add_option("--to", options_.to, "Folder to write to; made when it does not exist")
        ->option_text("FOLDER")
        ->required();
    app.add_option("--image", options_.image, "Where the evidence is now, when it has moved")->option_text("IMAGE");
  }

  int run(const Context& context) override {
    options_.sandbox = !context.common.no_sandbox;
    options_.stall_seconds = context.common.stall_seconds;
    options_.command_line = context.command_line;
    // Each once, in the order given.
    std::set<std::int64_t> seen;
    std::erase_if(options_.file_ids, [&](std::int64_t id) { return !seen.insert(id).second; });
    if (const auto status = refuse_batch_case(options_.dir, "export"); !status) return context.fail(status.error());
    const auto files = app::export_files(options_, context.stop);
    if (!files) return context.fail(files.error());
    if (context.common.json)
      print_json(context, *files);
    else
      print_text(context, *files);
    const auto any = [&](auto test) { return std::any_of(files->begin(), files->end(), test); };
    if (any([](const app::ExportedFile& file) { return file.mismatch; })) return kExitMismatch;
    return any([](const app::ExportedFile& file) { return !file.problem.empty(); }) ? kExitPartly : kExitGood;
  }

 private:
  static void print_json(const Context& context, const std::vector<app::ExportedFile>& files) {
    JsonWriter json(context.out, 1);
    json.begin_array();
    for (const auto& file : files) {
      json.begin_object().key("file_id").integer(file.file_id);
      json.text_or_null("written_as", file.problem.empty() ? file.written_as : "");
      json.number("size", file.size_bytes).text_or_null("sha256", file.sha256);
      json.boolean("mismatch", file.mismatch).text_or_null("problem", file.problem).end();
    }
    json.finish();
  }

  static void print_text(const Context& context, const std::vector<app::ExportedFile>& files) {
    for (const auto& file : files) {
      if (!file.problem.empty()) {
        complain(fmt::format("file {} was not written: {}", file.file_id, file.problem));
      } else if (!context.common.quiet) {
        context.out.write(fmt::format("{}  {}  {}\n", file.sha256, pad_left(group_digits(file.size_bytes), 14),
                                      terminal_text(file.written_as)));
      }
    }
  }

  app::ExportOptions options_;
};

}  // namespace

std::unique_ptr<Command> make_export() {
  return std::make_unique<ExportCommand>();
}

}  // namespace limier::cli
