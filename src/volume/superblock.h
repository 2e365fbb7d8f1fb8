// Label, identifier and block size of file systems, read from their superblocks by own bounded parsers, in the form
// blkid prints them.
#pragma once

#include "volume/reader.h"

namespace limier::volume {

struct FsFacts {
  std::string label;  // raw bytes
  std::string uuid;
  std::uint32_t block_size = 0;
};

// 8-4-4-4-12 lower-case hex; "" when fewer than 16 bytes are given or all are zero.
std::string uuid_text(Bytes sixteen);
// The same for a GUID whose first three fields are little-endian.
std::string guid_text(Bytes sixteen);
// Bytes up to the first NUL, without trailing blanks.
std::string padded_text(Bytes field);
// UTF-16 up to the first NUL, as UTF-8; lone surrogates become U+FFFD.
std::string utf16_text(Bytes field, bool big_endian);

FsFacts read_fs_facts(std::string_view fs_type, const RangeReader& volume);

}  // namespace limier::volume
