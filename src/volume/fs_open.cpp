#include "volume/fs_open.h"

#include <algorithm>

namespace limier::volume {

namespace {

// The content of $Volume's $VOLUME_NAME (type 0x60), which is resident.
std::string label_of(TSK_FS_INFO* fs) {
  constexpr TSK_INUM_T kVolumeFile = 3;
  const FileHandle file(tsk_fs_file_open_meta(fs, nullptr, kVolumeFile));
  if (!file) return {};
  const TSK_FS_ATTR* attr = tsk_fs_file_attr_get_type(file.get(), TSK_FS_ATTR_TYPE_NTFS_VNAME, 0, 0);
  if (attr == nullptr || attr->size <= 0) return {};
  std::array<char, 512> buffer{};
  const auto wanted = std::min<std::size_t>(static_cast<std::size_t>(attr->size), buffer.size());
  const ssize_t got = tsk_fs_attr_read(attr, 0, buffer.data(), wanted, TSK_FS_FILE_READ_FLAG_NONE);
  return got <= 0 ? std::string() : utf16_text(as_bytes({buffer.data(), static_cast<std::size_t>(got)}), false);
}

}  // namespace

std::string fs_type_name(TSK_FS_TYPE_ENUM type) {
  switch (type) {
    case TSK_FS_TYPE_NTFS:
      return "ntfs";
    case TSK_FS_TYPE_FAT12:
      return "fat12";
    case TSK_FS_TYPE_FAT16:
      return "fat16";
    case TSK_FS_TYPE_FAT32:
      return "fat32";
    case TSK_FS_TYPE_EXFAT:
      return "exfat";
    case TSK_FS_TYPE_FFS1:
    case TSK_FS_TYPE_FFS1B:
      return "ufs1";
    case TSK_FS_TYPE_FFS2:
      return "ufs2";
    case TSK_FS_TYPE_EXT2:
      return "ext2";
    case TSK_FS_TYPE_EXT3:
      return "ext3";
    case TSK_FS_TYPE_EXT4:
      return "ext4";
    case TSK_FS_TYPE_ISO9660:
      return "iso9660";
    case TSK_FS_TYPE_HFS:
      return "hfs+";
    case TSK_FS_TYPE_HFS_LEGACY:
      return "hfs";
    case TSK_FS_TYPE_YAFFS2:
      return "yaffs2";
    case TSK_FS_TYPE_APFS:
      return "apfs";
    default:
      return {};
  }
}

std::optional<OpenedFs> open_as(const evidence::Image& image, std::uint64_t image_offset, TSK_FS_TYPE_ENUM type,
                                std::string* reason) {
  auto tsk = TskImage::open(image, image.sector_size() % 512 == 0 ? image.sector_size() : 512);
  if (!tsk) return std::nullopt;
  (*tsk)->help_to_open(image, image_offset);
  const auto opened =
      guarded([&] { return tsk_fs_open_img((*tsk)->get(), static_cast<TSK_OFF_T>(image_offset), type); });
  const std::string error = take_tsk_error();
  if (!opened || *opened == nullptr) {
    if (reason != nullptr) *reason = error;
    if (!opened) (*tsk)->abandon();
    return std::nullopt;
  }
  TSK_FS_INFO* fs = *opened;
  // HFS+ has no directory of orphans: there, the root is the last of a volume without files.
  const bool listable = fs->last_inum > fs->root_inum || TSK_FS_TYPE_ISHFS(fs->ftype) != 0;
  const OpenedFs result{fs->ftype, fs->block_size, listable};
  if (!guarded([&] { return tsk_fs_close(fs), true; })) (*tsk)->abandon();
  return result;
}

TSK_FS_TYPE_ENUM detection_type(std::string_view fs_type) {
  // libtsk's detection goes by the number of clusters and refuses small FAT32 volumes; mounts go by the boot sector.
  if (fs_type == "fat32") return TSK_FS_TYPE_FAT32;
  if (fs_type.starts_with("fat") || fs_type == "exfat") return TSK_FS_TYPE_FAT_DETECT;
  if (fs_type == "ntfs") return TSK_FS_TYPE_NTFS_DETECT;
  if (fs_type.starts_with("ext")) return TSK_FS_TYPE_EXT_DETECT;
  if (fs_type == "hfs+") return TSK_FS_TYPE_HFS_DETECT;
  if (fs_type == "iso9660") return TSK_FS_TYPE_ISO9660_DETECT;
  if (fs_type.starts_with("ufs")) return TSK_FS_TYPE_FFS_DETECT;
  return TSK_FS_TYPE_DETECT;
}

// Only where the first chunk looks like an object header of type directory, file or link with the filler 0xFFFF of an
// unused checksum.
std::optional<OpenedFs> detect_yaffs2(const evidence::Image& image, const RangeReader& volume) {
  const auto head = volume.read(0, 12);
  const auto block = Block<12>::at(head, 0);
  if (!block) return std::nullopt;
  const std::uint32_t type = block->le<0, std::uint32_t>();
  const bool header = type >= 1 && type <= 5 && block->le<8, std::uint16_t>() == 0xFFFF;
  if (!header) return std::nullopt;
  return open_as(image, volume.image_offset(), TSK_FS_TYPE_YAFFS2);
}

std::string ntfs_label(const evidence::Image& image, const catalog::VolumeRecord& volume) {
  auto session = FsSession::open(image, volume);
  if (!session) return {};
  return (*session)->call([](TSK_FS_INFO* fs) { return label_of(fs); }).value_or(std::string());
}

}  // namespace limier::volume
