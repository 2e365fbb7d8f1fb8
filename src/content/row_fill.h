// One row of a statement becomes one row of ours, by the rules of a pack.
#pragma once

#include <map>

#include "content/pack.h"
#include "content/sqlite_db.h"

namespace limier::content {

// What could not be shown of values; told once a column.
struct FillDoubts {
  std::map<std::string_view, std::uint64_t> times_out_of_range;  // by column
  std::map<std::string_view, std::uint64_t> texts_cut;
};

class RowFiller {
 public:
  // The error names a column that the statement does not have. `map` has to outlive the filler.
  static Result<RowFiller> bind(const RowMap& map, const Statement& statement, std::string_view app);

  [[nodiscard]] std::vector<catalog::RowCell> fill(const Statement& statement, const catalog::RowPlace& place,
                                                   FillDoubts& doubts) const;
  // Whether the column of this name is mapped and holds something in the statement's row.
  [[nodiscard]] bool holds(const Statement& statement, std::string_view column) const;
  [[nodiscard]] const catalog::KindInfo& kind() const { return *map_->kind; }
  // Of the column of this name; asserts that there is one.
  [[nodiscard]] std::size_t cell_of(std::string_view column) const;
  [[nodiscard]] bool has(std::string_view column) const;

 private:
  struct Bound {
    const CellRule* rule = nullptr;
    std::vector<std::size_t> sources;
  };
  [[nodiscard]] std::optional<std::size_t> source_of(const Statement& statement, const Bound& bound) const;
  [[nodiscard]] catalog::RowCell cell(const Statement& statement, const Bound& bound, FillDoubts& doubts) const;

  const RowMap* map_ = nullptr;
  std::vector<Bound> bound_;
  std::vector<catalog::RowCell> empty_;  // what a row is without any rule
};

}  // namespace limier::content
