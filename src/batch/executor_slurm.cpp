// Slurm: job arrays for the tasks, one dependent job for the merge.
//
// What runs is known by the names of the jobs, which are fixed and on disk before sbatch is called: a submission that
// was cut off between sbatch and the record of its job ids is found again in the queue and not submitted twice. What is
// done is known by completion records alone, so neither sacct nor a database of jobs is needed.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "batch/executors.h"
#include "batch/external.h"
#include "batch/machine.h"
#include "batch/slurm_text.h"

namespace limier::batch {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::chrono::seconds kCommandLimit = 60s;
constexpr std::uint32_t kDefaultMaxActive = 16;
constexpr std::uint32_t kDefaultCpus = 2;
constexpr std::uint64_t kDefaultMemoryMib = 1024;
constexpr std::string_view kTermBefore = "B:TERM@120";  // two minutes to put an index in order
constexpr auto kPollEvery = 2s;
constexpr auto kStopLook = 100ms;
constexpr auto kCancelWait = 60s;  // Slurm's own KillWait is 30 s

// What Slurm's commands say when the controller cannot be reached, as opposed to when it does not like what is asked.
constexpr std::array<std::string_view, 4> kAway{"contact", "timed out", "Connection", "communication"};

using Words = std::vector<std::string>;

// One array or the merge of one submission, as the files beside the submission's record say.
struct Part {
  std::string job_name;
  std::vector<std::uint32_t> tasks;  // empty: the merge
};
struct Queued {
  std::vector<slurm::QueueEntry> entries;
  std::set<std::uint32_t> tasks;         // that are waiting or running
  std::set<std::string> array_ids;       // of those
  std::set<std::string> waiting_merges;  // job ids
};

Result<ProgramOutput> ask(const Words& words) {
  LIMIER_TRY(auto output, run_program(words, kCommandLimit));
  if (output.exit_code == 0) return output;
  const bool away = std::any_of(kAway.begin(), kAway.end(),
                                [&](std::string_view sign) { return output.err.find(sign) != std::string::npos; });
  if (away)
    return Error{
        ErrorKind::kTemporary,
        fmt::format("Slurm does not answer ({}); try again when `scontrol ping` says UP", first_line(output.err))};
  return Error{ErrorKind::kUsage, fmt::format("Slurm refuses: {}", first_line(output.err))};
}

// Names of jobs of this case begin with it. Random, and made once: two cases never share jobs.
Result<std::string> case_token(const CaseFolder& folder) {
  const std::string path = folder.submissions() + "/slurm.token";
  std::error_code error;
  if (!fs::exists(path, error)) {
    std::random_device random;
    LIMIER_CHECK(publish_file(path, fmt::format("{:08x}{:08x}\n", random(), random())));
  }
  LIMIER_TRY(auto token, read_whole_file(path));
  token = token.substr(0, token.find('\n'));
  if (token.size() != 16 || token.find_first_not_of("0123456789abcdef") != std::string::npos)
    return Error{ErrorKind::kUsage,
                 path + ": is not what limier wrote there; cancel the jobs of this case and remove it"};
  return token;
}

std::string tasks_path(const CaseFolder& folder, const std::string& submission, std::size_t array) {
  return fmt::format("{}/{}.{}.tasks", folder.submissions(), submission, array);
}

Result<std::vector<Part>> parts_of(const CaseFolder& folder, const std::string& token, const std::string& submission) {
  std::vector<Part> parts{{fmt::format("limier-{}-{}-merge", token, submission), {}}};
  std::error_code error;
  for (std::size_t array = 0; fs::exists(tasks_path(folder, submission, array), error); ++array) {
    LIMIER_TRY(const auto text, read_whole_file(tasks_path(folder, submission, array)));
    Part part{fmt::format("limier-{}-{}-{}", token, submission, array), {}};
    for (std::size_t at = 0; at < text.size();) {
      std::uint32_t task = 0;
      const auto [end, bad] = std::from_chars(text.data() + at, text.data() + text.size(), task);
      if (bad != std::errc{})
        return Error{ErrorKind::kUsage, tasks_path(folder, submission, array) + ": is not a list of tasks"};
      part.tasks.push_back(task);
      at = static_cast<std::size_t>(end - text.data()) + 1;
    }
    parts.push_back(std::move(part));
  }
  return parts;
}

// Everything of these parts that Slurm has not ended yet.
Result<Queued> ask_queue(const std::vector<Part>& parts) {
  Queued queued;
  if (parts.empty()) return queued;
  std::map<std::string_view, const Part*> by_name;
  std::vector<std::string_view> names;
  for (const Part& part : parts) {
    by_name[part.job_name] = &part;
    names.push_back(part.job_name);
  }
  LIMIER_TRY(const auto output, ask({"squeue", "--noheader", "--array", fmt::format("--format={}", slurm::kQueueFormat),
                                     fmt::format("--name={}", fmt::join(names, ","))}));
  for (slurm::QueueEntry& entry : slurm::parse_queue(output.out)) {
    const auto found = by_name.find(entry.name);
    if (found == by_name.end()) continue;
    const Part& part = *found->second;
    if (part.tasks.empty()) {
      if (entry.state == "PENDING") queued.waiting_merges.insert(entry.job_id);
    } else {
      if (entry.element && *entry.element < part.tasks.size()) queued.tasks.insert(part.tasks[*entry.element]);
      queued.array_ids.insert(entry.job_id);
    }
    queued.entries.push_back(std::move(entry));
  }
  return queued;
}

class SlurmExecutor final : public Executor {
 public:
  [[nodiscard]] std::string_view name() const override { return "slurm"; }
  Result<Submission> start(const CaseFolder& folder, const Plan& plan, std::span<const std::uint32_t> tasks,
                           const RunOptions& options, Progress& progress, const std::atomic<int>& stop) override;
  EngineState query(const CaseFolder& folder, const Submission& submission) override;
  Status cancel(const CaseFolder& folder, const Submission& submission) override;

