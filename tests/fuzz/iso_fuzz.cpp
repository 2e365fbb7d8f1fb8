// limier's own reader of ISO 9660: trees, sessions, Rock Ridge and packed files of a disc, with every record as the
// supervisor would accept it.
#include "fuzz/checking_sink.h"
#include "fuzz/memory_image.h"

using namespace limier;

namespace {

constexpr std::size_t kSector = 2048;

// Discs are mostly empty: the first byte says how many sectors there are, and then come their number, the bytes that
// are not zero and how many there are, again and again.
std::vector<std::uint8_t> disc_of(Bytes input) {
  std::vector<std::uint8_t> disc((std::size_t{input[0]} + 1) * kSector);
  input = input.subspan(1);
  while (input.size() > 3) {
    const std::size_t at = input[0] * kSector;
    const std::size_t length =
        std::min<std::size_t>({detail::load_le<std::uint16_t>(input.data() + 1), kSector, input.size() - 3});
    input = input.subspan(3);
    if (at < disc.size()) std::copy_n(input.begin(), length, disc.begin() + static_cast<std::ptrdiff_t>(at));
    input = input.subspan(length);
  }
  return disc;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::vector<std::uint8_t> disc = disc_of(Bytes(data, size));
  const fuzz::MemoryImage image{Bytes(disc)};
  volume::FsJob job;
  job.kind = volume::FsJobKind::kWalk;
  job.volume.volume_id = 1;
  job.volume.length = disc.size();
  job.volume.fs_type = "iso9660";
  fuzz::CheckingSink sink(disc.size());
  static_cast<void>(volume::walk_volume(image, job, sink).ok());
  job.kind = volume::FsJobKind::kExtract;
  for (const std::uint64_t inode : {1u, 3u, 6u}) {
    job.stream = {1, inode, 0, 1, 0};
    static_cast<void>(volume::extract_stream(image, job, sink).ok());
  }
  return 0;
}
