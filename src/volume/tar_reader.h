// A tar as a volume: ustar, GNU (long names, sparse files) and pax. Its members lie in it as they are, so the sweep
// takes them from the media.
//
// Inodes are places in the file: of the header that the data follows. Folders that no member stands for have numbers
// from kMadeUpInodes on.
//
// Sources: POSIX.1-2017, pax, "ustar Interchange Format" and "pax Header"; GNU tar manual, "Basic Tar Format" and
// "Storing Sparse Files"; libarchive's tar(5).
#pragma once

#include "volume/member_reader.h"

namespace limier::volume {

std::unique_ptr<MemberReader> make_tar_reader(WalkBase& walk);

// The one volume of a tar, for map_volumes.
Status map_tar(const evidence::Image& image, const FsJob& job, Sink& sink);

}  // namespace limier::volume
