// Many rows of integers for one table, inserted several at a time: starting and ending a statement costs as much as
// inserting a row.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <utility>

#include "store/db.h"

namespace limier::store {

template <std::size_t kColumns>
class IntegerRows {
 public:
  using Row = std::array<std::optional<std::int64_t>, kColumns>;

  // `insert` is "INSERT … VALUES" without values.
  static Result<IntegerRows> prepare(Database& db, const std::string& insert) {
    std::string one = "(?";
    for (std::size_t i = 1; i < kColumns; ++i) one += ", ?";
    one += ")";
    std::string many = insert + " " + one;
    for (std::size_t i = 1; i < kBatch; ++i) many += ", " + one;
    IntegerRows rows;
    LIMIER_TRY(rows.one_, db.prepare(insert + " " + one));
    LIMIER_TRY(rows.many_, db.prepare(many));
    return rows;
  }

  Status add(const Row& row) {
    pending_[count_++] = row;
    if (count_ < kBatch) return ok_status();
    for (std::size_t i = 0; i < kBatch; ++i) bind(many_, pending_[i], i * kColumns);
    count_ = 0;
    return run(many_, kBatch);
  }
  // What is still pending; nothing reads the table before.
  Status flush() {
    for (std::size_t i = 0; i < count_; ++i) {
      bind(one_, pending_[i], 0);
      LIMIER_CHECK(run(one_, 1));
    }
    count_ = 0;
    return ok_status();
  }
  // Rows that INSERT OR IGNORE left out since this was asked last.
  std::uint64_t take_ignored() { return std::exchange(ignored_, 0); }

 private:
  static constexpr std::size_t kBatch = 16;

  static void bind(Statement& statement, const Row& row, std::size_t before) {
    for (std::size_t i = 0; i < kColumns; ++i) statement.bind(static_cast<int>(before + i + 1), row[i]);
  }
  Status run(Statement& statement, std::size_t rows) {
    LIMIER_CHECK(statement.run());
    ignored_ += rows - static_cast<std::size_t>(statement.changes());
    return ok_status();
  }

  Statement one_, many_;
  std::array<Row, kBatch> pending_{};
  std::size_t count_ = 0;
  std::uint64_t ignored_ = 0;
};

}  // namespace limier::store
