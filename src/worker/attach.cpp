// The first thing a worker's main does.
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <ctime>

#include "limier/worker.h"

namespace limier::worker {
namespace {

// Out of memory, the kernel is to take a worker and not the supervisor. Best effort.
void volunteer_for_the_oom_killer() {
  const UniqueFd fd(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
  if (fd && ::write(fd.get(), "500", 3) != 3) return;
}

}  // namespace

Result<WorkerContext> attach() {
  // A terminal's Ctrl-C reaches the whole process group; the supervisor decides when its workers end.
  signal(SIGINT, SIG_IGN);
  signal(SIGTERM, SIG_IGN);
  signal(SIGPIPE, SIG_IGN);
  const pid_t supervisor = getppid();
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // Gone between the two calls: nobody would end this process any more.
  if (getppid() != supervisor) _exit(1);
  tzset();  // libtsk and libewf read the zone later, when files can no longer be opened
  volunteer_for_the_oom_killer();
  void* page = mmap(nullptr, sizeof(Journal), PROT_READ | PROT_WRITE, MAP_SHARED, kJournalFd, 0);
  if (page == MAP_FAILED || fcntl(kChannelFd, F_GETFD) < 0)
    return Error{ErrorKind::kUsage, "this program is a part of limier and is started by it; run limier instead"};
  return WorkerContext{std::make_unique<Channel>(UniqueFd(kChannelFd)), static_cast<Journal*>(page)};
}

}  // namespace limier::worker
