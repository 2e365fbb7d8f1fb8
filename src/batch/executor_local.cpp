// This machine: a pool of `batch exec` processes, sized to cores and memory, watched through their progress lines.
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <set>

#include "batch/attempts.h"
#include "batch/exec.h"
#include "batch/executors.h"
#include "batch/json.h"
#include "batch/machine.h"
#include "batch/share.h"

namespace limier::batch {
namespace {

constexpr int kLookMs = 200;
constexpr std::size_t kReadStep = 1u << 16;
constexpr std::size_t kLongestLine = 1u << 20;

// One task at work.
struct Running {
  const Task* task = nullptr;
  pid_t pid = 0;
  UniqueFd progress;
  std::string unread;
  const Exhibit* exhibit = nullptr;
  std::uint64_t exhibit_done = 0;
};

// The one view for all: bytes of evidence done, and a sentence for each exhibit that ends.
class Overview {
 public:
  Overview(const CaseFolder& folder, const Plan& plan, std::span<const std::uint32_t> tasks, bool retry_failed,
           Progress& progress)
      : folder_(folder), plan_(plan), progress_(progress) {
    for (const std::uint32_t number : tasks)
      for (const std::string& name : plan.task(number)->exhibits) {
        total_bytes_ += plan.find(name)->size_bytes();
        if (!will_be_left(name, retry_failed)) open_.insert(name);
      }
    total_exhibits_ = open_.size();
    progress_.stage_started("batch", total_bytes_, "bytes");
  }
  ~Overview() { progress_.stage_ended(); }
  Overview(const Overview&) = delete;
  Overview& operator=(const Overview&) = delete;

  void read_line(Running& running, std::string_view line) {
    const auto event = parse_json(line, event_of);
    if (event && event->news)
      show_news(running, *event->news);
    else if (!event)
      progress_.note(fmt::format("task {}: {}", running.task->number, line));
    else if (!event->note.empty())
      progress_.note(fmt::format("task {}: {}", running.task->number, event->note));
    else if (event->stage.starts_with(kExhibitStage))
      switch_exhibit(running, event->stage.substr(kExhibitStage.size()), event->done > 0);
    else if (event->stage == "sweep" && event->total > 0 && running.exhibit != nullptr)
      running.exhibit_done = static_cast<std::uint64_t>(std::min(event->done / event->total, 1.0) *
                                                        static_cast<double>(running.exhibit->size_bytes()));
  }
  void task_ended(Running& running, int exit_code) {
    if (exit_code != 0 && running.exhibit != nullptr)
      progress_.note(fmt::format("task {} was cut short (exit code {}) at exhibit '{}'", running.task->number,
                                 exit_code, running.exhibit->name));
    done_tasks_bytes_ += running.task->size_bytes;
    done_bytes_.erase(running.task);
  }
  void draw(std::span<const Running> all) {
    std::uint64_t done = done_tasks_bytes_;
    for (const Running& running : all) done += done_bytes_[running.task] + running.exhibit_done;
    progress_.advanced(std::min(done, total_bytes_));
  }

 private:
  struct Event {
    std::string stage;
    double done = 0, total = 0;
    std::string note;
    std::optional<FindingNews> news;
  };
  static Event event_of(const Json& from) {
    if (from.contains("note")) return {"", 0, 0, from.at("note"), {}};
    if (from.contains("withdrawn")) {
      FindingNews news;
      news.key = from.at("withdrawn");
      news.withdrawn = true;
      return {"", 0, 0, "", std::move(news)};
    }
    if (from.contains("finding")) {
      const Json& one = from.at("finding");
      FindingNews news{one.at("key"), one.at("priority"), one.at("title"), one.at("reason"), {}, true, false, {}};
      if (!one.at("t").is_null()) news.t = parse_time(one.at("t").get<std::string>());
      news.provisional = one.at("provisional");
      return {"", 0, 0, "", std::move(news)};
    }
    return {from.at("stage"), from.at("done"), from.at("total").is_null() ? 0 : from.at("total").get<double>(), "", {}};
  }
  // The same for all: as soon as one exhibit shows a danger, whoever watches the batch sees it.
  void show_news(const Running& running, FindingNews news) {
    if (running.exhibit != nullptr) news.exhibit = running.exhibit->name;
    progress_.finding(news);
  }
  // Finished before this run, beside others of its task that are not.
  [[nodiscard]] bool will_be_left(const std::string& name, bool retry_failed) const {
    const ExhibitState state = exhibit_status(folder_, *plan_.find(name)).state;
    return state == ExhibitState::kDone || (is_finished(state) && !retry_failed);
  }
  void switch_exhibit(Running& running, std::string_view name, bool ended) {
    running.exhibit_done = 0;
    running.exhibit = ended ? nullptr : plan_.find(name);
    const Exhibit* exhibit = plan_.find(name);
    // The end is told twice: by the last bytes, and by the end of the stage.
    if (!ended || exhibit == nullptr || open_.erase(exhibit->name) == 0) return;
    done_bytes_[running.task] += exhibit->size_bytes();
    const auto record = load_record(folder_, exhibit->folder);
    if (!record || record->exhibit_digest != exhibit->digest) {
      progress_.note(fmt::format("exhibit '{}' is not finished; it goes on when the batch is run again", name));
      return;
    }
    progress_.note(fmt::format("exhibit '{}': exit code {}{}{}; {} of {} done", name, record->result.exit_code,
                               record->result.message.empty() ? "" : ", ", record->result.message, ++done_exhibits_,
                               total_exhibits_));
  }

