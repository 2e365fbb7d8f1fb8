// GNU parallel: several machines that share a file system and have no scheduler, or one machine.
//
// parallel lives and dies with this process. It reads whole command lines, one for each task that is not done; what is
// done is known by completion records, so a job log is written for people and to tell machines on which limier could
// not be started at all.
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <thread>

#include "batch/executors.h"
#include "batch/external.h"
#include "batch/machine.h"

namespace limier::batch {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto kPollEvery = 100ms;
constexpr int kPollsPerCount = 10;  // counting reads every record
constexpr std::uint32_t kDefaultCpus = 2;
constexpr int kNotFound = 127;  // of a shell
constexpr int kNotStarted = 126;
constexpr int kSshFailed = 255;
// How a task is ended: TERM, two minutes to put its index in order, then KILL.
constexpr std::string_view kEnding = "TERM,120000,KILL,25";

using Words = std::vector<std::string>;

// The running parallel. Ended and reaped with this object.
class Running {
 public:
  static Result<Running> start(const Words& words, const std::string& commands_path, const std::string& log_path);
  Running(Running&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
  Running& operator=(Running&&) = delete;
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  ~Running() {
    if (pid_ <= 0) return;
    end_tasks();
    while (!ended()) std::this_thread::sleep_for(kPollEvery);
  }
  // True once it has ended; exit_code() then holds.
  bool ended() {
    int status = 0;
    if (pid_ > 0 && waitpid(pid_, &status, WNOHANG) == pid_) {
      exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      pid_ = -1;
    }
    return pid_ <= 0;
  }
  // The first TERM starts nothing new, the second ends what runs.
  void end_tasks() const {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGTERM);
    std::this_thread::sleep_for(kPollEvery);
    ::kill(pid_, SIGTERM);
  }
  [[nodiscard]] int exit_code() const { return exit_code_; }

 private:
  explicit Running(pid_t pid) : pid_(pid) {}
  pid_t pid_;
  int exit_code_ = 0;
};

Result<Running> Running::start(const Words& words, const std::string& commands_path, const std::string& log_path) {
  const UniqueFd in(::open(commands_path.c_str(), O_RDONLY | O_CLOEXEC));
  const UniqueFd log(::open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!in || !log)
    return Error{ErrorKind::kInternal, fmt::format("{}: {}", in ? log_path : commands_path, std::strerror(errno))};
  Words copies = words;
  std::vector<char*> arguments;
  for (std::string& word : copies) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) return Error{ErrorKind::kInternal, fmt::format("cannot start parallel: {}", std::strerror(errno))};
  if (pid == 0) {
    // A group of its own, so that Ctrl-C reaches limier only; ended with limier, however that ends.
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent) _exit(kNotStarted);
    signal(SIGPIPE, SIG_DFL);
    dup2(in.get(), STDIN_FILENO);
    dup2(log.get(), STDOUT_FILENO);
    dup2(log.get(), STDERR_FILENO);
    execvp(arguments[0], arguments.data());
    _exit(kNotFound);
  }
  return Running(pid);
}

Words parallel_words(const CaseFolder& folder, const std::string& submission, const RunOptions& options) {
  const std::uint32_t cpus = options.jobs == 0 ? kDefaultCpus : options.jobs;
  Words words{"parallel",    "--will-cite",
              "--no-notice", "--null",
              "--halt",      "never",
              "--termseq",   std::string(kEnding),
              "--joblog",    fmt::format("{}/{}.joblog", folder.logs(), submission)};
  // --jobs is for each machine.
  const auto hosts = static_cast<std::uint32_t>(std::max<std::size_t>(1, options.hosts.size()));
  if (options.max_active > 0) {
    words.insert(words.end(), {"--jobs", std::to_string(std::max(1u, options.max_active / hosts))});
  } else if (options.hosts.empty()) {
    const std::uint32_t cores = std::max(1u, std::thread::hardware_concurrency());
    words.insert(words.end(), {"--jobs", std::to_string(std::max(1u, cores / cpus))});
  } else {
    words.insert(words.end(), {"--jobs", fmt::format("{}%", std::max(1u, 100 / cpus))});  // of the machine's cores
  }
  for (const std::string& host : options.hosts) words.insert(words.end(), {"--sshlogin", host});
  words.insert(words.end(), options.engine_options.begin(), options.engine_options.end());
  return words;
}

