#include "limier/rules/scope_file.h"

#include <fmt/format.h>

#include <algorithm>

#include "limier/base.h"
#include "limier/base/period.h"
#include "rules/toml.h"

namespace limier::rules {
namespace {

constexpr std::size_t kMaxScopeBytes = 1u << 20;

class ScopeReader {
 public:
  explicit ScopeReader(const std::string& path) : path_(path) {}

  Result<catalog::ScopeText> read(const toml::table& table) {
    only(table, {"title", "period", "mask"}, "the file");
    text_.title = text_of(table, "title", true);
    if (const auto* const period = table["period"].as_table())
      read_period(*period);
    else if (table.contains("period"))
      say(table, "'period' must be a table: [period]");
    if (const auto* const masks = table["mask"].as_array()) {
      for (const auto& one : *masks)
        if (const auto* const mask = one.as_table())
          read_mask(*mask);
        else
          say(table, "'mask' must be tables: [[mask]]");
    } else if (table.contains("mask")) {
      say(table, "'mask' must be tables: [[mask]]");
    }
    if (!problem_.empty()) return Error{ErrorKind::kUsage, problem_};
    return std::move(text_);
  }

 private:
  // The first problem counts. `what` repeats nothing that stands in the file but its keys.
  void say(const toml::node& node, std::string_view what) {
    if (problem_.empty()) problem_ = fmt::format("{}, line {}: {}", path_, node.source().begin.line, what);
  }
  void only(const toml::table& table, std::initializer_list<std::string_view> keys, std::string_view where) {
    for (const auto& [key, node] : table)
      if (std::find(keys.begin(), keys.end(), key.str()) == keys.end()) {
        std::string known;
        for (const std::string_view one : keys) known += fmt::format("{}{}", known.empty() ? "" : ", ", one);
        say(node, fmt::format("there is a key that {} does not have; it has {}", where, known));
      }
  }
  std::string text_of(const toml::table& table, std::string_view key, bool required) {
    if (const auto* const value = table[key].as_string())
      if (value->get().find_first_not_of(" \t\r\n") != std::string::npos &&
          value->get().find('\n') == std::string::npos)
        return value->get();
    if (required || table.contains(key)) say(table, fmt::format("'{}' must be a text of one line", key));
    return {};
  }
  std::vector<std::string> texts_of(const toml::table& table, std::string_view key) {
    std::vector<std::string> all;
    const auto* const list = table[key].as_array();
    if (list == nullptr && table.contains(key)) say(table, fmt::format("'{}' must be a list of texts", key));
    if (list == nullptr) return all;
    for (const auto& one : *list)
      if (const auto* const value = one.as_string())
        all.push_back(value->get());
      else
        say(one, fmt::format("'{}' must be a list of texts", key));
    return all;
  }
  std::optional<Period> time_of(const toml::table& table, std::string_view key) {
    if (!table.contains(key)) return std::nullopt;
    std::string form;
    if (const auto* const text = table[key].as_string()) form = text->get();
    if (const auto* const date = table[key].as_date())
      form = fmt::format("{:04}-{:02}-{:02}", date->get().year, date->get().month, date->get().day);
    const auto period = parse_period(form);
    if (!period) say(table, fmt::format("'{}' must be a date as \"2021-03-09\", \"2021-03\" or \"2021\" (UTC)", key));
    return period;
  }
  void read_period(const toml::table& table) {
    only(table, {"from", "to", "reason"}, "[period]");
    if (const auto from = time_of(table, "from")) text_.from_ns = from->from_ns;
    if (const auto to = time_of(table, "to")) text_.until_ns = to->until_ns;
    if (!table.contains("from") && !table.contains("to")) say(table, "[period] needs 'from', 'to' or both");
    if (auto reason = text_of(table, "reason", false); !reason.empty()) text_.period_reason = std::move(reason);
  }
  void read_mask(const toml::table& table) {
    only(table, {"reason", "persons", "terms"}, "[[mask]]");
    catalog::ScopeText::Mask mask;
    mask.reason = text_of(table, "reason", true);
    mask.persons = texts_of(table, "persons");
    mask.terms = texts_of(table, "terms");
    if (mask.persons.empty() && mask.terms.empty()) say(table, "[[mask]] needs 'persons', 'terms' or both");
    text_.masks.push_back(std::move(mask));
  }

  const std::string& path_;
  catalog::ScopeText text_;
  std::string problem_;
};

}  // namespace

Result<std::shared_ptr<const catalog::Scope>> parse_scope(std::string_view bytes, const std::string& path) {
  if (bytes.size() > kMaxScopeBytes)
    return Error{ErrorKind::kUsage,
                 fmt::format("{}: is larger than {} bytes: is it a scope file?", path, kMaxScopeBytes)};
  if (!is_valid_utf8(bytes)) return Error{ErrorKind::kUsage, fmt::format("{}: is not valid UTF-8", path)};
  toml::table table;
  try {
    table = toml::parse(bytes);
  } catch (const toml::parse_error& error) {
    // What the parser says may quote the line, and with it what is masked.
    return Error{ErrorKind::kUsage, fmt::format("{}, line {}: is not TOML", path, error.source().begin.line)};
  }
  LIMIER_TRY(auto text, ScopeReader(path).read(table));
  text.sha256 = hex_digest(*digest_of(as_bytes(bytes), {.sha256 = true}).sha256);
  auto scope = catalog::Scope::make(std::move(text));
  if (!scope.ok()) scope.error().message = path + ": " + scope.error().message;
  return scope;
}

}  // namespace limier::rules
