// The readers of zip and tar: every record as the supervisor would accept it, and the contents of members. The first
// byte says which.
#include "fuzz/checking_sink.h"
#include "fuzz/memory_image.h"

using namespace limier;

namespace {

// Where a member may be asked for: at every header.
std::vector<std::uint64_t> inodes_in(Bytes bytes, bool zip) {
  std::vector<std::uint64_t> found;
  const std::string_view text = as_text(bytes);
  constexpr std::size_t kBlock = 512, kMost = 16;
  if (zip) {
    for (const char* signature : {"PK\1\2", "PK\3\4"})
      for (std::size_t at = text.find(signature); at != std::string_view::npos && found.size() < kMost;
           at = text.find(signature, at + 1))
        found.push_back(at);
  } else {
    for (std::size_t at = 0; at < bytes.size() && found.size() < kMost; at += kBlock) found.push_back(at);
  }
  return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const bool zip = data[0] % 2 == 0;
  const Bytes bytes(data + 1, size - 1);
  const fuzz::MemoryImage image{bytes};
  volume::FsJob job;
  job.kind = volume::FsJobKind::kWalk;
  job.volume.volume_id = 1;
  job.volume.length = bytes.size();
  job.volume.fs_type = zip ? "zip" : "tar";
  fuzz::CheckingSink sink(bytes.size());
  static_cast<void>(volume::walk_volume(image, job, sink).ok());
  job.kind = volume::FsJobKind::kExtract;
  for (const std::uint64_t inode : inodes_in(bytes, zip)) {
    job.stream = {1, inode, 0, 1, 0};
    static_cast<void>(volume::extract_stream(image, job, sink).ok());
  }
  return 0;
}
