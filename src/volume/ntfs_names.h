// Names of NTFS that libtsk does not give as they are on the disk.
#pragma once

#include <map>
#include <string>

#include "volume/walk.h"

namespace limier::volume {

// By the place in the directory: the whole name, or an empty one for what is no name of its own.
std::map<std::size_t, std::string> ntfs_names(WalkContext& context, const TSK_FS_DIR& dir);
// Names in blocks of the index that libtsk passes over: where a cluster holds several, it looks at one.
std::vector<SecondReader::MoreName> ntfs_more_names(WalkContext& context, const TSK_FS_DIR& dir);

}  // namespace limier::volume
