// The container readers on a hostile segment: identification, tables, every chunk.
#include <sys/mman.h>
#include <unistd.h>

#include "limier/evidence.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace limier;
  constexpr std::uint64_t kMaxChunks = 64;
  const Bytes bytes(data, size);
  const auto identified = evidence::identify_container(bytes.first(std::min<std::size_t>(size, 65536)),
                                                       bytes.last(std::min<std::size_t>(size, 4096)), size, "x.E01");
  if (identified.format == evidence::Format::kUnsupported) return 0;
  const UniqueFd fd(memfd_create("segment", 0));
  if (!fd || ::write(fd.get(), data, size) != static_cast<ssize_t>(size)) return 0;
  evidence::EvidenceSpec spec;
  spec.format = identified.format;
  spec.segments.push_back({"x.E01", size});
  auto image = evidence::open_image(spec, {fd.get()});
  if (!image.ok() || (*image)->chunk_size() > (64u << 20)) return 0;
  std::vector<std::uint8_t> chunk((*image)->chunk_size());
  for (std::uint64_t i = 0; i < std::min((*image)->chunk_count(), kMaxChunks); ++i) (*image)->decode_chunk(i, chunk);
  constexpr std::uint32_t kLargestRun = 64u << 10;
  if ((*image)->chunk_size() > kLargestRun) return 0;
  std::vector<evidence::ChunkState> states(static_cast<std::size_t>(std::min((*image)->chunk_count(), kMaxChunks)),
                                           evidence::ChunkState::kMissing);
  chunk.resize(states.size() * (*image)->chunk_size());
  (*image)->decode_chunks(0, chunk, states);
  return 0;
}
