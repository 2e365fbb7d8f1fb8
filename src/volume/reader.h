// Bounded reads of one range of the image, for the parsers that look at superblocks without libtsk.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "limier/evidence.h"

namespace limier::volume {

class RangeReader {
 public:
  RangeReader(const evidence::Image& image, std::uint64_t image_offset, std::uint64_t length)
      : image_(image), image_offset_(image_offset), length_(length) {}
  [[nodiscard]] std::uint64_t size_bytes() const { return length_; }
  [[nodiscard]] std::uint64_t image_offset() const { return image_offset_; }
  // Up to `length` bytes (at most kMaxRead) at `volume_offset`; fewer at the end of the range, none beyond it.
  [[nodiscard]] std::vector<std::uint8_t> read(std::uint64_t volume_offset, std::size_t length) const {
    std::vector<std::uint8_t> out;
    if (volume_offset >= length_) return out;
    out.resize(static_cast<std::size_t>(std::min<std::uint64_t>({length, length_ - volume_offset, kMaxRead})));
    out.resize(image_.read(image_offset_ + volume_offset, MutableBytes(out)).length);
    return out;
  }
  [[nodiscard]] bool has(std::uint64_t volume_offset, std::string_view signature) const {
    const auto bytes = read(volume_offset, signature.size());
    return as_text(bytes) == signature;
  }
  static constexpr std::size_t kMaxRead = 1u << 20;

 private:
  const evidence::Image& image_;
  std::uint64_t image_offset_;
  std::uint64_t length_;
};

}  // namespace limier::volume
