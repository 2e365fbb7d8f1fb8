// Whose a file is, by the folder it lies in: the user's own, the system's, or neither. A first sorting of long lists,
// no statement on who made a file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace limier::report {

enum class Keeper : std::uint8_t {
  kUser,    // where users keep things
  kSystem,  // what comes with the system and its programs
  kOther,   // all else: what programs keep for themselves, and folders that say nothing
};
inline constexpr std::size_t kKeepers = 3;

// A folder of a volume, from its root. Its parts are compared without regard to the case of ASCII letters; a part may
// end in `*`, which stands for any end of it. Of several that fit, the first in keeper_folders() decides.
struct KeeperFolder {
  std::string_view folder;
  Keeper keeper = Keeper::kOther;
};
std::span<const KeeperFolder> keeper_folders();

// Of a path as v_file has it: "/Users/Ann/Desktop/a.txt". What lies in a hidden folder of the user is kOther.
Keeper keeper_of(std::string_view path);

}  // namespace limier::report
