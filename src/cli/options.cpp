#include "cli/options.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <fstream>
#include <limits>

#include "limier/report.h"

namespace limier::cli {
namespace {

constexpr std::uint32_t kMostJobs = 1024;
constexpr std::size_t kLongestCaseFile = 1u << 20;
constexpr std::string_view kZoneFolder = "/usr/share/zoneinfo/";
constexpr std::array<std::string_view, 6> kCaseKeys{"authority", "case", "exhibit", "examiner", "agency", "note"};

std::string_view trim(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.remove_suffix(1);
  return text;
}

// Code points of Unicode's categories Zs, Zl and Zp and the invisible format characters people paste by accident.
bool is_blank_code_point(std::uint32_t c) {
  return c <= 0x20 || (c >= 0x7F && c <= 0xA0) || c == 0xAD || c == 0x1680 || (c >= 0x2000 && c <= 0x200F) ||
         (c >= 0x2028 && c <= 0x202F) || (c >= 0x205F && c <= 0x206F) || c == 0x2800 || c == 0x3000 || c == 0x3164 ||
         c == 0xFEFF;
}

}  // namespace

void add_common_options(CLI::App& app, CommonOptions& options) {
  const std::string group = "Common options";
  app.add_flag("--json", options.json, "Result as JSON on standard output; messages stay on standard error")
      ->group(group);
  app.add_flag("--quiet", options.quiet, "No progress and no summary, errors only")->group(group);
  app.add_flag("-v,--verbose", options.verbose, "Say more")->group(group);
  app.add_flag("--no-color", options.no_color, "No colours (as does NO_COLOR in the environment)")->group(group);
  app.add_option("--progress", options.progress, "auto, bar, plain, json or none (default: auto)")
      ->option_text("FORM")
      ->group(group)
      ->check(CLI::IsMember({"auto", "bar", "plain", "json", "none"}));
  app.add_option("--jobs", options.jobs, "Threads that decode and hash (default: one per core)")
      ->option_text("N")
      ->group(group)
      ->check(whole_number(1, kMostJobs));
  app.add_option("--memory", options.memory, "Memory for buffers, as 512M or 2G")
      ->option_text("SIZE")
      ->group(group)
      ->check(check_size);
  app.add_option(
         "--stall", options.stall_seconds,
         "End a program that reads evidence after so long without a\nsign of life (default: 30; more for slow media)")
      ->option_text("SECONDS")
      ->group(group)
      ->check(whole_number(1, kMostPatienceSeconds));
  app.add_flag("--no-sandbox", options.no_sandbox,
               "Do not confine the programs that read evidence (every report says\nso; only where the kernel cannot)")
      ->group(group);
}

void add_sector_size(CLI::App& app, std::uint32_t& sector_bytes) {
  app.add_option(
         "--sector-size", sector_bytes,
         "What partition tables count in, 512 or 4096 (default: as the image says;\nof raw images both are tried)")
      ->option_text("BYTES")
      ->check(CLI::IsMember({512u, 4096u}));
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t value = 0;
  std::size_t at = 0;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
    const auto digit = static_cast<std::uint64_t>(text[at] - '0');
    if (value > (std::numeric_limits<std::uint64_t>::max() - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  if (at == 0) return std::nullopt;
  std::string_view suffix = text.substr(at);
  if (suffix.empty()) return value;
  static constexpr std::string_view kLetters = "KMGT";
  const auto letter = static_cast<char>(std::toupper(static_cast<unsigned char>(suffix.front())));
  const std::size_t power = kLetters.find(letter);
  suffix.remove_prefix(1);
  if (power == std::string_view::npos || !(suffix.empty() || suffix == "iB")) return std::nullopt;
  const auto shift = static_cast<unsigned>(10 * (power + 1));
  if (value > (std::numeric_limits<std::uint64_t>::max() >> shift)) return std::nullopt;
  return value << shift;
}

std::optional<DigestSet> parse_digest_list(std::string_view text) {
  DigestSet set;
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view word = trim(text.substr(0, comma));
    if (word == "md5")
      set.md5 = true;
    else if (word == "sha1")
      set.sha1 = true;
    else if (word == "sha256")
      set.sha256 = true;
    else
      return std::nullopt;
    if (comma == std::string_view::npos) return set;
    text.remove_prefix(comma + 1);
  }
}

bool zone_exists(std::string_view zone) {
  if (zone.empty() || zone.size() > 64 || zone.front() == '/' || zone.find("..") != std::string_view::npos)
    return false;
  const bool plain = std::all_of(zone.begin(), zone.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '/' || c == '_' || c == '+' || c == '-';
  });
  if (!plain) return false;
  const std::string path = std::string(kZoneFolder) + std::string(zone);
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return false;
  std::array<char, 4> magic{};
  std::ifstream(path, std::ios::binary).read(magic.data(), magic.size());
  return std::string_view(magic.data(), magic.size()) == "TZif";  // RFC 8536, section 3.1
}

bool is_blank(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (length > text.size() - at) return false;
    std::uint32_t c = length == 1 ? lead : lead & (0xFFu >> (length + 1));
    for (std::size_t i = 1; i < length && at + i < text.size(); ++i)
      c = (c << 6) | (static_cast<unsigned char>(text[at + i]) & 0x3Fu);
    if (!is_blank_code_point(c)) return false;
    at += length;
  }
  return true;
}

