// The headers of a tar, from the bytes they stand in. Private to the room. Sources: tar_reader.h.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "limier/base.h"

namespace limier::volume {

inline constexpr std::size_t kTarBlock = 512;

// Seconds since 1970 with nanoseconds.
struct TarTime {
  std::int64_t seconds = 0;
  std::uint32_t nanoseconds = 0;
};

struct TarHeader {
  char type = '0';
  std::uint64_t size = 0;  // of the data behind it
  std::string name, link;  // raw bytes
  std::uint32_t mode = 0;
  std::uint64_t uid = 0, gid = 0;
  std::optional<TarTime> modified;
  // Of a GNU sparse file (type 'S'): parts of it that are there, and its size.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> parts;
  bool more_parts = false;
  std::uint64_t real_size = 0;
};
// None when the checksum does not fit.
std::optional<TarHeader> read_tar_header(Bytes block);

// The parts in a block that goes on with them; true when another one follows.
bool read_tar_parts(Bytes block, std::vector<std::pair<std::uint64_t, std::uint64_t>>& parts);

// Records "LENGTH KEY=VALUE\n" of a pax header, in order.
std::vector<std::pair<std::string, std::string>> read_pax(Bytes records);
std::optional<TarTime> pax_time(std::string_view text);
std::optional<std::uint64_t> decimal(std::string_view text);

}  // namespace limier::volume
