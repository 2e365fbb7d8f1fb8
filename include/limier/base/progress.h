// Progress of long work. The library only counts; src/cli draws.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "limier/base/times.h"

namespace limier {

// A finding of priority high or above that is known while the run still reads. It is news, not a result: what is read
// later may withdraw it, and the list of findings is the index's.
struct FindingNews {
  std::string key, priority, title;
  std::string reason;  // quotes evidence
  TimeNs t;            // time of the subject
  bool provisional = true;
  bool withdrawn = false;  // what was said under this key no longer holds; only the key counts then
  std::string exhibit{};   // where it is from, in a batch
};

// Called from one thread (the supervisor's).
class Progress {
 public:
  virtual ~Progress() = default;
  // `total` 0: not known in advance. `unit`: "bytes", "files".
  virtual void stage_started(std::string_view stage, std::uint64_t total, std::string_view unit) = 0;
  virtual void advanced(std::uint64_t done) = 0;  // absolute, within the stage
  virtual void stage_ended() = 0;
  // One sentence for the operator (a worker was restarted, a segment is damaged). Never a fact only said here.
  virtual void note(std::string_view message) = 0;
  // At any time, between stages too.
  virtual void finding(const FindingNews&) {}
};

class NoProgress final : public Progress {
 public:
  void stage_started(std::string_view, std::uint64_t, std::string_view) override {}
  void advanced(std::uint64_t) override {}
  void stage_ended() override {}
  void note(std::string_view) override {}
};

}  // namespace limier
