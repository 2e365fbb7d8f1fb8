// limier's own reader of FAT over the input as a volume: all parts of a walk, with every record as the supervisor would
// accept it.
#include "fuzz/checking_sink.h"
#include "fuzz/memory_image.h"

using namespace limier;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::MemoryImage image{Bytes(data, size)};
  volume::FsJob job;
  job.kind = volume::FsJobKind::kWalk;
  job.volume.volume_id = 1;
  job.volume.length = size;
  job.volume.fs_type = "fat";
  fuzz::CheckingSink sink(size);
  static_cast<void>(volume::walk_volume(image, job, sink).ok());
  job.kind = volume::FsJobKind::kExtract;
  job.stream = {1, 5, 0, 1, 0};
  static_cast<void>(volume::extract_stream(image, job, sink).ok());
  return 0;
}
