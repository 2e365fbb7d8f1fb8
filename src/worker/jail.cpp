// Confinement of a worker. Order matters: the process makes itself undumpable and takes its limits first, then Landlock
// (which needs no_new_privs), then seccomp, which forbids all of the former.
#include <fcntl.h>
#include <linux/landlock.h>
#include <malloc.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "limier/worker.h"

namespace limier::worker {
namespace {

using SeccompFilter = std::unique_ptr<void, CloseWith<seccomp_release>>;

// Spare descriptor numbers that poll() and the run-time library may count on; none can be opened anyway.
constexpr rlim_t kSpareDescriptors = 32;

void limit(int resource, rlim_t value) {
  const rlimit both{value, value};
  setrlimit(static_cast<__rlimit_resource>(resource), &both);
}

void take_limits([[maybe_unused]] const JailLimits& limits) {
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, 0);
  rlimit descriptors{};
  if (getrlimit(RLIMIT_NOFILE, &descriptors) == 0) {
    const int next = fcntl(kChannelFd, F_DUPFD_CLOEXEC, 0);
    if (next >= 0) {
      ::close(next);
      limit(RLIMIT_NOFILE, static_cast<rlim_t>(next) + kSpareDescriptors);
    }
  }
  if (!limits.threads) limit(RLIMIT_NPROC, 0);
#if !defined(LIMIER_SANITIZED)
  limit(RLIMIT_AS, limits.address_space_bytes);
#endif
}

// 0: this kernel has no Landlock. Every right the kernel knows is handled and none is granted to any path.
[[maybe_unused]] int close_paths() {
  const auto abi =
      static_cast<int>(syscall(SYS_landlock_create_ruleset, nullptr, std::size_t{0}, LANDLOCK_CREATE_RULESET_VERSION));
  if (abi < 1) return 0;
  landlock_ruleset_attr rules{};
  rules.handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;           // ABI 1
  if (abi >= 2) rules.handled_access_fs |= LANDLOCK_ACCESS_FS_MAKE_SYM << 1;  // refer
  if (abi >= 3) rules.handled_access_fs |= LANDLOCK_ACCESS_FS_MAKE_SYM << 2;  // truncate
  const UniqueFd fd(static_cast<int>(
      syscall(SYS_landlock_create_ruleset, &rules, sizeof(rules.handled_access_fs), std::uint32_t{0})));
  if (!fd) return 0;
  return syscall(SYS_landlock_restrict_self, fd.get(), std::uint32_t{0}) == 0 ? abi : 0;
}

bool allow(void* filter, int call) {
  return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0) == 0;
}

// `call` only where its argument number `argument` passes the comparison.
bool allow_if(void* filter, int call, unsigned argument, scmp_compare compare, scmp_datum_t a, scmp_datum_t b = 0) {
  const scmp_arg_cmp condition{argument, compare, a, b};
  return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, 1, &condition) == 0;
}

bool add_rules(void* filter, bool threads) {
  for (const int call : {SCMP_SYS(read),
                         SCMP_SYS(pread64),
                         SCMP_SYS(write),
                         SCMP_SYS(lseek),
                         SCMP_SYS(poll),
                         SCMP_SYS(ppoll),
                         SCMP_SYS(brk),
                         SCMP_SYS(munmap),
                         SCMP_SYS(mremap),
                         SCMP_SYS(madvise),
                         SCMP_SYS(futex),
                         SCMP_SYS(exit),
                         SCMP_SYS(exit_group),
                         SCMP_SYS(rt_sigreturn),
                         SCMP_SYS(rt_sigprocmask),
                         SCMP_SYS(clock_gettime),
                         SCMP_SYS(clock_nanosleep),
                         SCMP_SYS(getrandom),
                         SCMP_SYS(sched_yield),
                         SCMP_SYS(gettid),
                         SCMP_SYS(getpid),
                         SCMP_SYS(close),
                         SCMP_SYS(restart_syscall)})
    if (!allow(filter, call)) return false;
  // Memory may be mapped and protected, never made executable.
  for (const int call : {SCMP_SYS(mmap), SCMP_SYS(mprotect)})
    if (!allow_if(filter, call, 2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) return false;
  // abort() signals its own process, which keeps the cause of a crash visible to the supervisor.
  if (!allow_if(filter, SCMP_SYS(tgkill), 0, SCMP_CMP_EQ, static_cast<scmp_datum_t>(getpid()))) return false;
  if (!threads) return true;
  // clone3 hides its flags from the filter; without it glibc falls back to clone, whose flags can be checked.
  if (seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) != 0) return false;
  if (!allow_if(filter, SCMP_SYS(clone), 0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD)) return false;
  // glibc's first pthread_create installs its own signal handlers (rt_sigaction).
  for (const int call :
       {SCMP_SYS(rt_sigaction), SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(sched_getaffinity)})
    if (!allow(filter, call)) return false;
  return true;
}

[[maybe_unused]] bool close_system_calls(bool threads) {
  const SeccompFilter filter(seccomp_init(SCMP_ACT_KILL_PROCESS));
  return filter && add_rules(filter.get(), threads) && seccomp_load(filter.get()) == 0;
}

}  // namespace

bool sandbox_wanted() {
  return std::getenv("LIMIER_NO_SANDBOX") == nullptr;
}

Result<SandboxReport> enter_jail(const JailLimits& limits) {
  SandboxReport report;
  prctl(PR_SET_DUMPABLE, 0);
  // glibc's malloc opens /sys to count processors when a thread needs an arena of its own, and /proc when it shrinks
  // one; either would be killed. The main arena does neither.
  mallopt(M_ARENA_MAX, 1);
  take_limits(limits);
#if defined(LIMIER_SANITIZED)
  // The sanitizers' run-time opens files and maps memory in ways no allow-list for production can grant.
  return report;
#else
  if (!sandbox_wanted()) return report;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return Error{ErrorKind::kInternal, "this system does not let a worker give up privileges (no_new_privs)"};
  report.landlock_abi = close_paths();
  report.seccomp = close_system_calls(limits.threads);
  if (!report.seccomp)
    return Error{
        ErrorKind::kInternal,
        "this system has no seccomp filter, so evidence cannot be parsed in a jail; --no-sandbox goes on without one"};
  return report;
#endif
}

}  // namespace limier::worker
