// A pack: what one application's databases look like, and how their rows become rows of ours (docs/packs.md). Read from
// TOML, checked as a whole; what a pack says and this version cannot do is refused, never passed over.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "content/epochs.h"
#include "limier/base.h"
#include "limier/content.h"

namespace limier::content {

struct PackTable {
  std::string name;
  std::vector<std::string> columns;
};

// [db.NAME]
struct PackDatabase {
  std::string name;
  std::vector<std::string> paths;  // globs; hints, never identity
  std::vector<PackTable> tables;   // identity: every one with every column
};

// [caps]: what one version of the application has and another has not.
struct Capability {
  std::string name;
  PackTable table;
};

// How one cell of a row is filled.
struct CellRule {
  std::size_t cell = 0;  // in the row, those of its RowPlace before it
  const catalog::ColumnInfo* column = nullptr;
  std::vector<std::string> sources;  // columns of the statement: the first that holds something; of a flag: any
  std::string constant;              // the text itself
  const Epoch* epoch = nullptr;
  // Texts: what stands for a stored value. Words: the number of the word.
  std::vector<std::pair<std::string, std::string>> codes;
  std::vector<std::pair<std::string, std::int64_t>> words;
  std::string otherwise;  // for values without a code; "": as stored
  std::string self_when;  // the word of `direction` with which the cell stands for the owner of the device: NULL
  std::string row_table;  // of a reference: the table whose row it names
};

// [row.map], or its `attach`.
struct RowMap {
  const catalog::KindInfo* kind = nullptr;
  std::vector<CellRule> rules;
};

// [[row]]
struct PackRow {
  std::size_t line = 0;
  std::string driver;              // the table whose rows become rows, one each
  std::string where;               // of its rows, those
  std::string sql;                 // with its macros
  std::vector<std::string> needs;  // capabilities
  RowMap map;
  std::optional<RowMap> attachment;  // one more row where its first rule finds something
};

// [[gap]]: rows that are known to have existed.
struct PackGap {
  std::string table;
  bool sequence = false;  // numbers that were given out and have no row
  std::string column;     // each value names a row that was deleted
};

// [[test]]
struct PackTest {
  std::size_t line = 0;
  std::string name;
  std::string file;  // beside the pack; .sql is run into an empty database
  bool match = true;
  std::vector<std::pair<std::string, std::int64_t>> rows;    // kind, how many
  std::vector<std::pair<std::string, std::int64_t>> issues;  // code, how many
};

struct Pack {
  std::string name, version, app, evidence;
  std::vector<std::string> app_ids, sources;
  PackDatabase database;
  std::vector<Capability> capabilities;
  std::vector<PackRow> rows;
  std::vector<PackGap> gaps;
  std::vector<PackTest> tests;
};

// kUsage: "NAME:LINE: what is wrong".
Result<Pack> parse_pack(const PackText& text);

// The statement with its macros resolved: {{cap: a | b}} is `a` where the file has the capability, else `b` (nothing
// when it is left out); {{where}} is the row's own. Macros may stand in macros. nullopt: one is not closed, or names no
// capability.
std::optional<std::string> expand_sql(const PackRow& row, const std::vector<std::pair<std::string, bool>>& capabilities,
                                      std::string& problem);

// The name that a statement gives a table where it first reads it, else the table's own without its database. None: it
// does not read it.
std::optional<std::string> alias_of(std::string_view sql, std::string_view table);

}  // namespace limier::content
