// A folder as a volume: what the supervisor was told by the system (evidence::FolderEntry). Inodes are places in that
// list, from 1 on.
#pragma once

#include "volume/member_reader.h"

namespace limier::volume {

std::unique_ptr<MemberReader> make_folder_reader(WalkBase& walk);

// The one volume of a folder, for map_volumes.
Status map_folder(const evidence::Image& image, const FsJob& job, Sink& sink);

}  // namespace limier::volume
