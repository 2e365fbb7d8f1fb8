// Every row that the bytes of a database, its log and its journal still hold: live rows, and those that are no longer.
// docs/formats/sqlite.md says what is looked for, in which order, and what makes a row count.
//
// A row that equals a live one is not given again, whatever copy of it is found; the same row is given once.
#pragma once

#include <memory>

#include "content/sqlite_tables.h"
#include "content/sqlite_versions.h"

namespace limier::content {

inline constexpr std::size_t kMaxRecoveredRows = 2u << 20;  // of one database; further ones are not given

struct FoundRow {
  const DbTable* table = nullptr;  // null: more than one may have had it, or none is known
  std::optional<std::int64_t> rowid;
  std::vector<SqliteValue> values;  // in the order of the columns; of an unknown table as stored
  std::vector<bool> known;          // false: a fragment's value that is gone
  catalog::RowState state = catalog::RowState::kLive;
  catalog::RowSource source = catalog::RowSource::kMain;
  std::uint32_t page = 0;
  std::uint64_t file_offset = 0;  // of the cell, in the file that `source` names
  std::uint32_t commit = 0;       // of the log, from 1; 0: of none
  // A row of this number is live in the table, with other values.
  bool has_live_version = false;
  bool in_free_space = false;  // of the medium: file_offset is that of the image, page is 0
};

class FoundRows {
 public:
  virtual ~FoundRows() = default;
  // False: no more are wanted.
  virtual bool take(const FoundRow& row) = 0;
};

struct RecoverWish {
  bool live = true;
  bool others = true;
  const LooseSource* loose = nullptr;  // pages in free space too
  // Whether indexes are compared with their tables: where live rows were asked of SQLite, which answers from both.
  bool indexes = false;
};

// False: the bytes are no database that can be walked. What is damaged, left out or known to be gone is said in `rows`.
bool recover_rows(const Source& source, const SqliteImage& image, const RecoverWish& wish, Rows& rows,
                  FoundRows& found);

}  // namespace limier::content
