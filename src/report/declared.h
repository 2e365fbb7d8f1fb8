// The rows of declared kinds, as every sink shows them: CSV, JSON and its schema, tables of the page. What is written
// follows from the declaration; no kind is known by name here.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "limier/catalog/rows.h"
#include "limier/store.h"
#include "limier/store/marks.h"
#include "report/cells.h"
#include "report/json_out.h"

namespace limier::report {

// Caps: rows of a kind in report.json (findings: all), and on the page.
inline constexpr std::int64_t kMaxRowsInJson = 1000;
inline constexpr std::int64_t kMaxRowsOnPage = 50;

struct KindCount {
  const catalog::KindInfo* kind = nullptr;
  std::int64_t rows = 0;
};
// Of every kind, in the order of row_kinds().
Result<std::vector<KindCount>> count_rows(store::Index& index);

// The rows of one kind: by rank where the kind has one, else by id.
class KindRows {
 public:
  static Result<KindRows> read(store::Index& index, const catalog::KindInfo& kind,
                               std::optional<std::int64_t> limit = std::nullopt);
  bool step();
  [[nodiscard]] Status status() const { return query_.status(); }
  [[nodiscard]] std::span<const catalog::ViewColumn> columns() const { return columns_; }
  [[nodiscard]] const store::Cell& cell(std::size_t column) const { return cells_[column]; }
  [[nodiscard]] bool is_null(std::size_t column) const { return cell(column).kind == store::Cell::Kind::kNull; }
  // A text; the exact bytes where it had to be repaired.
  [[nodiscard]] std::string_view exact(std::size_t column) const;

 private:
  KindRows(std::vector<catalog::ViewColumn> columns, store::Query query);

  std::vector<catalog::ViewColumn> columns_;
  std::vector<std::size_t> raw_at_;  // of each column: where its raw twin stands, or itself
  // Times as text are made here of their nanoseconds: SQLite takes several times as long.
  struct TimeText {
    std::size_t at = 0, ns_at = 0;
    std::string text;
  };
  std::vector<TimeText> times_;
  Calendar calendar_;
  store::Query query_;
  std::vector<store::Cell> cells_;
};

// The name of a kind's CSV.
std::string csv_name(const catalog::KindInfo& kind);
// Writes it; without a row, only that of a kind that is always listed, and else what was left of it is removed.
Status write_kind_csv(store::Index& index, const catalog::KindInfo& kind, const std::string& dir);

// An array under the kind's plural; rows with marks have them.
Status put_kind_json(JsonOut& json, store::Index& index, const catalog::KindInfo& kind,
                     std::optional<std::int64_t> limit, const store::Marks& marks);
// The part of docs/report.schema.json that follows from the declarations: the properties of all kinds.
std::string kinds_schema();

}  // namespace limier::report
