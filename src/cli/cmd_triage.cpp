#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <map>
#include <set>

#include "cli/command.h"
#include "cli/expect.h"
#include "cli/progress.h"
#include "cli/summary.h"
#include "limier/app.h"
#include "limier/volume.h"

namespace limier::cli {
namespace {

constexpr std::string_view kNoAuthority =
    "refused: no authority was given; limier indexes only what it is told may be examined, so say by what right with "
    "--authority \"warrant 12/2026\" or a line `authority = ...` in a file given with --case-file";

class TriageCommand final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("IMAGE", options_.image, "First segment of the image (.E01, .001, .dd, ...)")
        ->required()
        ->option_text(" ");
    app.add_option("--out", options_.out,
                   "Folder for the results; new or empty, or with --resume that of an\nearlier run")
        ->option_text("DIR")
        ->required();
    add_case_options(app);
    app.add_option("--profile", profile_, "list, quick, standard or full, see below (default: standard)")
        ->option_text("NAME")
        ->check(CLI::IsMember({"list", "quick", "standard", "full"}));
    app.add_option("--fail-on", fail_on_,
                   "Exit with 1 when a finding of this priority or above exists:\nlive-in-danger, high, medium or low")
        ->option_text("PRIORITY")
        ->check(CLI::IsMember({"live-in-danger", "high", "medium", "low"}));
    digests_.declare(app);
    app.add_option("--zone", options_.zone,
                   "Time zone assumed where a file system keeps local time (FAT),\nas Europe/Amsterdam")
        ->option_text("ZONE")
        ->check(check_zone);
    app.add_option("--lang", options_.language,
                   "Language of report.html: en, nl, fr or de (default: en). What is for\nmachines is English always")
        ->option_text("LANG")
        ->check(check_lang);
    add_sector_size(app, options_.sector_bytes);
    app.add_option(
           "--codepage", options_.code_page,
           "Code page of short file names on FAT, as 850; without it their bytes\nbeyond ASCII are shown as bytes")
        ->option_text("NUMBER")
        ->check(CLI::IsMember(std::set<std::uint32_t>(volume::kOemCodePages.begin(), volume::kOemCodePages.end())));
    app.add_option("--packs", options_.packs,
                   "Packs of applications beside the program's own: files, or folders\nof *.toml (see docs/packs.md)")
        ->option_text("PATH ...");
    app.add_option("--rules", options_.rules,
                   "Packs of rules beside the program's own: folders with a pack, or of packs\n(see docs/rules.md)")
        ->option_text("PATH ...");
    app.add_option("--hashset", options_.hash_sets,
                   "Sets of known and notable files, made with limier hashset\n(see docs/hashsets.md)")
        ->option_text("FILE ...");
    app.add_option("--keywords", options_.keywords,
                   "Words and patterns to look for in all bytes and texts, one a line, with\noptions and kinds of your "
                   "own, as plates (see docs/keywords.md)")
        ->option_text("FILE ...");
    app.add_option("--yara", options_.yara,
                   "Files of YARA rules, or folders of *.yar and *.yara, that every content is\nscanned with (see "
                   "docs/yara.md)")
        ->option_text("PATH ...");
    app.add_option("--text-limit", text_limit_,
                   "Take no more text out of files than this; the largest are left out and\ncounted (default: 4G; see "
                   "docs/search.md)")
        ->option_text("SIZE")
        ->check(check_size);
    app.add_option("--scope", options_.scope,
                   "What may not be read (period, persons, terms): masked before anything is\nindexed, only counted "
                   "(see docs/scope.md)")
        ->option_text("FILE");
    app.add_flag("--incomplete", options_.incomplete, "Go on with the segments that are there; every result says so");
    app.add_flag("--resume", options_.resume,
                 "Go on with the run in DIR that was killed, interrupted or out of disk;\nsame image, same options");
    app.add_option(
           "--slack", options_.slack_seconds,
           "End the listing of a volume when it takes so much longer than what was\nread and found accounts for "
           "(default: 600)")
        ->option_text("SECONDS")
        ->check(whole_number(1, kMostPatienceSeconds));
    app.add_flag("--allow-beside-evidence", options_.allow_beside_evidence,
                 "Allow DIR inside the folder of the evidence");
  }

