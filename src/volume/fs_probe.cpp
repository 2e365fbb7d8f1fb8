// Sources: Microsoft "FAT32 File System Specification" 1.03 and Linux fs/fat/inode.c (which boot sectors are taken);
// "exFAT file system specification"; NTFS: Linux fs/ntfs3/super.c (clusters over 64 KiB); ext: kernel
// Documentation/filesystems/ext4; HFS+: Apple TN1150; ISO 9660: ECMA-119; UFS: FreeBSD sys/ufs/ffs/fs.h.
#include "volume/fs_probe.h"

#include <algorithm>
#include <bit>

#include "volume/apfs.h"
#include "volume/checksum32.h"
#include "volume/exfat_volume.h"
#include "volume/foreign_fs.h"
#include "volume/iso_disc.h"
#include "volume/tsk.h"

namespace limier::volume {

namespace {

constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 62;

std::uint64_t product(std::uint64_t count, std::uint64_t bytes) {
  return bytes != 0 && count > kMostBytes / bytes ? kMostBytes : count * bytes;
}

bool sector_size(std::uint64_t bytes) {
  return bytes == 512 || bytes == 1024 || bytes == 2048 || bytes == 4096;
}

// ---- FAT

struct FatGeometry {
  std::uint64_t sector_bytes = 0, cluster_sectors = 0, reserved = 0, sectors = 0, clusters = 0;
  bool fat32 = false;
  std::uint8_t media = 0;
};

std::optional<FatGeometry> fat_geometry(Bytes sector) {
  const auto boot = Block<512>::at(sector, 0);
  if (!boot) return std::nullopt;
  FatGeometry fat;
  fat.sector_bytes = boot->le<11, std::uint16_t>();
  fat.cluster_sectors = boot->le<13, std::uint8_t>();
  fat.reserved = boot->le<14, std::uint16_t>();
  fat.media = boot->le<21, std::uint8_t>();
  const std::uint64_t fats = boot->le<16, std::uint8_t>();
  const std::uint64_t short_fat = boot->le<22, std::uint16_t>();
  fat.fat32 = short_fat == 0;  // as systems that mount it decide, whatever the number of clusters
  const std::uint64_t fat_sectors = fat.fat32 ? boot->le<36, std::uint32_t>() : short_fat;
  fat.sectors = boot->le<19, std::uint16_t>() != 0 ? boot->le<19, std::uint16_t>() : boot->le<32, std::uint32_t>();
  if (!sector_size(fat.sector_bytes) || !std::has_single_bit(fat.cluster_sectors) || fat.reserved == 0 || fats == 0 ||
      fats > 4 || fat_sectors == 0 || (fat.media != 0xF0 && fat.media < 0xF8))
    return std::nullopt;
  const std::uint64_t root = std::uint64_t{boot->le<17, std::uint16_t>()} * 32;
  const std::uint64_t data = fat.reserved + fats * fat_sectors + (root + fat.sector_bytes - 1) / fat.sector_bytes;
  if (data >= fat.sectors) return std::nullopt;
  fat.clusters = (fat.sectors - data) / fat.cluster_sectors;
  return fat;
}

std::optional<FsProbe> probe_fat_by(const RangeReader& volume, std::uint64_t boot_sector) {
  const auto geometry = fat_geometry(volume.read(boot_sector, 512));
  if (!geometry) return std::nullopt;
  const bool fat12 = !geometry->fat32 && geometry->clusters < 4085;
  FsProbe probe;
  probe.fs_type = geometry->fat32 ? "fat32" : fat12 ? "fat12" : "fat16";
  probe.tsk_fs_type = geometry->fat32 ? TSK_FS_TYPE_FAT32 : fat12 ? TSK_FS_TYPE_FAT12 : TSK_FS_TYPE_FAT16;
  probe.block_size = static_cast<std::uint32_t>(geometry->sector_bytes);
  probe.size_bytes = geometry->sectors * geometry->sector_bytes;
  // The first entry of the table repeats the medium.
  const auto table = volume.read(geometry->reserved * geometry->sector_bytes, 4);
  probe.coherent = table.size() == 4 && table[0] == geometry->media && table[1] == 0xFF;
  return probe;
}

std::optional<FsProbe> probe_fat(const RangeReader& volume) {
  return probe_fat_by(volume, 0);
}

// ---- exFAT

// By the boot region or its copy. One that its checksum does not prove and that leads to no FAT may be left over.
std::optional<FsProbe> probe_exfat(const RangeReader& volume) {
  const auto layout = find_exfat(reader_of(volume));
  if (!layout) return std::nullopt;
  FsProbe probe{"exfat", TSK_FS_TYPE_EXFAT, layout->sector_bytes, 0, false, false};
  probe.size_bytes = product(layout->sectors, layout->sector_bytes);
  const auto entry = volume.read(layout->fat_offset, 4);
  const bool fat = le_at<std::uint32_t>(entry, 0).value_or(0) >= 0xFFFFFFF0u;
  probe.coherent = layout->boot == ExfatBoot::kMain || (layout->boot == ExfatBoot::kUnproven && fat);
  return probe;
}

// ---- NTFS

std::optional<FsProbe> probe_ntfs(const RangeReader& volume) {
  const auto sector = volume.read(0, 512);
  const auto boot = Block<512>::at(sector, 0);
  if (!boot || as_text(boot->bytes<3, 8>()) != "NTFS    ") return std::nullopt;
  const std::uint64_t sector_bytes = boot->le<11, std::uint16_t>();
  const unsigned stated = boot->le<13, std::uint8_t>();
  // Above 128 it is a power of two: more than 64 KiB, since Windows 10.
  const std::uint64_t cluster_sectors = stated <= 128    ? stated
                                        : stated >= 0xE1 ? std::uint64_t{1} << (256 - stated)
                                                         : 0;
  const std::uint64_t cluster = product(sector_bytes, cluster_sectors);
  if (!sector_size(sector_bytes) || !std::has_single_bit(cluster_sectors) || cluster > (64u << 20)) return std::nullopt;
  FsProbe probe{"ntfs", TSK_FS_TYPE_NTFS, static_cast<std::uint32_t>(cluster), 0, false, false};
  probe.size_bytes = product(boot->le<0x28, std::uint64_t>(), sector_bytes);
  for (const std::uint64_t table : {boot->le<0x30, std::uint64_t>(), boot->le<0x38, std::uint64_t>()})
    if (table != 0 && volume.has(product(table, cluster), "FILE")) probe.coherent = true;
  return probe;
}

// ---- ext

bool ext_root_is_a_directory(const RangeReader& volume, const Block<1024>& super, std::uint64_t block_bytes) {
  const bool wide = (super.le<96, std::uint32_t>() & 0x80) != 0 && super.le<254, std::uint16_t>() >= 64;
  // Behind the superblock, which is in block 1 of 1024 bytes or in block 0 of more (not the first data block: with
  // bigalloc that is 0 in either case).
  const std::uint64_t group = block_bytes == 1024 ? 2048 : block_bytes;
  const auto descriptor = volume.read(group, 64);
  const auto block = Block<64>::at(descriptor, 0);
  if (!block) return false;
  const std::uint64_t table =
      block->le<8, std::uint32_t>() | (wide ? std::uint64_t{block->le<0x28, std::uint32_t>()} << 32 : std::uint64_t{0});
  const std::uint64_t inode_bytes = super.le<76, std::uint32_t>() == 0 ? 128 : super.le<88, std::uint16_t>();
  const auto root = volume.read(product(table, block_bytes) + inode_bytes, 2);
  return table != 0 && (le_at<std::uint16_t>(root, 0).value_or(0) & 0xF000) == 0x4000;
}

std::optional<FsProbe> probe_ext(const RangeReader& volume) {
  const auto bytes = volume.read(1024, 1024);
  const auto super = Block<1024>::at(bytes, 0);
  if (!super || super->le<56, std::uint16_t>() != 0xEF53) return std::nullopt;
  const unsigned shift = super->le<24, std::uint32_t>();
  const bool dynamic = super->le<76, std::uint32_t>() != 0;
  if (shift > 6 || super->le<20, std::uint32_t>() > 1 || super->le<32, std::uint32_t>() == 0 ||
      super->le<40, std::uint32_t>() == 0 || super->le<0, std::uint32_t>() == 0)
    return std::nullopt;
  // What ext4 brought: extents, 64-bit, flexible groups, inline data, large directories; huge files, checksums of
  // groups, many links, larger inodes, clusters, checksums of metadata.
  constexpr std::uint32_t kExt4Incompatible = 0x40 | 0x80 | 0x200 | 0x400 | 0x1000 | 0x2000 | 0x4000 | 0x8000;
  constexpr std::uint32_t kExt4ReadOnly = 0x8 | 0x10 | 0x20 | 0x40 | 0x200 | 0x400;
  const std::uint32_t compatible = dynamic ? super->le<92, std::uint32_t>() : 0;
  const std::uint32_t incompatible = dynamic ? super->le<96, std::uint32_t>() : 0;
  const std::uint32_t read_only = dynamic ? super->le<100, std::uint32_t>() : 0;
  if ((incompatible & 0x8) != 0) return std::nullopt;  // a journal by itself
  FsProbe probe;
  if ((incompatible & kExt4Incompatible) != 0 || (read_only & kExt4ReadOnly) != 0) {
    probe.fs_type = "ext4";
    probe.tsk_fs_type = TSK_FS_TYPE_EXT4;
  } else {
    const bool journal = (compatible & 0x4) != 0;
    probe.fs_type = journal ? "ext3" : "ext2";
    probe.tsk_fs_type = journal ? TSK_FS_TYPE_EXT3 : TSK_FS_TYPE_EXT2;
  }
  probe.block_size = 1024u << shift;
  const std::uint64_t high = (incompatible & 0x80) != 0 ? super->le<336, std::uint32_t>() : 0;
  probe.size_bytes = product(high << 32 | super->le<4, std::uint32_t>(), probe.block_size);
  const bool summed =
      (read_only & 0x400) == 0 || ~Crc32c::of(Bytes(bytes).first(1020)) == super->le<1020, std::uint32_t>();
  probe.coherent = summed && ext_root_is_a_directory(volume, *super, probe.block_size);
  return probe;
}

// ---- HFS+

std::optional<FsProbe> probe_hfs_plus(const RangeReader& volume) {
  std::uint64_t base = 0;
  const auto first = volume.read(1024, 512);
  const auto wrapper = Block<512>::at(first, 0);
  if (!wrapper) return std::nullopt;
  if (as_text(wrapper->bytes<0, 2>()) == "BD") {
    if (as_text(wrapper->bytes<124, 2>()) != "H+") return std::nullopt;
    base = std::uint64_t{wrapper->be<28, std::uint16_t>()} * 512 +
           std::uint64_t{wrapper->be<126, std::uint16_t>()} * wrapper->be<20, std::uint32_t>();
  }
  const auto sector = volume.read(base + 1024, 512);
  const auto header = Block<512>::at(sector, 0);
  if (!header) return std::nullopt;
  const auto mark = as_text(header->bytes<0, 2>());
  const unsigned version = header->be<2, std::uint16_t>();
  const std::uint32_t block_bytes = header->be<40, std::uint32_t>();
  if (!(mark == "H+" && version == 4) && !(mark == "HX" && version == 5)) return std::nullopt;
  if (block_bytes < 512 || !std::has_single_bit(block_bytes)) return std::nullopt;
  FsProbe probe{"hfs+", TSK_FS_TYPE_HFS, block_bytes, 0, false, false};
  probe.size_bytes = base + product(header->be<44, std::uint32_t>(), block_bytes);
  // The catalog begins with the header node of a B-tree: kind 1, then the number of its leaf records.
  const std::uint64_t catalog = base + product(header->be<288, std::uint32_t>(), block_bytes);
  const auto node = volume.read(catalog, 64);
  if (const auto head = Block<64>::at(node, 0)) {
    probe.coherent = head->le<8, std::uint8_t>() == 1;
    // The root folder and its thread are two records, and neither count has the root folder in it.
    probe.empty = probe.coherent && header->be<32, std::uint32_t>() == 0 && header->be<36, std::uint32_t>() == 0 &&
                  head->be<14 + 6, std::uint32_t>() == 2;
  }
  return probe;
}

// ---- ISO 9660

std::optional<FsProbe> probe_iso(const RangeReader& volume) {
  constexpr std::uint64_t kFirstDescriptor = 16, kMaxDescriptors = 64;
  const auto sectors = find_iso_sectors([&](std::uint64_t offset, MutableBytes out) {
    const auto bytes = volume.read(offset, out.size());
    std::copy(bytes.begin(), bytes.end(), out.begin());
    return bytes.size();
  });
  if (!sectors) return std::nullopt;
  const auto place = [&](std::uint64_t offset) {
    return product(offset / kIsoSector, sectors->stride) + sectors->before + offset % kIsoSector;
  };
  for (std::uint64_t i = 0; i < kMaxDescriptors; ++i) {
    const auto bytes = volume.read(place((kFirstDescriptor + i) * kIsoSector), kIsoSector);
    const auto descriptor = Block<kIsoSector>::at(bytes, 0);
    if (!descriptor || as_text(descriptor->bytes<1, 5>()) != "CD001" || descriptor->le<0, std::uint8_t>() == 255) break;
    if (descriptor->le<0, std::uint8_t>() != 1) continue;
    const std::uint32_t block_bytes = descriptor->le<128, std::uint16_t>();
    if (block_bytes < 512 || block_bytes > kIsoSector || !std::has_single_bit(block_bytes)) break;
    FsProbe probe{"iso9660", TSK_FS_TYPE_ISO9660, block_bytes, 0, false, false};
    const std::uint64_t size_bytes = product(descriptor->le<80, std::uint32_t>(), block_bytes);
    probe.size_bytes = sectors->stride == kIsoSector ? size_bytes : product(size_bytes / kIsoSector, sectors->stride);
    // The root directory's first record describes itself.
    const std::uint32_t root = descriptor->le<158, std::uint32_t>();
    const auto self = volume.read(place(product(root, block_bytes)), 34);
    if (const auto record = Block<34>::at(self, 0))
      probe.coherent = descriptor->be<130, std::uint16_t>() == block_bytes && record->le<0, std::uint8_t>() >= 34 &&
                       record->le<2, std::uint32_t>() == root;
    return probe;
  }
  return std::nullopt;
}

// ---- UFS

std::optional<FsProbe> probe_ufs_at(const RangeReader& volume, std::uint64_t at) {
  const auto bytes = volume.read(at, 1376);
  const auto super = Block<1376>::at(bytes, 0);
  if (!super) return std::nullopt;
  constexpr std::uint32_t kUfs1 = 0x00011954, kUfs2 = 0x19540119;
  const std::uint32_t little = super->le<1372, std::uint32_t>(), big = super->be<1372, std::uint32_t>();
  const bool is_little = little == kUfs1 || little == kUfs2;
  if (!is_little && big != kUfs1 && big != kUfs2) return std::nullopt;
  const bool ufs2 = (is_little ? little : big) == kUfs2;
  // A UFS1 superblock is looked for at 8192 alone; at 65536 stands the backup of one with blocks of 64 KiB.
  if (!ufs2 && at != 8192) return std::nullopt;
  const std::uint32_t block = is_little ? super->le<48, std::uint32_t>() : super->be<48, std::uint32_t>();
  const std::uint32_t fragment = is_little ? super->le<52, std::uint32_t>() : super->be<52, std::uint32_t>();
  if (block < 512 || block > 65536 || !std::has_single_bit(block) || fragment < 512 || fragment > block ||
      !std::has_single_bit(fragment))
    return std::nullopt;
  const std::uint64_t size32 = is_little ? super->le<36, std::uint32_t>() : super->be<36, std::uint32_t>();
  const std::uint64_t size64 = is_little ? super->le<1080, std::uint64_t>() : super->be<1080, std::uint64_t>();
  FsProbe probe{ufs2 ? "ufs2" : "ufs1", 0, fragment, 0, false, false};
  probe.size_bytes = product(ufs2 ? size64 : size32, fragment);
  // Inode 2, in the first cylinder group, is the root directory.
  const std::uint64_t inodes = is_little ? super->le<16, std::uint32_t>() : super->be<16, std::uint32_t>();
  const auto root = volume.read(product(inodes, fragment) + (ufs2 ? 2 * 256 : 2 * 128), 2);
  const auto mode = is_little ? le_at<std::uint16_t>(root, 0) : be_at<std::uint16_t>(root, 0);
  probe.coherent = (mode.value_or(0) & 0xF000) == 0x4000;
  return probe;
}

// FreeBSD looks at all of these (SBLOCKSEARCH in sys/ufs/ffs/fs.h), libtsk at two of them.
std::optional<FsProbe> probe_ufs(const RangeReader& volume) {
  for (const std::uint64_t at : {65536u, 8192u, 262144u})
    if (auto probe = probe_ufs_at(volume, at)) return probe;
  return std::nullopt;
}

}  // namespace

std::vector<FsProbe> probe_file_systems(const RangeReader& volume) {
  std::vector<FsProbe> found;
  for (const auto probe : {probe_ntfs, probe_exfat, probe_fat, probe_ext, probe_hfs_plus, probe_iso, probe_ufs})
    if (auto one = probe(volume)) found.push_back(std::move(*one));
  return found;
}

std::optional<FsProbe> probe_fat32_copy(const RangeReader& volume) {
  constexpr std::uint64_t kCopySector = 6;
  for (const std::uint64_t sector_bytes : {512u, 1024u, 2048u, 4096u}) {
    auto probe = probe_fat_by(volume, kCopySector * sector_bytes);
    if (probe && probe->fs_type == "fat32" && probe->block_size == sector_bytes && probe->coherent) return probe;
  }
  return std::nullopt;
}

bool is_read_without_libtsk(std::string_view fs_type) {
  return fs_type.starts_with("fat") || fs_type == "exfat" || fs_type.starts_with("ext") || fs_type == "iso9660";
}

bool holds_something_known(const RangeReader& volume) {
  const auto found = probe_file_systems(volume);
  if (std::any_of(found.begin(), found.end(), [](const FsProbe& probe) { return probe.coherent; })) return true;
  return find_encryption(volume) || is_apfs_container(volume) || find_leading_format(volume) ||
         !find_coherent_formats(volume).empty() || find_inner_format(volume);
}

bool begins_with_boot_sector(const RangeReader& volume) {
  return probe_ntfs(volume) || probe_exfat(volume) || probe_fat(volume) || find_encryption(volume);
}

}  // namespace limier::volume
