// File systems that limier does not list, found beside others: only such whose superblock proves itself.
#pragma once

#include "volume/signatures.h"

namespace limier::volume {

// Those with a checksum that matches, or that lead to a structure that is there.
std::vector<FormatMatch> find_coherent_formats(const RangeReader& volume);
std::optional<FormatMatch> find_udf_format(const RangeReader& volume);

}  // namespace limier::volume
