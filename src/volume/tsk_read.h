// How libtsk reads an image of ours.
//
// libtsk's own read function fetches 64 KiB for every miss, whatever was asked for. Directories and MFT records are
// small and lie anywhere, so most of that is copied, and of an E01 decompressed, for nothing. tsk_read.cpp defines
// tsk_img_read in its place; the linker takes the program's definition before the library's, for libtsk's own calls
// too.
#pragma once

#include "volume/line_cache.h"
#include "volume/overlay.h"
#include "volume/tsk.h"

namespace limier::volume {

// libtsk casts between its struct and ours, so its struct comes first.
struct ExternalImage {
  TSK_IMG_INFO info;
  LineCache* lines;
  const Overlay* overlay;  // null: as it stands
};

// The read function of our images.
ssize_t read_callback(TSK_IMG_INFO* info, TSK_OFF_T offset, char* buffer, size_t length) noexcept;

}  // namespace limier::volume