  const CaseFolder& folder_;
  const Plan& plan_;
  Progress& progress_;
  std::uint64_t total_bytes_ = 0, done_tasks_bytes_ = 0;
  std::set<std::string> open_;  // exhibits whose end has not been seen
  std::size_t total_exhibits_ = 0, done_exhibits_ = 0;
  std::map<const Task*, std::uint64_t> done_bytes_;
};

std::vector<std::string> exec_arguments(const CaseFolder& folder, const Task& task, const RunOptions& options,
                                        const Share& share) {
  std::vector<std::string> words{options.program, "batch",
                                 "exec",          folder.dir(),
                                 "--task",        std::to_string(task.number),
                                 "--progress",    "json",
                                 "--jobs",        std::to_string(share.jobs),
                                 "--memory",      std::to_string(share.memory_bytes)};
  if (!options.scratch.empty()) words.insert(words.end(), {"--scratch", options.scratch});
  if (!options.sandbox) words.emplace_back("--no-sandbox");
  if (options.retry_failed) words.emplace_back("--retry-failed");
  return words;
}

[[noreturn]] void become(const std::vector<std::string>& words, int progress_fd, pid_t parent) {
  // A run that is killed takes its tasks with it; a Ctrl-C at the terminal comes through the run alone.
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(kExitTemporary);
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(nothing, STDOUT_FILENO);
  ::dup2(progress_fd, STDERR_FILENO);
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));  // NOLINT: execv's signature
  argv.push_back(nullptr);
  ::execv(argv[0], argv.data());
  ::_exit(127);
}

Result<Running> start_task(const Task& task, const std::vector<std::string>& words) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return Error{ErrorKind::kTemporary, fmt::format("cannot make a pipe: {}", std::strerror(errno))};
  UniqueFd reading(ends[0]);
  const UniqueFd writing(ends[1]);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) return Error{ErrorKind::kTemporary, fmt::format("cannot start a process: {}", std::strerror(errno))};
  if (child == 0) become(words, writing.get(), parent);
  Running running;
  running.task = &task;
  running.pid = child;
  running.progress = std::move(reading);
  return running;
}

// Reads what there is; false when the task closed its end.
bool read_lines(Running& running, Overview& overview) {
  std::array<char, kReadStep> buffer{};
  const ssize_t got = ::read(running.progress.get(), buffer.data(), buffer.size());
  if (got < 0) return errno == EINTR || errno == EAGAIN;
  if (got == 0) return false;
  running.unread.append(buffer.data(), static_cast<std::size_t>(got));
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = running.unread.find('\n', begin)) != std::string::npos; begin = end + 1)
    if (end > begin) overview.read_line(running, std::string_view(running.unread).substr(begin, end - begin));
  running.unread.erase(0, begin);
  if (running.unread.size() > kLongestLine) running.unread.clear();
  return true;
}

int wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

class Pool {
 public:
  Pool(const CaseFolder& folder, const RunOptions& options, std::vector<const Task*> tasks, Overview& overview)
      : folder_(folder), options_(options), waiting_(std::move(tasks)), overview_(overview) {
    machine_ = measure_machine(options.jobs, options.memory_bytes);
    slots_ = slots_for(machine_, waiting_.size(), options.max_active);
  }

