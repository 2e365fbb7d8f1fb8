#include "store/db.h"

#include <fmt/format.h>

namespace limier::store {

namespace {
ErrorKind kind_of(int code) {
  switch (code & 0xFF) {
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_NOMEM:
    case SQLITE_CANTOPEN:  // no room for a journal
    case SQLITE_READONLY:  // a journal that could not be written
      return ErrorKind::kTemporary;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return ErrorKind::kRefused;
    default:
      return ErrorKind::kInternal;
  }
}
}  // namespace

Error sqlite_error(sqlite3* connection, int code, std::string_view doing) {
  const ErrorKind kind = kind_of(code);
  if ((code & 0xFF) == SQLITE_FULL) return {kind, fmt::format("{}: no space is left for the index", doing)};
  if (kind == ErrorKind::kTemporary)
    return {kind, fmt::format("{}: {}; check the disk of the output folder", doing, sqlite3_errstr(code))};
  if (kind == ErrorKind::kRefused) return {kind, fmt::format("{}: the index is in use by another process", doing)};
  const char* detail = connection != nullptr ? sqlite3_errmsg(connection) : sqlite3_errstr(code);
  return {kind, fmt::format("{}: {}", doing, detail)};
}

Result<bool> Statement::step() {
  int code = bind_error_;
  bind_error_ = SQLITE_OK;
  if (code == SQLITE_OK) code = sqlite3_step(handle_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    sqlite3_reset(handle_.get());
    return false;
  }
  Error error = sqlite_error(connection_, sqlite3_extended_errcode(connection_), "writing the index failed");
  sqlite3_reset(handle_.get());
  return error;
}

Status Statement::run() {
  LIMIER_TRY(const bool row, step());
  if (row) sqlite3_reset(handle_.get());
  return ok_status();
}

std::string Statement::text(int column) const {
  const auto* data = sqlite3_column_text(handle_.get(), column);
  if (data == nullptr) return {};
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column));
  return {reinterpret_cast<const char*>(data), size};
}

Result<Database> Database::open(const std::string& path, int flags) {
  // Nobody asks how much memory SQLite holds; counting it takes a lock of the whole process at every allocation.
  static const int uncounted = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  static_cast<void>(uncounted);
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &raw, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  Database database{ConnectionHandle(raw)};
  if (code != SQLITE_OK) return sqlite_error(raw, code, fmt::format("cannot open {}", path));
  return database;
}

Status Database::execute(const std::string& sql) {
  const int code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return sqlite_error(handle_.get(), code, "writing the index failed");
  return ok_status();
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  StatementHandle handle(raw);
  if (code != SQLITE_OK) return sqlite_error(handle_.get(), code, "preparing a statement failed");
  return Statement(handle_.get(), std::move(handle));
}

StatementHandle StatementPool::take(std::string_view sql) {
  const auto found = waiting_.find(sql);
  if (found == waiting_.end() || found->second.empty()) return nullptr;
  StatementHandle handle = std::move(found->second.back());
  found->second.pop_back();
  return handle;
}

void StatementPool::put_back(std::string_view sql, StatementHandle handle) {
  sqlite3_reset(handle.get());
  sqlite3_clear_bindings(handle.get());
  auto found = waiting_.find(sql);
  if (found == waiting_.end()) found = waiting_.emplace(std::string(sql), std::vector<StatementHandle>()).first;
  found->second.push_back(std::move(handle));
}

Result<LentStatement> Database::lend(std::string sql) {
  if (StatementHandle handle = pool_->take(sql))
    return LentStatement(*pool_, std::move(sql), Statement(handle_.get(), std::move(handle)));
  LIMIER_TRY(auto made, prepare(sql));
  return LentStatement(*pool_, std::move(sql), std::move(made));
}

Result<std::optional<std::int64_t>> Database::integer(std::string_view sql) {
  LIMIER_TRY(auto statement, prepare(sql));
  LIMIER_TRY(const bool row, statement.step());
  if (!row || statement.is_null(0)) return std::optional<std::int64_t>();
  return std::optional<std::int64_t>(statement.integer(0));
}

Result<std::string> Database::text(std::string_view sql) {
  LIMIER_TRY(auto statement, prepare(sql));
  LIMIER_TRY(const bool row, statement.step());
  return row ? statement.text(0) : std::string();
}

Status Database::close() {
  *pool_ = StatementPool();
  const int code = sqlite3_close(handle_.get());
  if (code != SQLITE_OK) return sqlite_error(handle_.get(), code, "closing the index failed");
  static_cast<void>(handle_.release());
  return ok_status();
}

RepairedText::RepairedText(std::string_view raw) : raw_(raw) {
  if (raw.find('\0') != std::string_view::npos || !is_valid_utf8(raw)) fixed_ = utf8_text(raw, repaired_);
}

void RepairedText::bind(Statement& statement, int text_at, int raw_at) const {
  statement.bind_text(text_at, text());
  repaired_ ? statement.bind_blob(raw_at, raw_.data(), raw_.size()) : statement.bind_null(raw_at);
}

}  // namespace limier::store
