#include "app/folder_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <cerrno>
#include <cstring>
#include <thread>

namespace limier::app {

Result<FolderLock> FolderLock::take(const std::string& dir) {
  UniqueFd fd(::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return Error{ErrorKind::kUsage, fmt::format("{}: cannot be opened: {}", dir, std::strerror(errno))};
  int failed = 0;
  do {
    failed = ::flock(fd.get(), LOCK_EX | LOCK_NB);
  } while (failed != 0 && errno == EINTR);
  if (failed != 0 && errno == EWOULDBLOCK)
    return Error{ErrorKind::kRefused,
                 fmt::format("{}: is in use by another run of limier; wait until it has ended", dir)};
  return FolderLock(std::move(fd), failed == 0);
}

Result<FolderLock> FolderLock::wait_for(const std::string& dir, std::chrono::milliseconds patience,
                                        const std::atomic<int>& stop) {
  constexpr std::chrono::milliseconds kPause{20};
  const auto until = std::chrono::steady_clock::now() + patience;
  for (;;) {
    auto lock = take(dir);
    if (lock.ok() || lock.error().kind != ErrorKind::kRefused) return lock;
    if (stop.load() != 0) return Error{ErrorKind::kInterrupted, "interrupted; nothing was written"};
    if (std::chrono::steady_clock::now() >= until) return lock;
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace limier::app
