// A pack: what one application's databases look like, and how their rows become rows of ours (docs/packs.md). Read from
// TOML, checked as a whole; what a pack says and this version cannot do is refused, never passed over.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "content/decode/decode.h"
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
  // Globs; hints, never identity. Of a database beside the first: where it lies, seen from the first one's folder.
  std::vector<std::string> paths;
  std::vector<PackTable> tables;  // identity: every one with every column
  bool optional = false;          // of one beside the first: without it, what names it is left out
};

// [caps]: what one version of the application has and another has not.
struct Capability {
  std::string name;
  std::string database;
  PackTable table;
};

// A column of the statement, and how its bytes become values: one decoder after the other.
struct CellSource {
  std::string column;
  std::vector<decode::Step> steps;
};

// How one cell of a row is filled.
struct CellRule {
  std::size_t cell = 0;  // in the row, those of its RowPlace before it
  const catalog::ColumnInfo* column = nullptr;
  std::vector<CellSource> sources;  // the first that holds something; of a flag: any
  std::string constant;             // the text itself
  const Epoch* epoch = nullptr;
  // Texts: what stands for a stored value. Words: the number of the word.
  std::vector<std::pair<std::string, std::string>> codes;
  std::vector<std::pair<std::string, std::int64_t>> words;
  std::optional<CellSource> same_as;  // where it holds the same, the word is `same`
  std::int64_t same = 0;
  std::optional<std::int64_t> other;  // the word for any other value
  std::string otherwise;              // for values without a code; "": as stored
  std::string self_when;     // the word of `direction` with which the cell stands for the owner of the device: NULL
  std::string row_table;     // of a reference: the table whose row it names
  bool from_base64 = false;  // a digest, stored so; shown in hex
};

// Where a file lies on the device: a front of the stored path goes, and these come in its place.
struct FilePlaces {
  std::string strip;
  std::vector<std::string> roots;
};

// Two texts that should be the same.
struct BodyComparison {
  CellSource one, other;
  std::string issue;  // its code
};

// [row.map], or its `attach` or `geo`.
struct RowMap {
  const catalog::KindInfo* kind = nullptr;
  std::vector<CellRule> rules;
  std::optional<FilePlaces> places;   // of the cell `path`
  std::optional<CellSource> history;  // earlier bodies
  std::optional<BodyComparison> comparison;
  std::optional<CellSource> own_id;  // of the account that the device is signed in with
};

// [[row]]
struct PackRow {
  std::size_t line = 0;
  std::string driver;              // the table whose rows become rows, one each
  bool group = false;              // or not one each: the number of a driver's row says only where it was found
  std::string where;               // of its rows, those
  std::string sql;                 // with its macros
  std::vector<std::string> needs;  // capabilities
  RowMap map;
  std::optional<RowMap> attachment;  // one more row where it has a path, a name or a type
  std::optional<RowMap> place;       // one more row where it gives both coordinates
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
  // By database, beside the pack; .sql is run into an empty database.
  std::vector<std::pair<std::string, std::string>> files;
  bool match = true;
  std::vector<std::pair<std::string, std::int64_t>> rows;    // kind, how many
  std::vector<std::pair<std::string, std::int64_t>> issues;  // code, how many
  // Columns of the first row of the first [[row]]'s kind, and what they show.
  std::vector<std::pair<std::string, std::string>> first;
};

struct Pack {
  std::string name, version, app, evidence;
  std::vector<std::string> app_ids, sources;
  PackDatabase database;             // the one by which the application is known
  std::vector<PackDatabase> beside;  // others that its statements read
  std::vector<Capability> capabilities;
  std::vector<std::pair<std::string, std::string>> parts;  // by name: text that statements share
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
