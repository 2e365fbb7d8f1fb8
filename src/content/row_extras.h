// What a message row may bring beside itself: an attachment, a place, earlier bodies, and two bodies that differ.
#pragma once

#include <memory>
#include <set>

#include "content/row_fill.h"

namespace limier::content {

class RowExtras {
 public:
  // The error names a column that the statement does not have. `pack` and `row` have to outlive it.
  static Result<RowExtras> bind(const Pack& pack, const PackRow& row, const Statement& statement);

  // `cells` are those of the row itself, made by `filler`; its number of attachments may be set.
  void add(const Statement& statement, const RowFiller& filler, const catalog::RowPlace& place,
           std::vector<catalog::RowCell>& cells, FillDoubts& doubts);
  // What follows the row, once it is in `rows`.
  void emit(Rows& rows);
  // What was too much to be told a row at a time.
  void tell(Rows& rows) const;

 private:
  struct Waiting {
    const catalog::KindInfo* kind;
    std::vector<catalog::RowCell> cells;
  };
  Status bind_attachments(const PackRow& row, const Statement& statement);
  void add_attachments(const Statement& statement, const RowFiller& filler, const catalog::RowPlace& place,
                       std::vector<catalog::RowCell>& cells, FillDoubts& doubts);
  void add_place(const Statement& statement, const RowFiller& filler, const catalog::RowPlace& place,
                 const std::vector<catalog::RowCell>& cells, FillDoubts& doubts);
  void add_history(const Statement& statement, const RowFiller& filler, const catalog::RowPlace& place,
                   const std::vector<catalog::RowCell>& cells, FillDoubts& doubts);
  void add_account(const Statement& statement, const RowFiller& filler, const catalog::RowPlace& place,
                   const std::vector<catalog::RowCell>& cells, FillDoubts& doubts);
  void compare(const Statement& statement, const catalog::RowPlace& place, FillDoubts& doubts);

  const Pack* pack_ = nullptr;
  const PackRow* row_ = nullptr;
  std::vector<std::unique_ptr<const RowMap>> items_;  // of attachments that stand in a list
  std::vector<RowFiller> attachments_;
  std::optional<RowFiller> place_;
  std::optional<BoundSource> history_, one_, other_, own_id_;
  std::set<std::string> accounts_;  // that were told
  std::vector<Waiting> waiting_;
  std::vector<std::string> differing_;  // sentences on the row at hand
  std::uint64_t differences_ = 0;
};

}  // namespace limier::content
