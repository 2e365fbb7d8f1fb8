// Progress of long work. The library only counts; src/cli draws.
#pragma once

#include <cstdint>
#include <string_view>

namespace limier {

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
};

class NoProgress final : public Progress {
 public:
  void stage_started(std::string_view, std::uint64_t, std::string_view) override {}
  void advanced(std::uint64_t) override {}
  void stage_ended() override {}
  void note(std::string_view) override {}
};

}  // namespace limier
