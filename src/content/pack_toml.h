// What the files that read a pack's TOML share: getting values of the right type, and the first problem with its line.
#pragma once

#include <fmt/format.h>

#include <initializer_list>

#include "content/pack.h"
#include "content/toml.h"

namespace limier::content {

inline constexpr std::size_t kMaxPackBytes = 1u << 20;
inline constexpr std::size_t kMaxPackParts = 500;  // rows, tables, capabilities, … of each kind
inline constexpr std::size_t kMaxBeside = 4;       // databases beside the first

// Reading goes on after a problem, with empty values; the one that stands first in the file is told.
class PackProblems {
 public:
  explicit PackProblems(std::string name) : name_(std::move(name)) {}
  void add(std::size_t line, std::string message) {
    if (line_ && *line_ <= line) return;
    line_ = line;
    message_ = std::move(message);
  }
  void add(const toml::node& node, std::string message) { add(node.source().begin.line, std::move(message)); }
  [[nodiscard]] bool any() const { return line_.has_value(); }
  [[nodiscard]] Error error() const {
    return {ErrorKind::kUsage, fmt::format("{}:{}: {}", name_, line_.value_or(0), message_)};
  }

 private:
  std::string name_;
  std::optional<std::size_t> line_;
  std::string message_;
};

// A table, and what is asked of it.
class TomlTable {
 public:
  TomlTable(const toml::table& table, PackProblems& problems) : table_(table), problems_(problems) {}
  [[nodiscard]] const toml::table& table() const { return table_; }
  [[nodiscard]] PackProblems& problems() const { return problems_; }
  [[nodiscard]] std::size_t line() const { return table_.source().begin.line; }
  [[nodiscard]] bool has(std::string_view key) const { return table_.contains(key); }
  // Any other key is a problem.
  void only(std::initializer_list<std::string_view> keys) const;
  [[nodiscard]] std::string text(std::string_view key, bool required = false) const;
  [[nodiscard]] bool flag(std::string_view key, bool otherwise) const;
  // A list of texts, or one text.
  [[nodiscard]] std::vector<std::string> texts(std::string_view key, bool required = false) const;

 private:
  const toml::table& table_;
  PackProblems& problems_;
};

std::vector<std::string> texts_of(const toml::node& node, PackProblems& problems);

// [row.map] of a row that becomes `kind`.
RowMap parse_map(const toml::table& map, const catalog::KindInfo& kind, PackProblems& problems,
                 std::optional<RowMap>& attachment, std::optional<RowMap>& place);

}  // namespace limier::content
