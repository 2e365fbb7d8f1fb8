// The members of a ZIP file, as its central directory names them.
// Source: PKWARE APPNOTE 6.3.10, sections 4.3 to 4.5.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "limier/content.h"

namespace limier::content {

struct ZipMember {
  std::string name;          // raw bytes
  std::uint16_t method = 0;  // 0: stored, 8: deflated
  bool encrypted = false;
  std::uint64_t header_offset = 0;  // of its local header
  std::uint64_t packed_bytes = 0, size_bytes = 0;
};

// At most `most` of them, in the order of the directory; nullopt: it has none that can be read.
std::optional<std::vector<ZipMember>> zip_members(const Reader& file, std::size_t most);
// Where the bytes of one begin; nullopt: its local header cannot be read.
std::optional<std::uint64_t> zip_data_offset(const Reader& file, const ZipMember& member);

}  // namespace limier::content
