// Landlock, the kernel's own confinement of a process to named paths. A worker is granted none.
#pragma once

#include <cstddef>
#include <cstdint>

namespace limier::worker {

// What a ruleset handles; all of it is then denied, since no rule grants anything back. Laid out as struct
// landlock_ruleset_attr of Linux 6.12 (include/uapi/linux/landlock.h), of which older kernels know a prefix.
struct LandlockRights {
  std::uint64_t file_system = 0;
  std::uint64_t network = 0;
  std::uint64_t scoped = 0;
  friend bool operator==(const LandlockRights&, const LandlockRights&) = default;
};

inline constexpr int kLatestLandlock = 6;  // the last version that brought new rights

// Everything that version `abi` of the interface can forbid. An `abi` beyond those known here gets what is known.
LandlockRights landlock_rights(int abi);
// How many bytes of LandlockRights a kernel of that version reads.
std::size_t landlock_rights_size(int abi);

// Shuts every path, TCP port and outside process to the calling thread and its future threads; needs no_new_privs.
// Returns the version of the interface, 0 when this kernel has none or refuses.
int close_paths();

}  // namespace limier::worker
