// A backup by iTunes or Finder as a volume: the files that its manifest names, where they lay on the phone. The backup
// is a folder, or the one thing in a zip or tar; what the archive says of its members is the inner reader's.
//
// Inodes are places in the manifest, from 1 on; what the manifest does not name has kUnnamedInodes and its place among
// the members.
#pragma once

#include "volume/member_reader.h"

namespace limier::volume {

inline constexpr std::string_view kBackupType = "itunes";  // VolumeRecord::fs_type
inline constexpr std::uint64_t kUnnamedInodes = std::uint64_t{1} << 40;
// Where the files of the backup itself are listed, which are none of the phone.
inline constexpr std::string_view kBackupFolder = "/$Backup";

std::unique_ptr<OwnReader> make_backup_reader(WalkBase& walk);

// The volume of a backup in `folder` of the archive; `record` is that of the archive without it. Where the manifest
// cannot be read the members are listed as they are, and an issue says so.
Status map_backup(const evidence::Image& image, const FsJob& job, const std::string& folder,
                  catalog::VolumeRecord record, Sink& sink);

}  // namespace limier::volume
