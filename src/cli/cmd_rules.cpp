#include <array>

#include "cli/command.h"

namespace limier::cli {
namespace {

constexpr std::array kRulesCommands{
    CommandEntry{"rules check", "[PATH...] [options]", "Check rule packs against their own samples",
                 R"(Reads the program's own packs and those in each PATH (a pack, or a folder of packs), and runs
every rule on its samples. Exit code 0: all come out as they say; 2: a file is wrong or a
sample does not.

Examples:
  limier rules check
  limier rules check my-rules)",
                 true, make_rules_check},
    CommandEntry{"rules list", "[options]", "Show the rule packs, their rules and how they were measured",
                 R"(The SHA-256 of a pack is over all its files.

Examples:
  limier rules list
  limier rules list --rules my-rules --json)",
                 true, make_rules_list},
    CommandEntry{"rules run", "DIR [options]", "Run rules over a finished index, which is not changed",
                 R"(Prints findings in the order they should be read in. They are printed only: what triage found
stays as it is in v_finding.

A finding is a priority to read, not an accusation; no finding is no all-clear.

Examples:
  limier rules run case-17
  limier rules run case-17 --rules my-rules --json)",
                 true, make_rules_run},
};

}  // namespace

std::span<const CommandEntry> rules_commands() {
  return kRulesCommands;
}

}  // namespace limier::cli
