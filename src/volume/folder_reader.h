// A folder as a volume: what the supervisor was told by the system (evidence::FolderEntry). Inodes are places in that
// list, from 1 on.
#pragma once

#include "volume/own_reader.h"

namespace limier::volume {

std::unique_ptr<OwnReader> make_folder_reader(WalkBase& walk);

// The one volume of a folder, for map_volumes.
Status map_folder(const evidence::Image& image, const std::vector<evidence::FolderEntry>& entries, Sink& sink);

}  // namespace limier::volume