std::string task_log(const CaseFolder& folder, const std::string& submission, std::uint32_t task) {
  return fmt::format("{}/{}-{}.log", folder.logs(), submission, task);
}

std::string command_line(const CaseFolder& folder, const std::string& submission, std::uint32_t task,
                         const RunOptions& options) {
  const std::uint32_t cpus = options.jobs == 0 ? kDefaultCpus : options.jobs;
  Words words{options.program,      "batch",      "exec", folder.dir(), "--task", std::to_string(task), "--jobs",
              std::to_string(cpus), "--progress", "none", "--no-color"};
  if (!options.scratch.empty()) words.insert(words.end(), {"--scratch", options.scratch});
  if (options.memory_bytes > 0) words.insert(words.end(), {"--memory", std::to_string(options.memory_bytes)});
  if (!options.sandbox) words.emplace_back("--no-sandbox");
  if (options.retry_failed) words.emplace_back("--retry-failed");
  // exec: the signal that ends the task must reach limier and not a shell in between. sh: whatever the login shell is.
  const std::string log = task_log(folder, submission, task);
  return "exec sh -c " + shell_word(fmt::format("exec {} >> {} 2>&1", shell_line(words), shell_word(log)));
}

// A machine on which limier cannot run fails every task it is given; one that does not see the case folder, or whose
// login gives no shell, may even call that success: the log of the task tells, which the shell makes before limier.
// Columns of a job log: Seq Host Starttime JobRuntime Send Receive Exitval Signal Command.
void note_machines_without_limier(const CaseFolder& folder, const Submission& submission, const std::string& joblog,
                                  Progress& progress) {
  const auto text = read_whole_file(joblog);
  if (!text) return;
  std::vector<std::string> hosts;
  std::string_view rest = *text;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    std::vector<std::string> columns;
    for (std::size_t at = 0; columns.size() < 7; ++at) {
      const std::size_t tab = line.find('\t', at);
      if (tab == std::string_view::npos) break;
      columns.emplace_back(line.substr(at, tab - at));
      at = tab;
    }
    if (columns.size() < 7) continue;
    std::uint32_t sequence = 0;  // of the command among those given to parallel, from 1
    std::from_chars(columns[0].data(), columns[0].data() + columns[0].size(), sequence);
    if (sequence == 0 || sequence > submission.tasks.size()) continue;  // the headline
    const std::string& code = columns[6];
    std::error_code error;
    const bool not_started = code == std::to_string(kNotFound) || code == std::to_string(kNotStarted) ||
                             code == std::to_string(kSshFailed) ||
                             !fs::exists(task_log(folder, submission.name, submission.tasks[sequence - 1]), error);
    if (not_started && std::find(hosts.begin(), hosts.end(), columns[1]) == hosts.end()) hosts.push_back(columns[1]);
  }
  for (const std::string& host : hosts)
    progress.note(fmt::format("{}: limier could not be started there; see the logs folder of the case", host));
}

class ParallelExecutor final : public Executor {
 public:
  [[nodiscard]] std::string_view name() const override { return "parallel"; }
  Result<Submission> start(const CaseFolder& folder, const Plan& plan, std::span<const std::uint32_t> tasks,
                           const RunOptions& options, Progress& progress, const std::atomic<int>& stop) override;
  EngineState query(const CaseFolder& folder, const Submission& submission) override;
  Status cancel(const CaseFolder& folder, const Submission& submission) override;
};

