// Confinement of a worker. Order matters: the process makes itself undumpable, then Landlock (which needs
// no_new_privs), then the limits, then seccomp, which forbids all of the former.
#include <fcntl.h>
#include <malloc.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "limier/worker.h"
#include "worker/landlock.h"

namespace limier::worker {
namespace {

using SeccompFilter = std::unique_ptr<void, CloseWith<seccomp_release>>;

void limit(int resource, rlim_t value) {
  const rlimit both{value, value};
  setrlimit(static_cast<__rlimit_resource>(resource), &both);
}

// More than any step needs: paths are kept in memory of their own, nothing here is recursive.
constexpr rlim_t kStackBytes = 8u << 20;

void take_limits([[maybe_unused]] const JailLimits& limits) {
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, 0);
  limit(RLIMIT_MEMLOCK, 0);
  limit(RLIMIT_MSGQUEUE, 0);
  limit(RLIMIT_STACK, kStackBytes);
  // The worker keeps the descriptors it was started with; the next one the kernel would give is already too many.
  if (const int next = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0); next >= 0) {
    ::close(next);
    limit(RLIMIT_NOFILE, static_cast<rlim_t>(next));
  }
  if (!limits.threads) limit(RLIMIT_NPROC, 0);
#if !defined(LIMIER_SANITIZED)
  limit(RLIMIT_AS, limits.address_space_bytes);
#endif
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
  if (!allow(filter, SCMP_SYS(fadvise64))) return false;  // reading ahead on descriptors that are open already
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
  // Calls by the numbers of another architecture (32 bit, x32) would otherwise end one thread only.
  return filter && seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0 &&
         add_rules(filter.get(), threads) && seccomp_load(filter.get()) == 0;
}

}  // namespace

bool sandbox_wanted() {
  return std::getenv("LIMIER_NO_SANDBOX") == nullptr;
}

std::string jail_notice(const SandboxReport& report) {
  if (!report.seccomp) return "evidence was parsed without a jail";
  if (report.landlock_abi < 1)
    return "this kernel has no Landlock: the jail of the workers rests on seccomp and resource limits alone";
  if (landlock_rights(report.landlock_abi) == landlock_rights(kLatestLandlock)) return {};
  return "this kernel has version " + std::to_string(report.landlock_abi) +
         " of Landlock: what later versions forbid is left to seccomp alone";
}

Result<SandboxReport> enter_jail(const JailLimits& limits) {
  SandboxReport report;
  prctl(PR_SET_DUMPABLE, 0);
  // glibc's malloc opens /sys to count processors when a thread needs an arena of its own, and /proc when it shrinks
  // one; either would be killed. The main arena does neither.
  mallopt(M_ARENA_MAX, 1);
#if defined(LIMIER_SANITIZED)
  // The sanitizers' run-time opens files and maps memory in ways no allow-list for production can grant.
  take_limits(limits);
  return report;
#else
  if (!sandbox_wanted()) {
    take_limits(limits);
    return report;
  }
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return Error{ErrorKind::kRefused,
                 "this system does not let a worker give up privileges (no_new_privs), so evidence cannot be parsed in "
                 "a jail; --no-sandbox goes on without one, and every report says so"};
  report.landlock_abi = close_paths();  // needs a descriptor for a moment, so before the limits
  take_limits(limits);
  report.seccomp = close_system_calls(limits.threads);
  if (!report.seccomp)
    return Error{
        ErrorKind::kRefused,
        "this system has no seccomp filter, so evidence cannot be parsed in a jail; --no-sandbox goes on without one, "
        "and every report says so"};
  return report;
#endif
}

}  // namespace limier::worker
