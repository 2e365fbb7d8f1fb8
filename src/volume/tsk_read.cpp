#include "volume/tsk_read.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "volume/tsk_image.h"

namespace limier::volume {

namespace {

void lay_over(const Overlay& shown, std::uint64_t offset, MutableBytes out) {
  const std::uint64_t from = std::max(offset, shown.image_offset);
  const std::uint64_t to = std::min(offset + out.size(), shown.image_offset + shown.bytes.size());
  for (std::uint64_t at = from; at < to; ++at)
    out[static_cast<std::size_t>(at - offset)] = shown.bytes[static_cast<std::size_t>(at - shown.image_offset)];
}

// Behind the end of the image, up to the end that libtsk is told of.
std::size_t add_zeros(const ExternalImage& self, std::uint64_t offset, MutableBytes out, std::size_t got) {
  const std::uint64_t end = static_cast<std::uint64_t>(self.info.size);
  if (end <= self.lines->image_bytes()) return got;
  const auto seen = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), end - offset));
  if (seen <= got) return got;
  std::fill(out.begin() + static_cast<std::ptrdiff_t>(got), out.begin() + static_cast<std::ptrdiff_t>(seen),
            std::uint8_t{0});
  return seen;
}

}  // namespace

static_assert(std::is_standard_layout_v<ExternalImage>);

ssize_t read_callback(TSK_IMG_INFO* info, TSK_OFF_T offset, char* buffer, size_t length) noexcept {
  try {
    if (offset < 0 || offset >= info->size) return 0;
    auto* const self = reinterpret_cast<ExternalImage*>(info);
    const MutableBytes out(reinterpret_cast<std::uint8_t*>(buffer), length);
    std::size_t got = self->lines->read(static_cast<std::uint64_t>(offset), out);
    if (self->overlay != nullptr) {
      got = add_zeros(*self, static_cast<std::uint64_t>(offset), out, got);
      lay_over(*self->overlay, static_cast<std::uint64_t>(offset), out.first(got));
    }
    return static_cast<ssize_t>(got);
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
