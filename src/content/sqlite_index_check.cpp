#include "content/sqlite_index_check.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace limier::content {
namespace {

constexpr std::size_t kRowNumber = SIZE_MAX;
constexpr double kIntegersEnd = 9223372036854775808.0;  // 2 to the 63rd

std::uint64_t mix(std::uint64_t hash, std::uint64_t more) {
  hash = (hash ^ more) * 0x9e3779b97f4a7c15;
  return hash ^ hash >> 32;
}

std::uint64_t mix_integer(std::uint64_t hash, std::int64_t value) {
  return mix(mix(hash, 1), static_cast<std::uint64_t>(value));
}

std::uint64_t mix_bytes(std::uint64_t hash, Bytes bytes) {
  hash = mix(hash, bytes.size());
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) hash = mix(hash, detail::load_le<std::uint64_t>(bytes.data() + at));
  std::uint64_t rest = 0;
  if (at < bytes.size()) std::memcpy(&rest, bytes.data() + at, bytes.size() - at);
  return mix(hash, rest);
}

// Where they stand in the table's records. Nothing: an expression, a column that is computed, or one that comes twice.
std::vector<std::size_t> find_columns(const DbTable& table, const std::vector<std::string>& names) {
  std::vector<std::size_t> columns;
  for (const std::string& name : names) {
    const auto in_shape = table.shape.column(name);
    if (!in_shape) return {};
    const auto stored = std::ranges::find(table.stored, *in_shape);
    if (stored == table.stored.end()) return {};
    const auto at = static_cast<std::size_t>(stored - table.stored.begin());
    columns.push_back(table.is_alias(at) ? kRowNumber : at);
    if (std::ranges::count(columns, columns.back()) > 1) return {};
  }
  return columns;
}

// By what it is, not by how it is stored: a whole number in a column of reals is an integer in one place or the other.
std::uint64_t mix_value(std::uint64_t hash, std::uint64_t type, Bytes body) {
  if (type == 0) return mix(hash, 0);
  if (type == 7) {
    const double real = real_of(body);
    if (real >= -kIntegersEnd && real < kIntegersEnd)
      if (const auto whole = static_cast<std::int64_t>(real); static_cast<double>(whole) == real)
        return mix_integer(hash, whole);
    return mix(mix(hash, 2), std::bit_cast<std::uint64_t>(real));
  }
  if (type < 10) return mix_integer(hash, integer_of_type(type, body));
  return mix_bytes(mix(hash, is_text_type(type) ? 3 : 4), body);
}

}  // namespace

void IndexCheck::add_schema(const std::vector<SchemaEntry>& entries) {
  for (const SchemaEntry& entry : entries) {
    if (entry.type != "index") continue;
    Index index;
    index.name = entry.name;
    index.table = entry.of;
    index.sql = entry.sql;
    index.root_page = static_cast<std::uint32_t>(entry.root_page);
    indexes_.push_back(std::move(index));
  }
}

void IndexCheck::begin_table(const DbTable& table) {
  of_table_.clear();
  entries_of_ = nullptr;
  const auto is_of_table = [&](const Index& one) { return is_same_word(one.table, table.name); };
  const auto own =
      std::ranges::count_if(indexes_, [&](const Index& one) { return is_of_table(one) && one.sql.empty(); });
  const auto& keys = table.shape.own_indexes;
  std::size_t next_own = 0;
  for (Index& one : indexes_) {
    if (!is_of_table(one) || one.rows.is_known) continue;  // two tables of one name: the schema is damaged
    std::vector<std::string> names;
    if (one.sql.empty()) {
      if (static_cast<std::size_t>(own) == keys.size()) names = keys[next_own++];
    } else {
      auto parsed = parse_create_index(one.sql);
      if (!parsed) continue;
      names = std::move(*parsed);
    }
    one.columns = find_columns(table, names);
    one.by_content = !one.columns.empty() && !table.shape.without_rowid;
    one.rows.is_known = true;
    of_table_.push_back(&one);
  }
}

void IndexCheck::add_row(const RecordHead& head, Bytes body, std::int64_t rowid) {
  if (of_table_.empty()) return;
  offsets_.clear();
  std::uint64_t at = 0;
  for (const std::uint64_t type : head.types) {
    offsets_.push_back(at);
    at += bytes_of_type(type);
  }
  for (Index* index : of_table_) {
    if (!index->by_content) continue;
    std::uint64_t hash = 0;
    for (const std::size_t column : index->columns) {
      if (column == kRowNumber) {
        hash = mix_integer(hash, rowid);
      } else if (column < head.types.size()) {
        const std::uint64_t type = head.types[column];
        hash = mix_value(hash, type, slice(body, offsets_[column], bytes_of_type(type)).value_or(Bytes()));
      } else {
        index->by_content = false;  // the column was added later: its default would have to be known as SQLite has it
        break;
      }
    }
    index->rows.sum += mix_integer(hash, rowid);
  }
}

void IndexCheck::begin_index(const SchemaEntry& entry) {
  of_table_.clear();
  const auto found = std::ranges::find_if(indexes_, [&](const Index& one) {
    return one.root_page == static_cast<std::uint32_t>(entry.root_page) && one.name == entry.name;
  });
  entries_of_ = found == indexes_.end() ? nullptr : &*found;
  if (entries_of_ != nullptr) entries_of_->entries.is_known = true;
}

void IndexCheck::add_entry(Bytes record) {
  if (entries_of_ == nullptr || !entries_of_->by_content) return;
  std::uint64_t hash = 0;
  if (parse_record_head(record, head_) && head_.payload_bytes() == record.size()) {
    std::uint64_t at = head_.head_bytes;
    for (const std::uint64_t type : head_.types) {
      const std::uint64_t size = bytes_of_type(type);
      hash = mix_value(hash, type, slice(record, at, size).value_or(Bytes()));
      at += size;
    }
  }
  entries_of_->entries.sum += hash;
}

void IndexCheck::count_cells(std::uint64_t cells) {
  for (Index* index : of_table_) index->rows.cells += cells;
  if (entries_of_ != nullptr) entries_of_->entries.cells += cells;
}

std::vector<std::string> IndexCheck::disagreeing() const {
  std::vector<std::string> names;
  for (const Index& one : indexes_)
    if (one.rows.is_known && one.entries.is_known &&
        (one.rows.cells != one.entries.cells || (one.by_content && one.rows.sum != one.entries.sum)))
      names.push_back(one.name);
  return names;
}

}  // namespace limier::content
