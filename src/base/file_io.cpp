#include "limier/base/file_io.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace limier {

ErrorKind error_kind_of(int number) {
  switch (number) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EIO:
    case EMFILE:
    case ENFILE:
      return ErrorKind::kTemporary;
    case EACCES:
    case EPERM:
    case EROFS:
    case ENOENT:
    case ENOTDIR:
      return ErrorKind::kUsage;
    default:
      return ErrorKind::kInternal;
  }
}

Error file_error(std::string_view doing, const std::string& path, int number) {
  return {error_kind_of(number), fmt::format("cannot {} {}: {}", doing, path, std::generic_category().message(number))};
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

Status sync_folder(const std::string& dir) {
  const UniqueFd folder(::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Some file systems cannot sync a folder (EINVAL); the files themselves are on the disk by then.
  if (folder && ::fsync(folder.get()) != 0 && errno != EINVAL) return file_error("sync the folder", dir, errno);
  return ok_status();
}

Status put_in_place(const std::string& partial, const std::string& path) {
  if (::rename(partial.c_str(), path.c_str()) != 0) return file_error("rename the finished", path, errno);
  const auto folder = path.find_last_of('/');
  return sync_folder(folder == std::string::npos ? "." : path.substr(0, std::max<std::size_t>(folder, 1)));
}

Status write_whole(const std::string& path, const std::string& partial, std::string_view content, unsigned mode) {
  // A new file, never one that a link leads to; what an interrupted run left is removed.
  constexpr int kNew = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  UniqueFd fd(::open(partial.c_str(), kNew, mode));
  if (!fd && errno == EEXIST && ::unlink(partial.c_str()) == 0) fd = UniqueFd(::open(partial.c_str(), kNew, mode));
  if (!fd) return file_error("create", path, errno);
  Status status = ok_status();
  if (!write_fully(fd.get(), as_bytes(content)) || ::fsync(fd.get()) != 0) status = file_error("write", path, errno);
  if (status.ok()) status = put_in_place(partial, path);
  if (!status.ok()) ::unlink(partial.c_str());
  return status;
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
