// Progress on standard error, in the four forms of --progress.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "limier/base/progress.h"

namespace limier::cli {

// What all forms draw from.
struct StageState {
  std::string stage, unit;
  std::uint64_t total = 0;  // 0: not known
  std::uint64_t done = 0;
  double seconds = 0;                 // since the stage began
  [[nodiscard]] double rate() const;  // units a second; 0 when too early to tell
  // Seconds left; negative when nobody can tell.
  [[nodiscard]] double seconds_left() const;
};

// "reading   [=====>      ]  42 %  123.4 MiB/s  0:12 left", never wider than `width`.
std::string render_bar(const StageState& state, std::size_t width);
std::string render_plain(const StageState& state);
std::string render_json(const StageState& state);  // the keys of the contract
// One line of news, without its end: for people, and in the contract's form.
std::string news_plain(const FindingNews& news);
std::string news_json(const FindingNews& news);
std::string clock_text(double seconds);  // "0:12", "1:02:03"

// `mode`: auto, bar, plain, json, none. auto draws a bar on a terminal and plain lines elsewhere.
// `quiet` means none, whatever the mode but json, which was asked for by a program.
std::unique_ptr<Progress> make_progress(std::string_view mode, bool quiet, int fd);

}  // namespace limier::cli
