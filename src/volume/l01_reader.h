// An L01 of EnCase as a volume: files that were copied, whose bytes are the media, one behind the other. Private to the
// room.
//
// What there is of them stands in a text of UTF-16 ("ltree"): categories, of which "entry" holds a tree of entries,
// each a line with the number of those in it and a line of values, whose names a line above them gives. Inodes are
// numbers of entries in that order, from 1.
//
// Source: "Expert Witness Compression Format (EWF)", J. Metz, "Ltree section".
#pragma once

#include "volume/own_reader.h"

namespace limier::volume {

std::unique_ptr<OwnReader> make_l01_reader(WalkBase& walk);

// The one volume of an L01, for map_volumes.
Status map_l01(const evidence::Image& image, const FsJob& job, Sink& sink);

}  // namespace limier::volume
