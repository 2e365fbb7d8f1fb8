#include "report/out_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "limier/base/file_io.h"

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

Result<OutFile> OutFile::create(const std::string& dir, std::string_view name) {
  OutFile out(dir, std::string(name), UniqueFd());
  // What an interrupted run left behind is removed first: O_EXCL then guarantees a new file, never a link to another.
  ::unlink(out.temporary().c_str());
  out.fd_ = UniqueFd(::open(out.temporary().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (!out.fd_) return file_error("create", out.path(), errno);
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
  if (error_number_ != 0) return file_error("write", path(), error_number_);
  LIMIER_CHECK(put_in_place(temporary(), path()));
  fd_.reset();
  return ok_status();
}

}  // namespace limier::report
