#include "batch/place.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "batch/machine.h"
#include "limier/base/file_io.h"

namespace limier::batch {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kCopyStep = 1u << 20;

// statfs(2) and linux/magic.h; a write-ahead log needs shared memory, which these do not have between machines.
constexpr std::array<std::uint64_t, 12> kNetworkFileSystems{
    0x6969,      // NFS
    0xFE534D42,  // SMB2, CIFS
    0xFF534D42,  // CIFS
    0x517B,      // SMB
    0x0BD00BD0,  // Lustre
    0x47504653,  // GPFS
    0x19830326,  // BeeGFS
    0x00C36400,  // Ceph
    0x5346414F,  // AFS
    0x01021997,  // 9P
    0x6A656A63,  // virtiofs and FUSE of some hosts
    0x65735546,  // FUSE: what lies behind it nobody knows
};

bool is_on_network(const std::string& path) {
  struct statfs info {};
  if (::statfs(path.c_str(), &info) != 0) return false;
  const auto type = static_cast<std::uint64_t>(info.f_type) & 0xFFFFFFFFu;
  return std::find(kNetworkFileSystems.begin(), kNetworkFileSystems.end(), type) != kNetworkFileSystems.end();
}

std::string from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

Error failed(const std::string& path, std::string_view what, int number) {
  return {number == ESTALE ? ErrorKind::kTemporary : error_kind_of(number),
          fmt::format("{}: {}: {}", path, what, std::strerror(number))};
}

Result<Sha256> copy_bytes(int from, const std::string& from_path, int to, const std::string& to_path) {
  Hasher hasher({false, false, true});
  std::vector<std::uint8_t> buffer(kCopyStep);
  for (;;) {
    const ssize_t got = ::read(from, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(from_path, "cannot be read", errno);
    if (got == 0) return *hasher.finish().sha256;
    Bytes rest = Bytes(buffer).first(static_cast<std::size_t>(got));
    hasher.update(rest);
    while (to >= 0 && !rest.empty()) {
      const ssize_t wrote = ::write(to, rest.data(), rest.size());
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0) return failed(to_path, "cannot be written", errno);
      rest = rest.subspan(static_cast<std::size_t>(wrote));
    }
  }
}

Status copy_file(const std::string& from_path, const std::string& to_path) {
  const UniqueFd from(::open(from_path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!from) return failed(from_path, "cannot be opened", errno);
  UniqueFd to(::open(to_path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!to) return failed(to_path, "cannot be created", errno);
  LIMIER_TRY(const Sha256 sent, copy_bytes(from.get(), from_path, to.get(), to_path));
  if (::fsync(to.get()) != 0) return failed(to_path, "cannot be synced", errno);
  // Opened anew: what the file system has, not what this process remembers.
  to = UniqueFd(::open(to_path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!to) return failed(to_path, "cannot be opened again", errno);
  ::posix_fadvise(to.get(), 0, 0, POSIX_FADV_DONTNEED);
  LIMIER_TRY(const Sha256 arrived, copy_bytes(to.get(), to_path, -1, ""));
  if (sent != arrived)
    return Error{ErrorKind::kTemporary, fmt::format("{}: arrived with other bytes than were sent; run again", to_path)};
  return ok_status();
}

Status copy_folder(const std::string& from, const std::string& to) {
  LIMIER_CHECK(make_folder(to));
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(from, error)) {
    const std::string target = to + "/" + fs::relative(entry.path(), from, error).string();
    if (entry.is_directory(error))
      LIMIER_CHECK(make_folder(target));
    else if (entry.is_regular_file(error))
      LIMIER_CHECK(copy_file(entry.path().string(), target));
  }
  if (error) return failed(from, "cannot be listed", error.value());
  return sync_folder(to);
}

// The same place on every attempt, so that what a killed one left is found again; one place per case.
std::string scratch_of_case(const CaseFolder& folder, const std::string& scratch) {
  const auto key = digest_of(as_bytes(folder.dir()), {true, false, false});
  return fmt::format("{}/limier-{}", scratch, hex_digest(*key.md5).substr(0, 12));
}

constexpr std::string_view kGone = ".gone-", kPartial = ".partial";

}  // namespace

std::string scratch_for(const CaseFolder& folder, const std::string& wanted) {
  if (!wanted.empty()) return wanted;
  if (std::string slurm = from_environment("SLURM_TMPDIR"); !slurm.empty()) return slurm;
  if (!is_on_network(folder.dir())) return "";
  const std::string temporary = from_environment("TMPDIR");
  return temporary.empty() ? "/tmp" : temporary;
}

void clear_scratch(const CaseFolder& folder, const std::string& scratch) {
  if (scratch.empty()) return;
  std::error_code error;
  const std::string ours = scratch_of_case(folder, scratch);
  for (const auto& entry : fs::directory_iterator(ours, error)) {
    const std::string name = entry.path().filename().string();
    const bool gone = name.starts_with(kGone);
    // A record is put away before an exhibit is begun anew, so nobody works in the folder of one that has it.
    if (!gone && !load_record(folder, name)) continue;
    const std::string away = gone ? entry.path().string() : fmt::format("{}/{}{}", ours, kGone, name);
    if (!gone) fs::rename(entry.path(), away, error);
    fs::remove_all(away, error);
  }
  ::rmdir(ours.c_str());  // only when it is empty
}

WorkPlace::WorkPlace(const CaseFolder& folder, const std::string& exhibit_folder, const std::string& scratch)
    : final_(folder.exhibit(exhibit_folder)), dir_(final_) {
  if (scratch.empty()) return;
  scratch_ = scratch_of_case(folder, scratch);
  dir_ = scratch_ + "/" + exhibit_folder;
}

Status WorkPlace::prepare(bool resume) {
  std::error_code error;
  if (in_place()) return make_folder(fs::path(dir_).parent_path().string());
  if (!resume) {
    fs::remove_all(dir_, error);
  } else if (!fs::exists(dir_, error) && fs::exists(final_, error)) {
    return copy_folder(final_, dir_);
  }
  // Another task may remove the folder around it, while that is still empty.
  constexpr int kTries = 3;
  Status made = make_folder(dir_);
  for (int again = 1; again < kTries && !made.ok() && !fs::exists(scratch_, error); ++again) made = make_folder(dir_);
  return made;
}

void WorkPlace::clear_half_copies() const {
  std::error_code error;
  const fs::path final(final_);
  const std::string mine = "." + final.filename().string() + ".";
  for (const auto& entry : fs::directory_iterator(final.parent_path(), error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(mine) && name.ends_with(kPartial)) fs::remove_all(entry.path(), error);
  }
}

Status WorkPlace::publish() {
  std::error_code error;
  if (in_place() || !fs::exists(dir_, error)) return ok_status();
  const std::string parent = fs::path(final_).parent_path().string();
  const std::string arriving =
      fmt::format("{}/.{}.{}.{}{}", parent, fs::path(final_).filename().string(), host_name(), ::getpid(), kPartial);
  fs::remove_all(arriving, error);
  if (auto status = copy_folder(dir_, arriving); !status.ok()) {
    fs::remove_all(arriving, error);
    return status;
  }
  // An interrupted attempt's folder is replaced by what went on from it.
  fs::remove_all(final_, error);
  if (::rename(arriving.c_str(), final_.c_str()) != 0) return failed(final_, "cannot be put in place", errno);
  LIMIER_CHECK(sync_folder(parent));
  fs::remove_all(dir_, error);
  ::rmdir(scratch_.c_str());  // only when nothing else of the case is there
  return ok_status();
}

}  // namespace limier::batch
