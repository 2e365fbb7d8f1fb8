#include "cli/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "cli/output.h"
#include "cli/rows.h"
#include "limier/base.h"

namespace limier::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kTooEarlySeconds = 0.2;
constexpr std::chrono::milliseconds kBarInterval{100};
constexpr std::chrono::milliseconds kJsonInterval{500};
constexpr std::chrono::seconds kPlainInterval{10};
constexpr std::size_t kDefaultWidth = 80;
constexpr std::size_t kStageWidth = 10;
constexpr std::size_t kWidestBar = 40;
constexpr std::size_t kNarrowestBar = 8;

std::string amount_text(const StageState& state, double amount) {
  const auto whole = static_cast<std::uint64_t>(std::max(amount, 0.0));
  if (state.unit == "bytes") return human_size(whole);
  return fmt::format("{} {}", group_digits(whole), state.unit);
}

std::string rate_text(const StageState& state) {
  return state.rate() > 0 ? amount_text(state, state.rate()) + "/s" : std::string();
}

std::uint64_t percent_of(const StageState& state) {
  if (state.total == 0) return 0;
  const double part = static_cast<double>(std::min(state.done, state.total)) / static_cast<double>(state.total);
  return static_cast<std::uint64_t>(part * 100);
}

std::size_t terminal_width(int fd) {
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return kDefaultWidth;
}

// Keeps the state and the clock; the forms differ in when and what they print.
class StageProgress : public Progress {
 public:
  StageProgress(int fd, std::chrono::milliseconds interval) : out_(fd), fd_(fd), interval_(interval) {}
  void stage_started(std::string_view stage, std::uint64_t total, std::string_view unit) override {
    state_ = StageState{std::string(stage), std::string(unit), total, 0, 0};
    began_ = Clock::now();
    last_ = began_;
    running_ = true;
    draw_start();
    out_.flush();
  }
  void advanced(std::uint64_t done) override {
    state_.done = done;
    const auto now = Clock::now();
    if (!running_ || now - last_ < interval_) return;
    last_ = now;
    tick(now);
    draw();
    out_.flush();
  }
  void stage_ended() override {
    if (!running_) return;
    running_ = false;
    tick(Clock::now());
    draw_end();
    out_.flush();
  }
  void note(std::string_view message) override {
    draw_note(message);
    out_.flush();
  }
  void finding(const FindingNews& news) override {
    draw_news(news);
    out_.flush();
  }

 protected:
  virtual void draw_start() = 0;
  virtual void draw() = 0;
  virtual void draw_end() = 0;
  virtual void draw_note(std::string_view message) = 0;
  virtual void draw_news(const FindingNews& news) { draw_note(news_plain(news)); }

  Output out_;
  int fd_;
  StageState state_;
  bool running_ = false;

 private:
  void tick(Clock::time_point now) { state_.seconds = std::chrono::duration<double>(now - began_).count(); }
  std::chrono::milliseconds interval_;
  Clock::time_point began_{}, last_{};
};

class BarProgress final : public StageProgress {
 public:
  explicit BarProgress(int fd) : StageProgress(fd, kBarInterval) {}
  // A run that is cut short (an error, Ctrl-C) must not leave half a bar before its last words.
  ~BarProgress() override { clear(); }

 private:
  void clear() {
    if (drawn_) out_.write("\r\x1B[K");
    drawn_ = false;
  }
  void draw_start() override { draw(); }
  void draw() override {
    // The last column stays free: some terminals wrap as soon as it is written.
    out_.write("\r" + render_bar(state_, terminal_width(fd_) - 1) + "\x1B[K");
    drawn_ = true;
  }
  void draw_end() override { clear(); }
  void draw_note(std::string_view message) override {
    clear();
    out_.write(fmt::format("limier: {}\n", terminal_text(message)));
    if (running_) draw();
  }
  bool drawn_ = false;
};

class PlainProgress final : public StageProgress {
 public:
  explicit PlainProgress(int fd) : StageProgress(fd, kPlainInterval) {}

 private:
  void draw_start() override {
    const std::string total = state_.total > 0 ? ", " + amount_text(state_, static_cast<double>(state_.total)) : "";
    out_.write(fmt::format("limier: {}{}\n", terminal_text(state_.stage), total));
  }
  void draw() override { out_.write(fmt::format("limier: {}\n", render_plain(state_))); }
  void draw_end() override {
    out_.write(fmt::format("limier: {}: done in {}\n", terminal_text(state_.stage), clock_text(state_.seconds)));
  }
  void draw_note(std::string_view message) override { out_.write(fmt::format("limier: {}\n", terminal_text(message))); }
};

class JsonProgress final : public StageProgress {
 public:
  explicit JsonProgress(int fd) : StageProgress(fd, kJsonInterval) {}

 private:
  void draw_start() override { draw(); }
  void draw() override { out_.write(render_json(state_) + "\n"); }
  void draw_end() override { draw(); }
  void draw_note(std::string_view message) override {
    out_.write(fmt::format("{{\"note\":{}}}\n", json_string(message)));
  }
  void draw_news(const FindingNews& news) override { out_.write(news_json(news) + "\n"); }
};

}  // namespace

