// Raw images, single or split. The kernel's page cache is the cache.
#include <algorithm>
#include <atomic>
#include <limits>

#include "evidence/chunk_cache.h"
#include "evidence/names.h"
#include "evidence/positional.h"
#include "evidence/readers.h"

namespace limier::evidence {
namespace {

constexpr std::uint32_t kRawChunk = 1u << 20;
constexpr std::uint32_t kRawSector = 512;
constexpr std::uint64_t kMaxMissingParts = 4096;
// Behind it is the kernel's page cache: a larger one saves no time and costs its memory.
constexpr std::uint64_t kMaxCacheBytes = 16u << 20;

struct Part {
  std::uint64_t image_offset;
  std::uint64_t size_bytes;
  int fd;  // -1: a missing part
  std::uint32_t segment;
};

class RawImage final : public Image {
 public:
  RawImage(std::vector<Part> parts, std::uint64_t size_bytes, const EvidenceSpec& spec, std::vector<OpenIssue> issues)
      : parts_(std::move(parts)),
        size_bytes_(size_bytes),
        cache_bytes_(spec.cache_bytes),
        sector_bytes_(spec.sector_bytes == 0 ? kRawSector : spec.sector_bytes),
        issues_(std::move(issues)) {}
  [[nodiscard]] std::uint64_t size_bytes() const override { return size_bytes_; }
  [[nodiscard]] std::uint32_t sector_size() const override { return sector_bytes_; }
  [[nodiscard]] std::uint32_t chunk_size() const override { return kRawChunk; }
  [[nodiscard]] const std::vector<OpenIssue>& open_issues() const override { return issues_; }
  [[nodiscard]] std::uint64_t chunks_decoded() const override { return decoded_.load(std::memory_order_relaxed); }

  ChunkState decode_chunk(std::uint64_t chunk, MutableBytes out) const override {
    if (chunk >= chunk_count()) return ChunkState::kMissing;
    decoded_.fetch_add(1, std::memory_order_relaxed);
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(kRawChunk, size_bytes_ - chunk * kRawChunk));
    if (out.size() < length) return ChunkState::kMissing;
    const ReadOutcome outcome = read_parts(chunk * kRawChunk, out.first(length));
    return outcome.worst == ChunkState::kGood && is_zero(out.first(length)) ? ChunkState::kZero : outcome.worst;
  }
  ReadOutcome read(std::uint64_t image_offset, MutableBytes out) const override {
    return read_parts(image_offset, out);
  }
  [[nodiscard]] std::uint64_t callers_cache_bytes() const override { return std::min(cache_bytes_, kMaxCacheBytes); }
  void read_ahead(std::uint64_t first, std::uint64_t count) const override {
    if (first >= chunk_count()) return;
    const std::uint64_t begin = first * kRawChunk;
    const std::uint64_t end = std::min(count, chunk_count() - first) * kRawChunk + begin;
    for (const Part& part : parts_) {
      const std::uint64_t from = std::max(begin, part.image_offset);
      const std::uint64_t to = std::min(end, part.image_offset + part.size_bytes);
      if (part.fd >= 0 && from < to) want_soon(part.fd, from - part.image_offset, to - from);
    }
  }
  [[nodiscard]] std::optional<std::uint64_t> container_offset(std::uint64_t chunk) const override {
    std::uint64_t offset = chunk * kRawChunk;  // less what is missing before it
    for (const Part& part : parts_)
      if (part.fd < 0 && part.image_offset < chunk * kRawChunk)
        offset -= std::min(part.size_bytes, chunk * kRawChunk - part.image_offset);
    return offset;
  }
  [[nodiscard]] std::optional<ContainerPlace> container_place(std::uint64_t image_offset) const override {
    for (const Part& part : parts_)
      if (part.fd >= 0 && image_offset >= part.image_offset && image_offset - part.image_offset < part.size_bytes)
        return ContainerPlace{part.segment, image_offset - part.image_offset, std::nullopt, false, 0};
    return std::nullopt;
  }

 private:
  ReadOutcome read_parts(std::uint64_t image_offset, MutableBytes out) const {
    ReadOutcome outcome;
    auto part = std::upper_bound(parts_.begin(), parts_.end(), image_offset,
                                 [](std::uint64_t offset, const Part& p) { return offset < p.image_offset; });
    if (part == parts_.begin()) return outcome;
    for (--part; part != parts_.end() && outcome.length < out.size(); ++part) {
      const std::uint64_t within = image_offset - part->image_offset;
      if (within >= part->size_bytes) continue;
      const auto length =
          static_cast<std::size_t>(std::min<std::uint64_t>(out.size() - outcome.length, part->size_bytes - within));
      outcome.worst = worse_of(outcome.worst, read_one(part->fd, within, out.subspan(outcome.length, length)));
      outcome.length += length;
      image_offset += length;
    }
    return outcome;
  }

