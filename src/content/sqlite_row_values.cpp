#include "content/sqlite_row_values.h"

namespace limier::content {

void put_values(const DbTable& table, const RecordHead& head, Bytes body, std::size_t columns, TextEncoding encoding,
                FoundRow& out) {
  const TableShape& shape = table.shape;
  out.values.assign(shape.columns.size(), {});
  out.known.assign(shape.columns.size(), false);
  std::uint64_t at = 0;
  for (std::size_t i = 0; i < table.stored.size(); ++i) {
    SqliteValue& value = out.values[table.stored[i]];
    if (i >= head.types.size()) {
      value = shape.columns[table.stored[i]].missing;
      out.known[table.stored[i]] = true;
      continue;
    }
    if (i >= columns) continue;
    const std::uint64_t size = bytes_of_type(head.types[i]);
    value = value_of_type(head.types[i], slice(body, at, size).value_or(Bytes()), encoding);
    at += size;
    out.known[table.stored[i]] = true;
    // Whole numbers are kept as integers in a column of reals.
    if (shape.columns[table.stored[i]].affinity == Affinity::kReal && value.kind == SqliteValue::Kind::kInteger) {
      value.kind = SqliteValue::Kind::kReal;
      value.real = static_cast<double>(value.integer);
    }
  }
  if (!shape.alias) return;
  out.known[*shape.alias] = out.rowid.has_value();
  SqliteValue& number = out.values[*shape.alias];
  number = {};
  if (!out.rowid) return;
  number.kind = SqliteValue::Kind::kInteger;
  number.integer = *out.rowid;
}

void put_bare_values(const CarvedRow& row, Bytes body, TextEncoding encoding, FoundRow& out) {
  std::uint64_t at = 0;
  for (const std::uint64_t type : row.head.types) {
    const std::uint64_t size = bytes_of_type(type);
    out.values.push_back(value_of_type(type, slice(body, at, size).value_or(Bytes()), encoding));
    out.known.push_back(true);
    at += size;
  }
  if (row.first_lost) out.values[0] = {};
  if (row.first_lost) out.known[0] = false;
}

}  // namespace limier::content
