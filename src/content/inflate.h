// Inflating a stretch of a content (RFC 1951, RFC 1952), piece by piece.
#pragma once

#include <functional>

#include "limier/content.h"

namespace limier::content {

enum class Wrapped : std::uint8_t { kRaw, kGzip };

struct Inflated {
  std::uint64_t read_bytes = 0, given_bytes = 0;
  bool whole = false;  // the end of the stream was seen, and where it has a check, that is right
};
// From `offset` on, at most `length` bytes; `take` gets at most `limit` bytes, in order. It says false to end early.
Inflated inflate_stream(const Reader& reader, std::uint64_t offset, std::uint64_t length, Wrapped wrapped,
                        std::uint64_t limit, const std::function<bool(Bytes)>& take);

}  // namespace limier::content
