// The databases of a pack beside its first one: found by place, known by their tables, attached under their names.
#pragma once

#include <deque>
#include <memory>

#include "content/pack.h"
#include "content/quiet_rows.h"
#include "content/sqlite_db.h"

namespace limier::content {

class BesideDatabases {
 public:
  // Attaches what of `source` fits, for as long as this lives. What is there and cannot be used is said in `rows`.
  BesideDatabases(const Pack& pack, const Source& source, Database& database, Rows& rows);
  ~BesideDatabases();
  BesideDatabases(const BesideDatabases&) = delete;
  BesideDatabases& operator=(const BesideDatabases&) = delete;

  // Whether one that is not optional is not there; then it is said in `rows`.
  [[nodiscard]] bool lacks_any() const { return lacks_; }

 private:
  bool attach(const PackDatabase& wanted, const BesideSource& file);

  const Pack& pack_;
  Database& database_;
  Rows& rows_;
  QuietRows quiet_;
  std::deque<SqliteImage> images_;
  bool lacks_ = false;
};

}  // namespace limier::content
