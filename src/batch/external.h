// Commands of other programs (sbatch, squeue, parallel): started from a list of words, never through a shell.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>

#include "limier/base.h"

namespace limier::batch {

struct ProgramOutput {
  int exit_code = 0;  // 128 + signal when a signal ended it
  std::string out, err;
};
// Runs a program found on $PATH to its end, with an empty standard input. kUsage when it is not installed, kTemporary
// when it takes longer than `limit` (it is killed then).
Result<ProgramOutput> run_program(std::span<const std::string> words, std::chrono::seconds limit);

// One word of a POSIX shell, whatever its bytes.
std::string shell_word(std::string_view text);
std::string shell_line(std::span<const std::string> words);

// First line of what a program complained, without its end of line, for use in a sentence.
std::string first_line(std::string_view text);

}  // namespace limier::batch
