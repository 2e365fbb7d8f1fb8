#include "content/sqlite_tables.h"

#include <algorithm>

namespace limier::content {
namespace {

constexpr std::uint16_t kNullBit = 1u << 0;
constexpr std::uint16_t kRealBit = 1u << 7;
constexpr std::uint16_t kIntegerBits = 0x37e;   // types 1 to 6, 8 and 9
constexpr std::uint64_t kRowsToLearnFrom = 10;  // live ones that tell what a column may hold

// What a column of an affinity can hold after SQLite converted it.
std::uint16_t bits_of(Affinity affinity) {
  switch (affinity) {
    case Affinity::kText:
      return kNullBit | kTextBit;
    case Affinity::kInteger:
      return kNullBit | kIntegerBits | kRealBit;
    case Affinity::kReal:
      return kNullBit | kIntegerBits | kRealBit;
    case Affinity::kNumeric:
      return kNullBit | kIntegerBits | kRealBit | kTextBit;
    case Affinity::kBlob:
      break;
  }
  return kNullBit | kIntegerBits | kRealBit | kTextBit | kBlobBit;
}

// In the order of the record: a table without row numbers has its key in front.
std::vector<std::size_t> stored_order(const TableShape& shape) {
  std::vector<std::size_t> order;
  for (const std::string& name : shape.key)
    if (const auto at = shape.column(name); at && std::ranges::find(order, *at) == order.end()) order.push_back(*at);
  for (std::size_t i = 0; i < shape.columns.size(); ++i)
    if (shape.columns[i].stored && std::ranges::find(order, i) == order.end()) order.push_back(i);
  return order;
}

void settle(DbTable& table) {
  table.stored = stored_order(table.shape);
  table.seen.assign(table.stored.size(), 0);
  table.negative.assign(table.stored.size(), false);
}

bool is_negative(std::uint64_t type, Bytes value) {
  return type >= 1 && type <= 6 && !value.empty() && (value[0] & 0x80u) != 0;
}

}  // namespace

std::uint16_t bit_of_type(std::uint64_t type) {
  if (type < 10) return static_cast<std::uint16_t>(1u << type);
  return is_text_type(type) ? kTextBit : kBlobBit;
}

void DbTable::see(const RecordHead& head, Bytes body) {
  ++live_rows;
  const std::size_t columns = std::min(head.types.size(), seen.size());
  std::uint64_t at = 0;
  for (std::size_t i = 0; i < columns; ++i) {
    seen[i] |= bit_of_type(head.types[i]);
    const std::uint64_t size = bytes_of_type(head.types[i]);
    if (is_negative(head.types[i], slice(body, at, size).value_or(Bytes()))) negative[i] = true;
    at += size;
  }
  const auto count = static_cast<std::uint16_t>(head.types.size());
  if (count < seen.size() && std::ranges::find(counts, count) == counts.end()) counts.push_back(count);
}

bool DbTable::fits(std::size_t column, std::uint64_t type, bool searched) const {
  if (is_alias(column)) return type == 0;
  const TableColumn& declared = stored_column(column);
  const std::uint16_t bit = bit_of_type(type);
  if (bit == kNullBit && declared.not_null) return false;
  // As loosely as the application wrote, where a page says that this is a row.
  const std::uint16_t allowed = bits_of(declared.affinity);
  return ((allowed | seen[column]) & bit) != 0 || (!searched && bit == kBlobBit);
}

bool DbTable::fits(const std::vector<std::uint64_t>& types, bool searched) const {
  if (types.empty() || types.size() > stored.size() || shape.without_rowid) return false;
  if (searched && types.size() < stored.size() &&
      std::ranges::find(counts, static_cast<std::uint16_t>(types.size())) == counts.end())
    return false;
  for (std::size_t i = 0; i < types.size(); ++i)
    if (!fits(i, types[i], searched)) return false;
  return true;
}

bool DbTable::has_likely_signs(const RecordHead& head, Bytes body) const {
  if (live_rows < kRowsToLearnFrom) return true;
  const std::size_t columns = std::min(head.types.size(), negative.size());
  std::uint64_t at = 0;
  for (std::size_t i = 0; i < columns; ++i) {
    const std::uint64_t size = bytes_of_type(head.types[i]);
    const auto value = slice(body, at, size);
    if (!value) return true;
    if (!negative[i] && is_negative(head.types[i], *value)) return false;
    at += size;
  }
  return true;
}

bool DbTable::has_seen(std::size_t column, std::uint64_t type) const {
  return is_alias(column) || (seen[column] & bit_of_type(type)) != 0;
}

bool DbTable::may_guess_first(std::uint64_t type) const {
  // A column without a type takes anything: its declaration does not speak for any.
  return stored_column(0).affinity != Affinity::kBlob && (type >= 10 || live_rows < kRowsToLearnFrom);
}

DbTable* TableSet::add(const SchemaEntry& entry, bool is_live) {
  if (entry.type != "table" || entry.root_page < 1 || entry.root_page > UINT32_MAX) return nullptr;
  const auto same =
      std::ranges::find_if(tables_, [&](const DbTable& one) { return one.name == entry.name && one.sql == entry.sql; });
  if (same != tables_.end()) return &*same;
  auto shape = parse_create_table(entry.sql);
  if (!shape) return nullptr;
  if (!is_live)
    if (DbTable* grown = grown_from(entry.name, *shape)) return grown;
  if (tables_.size() == kMaxKnownTables) {
    full_ = true;
    return nullptr;
  }
  DbTable& table = tables_.emplace_back();
  table.name = entry.name;
  table.sql = entry.sql;
  table.root_page = static_cast<std::uint32_t>(entry.root_page);
  table.shape = std::move(*shape);
  table.is_live = is_live;
  settle(table);
  return &table;
}

// The live table that had fewer columns once.
DbTable* TableSet::grown_from(std::string_view name, const TableShape& shape) {
  for (DbTable& table : tables_) {
    const auto& columns = table.shape.columns;
    if (!table.is_live || table.name != name || shape.columns.size() > columns.size()) continue;
    const bool same = std::ranges::equal(shape.columns, std::span(columns).first(shape.columns.size()), {},
                                         &TableColumn::name, &TableColumn::name);
    if (!same) continue;
    const auto count = static_cast<std::uint16_t>(shape.columns.size());
    if (count < columns.size() && std::ranges::find(table.counts, count) == table.counts.end())
      table.counts.push_back(count);
    return &table;
  }
  return nullptr;
}

DbTable TableSet::make_schema_table() {
  DbTable table;
  table.name = "sqlite_schema";
  table.root_page = 1;
  table.is_live = true;
  table.shape =
      *parse_create_table("CREATE TABLE s(type TEXT NOT NULL, name TEXT, tbl_name TEXT, rootpage INT, sql TEXT)");
  settle(table);
  // table, index, view, trigger, in UTF-8 and in UTF-16.
  table.first_types = {23, 21, 27, 33, 29, 41};
  return table;
}

}  // namespace limier::content
