// What is common to all commands on the command line, and the small languages of option values.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "limier/base.h"
#include "limier/base/period.h"

namespace CLI {  // NOLINT(readability-identifier-naming): the library's own name
class App;
}

namespace limier::cli {

// The most that --stall and --slack take.
inline constexpr std::uint32_t kMostPatienceSeconds = 86'400;
// Where a number has no limit of its own: SQLite's.
inline constexpr std::uint64_t kMostNumber = std::numeric_limits<std::int64_t>::max();

struct CommonOptions {
  bool json = false;
  bool quiet = false;
  bool verbose = false;
  bool no_color = false;
  bool no_sandbox = false;
  std::string progress = "auto";
  std::uint32_t jobs = 0;
  std::string memory;
  std::uint32_t stall_seconds = 30;
};
void add_common_options(CLI::App& app, CommonOptions& options);

// "4096", "64K", "512M", "2G", "1T", also "64KiB": powers of 1024.
std::optional<std::uint64_t> parse_size(std::string_view text);
// "md5,sha1,sha256" in any order; nullopt when empty or with another word.
std::optional<DigestSet> parse_digest_list(std::string_view text);
// A zone of the time zone database installed here, by its plain name ("Europe/Amsterdam").
bool zone_exists(std::string_view zone);
// True when nothing in `text` can be seen.
bool is_blank(std::string_view text);
// The words as a shell would need them to get the same arguments.
std::string shell_quote(std::string_view word);
std::string command_line(int argc, const char* const* argv);

// --sector-size, of the commands that look at partition tables or count in sectors.
void add_sector_size(CLI::App& app, std::uint32_t& sector_bytes);

// Checks for CLI11: "" when good, else what is wrong.
std::function<std::string(const std::string&)> whole_number(std::uint64_t least, std::uint64_t most);
std::string check_size(const std::string& text);
std::string check_time(const std::string& text);
std::string check_digest_list(const std::string& text);
std::string check_zone(const std::string& text);
// "" for a language that reports are written in.
std::string check_lang(const std::string& text);
template <std::size_t N>
std::string check_digest(const std::string& text) {
  if (parse_digest<N>(text)) return "";
  return "is not a digest of " + std::to_string(2 * N) + " hexadecimal digits";
}

// `key = value` lines of a case file; '#' starts a comment line; quotes around a value are optional.
using CaseValues = std::vector<std::pair<std::string, std::string>>;
Result<CaseValues> parse_case_file(std::string_view text, std::string_view file_name);
Result<CaseValues> read_case_file(const std::string& path);

}  // namespace limier::cli
