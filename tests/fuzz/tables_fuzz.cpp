// Sections and tables of EWF sets behind their checksums: the input is taken as two segments, every Adler-32 in them is
// made right, and the set is read with its gaps.
#include <libdeflate.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "evidence/ewf_format.h"
#include "evidence/readers.h"

namespace {

using namespace limier;
using Buffer = std::vector<std::uint8_t>;

void seal(Buffer& bytes, std::size_t at, std::size_t length) {
  if (length > bytes.size() || at > bytes.size() - length || bytes.size() - at - length < 4) return;
  const std::uint32_t sum = libdeflate_adler32(1, bytes.data() + at, length);
  for (std::size_t i = 0; i < 4; ++i) bytes[at + length + i] = static_cast<std::uint8_t>(sum >> (8 * i));
}

void seal_content(Buffer& bytes, std::string_view type, std::size_t begin, std::size_t end) {
  if (type == "table" || type == "table2") {
    const auto count = le_at<std::uint32_t>(bytes, begin).value_or(0);
    seal(bytes, begin, 20);
    if (count < (1u << 16)) seal(bytes, begin + evidence::kTableHeaderSize, std::size_t{count} * 4);
  } else if (type == "volume" || type == "disk" || type == "data") {
    if (end - begin > 4) seal(bytes, begin, end - begin - 4);
  }
}

void seal_all(Buffer& bytes) {
  std::size_t at = evidence::kFileHeaderSize;
  for (int i = 0; i < 64 && at + evidence::kDescriptorSize <= bytes.size(); ++i) {
    seal(bytes, at, 72);
    const std::string_view field = as_text(Bytes(bytes).subspan(at, 16));
    const std::string type(field.substr(0, field.find('\0')));
    const std::size_t begin = at + evidence::kDescriptorSize;
    const auto next = le_at<std::uint64_t>(bytes, at + 16).value_or(0);
    const auto end = static_cast<std::size_t>(std::min<std::uint64_t>(next, bytes.size()));
    if (next < begin) break;
    seal_content(bytes, type, begin, end);
    at = end;
  }
}

UniqueFd file_of(const Buffer& bytes) {
  UniqueFd fd(memfd_create("segment", MFD_CLOEXEC));
  if (fd && ::write(fd.get(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) std::abort();
  return fd;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kMostChunks = 256, kLargestChunk = 1u << 20;
  if (size < 4) return 0;
  const std::size_t split = std::min<std::size_t>(le_at<std::uint16_t>(Bytes(data, size), 0).value_or(0), size - 3);
  std::vector<UniqueFd> owned;
  std::vector<int> fds;
  evidence::EvidenceSpec spec;
  spec.format = evidence::Format::kEwfE01;
  spec.allow_incomplete = (data[2] & 1) != 0;
  for (Buffer part : {Buffer(data + 3, data + 3 + split), Buffer(data + 3 + split, data + size)}) {
    if (part.size() < evidence::kFileHeaderSize) continue;
    seal_all(part);
    owned.push_back(file_of(part));
    fds.push_back(owned.back().get());
    spec.segments.push_back({owned.size() == 1 ? "x.E01" : "x.E03", part.size()});
  }
  if (spec.segments.empty()) return 0;
  bool unknown = false;
  const auto image = evidence::open_ewf(spec, fds, unknown);
  if (!image.ok()) {
    if (image.error().message.empty()) std::abort();
    return 0;
  }
  for (const evidence::OpenIssue& issue : (*image)->open_issues()) {
    if (issue.length == 0) continue;
    // What is said to be missing lies inside the media.
    if (issue.image_offset > (*image)->size_bytes() || issue.length > (*image)->size_bytes() - issue.image_offset)
      std::abort();
  }
  if ((*image)->chunk_size() > kLargestChunk) return 0;
  Buffer chunk((*image)->chunk_size());
  for (std::uint64_t i = 0; i < std::min<std::uint64_t>((*image)->chunk_count(), kMostChunks); ++i)
    (*image)->decode_chunk(i, chunk);
  return 0;
}
