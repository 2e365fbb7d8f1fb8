#include "evidence/ewf_recover.h"

#include <libdeflate.h>

#include <algorithm>
#include <memory>

#include "evidence/positional.h"

namespace limier::evidence {
namespace {

constexpr std::uint32_t kCompressed = ~kOffsetMask;

// Tells where the chunk at the start of `bytes` ends, if it is one.
class ChunkProbe {
 public:
  explicit ChunkProbe(const MediaInfo& media)
      : plain_(media.chunk_size()), last_plain_(media.size_bytes() % media.chunk_size()) {}

  struct Found {
    std::uint64_t length = 0;
    bool compressed = false;
  };
  std::optional<Found> at(Bytes bytes) {
    std::optional<Found> only = inflated(bytes);
    for (const std::uint64_t size : {plain_, last_plain_}) {
      if (size == 0 || !holds_plain(bytes, static_cast<std::size_t>(size))) continue;
      if (only) return std::nullopt;  // evidence can be made to look like both; which it is would be a guess
      only = Found{size + kChecksumSize, false};
    }
    return only;
  }

 private:
  std::optional<Found> inflated(Bytes bytes) {
    constexpr std::uint8_t kDeflate = 8;  // RFC 1950: compression method, low half of the first byte
    if (bytes.empty() || (bytes[0] & 0x0f) != kDeflate || inflater_ == nullptr) return std::nullopt;
    out_.resize(static_cast<std::size_t>(plain_));
    std::size_t used = 0, filled = 0;
    const auto result = libdeflate_zlib_decompress_ex(inflater_.get(), bytes.data(), bytes.size(), out_.data(),
                                                      out_.size(), &used, &filled);
    if (result != LIBDEFLATE_SUCCESS || (filled != plain_ && (last_plain_ == 0 || filled != last_plain_)))
      return std::nullopt;
    return Found{used, true};
  }
  static bool holds_plain(Bytes bytes, std::size_t size) {
    return bytes.size() >= size + kChecksumSize && adler32(bytes.first(size)) == le_at<std::uint32_t>(bytes, size);
  }

  std::uint64_t plain_;
  std::uint64_t last_plain_;  // 0 when the last chunk of the media is a whole one
  std::unique_ptr<libdeflate_decompressor, CloseWith<libdeflate_free_decompressor>> inflater_{
      libdeflate_alloc_decompressor()};
  std::vector<std::uint8_t> out_;
};

void add(Recovered& out, std::size_t segment, Span data, std::uint64_t offset, const ChunkProbe::Found& found) {
  if (out.groups.empty() || offset - out.groups.back().base > kOffsetMask ||
      out.groups.back().count >= kMaxTableEntries) {
    ChunkGroup group;
    group.segment = segment;
    group.base = offset;
    group.recovered = true;
    out.groups.push_back(std::move(group));
  }
  ChunkGroup& group = out.groups.back();
  group.entries.push_back(static_cast<std::uint32_t>(offset - group.base) | (found.compressed ? kCompressed : 0));
  group.overflow_from = group.count = static_cast<std::uint32_t>(group.entries.size());
  group.data = {data.begin, offset + found.length};
}

}  // namespace

Recovered recover_chunks(int fd, std::size_t segment, Span data, const MediaInfo& media, std::uint64_t max_chunks) {
  Recovered out;
  ChunkProbe probe(media);
  std::vector<std::uint8_t> window(static_cast<std::size_t>(2 * max_compressed(media.chunk_size())));
  std::uint64_t offset = data.begin, window_at = data.begin;
  std::size_t filled = 0;
  for (std::uint64_t chunk = 0; chunk < max_chunks && offset < data.end; ++chunk) {
    const std::uint64_t wanted = std::min(max_compressed(media.chunk_size()), data.end - offset);
    if (offset - window_at + wanted > filled) {
      const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(window.size(), data.end - offset));
      filled = read_at(fd, offset, MutableBytes(window).first(length)).length;
      window_at = offset;
    }
    const auto skip = static_cast<std::size_t>(offset - window_at);
    const std::size_t length = std::min(static_cast<std::size_t>(wanted), filled - std::min(filled, skip));
    const auto found = probe.at(Bytes(window).subspan(skip, length));
    if (!found) return out;
    add(out, segment, data, offset, *found);
    offset += found->length;
  }
  out.whole = offset == data.end;
  return out;
}

}  // namespace limier::evidence
