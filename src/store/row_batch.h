// Many rows for one table, inserted several at a time: starting and ending a statement, and finding the place of its
// row, cost as much as inserting a row.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <utility>

#include "store/db.h"

namespace limier::store {

// A row has kColumns integers; those in which texts or bytes stand are null in it and come beside it, kTexts of them.
template <std::size_t kColumns, std::size_t kTexts = 0>
class RowBatch {
 public:
  using Row = std::array<std::optional<std::int64_t>, kColumns>;
  using Texts = std::array<std::optional<std::string_view>, kTexts>;  // copied
  enum class As : std::uint8_t { kText, kBytes };
  struct Place {
    int column = 0;  // from 1
    As as = As::kText;
  };

  // `insert` is "INSERT … VALUES" without values.
  static Result<RowBatch> prepare(Database& db, const std::string& insert,
                                  const std::array<Place, kTexts>& places = {}) {
    std::string one = "(?";
    for (std::size_t i = 1; i < kColumns; ++i) one += ", ?";
    one += ")";
    std::string many = insert + " " + one;
    for (std::size_t i = 1; i < kBatch; ++i) many += ", " + one;
    RowBatch rows;
    rows.places_ = places;
    LIMIER_TRY(rows.one_, db.prepare(insert + " " + one));
    LIMIER_TRY(rows.many_, db.prepare(many));
    return rows;
  }

  Status add(const Row& row, const Texts& texts = {}) {
    Pending& pending = pending_[count_++];
    pending.row = row;
    for (std::size_t i = 0; i < kTexts; ++i) {
      pending.present[i] = texts[i].has_value();
      if (texts[i]) pending.texts[i].assign(*texts[i]);
    }
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

  struct Pending {
    Row row;
    std::array<std::string, kTexts> texts;  // their memory is kept from row to row
    std::array<bool, kTexts> present{};
  };

  void bind(Statement& statement, const Pending& pending, std::size_t before) {
    for (std::size_t i = 0; i < kColumns; ++i) statement.bind(static_cast<int>(before + i + 1), pending.row[i]);
    for (std::size_t i = 0; i < kTexts; ++i) {
      if (!pending.present[i]) continue;
      const int at = static_cast<int>(before) + places_[i].column;
      const std::string& text = pending.texts[i];
      places_[i].as == As::kText ? statement.bind_text(at, text) : statement.bind_blob(at, text.data(), text.size());
    }
  }
  Status run(Statement& statement, std::size_t rows) {
    LIMIER_CHECK(statement.run());
    ignored_ += rows - static_cast<std::size_t>(statement.changes());
    return ok_status();
  }

  Statement one_, many_;
  std::array<Place, kTexts> places_{};
  std::array<Pending, kBatch> pending_{};
  std::size_t count_ = 0;
  std::uint64_t ignored_ = 0;
};

}  // namespace limier::store
