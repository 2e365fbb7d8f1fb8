// Which of limier's own readers a volume gets.
#include "volume/ad1_reader.h"
#include "volume/apfs_reader.h"
#include "volume/backup_reader.h"
#include "volume/exfat_reader.h"
#include "volume/ext_reader.h"
#include "volume/fat_reader.h"
#include "volume/folder_reader.h"
#include "volume/hfs_reader.h"
#include "volume/iso_reader.h"
#include "volume/l01_reader.h"
#include "volume/ntfs_reader.h"
#include "volume/own_reader.h"
#include "volume/second_reader.h"
#include "volume/tar_reader.h"
#include "volume/ufs_reader.h"
#include "volume/walk.h"
#include "volume/zip_reader.h"

namespace limier::volume {

Result<std::unique_ptr<OwnReader>> make_own_reader(WalkBase& walk) {
  if (TSK_FS_TYPE_ISEXT(walk.job.volume.tsk_fs_type) != 0) {
    auto reader = make_ext_reader(walk);
    if (!reader) return Error{ErrorKind::kEvidence, "the superblock of the ext volume makes no sense"};
    return reader;
  }
  if (walk.job.volume.fs_type == kBackupType) return make_backup_reader(walk);
  if (walk.job.volume.fs_type == "tar") return std::unique_ptr<OwnReader>(make_tar_reader(walk));
  if (walk.job.volume.fs_type == "folder") return std::unique_ptr<OwnReader>(make_folder_reader(walk));
  if (walk.job.volume.fs_type == "zip") return std::unique_ptr<OwnReader>(make_zip_reader(walk));
  if (walk.job.volume.fs_type == "ad1") return make_ad1_reader(walk);
  if (walk.job.volume.fs_type == "l01") return make_l01_reader(walk);
  if (walk.job.volume.fs_type == "iso9660") return make_iso_reader(walk);
  if (walk.job.volume.fs_type == "exfat") return ExfatReader::open(walk);
  if (walk.job.volume.fs_type.starts_with("fat")) return make_fat_reader(walk);
  return std::unique_ptr<OwnReader>();
}

std::unique_ptr<MemberReader> make_member_reader(WalkBase& walk) {
  switch (walk.job.evidence.format) {
    case evidence::Format::kZip:
      return make_zip_reader(walk);
    case evidence::Format::kFolder:
      return make_folder_reader(walk);
    default:
      return make_tar_reader(walk);
  }
}

std::unique_ptr<SecondReader> make_second_reader(WalkContext& context) {
  if (context.session.pool() != nullptr) return make_apfs_reader(context);
  if (TSK_FS_TYPE_ISHFS(context.type) != 0) return make_hfs_reader(context);
  if (TSK_FS_TYPE_ISFFS(context.type) != 0) return make_ufs_reader(context);
  if (context.ntfs()) return std::make_unique<NtfsReader>(context);
  return std::make_unique<SecondReader>();
}

}  // namespace limier::volume