  static ChunkState read_one(int fd, std::uint64_t offset, MutableBytes out) {
    if (fd < 0) {
      std::fill(out.begin(), out.end(), std::uint8_t{0});
      return ChunkState::kMissing;
    }
    const ReadAt got = read_at(fd, offset, out);
    if (got.length == out.size()) return ChunkState::kGood;
    if (!got.failed) {
      const auto rest = out.subspan(got.length);
      std::fill(rest.begin(), rest.end(), std::uint8_t{0});
      return ChunkState::kMissing;
    }
    return read_by_sector(fd, offset + got.length, out.subspan(got.length));
  }

  // One bad sector must not cost the megabyte around it.
  static ChunkState read_by_sector(int fd, std::uint64_t offset, MutableBytes out) {
    ChunkState worst = ChunkState::kGood;
    for (std::size_t at = 0; at < out.size();) {
      const std::size_t to_boundary = kRawSector - static_cast<std::size_t>((offset + at) % kRawSector);
      const MutableBytes sector = out.subspan(at, std::min(to_boundary, out.size() - at));
      const ReadAt got = read_at(fd, offset + at, sector);
      if (got.length < sector.size()) {
        std::fill(sector.begin(), sector.end(), std::uint8_t{0});
        worst = worse_of(worst, got.failed ? ChunkState::kReadError : ChunkState::kMissing);
      }
      at += sector.size();
    }
    return worst;
  }

  std::vector<Part> parts_;
  std::uint64_t size_bytes_, cache_bytes_;
  std::uint32_t sector_bytes_;
  std::vector<OpenIssue> issues_;
  mutable std::atomic<std::uint64_t> decoded_{0};
};

// How many parts the names say are missing before part `i`. Parts of a split image have one size, except the last.
std::uint64_t missing_before(const EvidenceSpec& spec, std::size_t i) {
  if (i == 0 || is_extraction(spec.format)) return 0;  // files of a folder are no parts of each other
  const auto here = split_raw_ordinal(spec.segments[i].name);
  const auto before = split_raw_ordinal(spec.segments[i - 1].name);
  if (!here || !before || *here <= *before + 1) return 0;
  return std::min(*here - *before - 1, kMaxMissingParts);
}

// How many parts an AD1 has stands in the first one. What lies in one that is missing is not read: the others hold the
// places of all files, so the set is no shorter image without it but one with holes.
Status check_ad1(const EvidenceSpec& spec, const std::vector<int>& fds, std::vector<OpenIssue>& issues) {
  std::vector<std::uint8_t> head(kAd1HeaderBytes);
  head.resize(read_at(fds[0], 0, MutableBytes(head)).length);
  const auto part = ad1_header(Bytes(head));
  if (!part || part->count <= spec.segments.size()) return ok_status();
  const std::string what = "The set is not complete: it has " + std::to_string(part->count) + " parts, and " +
                           std::to_string(spec.segments.size()) + " are here";
  if (!spec.allow_incomplete)
    return Error{ErrorKind::kEvidence, what + "; find the others, or go on without them with --incomplete."};
  issues.push_back({"segment-missing", what + ".", 0, 0});
  return ok_status();
}

}  // namespace

Result<std::unique_ptr<Image>> open_raw(const EvidenceSpec& spec, const std::vector<int>& fds) {
  constexpr std::uint64_t kMaxSize = std::numeric_limits<std::int64_t>::max();
  std::vector<Part> parts;
  std::vector<OpenIssue> issues;
  std::uint64_t size = 0;
  if (spec.format == Format::kAd1) LIMIER_CHECK(check_ad1(spec, fds, issues));
  for (std::size_t i = 0; i < spec.segments.size(); ++i) {
    const SegmentInfo& segment = spec.segments[i];
    if (const std::uint64_t missing = missing_before(spec, i); missing > 0) {
      if (!spec.allow_incomplete)
        return Error{ErrorKind::kEvidence, "There are parts missing between " + spec.segments[i - 1].name + " and " +
                                               segment.name + "; find them, or go on without them with --incomplete."};
      if (spec.segments[0].size_bytes > (kMaxSize - size) / missing)
        return Error{ErrorKind::kEvidence,
                     "The parts of " + spec.segments[0].name + " are larger than any disk together."};
      const std::uint64_t gap = missing * spec.segments[0].size_bytes;
      issues.push_back({"segment-missing",
                        std::to_string(missing) + " part(s) are missing before " + segment.name +
                            "; they are taken to be as large as the first one.",
                        size, gap});
      parts.push_back({size, gap, -1, 0});
      size += gap;
    }
    if (segment.size_bytes > kMaxSize - size)
      return Error{ErrorKind::kEvidence,
                   "The parts of " + spec.segments[0].name + " are larger than any disk together."};
    parts.push_back({size, segment.size_bytes, fds[i], static_cast<std::uint32_t>(i)});
    size += segment.size_bytes;
  }
  if (size == 0) return Error{ErrorKind::kEvidence, spec.segments[0].name + " is empty."};
  return std::unique_ptr<Image>(std::make_unique<RawImage>(std::move(parts), size, spec, std::move(issues)));
}

}  // namespace limier::evidence
