// Failpoints around every write, sync, rename and removal below one folder, without a line of them in the program: this
// library is put in front of libc with LD_PRELOAD, so that what is tried is the program that users run, SQLite
// included.
//
//   LIMIER_FAIL_DIR     folder whose files are watched
//   LIMIER_FAIL_LOG     file that gets one line for each point that was passed: "17 write index.db-wal"
//   LIMIER_FAIL_AT      number of the point at which something happens, from 1; absent: nothing happens
//   LIMIER_FAIL_ACTION  error       the call fails once with EIO
//                       full        from here on the disk is full (ENOSPC), whatever would need space
//                       short       half of the bytes are written, then the disk is full
//                       kill        half of the bytes are written, then SIGKILL; other calls are not made at all
//                       kill-after  SIGKILL after the call
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace {

enum class Action { kNone, kError, kFull, kShort, kKill, kKillAfter };

struct Plan {
  std::string dir;
  int log = -1;
  long at = 0;
  Action action = Action::kNone;
};

std::atomic<long> g_passed{0};
std::atomic<bool> g_full{false};

template <class Function>
Function real(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

const Plan& plan() {
  static const Plan kPlan = [] {
    Plan plan;
    plan.dir = environment("LIMIER_FAIL_DIR");
    const std::string log = environment("LIMIER_FAIL_LOG"), action = environment("LIMIER_FAIL_ACTION");
    if (!log.empty())
      plan.log =
          real<int (*)(const char*, int, ...)>("open")(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    plan.at = std::strtol(environment("LIMIER_FAIL_AT").c_str(), nullptr, 10);
    if (action == "error") plan.action = Action::kError;
    if (action == "full") plan.action = Action::kFull;
    if (action == "short") plan.action = Action::kShort;
    if (action == "kill") plan.action = Action::kKill;
    if (action == "kill-after") plan.action = Action::kKillAfter;
    return plan;
  }();
  return kPlan;
}

[[noreturn]] void die() {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

// "" when the file is not watched.
std::string watched_name(const std::string& path) {
  const std::string& dir = plan().dir;
  if (dir.empty() || path.size() <= dir.size() || path.compare(0, dir.size(), dir) != 0) return {};
  return path[dir.size()] == '/' ? path.substr(dir.size() + 1) : std::string();
}

std::string name_of(int fd) {
  char link[64], path[PATH_MAX];
  std::snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
  const ssize_t length = readlink(link, path, sizeof(path));
  if (length <= 0) return {};
  const std::string full(path, static_cast<std::size_t>(length));
  return full == plan().dir ? "." : watched_name(full);
}

// What is to happen at this call; kNone nearly always. An empty name is not watched.
Action pass(const char* call, const std::string& name, bool needs_space) {
  if (name.empty()) return Action::kNone;
  const long number = g_passed.fetch_add(1) + 1;
  if (plan().log >= 0) {
    char line[PATH_MAX + 64];
    const int length = std::snprintf(line, sizeof(line), "%ld %s %s\n", number, call, name.c_str());
    real<ssize_t (*)(int, const void*, std::size_t)>("write")(plan().log, line, static_cast<std::size_t>(length));
  }
  if (g_full.load() && needs_space) return Action::kFull;
  if (number != plan().at) return Action::kNone;
  if (plan().action == Action::kFull || plan().action == Action::kShort) {
    g_full.store(true);
    if (!needs_space) return Action::kNone;
  }
  return plan().action;
}

int fail_with(int number) {
  errno = number;
  return -1;
}

// A call that moves no bytes.
template <class Call>
int simple(const char* name, const std::string& file, bool needs_space, const Call& call) {
  switch (pass(name, file, needs_space)) {
    case Action::kError:
      return fail_with(EIO);
    case Action::kFull:
    case Action::kShort:
      return fail_with(ENOSPC);
    case Action::kKill:
      die();
    case Action::kKillAfter:
      call();
      die();
    case Action::kNone:
      break;
  }
  return call();
}

template <class Call>
ssize_t moving(const char* name, int fd, std::size_t size, const Call& call) {
  switch (pass(name, name_of(fd), true)) {
    case Action::kError:
      return fail_with(EIO);
    case Action::kFull:
      return fail_with(ENOSPC);
    case Action::kShort:
      return size > 1 ? call(size / 2) : fail_with(ENOSPC);
    case Action::kKill:
      if (size > 1) call(size / 2);
      die();
    case Action::kKillAfter:
      call(size);
      die();
    case Action::kNone:
      break;
  }
  return call(size);
}

template <class Open>
int opening(const char* call, const char* path, int flags, mode_t mode) {
  const auto next = [&] { return real<Open>(call)(path, flags, mode); };
  if ((flags & O_CREAT) == 0) return next();
  struct stat info {};
  if (stat(path, &info) == 0) return next();
  char absolute[PATH_MAX];
  const std::string folder(
      path, std::string_view(path).rfind('/') == std::string_view::npos ? 0 : std::string_view(path).rfind('/'));
  if (realpath(folder.empty() ? "." : folder.c_str(), absolute) == nullptr) return next();
  const std::string_view base(path + (folder.empty() ? 0 : folder.size() + 1));
  return simple("create", watched_name(std::string(absolute) + "/" + std::string(base)), true, next);
}

mode_t mode_of(int flags, va_list& arguments) {
  return (flags & O_CREAT) != 0 ? static_cast<mode_t>(va_arg(arguments, unsigned)) : 0;
}

std::string absolute_name(const char* path) {
  const std::string_view text(path);
  const auto slash = text.rfind('/');
  char folder[PATH_MAX];
  if (realpath(slash == std::string_view::npos ? "." : std::string(text.substr(0, slash)).c_str(), folder) == nullptr)
    return {};
  return watched_name(std::string(folder) + "/" +
                      std::string(text.substr(slash == std::string_view::npos ? 0 : slash + 1)));
}

}  // namespace

extern "C" {

ssize_t write(int fd, const void* data, std::size_t size) {
  return moving("write", fd, size, [&](std::size_t part) {
    return real<ssize_t (*)(int, const void*, std::size_t)>("write")(fd, data, part);
  });
}

ssize_t pwrite(int fd, const void* data, std::size_t size, off_t offset) {
  return moving("pwrite", fd, size, [&](std::size_t part) {
    return real<ssize_t (*)(int, const void*, std::size_t, off_t)>("pwrite")(fd, data, part, offset);
  });
}

ssize_t pwrite64(int fd, const void* data, std::size_t size, off_t offset) {
  return moving("pwrite", fd, size, [&](std::size_t part) {
    return real<ssize_t (*)(int, const void*, std::size_t, off_t)>("pwrite64")(fd, data, part, offset);
  });
}

int fsync(int fd) {
  return simple("fsync", name_of(fd), true, [&] { return real<int (*)(int)>("fsync")(fd); });
}

int fdatasync(int fd) {
  return simple("fdatasync", name_of(fd), true, [&] { return real<int (*)(int)>("fdatasync")(fd); });
}

int ftruncate(int fd, off_t size) {
  return simple("ftruncate", name_of(fd), false, [&] { return real<int (*)(int, off_t)>("ftruncate")(fd, size); });
}

int ftruncate64(int fd, off_t size) {
  return simple("ftruncate", name_of(fd), false, [&] { return real<int (*)(int, off_t)>("ftruncate64")(fd, size); });
}

int rename(const char* from, const char* to) {
  return simple("rename", absolute_name(to), true,
                [&] { return real<int (*)(const char*, const char*)>("rename")(from, to); });
}

int unlink(const char* path) {
  return simple("unlink", absolute_name(path), false, [&] { return real<int (*)(const char*)>("unlink")(path); });
}

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return opening<int (*)(const char*, int, ...)>("open", path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return opening<int (*)(const char*, int, ...)>("open64", path, flags, mode);
}

}  // extern "C"
