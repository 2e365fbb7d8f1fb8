// `limier export`: content out of the evidence, read again by a jailed worker through libtsk and compared with the
// digest the sweep computed by its own route. What cannot be compared is not written.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "app/case_folder.h"
#include "app/reread.h"
#include "app/volume_map.h"
#include "limier/app.h"

namespace limier::app {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxNameLength = 100;

// A name from evidence never becomes a path: only letters, digits and a few harmless signs survive.
std::string safe_name(std::int64_t file_id, const std::string& name) {
  std::string safe = fmt::format("{}_", file_id);
  for (const char c : name.substr(0, kMaxNameLength)) {
    const bool harmless =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    safe += harmless ? c : '_';
  }
  return safe;
}

class Target {
 public:
  explicit Target(std::string path) : path_(std::move(path)), temporary_(fmt::format("{}.{}.part", path_, ::getpid())) {
    fd_ = UniqueFd(::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  }
  ~Target() {
    if (fd_ && !kept_) ::unlink(temporary_.c_str());
  }
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;
  Status write(Bytes bytes) {
    while (!bytes.empty()) {
      const ssize_t wrote = ::write(fd_.get(), bytes.data(), bytes.size());
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0)
        return Error{errno == ENOSPC ? ErrorKind::kTemporary : ErrorKind::kUsage,
                     fmt::format("{}: cannot be written: {}", path_, std::strerror(errno))};
      bytes = bytes.subspan(static_cast<std::size_t>(wrote));
    }
    return ok_status();
  }
  // Never over a file that is there.
  bool keep() {
    kept_ = fsync(fd_.get()) == 0 && put_in_place();
    return kept_;
  }

 private:
  bool put_in_place() {
    if (::renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, path_.c_str(), RENAME_NOREPLACE) == 0) return true;
    if (errno != EINVAL && errno != ENOSYS) return false;
    // File systems without it, NFS among them.
    return ::link(temporary_.c_str(), path_.c_str()) == 0 && ::unlink(temporary_.c_str()) == 0;
  }

  std::string path_, temporary_;
  UniqueFd fd_;
  bool kept_ = false;
};

// Before the first byte is read: ids that do not exist, and files that would be overwritten.
Result<std::vector<KnownContent>> look_up_all(store::Index& index, const ExportOptions& options) {
  std::vector<KnownContent> all;
  for (const std::int64_t file_id : options.file_ids) {
    LIMIER_TRY(auto wanted, find_content(index, file_id));
    if (!wanted)
      return Error{ErrorKind::kUsage,
                   fmt::format("{} has no file {}; `limier files {}` lists them, nothing was written", options.dir,
                               file_id, options.dir)};
    std::error_code error;
    const std::string target = options.to + "/" + safe_name(file_id, wanted->name);
    if (fs::symlink_status(target, error).type() != fs::file_type::not_found)
      return Error{
          ErrorKind::kUsage,
          fmt::format("{} is there already and is never overwritten; choose another folder, nothing was written",
                      target)};
    all.push_back(std::move(*wanted));
  }
  return all;
}

Result<ExportedFile> export_one(const ExportOptions& options, const EvidenceSet& evidence, const Guard& guard,
                                std::int64_t file_id, const KnownContent& wanted, const std::atomic<int>& stop) {
  ExportedFile file;
  file.file_id = file_id;
  const std::string name = safe_name(file_id, wanted.name);
  std::optional<Target> target;
  if (!wanted.sha256.empty()) target.emplace(options.to + "/" + name);
  LIMIER_TRY(const ReadAgain read,
             read_again(
                 wanted, evidence, guard, [&](Bytes bytes) { return target->write(bytes); }, stop));
  file.size_bytes = read.size_bytes;
  file.sha256 = read.sha256;
  file.problem = read.problem;
  file.mismatch = read.mismatch;
  if (!file.problem.empty()) return file;
  if (target->keep())
    file.written_as = name;
  else
    file.problem = fmt::format("cannot be put in place: {}", std::strerror(errno));
  return file;
}

}  // namespace

Result<std::vector<ExportedFile>> export_files(const ExportOptions& options, const std::atomic<int>& stop) {
  LIMIER_TRY(auto index, store::Index::open(options.dir));
  LIMIER_TRY(const FolderLock lock, FolderLock::take(options.dir));
  LIMIER_CHECK(refuse_under_scope(*index, options.dir, "files are copied whole, so none is"));
  LIMIER_TRY(const std::string recorded, recorded_path(*index));
  LIMIER_TRY(const auto all, look_up_all(*index, options));
  const Guard guard = make_guard(options.sandbox, options.stall_seconds, plan_memory(0));
  LIMIER_TRY(EvidenceSet evidence, open_evidence(options.image.empty() ? recorded : options.image, true));
  LIMIER_TRY(const ContainerFacts facts, describe_evidence(evidence, guard, stop));
  LIMIER_CHECK(same_evidence(*index, facts.container));
  LIMIER_CHECK(prepare_export_folder(options.to, evidence));

  AuditLog audit(options.dir);
  std::vector<ExportedFile> files;
  for (std::size_t i = 0; i < all.size(); ++i) {
    LIMIER_TRY(ExportedFile file, export_one(options, evidence, guard, options.file_ids[i], all[i], stop));
    LIMIER_CHECK(audit.append("export", {{"file_id", std::to_string(options.file_ids[i])},
                                         {"path", all[i].path},
                                         {"to", options.to},
                                         {"written_as", file.written_as},
                                         {"sha256", file.sha256},
                                         {"problem", file.problem},
                                         {"command", options.command_line}}));
    files.push_back(std::move(file));
  }
  LIMIER_CHECK(write_manifest(options.dir, {}));
  return files;
}

}  // namespace limier::app
