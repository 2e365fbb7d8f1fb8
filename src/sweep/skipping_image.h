// An image of which some chunks are left alone, because decoding them ended a worker twice.
#pragma once

#include <algorithm>
#include <vector>

#include "limier/evidence.h"

namespace limier::sweep {

class SkippingImage final : public evidence::Image {
 public:
  // Both must outlive it; `chunks` is sorted.
  SkippingImage(const evidence::Image& image, const std::vector<std::uint64_t>& chunks)
      : image_(image), chunks_(chunks) {}
  [[nodiscard]] std::uint64_t size_bytes() const override { return image_.size_bytes(); }
  [[nodiscard]] std::uint32_t sector_size() const override { return image_.sector_size(); }
  [[nodiscard]] std::uint32_t chunk_size() const override { return image_.chunk_size(); }
  [[nodiscard]] const std::vector<evidence::OpenIssue>& open_issues() const override { return image_.open_issues(); }
  [[nodiscard]] std::uint64_t callers_cache_bytes() const override { return image_.callers_cache_bytes(); }
  [[nodiscard]] std::uint64_t chunks_decoded() const override { return image_.chunks_decoded(); }

  evidence::ChunkState decode_chunk(std::uint64_t chunk, MutableBytes out) const override {
    if (!skipped(chunk)) return image_.decode_chunk(chunk, out);
    const MutableBytes own = out.first(std::min<std::size_t>(out.size(), chunk_size()));
    std::fill(own.begin(), own.end(), std::uint8_t{0});
    return evidence::ChunkState::kQuarantined;
  }
  void decode_chunks(std::uint64_t first, MutableBytes out, std::span<evidence::ChunkState> states) const override {
    const auto from = std::lower_bound(chunks_.begin(), chunks_.end(), first);
    if (from == chunks_.end() || *from >= first + states.size())
      image_.decode_chunks(first, out, states);
    else
      Image::decode_chunks(first, out, states);  // one by one
  }
  evidence::ReadOutcome read(std::uint64_t image_offset, MutableBytes out) const override {
    return image_.read(image_offset, out);  // metadata's way: the sweep never comes here
  }

 private:
  [[nodiscard]] bool skipped(std::uint64_t chunk) const {
    return std::binary_search(chunks_.begin(), chunks_.end(), chunk);
  }

  const evidence::Image& image_;
  const std::vector<std::uint64_t>& chunks_;
};

}  // namespace limier::sweep