Result<Submission> ParallelExecutor::start(const CaseFolder& given, const Plan& plan,
                                           std::span<const std::uint32_t> tasks, const RunOptions& options,
                                           Progress& progress, const std::atomic<int>& stop) {
  std::error_code error;
  const CaseFolder folder(fs::canonical(given.dir(), error).string());
  if (error) return Error{ErrorKind::kUsage, fmt::format("{}: {}", given.dir(), error.message())};
  Submission submission;
  LIMIER_TRY(submission.name, next_submission_name(folder, name()));
  submission.executor = name();
  submission.host = host_name();
  submission.pid = getpid();
  submission.started_ns = std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count();
  submission.plan_digest = plan.digest;
  submission.tasks.assign(tasks.begin(), tasks.end());

  std::string commands;
  for (const std::uint32_t task : tasks) commands += command_line(folder, submission.name, task, options) + '\0';
  const Words words = parallel_words(folder, submission.name, options);
  if (options.dry_run) {
    std::replace(commands.begin(), commands.end(), '\0', '\n');
    if (options.print) options.print(shell_line(words) + "\n" + commands);
    return submission;
  }
  LIMIER_TRY(const auto version, run_program(Words{"parallel", "--version"}, 60s));
  if (version.out.find("GNU parallel") == std::string::npos)
    return Error{ErrorKind::kUsage,
                 "the program `parallel` on this machine is not GNU parallel; install the package parallel"};
  LIMIER_CHECK(make_folder(folder.logs()));
  const std::string commands_path = fmt::format("{}/{}.commands", folder.submissions(), submission.name);
  const std::string joblog = fmt::format("{}/{}.joblog", folder.logs(), submission.name);
  const std::string own_log = fmt::format("{}/{}.log", folder.logs(), submission.name);
  LIMIER_CHECK(publish_file(commands_path, commands));
  LIMIER_CHECK(save_submission(folder, submission));

  LIMIER_TRY(auto running, Running::start(words, commands_path, own_log));
  progress.stage_started("parallel", plan.tasks.size(), "tasks");
  bool told_to_end = false;
  for (int polls = 0; !running.ended(); ++polls) {
    if (stop.load() != 0 && !told_to_end) {
      running.end_tasks();
      told_to_end = true;
    }
    if (polls % kPollsPerCount == 0)
      if (const auto unfinished = unfinished_tasks(folder, plan, options.retry_failed); unfinished.ok())
        progress.advanced(plan.tasks.size() - unfinished->size());
    std::this_thread::sleep_for(kPollEvery);
  }
  progress.stage_ended();
  // Told to end, parallel and its tasks may give any code, and tasks may not have come as far as their log.
  if (told_to_end) return submission;
  note_machines_without_limier(folder, submission, joblog, progress);
  // parallel's own failures; 1 to 101 count tasks that ended with other codes than 0.
  if (running.exit_code() == kSshFailed || running.exit_code() == kNotFound) {
    const auto said = read_whole_file(own_log);
    return Error{ErrorKind::kUsage, fmt::format("parallel gave up: {}", said ? first_line(*said) : "no reason given")};
  }
  return submission;
}

EngineState ParallelExecutor::query(const CaseFolder& folder, const Submission& submission) {
  if (!FileLock::is_held(folder.lock())) return EngineState::kEnded;  // it lives within a run, which holds the lock
  if (submission.host != host_name()) return EngineState::kUnknown;
  return submission.pid > 0 && ::kill(static_cast<pid_t>(submission.pid), 0) == 0 ? EngineState::kActive
                                                                                  : EngineState::kEnded;
}

Status ParallelExecutor::cancel(const CaseFolder& folder, const Submission& submission) {
  if (!FileLock::is_held(folder.lock())) return ok_status();  // the run that started it has ended
  if (submission.host != host_name())
    return Error{ErrorKind::kUsage,
                 fmt::format("{} was started on {}; cancel it there", submission.name, submission.host)};
  if (::kill(static_cast<pid_t>(submission.pid), SIGTERM) != 0 && errno != ESRCH)
    return Error{ErrorKind::kUsage,
                 fmt::format("process {} cannot be told to stop: {}", submission.pid, std::strerror(errno))};
  return ok_status();
}

}  // namespace

std::unique_ptr<Executor> make_parallel_executor() {
  return std::make_unique<ParallelExecutor>();
}

}  // namespace limier::batch
