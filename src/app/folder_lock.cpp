#include "app/folder_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <cerrno>
#include <cstring>

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

}  // namespace limier::app
