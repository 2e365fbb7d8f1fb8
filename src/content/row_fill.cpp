#include "content/row_fill.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cmath>

namespace limier::content {
namespace {

using catalog::As;
using catalog::RowCell;

constexpr std::size_t kMaxOwnTextBytes = 4096;  // of a text that should be a short word

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_set(const Statement& statement, std::size_t column) {
  switch (statement.type(column)) {
    case SQLITE_NULL:
      return false;
    case SQLITE_INTEGER:
      return statement.integer(column) != 0;
    case SQLITE_FLOAT:
      return statement.real(column) != 0;
    default: {
      const std::string_view text = statement.text(column);
      return !text.empty() && text != "0";
    }
  }
}

std::optional<std::int64_t> integer_of(const Statement& statement, std::size_t column) {
  switch (statement.type(column)) {
    case SQLITE_INTEGER:
      return statement.integer(column);
    case SQLITE_FLOAT: {
      static constexpr double kMost = 9.2e18;
      const double value = statement.real(column);
      if (std::floor(value) != value || std::fabs(value) > kMost) return std::nullopt;
      return static_cast<std::int64_t>(value);
    }
    case SQLITE_TEXT:
      return whole_number(statement.text(column));
    default:
      return std::nullopt;
  }
}

RowCell time_cell(const Statement& statement, std::size_t column, const CellRule& rule, FillDoubts& doubts) {
  if (!is_set(statement, column)) return {};
  std::optional<std::int64_t> time;
  if (const auto whole = integer_of(statement, column))
    time = *whole == 0 ? std::nullopt : time_of(*rule.epoch, *whole);
  else if (statement.type(column) == SQLITE_FLOAT)
    time = time_of(*rule.epoch, statement.real(column));
  else if (const auto real = statement.type(column) == SQLITE_TEXT ? number(statement.text(column)) : std::nullopt)
    time = time_of(*rule.epoch, *real);
  if (time) return *time;
  ++doubts.times_out_of_range[rule.column->name];
  return {};
}

// The longest front of a text that is not too long and cuts no character of UTF-8.
std::string_view cut_text(std::string_view text, const CellRule& rule, FillDoubts& doubts) {
  std::size_t size = rule.column->as == As::kOwnText ? kMaxOwnTextBytes : catalog::kMaxCellBytes;
  if (text.size() <= size) return text;
  ++doubts.texts_cut[rule.column->name];
  for (int i = 0; i < 3 && (static_cast<unsigned char>(text[size]) & 0xc0u) == 0x80u; ++i) --size;
  return text.substr(0, size);
}

RowCell text_cell(std::string_view stored, const CellRule& rule, FillDoubts& doubts) {
  std::string_view text = stored;
  if (!rule.codes.empty()) {
    const auto code = std::ranges::find(rule.codes, stored, [](const auto& one) { return one.first; });
    if (code != rule.codes.end())
      text = code->second;
    else if (!rule.otherwise.empty())
      text = rule.otherwise;
  }
  text = cut_text(text, rule, doubts);
  if (rule.column->as == As::kOwnText && !text.empty()) {
    // Such a column has no twin with the exact bytes.
    bool repaired = false;
    return utf8_text(text, repaired);
  }
  return text.empty() ? RowCell() : RowCell(std::string(text));
}

// The word for what is neither known nor absent.
RowCell unknown_word(const catalog::ColumnInfo& column) {
  const auto word = std::ranges::find(column.words, "unknown");
  if (word == column.words.end()) return {};
  return static_cast<std::int64_t>(word - column.words.begin());
}

}  // namespace

Result<RowFiller> RowFiller::bind(const RowMap& map, const Statement& statement, std::string_view app) {
  RowFiller filler;
  filler.map_ = &map;
  filler.empty_.resize(catalog::cell_count(*map.kind));
  for (std::size_t i = 0; i < map.kind->columns.size(); ++i) {
    const catalog::ColumnInfo& column = map.kind->columns[i];
    RowCell& cell = filler.empty_[catalog::kPlaceCells + i];
    if (column.as == As::kFlag) cell = std::int64_t{0};
    if (column.as == As::kWord) cell = unknown_word(column);
    if (column.name == "service") cell = std::string(app);
  }
  for (const CellRule& rule : map.rules) {
    Bound bound{&rule, {}};
    for (const std::string& source : rule.sources) {
      const auto column = statement.column(source);
      if (!column) return Error{ErrorKind::kUsage, fmt::format("its statement has no column '{}'", source)};
      bound.sources.push_back(*column);
    }
    filler.bound_.push_back(std::move(bound));
  }
  // What stands for the owner depends on the direction, which is a word.
  std::stable_partition(filler.bound_.begin(), filler.bound_.end(),
                        [](const Bound& one) { return one.rule->column->as == As::kWord; });
  return filler;
}

std::optional<std::size_t> RowFiller::source_of(const Statement& statement, const Bound& bound) const {
  const bool texts = bound.rule->column->as == As::kText || bound.rule->column->as == As::kOwnText;
  for (const std::size_t source : bound.sources)
    if (!statement.is_null(source) && !(texts && statement.text(source).empty())) return source;
  return std::nullopt;
}

RowCell RowFiller::cell(const Statement& statement, const Bound& bound, FillDoubts& doubts) const {
  const CellRule& rule = *bound.rule;
  const auto source = source_of(statement, bound);
  switch (rule.column->as) {
    case As::kText:
    case As::kOwnText:
      if (!rule.constant.empty()) return rule.constant;
      return source ? text_cell(statement.text(*source), rule, doubts) : RowCell();
    case As::kFlag:
      return std::int64_t{std::ranges::any_of(bound.sources, [&](auto one) { return is_set(statement, one); }) ? 1 : 0};
    case As::kTime:
      return source ? time_cell(statement, *source, rule, doubts) : RowCell();
    case As::kInteger: {
      const auto value = source ? integer_of(statement, *source) : std::nullopt;
      return value ? RowCell(*value) : RowCell();
    }
    case As::kReal:
      return source ? RowCell(statement.real(*source)) : RowCell();
    case As::kWord: {
      const auto word = source ? std::ranges::find(rule.words, statement.text(*source),
                                                   [](const auto& one) { return std::string_view(one.first); })
                               : rule.words.end();
      return word == rule.words.end() ? unknown_word(*rule.column) : RowCell(word->second);
    }
    case As::kReference: {
      const auto value = source ? integer_of(statement, *source) : std::nullopt;
      return value ? RowCell(fmt::format("sqlite:{}:rowid={}", rule.row_table, *value)) : RowCell();
    }
  }
  return {};
}

std::vector<RowCell> RowFiller::fill(const Statement& statement, const catalog::RowPlace& place,
                                     FillDoubts& doubts) const {
  std::vector<RowCell> cells = empty_;
  std::ranges::move(catalog::cells_of(place), cells.begin());
  for (const Bound& bound : bound_) {
    const CellRule& rule = *bound.rule;
    if (!rule.self_when.empty()) {
      const auto* direction = std::get_if<std::int64_t>(&cells[cell_of("direction")]);
      const auto& words = map_->kind->columns[cell_of("direction") - catalog::kPlaceCells].words;
      if (direction != nullptr && words[static_cast<std::size_t>(*direction)] == rule.self_when) continue;
    }
    cells[rule.cell] = cell(statement, bound, doubts);
  }
  return cells;
}

bool RowFiller::holds(const Statement& statement, std::string_view column) const {
  return std::ranges::any_of(bound_, [&](const Bound& bound) {
    return bound.rule->column->name == column && source_of(statement, bound).has_value();
  });
}

bool RowFiller::has(std::string_view column) const {
  return std::ranges::find(map_->kind->columns, column, &catalog::ColumnInfo::name) != map_->kind->columns.end();
}

std::size_t RowFiller::cell_of(std::string_view column) const {
  const auto& columns = map_->kind->columns;
  const auto found = std::ranges::find(columns, column, &catalog::ColumnInfo::name);
  assert(found != columns.end());
  return catalog::kPlaceCells + static_cast<std::size_t>(found - columns.begin());
}

}  // namespace limier::content
