#include "app/case_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace limier::app {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kHashStep = 1u << 20;

Error failed(const std::string& path, const char* what) {
  const ErrorKind kind = errno == ENOSPC || errno == EDQUOT ? ErrorKind::kTemporary : ErrorKind::kInternal;
  return {kind, fmt::format("{}: {}: {}", path, what, std::strerror(errno))};
}

bool is_inside(const fs::path& inner, const fs::path& outer) {
  auto at = inner.begin();
  for (const fs::path& part : outer) {
    if (part.empty()) continue;
    if (at == inner.end() || *at != part) return false;
    ++at;
  }
  return true;
}

Status write_fd(int fd, const std::string& path, std::string_view content) {
  while (!content.empty()) {
    const ssize_t wrote = ::write(fd, content.data(), content.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return failed(path, "cannot be written");
    content.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return ok_status();
}

// A case folder holds other people's lives: nobody else may read it.
Status make_private_folder(const fs::path& target, const std::string& as_given) {
  std::error_code error;
  const mode_t before = umask(077);
  fs::create_directories(target, error);
  umask(before);
  if (error || ::access(target.c_str(), W_OK | X_OK) != 0)
    return Error{ErrorKind::kUsage, fmt::format("{}: cannot be written: {}; choose a folder you may write to", as_given,
                                                error ? error.message() : std::strerror(errno))};
  return ok_status();
}

}  // namespace

Status prepare_case_folder(const std::string& dir, const EvidenceSet& evidence, bool allow_beside_evidence) {
  std::error_code error;
  const fs::path target = fs::weakly_canonical(fs::absolute(dir, error), error);
  if (!allow_beside_evidence && is_inside(target, evidence.folder))
    return Error{ErrorKind::kRefused,
                 fmt::format("{}: lies inside the evidence's folder {}, where nothing must be written; choose another "
                             "folder, or allow it with --allow-beside-evidence",
                             dir, evidence.folder)};
  if (fs::exists(target / "index.db", error))
    return Error{ErrorKind::kRefused, fmt::format("{}: already holds an index; choose a new folder", dir)};
  if (fs::exists(target, error)) {
    if (!fs::is_directory(target, error)) return Error{ErrorKind::kUsage, fmt::format("{}: is not a folder", dir)};
    if (!fs::is_empty(target, error) || error)
      return Error{ErrorKind::kUsage,
                   fmt::format("{}: is not empty{}; choose a new folder", dir, error ? " or cannot be listed" : "")};
  }
  return make_private_folder(target, dir);
}

Status prepare_export_folder(const std::string& dir, const EvidenceSet& evidence) {
  std::error_code error;
  const fs::path target = fs::weakly_canonical(fs::absolute(dir, error), error);
  if (is_inside(target, evidence.folder))
    return Error{
        ErrorKind::kRefused,
        fmt::format("{}: lies inside the evidence's folder {}, where nothing must be written; choose another folder",
                    dir, evidence.folder)};
  return make_private_folder(target, dir);
}

Status write_file(const std::string& path, std::string_view content) {
  const std::string temporary = path + ".tmp";
  const UniqueFd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd) return failed(path, "cannot be created");
  auto status = write_fd(fd.get(), path, content);
  if (status.ok() && fsync(fd.get()) != 0) status = failed(path, "cannot be synced");
  if (status.ok() && ::rename(temporary.c_str(), path.c_str()) != 0) status = failed(path, "cannot be put in place");
  if (!status.ok()) ::unlink(temporary.c_str());
  return status;
}

Result<std::string> read_file(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return Error{ErrorKind::kUsage, fmt::format("{}: {}", path, std::strerror(errno))};
  std::string content;
  std::vector<char> buffer(kHashStep);
  for (;;) {
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(path, "cannot be read");
    if (got == 0) return content;
    content.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

Result<Sha256> hash_file(int fd, const std::atomic<int>& stop) {
  Hasher hasher({false, false, true});
  std::vector<std::uint8_t> buffer(kHashStep);
  for (;;) {
    if (stop.load() != 0) return Error{ErrorKind::kInterrupted, "interrupted"};
    const ssize_t got = pread(fd, buffer.data(), buffer.size(), static_cast<off_t>(hasher.size_bytes()));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error{ErrorKind::kEvidence, std::string("cannot be read: ") + std::strerror(errno)};
    if (got == 0) return *hasher.finish().sha256;
    hasher.update(Bytes(buffer).first(static_cast<std::size_t>(got)));
  }
}

Result<Sha256> hash_file(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return Error{ErrorKind::kUsage, fmt::format("{}: {}", path, std::strerror(errno))};
  const std::atomic<int> never{0};
  return hash_file(fd.get(), never);
}

std::string audit_head(std::string_view log) {
  while (!log.empty() && log.back() == '\n') log.remove_suffix(1);
  if (log.empty()) return std::string(64, '0');
  const std::size_t start = log.rfind('\n');
  const std::string_view last = start == std::string_view::npos ? log : log.substr(start + 1);
  return hex_digest(*digest_of(as_bytes(last), {false, false, true}).sha256);
}

Status AuditLog::append(std::string_view action, const Fields& fields) {
  std::string log;
  if (std::error_code error; fs::exists(path_, error)) {
    LIMIER_TRY(log, read_file(path_));
  }
  std::string line =
      fmt::format("{{\"time\":{},\"action\":{}", json_string(format_time(wall_clock_ns())), json_string(action));
  for (const auto& [name, value] : fields) line += fmt::format(",{}:{}", json_string(name), json_string(value));
  line += fmt::format(",\"previous_sha256\":\"{}\"}}\n", audit_head(log));

  const UniqueFd fd(::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!fd) return failed(path_, "cannot be opened");
  LIMIER_CHECK(write_fd(fd.get(), path_, line));
  if (fsync(fd.get()) != 0) return failed(path_, "cannot be synced");
  return ok_status();
}

}  // namespace limier::app
