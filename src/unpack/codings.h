// One function for every coding. Private to the room.
#pragma once

#include "limier/unpack.h"

namespace limier::unpack {

// What a stream may ask for as its window; the usual ones take 32 KiB to 8 MiB.
inline constexpr unsigned kMaxWindowLog = 26;

// A window of a stream that is a file of its own: what `zstd --long` takes unasked.
inline constexpr unsigned kMaxStreamWindowLog = 27;

std::unique_ptr<Unpacker> make_deflate();
// With header and check sum: of gzip, of zlib.
std::unique_ptr<Unpacker> make_gzip();
std::unique_ptr<Unpacker> make_zlib();
std::unique_ptr<Unpacker> make_zstd(unsigned max_window_log = kMaxWindowLog);
std::unique_ptr<Unpacker> make_xz();
std::unique_ptr<Unpacker> make_bzip2();
// Streams of zlib one behind the other that are `size_bytes` together.
std::unique_ptr<Unpacker> make_zlib_run(std::uint64_t size_bytes);
std::unique_ptr<Unpacker> make_lzma(std::uint64_t size_bytes);

}  // namespace limier::unpack
