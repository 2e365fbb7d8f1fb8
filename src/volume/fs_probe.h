// Which file systems a volume holds, decided by limier from their superblocks and from what those lead to.
#pragma once

#include "volume/reader.h"
#include "volume/signatures.h"

namespace limier::volume {

struct FsProbe {
  std::string fs_type;            // as VolumeRecord has it
  std::uint32_t tsk_fs_type = 0;  // what libtsk calls it, where that does not take opening it
  std::uint32_t block_size = 0;
  std::uint64_t size_bytes = 0;  // by its superblock; 0: not known
  // Also what the superblock leads to is there (root folder, file table, checksum). A superblock alone may be left over
  // from before.
  bool coherent = false;
  bool empty = false;  // it is sound and holds no file
};

// Of those limier reads: NTFS, exFAT, FAT, ext, HFS+, ISO 9660, UFS; all that are there, in this order.
std::vector<FsProbe> probe_file_systems(const RangeReader& volume);
// By the copy of the boot sector. It outlives what is written over a FAT32, so it counts only where nothing else is.
std::optional<FsProbe> probe_fat32_copy(const RangeReader& volume);
// Limier's own readers list it: libtsk is not asked whether it can open it (ext and NTFS are opened behind an overlay
// that puts right what libtsk would refuse).
bool is_read_without_libtsk(std::string_view fs_type);
// A file system, whether limier reads it or not, a pool, encryption.
bool holds_something_known(const RangeReader& volume);
// NTFS, exFAT, FAT or encryption, whose boot sector is the one a partition table may stand in.
bool begins_with_boot_sector(const RangeReader& volume);

}  // namespace limier::volume
