#include "report/out_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

namespace limier::report {

std::string partial_name(std::string_view file) {
  return fmt::format(".{}.partial", file);
}

OutFile::OutFile(std::string dir, std::string name, UniqueFd fd)
    : dir_(std::move(dir)), name_(std::move(name)), fd_(std::move(fd)) {
  buffer_.reserve(kBufferBytes + 4096);
}

OutFile::OutFile(OutFile&& other) noexcept = default;

OutFile::~OutFile() {
  if (fd_) ::unlink(temporary().c_str());
}

ErrorKind OutFile::kind_of(int number) {
  switch (number) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EIO:
      return ErrorKind::kTemporary;
    case EACCES:
    case EPERM:
    case EROFS:
    case ENOENT:
    case ENOTDIR:
    case EISDIR:
      return ErrorKind::kUsage;
    default:
      return ErrorKind::kInternal;
  }
}

Error OutFile::error(std::string_view doing, int number) const {
  return {kind_of(number), fmt::format("cannot {} {}: {}", doing, path(), std::generic_category().message(number))};
}

Result<OutFile> OutFile::create(const std::string& dir, std::string_view name) {
  OutFile out(dir, std::string(name), UniqueFd());
  // What an interrupted run left behind is removed first: O_EXCL then guarantees a new file, never a link to another.
  ::unlink(out.temporary().c_str());
  out.fd_ = UniqueFd(::open(out.temporary().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (!out.fd_) return out.error("create", errno);
  return out;
}

OutFile& OutFile::operator<<(std::string_view text) {
  buffer_ += text;
  appended();
  return *this;
}

void OutFile::flush() {
  std::string_view rest = buffer_;
  while (!rest.empty() && error_number_ == 0) {
    const ssize_t written = ::write(fd_.get(), rest.data(), rest.size());
    if (written >= 0)
      rest.remove_prefix(static_cast<std::size_t>(written));
    else if (errno != EINTR)
      error_number_ = errno;
  }
  buffer_.clear();
}

Status OutFile::commit() {
  flush();
  if (error_number_ == 0 && ::fsync(fd_.get()) != 0) error_number_ = errno;
  if (error_number_ != 0) return error("write", error_number_);
  if (::rename(temporary().c_str(), path().c_str()) != 0) return error("rename the finished", errno);
  fd_.reset();
  const UniqueFd folder(::open(dir_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Some file systems cannot sync a folder (EINVAL); the report itself is on the disk by then.
  if (folder && ::fsync(folder.get()) != 0 && errno != EINVAL) return error("sync the folder of", errno);
  return ok_status();
}

}  // namespace limier::report