 private:
  struct Job;  // what is common to the jobs of one submission
  static Result<Submission> latest_active(const CaseFolder& folder, const std::string& token);
  static Result<std::vector<Part>> earlier_parts(const CaseFolder& folder, const std::string& token);
  static Status submit(const Job& job, const std::vector<slurm::Array>& arrays, const Queued& queued,
                       Submission& submission);
  static void print_plan(const Job& job, const std::vector<slurm::Array>& arrays);
  static Status wait_for(const CaseFolder& folder, const Plan& plan, const RunOptions& options, Progress& progress,
                         const std::atomic<int>& stop);
};

struct SlurmExecutor::Job {
  const CaseFolder& folder;
  const RunOptions& options;
  std::string token;
  std::string submission;

  [[nodiscard]] std::string job_name(std::string_view part) const {
    return fmt::format("limier-{}-{}-{}", token, submission, part);
  }
  [[nodiscard]] std::string script_path(std::string_view part) const {
    return fmt::format("{}/{}.{}.sh", folder.submissions(), submission, part);
  }
  // Paths are relative to the case, as sbatch reads % and \ in them as signs of its own.
  [[nodiscard]] Words common(std::string_view part, std::string_view log) const {
    return {"sbatch",
            "--parsable",
            "--job-name=" + job_name(part),
            "--chdir=" + folder.dir(),
            fmt::format("--output=logs/{}", log),
            "--open-mode=append",
            "--requeue"};
  }
  void add_site_options(Words& words) const {
    words.insert(words.end(), options.engine_options.begin(), options.engine_options.end());
  }
  [[nodiscard]] Words array_words(const slurm::Array& array, std::size_t number,
                                  const std::vector<std::string>& ids) const {
    Words words = common(std::to_string(number), fmt::format("{}.{}-%a.log", submission, number));
    words.push_back(fmt::format("--array=0-{}%{}", array.tasks.size() - 1, array.max_active));
    words.push_back(fmt::format("--signal={}", kTermBefore));
    const std::uint32_t cpus = options.jobs == 0 ? kDefaultCpus : options.jobs;
    if (!slurm::has_option(options.engine_options, "cpus-per-task", 'c'))
      words.push_back(fmt::format("--cpus-per-task={}", cpus));
    // Without a figure, Slurm may give a job all memory of its node.
    constexpr std::uint64_t kMib = 1u << 20;
    const std::uint64_t mib = options.memory_bytes == 0 ? kDefaultMemoryMib : (options.memory_bytes + kMib - 1) / kMib;
    if (!slurm::has_option(options.engine_options, "mem", '\0') && !has_memory_per_cpu())
      words.push_back(fmt::format("--mem={}M", mib));
    if (array.starts_after) words.push_back("--dependency=afterany:" + ids[*array.starts_after]);
    add_site_options(words);
    words.push_back(script_path(std::to_string(number)));
    return words;
  }
  [[nodiscard]] Words merge_words(const std::vector<std::string>& after) const {
    Words words = common("merge", submission + ".merge.log");
    // afterok would wait for ever when one task fails.
    if (!after.empty()) words.push_back(fmt::format("--dependency=afterany:{}", fmt::join(after, ":")));
    add_site_options(words);
    words.push_back(script_path("merge"));
    return words;
  }
  [[nodiscard]] bool has_memory_per_cpu() const {
    return slurm::has_option(options.engine_options, "mem-per-cpu", '\0') ||
           slurm::has_option(options.engine_options, "mem-per-gpu", '\0');
  }
};

Result<std::vector<Part>> SlurmExecutor::earlier_parts(const CaseFolder& folder, const std::string& token) {
  std::vector<Part> parts;
  LIMIER_TRY(const auto submissions, load_submissions(folder));
  for (const Submission& submission : submissions) {
    if (submission.executor != "slurm") continue;
    LIMIER_TRY(auto some, parts_of(folder, token, submission.name));
    parts.insert(parts.end(), std::make_move_iterator(some.begin()), std::make_move_iterator(some.end()));
  }
  return parts;
}

// The one to name when all that is asked for is in the queue already.
Result<Submission> SlurmExecutor::latest_active(const CaseFolder& folder, const std::string& token) {
  LIMIER_TRY(auto submissions, load_submissions(folder));
  Submission latest;
  for (Submission& submission : submissions) {
    if (submission.executor != "slurm") continue;
    LIMIER_TRY(const auto parts, parts_of(folder, token, submission.name));
    LIMIER_TRY(const auto queued, ask_queue(parts));
    if (!queued.entries.empty()) latest = std::move(submission);
  }
  return latest;
}

void SlurmExecutor::print_plan(const Job& job, const std::vector<slurm::Array>& arrays) {
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < arrays.size(); ++i) ids.push_back(fmt::format("ID{}", i));
  std::string text;
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    text += shell_line(job.array_words(arrays[i], i, ids)) + "\n";
    text += slurm::array_script(arrays[i], job.folder, job.options) + "\n";
  }
  text += shell_line(job.merge_words(ids)) + "\n" + slurm::merge_script(job.folder, job.options);
  if (job.options.print) job.options.print(text);
}

