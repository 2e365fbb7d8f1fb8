// Reading through libewf, for flavours our own reader does not know. read_random only: it honours the buffer's size.
#include <algorithm>
#include <mutex>

#include "evidence/chunk_cache.h"
#include "evidence/ewf.h"
#include "evidence/ewf_format.h"
#include "evidence/positional.h"
#include "evidence/readers.h"

namespace limier::evidence {
namespace {

class LibewfImage final : public ChunkedImage {
 public:
  struct ListPlace {
    int fd = -1;
    Span span;
  };
  LibewfImage(std::unique_ptr<EwfHandle> handle, const MediaInfo& media, std::uint64_t size_bytes,
              std::uint64_t cache_bytes, std::vector<OpenIssue> issues, ListPlace list)
      : ChunkedImage(cache_bytes),
        handle_(std::move(handle)),
        media_(media),
        size_bytes_(size_bytes),
        issues_(std::move(issues)),
        list_(list) {}
  [[nodiscard]] std::uint64_t size_bytes() const override { return size_bytes_; }
  [[nodiscard]] std::uint32_t sector_size() const override { return media_.bytes_per_sector; }
  [[nodiscard]] std::uint32_t chunk_size() const override { return media_.chunk_size(); }
  [[nodiscard]] const std::vector<OpenIssue>& open_issues() const override { return issues_; }
  [[nodiscard]] std::vector<std::uint8_t> file_list(std::uint64_t offset, std::size_t length) const override {
    const std::uint64_t size = list_.span.end - list_.span.begin;
    if (offset >= size) return {};
    std::vector<std::uint8_t> out(static_cast<std::size_t>(std::min<std::uint64_t>(length, size - offset)));
    out.resize(read_at(list_.fd, list_.span.begin + offset, MutableBytes(out)).length);
    return out;
  }

 private:
  ChunkState decode_into(std::uint64_t chunk, MutableBytes out) const override {
    const std::lock_guard lock(mutex_);
    const std::uint32_t errors_before = checksum_errors();
    const ssize_t got = libewf_handle_read_random(handle_->get(), out.data(), out.size(),
                                                  static_cast<off64_t>(chunk * chunk_size()), nullptr);
    const std::size_t length = got < 0 ? 0 : std::min(static_cast<std::size_t>(got), out.size());
    std::fill(out.begin() + static_cast<std::ptrdiff_t>(length), out.end(), std::uint8_t{0});
    if (length < out.size()) return ChunkState::kMissing;
    return checksum_errors() == errors_before ? ChunkState::kGood : ChunkState::kUndecodable;
  }
  [[nodiscard]] std::uint32_t checksum_errors() const {
    std::uint32_t count = 0;
    libewf_handle_get_number_of_checksum_errors(handle_->get(), &count, nullptr);
    return count;
  }

  std::unique_ptr<EwfHandle> handle_;
  MediaInfo media_;
  std::uint64_t size_bytes_;
  std::vector<OpenIssue> issues_;
  ListPlace list_;
  mutable std::mutex mutex_;
};

}  // namespace

Result<std::unique_ptr<Image>> open_libewf(const EvidenceSpec& spec, const std::vector<int>& fds) {
  LIMIER_TRY(std::unique_ptr<EwfHandle> handle, EwfHandle::open(spec, fds));
  MediaInfo media;
  size64_t size = 0;
  if (libewf_handle_get_media_size(handle->get(), &size, nullptr) != 1 ||
      libewf_handle_get_bytes_per_sector(handle->get(), &media.bytes_per_sector, nullptr) != 1 ||
      libewf_handle_get_sectors_per_chunk(handle->get(), &media.sectors_per_chunk, nullptr) != 1)
    return Error{ErrorKind::kEvidence, spec.segments[0].name + " has no readable volume section."};
  const bool sane = media.sectors_per_chunk > 0 && media.sectors_per_chunk <= kMaxSectorsPerChunk &&
                    media.bytes_per_sector >= kMinSectorSize && media.bytes_per_sector <= kMaxSectorSize && size > 0 &&
                    size <= static_cast<size64_t>(INT64_MAX);
  if (!sane)
    return Error{ErrorKind::kEvidence, "The volume section of " + spec.segments[0].name + " states impossible sizes."};
  std::vector<OpenIssue> issues;
  if (libewf_handle_segment_files_corrupted(handle->get(), nullptr) == 1)
    issues.push_back({"ewf-segment-truncated", "The segments are damaged or not complete.", 0, 0});
  LibewfImage::ListPlace list;
  for (std::size_t i = 0; i < spec.segments.size() && spec.format == Format::kEwfL01 && list.fd < 0; ++i) {
    std::vector<OpenIssue> ignored;  // libewf says what is wrong with the set
    const Segment segment = scan_segment(fds[i], spec.segments[i], i, 1, ignored);
    if (segment.file_list) list = {fds[i], *segment.file_list};
  }
  return std::unique_ptr<Image>(
      std::make_unique<LibewfImage>(std::move(handle), media, size, spec.cache_bytes, std::move(issues), list));
}

}  // namespace limier::evidence
