#include "evidence/readers.h"
#include "limier/evidence.h"

namespace limier::evidence {

Result<std::unique_ptr<Image>> open_image(const EvidenceSpec& spec, const std::vector<int>& fds) {
  if (spec.segments.empty() || fds.size() != spec.segments.size())
    return Error{ErrorKind::kInternal, "open_image needs one descriptor per segment."};
  if (is_plain(spec.format)) return open_raw(spec, fds);
  if (spec.format == Format::kEwfL01) return open_libewf(spec, fds);
  if (spec.format == Format::kUnsupported)
    return Error{ErrorKind::kEvidence, spec.segments[0].name + " has a format that limier does not read."};
  bool unknown_flavour = false;
  auto own = open_ewf(spec, fds, unknown_flavour);
  if (own.ok() || !unknown_flavour) return own;
  return open_libewf(spec, fds);
}

void Image::decode_chunks(std::uint64_t first, MutableBytes out, std::span<ChunkState> states) const {
  for (std::size_t i = 0; i < states.size(); ++i) states[i] = decode_chunk(first + i, out.subspan(i * chunk_size()));
}

void Image::read_ahead(std::uint64_t /*first*/, std::uint64_t /*count*/) const {}

std::optional<std::uint64_t> Image::container_offset(std::uint64_t /*chunk*/) const {
  return std::nullopt;
}

std::vector<std::uint8_t> Image::file_list(std::uint64_t /*offset*/, std::size_t /*length*/) const {
  return {};
}

std::optional<ContainerPlace> Image::container_place(std::uint64_t /*image_offset*/) const {
  return std::nullopt;
}

}  // namespace limier::evidence
