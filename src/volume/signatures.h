// What libtsk does not read: encrypted volumes by their headers, and file systems and volume managers that are reported
// as unsupported.
#pragma once

#include "volume/superblock.h"

namespace limier::volume {

struct EncryptionMatch {
  std::string scheme;  // "BitLocker", "LUKS2", ...
  std::string detail;
  FsFacts facts;
};
// Encryption whose header stands at the start of the volume; nullopt when there is none.
std::optional<EncryptionMatch> find_encryption(const RangeReader& volume);
// The mark a vendor of disk encryption leaves in the first sector of a disk, or Android at the end of a partition.
// Words like "Protect" may stand in any boot code: asked only of what holds no file system.
std::optional<EncryptionMatch> find_disk_encryption(const RangeReader& range);

struct FormatMatch {
  std::string fs_type;  // "xfs", "lvm2", "swap", ...
  FsFacts facts;
  std::uint64_t size_bytes = 0;  // by its superblock; 0: not known
};
// Formats whose mark stands in the first sectors and cannot be left over beneath another file system.
std::optional<FormatMatch> find_leading_format(const RangeReader& volume);
// Formats whose mark stands further in, where it may be a remnant: asked only when nothing else is recognised.
std::optional<FormatMatch> find_inner_format(const RangeReader& volume);
// The match with what the superblock of the format says.
FormatMatch with_facts(std::string fs_type, const RangeReader& volume);
// The file system a boot sector or superblock claims to be, of those libtsk reads: for volumes it fails to open.
std::string claimed_fs_type(const RangeReader& volume);
// Starts of compressed and media files: random-looking bytes behind one of these are no sign of encryption.
bool starts_like_a_file(Bytes head);

}  // namespace limier::volume
