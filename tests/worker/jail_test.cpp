// Each forbidden call is tried in a jailed child of its own, which must be killed for it.
#include "worker/landlock.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/landlock.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <thread>

#include "limier/worker.h"

namespace limier::worker {
namespace {

TEST(Landlock, ForbidsAllThatTheKernelsVersionKnows) {
  EXPECT_EQ(landlock_rights(0), LandlockRights{});
  EXPECT_EQ(landlock_rights(1), (LandlockRights{0x1fff, 0, 0}));
  EXPECT_EQ(landlock_rights(2), (LandlockRights{0x3fff, 0, 0}));  // Debian 12: truncate is seccomp's business
  EXPECT_EQ(landlock_rights(3), (LandlockRights{0x7fff, 0, 0}));
  EXPECT_EQ(landlock_rights(4), (LandlockRights{0x7fff, 3, 0}));
  EXPECT_EQ(landlock_rights(5), (LandlockRights{0xffff, 3, 0}));
  EXPECT_EQ(landlock_rights(6), (LandlockRights{0xffff, 3, 3}));
  EXPECT_EQ(landlock_rights(99), landlock_rights(6));
}

// A kernel refuses a structure with bits behind what it knows, so each is given no more than its own.
TEST(Landlock, SpeaksToEachKernelInItsOwnSize) {
  EXPECT_EQ(landlock_rights_size(1), 8u);
  EXPECT_EQ(landlock_rights_size(3), 8u);
  EXPECT_EQ(landlock_rights_size(4), 16u);
  EXPECT_EQ(landlock_rights_size(6), 24u);
}

TEST(SandboxReport, NamesWhatTheKernelLacks) {
  EXPECT_EQ(jail_notice({true, 7}), "");
  EXPECT_NE(jail_notice({true, 2}).find("version 2"), std::string::npos);
  EXPECT_NE(jail_notice({true, 0}).find("no Landlock"), std::string::npos);
  EXPECT_NE(jail_notice({false, 0}).find("without a jail"), std::string::npos);
}

// The sanitizers' run-time cannot work in the jail.
#if !defined(LIMIER_SANITIZED)
constexpr int kJailed = 40;
constexpr std::uint64_t kMemory = 1ull << 32;

int status_of_jailed(const std::function<void()>& attempt, bool threads) {
  const pid_t pid = fork();
  if (pid == 0) {
    auto report = enter_jail({kMemory, threads});
    if (!report.ok() || !report->seccomp) _exit(99);
    attempt();
    _exit(kJailed);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  return status;
}

// Calls go to the kernel as they are: the C library might refuse, or take another one.
std::function<void()> call(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0) {
  return [=] { (void)!syscall(number, a, b, c, d, e); };
}
long address(const void* pointer) {
  return reinterpret_cast<long>(pointer);
}

struct Attempt {
  const char* name;
  std::function<void()> run;
  // How it ends is the kernel's: one without the 32-bit interface sends SIGSEGV. What counts is that it does not
  // succeed.
  bool any_end = false;
};

std::vector<Attempt> paths() {
  static const char* const kFile = "/etc/passwd";
  static const char* const kNew = "/tmp/limier-jail-test";
  static struct stat info;
  static std::uint64_t how[3] = {};
  const long file = address(kFile), fresh = address(kNew);
  return {
      {"open", call(SYS_open, file, O_RDONLY)},
      {"open to create", call(SYS_open, fresh, O_CREAT | O_WRONLY, 0600)},
      {"openat", call(SYS_openat, AT_FDCWD, file, O_RDONLY)},
      {"openat2", call(SYS_openat2, AT_FDCWD, file, address(how), sizeof(how))},
      {"creat", call(SYS_creat, fresh, 0600)},
      {"stat", call(SYS_stat, file, address(&info))},
      {"newfstatat", call(SYS_newfstatat, AT_FDCWD, file, address(&info))},
      {"unlink", call(SYS_unlink, fresh)},
      {"rename", call(SYS_rename, fresh, fresh)},
      {"mkdir", call(SYS_mkdir, fresh, 0700)},
      {"symlink", call(SYS_symlink, file, fresh)},
      {"link", call(SYS_link, file, fresh)},
      {"truncate", call(SYS_truncate, fresh)},
      {"ftruncate", call(SYS_ftruncate, 1)},
      {"chmod", call(SYS_chmod, file, 0644)},
      {"chdir", call(SYS_chdir, address("/"))},
      {"chroot", call(SYS_chroot, address("/"))},
      {"mount", call(SYS_mount, address("none"), address("/tmp"), address("tmpfs"))},
      {"getdents64", call(SYS_getdents64, 0)},
      {"memfd_create", call(SYS_memfd_create, address("x"))},
      {"dup", call(SYS_dup, 1)},
      {"fcntl", call(SYS_fcntl, 1, F_DUPFD, 0)},
  };
}

std::vector<Attempt> processes() {
  static const char* const kProgram = "/bin/true";
  static char* const kNone[] = {nullptr};
  static clone_args fork_like = [] {
    clone_args arguments{};
    arguments.exit_signal = SIGCHLD;
    return arguments;
  }();
  return {
      {"execve", call(SYS_execve, address(kProgram), address(kNone), address(kNone))},
      {"execveat", call(SYS_execveat, AT_FDCWD, address(kProgram), address(kNone), address(kNone))},
      {"fork", call(SYS_fork)},
      {"vfork", call(SYS_vfork)},
      {"clone of a process", call(SYS_clone, SIGCHLD)},
      {"clone with shared memory", call(SYS_clone, CLONE_VM | SIGCHLD)},
      {"clone3", call(SYS_clone3, address(&fork_like), sizeof(fork_like))},
      {"kill", call(SYS_kill, getpid())},
      {"tgkill of another process", call(SYS_tgkill, getpid(), getpid())},
      {"ptrace", call(SYS_ptrace, 0)},
      {"process_vm_readv", call(SYS_process_vm_readv, getpid())},
      {"pidfd_open", call(SYS_pidfd_open, getpid())},
      {"unshare", call(SYS_unshare, CLONE_NEWUSER)},
      {"setns", call(SYS_setns, 0)},
      {"setuid", call(SYS_setuid, 0)},
      {"prctl", call(SYS_prctl, PR_SET_DUMPABLE, 1)},
      {"seccomp", call(SYS_seccomp, 1)},
      {"setrlimit", call(SYS_setrlimit, RLIMIT_AS)},
      {"prlimit64", call(SYS_prlimit64, 0, RLIMIT_AS)},
      {"personality", call(SYS_personality, 0x0400000)},
  };
}

std::vector<Attempt> kernel() {
  static msghdr message{};
  return {
    {"socket", call(SYS_socket, AF_INET, SOCK_STREAM)}, {"socketpair", call(SYS_socketpair, AF_UNIX, SOCK_STREAM)},
        {"connect", call(SYS_connect, kChannelFd)},
        {"sendmsg, which can pass descriptors", call(SYS_sendmsg, kChannelFd, address(&message))},
        {"recvmsg, which can take descriptors", call(SYS_recvmsg, kChannelFd, address(&message))},
        {"ioctl", call(SYS_ioctl, 0, 0x5401)}, {"bpf", call(SYS_bpf, 0)},
        {"io_uring_setup", call(SYS_io_uring_setup, 8)}, {"userfaultfd", call(SYS_userfaultfd, 0)},
        {"perf_event_open", call(SYS_perf_event_open, 0)}, {"keyctl", call(SYS_keyctl, 0)},
        {"shmget", call(SYS_shmget, 0, 4096, 0600)}, {"uname", call(SYS_uname, 0)},
        {"mmap of executable memory",
         [] { (void)!mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }},
        {"mprotect to executable",
         [] {
           void* page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
           (void)!mprotect(page, 4096, PROT_READ | PROT_EXEC);
         }},
#if defined(__x86_64__)
        {"a call by its x32 number", call(0x40000000 + SYS_getpid), true},
        {"a call of the 32-bit interface",
         [] {
           long result = 20;  // getpid there
           asm volatile("int $0x80" : "+a"(result) : : "memory");
         },
         true},
#endif
  };
}

TEST(Jail, KillsWhatReachesOutside) {
  std::size_t tried = 0;
  for (const bool threads : {false, true}) {
    for (const auto& list : {paths(), processes(), kernel()}) {
      for (const auto& [name, attempt, any_end] : list) {
        // Its flags are out of a filter's sight, so threads are told that it does not exist, and take clone.
        if (threads && std::string_view(name) == "clone3") continue;
        const int status = status_of_jailed(attempt, threads);
        if (any_end)
          EXPECT_FALSE(WIFEXITED(status) && WEXITSTATUS(status) == kJailed) << name << " status " << status;
        else
          EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) << name << " status " << status;
        ++tried;
      }
    }
  }
  EXPECT_GE(tried, 2 * 30u);
}

TEST(Jail, LandlockIsThereWhereTheKernelHasIt) {
  const auto version =
      static_cast<int>(syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION));
  const pid_t pid = fork();
  if (pid == 0) {
    const auto report = enter_jail({kMemory, false});
    _exit(report.ok() ? report->landlock_abi : 99);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), std::max(version, 0));
}

