#include "volume/line_cache.h"

#include <algorithm>
#include <cstring>

namespace limier::volume {

namespace {

bool is_bad(evidence::ChunkState state) {
  return state != evidence::ChunkState::kGood && state != evidence::ChunkState::kZero;
}

}  // namespace

void DamageLog::add(std::uint64_t image_offset, std::uint64_t length) {
  touched_ = true;
  std::uint64_t& end = ranges_[image_offset];
  if (image_offset + length > end) end = image_offset + length;
}

bool DamageLog::overlaps(std::uint64_t image_offset, std::uint64_t length) const {
  for (const auto& [start, end] : ranges_) {
    if (start >= image_offset + length) break;
    if (end > image_offset) return true;
  }
  return false;
}

LineCache::LineCache(const evidence::Image& image, DamageLog& damage, std::uint64_t cache_bytes)
    : image_(image),
      damage_(damage),
      line_bytes_(image.callers_cache_bytes() > 0 ? kReadLine : kCopiedLine),
      lines_(std::max<std::uint64_t>(kLeastBytes, cache_bytes) / line_bytes_),
      bytes_(std::make_unique_for_overwrite<std::uint8_t[]>(line_bytes_ * lines_.size())) {}

std::size_t LineCache::read(std::uint64_t image_offset, MutableBytes out) {
  if (out.size() >= kDirectBytes) {
    const auto outcome = image_.read(image_offset, out);
    if (is_bad(outcome.worst)) damage_.add(image_offset, outcome.length);
    return outcome.length;
  }
  std::size_t done = 0;
  while (done < out.size()) {
    const std::uint64_t at = image_offset + done;
    const std::uint64_t number = at / line_bytes_;
    const std::size_t slot = number % lines_.size();
    Line& line = lines_[slot];
    std::uint8_t* const bytes = bytes_.get() + slot * line_bytes_;
    if (line.number != number) {
      line.number = UINT64_MAX;
      const auto outcome = image_.read(number * line_bytes_, MutableBytes(bytes, line_bytes_));
      if (is_bad(outcome.worst)) damage_.add(number * line_bytes_, outcome.length);
      line = {number, outcome.length};
      ++lines_read_;
    }
    const auto within = static_cast<std::size_t>(at % line_bytes_);
    if (within >= line.length) break;
    const std::size_t length = std::min(out.size() - done, line.length - within);
    std::memcpy(out.data() + done, bytes + within, length);
    done += length;
  }
  return done;
}

}  // namespace limier::volume