double StageState::rate() const {
  return seconds < kTooEarlySeconds ? 0 : static_cast<double>(done) / seconds;
}

double StageState::seconds_left() const {
  if (total == 0 || rate() <= 0) return -1;
  return done >= total ? 0 : static_cast<double>(total - done) / rate();
}

std::string clock_text(double seconds) {
  const auto whole = static_cast<std::uint64_t>(std::llround(std::max(seconds, 0.0)));
  if (whole < 3600) return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

std::string render_bar(const StageState& state, std::size_t width) {
  const std::string stage = pad_right(terminal_text(state.stage), kStageWidth);
  std::string tail;
  if (state.total > 0) {
    tail = fmt::format("  {:>3} %", percent_of(state));
  } else {
    tail = "  " + amount_text(state, static_cast<double>(state.done));
  }
  const std::string rate = rate_text(state);
  if (!rate.empty()) tail += "  " + rate;
  if (state.seconds_left() >= 0) tail += fmt::format("  {} left", clock_text(state.seconds_left()));

  std::string line = stage;
  const std::size_t used = display_width(stage) + display_width(tail) + 3;
  if (state.total > 0 && used + kNarrowestBar <= width) {
    const std::size_t cells = std::min(width - used, kWidestBar);
    const std::size_t full = static_cast<std::size_t>(percent_of(state)) * cells / 100;
    std::string bar(full, '=');
    if (full < cells) bar += '>';
    line += " [" + pad_right(bar, cells) + "]";
  }
  line += tail;
  // What does not fit is cut at a character, so that the line never wraps.
  while (display_width(line) > width) {
    while (!line.empty() && (static_cast<unsigned char>(line.back()) & 0xC0u) == 0x80u) line.pop_back();
    if (!line.empty()) line.pop_back();
  }
  return line;
}

std::string render_plain(const StageState& state) {
  std::string line =
      fmt::format("{}: {}", terminal_text(state.stage), amount_text(state, static_cast<double>(state.done)));
  if (state.total > 0)
    line += fmt::format(" of {} ({} %)", amount_text(state, static_cast<double>(state.total)), percent_of(state));
  const std::string rate = rate_text(state);
  if (!rate.empty()) line += ", " + rate;
  if (state.seconds_left() >= 0) line += fmt::format(", {} left", clock_text(state.seconds_left()));
  return line;
}

std::string render_json(const StageState& state) {
  const double left = state.seconds_left();
  return fmt::format(R"({{"stage":{},"done":{},"total":{},"unit":{},"rate":{:.1f},"eta_s":{}}})",
                     json_string(state.stage), state.done, state.total > 0 ? std::to_string(state.total) : "null",
                     json_string(state.unit), state.rate(), left < 0 ? "null" : fmt::format("{:.1f}", left));
}

std::string news_plain(const FindingNews& news) {
  const std::string from = news.exhibit.empty() ? "" : fmt::format("exhibit '{}': ", news.exhibit);
  if (news.withdrawn) return fmt::format("{}finding withdrawn: {}", from, news.key);
  std::string line =
      from + fmt::format("finding, {}{}: {}", news.priority, news.provisional ? ", provisional" : "", news.title);
  if (news.t) line += fmt::format(" ({})", time_to_seconds(format_time(*news.t)));
  if (!news.reason.empty()) line += fmt::format(": {}", news.reason);
  return line + fmt::format(" [{}]", news.key);
}

std::string news_json(const FindingNews& news) {
  const std::string from = news.exhibit.empty() ? "" : fmt::format(R"(,"exhibit":{})", json_string(news.exhibit));
  if (news.withdrawn) return fmt::format(R"({{"withdrawn":{}{}}})", json_string(news.key), from);
  return fmt::format(R"({{"finding":{{"key":{},"priority":{},"title":{},"reason":{},"t":{},"provisional":{}{}}}}})",
                     json_string(news.key), json_string(news.priority), json_string(news.title),
                     json_string(news.reason), news.t ? json_string(format_time(*news.t)) : "null", news.provisional,
                     from);
}

std::unique_ptr<Progress> make_progress(std::string_view mode, bool quiet, int fd) {
  if (mode == "json") return std::make_unique<JsonProgress>(fd);
  if (quiet || mode == "none") return std::make_unique<NoProgress>();
  if (mode == "bar") return std::make_unique<BarProgress>(fd);
  if (mode == "plain") return std::make_unique<PlainProgress>(fd);
  const char* terminal = std::getenv("TERM");
  const bool dumb = terminal == nullptr || *terminal == '\0' || std::string_view(terminal) == "dumb";
  if (::isatty(fd) == 1 && !dumb) return std::make_unique<BarProgress>(fd);
  return std::make_unique<PlainProgress>(fd);
}

}  // namespace limier::cli
