#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>

#include "cli/command.h"
#include "cli/json_writer.h"
#include "limier/content/packs.h"
#include "limier/content/parsers.h"
#include "limier/worker.h"

namespace limier::cli {
namespace {

using content::PackCheck;

constexpr std::uint64_t kCheckBytes = 2ull << 30;  // of address space
constexpr std::size_t kMaxAnswerBytes = 64u << 20;
constexpr unsigned kMaxCheckSeconds = 600;

// What the checks of one pack say, as bytes on their way between two processes.
struct Answer {
  std::string problem;  // "": there are checks
  std::vector<PackCheck> checks;
  static constexpr auto fields() { return std::tuple{&Answer::problem, &Answer::checks}; }
};

void write_all(int fd, Bytes bytes) {
  while (!bytes.empty()) {
    const ssize_t size = ::write(fd, bytes.data(), bytes.size());
    if (size <= 0) return;
    bytes = bytes.subspan(static_cast<std::size_t>(size));
  }
}

std::vector<std::uint8_t> read_all(int fd) {
  std::vector<std::uint8_t> bytes;
  std::array<std::uint8_t, 65536> part{};
  while (bytes.size() < kMaxAnswerBytes) {
    const ssize_t size = ::read(fd, part.data(), part.size());
    if (size <= 0) break;
    bytes.insert(bytes.end(), part.begin(), part.begin() + size);
  }
  return bytes;
}

// In a process of its own that can open nothing: samples may be files of evidence.
Result<std::vector<PackCheck>> check_apart(const content::PackText& pack, const content::PackSamples& samples) {
  std::array<int, 2> pipe_fds{};
  if (::pipe(pipe_fds.data()) != 0) return Error{ErrorKind::kInternal, "no pipe is to be had"};
  const pid_t child = ::fork();
  if (child < 0) return Error{ErrorKind::kInternal, "no process is to be had"};
  if (child == 0) {
    ::close(pipe_fds[0]);
    ::alarm(kMaxCheckSeconds);
    Answer answer;
    const auto jail = worker::enter_jail({.address_space_bytes = kCheckBytes, .threads = false});
    if (!jail) {
      answer.problem = jail.error().message;
    } else if (auto checks = content::check_pack(pack, samples)) {
      answer.checks = std::move(*checks);
    } else {
      answer.problem = checks.error().message;
    }
    write_all(pipe_fds[1], encode(answer));
    ::_exit(0);
  }
  ::close(pipe_fds[1]);
  const auto bytes = read_all(pipe_fds[0]);
  ::close(pipe_fds[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  auto answer = decode<Answer>(bytes);
  if (!WIFEXITED(status) || !answer)
    return Error{ErrorKind::kUsage, fmt::format("{}: its check ended before it was through", pack.name)};
  if (!answer->problem.empty()) return Error{ErrorKind::kUsage, answer->problem};
  return std::move(answer->checks);
}

class PacksCheckCommand final : public Command {
 public:
  void declare(CLI::App& app) override {
    app.add_option("PATH", names_, "Files or folders of packs, or names of the program's own")->option_text(" ");
  }

  int run(const Context& context) override {
    auto packs = choose();
    if (!packs) return context.fail(packs.error());
    JsonWriter json(context.out, 1);
    if (context.common.json) json.begin_array();
    bool good = true;
    for (const auto& pack : *packs) {
      const auto facts = content::facts_of(pack);
      const auto samples = content::read_samples(pack);
      if (!facts || !samples) return context.fail(facts ? samples.error() : facts.error());
      const auto checks = check_apart(pack, *samples);
      if (!checks) return context.fail(checks.error());
      for (const PackCheck& one : *checks) {
        good = good && one.state != PackCheck::State::kWrong;
        if (context.common.json)
          print(json, facts->name, one);
        else
          print(context, facts->name, one);
      }
    }
    if (context.common.json) {
      json.end();
      json.finish();
    }
    return good ? kExitGood : kExitUsage;
  }

 private:
  static std::string_view word(PackCheck::State state) {
    return state == PackCheck::State::kGood ? "good" : state == PackCheck::State::kWrong ? "wrong" : "no samples";
  }
  static void print(const Context& context, const std::string& pack, const PackCheck& one) {
    context.out.write(
        fmt::format("{}: {}: {}{}\n", terminal_text(pack), terminal_text(one.name), word(one.state),
                    one.state == PackCheck::State::kNoSamples ? "; they are not installed with the program" : ""));
    for (const std::string& problem : one.problems) context.out.write(fmt::format("  {}\n", terminal_text(problem)));
  }
  static void print(JsonWriter& json, const std::string& pack, const PackCheck& one) {
    json.begin_object().text("pack", pack).text("check", one.name).text("state", word(one.state));
    json.key("problems").begin_array();
    for (const std::string& problem : one.problems) json.text(problem);
    json.end();
    json.end();
  }

  [[nodiscard]] Result<std::vector<content::PackText>> choose() const {
    const auto own = content::own_packs();
    std::vector<content::PackText> packs;
    if (names_.empty()) packs.assign(own.begin(), own.end());
    for (const std::string& name : names_) {
      const auto found = std::ranges::find_if(own, [&](const auto& pack) {
        const auto facts = content::facts_of(pack);
        return facts && facts->name == name;
      });
      if (found != own.end() && !std::filesystem::exists(name)) {
        packs.push_back(*found);
        continue;
      }
      LIMIER_TRY(auto more, content::load_packs(std::vector<std::string>{name}));
      std::ranges::move(more, std::back_inserter(packs));
    }
    return packs;
  }

  std::vector<std::string> names_;
};

}  // namespace

std::unique_ptr<Command> make_packs_check() {
  return std::make_unique<PacksCheckCommand>();
}

}  // namespace limier::cli
