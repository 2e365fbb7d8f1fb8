// The directory records of an ISO 9660 volume, counted: what a listing has to hold. Private to the room.
//
// Source: ECMA-119, "Volume and File Structure of CDROM for Information Interchange": 6.8 (directories), 8.4 (primary
// volume descriptor), 9.1 (directory records).
#pragma once

#include <functional>
#include <optional>

#include "volume/reader.h"

namespace limier::volume {

struct IsoListing {
  std::uint64_t entries = 0;        // files and folders of the primary tree, "." and ".." apart
  std::uint64_t damaged = 0;        // records, or rests of sectors, that contradict themselves
  std::uint64_t first_damaged = 0;  // volume offset
};
// Nothing when there is no readable primary volume descriptor. `beat` is called now and then, with a sector.
std::optional<IsoListing> count_iso_records(const RangeReader& volume, const std::function<void(std::uint64_t)>& beat);

}  // namespace limier::volume
