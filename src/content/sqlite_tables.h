// The tables of a database, those it has and those it had, and which records can be rows of them.
#pragma once

#include <deque>
#include <span>
#include <vector>

#include "content/sqlite_ddl.h"

namespace limier::content {

inline constexpr std::size_t kMaxKnownTables = 4096;

// Which kinds of values were seen in a column of live rows: one bit a serial type below 10, one for text, one for
// BLOBs.
inline constexpr std::uint16_t kTextBit = 1u << 10;
inline constexpr std::uint16_t kBlobBit = 1u << 11;
std::uint16_t bit_of_type(std::uint64_t type);

struct DbTable {
  std::string name;
  std::string sql;
  std::uint32_t root_page = 0;
  TableShape shape;
  bool is_live = false;                    // in the schema as the application saw it
  std::vector<std::size_t> stored;         // columns of the shape in the order of the record
  std::vector<std::uint16_t> seen;         // of each stored column
  std::vector<bool> negative;              // whether a live row has a negative integer there
  std::vector<std::uint16_t> counts;       // of columns that live rows have, when they are fewer than `stored`
  std::vector<std::uint64_t> first_types;  // of a first column with a handful of words for values
  std::uint64_t live_rows = 0;
  bool damaged = false;  // its tree makes no sense somewhere

  [[nodiscard]] const TableColumn& stored_column(std::size_t at) const { return shape.columns[stored[at]]; }
  [[nodiscard]] bool is_alias(std::size_t at) const { return shape.alias == stored[at]; }
  void see(const RecordHead& head, Bytes body);
  // Of a table with row numbers; how strict: `searched` where nothing but the bytes themselves says that this is a row.
  [[nodiscard]] bool fits(const std::vector<std::uint64_t>& types, bool searched) const;
  [[nodiscard]] bool fits(std::size_t column, std::uint64_t type, bool searched) const;
  // False: a negative integer in a column whose live rows, and there are some, have none. Counters, times and
  // references to other rows look like that; bytes read from the wrong place do not. `body` may be short.
  [[nodiscard]] bool has_likely_signs(const RecordHead& head, Bytes body) const;
  // Whether live rows have that kind of value there.
  [[nodiscard]] bool has_seen(std::size_t column, std::uint64_t type) const;
  // Whether a first type that was lost may have been one that no live row has.
  [[nodiscard]] bool may_guess_first(std::uint64_t type) const;
};

// Rows of sqlite_schema.
struct SchemaEntry {
  std::string type, name, sql;
  std::int64_t root_page = 0;
  std::string of = {};  // the table that it belongs to
};

class TableSet {
 public:
  // Pointers to tables stay good. Null: not a table with records of its own, or there are too many.
  DbTable* add(const SchemaEntry& entry, bool is_live);
  [[nodiscard]] DbTable& schema() { return schema_; }
  [[nodiscard]] std::deque<DbTable>& all() { return tables_; }
  [[nodiscard]] const std::deque<DbTable>& all() const { return tables_; }
  [[nodiscard]] bool is_full() const { return full_; }
  static DbTable make_schema_table();

 private:
  DbTable* grown_from(std::string_view name, const TableShape& shape);

  std::deque<DbTable> tables_;
  DbTable schema_ = make_schema_table();
  bool full_ = false;
};

}  // namespace limier::content
