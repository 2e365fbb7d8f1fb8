// What every worker's main does around its work.
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>
#include <exception>
#include <new>

#include "limier/worker.h"

namespace limier::worker {
namespace {

// Out of memory, the kernel is to take a worker and not the supervisor. Best effort.
void volunteer_for_the_oom_killer() {
  const UniqueFd fd(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
  if (fd && ::write(fd.get(), "500", 3) != 3) return;
}

Status without_exceptions(const char* program, Status (*work)(const WorkerContext&), const WorkerContext& context) {
  try {
    return work(context);
  } catch (const std::bad_alloc&) {
    return Error{ErrorKind::kInternal, std::string(program) + " ran out of the memory it may use"};
  } catch (const std::exception& error) {
    return Error{ErrorKind::kInternal, std::string(program) + ": " + error.what()};
  }
}

}  // namespace

int run_worker(const char* program, Status (*work)(const WorkerContext&)) {
  const auto context = attach();
  if (!context) {
    std::fprintf(stderr, "%s: %s\n", program, context.error().message.c_str());
    return 2;
  }
  const Status status = without_exceptions(program, work, *context);
  if (status.ok()) return 0;
  (void)context->channel->send(FrameType::kFailed,
                               WorkerError{.kind = status.error().kind, .message = status.error().message});
  return 1;
}

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
