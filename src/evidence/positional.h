// Positional reading of inherited descriptors. Private to the room.
#pragma once

#include <cstddef>
#include <cstdint>

#include "limier/base.h"

namespace limier::evidence {

struct ReadAt {
  std::size_t length = 0;  // bytes that arrived before the end of the file or an error
  bool failed = false;     // the operating system reported an error
};
ReadAt read_at(int fd, std::uint64_t offset, MutableBytes out);

// All of `out`, or nothing.
inline bool read_exactly(int fd, std::uint64_t offset, MutableBytes out) {
  return read_at(fd, offset, out).length == out.size();
}

// Has the system fetch these bytes before they are asked for.
void want_soon(int fd, std::uint64_t offset, std::uint64_t length);

bool is_zero(Bytes bytes);

}  // namespace limier::evidence
