// LZVN, the fast one of Apple's two compressions.
#pragma once

#include <optional>

#include "limier/base.h"

namespace limier::volume {

// Decodes `in` into `out` from `at` on; matches may reach back to out's first byte. The place behind the last byte
// written: out's end, or where the stream ended before. None when the input is damaged or cut.
std::optional<std::size_t> decode_lzvn(Bytes in, MutableBytes out, std::size_t at = 0);

}  // namespace limier::volume