  int run(const Context& context) override {
    if (const auto status = collect_authority(); !status) return context.fail(status.error());
    if (is_blank(options_.authority.text)) {
      complain(kNoAuthority);
      return kExitRefused;
    }
    options_.profile = chosen_profile();
    if (!fail_on_.empty() && options_.profile < app::Profile::kStandard) {
      complain(
          fmt::format("--fail-on needs --profile standard or full: with {} no content is looked into, so there are "
                      "no findings, and 0 would say nothing",
                      profile_));
      return kExitUsage;
    }
    for (const auto& [option, given] :
         {std::pair("--packs", !options_.packs.empty()), std::pair("--rules", !options_.rules.empty()),
          std::pair("--keywords", !options_.keywords.empty()), std::pair("--yara", !options_.yara.empty())})
      if (given && options_.profile < app::Profile::kStandard) {
        complain(
            fmt::format("{} needs --profile standard or full: with {} no content is looked into", option, profile_));
        return kExitUsage;
      }
    if (!options_.hash_sets.empty() && options_.profile == app::Profile::kList) {
      complain("--hashset needs --profile quick, standard or full: with list no file has a digest");
      return kExitUsage;
    }
    if (!text_limit_.empty()) options_.text_limit = parse_size(text_limit_).value_or(options_.text_limit);
    options_.fail_on = catalog::priority_of(fail_on_);
    options_.media_digests = digests_.digests();
    options_.expect_md5 = digests_.md5();
    options_.expect_sha1 = digests_.sha1();
    options_.expect_sha256 = digests_.sha256();
    options_.jobs = context.common.jobs;
    options_.memory_bytes = context.memory_bytes();
    options_.sandbox = !context.common.no_sandbox;
    options_.stall_seconds = context.common.stall_seconds;
    options_.command_line = context.command_line;
    // Not for users, so no option: tests of --resume have the state of small images kept often.
    if (const char* bytes = std::getenv("LIMIER_CHECKPOINT_BYTES"))
      options_.checkpoint_bytes = std::strtoull(bytes, nullptr, 10);
    auto progress = make_progress(context.common.progress, context.common.quiet, STDERR_FILENO);
    const auto outcome = app::triage(options_, *progress, context.stop);
    progress.reset();
    if (!outcome) {
      const int code = context.fail(outcome.error());
      // Of a full disk the error itself says it.
      if (outcome.error().kind == ErrorKind::kInterrupted) say_how_to_go_on(context);
      return code;
    }
    print_summary(context, options_.out, *outcome);
    if (outcome->interrupted) say_how_to_go_on(context);
    return outcome->exit_code;
  }

 private:
  // Where a run was begun whose end is missing.
  void say_how_to_go_on(const Context& context) const {
    if (::access((options_.out + "/index.db").c_str(), F_OK) != 0) return;
    context.say(fmt::format("what was found is kept; go on with: {}{}", context.command_line,
                            options_.resume ? "" : " --resume"));
  }

  void add_case_options(CLI::App& app) {
    const std::string group = "Authority and case";
    app.add_option("--authority", options_.authority.text,
                   "By what right the evidence is examined: warrant, consent, order,\ntraining (required, here or in "
                   "the case file)")
        ->option_text("TEXT")
        ->group(group);
    app.add_option("--case-file", case_file_, "File with lines `authority = ...`, `case = ...`, ...")
        ->option_text("FILE")
        ->group(group);
    app.add_option("--case", options_.authority.case_number, "Case number")->option_text("TEXT")->group(group);
    app.add_option("--exhibit", options_.authority.exhibit, "Exhibit or item number")
        ->option_text("TEXT")
        ->group(group);
    app.add_option("--examiner", options_.authority.examiner, "Who examines")->option_text("TEXT")->group(group);
    app.add_option("--agency", options_.authority.agency, "For which agency")->option_text("TEXT")->group(group);
    app.add_option("--note", options_.authority.note, "Anything else for the report")
        ->option_text("TEXT")
        ->group(group);
  }

  app::Profile chosen_profile() const {
    if (profile_ == "list") return app::Profile::kList;
    if (profile_ == "quick") return app::Profile::kQuick;
    return profile_ == "full" ? app::Profile::kFull : app::Profile::kStandard;
  }

  // The case file fills what the command line leaves open.
  Status collect_authority() {
    auto& authority = options_.authority;
    const std::map<std::string_view, std::string*> fields{
        {"authority", &authority.text},    {"case", &authority.case_number}, {"exhibit", &authority.exhibit},
        {"examiner", &authority.examiner}, {"agency", &authority.agency},    {"note", &authority.note}};
    if (!case_file_.empty()) {
      LIMIER_TRY(const auto values, read_case_file(case_file_));
      for (const auto& [key, value] : values)
        if (std::string& field = *fields.at(key); field.empty()) field = value;
    }
    for (const auto& [key, field] : fields)
      if (!is_valid_utf8(*field))
        return Error{ErrorKind::kUsage, fmt::format("the text given as {} is not valid UTF-8", key)};
    return ok_status();
  }

  app::TriageOptions options_;
  DigestOptions digests_;
  std::string case_file_, fail_on_, text_limit_;
  std::string profile_ = "standard";
};

}  // namespace

std::unique_ptr<Command> make_triage() {
  return std::make_unique<TriageCommand>();
}

}  // namespace limier::cli
