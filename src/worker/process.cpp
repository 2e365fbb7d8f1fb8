// Starting and ending workers. posix_spawn does not copy the supervisor's page tables, so a start costs the same
// whatever the size of the supervisor.
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

#include "limier/worker.h"

namespace limier::worker {
namespace {

constexpr int kSocketBuffer = 1 << 20;
constexpr useconds_t kGraceStepUs = 500;
constexpr int kGraceTries = 4000;  // two seconds

Error os_error(const char* what) {
  return {ErrorKind::kInternal, std::string(what) + ": " + std::strerror(errno)};
}

struct FileActions {
  FileActions() { posix_spawn_file_actions_init(&actions); }
  ~FileActions() { posix_spawn_file_actions_destroy(&actions); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  posix_spawn_file_actions_t actions{};
};

// The child sees the descriptors as 3, 4, 5…. A source number inside that range could be overwritten before its turn,
// so every source is first duplicated beyond it.
Result<std::vector<UniqueFd>> lift(std::span<const int> fds) {
  std::vector<UniqueFd> lifted;
  const int beyond = kChannelFd + static_cast<int>(fds.size());
  for (const int fd : fds) {
    lifted.emplace_back(fcntl(fd, F_DUPFD_CLOEXEC, beyond));
    if (!lifted.back()) return os_error("cannot duplicate a descriptor for a worker");
  }
  return lifted;
}

std::vector<std::string> child_environment(const SpawnSpec& spec) {
  std::vector<std::string> environment{"TZ=" + spec.zone, "LC_ALL=C"};
  if (!spec.sandbox) environment.emplace_back("LIMIER_NO_SANDBOX=1");
#if defined(LIMIER_SANITIZED)
  for (const char* name : {"ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"})
    if (const char* value = std::getenv(name)) environment.push_back(std::string(name) + "=" + value);
#endif
  return environment;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> list;
  list.reserve(strings.size() + 1);
  for (std::string& text : strings) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

}  // namespace

std::string libexec_dir() {
  if (const char* given = std::getenv("LIMIER_LIBEXEC")) return given;
  char self[PATH_MAX];
  const ssize_t length = readlink("/proc/self/exe", self, sizeof(self));
  std::string path(self, length > 0 ? static_cast<std::size_t>(length) : 0);
  for (int level = 0; level < 2; ++level)
    path.erase(path.find_last_of('/') == std::string::npos ? 0 : path.find_last_of('/'));
  return path + "/libexec/limier";
}

Result<std::unique_ptr<Process>> spawn(const SpawnSpec& spec) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) return os_error("cannot make a socket pair");
  UniqueFd ours(pair[0]);
  const UniqueFd theirs(pair[1]);
  for (const int fd : pair) setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &kSocketBuffer, sizeof(kSocketBuffer));

  const UniqueFd journal_fd(memfd_create("limier-journal", MFD_CLOEXEC));
  if (!journal_fd || ftruncate(journal_fd.get(), sizeof(Journal)) != 0) return os_error("cannot make the journal page");
  void* page = mmap(nullptr, sizeof(Journal), PROT_READ | PROT_WRITE, MAP_SHARED, journal_fd.get(), 0);
  if (page == MAP_FAILED) return os_error("cannot map the journal page");
  auto* journal = new (page) Journal;

  std::vector<int> sources{theirs.get(), journal_fd.get()};
  sources.insert(sources.end(), spec.evidence_fds.begin(), spec.evidence_fds.end());
  LIMIER_TRY(const auto lifted, lift(sources));

  FileActions actions;
  posix_spawn_file_actions_addopen(&actions.actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions.actions, 1, "/dev/null", O_WRONLY, 0);
#if !defined(LIMIER_SANITIZED)
  // A worker that hostile evidence has taken over must not reach the examiner's terminal.
  posix_spawn_file_actions_addopen(&actions.actions, 2, "/dev/null", O_WRONLY, 0);
#endif
  for (std::size_t i = 0; i < lifted.size(); ++i)
    posix_spawn_file_actions_adddup2(&actions.actions, lifted[i].get(), kChannelFd + static_cast<int>(i));
  // What the shell that started limier left open is nothing a worker may hold.
  posix_spawn_file_actions_addclosefrom_np(&actions.actions, kChannelFd + static_cast<int>(lifted.size()));

  const std::string path = libexec_dir() + "/" + spec.worker;
  std::vector<std::string> arguments{spec.worker};
  std::vector<std::string> environment = child_environment(spec);
  pid_t pid = 0;
  const int failed = posix_spawn(&pid, path.c_str(), &actions.actions, nullptr, pointers(arguments).data(),
                                 pointers(environment).data());
  if (failed != 0) {
    munmap(page, sizeof(Journal));
    return Error{ErrorKind::kInternal, "cannot start " + path + ": " + std::strerror(failed) +
                                           "; the workers belong beside the program, in ../libexec/limier"};
  }
  return std::make_unique<Process>(pid, Channel(std::move(ours)), journal);
}

ResidentMemory::ResidentMemory(const std::string& process)
    : fd_(::open(("/proc/" + process + "/statm").c_str(), O_RDONLY | O_CLOEXEC)) {}

std::uint64_t ResidentMemory::bytes() const {
  // "size resident shared …" in pages (proc(5)).
  char text[128];
  const ssize_t got = ::pread(fd_.get(), text, sizeof(text) - 1, 0);
  if (got <= 0) return 0;
  text[got] = 0;
  unsigned long long resident = 0;
  if (std::sscanf(text, "%*u %llu", &resident) != 1) return 0;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

Process::Process(pid_t pid, Channel channel, Journal* journal)
    : pid_(pid), memory_(std::to_string(pid)), channel_(std::move(channel)), journal_(journal) {}

Process::~Process() {
  if (pid_ > 0) {
    kill();
    wait();
  }
  munmap(journal_, sizeof(Journal));
}

void Process::kill() {
  if (pid_ > 0) ::kill(pid_, SIGKILL);
}

ExitInfo Process::wait() {
  // A worker that closed its channel is on its way out; one that stays is ended, so that this never hangs.
  int status = 0;
  rusage used{};
  for (int tries = 0; wait4(pid_, &status, WNOHANG, &used) == 0; ++tries) {
    if (tries == kGraceTries) kill();
    usleep(kGraceStepUs);
  }
  pid_ = -1;
  const auto peak_bytes = static_cast<std::uint64_t>(used.ru_maxrss) << 10;
  if (WIFSIGNALED(status)) return {true, WTERMSIG(status), peak_bytes};
  return {false, WEXITSTATUS(status), peak_bytes};
}

}  // namespace limier::worker