Status SlurmExecutor::submit(const Job& job, const std::vector<slurm::Array>& arrays, const Queued& queued,
                             Submission& submission) {
  // Everything by which the jobs are known again is on disk before the first of them exists.
  for (std::size_t i = 0; i < arrays.size(); ++i) {
    LIMIER_CHECK(
        publish_file(tasks_path(job.folder, job.submission, i), fmt::format("{}\n", fmt::join(arrays[i].tasks, "\n"))));
    LIMIER_CHECK(
        publish_file(job.script_path(std::to_string(i)), slurm::array_script(arrays[i], job.folder, job.options)));
  }
  LIMIER_CHECK(publish_file(job.script_path("merge"), slurm::merge_script(job.folder, job.options)));
  LIMIER_CHECK(save_submission(job.folder, submission));

  const auto sbatch = [&](const Words& words) -> Status {
    LIMIER_TRY(const auto output, ask(words));
    const auto id = slurm::parse_job_id(output.out);
    if (!id)
      return Error{ErrorKind::kTemporary, fmt::format("sbatch gave no job number but \"{}\"", first_line(output.out))};
    submission.engine_ids.push_back(*id);
    return save_submission(job.folder, submission);
  };
  for (std::size_t i = 0; i < arrays.size(); ++i)
    LIMIER_CHECK(sbatch(job.array_words(arrays[i], i, submission.engine_ids)));

  std::vector<std::string> after = submission.engine_ids;
  after.insert(after.end(), queued.array_ids.begin(), queued.array_ids.end());
  LIMIER_CHECK(sbatch(job.merge_words(after)));
  // A merge that waits for less than this one is no longer needed.
  if (!queued.waiting_merges.empty()) {
    Words words{"scancel"};
    words.insert(words.end(), queued.waiting_merges.begin(), queued.waiting_merges.end());
    LIMIER_CHECK(ask(words));
  }
  return ok_status();
}

