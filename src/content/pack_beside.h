// The databases of a pack beside its first one: found by place, known by their tables, attached under their names.
#pragma once

#include <deque>
#include <memory>

#include "content/pack.h"
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
  // What is wrong with a file beside is told where it is looked into itself.
  class QuietRows final : public Rows {
   public:
    explicit QuietRows(Rows& rows) : rows_(rows) {}
    void add_cells(const catalog::KindInfo&, std::vector<catalog::RowCell>, std::string_view,
                   std::string_view) override {}
    void issue(std::string, std::string, bool) override {}
    void alive() override { rows_.alive(); }

   private:
    Rows& rows_;
  };
  bool attach(const PackDatabase& wanted, const BesideSource& file);

  const Pack& pack_;
  Database& database_;
  Rows& rows_;
  QuietRows quiet_;
  std::deque<SqliteImage> images_;
  bool lacks_ = false;
};

}  // namespace limier::content
