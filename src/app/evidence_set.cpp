#include "app/evidence_set.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "app/folder_evidence.h"

namespace limier::app {
namespace {

constexpr std::size_t kHeadBytes = 64u << 10;

Error unreadable(const std::string& path, const std::string& why) {
  return {ErrorKind::kEvidence, fmt::format("{}: {}", path, why)};
}

struct Opened {
  UniqueFd fd;
  std::uint64_t size_bytes = 0;
  bool access_time_kept = true;
};

// Only the owner of a file (or root) may read it without changing its access time; others fall back, which is recorded.
Result<Opened> open_read_only(const std::string& path) {
  // O_NONBLOCK: a named pipe given as an image must be refused, not waited for.
  constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
  Opened opened{UniqueFd(::open(path.c_str(), kFlags | O_NOATIME)), 0, true};
  if (!opened.fd && errno == EPERM) {
    opened.fd = UniqueFd(::open(path.c_str(), kFlags));
    opened.access_time_kept = false;
  }
  if (!opened.fd) {
    if (errno == ENOENT) return unreadable(path, "no such file; give the first segment of the image");
    return unreadable(path, std::string("cannot be opened for reading: ") + std::strerror(errno));
  }
  struct stat info {};
  if (fstat(opened.fd.get(), &info) != 0)
    return unreadable(path, std::string("cannot be examined: ") + std::strerror(errno));
  if (!S_ISREG(info.st_mode) && !S_ISBLK(info.st_mode)) return unreadable(path, "is neither a file nor a block device");
  if (S_ISBLK(info.st_mode)) {
    const off_t end = lseek(opened.fd.get(), 0, SEEK_END);
    opened.size_bytes = end > 0 ? static_cast<std::uint64_t>(end) : 0;
  } else {
    opened.size_bytes = static_cast<std::uint64_t>(info.st_size);
  }
  if (opened.size_bytes == 0) return unreadable(path, "is empty, so there is nothing to examine");
  return opened;
}

Result<std::vector<std::uint8_t>> read_part(const std::string& path, int fd, std::uint64_t offset, std::size_t length) {
  std::vector<std::uint8_t> bytes(length);
  std::size_t done = 0;
  while (done < length) {
    const ssize_t got = pread(fd, bytes.data() + done, length - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unreadable(path, std::string("cannot be read: ") + std::strerror(errno));
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  bytes.resize(done);
  return bytes;
}

Result<evidence::Identified> identify(const std::string& path, const Opened& first) {
  const auto head_length = static_cast<std::size_t>(std::min<std::uint64_t>(first.size_bytes, kHeadBytes));
  const auto tail_length = static_cast<std::size_t>(std::min<std::uint64_t>(first.size_bytes, evidence::kTailBytes));
  LIMIER_TRY(const auto head, read_part(path, first.fd.get(), 0, head_length));
  LIMIER_TRY(const auto tail, read_part(path, first.fd.get(), first.size_bytes - tail_length, tail_length));
  return evidence::identify_container(Bytes(head), Bytes(tail), first.size_bytes,
                                      std::filesystem::path(path).filename().string());
}

std::string folder_of(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::weakly_canonical(std::filesystem::absolute(path, ignored), ignored).parent_path().string();
}

}  // namespace

std::vector<int> EvidenceSet::raw_fds() const {
  std::vector<int> list;
  for (const UniqueFd& fd : fds) list.push_back(fd.get());
  return list;
}

std::uint64_t EvidenceSet::total_bytes() const {
  std::uint64_t total = 0;
  for (const auto& segment : spec.segments) total += segment.size_bytes;
  return total;
}

Result<EvidenceSet> open_evidence(const std::string& path, bool allow_incomplete) {
  std::error_code no_such;
  if (std::filesystem::is_directory(path, no_such)) return open_folder(path);
  LIMIER_TRY(Opened first, open_read_only(path));
  LIMIER_TRY(const auto identified, identify(path, first));
  if (identified.format == evidence::Format::kUnsupported)
    return unreadable(
        path, fmt::format("{}: {}",
                          identified.unsupported_name.empty()
                              ? "is not a disk image"
                              : "is in the format " + identified.unsupported_name + ", which limier does not read",
                          identified.advice));

  LIMIER_TRY(auto names, evidence::find_segments(path, identified.format));
  if (!names.missing.empty() && !allow_incomplete) {
    std::string list;
    for (const std::string& name : names.missing) list += (list.empty() ? "" : ", ") + name;
    return unreadable(path, fmt::format("the set has a gap: {} is missing; bring it here, or go on without it with "
                                        "--incomplete (every result will say so)",
                                        list));
  }

  EvidenceSet set;
  set.path = path;
  set.folder = folder_of(path);
  set.spec.format = identified.format == evidence::Format::kRaw && names.paths.size() > 1 ? evidence::Format::kSplitRaw
                                                                                          : identified.format;
  set.spec.allow_incomplete = allow_incomplete;
  set.missing = names.missing;
  set.paths = names.paths;
  for (const std::string& name : names.paths) {
    LIMIER_TRY(Opened opened, open_read_only(name));
    set.spec.segments.push_back({std::filesystem::path(name).filename().string(), opened.size_bytes});
    set.access_times_kept = set.access_times_kept && opened.access_time_kept;
    set.fds.push_back(std::move(opened.fd));
  }
  return set;
}

}  // namespace limier::app