std::string shell_quote(std::string_view word) {
  const bool plain = !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("-_./=,:+@%").find(c) != std::string_view::npos;
  });
  if (plain) return std::string(word);
  std::string quoted = "'";
  for (const char c : word) {
    if (c == '\'')
      quoted += "'\\''";
    else
      quoted += c;
  }
  return quoted + "'";
}

std::string command_line(int argc, const char* const* argv) {
  std::string line;
  for (int i = 0; i < argc; ++i) {
    if (i > 0) line += ' ';
    line += shell_quote(argv[i]);
  }
  return line;
}

std::function<std::string(const std::string&)> whole_number(std::uint64_t least, std::uint64_t most) {
  return [least, most](const std::string& text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    if (whole && value >= least && value <= most) return std::string();
    if (most >= kMostNumber) return fmt::format("'{}' is not a whole number of at least {}", text, least);
    return fmt::format("'{}' is not a whole number from {} to {}", text, least, most);
  };
}

std::string check_size(const std::string& text) {
  return parse_size(text) ? "" : fmt::format("'{}' is not a size such as 4096, 64K, 512M or 2G", text);
}

std::string check_time(const std::string& text) {
  return parse_period(text) ? ""
                            : fmt::format("'{}' is not a time such as 2021, 2021-03-09 or 2021-03-09T05:00:00Z", text);
}

std::string check_digest_list(const std::string& text) {
  return parse_digest_list(text) ? ""
                                 : fmt::format("'{}' is not a list of md5, sha1 and sha256 with commas between", text);
}

std::string check_zone(const std::string& text) {
  return zone_exists(text)
             ? ""
             : fmt::format("'{}' is not a time zone known here; give a name such as Europe/Amsterdam", text);
}

std::string check_lang(const std::string& text) {
  const auto status = report::check_language(text);
  return status ? "" : status.error().message;
}

Result<CaseValues> parse_case_file(std::string_view text, std::string_view file_name) {
  CaseValues values;
  std::size_t line_number = 0;
  const auto wrong = [&](std::string_view what) {
    return Error{ErrorKind::kUsage, fmt::format("{}, line {}: {}", file_name, line_number, what)};
  };
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // editors on Windows write a byte order mark
  while (!text.empty()) {
    ++line_number;
    const std::size_t end = text.find('\n');
    const std::string_view line = trim(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (line.empty() || line.front() == '#') continue;
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) return wrong("expected a line such as: authority = warrant 12/2026");
    const std::string_view key = trim(line.substr(0, equals));
    std::string_view value = trim(line.substr(equals + 1));
    if (std::find(kCaseKeys.begin(), kCaseKeys.end(), key) == kCaseKeys.end())
      return wrong(fmt::format("'{}' is none of authority, case, exhibit, examiner, agency, note", key));
    if (std::any_of(values.begin(), values.end(), [&](const auto& known) { return known.first == key; }))
      return wrong(fmt::format("'{}' is given twice", key));
    if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'')) {
      if (value.back() != value.front()) return wrong("the closing quote is missing");
      value = value.substr(1, value.size() - 2);
    }
    values.emplace_back(key, value);
  }
  return values;
}

Result<CaseValues> read_case_file(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode))
    return Error{ErrorKind::kUsage, fmt::format("the case file {} cannot be read: it is no file", path)};
  if (static_cast<std::uint64_t>(info.st_size) > kLongestCaseFile)
    return Error{ErrorKind::kUsage, fmt::format("the case file {} is larger than 1 MiB, so it is none", path)};
  std::ifstream file(path, std::ios::binary);
  std::string text(static_cast<std::size_t>(info.st_size), '\0');
  if (!file.read(text.data(), static_cast<std::streamsize>(text.size())))
    return Error{ErrorKind::kUsage, fmt::format("the case file {} cannot be read", path)};
  return parse_case_file(text, path);
}

}  // namespace limier::cli
