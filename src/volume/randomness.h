// Is a range empty, or does it look like the output of a cipher? Answered from samples, with the values that decided
// it.
#pragma once

#include "volume/reader.h"

namespace limier::volume {

// Every sampled byte is zero. The whole range is sampled up to 64 MiB, else both ends and evenly spread blocks.
bool sampled_all_zero(const RangeReader& range);

struct RandomnessReport {
  bool random = false;
  std::string detail;  // the measure and its values
};
// Volumes under 256 KiB and such that start like a compressed or media file are never called random.
RandomnessReport measure_randomness(const RangeReader& range);

}  // namespace limier::volume
