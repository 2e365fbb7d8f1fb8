// LZX as Windows has it in WIM files and in files it compresses: pieces of at most 32 KiB, each for itself. Sources:
// Microsoft [MS-PATCH] "LZX DELTA Compression and Decompression"; for what is different here, Microsoft "Windows
// Imaging File Format (WIM)": no header, one bit for blocks of 32 KiB, translation of calls always, for a file of
// 12,000,000 bytes.
#pragma once

#include "limier/base/bytes.h"

namespace limier::volume {

inline constexpr std::size_t kLzxPiece = 32768;

// Fills `out`, whose size the caller knows; false when `in` does not hold that much or makes no sense.
bool decode_lzx(Bytes in, MutableBytes out);

}  // namespace limier::volume
