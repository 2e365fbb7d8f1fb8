#include "content/sqlite_twin.h"

#include <algorithm>
#include <set>

namespace limier::content {
namespace {

struct CloseDatabase {
  void operator()(sqlite3* handle) const { sqlite3_close(handle); }
};
struct CloseStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
struct FreeBytes {
  void operator()(unsigned char* bytes) const { sqlite3_free(bytes); }
};

class BytesReader final : public Reader {
 public:
  explicit BytesReader(Bytes bytes) : bytes_(bytes) {}
  [[nodiscard]] std::uint64_t size_bytes() const override { return bytes_.size(); }
  bool read(std::uint64_t offset, MutableBytes out) const override {
    const auto part = slice(bytes_, offset, out.size());
    if (part)
      std::ranges::copy(*part, out.begin());
    else
      std::ranges::fill(out, std::uint8_t{0});
    return part.has_value();
  }

 private:
  Bytes bytes_;
};

std::size_t size_of(const FoundRow& row) {
  std::size_t bytes = sizeof(FoundRow);
  for (const SqliteValue& value : row.values) bytes += sizeof(SqliteValue) + value.bytes.size();
  return bytes;
}

std::string quoted(std::string_view name) {
  std::string text = "\"";
  for (const char c : name) text += c == '"' ? "\"\"" : std::string(1, c);
  return text + "\"";
}

std::string_view type_of(Affinity affinity) {
  switch (affinity) {
    case Affinity::kText:
      return "TEXT";
    case Affinity::kNumeric:
      return "NUMERIC";
    case Affinity::kInteger:
      return "INTEGER";
    case Affinity::kReal:
      return "REAL";
    case Affinity::kBlob:
      break;
  }
  return "BLOB";
}

// The table without its constraints: what was deleted does not have to keep them. The row's number stands in front of
// the values.
std::string create_statement(const LostRows::Table& table) {
  std::string sql = "CREATE TABLE " + quoted(table.name) + "(";
  for (std::size_t i = 0; i < table.shape.columns.size(); ++i) {
    if (i > 0) sql += ", ";
    sql += quoted(table.shape.columns[i].name) + " ";
    sql += table.shape.alias == i ? "INTEGER PRIMARY KEY" : type_of(table.shape.columns[i].affinity);
  }
  return sql + ")";
}

std::string insert_statement(const LostRows::Table& table) {
  std::string names = "rowid", marks = "?1";
  for (std::size_t i = 0; i < table.shape.columns.size(); ++i) {
    if (table.shape.alias == i) continue;
    names += ", " + quoted(table.shape.columns[i].name);
    marks += ", ?" + std::to_string(i + 2);
  }
  return "INSERT INTO " + quoted(table.name) + "(" + names + ") VALUES (" + marks + ")";
}

void bind(sqlite3_stmt* statement, int at, const SqliteValue& value) {
  const auto size = static_cast<sqlite3_uint64>(value.bytes.size());
  switch (value.kind) {
    case SqliteValue::Kind::kNull:
      sqlite3_bind_null(statement, at);
      break;
    case SqliteValue::Kind::kInteger:
      sqlite3_bind_int64(statement, at, value.integer);
      break;
    case SqliteValue::Kind::kReal:
      sqlite3_bind_double(statement, at, value.real);
      break;
    case SqliteValue::Kind::kText:  // the value outlives the statement
      sqlite3_bind_text64(statement, at, value.bytes.data(), size, nullptr, SQLITE_UTF8);
      break;
    case SqliteValue::Kind::kBlob:
      sqlite3_bind_blob64(statement, at, value.bytes.data(), size, nullptr);
      break;
  }
}

}  // namespace

bool LostRows::take(const FoundRow& row) {
  if (row.table == nullptr || row.state == catalog::RowState::kLive) return true;
  const bool wanted =
      std::ranges::any_of(wanted_, [&](const std::string& name) { return is_same_word(name, row.table->name); });
  if (!wanted) return true;
  bytes_ += size_of(row);
  if (++rows_ > kMaxTwinRows || bytes_ > kMaxTwinBytes) {
    ++left_out_;
    return true;
  }
  FoundRow kept = row;
  kept.table = nullptr;
  if (row.state == catalog::RowState::kFragment) {
    std::vector<std::string> names;
    for (const TableColumn& column : row.table->shape.columns) names.push_back(column.name);
    names_.push_back(std::move(names));
    fragments_.emplace_back(row.table->name, std::move(kept));
    return true;
  }
  Table& table = tables_[row.table->name];
  if (table.rows.empty()) {
    table.name = row.table->name;
    table.shape = row.table->shape;
  }
  // A table of the same name that was dropped may have had other columns.
  if (row.values.size() == table.shape.columns.size()) table.rows.push_back(std::move(kept));
  return true;
}

const LostRows::Table* LostRows::table(std::string_view name) const {
  for (const auto& [key, table] : tables_)
    if (is_same_word(key, name)) return &table;
  return nullptr;
}

std::vector<std::vector<std::size_t>> twin_groups(const LostRows::Table& table) {
  std::vector<std::vector<std::size_t>> groups;
  std::vector<std::size_t> left(table.rows.size());
  for (std::size_t i = 0; i < left.size(); ++i) left[i] = i;
  while (!left.empty()) {
    std::vector<std::size_t> later;
    std::set<std::int64_t> numbers;
    std::vector<std::size_t>& group = groups.emplace_back();
    std::size_t bytes = 0;
    for (const std::size_t i : left) {
      const FoundRow& row = table.rows[i];
      const bool full = group.size() >= kMaxRowsATwin || (bytes > 0 && bytes + size_of(row) > kMaxBytesATwin);
      if (full || (row.rowid && !numbers.insert(*row.rowid).second)) {
        later.push_back(i);
        continue;
      }
      bytes += size_of(row);
      group.push_back(i);
    }
    left = std::move(later);
  }
  return groups;
}

Result<std::unique_ptr<Twin>> Twin::make(const LostRows::Table& table, const std::vector<std::size_t>& rows,
                                         Rows& issues) {
  sqlite3* opened = nullptr;
  const int result =
      sqlite3_open_v2(":memory:", &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_NOMUTEX, nullptr);
  const std::unique_ptr<sqlite3, CloseDatabase> handle(opened);
  const auto failed = [&] {
    return Error{ErrorKind::kEvidence, handle ? std::string(sqlite3_errmsg(handle.get())) : "out of memory"};
  };
  if (result != SQLITE_OK) return failed();
  if (sqlite3_exec(handle.get(), "PRAGMA journal_mode=OFF; BEGIN", nullptr, nullptr, nullptr) != SQLITE_OK ||
      sqlite3_exec(handle.get(), create_statement(table).c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    return failed();
  sqlite3_stmt* prepared = nullptr;
  if (sqlite3_prepare_v2(handle.get(), insert_statement(table).c_str(), -1, &prepared, nullptr) != SQLITE_OK)
    return failed();
  std::unique_ptr<Twin> twin(new Twin);
  {
    const std::unique_ptr<sqlite3_stmt, CloseStatement> insert(prepared);
    std::int64_t invented = INT64_MIN;
    for (const std::size_t i : rows) {
      const FoundRow& row = table.rows[i];
      const std::int64_t number = row.rowid ? *row.rowid : ++invented;
      sqlite3_bind_int64(insert.get(), 1, number);
      for (std::size_t column = 0; column < row.values.size(); ++column)
        if (table.shape.alias != column) bind(insert.get(), static_cast<int>(column) + 2, row.values[column]);
      if (sqlite3_step(insert.get()) != SQLITE_DONE) return failed();
      sqlite3_reset(insert.get());
      twin->origins_[number] = {
          row.rowid, row.state, row.source, row.page, row.file_offset, row.has_live_version, row.in_free_space};
    }
  }
  if (sqlite3_exec(handle.get(), "COMMIT", nullptr, nullptr, nullptr) != SQLITE_OK) return failed();
  sqlite3_int64 size = 0;
  const std::unique_ptr<unsigned char, FreeBytes> bytes(sqlite3_serialize(handle.get(), "main", &size, 0));
  if (!bytes) return Error{ErrorKind::kEvidence, "out of memory"};
  twin->bytes_.assign(bytes.get(), bytes.get() + size);
  twin->reader_ = std::make_unique<BytesReader>(Bytes(twin->bytes_));
  Source source;
  source.main = twin->reader_.get();
  twin->image_ = SqliteImage::open(source, issues);
  if (!twin->image_) return Error{ErrorKind::kEvidence, "the twin is no database"};
  return twin;
}

const TwinOrigin* Twin::origin(std::int64_t number) const {
  const auto found = origins_.find(number);
  return found == origins_.end() ? nullptr : &found->second;
}

}  // namespace limier::content
