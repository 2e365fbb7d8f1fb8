// A SQLite connection and its statements, with the errors of this room: full disk and I/O errors are kTemporary, a
// locked database is kRefused, everything else is kInternal.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "limier/base.h"
#include "store/sqlite.h"

namespace limier::store {

using ConnectionHandle = std::unique_ptr<sqlite3, CloseWith<sqlite3_close_v2>>;
using StatementHandle = std::unique_ptr<sqlite3_stmt, CloseWith<sqlite3_finalize>>;

// One sentence with the reason SQLite gives.
Error sqlite_error(sqlite3* connection, int code, std::string_view doing);

// Values are bound without a copy: they must live until the statement was run.
class Statement {
 public:
  Statement() = default;
  Statement(sqlite3* connection, StatementHandle handle) : connection_(connection), handle_(std::move(handle)) {}
  explicit operator bool() const { return handle_ != nullptr; }

  void bind_null(int at) { note(sqlite3_bind_null(handle_.get(), at)); }
  void bind(int at, std::int64_t value) { note(sqlite3_bind_int64(handle_.get(), at, value)); }
  void bind_real(int at, double value) { note(sqlite3_bind_double(handle_.get(), at, value)); }
  void bind_text(int at, std::string_view text) {
    note(sqlite3_bind_text64(handle_.get(), at, text.empty() ? "" : text.data(), text.size(), nullptr, SQLITE_UTF8));
  }
  void bind_blob(int at, const void* data, std::size_t size) {
    note(sqlite3_bind_blob64(handle_.get(), at, size == 0 ? "" : data, size, nullptr));
  }
  void bind(int at, const std::optional<std::int64_t>& value) { value ? bind(at, *value) : bind_null(at); }
  template <std::size_t N>
  void bind(int at, const std::optional<std::array<std::uint8_t, N>>& digest) {
    digest ? bind_blob(at, digest->data(), N) : bind_null(at);
  }

  // True while there is a row.
  Result<bool> step();
  void reset() { sqlite3_reset(handle_.get()); }
  // One execution of a statement that gives no rows.
  Status run();
  // Rows the last run() changed.
  [[nodiscard]] int changes() const { return sqlite3_changes(connection_); }

  [[nodiscard]] bool is_null(int column) const { return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL; }
  [[nodiscard]] std::int64_t integer(int column) const { return sqlite3_column_int64(handle_.get(), column); }
  [[nodiscard]] std::optional<std::int64_t> optional_integer(int column) const {
    return is_null(column) ? std::nullopt : std::optional(integer(column));
  }
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] sqlite3_stmt* get() const { return handle_.get(); }

 protected:
  StatementHandle release() { return std::move(handle_); }

 private:
  void note(int code) {
    if (code != SQLITE_OK) bind_error_ = code;
  }
  sqlite3* connection_ = nullptr;
  StatementHandle handle_;
  int bind_error_ = SQLITE_OK;
};

// Statements that are asked again and again: each is compiled once. One more of the same is made while it is lent out.
class StatementPool {
 public:
  StatementHandle take(std::string_view sql);
  void put_back(std::string_view sql, StatementHandle handle);

 private:
  std::map<std::string, std::vector<StatementHandle>, std::less<>> waiting_;
};

// Lent by a database; goes back by itself, reset.
class LentStatement : public Statement {
 public:
  LentStatement(StatementPool& pool, std::string sql, Statement statement)
      : Statement(std::move(statement)), pool_(&pool), sql_(std::move(sql)) {}
  LentStatement(LentStatement&&) noexcept = default;
  LentStatement& operator=(LentStatement&&) = delete;
  ~LentStatement() {
    if (*this) pool_->put_back(sql_, release());
  }

 private:
  StatementPool* pool_;
  std::string sql_;
};

class Database {
 public:
  Database() = default;
  explicit Database(ConnectionHandle handle) : handle_(std::move(handle)) {}
  // Opens an existing file for reading and writing.
  static Result<Database> open(const std::string& path, int flags);
  Status execute(const std::string& sql);
  Result<Statement> prepare(std::string_view sql);
  // The same, for what is asked for every item or row.
  Result<LentStatement> lend(std::string sql);
  // First column of the first row; nullopt when there is none or it is NULL.
  Result<std::optional<std::int64_t>> integer(std::string_view sql);
  Result<std::string> text(std::string_view sql);
  [[nodiscard]] sqlite3* get() const { return handle_.get(); }
  Status close();

 private:
  ConnectionHandle handle_;
  std::unique_ptr<StatementPool> pool_ = std::make_unique<StatementPool>();  // goes before the connection
};

// Every row as `make` sees it; `expected` of them, more or less.
template <class Make>
auto read_all(Statement rows, std::int64_t expected, const Make& make)
    -> Result<std::vector<decltype(make(std::as_const(rows)))>> {
  std::vector<decltype(make(std::as_const(rows)))> all;
  all.reserve(static_cast<std::size_t>(expected));
  while (true) {
    LIMIER_TRY(const bool row, rows.step());
    if (!row) return all;
    all.push_back(make(std::as_const(rows)));
  }
}

// Text column and the exact bytes beside it where the text had to be repaired. Keeps the repaired form alive for bind.
class RepairedText {
 public:
  explicit RepairedText(std::string_view raw);
  [[nodiscard]] std::string_view text() const { return repaired_ ? std::string_view(fixed_) : raw_; }
  [[nodiscard]] std::optional<std::string_view> raw() const { return repaired_ ? std::optional(raw_) : std::nullopt; }
  void bind(Statement& statement, int text_at, int raw_at) const;

 private:
  std::string_view raw_;
  std::string fixed_;
  bool repaired_ = false;
};

// Offsets and sizes are unsigned in the records and signed in SQLite; what does not fit came from damaged metadata.
inline std::int64_t clamped(std::uint64_t value) {
  constexpr auto kMax = static_cast<std::uint64_t>(INT64_MAX);
  return static_cast<std::int64_t>(value < kMax ? value : kMax);
}
// Inode numbers are identities, not quantities: all 64 bits are kept.
inline std::int64_t identity(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}

}  // namespace limier::store