  Status run(const std::atomic<int>& stop) {
    int told = 0;
    while (!running_.empty() || (!waiting_.empty() && stop.load() == 0)) {
      while (stop.load() == 0 && !waiting_.empty() && running_.size() < slots_) LIMIER_CHECK(start_next());
      if (stop.load() != 0 && told == 0) {
        told = stop.load();
        for (const Running& running : running_) ::kill(running.pid, told);
      }
      look();
      overview_.draw(running_);
    }
    return ok_status();
  }

 private:
  Status start_next() {
    const Task& task = *waiting_.front();
    const Share share = share_of(machine_, std::min(slots_, running_.size() + waiting_.size()), slots_);
    LIMIER_TRY(auto running, start_task(task, exec_arguments(folder_, task, options_, share)));
    running_.push_back(std::move(running));
    waiting_.erase(waiting_.begin());
    return ok_status();
  }
  void look() {
    std::vector<pollfd> ends;
    for (const Running& running : running_) ends.push_back({running.progress.get(), POLLIN, 0});
    if (::poll(ends.data(), ends.size(), kLookMs) <= 0) return;
    for (std::size_t i = running_.size(); i-- > 0;) {
      if (ends[i].revents == 0 || read_lines(running_[i], overview_)) continue;
      overview_.task_ended(running_[i], wait_for(running_[i].pid));
      running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }

  const CaseFolder& folder_;
  const RunOptions& options_;
  std::vector<const Task*> waiting_;
  std::vector<Running> running_;
  Overview& overview_;
  Machine machine_;
  std::size_t slots_ = 1;
};

class LocalExecutor final : public Executor {
 public:
  [[nodiscard]] std::string_view name() const override { return "local"; }

  Result<Submission> start(const CaseFolder& folder, const Plan& plan, std::span<const std::uint32_t> tasks,
                           const RunOptions& options, Progress& progress, const std::atomic<int>& stop) override {
    std::vector<const Task*> queue;
    for (const std::uint32_t number : tasks) queue.push_back(plan.task(number));
    std::stable_sort(queue.begin(), queue.end(),
                     [](const Task* one, const Task* other) { return one->size_bytes > other->size_bytes; });
    if (options.dry_run) return dry_run(folder, queue, options);
    LIMIER_TRY(std::string submission_name, next_submission_name(folder, name()));
    Submission submission{std::move(submission_name),   "local", host_name(), ::getpid(), wall_clock_ns(), plan.digest,
                          {tasks.begin(), tasks.end()}, {},      false};
    LIMIER_CHECK(save_submission(folder, submission));
    Overview overview(folder, plan, tasks, options.retry_failed, progress);
    LIMIER_CHECK(Pool(folder, options, std::move(queue), overview).run(stop));
    return submission;
  }

  EngineState query(const CaseFolder& folder, const Submission& submission) override {
    return FileLock::holder_pid(folder.lock()) == submission.pid ? EngineState::kActive : EngineState::kEnded;
  }

  Status cancel(const CaseFolder& folder, const Submission& submission) override {
    if (query(folder, submission) != EngineState::kActive) return ok_status();
    if (submission.host != host_name())
      return Error{ErrorKind::kUsage,
                   fmt::format("{}: the batch runs on {}; cancel it there", folder.dir(), submission.host)};
    if (::kill(static_cast<pid_t>(submission.pid), SIGTERM) != 0)
      return Error{ErrorKind::kUsage,
                   fmt::format("process {} cannot be told to stop: {}", submission.pid, std::strerror(errno))};
    return ok_status();
  }

 private:
  static Submission dry_run(const CaseFolder& folder, std::span<const Task* const> queue, const RunOptions& options) {
    const Machine machine = measure_machine(options.jobs, options.memory_bytes);
    const std::size_t slots = slots_for(machine, queue.size(), options.max_active);
    const Share share = share_of(machine, slots, slots);
    for (const Task* task : queue)
      options.print(fmt::format("{}\n", fmt::join(exec_arguments(folder, *task, options, share), " ")));
    return {};
  }
};

}  // namespace

std::unique_ptr<Executor> make_local_executor() {
  return std::make_unique<LocalExecutor>();
}

}  // namespace limier::batch