Result<Submission> SlurmExecutor::start(const CaseFolder& given, const Plan& plan, std::span<const std::uint32_t> tasks,
                                        const RunOptions& options, Progress& progress, const std::atomic<int>& stop) {
  std::error_code error;
  const CaseFolder folder(fs::canonical(given.dir(), error).string());
  if (error) return Error{ErrorKind::kUsage, fmt::format("{}: {}", given.dir(), error.message())};
  LIMIER_CHECK(slurm::check_site_options(options.engine_options));
  LIMIER_TRY(const auto config, ask({"scontrol", "show", "config"}));
  const auto max_array_size = slurm::max_array_size(config.out);
  if (!max_array_size || *max_array_size == 0)
    return Error{ErrorKind::kUsage, "this Slurm allows no job arrays (MaxArraySize is 0 or not said)"};

  LIMIER_TRY(const auto token, case_token(folder));
  LIMIER_TRY(const auto earlier, earlier_parts(folder, token));
  LIMIER_TRY(const Queued queued, ask_queue(earlier));
  std::vector<std::uint32_t> open;
  std::copy_if(tasks.begin(), tasks.end(), std::back_inserter(open),
               [&](std::uint32_t task) { return !queued.tasks.contains(task); });
  if (open.size() < tasks.size())
    progress.note(
        fmt::format("{} tasks are in Slurm's queue already and are not submitted again", tasks.size() - open.size()));

  Submission submission;
  LIMIER_TRY(submission.name, next_submission_name(folder, name()));
  submission.executor = name();
  submission.host = host_name();
  submission.started_ns = std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count();
  submission.plan_digest = plan.digest;
  submission.tasks = open;
  const Job job{folder, options, token, submission.name};
  const std::uint32_t max_active = options.max_active == 0 ? kDefaultMaxActive : options.max_active;
  const auto arrays = slurm::split_arrays(open, *max_array_size, max_active);
  if (options.dry_run) {
    print_plan(job, arrays);
    return submission;
  }
  // Tasks in the queue whose merge is not: the run that submitted them ended before it could submit that too.
  if (open.empty() && !queued.waiting_merges.empty()) {
    LIMIER_TRY(submission, latest_active(folder, token));
  } else {
    LIMIER_CHECK(make_folder(folder.logs()));
    LIMIER_CHECK(submit(job, arrays, queued, submission));
  }
  if (options.wait) LIMIER_CHECK(wait_for(folder, plan, options, progress, stop));
  return submission;
}

// A controller that has just been started again may not know its jobs for a moment.
constexpr std::uint32_t kSeenEmpty = 3;

Status SlurmExecutor::wait_for(const CaseFolder& folder, const Plan& plan, const RunOptions& options,
                               Progress& progress, const std::atomic<int>& stop) {
  LIMIER_TRY(const auto token, case_token(folder));
  LIMIER_TRY(const auto parts, earlier_parts(folder, token));
  progress.stage_started("slurm", plan.tasks.size(), "tasks");
  bool told_away = false;
  std::uint32_t seen_empty = 0;
  while (stop.load() == 0) {
    const auto queued = ask_queue(parts);
    LIMIER_TRY(const auto unfinished, unfinished_tasks(folder, plan, options.retry_failed));
    progress.advanced(plan.tasks.size() - unfinished.size());
    seen_empty = queued.ok() && queued->entries.empty() ? seen_empty + 1 : 0;
    if (seen_empty > 0 && (unfinished.empty() || seen_empty == kSeenEmpty)) break;
    if (!queued.ok() && !told_away)
      progress.note(fmt::format("{}; the tasks go on, and limier asks again", queued.error().message));
    told_away = !queued.ok();
    const auto next = std::chrono::steady_clock::now() + kPollEvery;
    while (stop.load() == 0 && std::chrono::steady_clock::now() < next) std::this_thread::sleep_for(kStopLook);
  }
  progress.stage_ended();
  return ok_status();
}

EngineState SlurmExecutor::query(const CaseFolder& folder, const Submission& submission) {
  const auto token = case_token(folder);
  if (!token) return EngineState::kUnknown;
  const auto parts = parts_of(folder, *token, submission.name);
  if (!parts) return EngineState::kUnknown;
  const auto queued = ask_queue(*parts);
  if (!queued) return EngineState::kUnknown;
  return queued->entries.empty() ? EngineState::kEnded : EngineState::kActive;
}

Status SlurmExecutor::cancel(const CaseFolder& folder, const Submission& submission) {
  LIMIER_TRY(const auto token, case_token(folder));
  LIMIER_TRY(const auto parts, parts_of(folder, token, submission.name));
  LIMIER_TRY(auto queued, ask_queue(parts));
  if (queued.entries.empty()) return ok_status();
  std::set<std::string> ids;
  for (const slurm::QueueEntry& entry : queued.entries) ids.insert(entry.job_id);
  Words words{"scancel"};
  words.insert(words.end(), ids.begin(), ids.end());
  LIMIER_CHECK(ask(words));
  // Tasks get TERM and put their index in order; until then they still work on the case.
  const auto end = std::chrono::steady_clock::now() + kCancelWait;
  while (!queued.entries.empty() && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(kPollEvery / 4);
    LIMIER_TRY(queued, ask_queue(parts));
  }
  if (!queued.entries.empty())
    return Error{ErrorKind::kTemporary,
                 fmt::format("Slurm was told to cancel, but {} tasks have not ended yet; look again with `limier batch "
                             "status`",
                             queued.entries.size())};
  return ok_status();
}

}  // namespace

std::unique_ptr<Executor> make_slurm_executor() {
  return std::make_unique<SlurmExecutor>();
}

}  // namespace limier::batch
