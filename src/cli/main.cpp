// The program: signals and the last catch. All else is in run().
#include <signal.h>

#include <atomic>
#include <exception>
#include <new>
#include <string>

#include "limier/cli.h"

namespace {

// A signal handler has no other way to tell anyone.
std::atomic<int> g_stop_signal{0};  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may only touch lock-free atomics");

extern "C" void remember_signal(int signal_number) {
  g_stop_signal.store(signal_number, std::memory_order_relaxed);
}

void install_signals() {
  struct sigaction action {};
  action.sa_handler = remember_signal;
  sigemptyset(&action.sa_mask);
  // No SA_RESTART: a wait for a worker ends at once, so that Ctrl-C is seen.
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  // A reader that goes away is seen as EPIPE by whoever writes.
  action.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &action, nullptr);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    install_signals();
    return limier::cli::run(argc, argv, g_stop_signal);
  } catch (const std::bad_alloc&) {
    limier::cli::complain("out of memory");
  } catch (const std::exception& error) {
    limier::cli::complain(std::string("internal error: ") + error.what());
  } catch (...) {
    limier::cli::complain("internal error");
  }
  return limier::cli::kExitInternal;
}
