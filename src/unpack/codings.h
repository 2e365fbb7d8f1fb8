// One function for every coding. Private to the room.
#pragma once

#include "limier/unpack.h"

namespace limier::unpack {

// What a stream may ask for as its window; the usual ones take 32 KiB to 8 MiB.
inline constexpr unsigned kMaxWindowLog = 26;

std::unique_ptr<Unpacker> make_deflate();
std::unique_ptr<Unpacker> make_zstd();
std::unique_ptr<Unpacker> make_bzip2();
std::unique_ptr<Unpacker> make_lzma(std::uint64_t size_bytes);

}  // namespace limier::unpack
