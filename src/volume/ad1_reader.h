// An AD1 as a volume: the files that AccessData's imagers copy ("custom content image"), each with what its file system
// said of it. Versions 3 and 4, in one part or several. Private to the room.
//
// The media are the parts of the set, one behind the other, headers and all. Offsets inside the format leave the header
// of each part out. Inodes are places on the media: of the entry.
//
// The vendor has published no description; the layout is that of two readers that were written by looking at images:
// dissect.evidence (ad1) and pyad1.
#pragma once

#include "volume/own_reader.h"

namespace limier::volume {

std::unique_ptr<OwnReader> make_ad1_reader(WalkBase& walk);

// The one volume of an AD1, for map_volumes.
Status map_ad1(const evidence::Image& image, const FsJob& job, Sink& sink);

}  // namespace limier::volume
