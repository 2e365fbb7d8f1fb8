// One command: its options and what it does. A new command is one file and one line in commands.cpp.
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "cli/options.h"
#include "cli/output.h"
#include "limier/base.h"
#include "limier/cli.h"

namespace limier::cli {

// Exit codes of the contract that commands give themselves; those of errors come from app::exit_code_of.
inline constexpr int kExitGood = 0;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitMismatch = 4;
inline constexpr int kExitPartly = 5;
inline constexpr int kExitRefused = 6;
inline constexpr int kExitTemporary = 75;

struct Context {
  const CommonOptions& common;
  Output& out;  // standard output
  const Style& style;
  std::string command_line;
  const std::atomic<int>& stop;  // the signal that asks us to end, or 0

  // Says it on standard error and gives the exit code.
  [[nodiscard]] int fail(const Error& error) const;
  // A message for the person at the terminal; nothing with --quiet, a note among the lines of --progress json.
  void say(std::string_view message) const;
  [[nodiscard]] std::uint64_t memory_bytes() const;
  [[nodiscard]] bool stopped() const { return stop.load(std::memory_order_relaxed) != 0; }
  [[nodiscard]] int interrupted_code() const { return 128 + stop.load(std::memory_order_relaxed); }
};

class Command {
 public:
  virtual ~Command() = default;
  virtual void declare(CLI::App& app) = 0;
  virtual int run(const Context& context) = 0;
};

struct CommandEntry {
  std::string_view name;
  std::string_view usage;              // what stands behind the name
  std::string_view about;              // one line
  std::string_view more;               // paragraphs and examples below the options
  bool reads_index_only;               // nothing to be put in order when a signal comes: it may end the program at once
  std::unique_ptr<Command> (*make)();  // null: a family
  std::span<const CommandEntry> (*family)() = nullptr;  // its members, named "batch plan"
};
std::span<const CommandEntry> all_commands();  // sorted by name
std::span<const CommandEntry> batch_commands();
std::span<const CommandEntry> hashset_commands();
std::span<const CommandEntry> packs_commands();
std::span<const CommandEntry> rules_commands();

std::unique_ptr<Command> make_batch_cancel();
std::unique_ptr<Command> make_batch_exec();
std::unique_ptr<Command> make_batch_merge();
std::unique_ptr<Command> make_batch_plan();
std::unique_ptr<Command> make_batch_resume();
std::unique_ptr<Command> make_batch_run();
std::unique_ptr<Command> make_batch_status();
std::unique_ptr<Command> make_check();
std::unique_ptr<Command> make_decide();
std::unique_ptr<Command> make_explain();
std::unique_ptr<Command> make_export();
std::unique_ptr<Command> make_files();
std::unique_ptr<Command> make_info();
std::unique_ptr<Command> make_messages();
std::unique_ptr<Command> make_note();
std::unique_ptr<Command> make_packs_check();
std::unique_ptr<Command> make_report();
std::unique_ptr<Command> make_rows();
std::unique_ptr<Command> make_rules_check();
std::unique_ptr<Command> make_rules_list();
std::unique_ptr<Command> make_rules_run();
std::unique_ptr<Command> make_sql();
std::unique_ptr<Command> make_tag();
std::unique_ptr<Command> make_timeline();
std::unique_ptr<Command> make_triage();
std::unique_ptr<Command> make_verify();
std::unique_ptr<Command> make_version();

}  // namespace limier::cli
