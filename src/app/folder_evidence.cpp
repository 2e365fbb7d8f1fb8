#include "app/folder_evidence.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <limits.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace limier::app {
namespace {

using evidence::FolderEntry;

constexpr std::size_t kMaxDepth = 256;
constexpr std::size_t kMaxEntries = 400'000;  // what a worker is told of them must fit into one message
constexpr std::size_t kMaxPathBytes = 8192;
// Descriptors that are no files of the folder.
constexpr std::uint64_t kOtherDescriptors = 256;

Error no_evidence(const std::string& path, const std::string& why) {
  return {ErrorKind::kEvidence, fmt::format("{}: {}", path, why)};
}

FolderEntry entry_of(std::string path, const struct stat& info) {
  FolderEntry entry;
  entry.path = std::move(path);
  entry.kind = S_ISREG(info.st_mode)   ? FolderEntry::Kind::kFile
               : S_ISDIR(info.st_mode) ? FolderEntry::Kind::kFolder
               : S_ISLNK(info.st_mode) ? FolderEntry::Kind::kLink
                                       : FolderEntry::Kind::kOther;
  entry.size_bytes = S_ISREG(info.st_mode) ? static_cast<std::uint64_t>(info.st_size) : 0;
  entry.mode = info.st_mode;
  entry.uid = info.st_uid;
  entry.gid = info.st_gid;
  entry.link_count = static_cast<std::uint32_t>(info.st_nlink);
  // When it was copied and last changed in place says nothing of where it comes from.
  entry.modified_s = info.st_mtim.tv_sec;
  entry.modified_ns = static_cast<std::uint32_t>(info.st_mtim.tv_nsec);
  entry.accessed_s = info.st_atim.tv_sec;
  entry.accessed_ns = static_cast<std::uint32_t>(info.st_atim.tv_nsec);
  return entry;
}

class Listing {
 public:
  explicit Listing(EvidenceSet& set) : set_(set) {}

  Status run(int root) {
    LIMIER_CHECK(read_folder(root, "", 0));
    std::ranges::sort(set_.folder_entries, {}, &FolderEntry::path);
    return ok_status();
  }

 private:
  struct Close {
    void operator()(DIR* dir) const { closedir(dir); }
  };

  // At most kMaxDepth folders are open at once.
  Status read_folder(int at, const std::string& path, std::size_t depth) {
    constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW;
    UniqueFd fd(::openat(at, path.empty() ? "." : name_of(path).c_str(), kFlags | O_NOATIME));
    if (!fd && errno == EPERM) {
      fd = UniqueFd(::openat(at, path.empty() ? "." : name_of(path).c_str(), kFlags));
      set_.access_times_kept = false;
    }
    if (!fd || depth > kMaxDepth) {
      set_.unreadable.push_back(path.empty() ? "." : path);
      return ok_status();
    }
    const std::unique_ptr<DIR, Close> dir(fdopendir(::dup(fd.get())));
    if (dir == nullptr) {
      set_.unreadable.push_back(path);
      return ok_status();
    }
    std::vector<std::string> folders;
    while (const dirent* one = ::readdir(dir.get())) {
      const std::string name = one->d_name;
      if (name == "." || name == "..") continue;
      LIMIER_CHECK(add(fd.get(), path.empty() ? name : path + "/" + name, name, folders));
    }
    std::ranges::sort(folders);
    for (const std::string& folder : folders) LIMIER_CHECK(read_folder(fd.get(), folder, depth + 1));
    return ok_status();
  }

  Status add(int folder, const std::string& path, const std::string& name, std::vector<std::string>& folders) {
    if (set_.folder_entries.size() >= kMaxEntries)
      return no_evidence(set_.path, fmt::format("holds more than {} files and folders; make a zip or tar of it and run "
                                                "limier on that",
                                                kMaxEntries));
    struct stat info {};
    if (path.size() > kMaxPathBytes || ::fstatat(folder, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
      set_.unreadable.push_back(path.substr(0, kMaxPathBytes));
      return ok_status();
    }
    FolderEntry entry = entry_of(path, info);
    if (entry.kind == FolderEntry::Kind::kLink) {
      char target[PATH_MAX];
      const ssize_t length = ::readlinkat(folder, name.c_str(), target, sizeof(target));
      if (length > 0) entry.link_target.assign(target, static_cast<std::size_t>(length));
    }
    if (entry.kind == FolderEntry::Kind::kFolder) folders.push_back(path);
    set_.folder_entries.push_back(std::move(entry));
    return ok_status();
  }

  static std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

  EvidenceSet& set_;
};

std::uint64_t descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_max;
}

Status open_files(EvidenceSet& set, int root) {
  const auto files =
      static_cast<std::uint64_t>(std::ranges::count(set.folder_entries, FolderEntry::Kind::kFile, &FolderEntry::kind));
  // A worker is handed each under a number of its own.
  const std::uint64_t most = descriptor_limit();
  const std::uint64_t room = most < kOtherDescriptors ? 0 : (most - kOtherDescriptors) / 2;
  if (files > room)
    return no_evidence(set.path, fmt::format("holds {} files, and here a program may have {} of them open (ulimit -Hn "
                                             "says {}); raise that limit, or make a zip or tar of the folder",
                                             files, room, most));
  for (FolderEntry& entry : set.folder_entries) {
    if (entry.kind != FolderEntry::Kind::kFile) continue;
    constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW;
    UniqueFd fd(::openat(root, entry.path.c_str(), kFlags | O_NOATIME));
    if (!fd && errno == EPERM) {
      fd = UniqueFd(::openat(root, entry.path.c_str(), kFlags));
      set.access_times_kept = false;
    }
    struct stat info {};
    if (!fd || ::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode)) {
      entry.segment = UINT32_MAX;
      set.unreadable.push_back(entry.path);
      continue;
    }
    entry.size_bytes = static_cast<std::uint64_t>(info.st_size);
    entry.segment = static_cast<std::uint32_t>(set.spec.segments.size());
    set.spec.segments.push_back({entry.path, entry.size_bytes});
    set.paths.push_back(set.folder + "/" + entry.path);
    set.fds.push_back(std::move(fd));
  }
  return ok_status();
}

}  // namespace

Result<EvidenceSet> open_folder(const std::string& path) {
  EvidenceSet set;
  set.path = path;
  std::error_code ignored;
  set.folder = std::filesystem::weakly_canonical(std::filesystem::absolute(path, ignored), ignored).string();
  set.spec.format = evidence::Format::kFolder;
  const UniqueFd root(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root) return no_evidence(path, std::string("cannot be opened for reading: ") + std::strerror(errno));
  LIMIER_CHECK(Listing(set).run(root.get()));
  LIMIER_CHECK(open_files(set, root.get()));
  if (set.total_bytes() == 0)
    return no_evidence(path, "holds no file with a byte in it, so there is nothing to examine");
  return set;
}

std::optional<Sha256> folder_digest(const EvidenceSet& evidence, const std::vector<std::optional<Sha256>>& segments) {
  if (segments.size() != evidence.spec.segments.size() || !evidence.unreadable.empty()) return std::nullopt;
  Hasher hasher({false, false, true});
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (!segments[i]) return std::nullopt;
    hasher.update(as_bytes(hex_digest(*segments[i]) + "  " + evidence.spec.segments[i].name + "\n"));
  }
  return hasher.finish().sha256;
}

}  // namespace limier::app
