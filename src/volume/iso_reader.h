// ISO 9660 (ECMA-119) with Rock Ridge, Joliet, several sessions and El Torito, read by limier alone.
//
// Inodes are numbers of limier's own: 0 is the root folder, then the last session's tree breadth first, then what other
// trees and earlier sessions add; the last number is that of $OrphanFiles, which is always empty.
//
// Sources: iso_disc.h, iso_record.h, rock_ridge.h, iso_tree.h, iso_model.h, zisofs.h.
#pragma once

#include "volume/own_reader.h"

namespace limier::volume {

std::unique_ptr<OwnReader> make_iso_reader(WalkBase& walk);

}  // namespace limier::volume
