#include "batch/stamps.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "limier/evidence.h"

namespace limier::batch {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kEdgeBytes = 64u << 10;
static_assert(kEdgeBytes == evidence::kTailBytes);  // what identify_container asks for

struct Opened {
  UniqueFd fd;
  std::uint64_t size_bytes = 0;
  std::int64_t modified_ns = 0;
};

Error unreadable(const std::string& path, const std::string& why) {
  return {ErrorKind::kUsage, fmt::format("{}: {}", path, why)};
}

Result<Opened> open_segment(const std::string& path) {
  // O_NONBLOCK: a named pipe is refused, not waited for. O_NOATIME: evidence is not even touched.
  constexpr int kFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
  Opened opened{UniqueFd(::open(path.c_str(), kFlags | O_NOATIME))};
  if (!opened.fd && errno == EPERM) opened.fd = UniqueFd(::open(path.c_str(), kFlags));
  struct stat info {};
  if (!opened.fd || ::fstat(opened.fd.get(), &info) != 0)
    return unreadable(path, errno == ENOENT ? "no such file" : std::strerror(errno));
  if (!S_ISREG(info.st_mode) && !S_ISBLK(info.st_mode)) return unreadable(path, "is neither a file nor a block device");
  const off_t end = S_ISBLK(info.st_mode) ? ::lseek(opened.fd.get(), 0, SEEK_END) : info.st_size;
  opened.size_bytes = end > 0 ? static_cast<std::uint64_t>(end) : 0;
  if (S_ISREG(info.st_mode))
    opened.modified_ns = std::int64_t{info.st_mtim.tv_sec} * kNsPerSecond + info.st_mtim.tv_nsec;
  if (opened.size_bytes == 0) return unreadable(path, "is empty, so there is nothing to examine");
  return opened;
}

Result<std::vector<std::uint8_t>> read_part(const std::string& path, const Opened& file, std::uint64_t offset,
                                            std::size_t length) {
  std::vector<std::uint8_t> bytes(length);
  std::size_t done = 0;
  while (done < length) {
    const ssize_t got = ::pread(file.fd.get(), bytes.data() + done, length - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unreadable(path, std::string("cannot be read: ") + std::strerror(errno));
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  bytes.resize(done);
  return bytes;
}

struct Edges {
  std::vector<std::uint8_t> head, tail;
};

Result<Edges> read_edges(const std::string& path, const Opened& file) {
  const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(file.size_bytes, kEdgeBytes));
  Edges edges;
  LIMIER_TRY(edges.head, read_part(path, file, 0, length));
  LIMIER_TRY(edges.tail, read_part(path, file, file.size_bytes - length, length));
  return edges;
}

Result<SegmentStamp> stamp_segment(const std::string& path) {
  LIMIER_TRY(const Opened file, open_segment(path));
  LIMIER_TRY(const Edges edges, read_edges(path, file));
  Hasher hasher({false, false, true});
  hasher.update(Bytes(edges.head));
  hasher.update(Bytes(edges.tail));
  return SegmentStamp{fs::path(path).filename().string(), file.size_bytes, file.modified_ns,
                      hex_digest(*hasher.finish().sha256)};
}

Result<evidence::Identified> identify(const std::string& path) {
  LIMIER_TRY(const Opened first, open_segment(path));
  LIMIER_TRY(const Edges edges, read_edges(path, first));
  return evidence::identify_container(Bytes(edges.head), Bytes(edges.tail), first.size_bytes,
                                      fs::path(path).filename().string());
}

// What is no image at all is planned all the same: its triage says what is wrong, the others do not wait for it.
Result<evidence::SegmentNames> segment_names(const std::string& path) {
  LIMIER_TRY(const auto found, identify(path));
  if (found.format == evidence::Format::kUnsupported) return evidence::SegmentNames{{path}, {}};
  return evidence::find_segments(path, found.format);
}

// Of a folder: names, sizes and times of all that is in it stand for its first and last bytes.
Result<SegmentStamp> stamp_folder(const std::string& path) {
  struct File {
    std::string name;
    std::uint64_t size_bytes = 0;
    std::int64_t modified_ns = 0;
  };
  std::vector<File> files;
  std::error_code error;
  for (fs::recursive_directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
    struct stat info {};
    if (::lstat(at->path().c_str(), &info) != 0) continue;
    files.push_back(
        {at->path().lexically_relative(path).string(),
         S_ISREG(info.st_mode) ? static_cast<std::uint64_t>(info.st_size) : 0,
         S_ISDIR(info.st_mode) ? 0 : std::int64_t{info.st_mtim.tv_sec} * kNsPerSecond + info.st_mtim.tv_nsec});
  }
  if (error) return unreadable(path, "cannot be listed: " + error.message());
  std::ranges::sort(files, {}, &File::name);
  SegmentStamp stamp{fs::path(path).filename().string(), 0, 0, ""};
  Hasher hasher({false, false, true});
  for (const File& file : files) {
    stamp.size_bytes += file.size_bytes;
    stamp.modified_ns = std::max(stamp.modified_ns, file.modified_ns);
    hasher.update(as_bytes(fmt::format("{} {} {}\n", file.size_bytes, file.modified_ns, file.name)));
  }
  if (stamp.size_bytes == 0) return unreadable(path, "holds no file with a byte in it, so there is nothing to examine");
  stamp.edge_sha256 = hex_digest(*hasher.finish().sha256);
  return stamp;
}

}  // namespace

std::string unsupported_image(const std::string& path) {
  const auto found = identify(path);
  if (!found.ok() || found->format != evidence::Format::kUnsupported) return {};
  if (found->unsupported_name.empty()) return fmt::format("is not a disk image: {}", found->advice);
  return fmt::format("is in the format {}, which limier does not read: {}", found->unsupported_name, found->advice);
}

Result<std::vector<SegmentStamp>> stamp_evidence(const Exhibit& exhibit) {
  std::error_code no_such;
  if (fs::is_directory(exhibit.image, no_such)) {
    LIMIER_TRY(auto stamp, stamp_folder(exhibit.image));
    return std::vector<SegmentStamp>{std::move(stamp)};
  }
  LIMIER_TRY(const auto names, segment_names(exhibit.image));
  if (!names.missing.empty() && !exhibit.incomplete)
    return unreadable(exhibit.image, fmt::format("the set has a gap: {} is missing; bring it here, or go on without it "
                                                 "with the option incomplete (every result will say so)",
                                                 fmt::join(names.missing, ", ")));
  std::vector<SegmentStamp> stamps;
  for (const std::string& path : names.paths) {
    LIMIER_TRY(auto stamp, stamp_segment(path));
    stamps.push_back(std::move(stamp));
  }
  return stamps;
}

bool lies_beside(const std::string& inner, const std::string& image) {
  std::error_code error;
  const fs::path target = fs::weakly_canonical(fs::absolute(inner, error), error);
  const fs::path folder = fs::weakly_canonical(fs::absolute(image, error), error).parent_path();
  return std::mismatch(folder.begin(), folder.end(), target.begin(), target.end()).first == folder.end();
}

std::string evidence_change(const Exhibit& exhibit) {
  if (exhibit.segments.empty()) return "";  // it was not there when the plan was made
  const auto now = stamp_evidence(exhibit);
  if (!now.ok()) return now.error().message;
  const std::string folder = fs::path(exhibit.image).parent_path().string();
  for (std::size_t i = 0; i < std::max(now->size(), exhibit.segments.size()); ++i) {
    if (i >= now->size()) return fmt::format("{}/{}: is gone", folder, exhibit.segments[i].name);
    const SegmentStamp& there = (*now)[i];
    const std::string path = folder + "/" + there.name;
    if (i >= exhibit.segments.size()) return fmt::format("{}: was not there when the plan was made", path);
    const SegmentStamp& planned = exhibit.segments[i];
    if (there.name != planned.name) return fmt::format("{}: {} was planned in its place", path, planned.name);
    if (there.size_bytes != planned.size_bytes)
      return fmt::format("{}: has {} bytes, {} when the plan was made", path, there.size_bytes, planned.size_bytes);
    if (there.edge_sha256 != planned.edge_sha256)
      return fmt::format("{}: its first or last 64 KiB are other than when the plan was made", path);
    if (there.modified_ns != planned.modified_ns)
      return fmt::format("{}: was written to at {}, at {} when the plan was made (size and edges are the same)", path,
                         format_time(there.modified_ns), format_time(planned.modified_ns));
  }
  return "";
}

}  // namespace limier::batch
