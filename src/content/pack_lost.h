// Rows of a pack's table that are no longer: earlier versions, what was not committed, what was deleted. The pack's own
// statement is asked of a twin of the table (sqlite_twin.h), with all other tables as they are.
//
// A row is given only where something that the pack shows of it differs from every live row. `deleted` is set only
// where no live row is the same message: by the service's own id where it has one, else by conversation and time, or by
// the row's number together with its time or its text (numbers are given again).
#pragma once

#include <set>

#include "content/hash_set.h"
#include "content/pack.h"
#include "content/row_extras.h"
#include "content/sqlite_twin.h"

namespace limier::content {

// What live rows show, as they go by.
class LiveSide {
 public:
  // Null: nothing was lost, and nothing has to be kept.
  explicit LiveSide(const LostRows::Table* lost);

  void see(const RowFiller& filler, const std::vector<catalog::RowCell>& cells, std::int64_t number);
  [[nodiscard]] bool shows(const RowFiller& filler, const std::vector<catalog::RowCell>& cells) const;
  [[nodiscard]] bool has_same(const RowFiller& filler, const std::vector<catalog::RowCell>& cells,
                              const TwinOrigin& origin) const;

 private:
  const LostRows::Table* lost_;
  std::set<std::int64_t> numbers_;  // of lost rows that are live too
  HashSet shown_, known_;
};

// Runs `sql`, the expanded statement of `row`, over what was lost of its driver. How many rows came out.
std::uint64_t run_lost(const Pack& pack, const PackRow& row, const std::string& sql, Database& database,
                       const LostRows::Table& lost, const LiveSide& live, Rows& rows);

// Fragments, as artifacts.
void give_fragments(const Pack& pack, const LostRows& lost, Rows& rows);

// `sql` with the table that it reads first outside of all parentheses, or first at all, read from `twin`. None: it does
// not read the table.
std::optional<std::string> read_from_twin(std::string_view sql, std::string_view database, std::string_view table,
                                          std::string_view twin);

}  // namespace limier::content
