#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstring>
#include <vector>

#include "cli/command.h"
#include "cli/suggest.h"
#include "limier/app.h"
#include "limier/version.h"

namespace limier::cli {
namespace {

constexpr std::string_view kStart = R"(limier {}: forensic triage of disk images. It reads evidence, never changes it.

Start with one of these:
  limier info laptop.E01
      what is in the image: container, partitions, encryption (seconds, writes nothing)
  limier triage laptop.E01 --out case-17 --authority "warrant 12/2026"
      index every file, check the integrity and write the report to case-17/report.html
  limier files case-17 --deleted
      list what was found, here the deleted files

`limier --help` lists all commands, `limier COMMAND --help` explains one.
)";

// CLI11 draws options well; the usage line is ours, so that it shows what must be given.
class HelpFormatter final : public CLI::Formatter {
 public:
  explicit HelpFormatter(const CommandEntry& entry) : entry_(entry) { column_width(30); }
  std::string make_usage(const CLI::App*, std::string) const override {
    return fmt::format("\nUsage: limier {} {}\n", entry_.name, entry_.usage);
  }
  std::string make_positionals(const CLI::App* app) const override {
    return make_group("Arguments", true,
                      app->get_options([](const CLI::Option* option) { return option->get_positional(); }));
  }

 private:
  const CommandEntry& entry_;
};

std::string family_help(const CommandEntry& family) {
  std::string text = fmt::format("{}\n\nUsage: limier {} {}\n\nCommands:\n", family.about, family.name, family.usage);
  for (const CommandEntry& entry : family.family()) text += fmt::format("  {:<16}{}\n", entry.name, entry.about);
  return text + fmt::format("\n{}\n\n`limier {} COMMAND --help` explains one of them.\n", family.more, family.name);
}

std::string overview() {
  std::string text =
      "limier: forensic triage of disk images. It reads evidence, never changes it.\n\n"
      "Usage: limier COMMAND [arguments] [options]\n\nCommands:\n";
  for (const CommandEntry& entry : all_commands()) text += fmt::format("  {:<10}{}\n", entry.name, entry.about);
  text += R"(
`limier COMMAND --help` explains a command and its options, with examples.

Options on every command: --json --quiet -v --no-color --progress FORM --jobs N --memory SIZE
                            --stall SECONDS --no-sandbox

Exit codes:
   0  complete, integrity as expected          4  integrity mismatch or damage
   1  with --fail-on: such a finding exists    5  part of the evidence could not be examined
   2  usage or configuration error             6  refused: no authority, output in the wrong place
   3  nothing examined: evidence unreadable    7  internal error
  75  temporary, as a full disk, and 130/143 interrupted: both go on with --resume
)";
  return text;
}

const CommandEntry* find_command(std::span<const CommandEntry> commands, std::string_view name) {
  const auto found =
      std::find_if(commands.begin(), commands.end(), [&](const auto& entry) { return entry.name == name; });
  return found == commands.end() ? nullptr : &*found;
}

// A closed standard stream would give its number to the next file opened, and messages would be written into it.
void keep_standard_streams_open() {
  int fd = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  while (fd >= 0 && fd <= STDERR_FILENO) {
    ::fcntl(fd, F_SETFD, 0);
    fd = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  }
  if (fd >= 0) ::close(fd);
}

int usage_error(const CommandEntry& entry, std::string_view what) {
  complain(fmt::format("{}; see `limier {} --help`", what, entry.name));
  return kExitUsage;
}

// The last word on the exit code: a result that could not be written is not a success.
int finish_output(Output& out, int code) {
  out.flush();
  if (out.error() == 0 || code != kExitGood) return code;
  complain(fmt::format("cannot write to standard output: {}", std::strerror(out.error())));
  return kExitTemporary;
}

// The option that was not expected, and what to do about it; "" when it was no option.
std::string about_unexpected(const CLI::App& app) {
  const auto extras = app.remaining();
  const auto found = std::find_if(extras.begin(), extras.end(),
                                  [](const std::string& word) { return word.size() > 1 && word.front() == '-'; });
  if (found == extras.end()) return {};
  const std::string name = found->substr(0, found->find('='));
  if (const auto reason = later_option(name); !reason.empty())
    return fmt::format("{} is not part of this version: {}", name, reason);
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& one : option->get_lnames()) names.push_back("--" + one);
  return fmt::format("there is no option {}{}", name, did_you_mean(name, names));
}

// Why the arguments cannot be taken, in one line.
std::string what_is_wrong(const CLI::App& app, const CLI::ParseError& error) {
  // A required option that is missing is often one that was misspelt.
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr ||
      dynamic_cast<const CLI::RequiredError*>(&error) != nullptr)
    if (std::string text = about_unexpected(app); !text.empty()) return text;
  std::string what = error.what();
  if (const auto end = what.find('\n'); end != std::string::npos) what.resize(end);
  // An option of several values takes what follows it, the argument too.
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr)
    for (const CLI::Option* option : app.get_options())
      if (!option->get_positional() && option->get_items_expected_max() > 1 && option->count() > 1)
        what += fmt::format(" (--{} took '{}' as one of its values: give what is required before it)",
                            option->get_lnames().front(), option->results().back());
  return what;
}

