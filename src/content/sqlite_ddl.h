// What a CREATE TABLE statement says of a table's columns: as much as reading its records takes. Syntax:
// sqlite.org/lang_createtable.html; affinity and row numbers: sqlite.org/datatype3.html, section 3.1.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "content/sqlite_record.h"

namespace limier::content {

inline constexpr std::size_t kMaxDdlText = 256u << 10;  // of one statement

enum class Affinity : std::uint8_t { kBlob, kText, kNumeric, kInteger, kReal };

struct TableColumn {
  std::string name;
  Affinity affinity = Affinity::kBlob;
  bool not_null = false;
  bool stored = true;   // false: computed when it is read
  SqliteValue missing;  // what rows read that were written before the column was added
};

struct TableShape {
  std::vector<TableColumn> columns;
  std::optional<std::size_t> alias;  // the column that is the row's number, and NULL in the record
  bool without_rowid = false;
  std::vector<std::string> key;  // of a table without row numbers, in order
  // UNIQUE and PRIMARY KEY: the columns of each index that SQLite keeps for them, in the order of their numbers.
  std::vector<std::vector<std::string>> own_indexes;

  [[nodiscard]] std::optional<std::size_t> column(std::string_view name) const;
};

// None: not a CREATE TABLE with a list of columns.
std::optional<TableShape> parse_create_table(std::string_view sql);
// The columns of an index that holds every row of its table: none where it holds some of them (WHERE), or is no such
// statement; an expression is an empty name.
std::optional<std::vector<std::string>> parse_create_index(std::string_view sql);
bool is_same_word(std::string_view one, std::string_view other);  // letters of ASCII in any case

}  // namespace limier::content
