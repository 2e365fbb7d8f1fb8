// The image as limier-fs reads it: a chunk that was not read before is a sign of life. One call of libtsk may go
// through millions of entries, which takes its time on a slow disk; going round in circles over the same bytes is none.
// Which bytes were read before is kept for the whole job, so that a loop larger than the cache is known as one.
#pragma once

#include <algorithm>
#include <functional>
#include <vector>

#include "limier/evidence.h"

namespace limier::volume {

class WatchedImage final : public evidence::Image {
 public:
  // `alive` gets the bytes and pieces that were not read before; both may be 0.
  using Alive = std::function<void(std::uint64_t bytes, std::uint64_t pieces)>;
  WatchedImage(const evidence::Image& image, Alive alive)
      : image_(image),
        alive_(std::move(alive)),
        cached_(image.callers_cache_bytes() == 0),
        piece_bytes_(cached_ ? std::max(image.chunk_size(), kLeastPiece) : kLeastPiece) {
    while (image.size_bytes() / piece_bytes_ >= kMostPieces) piece_bytes_ *= 2;
    seen_.resize(static_cast<std::size_t>(image.size_bytes() / piece_bytes_) + 1);
  }
  [[nodiscard]] std::uint64_t size_bytes() const override { return image_.size_bytes(); }
  [[nodiscard]] std::uint32_t sector_size() const override { return image_.sector_size(); }
  [[nodiscard]] std::uint32_t chunk_size() const override { return image_.chunk_size(); }
  [[nodiscard]] const std::vector<evidence::OpenIssue>& open_issues() const override { return image_.open_issues(); }
  [[nodiscard]] std::uint64_t callers_cache_bytes() const override { return image_.callers_cache_bytes(); }
  [[nodiscard]] std::vector<std::uint8_t> file_list(std::uint64_t offset, std::size_t length) const override {
    return image_.file_list(offset, length);
  }
  [[nodiscard]] std::uint64_t chunks_decoded() const override { return image_.chunks_decoded(); }
  evidence::ChunkState decode_chunk(std::uint64_t chunk, MutableBytes out) const override {
    note(chunk * chunk_size(), chunk_size());
    return image_.decode_chunk(chunk, out);
  }
  evidence::ReadOutcome read(std::uint64_t image_offset, MutableBytes out) const override {
    const std::uint64_t before = image_.chunks_decoded();
    const auto outcome = image_.read(image_offset, out);
    // Below a cache, what nothing was decoded for was read before; without one, every reading goes to the disk.
    if (!cached_ || image_.chunks_decoded() != before) note(image_offset, out.size());
    return outcome;
  }

 private:
  static constexpr std::uint32_t kLeastPiece = 32u << 10;
  static constexpr std::uint64_t kMostPieces = 1u << 28;  // a bit each

  void note(std::uint64_t image_offset, std::uint64_t length) const {
    std::uint64_t pieces = 0;
    const std::uint64_t end = std::min(image_offset + length, image_.size_bytes());
    for (std::uint64_t at = image_offset / piece_bytes_; at * piece_bytes_ < end; ++at) {
      auto seen = seen_[static_cast<std::size_t>(at)];
      if (seen) continue;
      seen = true;
      ++pieces;
    }
    alive_(pieces * piece_bytes_, pieces);
  }

  const evidence::Image& image_;
  Alive alive_;
  bool cached_;
  std::uint64_t piece_bytes_;
  mutable std::vector<bool> seen_;
};

}  // namespace limier::volume
