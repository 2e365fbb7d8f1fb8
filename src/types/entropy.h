#pragma once

#include "limier/base.h"

namespace limier::types {

// Shannon entropy of the first kEntropyBytes, in thousandths of a bit per byte.
std::uint16_t entropy_millibits(Bytes bytes);

}  // namespace limier::types
