// cli: arguments → options → app; text, exit codes, progress on the terminal.
//
// Owns:    standard output and standard error; no other room writes to them.
// Threads: one; `stop` is set by a signal handler.
// Errors:  become one sentence on standard error and an exit code of the contract.
#pragma once

#include <atomic>
#include <string_view>

namespace limier::cli {

inline constexpr int kExitInternal = 7;

// The whole program: arguments to exit code. Throws only what the machine throws (no memory).
int run(int argc, const char* const* argv, std::atomic<int>& stop);

// One line on standard error; control characters in it are made visible.
void complain(std::string_view message);

}  // namespace limier::cli
