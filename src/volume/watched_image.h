// The image as limier-fs reads it: a chunk that was not read before is a sign of life. One call of libtsk may go
// through millions of entries, which takes its time on a slow disk; going round in circles over the same bytes is none.
#pragma once

#include <functional>

#include "limier/evidence.h"

namespace limier::volume {

class WatchedImage final : public evidence::Image {
 public:
  WatchedImage(const evidence::Image& image, std::function<void()> alive) : image_(image), alive_(std::move(alive)) {}
  [[nodiscard]] std::uint64_t size_bytes() const override { return image_.size_bytes(); }
  [[nodiscard]] std::uint32_t sector_size() const override { return image_.sector_size(); }
  [[nodiscard]] std::uint32_t chunk_size() const override { return image_.chunk_size(); }
  [[nodiscard]] const std::vector<evidence::OpenIssue>& open_issues() const override { return image_.open_issues(); }
  [[nodiscard]] std::uint64_t callers_cache_bytes() const override { return image_.callers_cache_bytes(); }
  [[nodiscard]] std::uint64_t chunks_decoded() const override { return image_.chunks_decoded(); }
  evidence::ChunkState decode_chunk(std::uint64_t chunk, MutableBytes out) const override {
    alive_();
    return image_.decode_chunk(chunk, out);
  }
  evidence::ReadOutcome read(std::uint64_t image_offset, MutableBytes out) const override {
    const std::uint64_t before = image_.chunks_decoded();
    const auto outcome = image_.read(image_offset, out);
    if (image_.chunks_decoded() != before) alive_();
    return outcome;
  }

 private:
  const evidence::Image& image_;
  std::function<void()> alive_;
};

}  // namespace limier::volume