int exit_of_jailed(const std::function<void()>& attempt, bool threads) {
  const int status = status_of_jailed(attempt, threads);
  EXPECT_TRUE(WIFEXITED(status)) << status;
  return WEXITSTATUS(status);
}

TEST(Jail, LetsOrdinaryWorkPass) {
  const auto work = [] {
    std::vector<char> memory(64u << 20, 'x');
    if (memory[5] != 'x') _exit(1);
    // Reading ahead on what is open already.
    (void)posix_fadvise(STDIN_FILENO, 0, 4096, POSIX_FADV_WILLNEED);
  };
  EXPECT_EQ(exit_of_jailed(work, false), kJailed);
  EXPECT_EQ(exit_of_jailed(work, true), kJailed);
}

TEST(Jail, ThreadsStartWhereTheyAreAllowedAndNowhereElse) {
  const auto start = [] { std::thread([] {}).join(); };
  EXPECT_EQ(exit_of_jailed(start, true), kJailed);
  EXPECT_EQ(exit_of_jailed(
                [] {
                  if (syscall(SYS_clone3, nullptr, 0) != -1 || errno != ENOSYS) _exit(1);
                },
                true),
            kJailed);
  const int status = status_of_jailed(start, false);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) << status;
}

// What the limits say cannot be asked inside; they are read where they are about to be closed in.
TEST(Jail, LimitsAreTaken) {
  const pid_t pid = fork();
  if (pid == 0) {
    setenv("LIMIER_NO_SANDBOX", "1", 1);  // limits without the filter, which forbids asking
    if (!enter_jail({kMemory, false}).ok()) _exit(99);
    const auto limit = [](int resource) {
      rlimit value{};
      getrlimit(static_cast<__rlimit_resource>(resource), &value);
      return value.rlim_max;
    };
    if (limit(RLIMIT_CORE) != 0 || limit(RLIMIT_FSIZE) != 0 || limit(RLIMIT_MEMLOCK) != 0) _exit(1);
    if (limit(RLIMIT_AS) != kMemory || limit(RLIMIT_STACK) != 8u << 20 || limit(RLIMIT_NPROC) != 0) _exit(2);
    if (prctl(PR_GET_DUMPABLE) != 0) _exit(3);
    if (::dup(0) != -1 || errno != EMFILE) _exit(4);
    _exit(kJailed);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), kJailed);
}

TEST(Jail, MemoryBeyondTheLimitIsRefused) {
  EXPECT_EQ(exit_of_jailed(
                [] {
                  if (mmap(nullptr, kMemory, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
                    _exit(1);
                },
                false),
            kJailed);
}
#endif

}  // namespace
}  // namespace limier::worker
