// File systems opened by libtsk while the media are mapped.
#pragma once

#include "volume/fs_probe.h"
#include "volume/tsk_image.h"

namespace limier::volume {

struct OpenedFs {
  TSK_FS_TYPE_ENUM type = TSK_FS_TYPE_DETECT;
  std::uint32_t block_size = 0;
  // libtsk numbers its directory of orphans behind the last file. Where it counts no files it gives it the number of
  // the root, and each waits for the other.
  bool listable = true;
};

// As the volume record names it; "" for what libtsk knows and limier does not list.
std::string fs_type_name(TSK_FS_TYPE_ENUM type);
// `reason`: why libtsk does not open it.
std::optional<OpenedFs> open_as(const evidence::Image& image, std::uint64_t image_offset, TSK_FS_TYPE_ENUM type,
                                std::string* reason = nullptr);
// The type under which libtsk is to open what a probe found.
TSK_FS_TYPE_ENUM detection_type(std::string_view fs_type);
// YAFFS2 has no superblock: libtsk looks at the first objects' headers.
std::optional<OpenedFs> detect_yaffs2(const evidence::Image& image, const RangeReader& volume);
// The label of an NTFS volume is the content of a file.
std::string ntfs_label(const evidence::Image& image, const catalog::VolumeRecord& volume);

}  // namespace limier::volume
