#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <chrono>

#include "cli/command.h"
#include "cli/json_writer.h"
#include "limier/keywords.h"
#include "limier/store.h"
#include "limier/version.h"
#include "limier/worker.h"

extern char** environ;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables): POSIX declares it so

namespace limier::cli {
namespace {

constexpr std::size_t kLongestAnswer = 4096;
constexpr std::chrono::seconds kPatience{5};
constexpr std::string_view kUnavailable = "unavailable";

struct Library {
  std::string name, version, used_by;
};

// What the worker prints for --version-json; "" when it cannot be run or does not answer.
std::string ask_worker(const std::string& path) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return "";
  UniqueFd reading(ends[0]);
  UniqueFd writing(ends[1]);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, writing.get(), STDOUT_FILENO);
  std::string name = path;
  std::string flag = "--version-json";
  std::array<char*, 3> arguments{name.data(), flag.data(), nullptr};
  pid_t pid = 0;
  const int failed = ::posix_spawn(&pid, path.c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  writing.reset();
  if (failed != 0) return "";

  std::string answer;
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (answer.size() < kLongestAnswer) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd wait{reading.get(), POLLIN, 0};
    if (left.count() <= 0 || ::poll(&wait, 1, static_cast<int>(left.count())) <= 0) break;
    std::array<char, 512> part{};
    const ssize_t got = ::read(reading.get(), part.data(), part.size());
    if (got <= 0) break;
    answer.append(part.data(), static_cast<std::size_t>(got));
  }
  ::kill(pid, SIGKILL);  // it has answered, or never will
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  return answer;
}

// The value of "name" in one flat JSON object of strings, which is all a worker prints.
std::string value_of(std::string_view json, std::string_view name) {
  const std::string key = fmt::format("\"{}\"", name);
  std::size_t at = json.find(key);
  if (at == std::string_view::npos) return std::string(kUnavailable);
  at = json.find_first_not_of(" :", at + key.size());
  if (at == std::string_view::npos || json[at] != '"') return std::string(kUnavailable);
  const std::size_t end = json.find('"', at + 1);
  if (end == std::string_view::npos) return std::string(kUnavailable);
  return std::string(json.substr(at + 1, end - at - 1));
}

std::vector<Library> libraries() {
  const std::string folder = worker::libexec_dir();
  const std::string fs = ask_worker(folder + "/limier-fs");
  const std::string sweep = ask_worker(folder + "/limier-sweep");
  const std::string content = ask_worker(folder + "/limier-content");
  const std::string fmt_version =
      fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100);
  const std::string& hyperscan = keywords::engines().hyperscan;
  return {
      {"fmt", fmt_version, "limier"},
      {"hyperscan", hyperscan.empty() ? std::string(kUnavailable) : hyperscan, "limier"},
      {"libbz2", value_of(sweep, "libbz2"), "limier-sweep"},
      {"libdeflate", value_of(sweep, "libdeflate"), "limier-sweep"},
      {"libewf", value_of(sweep, "libewf"), "limier-sweep"},
      {"liblzma", value_of(sweep, "liblzma"), "limier-sweep"},
      {"libmagic", value_of(content, "libmagic"), "limier-content"},
      {"libtsk", value_of(fs, "libtsk"), "limier-fs"},
      {"libyara", value_of(content, "libyara"), "limier-content"},
      {"libzstd", value_of(sweep, "libzstd"), "limier-sweep"},
      {"sqlite", store::sqlite_version(), "limier"},
      {"zlib", value_of(sweep, "zlib"), "limier-sweep"},
  };
}

class VersionCommand final : public Command {
 public:
  void declare(CLI::App&) override {}
  int run(const Context& context) override {
    const auto all = libraries();
    if (context.common.json) {
      JsonWriter json(context.out, 2);
      json.begin_object().text("version", LIMIER_VERSION).text("commit", build_commit()).text("compiler", compiler());
      json.key("libraries").begin_object();
      for (const Library& library : all) {
        json.key(library.name);
        if (library.version == kUnavailable)
          json.null();
        else
          json.text(library.version);
      }
      json.end().text("regex_engine", keywords::engine_word(keywords::engines().best)).finish();
      return kExitGood;
    }
    Facts facts;
    facts.add("version", LIMIER_VERSION);
    facts.add("commit", build_commit());
    facts.add("compiler", compiler());
    for (const Library& library : all)
      facts.add(library.name, fmt::format("{} (in {})", terminal_text(library.version), library.used_by));
    facts.add("regex engine", regex_engine());
    context.out.write(context.style.bold("limier") + "\n");
    facts.print(context.out, context.style, "  ");
    return kExitGood;
  }

 private:
  static std::string regex_engine() {
    const keywords::Engines& engines = keywords::engines();
    const std::string name(keywords::engine_word(engines.best));
    return engines.hyperscan_fails ? name + " (hyperscan misses matches: its self-test fails)" : name;
  }
  static std::string compiler() {
#ifdef __clang__
    return __VERSION__;
#else
    return std::string("GCC ") + __VERSION__;
#endif
  }
};

}  // namespace

std::unique_ptr<Command> make_version() {
  return std::make_unique<VersionCommand>();
}

}  // namespace limier::cli
