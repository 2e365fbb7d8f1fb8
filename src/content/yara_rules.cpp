// Files of YARA rules become one set that a scan can use.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <regex>

#include "content/yara.h"
#include "limier/base/untrusted.h"
#include "limier/content/parsers.h"

namespace limier::content {
namespace {

constexpr std::size_t kMaxReason = 300;

// The first thing that is wrong with a file.
void keep_first_error(int level, const char*, int line, const YR_RULE*, const char* message, void* to) {
  auto& reason = *static_cast<std::string*>(to);
  if (level != YARA_ERROR_LEVEL_ERROR || !reason.empty()) return;
  // At the end of a text libyara has no line any more.
  reason = line > 0 ? fmt::format("line {}: {}", line, message) : std::string(message);
}

// Files that others include are not looked for: a worker opens none.
YaraCompiler new_compiler(std::string& reason) {
  YR_COMPILER* made = nullptr;
  if (yr_compiler_create(&made) != ERROR_SUCCESS) return nullptr;
  YaraCompiler compiler(made);
  yr_compiler_set_callback(made, keep_first_error, &reason);
  yr_compiler_set_include_callback(made, nullptr, nullptr, nullptr);
  return compiler;
}

YaraRules rules_of(YR_COMPILER* compiler) {
  YR_RULES* rules = nullptr;
  return yr_compiler_get_rules(compiler, &rules) == ERROR_SUCCESS ? YaraRules(rules) : nullptr;
}

std::uint64_t reported_rules(YR_RULES* rules) {
  std::uint64_t count = 0;
  YR_RULE* rule = nullptr;
  yr_rules_foreach(rules, rule) count += RULE_IS_PRIVATE(rule) ? 0 : 1;
  return count;
}

// Of a program's signatures none would be seen, and a rule that wants there to be none would match all.
bool asks_for_signatures(const std::string& text) {
  static const std::regex kAsks(R"(\bpe\s*\.\s*(number_of_)?signatures\b)");
  // Line by line: the regular expressions of the library go as deep as the text is long.
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    constexpr std::size_t kMaxLine = 4096;
    for (std::size_t part = at; part < end; part += kMaxLine / 2)
      if (std::regex_search(text.begin() + static_cast<std::ptrdiff_t>(part),
                            text.begin() + static_cast<std::ptrdiff_t>(std::min(part + kMaxLine, end)), kAsks))
        return true;
    at = end + 1;
  }
  return false;
}

std::string problem_of(const RuleFile& file, std::uint64_t& rules) {
  if (file.text.find('\0') != std::string::npos) return "it is no text: it has a byte of zero in it";
  if (asks_for_signatures(file.text)) return "it asks for signatures of programs, which limier does not read";
  std::string reason;
  const YaraCompiler compiler = new_compiler(reason);
  if (compiler == nullptr) return "libyara has no memory for it";
  if (yr_compiler_add_string(compiler.get(), file.text.c_str(), file.name.c_str()) != 0)
    return reason.empty() ? "libyara does not take it" : reason;
  const YaraRules made = rules_of(compiler.get());
  if (made == nullptr) return "libyara does not take it";
  rules = reported_rules(made.get());
  return {};
}

size_t append(const void* bytes, size_t size, size_t count, void* to) {
  const auto* first = static_cast<const std::uint8_t*>(bytes);
  auto& all = *static_cast<std::vector<std::uint8_t>*>(to);
  all.insert(all.end(), first, first + size * count);
  return count;
}

}  // namespace

CompiledRules compile_yara(std::span<const RuleFile> files) {
  CompiledRules compiled;
  compiled.files.resize(files.size());
  if (!yara_is_ready()) {
    for (RuleFileState& state : compiled.files) state.refused = "libyara cannot be used";
    return compiled;
  }
  std::string reason;
  const YaraCompiler all = new_compiler(reason);
  bool any = false;
  for (std::size_t i = 0; i < files.size(); ++i) {
    RuleFileState& state = compiled.files[i];
    bool repaired = false;
    state.refused = utf8_text(problem_of(files[i], state.rules).substr(0, kMaxReason), repaired);
    if (!state.refused.empty()) continue;
    // It was taken alone: with the others it fails only where there are too many of them.
    if (all == nullptr || yr_compiler_add_string(all.get(), files[i].text.c_str(), files[i].name.c_str()) != 0) {
      for (RuleFileState& one : compiled.files)
        if (one.refused.empty()) one = {0, "libyara does not take all files together"};
      return compiled;
    }
    any = true;
  }
  if (!any) return compiled;
  const YaraRules rules = rules_of(all.get());
  YR_STREAM stream{&compiled.rules, nullptr, append};
  if (rules == nullptr || yr_rules_save_stream(rules.get(), &stream) != ERROR_SUCCESS) {
    compiled.rules.clear();
    for (RuleFileState& one : compiled.files)
      if (one.refused.empty()) one = {0, "libyara does not take all files together"};
  }
  return compiled;
}

std::string libyara_version() {
  return YR_VERSION;
}

}  // namespace limier::content
