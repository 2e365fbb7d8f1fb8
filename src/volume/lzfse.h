// LZFSE, the strong one of Apple's two compressions.
#pragma once

#include "limier/base.h"

namespace limier::volume {

// Fills `out` from a stream of blocks; false when the stream is damaged, cut, or holds fewer bytes.
bool decode_lzfse(Bytes in, MutableBytes out);

}  // namespace limier::volume
