// A zip as a volume: its members are the files. Reads what zip_directory.h finds; the content of members comes to the
// sweep packed as it lies.
//
// Inodes are places in the file: of the entry in the directory, or of the local header of a member that no directory
// lists; folders that no member stands for have numbers from kMadeUpInodes on.
#pragma once

#include "volume/member_reader.h"

namespace limier::volume {

std::unique_ptr<MemberReader> make_zip_reader(WalkBase& walk);

// The one volume of a zip, for map_volumes.
Status map_zip(const evidence::Image& image, const FsJob& job, Sink& sink);

}  // namespace limier::volume
