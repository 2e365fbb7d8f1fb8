// The one volume that evidence of files is. Private to the room.
#pragma once

#include "volume/member_names.h"

namespace limier::volume {

// Sends it; of a kind of extraction that limier does not read it says so, and nothing of it is listed then.
Status send_member_volume(const evidence::Image& image, const FsJob& job, std::string_view fs_type,
                          catalog::VolumeStatus status, const MemberPaths& paths, Sink& sink);
// One that is encrypted altogether.
Status send_encrypted_volume(const evidence::Image& image, std::string_view fs_type, std::string_view scheme,
                             std::string_view detail, Sink& sink);

}  // namespace limier::volume
