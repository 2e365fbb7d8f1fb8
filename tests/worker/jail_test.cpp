// Each forbidden call is tried in a jailed child, which must be killed for it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "limier/worker.h"

namespace limier::worker {
namespace {

#if !defined(LIMIER_SANITIZED)
constexpr int kJailed = 40;

int status_of_jailed(const std::function<void()>& attempt, bool threads) {
  const pid_t pid = fork();
  if (pid == 0) {
    auto report = enter_jail({1ull << 32, threads});
    if (!report.ok() || !report->seccomp) _exit(99);
    attempt();
    _exit(kJailed);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  return status;
}
#endif

// The sanitizers' run-time cannot work in the jail.
#if !defined(LIMIER_SANITIZED)
TEST(Jail, LetsOrdinaryWorkPass) {
  const int status = status_of_jailed(
      [] {
        std::vector<char> memory(64u << 20, 'x');
        if (memory[5] != 'x') _exit(1);
      },
      false);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), kJailed);
}

TEST(Jail, KillsWhatReachesOutside) {
  const std::vector<std::pair<const char*, std::function<void()> > > attempts{
      {"open", [] { (void)!::open("/etc/passwd", O_RDONLY); }},
      {"create", [] { (void)!::open("/tmp/limier-jail-test", O_CREAT | O_WRONLY, 0600); }},
      {"socket", [] { (void)!::socket(AF_INET, SOCK_STREAM, 0); }},
      {"exec", [] { (void)!::execl("/bin/true", "true", nullptr); }},
      {"fork", [] { (void)!fork(); }},
      {"stat",
       [] {
         struct stat info;
         (void)!::stat("/etc/passwd", &info);
       }},
      {"unlink", [] { (void)!::unlink("/tmp/limier-none"); }},
      {"kill", [] { (void)!::kill(getppid(), 0); }},
      {"executable memory",
       [] { (void)!mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }},
      {"truncate", [] { (void)!::truncate("/tmp/limier-none", 0); }},
      {"chdir", [] { (void)!::chdir("/"); }},
  };
  for (const bool threads : {false, true}) {
    for (const auto& [name, attempt] : attempts) {
      const int status = status_of_jailed(attempt, threads);
      EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) << name << " status " << status;
    }
  }
}
#endif

}  // namespace
}  // namespace limier::worker
