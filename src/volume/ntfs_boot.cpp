// Source: Linux-NTFS documentation, "$Boot"; sectors per cluster beyond 128: a negative power of two, as for the sizes
// of records (Microsoft, "Default cluster size for NTFS, FAT, and exFAT": up to 2 MiB since Windows 10 1709).
#include "volume/ntfs_boot.h"

#include <algorithm>

namespace limier::volume {

namespace {

constexpr std::uint32_t kMostSectorsPerCluster = 128;  // that a plain number may say
constexpr std::uint64_t kShownSector = 32768;          // the largest power of two that its field holds
constexpr std::uint64_t kMaxCluster = kShownSector * kMostSectorsPerCluster;

void put_le(MutableBytes bytes, std::size_t at, std::size_t count, std::uint64_t value) {
  for (std::size_t i = 0; i < count; ++i) bytes[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
}

}  // namespace

// Larger sectors and fewer of them, for the same clusters: all places are told in clusters, all other sizes in bytes.
std::optional<Overlay> ntfs_boot_for_libtsk(const evidence::Image& image, std::uint64_t image_offset) {
  Overlay overlay{image_offset, std::vector<std::uint8_t>(512)};
  if (image.read(image_offset, MutableBytes(overlay.bytes)).length != overlay.bytes.size()) return std::nullopt;
  const auto boot = Block<512>::at(Bytes(overlay.bytes), 0);
  if (as_text(boot->bytes<3, 8>()) != "NTFS    ") return std::nullopt;
  const std::uint64_t sector = boot->le<11, std::uint16_t>();
  const unsigned code = boot->le<13, std::uint8_t>();
  if (code <= kMostSectorsPerCluster || sector < 512 || sector > 4096 || (sector & (sector - 1)) != 0)
    return std::nullopt;
  const unsigned shift = 256 - code;
  if (shift > 22 || (sector << shift) > kMaxCluster) return std::nullopt;
  const std::uint64_t cluster = sector << shift;
  // Small clusters may be told like this too.
  const std::uint64_t shown = std::min(cluster, kShownSector);
  const std::uint64_t clusters = boot->le<40, std::uint64_t>() >> shift;
  if (clusters > (std::uint64_t{1} << 56)) return std::nullopt;
  put_le(overlay.bytes, 11, 2, shown);
  put_le(overlay.bytes, 13, 1, cluster / shown);
  put_le(overlay.bytes, 40, 8, clusters * (cluster / shown));
  return overlay;
}

}  // namespace limier::volume
