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
#include "app/evidence_facts.h"
#include "app/volume_map.h"
#include "limier/app.h"

namespace limier::app {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxNameLength = 100;

struct Wanted {
  catalog::VolumeRecord volume;
  catalog::StreamRef stream;
  std::string path, name, state, sha256;
  std::uint64_t size_bytes = 0;
};

Result<std::optional<Wanted>> look_up(store::Index& index, std::int64_t file_id) {
  LIMIER_TRY(auto query, index.query("SELECT f.volume_id, f.inode, f.sequence, f.attr_type, f.attr_id, f.path, f.name, "
                                     "f.content_state, f.sha256, f.size, v.image_offset, v.length, v.fs_type, "
                                     "v.tsk_fs_type, v.pool_block, v.block_size FROM v_file f JOIN v_volume v "
                                     "ON v.volume_id = f.volume_id WHERE f.file_id = ?1"));
  query.bind(1, file_id);
  if (!query.step()) {
    LIMIER_CHECK(query.status());
    return std::optional<Wanted>();
  }
  Wanted wanted;
  wanted.volume.volume_id = static_cast<std::uint32_t>(query.integer(0));
  wanted.stream.volume_id = wanted.volume.volume_id;
  wanted.stream.inode = static_cast<std::uint64_t>(query.integer(1));
  wanted.stream.sequence = static_cast<std::uint32_t>(query.integer(2));
  wanted.stream.attr_type = static_cast<std::uint32_t>(query.integer(3));
  wanted.stream.attr_id = static_cast<std::uint16_t>(query.integer(4));
  wanted.path = query.text(5);
  wanted.name = query.text(6);
  wanted.state = query.text(7);
  wanted.sha256 = query.text(8);
  wanted.size_bytes = static_cast<std::uint64_t>(query.integer(9));
  wanted.volume.image_offset = static_cast<std::uint64_t>(query.integer(10));
  wanted.volume.length = static_cast<std::uint64_t>(query.integer(11));
  wanted.volume.fs_type = query.text(12);
  wanted.volume.tsk_fs_type = static_cast<std::uint32_t>(query.integer(13));
  wanted.volume.pool_block = static_cast<std::uint64_t>(query.integer(14));
  wanted.volume.block_size = static_cast<std::uint32_t>(query.integer(15));
  return std::optional<Wanted>(std::move(wanted));
}

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
    hasher_.update(bytes);
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
  [[nodiscard]] std::string sha256() const { return hex_digest(*hasher_.finish().sha256); }
  [[nodiscard]] std::uint64_t size_bytes() const { return hasher_.size_bytes(); }
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
  Hasher hasher_{{false, false, true}};
  bool kept_ = false;
};

// Before the first byte is read: ids that do not exist, and files that would be overwritten.
Result<std::vector<Wanted>> look_up_all(store::Index& index, const ExportOptions& options) {
  std::vector<Wanted> all;
  for (const std::int64_t file_id : options.file_ids) {
    LIMIER_TRY(auto wanted, look_up(index, file_id));
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
                                std::int64_t file_id, const Wanted& wanted, const std::atomic<int>& stop) {
  ExportedFile file;
  file.file_id = file_id;
  if (wanted.sha256.empty()) {
    file.problem = fmt::format("its content is {}: there is no digest to compare with", wanted.state);
    return file;
  }
  volume::FsJob job;
  job.kind = volume::FsJobKind::kExtract;
  job.evidence = evidence.spec;
  job.volume = wanted.volume;
  job.stream = wanted.stream;

  const std::string name = safe_name(file_id, wanted.name);
  Target target(options.to + "/" + name);
  Session session;
  session.worker = "limier-fs";
  session.job = encode(job);
  session.sandbox = guard.sandbox;
  session.limits = guard.for_fs(wanted.size_bytes);
  session.max_row_bytes = max_row_bytes(wanted.size_bytes);
  session.on_frame = [&](const worker::Frame& frame) -> Status {
    if (frame.type == worker::FrameType::kIssues) return ok_status();
    if (frame.type != worker::FrameType::kContentBytes) return Error{kLied, "it sent an unexpected frame"};
    if (target.size_bytes() + frame.payload.size() > wanted.size_bytes)
      return Error{kLied, "it sent more than the file holds"};
    return target.write(Bytes(frame.payload));
  };
  LIMIER_TRY(const Ending ending, run_session(session, evidence, stop));
  if (ending.kind == EndingKind::kInterrupted) return Error{ErrorKind::kInterrupted, "interrupted"};
  file.size_bytes = target.size_bytes();
  file.sha256 = target.sha256();
  if (ending.kind != EndingKind::kFinished) {
    file.problem = ending.sentence();
  } else if (file.sha256 != wanted.sha256) {
    file.problem = fmt::format("its SHA-256 is {} now, the index says {}", file.sha256, wanted.sha256);
  } else if (!target.keep()) {
    file.problem = fmt::format("cannot be put in place: {}", std::strerror(errno));
  } else {
    file.written_as = name;
  }
  return file;
}

Result<std::string> recorded_path(store::Index& index) {
  LIMIER_TRY(auto query, index.query("SELECT path FROM v_evidence"));
  if (!query.step()) return Error{ErrorKind::kRefused, "the index names no evidence"};
  return query.text(0);
}

Status same_evidence(store::Index& index, const sweep::ContainerMessage& container) {
  LIMIER_TRY(auto query, index.query("SELECT size_bytes, stored_md5 FROM v_evidence"));
  if (!query.step()) return Error{ErrorKind::kRefused, "the index names no evidence"};
  const std::string stored = container.stored_md5 ? hex_digest(*container.stored_md5) : "";
  if (static_cast<std::uint64_t>(query.integer(0)) != container.size_bytes || query.text(1) != stored)
    return Error{ErrorKind::kRefused, "this image is not the evidence the index was made from"};
  return ok_status();
}

}  // namespace

Result<std::vector<ExportedFile>> export_files(const ExportOptions& options, const std::atomic<int>& stop) {
  LIMIER_TRY(auto index, store::Index::open(options.dir));
  LIMIER_TRY(const FolderLock lock, FolderLock::take(options.dir));
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
