#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "cli/batch_text.h"
#include "cli/json_writer.h"
#include "limier/app.h"
#include "limier/report.h"

namespace limier::cli {
namespace {

class ReportCommand final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("DIR", dir_, "Case folder that triage wrote")->required()->option_text(" ");
    std::string about = "Which reports, with commas between (default: those triage writes):";
    for (const report::Format& format : report::all_formats())
      about += fmt::format("\n  {:<9} {}", format.name, format.about);
    app.add_option("--format", formats_, about)->option_text("LIST")->delimiter(',')->allow_extra_args(false);
    app.add_option("--lang", language_,
                   "Language of report.html: en, nl, fr or de (default: that of the run).\nWhat is for machines is "
                   "English always")
        ->option_text("LANG")
        ->check(check_lang);
  }

  int run(const Context& context) override {
    if (const auto status = refuse_batch_case(dir_, "report"); !status) return context.fail(status.error());
    const auto formats = chosen();
    if (!formats) return context.fail(formats.error());
    if (const auto status = app::rewrite_reports(dir_, *formats, language_, context.command_line); !status)
      return context.fail(status.error());
    std::vector<std::string> paths;
    for (const report::Format& format : report::all_formats())
      if (std::find(formats->begin(), formats->end(), format.name) != formats->end())
        for (const report::ReportFile& file : format.files())
          if (const std::string path = fmt::format("{}/{}", dir_, file.name);
              file.always || ::access(path.c_str(), F_OK) == 0)
            paths.push_back(path);
    if (context.common.json) {
      JsonWriter json(context.out, 2);
      json.begin_object().key("written").begin_array();
      for (const auto& path : paths) json.text(path);
      json.finish();
    } else if (!context.common.quiet) {
      for (const auto& path : paths) context.out.write(terminal_text(path) + "\n");
    }
    return kExitGood;
  }

 private:
  Result<std::vector<std::string>> chosen() const {
    std::vector<std::string> names;
    for (const report::Format& format : report::all_formats()) {
      const bool named = std::find(formats_.begin(), formats_.end(), format.name) != formats_.end();
      if (formats_.empty() ? format.by_default : named) names.emplace_back(format.name);
    }
    for (const std::string& wanted : formats_) {
      if (std::find(names.begin(), names.end(), wanted) != names.end()) continue;
      std::string known;
      for (const report::Format& format : report::all_formats())
        known += fmt::format("{}{}", known.empty() ? "" : ", ", format.name);
      return Error{ErrorKind::kUsage,
                   fmt::format("there is no report format '{}'; this version writes {}", wanted, known)};
    }
    return names;
  }

  std::string dir_, language_;
  std::vector<std::string> formats_;
};

}  // namespace

std::unique_ptr<Command> make_report() {
  return std::make_unique<ReportCommand>();
}

}  // namespace limier::cli
