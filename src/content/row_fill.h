// One row of a statement becomes one row of ours, by the rules of a pack.
#pragma once

#include <map>
#include <optional>

#include "content/pack.h"
#include "content/sqlite_db.h"

namespace limier::content {

// What could not be shown of values; told once a column.
struct FillDoubts {
  struct Undecoded {
    std::uint64_t count = 0;
    std::string example;  // the first one
  };
  std::map<std::string_view, std::uint64_t> times_out_of_range;  // by column
  std::map<std::string_view, std::uint64_t> texts_cut;
  std::map<std::string, Undecoded> undecoded;                                      // by column of the statement
  std::map<std::string_view, std::map<std::string, std::uint64_t>> unknown_codes;  // by column; the codes
};

// What stands in a column of a statement's row, or what a decoder made of it.
class Stored {
 public:
  Stored(const Statement& statement, std::size_t column) : statement_(&statement), column_(column) {}
  explicit Stored(decode::Value value) : decoded_(std::move(value)) {}

  [[nodiscard]] int type() const;  // SQLITE_INTEGER, …
  [[nodiscard]] std::int64_t integer() const;
  [[nodiscard]] double real() const;
  [[nodiscard]] std::string text() const;  // a number as text

  [[nodiscard]] bool is_set() const;  // something, and not zero
  // None for what is no whole number.
  [[nodiscard]] std::optional<std::int64_t> whole() const;

 private:
  const Statement* statement_ = nullptr;
  std::size_t column_ = 0;
  decode::Value decoded_;
};

// A CellSource of a statement that is prepared.
class BoundSource {
 public:
  // The error names a column that the statement does not have. `source` has to outlive it.
  static Result<BoundSource> bind(const CellSource& source, const Statement& statement);

  // All that is there, in order; what does not decode is counted, and a text of it stays as it is stored.
  [[nodiscard]] std::vector<Stored> all(const Statement& statement, FillDoubts& doubts) const;
  // The first; with `texts` the first that is not empty.
  [[nodiscard]] std::optional<Stored> first(const Statement& statement, bool texts, FillDoubts& doubts) const;

 private:
  const CellSource* source_ = nullptr;
  std::size_t column_ = 0;
};

class RowFiller {
 public:
  // The error names a column that the statement does not have. `map` has to outlive the filler.
  static Result<RowFiller> bind(const RowMap& map, const Statement& statement, std::string_view app);

  [[nodiscard]] std::vector<catalog::RowCell> fill(const Statement& statement, const catalog::RowPlace& place,
                                                   FillDoubts& doubts) const;
  [[nodiscard]] const catalog::KindInfo& kind() const { return *map_->kind; }
  // Of the column of this name; asserts that there is one.
  [[nodiscard]] std::size_t cell_of(std::string_view column) const;
  [[nodiscard]] bool has(std::string_view column) const;

 private:
  struct Bound {
    const CellRule* rule = nullptr;
    std::vector<BoundSource> sources;
    std::optional<BoundSource> same;
  };
  [[nodiscard]] catalog::RowCell cell(const Statement& statement, const Bound& bound, FillDoubts& doubts) const;
  void fill_places(std::vector<catalog::RowCell>& cells) const;

  const RowMap* map_ = nullptr;
  std::vector<Bound> bound_;
  std::vector<catalog::RowCell> empty_;  // what a row is without any rule
};

}  // namespace limier::content
