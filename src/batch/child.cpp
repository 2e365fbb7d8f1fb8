#include "batch/child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <exception>

#include "batch/json.h"

namespace limier::batch {
namespace {

constexpr int kLookMs = 200;
constexpr std::size_t kReadStep = 4096;

// What the child tells its parent.
std::string ending_text(int exit_code, const std::string& message, const app::Outcome* outcome) {
  const auto conditions = outcome == nullptr ? store::IndexWriter::Conditions{} : outcome->conditions;
  return Json{{"exit_code", exit_code},
              {"has_index", outcome != nullptr},
              {"message", message},
              {"mismatch", conditions.mismatch},
              {"damaged", conditions.damaged},
              {"incomplete", conditions.incomplete},
              {"nothing_examined", conditions.nothing_examined}}
      .dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string run_triage(const app::TriageOptions& options, Progress& progress, const std::atomic<int>& stop) {
  try {
    const auto outcome = app::triage(options, progress, stop);
    if (outcome.ok()) return ending_text(outcome->exit_code, "", outcome->interrupted ? nullptr : &*outcome);
    const bool interrupted = outcome.error().kind == ErrorKind::kInterrupted && stop.load() != 0;
    return ending_text(interrupted ? 128 + stop.load() : app::exit_code_of(outcome.error().kind),
                       outcome.error().message, nullptr);
  } catch (const std::bad_alloc&) {
    return ending_text(7, "out of memory", nullptr);
  } catch (const std::exception& error) {
    return ending_text(7, std::string("internal error: ") + error.what(), nullptr);
  }
}

[[noreturn]] void be_the_child(int report_fd, pid_t parent, const app::TriageOptions& options, Progress& progress,
                               const std::atomic<int>& stop) {
  // A task that is killed takes its triage with it.
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(0);
  const std::string text = run_triage(options, progress, stop);
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t wrote = ::write(report_fd, rest.data(), rest.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) break;
    rest.remove_prefix(static_cast<std::size_t>(wrote));
  }
  ::_exit(0);
}

// What the child has to say, until it closes the pipe.
std::string listen(int fd, pid_t child, const std::atomic<int>& stop) {
  std::string text;
  bool told = false;
  for (;;) {
    if (!told && stop.load() != 0) {
      ::kill(child, stop.load());
      told = true;
    }
    pollfd waiting{fd, POLLIN, 0};
    const int ready = ::poll(&waiting, 1, kLookMs);
    if (ready < 0 && errno != EINTR) return text;
    if (ready <= 0) continue;
    std::array<char, kReadStep> buffer{};
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

ChildEnd end_of(const std::string& text, int wait_status, const rusage& used) {
  ChildEnd end;
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  end.cpu_seconds = seconds(used.ru_utime) + seconds(used.ru_stime);
  end.peak_memory_bytes = static_cast<std::uint64_t>(used.ru_maxrss) * 1024;
  const auto read = [&](const Json& from) {
    end.exit_code = from.at("exit_code");
    end.has_index = from.at("has_index");
    end.message = from.at("message");
    auto& conditions = end.outcome.conditions;
    conditions.mismatch = from.at("mismatch");
    conditions.damaged = from.at("damaged");
    conditions.incomplete = from.at("incomplete");
    conditions.nothing_examined = from.at("nothing_examined");
    return true;
  };
  if (parse_json(text, read)) return end;
  if (WIFSIGNALED(wait_status)) end.signal = WTERMSIG(wait_status);
  end.message = end.signal != 0
                    ? fmt::format("the triage was ended by signal {} ({})", end.signal, ::strsignal(end.signal))
                    : "the triage ended without a word";
  return end;
}

}  // namespace

Result<ChildEnd> triage_in_child(const app::TriageOptions& options, Progress& progress, const std::atomic<int>& stop) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return Error{ErrorKind::kTemporary, fmt::format("cannot make a pipe: {}", std::strerror(errno))};
  UniqueFd reading(ends[0]), writing(ends[1]);
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) return Error{ErrorKind::kTemporary, fmt::format("cannot start a process: {}", std::strerror(errno))};
  if (child == 0) {
    reading.reset();
    be_the_child(writing.get(), parent, options, progress, stop);
  }
  writing.reset();
  const std::string text = listen(reading.get(), child, stop);
  int status = 0;
  rusage used{};
  while (::wait4(child, &status, 0, &used) < 0 && errno == EINTR) {
  }
  return end_of(text, status, used);
}

}  // namespace limier::batch
