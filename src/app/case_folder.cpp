#include "app/case_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "limier/base/file_io.h"
#include "limier/base/flat_object.h"
#include "limier/report.h"
#include "limier/store.h"
#include "limier/store/marks.h"

namespace limier::app {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kHashStep = 256u << 10;  // stays in the processor's cache
constexpr std::string_view kManifest = "manifest.json";
constexpr std::string_view kAudit = "audit.jsonl";
constexpr const char* kTemporarySuffix = ".tmp";

Error failed(const std::string& path, const char* what) {
  return {error_kind_of(errno), fmt::format("{}: {}: {}", path, what, std::strerror(errno))};
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

std::string audit_line(std::string_view action, const AuditLog::Fields& fields, std::string_view log) {
  std::string line =
      fmt::format("{{\"time\":{},\"action\":{}", json_string(format_time(wall_clock_ns())), json_string(action));
  for (const auto& [name, value] : fields) line += fmt::format(",{}:{}", json_string(name), json_string(value));
  return line + fmt::format(",\"previous_sha256\":\"{}\"}}\n", chain_head(log));
}

Status accept_index(const std::string& dir, store::IndexState state, bool resume) {
  switch (state) {
    case store::IndexState::kNone:
      return ok_status();
    case store::IndexState::kForeign:
      return Error{ErrorKind::kRefused,
                   fmt::format("{}: already holds an index.db that is not limier's; choose a new folder", dir)};
    case store::IndexState::kUnfinished:
      if (resume) return ok_status();
      return Error{ErrorKind::kRefused,
                   fmt::format("{}: already holds an index that was not finished; continue it with --resume, or choose "
                               "a new folder",
                               dir)};
    case store::IndexState::kFinished:
      if (resume) return ok_status();
      return Error{ErrorKind::kRefused, fmt::format("{}: already holds an index; choose a new folder", dir)};
  }
  return ok_status();
}

// A case folder holds other people's lives: nobody else may read it.
Status make_private_folder(const fs::path& target, const std::string& as_given) {
  std::error_code error;
  const mode_t before = umask(077);
  fs::create_directories(target, error);
  umask(before);
  const bool full = error == std::errc::no_space_on_device || error.value() == EDQUOT;
  if (error || ::access(target.c_str(), W_OK | X_OK) != 0)
    return Error{full ? ErrorKind::kTemporary : ErrorKind::kUsage,
                 fmt::format("{}: cannot be written: {}; choose a folder you may write to", as_given,
                             error ? error.message() : std::strerror(errno))};
  return ok_status();
}

}  // namespace

Result<FolderLock> prepare_case_folder(const std::string& dir, const EvidenceSet& evidence, bool allow_beside_evidence,
                                       bool resume) {
  std::error_code error;
  const fs::path target = fs::weakly_canonical(fs::absolute(dir, error), error);
  if (!allow_beside_evidence && is_inside(target, evidence.folder))
    return Error{ErrorKind::kRefused,
                 fmt::format("{}: lies inside the evidence's folder {}, where nothing must be written; choose another "
                             "folder, or allow it with --allow-beside-evidence",
                             dir, evidence.folder)};
  if (fs::exists(target, error) && !fs::is_directory(target, error))
    return Error{ErrorKind::kUsage, fmt::format("{}: is not a folder", dir)};
  LIMIER_CHECK(make_private_folder(target, dir));
  LIMIER_TRY(FolderLock lock, FolderLock::take(target.string()));
  LIMIER_TRY(const auto state, store::index_state((target / "index.db").string()));
  LIMIER_CHECK(accept_index(dir, state, resume));
  if (state == store::IndexState::kNone && (!fs::is_empty(target, error) || error))
    return Error{ErrorKind::kUsage,
                 fmt::format("{}: is not empty{}; choose a new folder", dir, error ? " or cannot be listed" : "")};
  return lock;
}

void remove_reports(const std::string& dir) {
  const auto remove = [&](const std::string& name) { ::unlink((dir + "/" + name).c_str()); };
  for (const report::Format& format : report::all_formats()) {
    for (const report::ReportFile& file : format.files()) {
      remove(file.name);
      remove(report::partial_name(file.name));
    }
  }
  for (const std::string_view name : {kManifest, kAudit, store::kMarksFile})
    remove(std::string(name) + kTemporarySuffix);
  remove(std::string(kManifest));
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
  return write_whole(path, path + kTemporarySuffix, content, 0600);
}

Status append_file(const std::string& path, std::string_view text, std::uint64_t size) {
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (!fd) return failed(path, "cannot be opened");
  Status status = ok_status();
  if (!write_fully(fd.get(), as_bytes(text)) || fsync(fd.get()) != 0) status = file_error("write", path, errno);
  if (status.ok() && size == 0) status = sync_folder(fs::path(path).parent_path());
  // Should taking it back fail too, the next entry replaces it.
  if (!status.ok()) [[maybe_unused]]
    const int failed_too = ftruncate(fd.get(), static_cast<off_t>(size));
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

Result<AuditLog::Fields> marks_fields(const std::string& dir) {
  LIMIER_TRY(const auto log, store::read_marks_file(dir));
  if (log.lines == 0) return AuditLog::Fields();
  return AuditLog::Fields{{"marks_lines", std::to_string(log.lines)}, {"marks_sha256", log.head}};
}

// Nothing that stands in the log is lost: the bytes of the torn line are in the entry that takes its place.
Status AuditLog::replace_torn_line(std::string& log) const {
  const auto end = log.rfind('\n');
  const std::string torn = log.substr(end == std::string::npos ? 0 : end + 1);
  log.resize(log.size() - torn.size());
  log += audit_line("cut-off-entry-replaced", {{"bytes_hex", hex(torn)}}, log);
  return write_file(path_, log);
}

Status AuditLog::append(std::string_view action, const Fields& fields) {
  std::string log;
  if (std::error_code error; fs::exists(path_, error)) {
    LIMIER_TRY(log, read_file(path_));
  }
  if (!log.empty() && log.back() != '\n') LIMIER_CHECK(replace_torn_line(log));
  const std::string line = audit_line(action, fields, log);
  return append_file(path_, line, log.size());
}

}  // namespace limier::app
