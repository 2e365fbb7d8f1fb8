// Files compressed by Windows ("CompactOS", compact /exe): the content is in the stream WofCompressedData, in pieces.
// Source: Microsoft Windows SDK documentation, "FILE_PROVIDER_EXTERNAL_INFO_V1"; the stream: Microsoft "Windows Imaging
// File Format (WIM)", "Compressed resources", which has the same layout with other sizes of pieces.
#pragma once

#include <functional>

#include "volume/ntfs_attributes.h"
#include "volume/walk_base.h"

namespace limier::volume {

// Bytes of the stream from an offset on; false when they cannot be had.
using ReadPacked = std::function<bool(std::uint64_t offset, MutableBytes out)>;

struct WofStream {
  WofMethod method = WofMethod::kNone;
  std::uint64_t size_bytes = 0;    // of the content
  std::uint64_t packed_bytes = 0;  // of the stream
};

// All of the content in order, with a sign of life between pieces; false when it cannot be decoded to its end.
bool read_wof(const WofStream& stream, const ReadPacked& packed, const std::function<void()>& alive,
              const Consumer& consume, Status& consumed);

}  // namespace limier::volume
