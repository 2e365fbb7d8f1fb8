// The sectors of a disc and its volume descriptors. Private to the room.
//
// Sources: ECMA-119, 4th edition: 6.2 (system area, data area), 8 (volume descriptors); ECMA-130, 14 (sectors of 2352
// bytes); "El Torito" Bootable CD-ROM Format Specification 1.0; Joliet Specification (Microsoft, 1995): escape
// sequences.
#pragma once

#include <functional>
#include <vector>

#include "volume/walk_base.h"

namespace limier::volume {

inline constexpr std::size_t kIsoSector = 2048;

// How sectors stand in an image: plain, or with what a drive reads around them.
struct IsoSectors {
  std::uint64_t stride = kIsoSector;
  std::uint64_t before = 0;
};
// By the first volume descriptor; `read` gives bytes of the volume, fewer at its end.
std::optional<IsoSectors> find_iso_sectors(const std::function<std::size_t(std::uint64_t, MutableBytes)>& read);

// The volume as sectors of 2048 bytes, whatever stands around them in the image. Offsets here are logical: bytes of
// user data from the start of the volume.
class IsoDisc {
 public:
  explicit IsoDisc(WalkBase& walk);
  [[nodiscard]] std::uint64_t size_bytes() const { return size_bytes_; }
  [[nodiscard]] std::uint64_t sectors() const { return size_bytes_ / kIsoSector; }
  [[nodiscard]] bool raw() const { return stride_ != kIsoSector; }
  [[nodiscard]] bool inside(std::uint64_t offset, std::uint64_t length) const {
    return offset <= size_bytes_ && length <= size_bytes_ - offset;
  }
  // Fewer bytes at the end of the volume or of the image.
  std::size_t read(std::uint64_t offset, MutableBytes out);
  std::vector<std::uint8_t> bytes(std::uint64_t offset, std::size_t length);
  [[nodiscard]] std::uint64_t image_offset(std::uint64_t offset) const {
    return walk_.base + offset / kIsoSector * stride_ + before_ + offset % kIsoSector;
  }
  // Calls `piece(offset, image_offset, length)` for the parts of a range that lie in one row in the image.
  void pieces(std::uint64_t offset, std::uint64_t length,
              const std::function<void(std::uint64_t, std::uint64_t, std::uint64_t)>& piece) const;
  // Where the sectors from `first` to before `behind` lie in the image, with what stands around them.
  [[nodiscard]] std::uint64_t image_start(std::uint64_t sector) const { return walk_.base + sector * stride_; }

 private:
  WalkBase& walk_;
  std::uint64_t stride_ = kIsoSector;
  std::uint64_t before_ = 0;
  std::uint64_t size_bytes_ = 0;
};

enum class IsoNames : std::uint8_t { kPrimary, kSupplementary, kJoliet, kEnhanced };

struct IsoTable {
  std::uint64_t block = 0;
  bool big_endian = false;
};

// One tree of folders: what one volume descriptor says.
struct IsoRoot {
  IsoNames names = IsoNames::kPrimary;
  std::uint32_t block_bytes = 0;
  std::uint64_t volume_blocks = 0;
  std::uint64_t block = 0;  // of the root folder
  std::uint64_t length = 0;
  std::uint32_t table_bytes = 0;
  std::vector<IsoTable> tables;
};

struct IsoSession {
  std::uint64_t first_descriptor = 0;  // sector
  std::uint64_t descriptors = 0;       // sectors
  std::vector<IsoRoot> roots;
  std::vector<std::uint64_t> boot_catalogs;  // sectors
};

// The descriptors from `sector` on; without roots when none stand there.
IsoSession read_iso_session(IsoDisc& disc, std::uint64_t sector);
// Whether a primary volume descriptor stands there whose root folder is one.
bool is_iso_session(IsoDisc& disc, Bytes sector);

std::string_view iso_names_name(IsoNames names);

}  // namespace limier::volume
