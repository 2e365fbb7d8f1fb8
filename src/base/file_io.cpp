#include "limier/base/file_io.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace limier {

Error file_error(std::string_view doing, const std::string& path, int number) {
  const ErrorKind kind =
      number == ENOSPC || number == EDQUOT || number == EIO || number == EFBIG || number == EMFILE || number == ENFILE
          ? ErrorKind::kTemporary
      : number == EACCES || number == EPERM || number == EROFS || number == ENOENT || number == ENOTDIR
          ? ErrorKind::kUsage
          : ErrorKind::kInternal;
  return {kind, fmt::format("cannot {} {}: {}", doing, path, std::generic_category().message(number))};
}

bool read_fully(int fd, std::uint64_t offset, MutableBytes into) {
  while (!into.empty()) {
    const ssize_t got = ::pread(fd, into.data(), into.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      if (got == 0) errno = 0;
      return false;
    }
    into = into.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
  return true;
}

bool write_fully(int fd, Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

Result<UniqueFd> unnamed_file(const std::string& dir) {
  UniqueFd fd(::open(dir.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (fd) return fd;
  std::string name = dir + "/.sort-XXXXXX";  // file systems without O_TMPFILE, NFS among them
  fd = UniqueFd(::mkostemp(name.data(), O_CLOEXEC));
  if (!fd) return file_error("create a file to sort in", dir, errno);
  ::unlink(name.c_str());
  return fd;
}

}  // namespace limier
