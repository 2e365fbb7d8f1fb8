#include "volume/tsk_read.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "volume/tsk_image.h"

namespace limier::volume {

static_assert(std::is_standard_layout_v<ExternalImage>);

namespace {

bool is_bad(evidence::ChunkState state) {
  return state != evidence::ChunkState::kGood && state != evidence::ChunkState::kZero;
}

}  // namespace

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

ssize_t read_callback(TSK_IMG_INFO* info, TSK_OFF_T offset, char* buffer, size_t length) noexcept {
  try {
    if (offset < 0 || offset >= info->size) return 0;
    auto* const self = reinterpret_cast<ExternalImage*>(info);
    return static_cast<ssize_t>(self->lines->read(static_cast<std::uint64_t>(offset),
                                                  MutableBytes(reinterpret_cast<std::uint8_t*>(buffer), length)));
  } catch (...) {
    return -1;
  }
}

}  // namespace limier::volume

// The contract is that of tsk_img_read in <tsk/img/tsk_img.h>. The images of pools read from ours.
extern "C" ssize_t tsk_img_read(TSK_IMG_INFO* info, TSK_OFF_T offset, char* buffer, size_t length) {
  if (info == nullptr || buffer == nullptr || offset < 0 || static_cast<ssize_t>(length) < 0) {
    tsk_error_reset();
    tsk_error_set_errno(TSK_ERR_IMG_ARG);
    tsk_error_set_errstr("a read of %zu bytes at %" PRIdOFF, length, offset);
    return -1;
  }
  if (offset >= info->size) {
    tsk_error_reset();
    tsk_error_set_errno(TSK_ERR_IMG_READ_OFF);
    tsk_error_set_errstr("tsk_img_read - %" PRIdOFF, offset);
    return -1;
  }
  return info->read(info, offset, buffer, length);
}
