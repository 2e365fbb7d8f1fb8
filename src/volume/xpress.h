// XPRESS with Huffman codes, one piece without a history. Source: Microsoft [MS-XCA], section 2.2.
#pragma once

#include "limier/base/bytes.h"

namespace limier::volume {

// Fills `out`, whose size the caller knows; false when `in` does not hold that much or makes no sense.
bool decode_xpress(Bytes in, MutableBytes out);

}  // namespace limier::volume
