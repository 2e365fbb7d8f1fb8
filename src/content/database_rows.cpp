#include "limier/content/database_rows.h"

namespace limier::content {
namespace {

using catalog::RowState;

bool is_sound_row(const DatabaseRow& row, std::size_t tables) {
  if (row.table && *row.table >= tables) return false;
  if (row.state < RowState::kLive || row.state > RowState::kFragment) return false;
  if (row.source < catalog::RowSource::kMain || row.source > catalog::RowSource::kGap) return false;
  for (const DatabaseValue& value : row.values)
    if (value.kind > DatabaseValue::Kind::kBlob ||
        (value.kind == DatabaseValue::Kind::kText && !is_valid_utf8(value.bytes)))
      return false;
  return true;
}

}  // namespace

bool is_sound(const DatabaseRows& rows, std::size_t tables) {
  for (const DatabaseTable& table : rows.tables) {
    if (!is_valid_utf8(table.name)) return false;
    for (const std::string& column : table.columns)
      if (!is_valid_utf8(column)) return false;
  }
  for (const DatabaseRow& row : rows.rows)
    if (!is_sound_row(row, tables + rows.tables.size())) return false;
  return true;
}

}  // namespace limier::content
