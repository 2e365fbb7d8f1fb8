// Content that macOS keeps compressed (HFS+ and APFS): the attribute com.apple.decmpfs, and often the resource fork.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "volume/walk_base.h"

namespace limier::volume {

inline constexpr std::string_view kDecmpfsName = "com.apple.decmpfs";
inline constexpr std::uint32_t kFlagCompressed = 0x20;           // UF_COMPRESSED, sys/stat.h of macOS
inline constexpr std::uint32_t kFlagDataless = 0x40000000;       // SF_DATALESS
inline constexpr std::size_t kMaxDecmpfsAttribute = 256u << 10;  // the system itself writes less than 4 KiB

struct Decmpfs {
  std::uint32_t type = 0;
  std::uint64_t size_bytes = 0;  // of the content
};
// None when the attribute is none of that kind.
std::optional<Decmpfs> parse_decmpfs(Bytes attribute);

// Why content of the type is not read; "" when it is.
std::string why_not_decoded(const Decmpfs& header);
// Whether the compressed bytes stand in the resource fork, not in the attribute.
bool is_in_fork(const Decmpfs& header);

struct ForkBytes {
  std::uint64_t size_bytes = 0;
  // False when not all of `out` can be had at `fork_offset`.
  std::function<bool(std::uint64_t fork_offset, MutableBytes out)> read;
};
// The content in order; false when it cannot be decoded to its end. When `consume` fails, `consumed` says so.
bool decode_decmpfs(Bytes attribute, const ForkBytes& fork, const Consumer& consume, Status& consumed);

}  // namespace limier::volume