std::vector<std::string> names_of(std::span<const CommandEntry> commands) {
  std::vector<std::string> names;
  for (const CommandEntry& entry : commands) names.emplace_back(entry.name);
  return names;
}

int run_command(const CommandEntry& entry, int argc, const char* const* argv, std::atomic<int>& stop,
                const std::string& line) {
  CommonOptions common;
  CLI::App app{std::string(entry.about)};
  app.formatter(std::make_shared<HelpFormatter>(entry));
  app.footer(std::string(entry.more));
  app.set_help_flag();  // groups stand in the order of their first option: the common ones come last
  const auto command = entry.make();
  command->declare(app);
  app.set_help_flag("-h,--help", "This text")->group("Common options");
  add_common_options(app, common);
  Output out(STDOUT_FILENO);
  try {
    app.parse(argc - 1, argv + 1);
  } catch (const CLI::CallForHelp&) {
    out.write(app.help());
    return finish_output(out, kExitGood);
  } catch (const CLI::ParseError& error) {
    return usage_error(entry, what_is_wrong(app, error));
  }
  if (entry.reads_index_only) {
    ::signal(SIGINT, SIG_DFL);
    ::signal(SIGTERM, SIG_DFL);
  }
  const Style style(colour_wanted(STDOUT_FILENO, common.no_color));
  const Context context{common, out, style, line, stop};
  return finish_output(out, command->run(context));
}

// `limier batch plan ...`: the member is looked for behind the family's name.
int run_family(const CommandEntry& family, int argc, const char* const* argv, std::atomic<int>& stop) {
  Output out(STDOUT_FILENO);
  const std::string_view member = argc > 2 ? argv[2] : "";
  const bool wants_help = member == "help";
  if (member == "--help" || member == "-h" || (wants_help && argc == 3)) {
    out.write(family_help(family));
    return finish_output(out, kExitGood);
  }
  const std::string name = fmt::format("{} {}", family.name, wants_help ? argv[3] : member);
  const CommandEntry* entry = find_command(family.family(), name);
  if (entry == nullptr) {
    complain(fmt::format(
        "{}; `limier {} --help` lists the commands",
        member.empty() ? fmt::format("a command must follow '{}'", family.name)
                       : fmt::format("there is no command '{}'{}", name, did_you_mean(name, names_of(family.family()))),
        family.name));
    return kExitUsage;
  }
  if (wants_help) {
    const char* const help[] = {argv[0], argv[3], "--help"};
    return run_command(*entry, 3, help, stop, "");
  }
  return run_command(*entry, argc - 1, argv + 1, stop, command_line(argc, argv));
}

}  // namespace

void complain(std::string_view message) {
  Output err(STDERR_FILENO);
  err.write(fmt::format("limier: {}\n", terminal_text(message)));
}

int Context::fail(const Error& error) const {
  out.flush();
  complain(error.message);
  if (error.kind == ErrorKind::kInterrupted && stopped()) return interrupted_code();
  return app::exit_code_of(error.kind);
}

void Context::say(std::string_view message) const {
  if (common.quiet) return;
  if (common.progress != "json") return complain(message);
  // Whoever reads progress as JSON reads every line so.
  Output(STDERR_FILENO).write(fmt::format("{{\"note\":{}}}\n", json_string(message)));
}

std::uint64_t Context::memory_bytes() const {
  return common.memory.empty() ? 0 : parse_size(common.memory).value_or(0);
}

int run(int argc, const char* const* argv, std::atomic<int>& stop) {
  keep_standard_streams_open();
  Output out(STDOUT_FILENO);
  if (argc < 2) {
    out.write(fmt::format(fmt::runtime(kStart), LIMIER_VERSION));
    return finish_output(out, kExitGood);
  }
  const std::string_view first = argv[1];
  if (first == "--help" || first == "-h" || (first == "help" && argc == 2)) {
    out.write(overview());
    return finish_output(out, kExitGood);
  }
  if (first == "--version") {
    out.write(fmt::format("limier {}\n", LIMIER_VERSION));
    return finish_output(out, kExitGood);
  }
  const bool wants_help = first == "help";
  const std::string_view name = wants_help ? argv[2] : first;
  const CommandEntry* entry = find_command(all_commands(), name);
  if (entry == nullptr) {
    const std::string_view what =
        name.starts_with('-') ? "a command must come before the options, not" : "there is no command";
    complain(fmt::format("{} '{}'{}; `limier --help` lists the commands", what, name,
                         is_later_command(name) ? " in this version" : did_you_mean(name, names_of(all_commands()))));
    return kExitUsage;
  }
  if (entry->family != nullptr) {
    // `limier help batch plan` is `limier batch help plan`.
    std::vector<const char*> words(argv, argv + argc);
    if (wants_help) std::swap(words[1], words[2]);
    return run_family(*entry, argc, words.data(), stop);
  }
  if (wants_help) {
    const char* const help[] = {argv[0], argv[2], "--help"};
    return run_command(*entry, 3, help, stop, "");
  }
  return run_command(*entry, argc, argv, stop, command_line(argc, argv));
}

}  // namespace limier::cli
