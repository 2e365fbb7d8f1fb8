// UDF (ECMA-167, OSTA UDF 2.60): whether a volume holds it, what it is called and how far it reaches.
#pragma once

#include "volume/reader.h"

namespace limier::volume {

struct UdfVolume {
  std::uint32_t sector_bytes = 0;   // 0: the recognition sequence alone was found, no anchor
  std::uint64_t anchor_offset = 0;  // in the volume
  std::string label;                // of the logical volume, UTF-8
  std::uint32_t block_bytes = 0;    // of the logical volume
  std::uint64_t end = 0;            // byte of the volume behind the last partition; 0: not known
};

std::optional<UdfVolume> find_udf(const RangeReader& volume);

}  // namespace limier::volume
