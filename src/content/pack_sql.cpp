#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "content/pack.h"

namespace limier::content {
namespace {

constexpr std::size_t kMaxMacros = 500;
constexpr std::size_t kMaxSqlBytes = 256u << 10;

std::string_view trimmed(std::string_view text) {
  const std::size_t from = text.find_first_not_of(" \t\r\n");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r\n") - from + 1);
}

// The bar between the two sides of a macro: one that is no half of the operator ||.
std::size_t find_bar(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '|') continue;
    if (at + 1 < text.size() && text[at + 1] == '|') {
      ++at;
      continue;
    }
    return at;
  }
  return std::string_view::npos;
}

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// The word at `at`, behind blanks; `at` moves behind it.
std::string_view next_word(std::string_view sql, std::size_t& at) {
  at = std::min(sql.find_first_not_of(" \t\r\n", at), sql.size());
  const std::size_t from = at;
  while (at < sql.size() && is_name_byte(sql[at])) ++at;
  return sql.substr(from, at - from);
}

bool is_keyword(std::string_view word) {
  static constexpr std::array<std::string_view, 14> kKeywords{"CROSS", "FULL",  "GROUP", "INDEXED", "INNER",
                                                              "JOIN",  "LEFT",  "LIMIT", "NATURAL", "NOT",
                                                              "ON",    "ORDER", "UNION", "WHERE"};
  std::string large(word);
  for (char& c : large) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return std::ranges::find(kKeywords, large) != kKeywords.end();
}

}  // namespace

std::optional<std::string> alias_of(std::string_view sql, std::string_view table) {
  for (std::size_t at = sql.find(table); at != std::string_view::npos; at = sql.find(table, at + 1)) {
    std::size_t end = at + table.size();
    const bool whole = (at == 0 || !is_name_byte(sql[at - 1])) && (end == sql.size() || !is_name_byte(sql[end]));
    if (!whole) continue;
    std::string_view word = next_word(sql, end);
    if (word == "AS" || word == "as") word = next_word(sql, end);
    if (!word.empty() && !is_keyword(word)) return std::string(word);
    return std::string(table.substr(table.find('.') + 1));
  }
  return std::nullopt;
}

std::optional<std::string> expand_sql(const PackRow& row, const std::vector<std::pair<std::string, bool>>& capabilities,
                                      std::string& problem) {
  std::string sql = row.sql;
  for (std::size_t count = 0;; ++count) {
    // The first that closes, with the nearest that opens before it: the innermost.
    const std::size_t close = sql.find("}}");
    const std::size_t open = close == std::string::npos ? sql.find("{{") : sql.rfind("{{", close);
    if (close == std::string::npos && open == std::string::npos) return sql;
    if (close == std::string::npos || open == std::string::npos) {
      problem = "a macro is not closed, or not opened: {{capability: text | other text}}";
      return std::nullopt;
    }
    if (count == kMaxMacros || sql.size() > kMaxSqlBytes) {
      problem = "the statement has too many macros";
      return std::nullopt;
    }
    const std::string_view inside = std::string_view(sql).substr(open + 2, close - open - 2);
    std::string text;
    if (trimmed(inside) == "where") {
      text = row.where.empty() ? "1" : "(" + row.where + ")";
    } else {
      const std::size_t colon = std::min(inside.find(':'), inside.size());
      const std::string_view name = trimmed(inside.substr(0, colon));
      const auto found = std::ranges::find(capabilities, name, [](const auto& one) { return one.first; });
      if (colon == inside.size() || found == capabilities.end()) {
        problem = fmt::format("the macro '{}' must begin with a name of [caps] and a colon", trimmed(inside));
        return std::nullopt;
      }
      const std::string_view sides = inside.substr(colon + 1);
      const std::size_t bar = std::min(find_bar(sides), sides.size());
      const std::string_view side =
          found->second ? sides.substr(0, bar) : sides.substr(std::min(bar + 1, sides.size()));
      text = trimmed(side);
    }
    sql.replace(open, close + 2 - open, text);
  }
}

}  // namespace limier::content
