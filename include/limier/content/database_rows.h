// Every row of any SQLite database, in all its states, as `limier rows` shows them: what limier-content is asked, and
// what it answers. Which rows there are and how sure they are: docs/formats/sqlite.md.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "limier/content.h"

namespace limier::content {

// The parser's name in a ContentItem that is about rows as they are.
inline constexpr std::string_view kDatabaseRows = "database-rows";

struct DatabaseTable {
  std::string name;
  std::vector<std::string> columns;
  static constexpr auto fields() { return std::tuple{&DatabaseTable::name, &DatabaseTable::columns}; }
};

struct DatabaseValue {
  enum class Kind : std::uint8_t { kNull, kInteger, kReal, kText, kBlob };
  Kind kind = Kind::kNull;
  std::int64_t integer = 0;
  double real = 0;
  std::string bytes;
  static constexpr auto fields() {
    return std::tuple{&DatabaseValue::kind, &DatabaseValue::integer, &DatabaseValue::real, &DatabaseValue::bytes};
  }
};

struct DatabaseRow {
  std::optional<std::uint32_t> table;  // by its place among those that were sent; none: not known
  std::optional<std::int64_t> rowid;
  std::vector<DatabaseValue> values;
  catalog::RowState state = catalog::RowState::kLive;
  catalog::RowSource source = catalog::RowSource::kMain;
  std::uint32_t page = 0;
  std::uint64_t file_offset = 0;      // of the record, in the file that `source` names
  std::optional<std::uint32_t> cell;  // its place in its page's list, from 0; only of a row that was asked for by place
  static constexpr auto fields() {
    return std::tuple{&DatabaseRow::table,  &DatabaseRow::rowid, &DatabaseRow::values,      &DatabaseRow::state,
                      &DatabaseRow::source, &DatabaseRow::page,  &DatabaseRow::file_offset, &DatabaseRow::cell};
  }
};

// One frame.
struct DatabaseRows {
  std::uint64_t item_id = 0;
  std::vector<DatabaseTable> tables;  // those that rows name from here on, behind those sent before
  std::vector<DatabaseRow> rows;
  static constexpr auto fields() {
    return std::tuple{&DatabaseRows::item_id, &DatabaseRows::tables, &DatabaseRows::rows};
  }
};

// Whether what a worker sent can be true; `tables`: how many came before.
bool is_sound(const DatabaseRows& rows, std::size_t tables);

// Runs inside limier-content. `send` gets frames; false: nobody wants more.
Outcome read_database_rows(const Source& source, const DatabaseQuestion& question, Rows& rows,
                           const std::function<bool(const DatabaseRows&)>& send);

}  // namespace limier::content
