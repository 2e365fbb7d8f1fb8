#include "batch/external.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

extern char** environ;

namespace limier::batch {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kReadStep = 1u << 16;
constexpr std::size_t kMaxOutput = 64u << 20;  // squeue of 100,000 elements is some 5 MiB

struct Spawned {
  pid_t pid = 0;
  UniqueFd out, err;
};

struct FileActions {
  FileActions() { posix_spawn_file_actions_init(&actions); }
  ~FileActions() { posix_spawn_file_actions_destroy(&actions); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  posix_spawn_file_actions_t actions{};
};

struct Attributes {
  Attributes() {
    posix_spawnattr_init(&attributes);
    // limier ignores SIGPIPE; what is ignored stays ignored across exec.
    sigset_t defaults;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    // A group of its own: Ctrl-C at the terminal reaches limier only, which puts things in order itself.
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~Attributes() { posix_spawnattr_destroy(&attributes); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  posix_spawnattr_t attributes{};
};

Result<Spawned> spawn(std::span<const std::string> words) {
  int out[2];
  int err[2];
  if (pipe2(out, O_CLOEXEC) != 0) return Error{ErrorKind::kInternal, "cannot make a pipe"};
  Spawned spawned{0, UniqueFd(out[0]), UniqueFd()};
  const UniqueFd out_end(out[1]);
  if (pipe2(err, O_CLOEXEC) != 0) return Error{ErrorKind::kInternal, "cannot make a pipe"};
  spawned.err = UniqueFd(err[0]);
  const UniqueFd err_end(err[1]);

  FileActions actions;
  posix_spawn_file_actions_addopen(&actions.actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions.actions, out_end.get(), 1);
  posix_spawn_file_actions_adddup2(&actions.actions, err_end.get(), 2);
  const Attributes attributes;
  std::vector<std::string> copies(words.begin(), words.end());
  std::vector<char*> arguments;
  for (std::string& word : copies) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const int failed =
      posix_spawnp(&spawned.pid, arguments[0], &actions.actions, &attributes.attributes, arguments.data(), environ);
  if (failed == ENOENT) return Error{ErrorKind::kUsage, fmt::format("{} is not installed on this machine", words[0])};
  if (failed != 0)
    return Error{ErrorKind::kInternal, fmt::format("cannot start {}: {}", words[0], std::strerror(failed))};
  return spawned;
}

// Reads both pipes until the program closed them. False when the time is over.
bool drain(const Spawned& spawned, ProgramOutput& output, Clock::time_point end) {
  std::array<pollfd, 2> pipes{{{spawned.out.get(), POLLIN, 0}, {spawned.err.get(), POLLIN, 0}}};
  const std::array<std::string*, 2> texts{&output.out, &output.err};
  std::array<char, kReadStep> buffer{};
  while (pipes[0].fd >= 0 || pipes[1].fd >= 0) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
    if (left <= 0) return false;
    if (poll(pipes.data(), pipes.size(), static_cast<int>(std::min<long>(left, 1000))) < 0 && errno != EINTR)
      return false;
    for (std::size_t i = 0; i < pipes.size(); ++i) {
      if (pipes[i].fd < 0 || pipes[i].revents == 0) continue;
      const ssize_t got = ::read(pipes[i].fd, buffer.data(), buffer.size());
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) {
        pipes[i].fd = -1;
      } else if (texts[i]->size() < kMaxOutput) {
        texts[i]->append(buffer.data(), static_cast<std::size_t>(got));
      }
    }
  }
  return true;
}

}  // namespace

Result<ProgramOutput> run_program(std::span<const std::string> words, std::chrono::seconds limit) {
  LIMIER_TRY(const auto spawned, spawn(words));
  ProgramOutput output;
  const bool in_time = drain(spawned, output, Clock::now() + limit);
  if (!in_time) ::kill(spawned.pid, SIGKILL);
  int status = 0;
  while (waitpid(spawned.pid, &status, 0) < 0 && errno == EINTR) continue;
  if (!in_time)
    return Error{ErrorKind::kTemporary,
                 fmt::format("{} did not answer within {} seconds; try again later", words[0], limit.count())};
  output.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return output;
}

std::string shell_word(std::string_view text) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-./:=,@%+").find(c) != std::string_view::npos;
  };
  if (!text.empty() && std::all_of(text.begin(), text.end(), is_plain)) return std::string(text);
  std::string word = "'";
  for (const char c : text) {
    if (c == '\'')
      word += "'\\''";
    else
      word += c;
  }
  return word + "'";
}

std::string shell_line(std::span<const std::string> words) {
  std::string line;
  for (const std::string& word : words) {
    if (!line.empty()) line += ' ';
    line += shell_word(word);
  }
  return line;
}

std::string first_line(std::string_view text) {
  while (!text.empty() && (text.front() == '\n' || text.front() == ' ')) text.remove_prefix(1);
  const std::string_view line = text.substr(0, text.find('\n'));
  return line.empty() ? "no reason given" : std::string(line);
}

}  // namespace limier::batch
