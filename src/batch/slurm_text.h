// What is said to Slurm and what it says, as text: pure functions, no process is started here.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "limier/batch.h"

namespace limier::batch::slurm {

// ---- arrays

// One job array. Its elements are positions in `tasks`.
struct Array {
  std::vector<std::uint32_t> tasks;
  std::uint32_t max_active = 0;             // %K of this array
  std::optional<std::size_t> starts_after;  // position of the array that must have ended before
};
// As many arrays as MaxArraySize asks for; together they never have more than `max_active` tasks running. Tasks are
// dealt out in turn, so that each array begins with large ones.
std::vector<Array> split_arrays(std::span<const std::uint32_t> tasks, std::uint32_t max_array_size,
                                std::uint32_t max_active);

// "MaxArraySize = 1001" in `scontrol show config`.
std::optional<std::uint32_t> max_array_size(std::string_view config);

// ---- site options

// Error kUsage for options of sbatch that would take from limier what it needs to know its jobs again.
Status check_site_options(std::span<const std::string> options);
bool has_option(std::span<const std::string> options, std::string_view long_name, char short_name);

// ---- the queue

// Format for squeue --format, and one line of it. Names of jobs are ours: no separator occurs in them.
inline constexpr std::string_view kQueueFormat = "%F|%K|%T|%j";
struct QueueEntry {
  std::string job_id;                    // of the whole array
  std::optional<std::uint32_t> element;  // absent: no array
  std::string state;                     // PENDING, RUNNING, COMPLETING, …
  std::string name;
};
std::vector<QueueEntry> parse_queue(std::string_view text);

// "1234" or "1234;cluster", as sbatch --parsable prints it.
std::optional<std::string> parse_job_id(std::string_view text);

// ---- scripts

// What runs on a node, for one element of an array.
std::string array_script(const Array& array, const CaseFolder& folder, const RunOptions& options);
// What runs when all arrays have ended.
std::string merge_script(const CaseFolder& folder, const RunOptions& options);

}  // namespace limier::batch::slurm
