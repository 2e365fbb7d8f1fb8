// The readers of zip, tar and AD1: every record as the supervisor would accept it, and the contents of members. The
// first byte says which.
#include <array>

#include "fuzz/checking_sink.h"
#include "fuzz/memory_image.h"

using namespace limier;

namespace {

// Where a member may be asked for: at every header.
std::vector<std::uint64_t> inodes_in(Bytes bytes, std::string_view kind) {
  std::vector<std::uint64_t> found;
  const std::string_view text = as_text(bytes);
  constexpr std::size_t kBlock = 512, kMost = 16;
  if (kind == "zip") {
    for (const char* signature : {"PK\1\2", "PK\3\4"})
      for (std::size_t at = text.find(signature); at != std::string_view::npos && found.size() < kMost;
           at = text.find(signature, at + 1))
        found.push_back(at);
  } else if (kind == "ad1") {
    constexpr std::size_t kFirst = 512 + 0x24;
    if (const auto first = le_at<std::uint64_t>(bytes, kFirst)) found.push_back(*first + kBlock);
  } else {
    for (std::size_t at = 0; at < bytes.size() && found.size() < kMost; at += kBlock) found.push_back(at);
  }
  return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  constexpr std::array<const char*, 3> kKinds{"zip", "tar", "ad1"};
  const char* kind = kKinds[data[0] % kKinds.size()];
  const Bytes bytes(data + 1, size - 1);
  const fuzz::MemoryImage image{bytes};
  volume::FsJob job;
  job.kind = volume::FsJobKind::kWalk;
  job.volume.volume_id = 1;
  job.volume.length = bytes.size();
  job.volume.fs_type = kind;
  fuzz::CheckingSink sink(bytes.size());
  static_cast<void>(volume::walk_volume(image, job, sink).ok());
  job.kind = volume::FsJobKind::kExtract;
  for (const std::uint64_t inode : inodes_in(bytes, kind)) {
    job.stream = {1, inode, 0, 1, 0};
    static_cast<void>(volume::extract_stream(image, job, sink).ok());
  }
  return 0;
}
