// Files of the case folder: published whole, locked by one.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "batch/json.h"
#include "batch/machine.h"
#include "limier/base/file_io.h"
#include "limier/batch.h"

namespace limier::batch {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kReadStep = 1u << 16;
constexpr int kLockLooks = 5;
constexpr useconds_t kLockPauseUs = 20'000;

Error failed(const std::string& path, std::string_view what, int number) {
  return {error_kind_of(number), fmt::format("{}: {}: {}", path, what, std::strerror(number))};
}

std::string lock_text(std::string_view what) {
  return Json{{"what", what}, {"pid", ::getpid()}, {"host", host_name()}}.dump(-1, ' ', false,
                                                                               Json::error_handler_t::replace) +
         "\n";
}

std::string holder_text(const std::string& path) {
  const auto text = read_whole_file(path);
  if (!text.ok()) return "another process";
  return parse_json(*text,
                    [](const Json& lock) {
                      return fmt::format("{}, process {} on {}", lock.at("what").get<std::string>(),
                                         lock.at("pid").get<std::int64_t>(), lock.at("host").get<std::string>());
                    })
      .value_or("another process");
}

}  // namespace

Status make_folder(const std::string& path) {
  std::error_code error;
  const mode_t before = ::umask(077);  // a case folder holds other people's lives: nobody else may read it
  fs::create_directories(path, error);
  ::umask(before);
  if (error) return failed(path, "cannot be made", error.value());
  return ok_status();
}

Status publish_file(const std::string& path, std::string_view content) {
  const std::string parent = fs::path(path).parent_path().string();
  LIMIER_CHECK(make_folder(parent));
  // Two machines may publish the same file at once: each has a temporary name of its own.
  const std::string temporary = fmt::format("{}.{}.{}.tmp", path, host_name(), ::getpid());
  return write_whole(path, temporary, content, 0600);
}

Result<std::string> read_whole_file(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info {};
  if (!fd || ::fstat(fd.get(), &info) != 0) return failed(path, "cannot be opened", errno);
  if (!S_ISREG(info.st_mode)) return Error{ErrorKind::kUsage, path + ": is not a file"};
  std::string content;
  std::array<char, kReadStep> buffer{};
  for (;;) {
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(path, "cannot be read", errno);
    if (got == 0) return content;
    content.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

Result<std::string> file_sha256(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return failed(path, "cannot be opened", errno);
  Hasher hasher({false, false, true});
  std::vector<std::uint8_t> buffer(kReadStep);
  for (;;) {
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(path, "cannot be read", errno);
    if (got == 0) return hex_digest(*hasher.finish().sha256);
    hasher.update(Bytes(buffer).first(static_cast<std::size_t>(got)));
  }
}

Result<std::optional<FileLock>> FileLock::try_lock(const std::string& path, std::string_view what,
                                                   std::string* holder) {
  LIMIER_CHECK(make_folder(fs::path(path).parent_path().string()));
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return failed(path, "cannot be opened", errno);
  // Somebody who only looks whether the lock is held (is_held) has it for an instant: one more look tells.
  int locked = ::flock(fd.get(), LOCK_EX | LOCK_NB);
  for (int again = 0; again < kLockLooks && locked != 0 && errno == EWOULDBLOCK; ++again) {
    ::usleep(kLockPauseUs);
    locked = ::flock(fd.get(), LOCK_EX | LOCK_NB);
  }
  if (locked != 0) {
    if (errno != EWOULDBLOCK)
      return failed(path, "cannot be locked; the case folder needs a file system with locks", errno);
    if (holder != nullptr) *holder = holder_text(path);
    return std::optional<FileLock>();
  }
  if (::ftruncate(fd.get(), 0) != 0) return failed(path, "cannot be written", errno);
  if (!write_fully(fd.get(), as_bytes(lock_text(what)))) return failed(path, "cannot be written", errno);
  return std::optional<FileLock>(FileLock(std::move(fd)));
}

bool FileLock::is_held(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return false;
  // A shared lock: several who look at the same time do not see each other.
  return ::flock(fd.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

std::int64_t FileLock::holder_pid(const std::string& path) {
  if (!is_held(path)) return 0;
  const auto text = read_whole_file(path);
  if (!text.ok()) return 0;
  return parse_json(*text, [](const Json& lock) { return lock.at("pid").get<std::int64_t>(); }).value_or(0);
}

}  // namespace limier::batch
