#include "volume/tsk_read.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "volume/tsk_image.h"

namespace limier::volume {

static_assert(std::is_standard_layout_v<ExternalImage>);

namespace {

// libtsk takes ext clusters of several blocks (bigalloc) for the fragments that ext2 never had, and refuses them. It
// only has to recognise the file system: limier reads it (ext_reader.h).
void hide_clusters(MutableBytes bytes) {
  constexpr std::size_t kSuperBytes = 1024, kLogBlock = 0x18, kLogCluster = 0x1C;
  constexpr std::uint32_t kBigalloc = 0x200;
  if (bytes.size() != kSuperBytes) return;
  const auto super = Block<kSuperBytes>::at(bytes, 0);
  const bool clusters = super->le<0x38, std::uint16_t>() == 0xEF53 && super->le<0x4C, std::uint32_t>() != 0 &&
                        (super->le<0x64, std::uint32_t>() & kBigalloc) != 0;
  if (clusters) std::memcpy(bytes.data() + kLogCluster, bytes.data() + kLogBlock, sizeof(std::uint32_t));
}

}  // namespace

ssize_t read_callback(TSK_IMG_INFO* info, TSK_OFF_T offset, char* buffer, size_t length) noexcept {
  try {
    if (offset < 0 || offset >= info->size) return 0;
    auto* const self = reinterpret_cast<ExternalImage*>(info);
    const MutableBytes out(reinterpret_cast<std::uint8_t*>(buffer), length);
    const std::size_t got = self->lines->read(static_cast<std::uint64_t>(offset), out);
    if (self->opening && got == length) hide_clusters(out);
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
