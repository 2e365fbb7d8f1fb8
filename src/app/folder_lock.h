// One run at a time in a case folder: a triage, or a command that writes reports, audit log or manifest again.
#pragma once

#include <atomic>
#include <chrono>
#include <string>

#include "limier/base.h"

namespace limier::app {

// flock on the folder itself: no file of ours lies about, and the lock goes with the process, however that ends.
class FolderLock {
 public:
  // kRefused while another process holds it. A file system without such locks (some network ones) is no reason to
  // refuse: held() is then false, and SQLite's own lock on the index stays the guard.
  static Result<FolderLock> take(const std::string& dir);
  // The same, but waits for the other as long as `patience`; kInterrupted when `stop` is set meanwhile. For work of a
  // moment, of which several may be begun at once.
  static Result<FolderLock> wait_for(const std::string& dir, std::chrono::milliseconds patience,
                                     const std::atomic<int>& stop);
  [[nodiscard]] bool held() const { return held_; }

 private:
  FolderLock(UniqueFd fd, bool held) : fd_(std::move(fd)), held_(held) {}
  UniqueFd fd_;
  bool held_ = false;
};

}  // namespace limier::app
