// Source: FreeBSD sys/ufs/ffs/fs.h, SBLOCKSEARCH: at 64 KiB, 8 KiB, the start of the volume, 256 KiB, in this order;
// fs_magic is the last field.
#include "volume/ufs_super.h"

#include <array>

#include "limier/base/bytes.h"

namespace limier::volume {

namespace {

constexpr std::uint64_t kShown = 65536;  // the first place libtsk looks at
constexpr std::uint64_t kSecond = 262144;
constexpr std::array<std::uint64_t, 2> kSeenByLibtsk{kShown, kSecond};
constexpr std::array<std::uint64_t, 2> kNotSeen{8192, 0};
constexpr std::uint64_t kUfs1Super = 8192;
constexpr std::size_t kSuperBytes = 2048;
constexpr std::uint32_t kUfs1 = 0x00011954, kUfs2 = 0x19540119;

std::vector<std::uint8_t> read_super(const evidence::Image& image, std::uint64_t at, std::uint32_t magic) {
  std::vector<std::uint8_t> bytes(kSuperBytes);
  if (at > image.size_bytes() || image.read(at, MutableBytes(bytes)).length != bytes.size()) return {};
  const auto super = Block<kSuperBytes>::at(bytes, 0);
  const bool found = super->le<1372, std::uint32_t>() == magic || super->be<1372, std::uint32_t>() == magic;
  return found ? bytes : std::vector<std::uint8_t>();
}

}  // namespace

std::optional<Overlay> ufs_super_for_libtsk(const evidence::Image& image, std::uint64_t image_offset) {
  if (image_offset > image.size_bytes()) return std::nullopt;
  for (const std::uint64_t at : kSeenByLibtsk)
    if (!read_super(image, image_offset + at, kUfs2).empty()) return std::nullopt;
  for (const std::uint64_t at : kNotSeen) {
    auto bytes = read_super(image, image_offset + at, kUfs2);
    if (!bytes.empty()) return Overlay{image_offset + kShown, std::move(bytes), true};
  }
  // Before it looks for UFS1, libtsk looks for UFS2 at 256 KiB, and gives up where the image ends before that.
  const bool too_short = image.size_bytes() - image_offset < kSecond + kSuperBytes;
  if (!too_short || read_super(image, image_offset + kUfs1Super, kUfs1).empty()) return std::nullopt;
  return Overlay{image_offset + kSecond, std::vector<std::uint8_t>(kSuperBytes), true};
}

}  // namespace limier::volume
