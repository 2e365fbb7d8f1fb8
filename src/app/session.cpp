#include "app/session.h"

#include <fmt/format.h>
#include <signal.h>
#include <string.h>

#include <algorithm>

#include "app/crew.h"

namespace limier::app {
namespace {

constexpr std::uint64_t kRowBytesFloor = 64ull << 20;
constexpr std::uint64_t kSmallVolume = 1ull << 30;
constexpr std::uint64_t kRowBytesPerByte = 8;  // of a small volume: FAT entries of 32 bytes become rows of 200

std::string signal_words(int signal) {
  if (signal == SIGSYS) return "the jail, for a system call that is not allowed,";
  const char* name = sigabbrev_np(signal);
  return fmt::format("signal {} ({})", signal, name != nullptr ? name : "unknown");
}

}  // namespace

bool Ending::died() const {
  return kind == EndingKind::kCrashed || kind == EndingKind::kStalled || kind == EndingKind::kOverTime ||
         kind == EndingKind::kOverMemory || kind == EndingKind::kMisbehaved ||
         (kind == EndingKind::kFailed && error.kind == ErrorKind::kInternal);
}

bool Ending::killed_from_outside() const {
  return kind == EndingKind::kCrashed && exit.signalled && exit.code == SIGKILL;
}

std::string Ending::sentence(std::string where) const {
  if (where.empty()) where = fmt::format("at item {}", item);
  switch (kind) {
    case EndingKind::kFinished:
      return "finished";
    case EndingKind::kFailed:
      return error.message;
    case EndingKind::kCrashed:
      return exit.signalled ? fmt::format("the worker was ended by {} {}", signal_words(exit.code), where)
                            : fmt::format("the worker ended by itself with status {} {}", exit.code, where);
    case EndingKind::kStalled:
      return fmt::format("the worker made no progress and was ended {}", where);
    case EndingKind::kOverTime:
      return fmt::format("the worker took longer than what it has read and found accounts for and was ended {}", where);
    case EndingKind::kOverMemory:
      return fmt::format("the worker used more memory than it may and was ended {}", where);
    case EndingKind::kMisbehaved:
      return fmt::format("the worker was ended {}: {}", where, error.message);
    case EndingKind::kInterrupted:
      return "interrupted";
  }
  return {};
}

std::string Ending::cause() const {
  switch (kind) {
    case EndingKind::kFinished:
    case EndingKind::kInterrupted:
      return {};
    case EndingKind::kCrashed:
      if (!exit.signalled) return fmt::format("exit status {}", exit.code);
      return exit.code == SIGSYS ? "forbidden system call" : signal_words(exit.code);
    case EndingKind::kStalled:
      return verdict == WatchVerdict::kItemTooLong ? "one item for too long" : "no sign of life";
    case EndingKind::kOverTime:
      return "too long for what it has read and found";
    case EndingKind::kOverMemory:
      return "too much memory";
    case EndingKind::kFailed:
    case EndingKind::kMisbehaved:
      return error.message;
  }
  return {};
}

std::uint64_t max_row_bytes(std::uint64_t bytes) {
  const std::uint64_t small = std::min(bytes, kSmallVolume);
  return kRowBytesFloor + kRowBytesPerByte * small + (bytes - small) / 2;
}

Result<Ending> run_session(const Session& session, const EvidenceSet& evidence, const std::atomic<int>& stop_signal) {
  return Crew(evidence, stop_signal).run(session);
}

}  // namespace limier::app
