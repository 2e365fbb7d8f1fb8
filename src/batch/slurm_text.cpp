#include "batch/slurm_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "batch/external.h"

namespace limier::batch::slurm {
namespace {

constexpr std::uint32_t kMaxElements = 10'000;  // keeps a script below 100 KiB, whatever the site allows
constexpr std::uint32_t kMaxRestarts = 50;      // of one task that always runs into its time limit

std::optional<std::uint32_t> number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string_view trimmed(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

template <class Visit>
void each_line(std::string_view text, const Visit& visit) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    visit(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

// sbatch takes any beginning of a long option that is not ambiguous.
bool may_mean(std::string_view given, std::string_view name) {
  if (!given.starts_with("--")) return false;
  given = given.substr(2, given.find('=') == std::string_view::npos ? std::string_view::npos : given.find('=') - 2);
  return given.size() >= 2 && name.starts_with(given);
}

}  // namespace

std::vector<Array> split_arrays(std::span<const std::uint32_t> tasks, std::uint32_t max_array_size,
                                std::uint32_t max_active) {
  const std::size_t size = std::clamp<std::size_t>(max_array_size, 1, kMaxElements);
  const std::size_t count = (tasks.size() + size - 1) / size;
  std::vector<Array> arrays(count);
  for (std::size_t i = 0; i < tasks.size(); ++i) arrays[i % count].tasks.push_back(tasks[i]);
  // Arrays in one lane follow each other, lanes run beside each other and share out what may run at a time.
  const std::size_t lanes = std::min<std::size_t>(count, std::max(1u, max_active));
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t lane = i % lanes;
    arrays[i].max_active = static_cast<std::uint32_t>(max_active / lanes + (lane < max_active % lanes ? 1 : 0));
    if (i >= lanes) arrays[i].starts_after = i - lanes;
  }
  return arrays;
}

std::optional<std::uint32_t> max_array_size(std::string_view config) {
  std::optional<std::uint32_t> found;
  each_line(config, [&](std::string_view line) {
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos || trimmed(line.substr(0, equals)) != "MaxArraySize") return;
    found = number(trimmed(line.substr(equals + 1)));
  });
  return found;
}

bool has_option(std::span<const std::string> options, std::string_view long_name, char short_name) {
  return std::any_of(options.begin(), options.end(), [&](const std::string& option) {
    return may_mean(option, long_name) ||
           (option.size() >= 2 && option[0] == '-' && option[1] == short_name && option[1] != '-');
  });
}

Status check_site_options(std::span<const std::string> options) {
  struct Taken {
    std::string_view name;
    char letter;
  };
  static constexpr Taken kTaken[] = {{"array", 'a'}, {"dependency", 'd'}, {"job-name", 'J'},
                                     {"wait", 'W'},  {"wrap", '\0'},      {"chdir", 'D'}};
  for (const Taken& taken : kTaken)
    if (has_option(options, taken.name, taken.letter))
      return Error{ErrorKind::kUsage,
                   fmt::format("sbatch's --{} cannot be passed on: limier sets it itself to know its jobs again; leave "
                               "it away",
                               taken.name)};
  for (std::size_t i = 0; i < options.size(); ++i) {
    const bool is_option = options[i].starts_with('-') && options[i] != "-" && options[i] != "--";
    const bool takes_value = i > 0 && options[i - 1].starts_with('-') && options[i - 1].find('=') == std::string::npos;
    // sbatch would take the word for the script to submit.
    if (!is_option && !takes_value)
      return Error{ErrorKind::kUsage,
                   fmt::format("\"{}\" is no option of sbatch; write options as --name=value", options[i])};
  }
  return ok_status();
}

std::vector<QueueEntry> parse_queue(std::string_view text) {
  std::vector<QueueEntry> entries;
  each_line(text, [&](std::string_view line) {
    std::vector<std::string_view> fields;
    for (;;) {
      const std::size_t bar = line.find('|');
      fields.push_back(trimmed(line.substr(0, bar)));
      if (bar == std::string_view::npos) break;
      line.remove_prefix(bar + 1);
    }
    if (fields.size() == 4 && number(fields[0]))
      entries.push_back({std::string(fields[0]), number(fields[1]), std::string(fields[2]), std::string(fields[3])});
  });
  return entries;
}

std::optional<std::string> parse_job_id(std::string_view text) {
  text = trimmed(text.substr(0, text.find('\n')));
  text = text.substr(0, text.find(';'));
  if (!number(text)) return std::nullopt;
  return std::string(text);
}

// Slurm sends TERM to this shell only (--signal=B:TERM@120, or scontrol requeue, or scancel). The trap hands it on, and
// `wait` is asked again until it tells the program's own exit code and not that of the interrupted wait.
std::string array_script(const Array& array, const CaseFolder& folder, const RunOptions& options) {
  std::vector<std::string> words{options.program, "batch", "exec", folder.dir(), "--progress", "none", "--no-color"};
  if (!options.scratch.empty()) words.insert(words.end(), {"--scratch", options.scratch});
  if (options.memory_bytes > 0) words.insert(words.end(), {"--memory", std::to_string(options.memory_bytes)});
  if (!options.sandbox) words.emplace_back("--no-sandbox");
  if (options.retry_failed) words.emplace_back("--retry-failed");
  return fmt::format(
      R"sh(#!/bin/bash
# Written by limier. One element of this array is one task of the plan; running it again does nothing twice.
tasks=({tasks})
task=${{tasks[${{SLURM_ARRAY_TASK_ID:?}}]:?}}
element=${{SLURM_ARRAY_JOB_ID:?}}_$SLURM_ARRAY_TASK_ID
told=0
child=
trap 'told=$((told + 1)); [ -z "$child" ] || kill -TERM "$child" 2>/dev/null' TERM

echo "task $task, element $element on ${{SLURMD_NODENAME:-$HOSTNAME}}, restart ${{SLURM_RESTART_COUNT:-0}}"
{command} --task "$task" --jobs "${{SLURM_CPUS_PER_TASK:-1}}" &
child=$!
[ "$told" = 0 ] || kill -TERM "$child" 2>/dev/null
code=
while :; do
  seen=$told
  wait "$child"
  next=$?
  # 127: an earlier round had the exit code already.
  if [ "$next" != 127 ] || [ -z "$code" ]; then code=$next; fi
  [ "$told" != "$seen" ] || break
done

# Out of time, not cancelled (a cancelled element is COMPLETING by now): back into the queue, to go on where it stood.
if [ "$told" != 0 ] && {{ [ "$code" = 75 ] || [ "$code" = 143 ]; }} && [ "${{SLURM_RESTART_COUNT:-0}}" -lt {restarts} ] &&
   [ "$(squeue --noheader --jobs="$element" --format=%T 2>/dev/null)" = RUNNING ]; then
  echo "task $task: out of time; back into the queue"
  scontrol requeue "$element"
fi
exit "$code"
)sh",
      fmt::arg("tasks", fmt::format("{}", fmt::join(array.tasks, " "))), fmt::arg("command", shell_line(words)),
      fmt::arg("restarts", kMaxRestarts));
}

std::string merge_script(const CaseFolder& folder, const RunOptions& options) {
  const std::vector<std::string> words{options.program, "batch", "merge",     folder.dir(),
                                       "--progress",    "none",  "--no-color"};
  return fmt::format(
      "#!/bin/bash\n"
      "# Written by limier. Runs when every task has ended, however it ended; the merge itself says what is missing.\n"
      "exec {}\n",
      shell_line(words));
}

}  // namespace limier::batch::slurm
