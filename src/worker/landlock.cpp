// Source: Documentation/userspace-api/landlock.rst of Linux 6.12, "Previous limitations". Debian 12's headers know only
// the first versions, so the bits of the later ones are written out here.
#include "worker/landlock.h"

#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "limier/base.h"

namespace limier::worker {
namespace {

constexpr std::uint64_t kFirstVersion = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;  // execute … make_sym
constexpr std::uint64_t kRefer = 1ull << 13;                                     // ABI 2
constexpr std::uint64_t kTruncate = 1ull << 14;                                  // ABI 3
constexpr std::uint64_t kBindAndConnectTcp = 3;                                  // ABI 4
constexpr std::uint64_t kIoctlDevice = 1ull << 15;                               // ABI 5
constexpr std::uint64_t kAbstractSocketsAndSignals = 3;                          // ABI 6

}  // namespace

LandlockRights landlock_rights(int abi) {
  LandlockRights rights;
  if (abi < 1) return rights;
  rights.file_system = kFirstVersion;
  if (abi >= 2) rights.file_system |= kRefer;
  if (abi >= 3) rights.file_system |= kTruncate;
  if (abi >= 4) rights.network = kBindAndConnectTcp;
  if (abi >= 5) rights.file_system |= kIoctlDevice;
  if (abi >= 6) rights.scoped = kAbstractSocketsAndSignals;
  return rights;
}

std::size_t landlock_rights_size(int abi) {
  if (abi >= 6) return sizeof(LandlockRights);
  return abi >= 4 ? 2 * sizeof(std::uint64_t) : sizeof(std::uint64_t);
}

int close_paths() {
  const auto abi =
      static_cast<int>(syscall(SYS_landlock_create_ruleset, nullptr, std::size_t{0}, LANDLOCK_CREATE_RULESET_VERSION));
  if (abi < 1) return 0;
  const LandlockRights rights = landlock_rights(abi);
  const UniqueFd fd(
      static_cast<int>(syscall(SYS_landlock_create_ruleset, &rights, landlock_rights_size(abi), std::uint32_t{0})));
  if (!fd) return 0;
  return syscall(SYS_landlock_restrict_self, fd.get(), std::uint32_t{0}) == 0 ? abi : 0;
}

}  // namespace limier::worker
