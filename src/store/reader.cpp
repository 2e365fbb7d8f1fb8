// The finished index, read-only.
#include <fmt/format.h>
#include <sys/stat.h>

#include "limier/store.h"
#include "limier/store/case_db.h"
#include "limier/store/rule_door.h"
#include "store/db.h"
#include "store/query_impl.h"
#include "store/schema.h"

namespace limier::store {

struct Index::Impl {
  std::string dir, path;
  bool is_case = false;
  Database own;        // for our statements
  Database untrusted;  // for the user's, under the authorizer; opened for the first of them
};

namespace {

// Where the header of a SQLite file says what we ask (https://www.sqlite.org/fileformat2.html, 1.3).
constexpr std::size_t kHeaderSize = 100;
constexpr int kCacheKibibytes = 64 << 10;  // at most
constexpr std::size_t kWriteVersion = 18;  // 2: write-ahead log
constexpr std::size_t kApplicationIdAt = 68;

// Looks at the header through SQLite's own file object: a descriptor of ours would drop this process's locks when
// closed. immutable=1 keeps SQLite from making a -shm file.
Status check_header(const std::string& path, std::int32_t application_id) {
  LIMIER_TRY(auto database, Database::open(file_uri(path) + "?immutable=1", SQLITE_OPEN_READONLY | SQLITE_OPEN_URI));
  sqlite3_file* file = nullptr;
  sqlite3_file_control(database.get(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
  std::array<std::uint8_t, kHeaderSize> header{};
  if (file == nullptr || file->pMethods == nullptr ||
      file->pMethods->xRead(file, header.data(), static_cast<int>(header.size()), 0) != SQLITE_OK)
    return Error{ErrorKind::kRefused, fmt::format("{} is not an index of limier", path)};
  const Bytes bytes(header);
  const bool sqlite = as_text(bytes).starts_with(std::string_view("SQLite format 3\0", 16));
  if (!sqlite || be_at<std::uint32_t>(bytes, kApplicationIdAt) != static_cast<std::uint32_t>(application_id))
    return Error{ErrorKind::kRefused, fmt::format("{} is not an index of limier", path)};
  if (header[kWriteVersion] != 2) return ok_status();
  const int lock = file->pMethods->xLock(file, SQLITE_LOCK_SHARED);
  if (lock == SQLITE_OK) file->pMethods->xUnlock(file, SQLITE_LOCK_NONE);
  return Error{ErrorKind::kRefused, lock == SQLITE_OK
                                        ? fmt::format("{} was not finished: continue with limier triage --resume", path)
                                        : fmt::format("{} is being written by another run", path)};
}

Result<Database> open_reading(const std::string& path, std::int32_t schema_version) {
  LIMIER_TRY(auto database, Database::open(path, SQLITE_OPEN_READONLY));
  sqlite3_db_config(database.get(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(database.get(), SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_limit(database.get(), SQLITE_LIMIT_ATTACHED, 0);
  // The views join four tables: with SQLite's 2 MiB the same pages would be read again for every row.
  LIMIER_CHECK(database.execute(fmt::format("PRAGMA cache_size = {}", -kCacheKibibytes)));
  const auto version = database.integer("PRAGMA user_version");
  if (!version.ok())
    return Error{ErrorKind::kRefused, fmt::format("{} cannot be read: {}", path, version.error().message)};
  if (version->value_or(0) != schema_version)
    return Error{ErrorKind::kRefused,
                 fmt::format("{} was written by another version of limier (schema {}, this one reads {})", path,
                             version->value_or(0), schema_version)};
  return database;
}

}  // namespace

std::string file_uri(const std::string& path) {
  std::string uri = "file:";
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
                       c == '.' || c == '_' || c == '-';
    uri += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return uri;
}

Result<std::unique_ptr<Index>> Index::open(const std::string& dir) {
  const std::string path = dir + (dir.ends_with('/') ? "" : "/") + "index.db";
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode))
    return Error{ErrorKind::kUsage, fmt::format("{} holds no index.db; give the folder triage wrote", dir)};
  LIMIER_CHECK(check_header(path, kApplicationId));
  auto impl = std::make_unique<Impl>();
  impl->dir = dir;
  impl->path = path;
  LIMIER_TRY(impl->own, open_reading(path, kSchemaVersion));
  return std::unique_ptr<Index>(new Index(std::move(impl)));
}

Result<std::unique_ptr<Index>> Index::open_case(const std::string& dir) {
  const std::string path = dir + (dir.ends_with('/') ? "" : "/") + "case.db";
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode))
    return Error{ErrorKind::kUsage, fmt::format("{} holds no case.db; run `limier batch merge {}` first", dir, dir)};
  LIMIER_CHECK(check_header(path, kCaseApplicationId));
  auto impl = std::make_unique<Impl>();
  impl->dir = dir;
  impl->path = path;
  impl->is_case = true;
  LIMIER_TRY(impl->own, open_reading(path, kCaseSchemaVersion));
  return std::unique_ptr<Index>(new Index(std::move(impl)));
}

Result<std::unique_ptr<Index>> Index::another() const {
  return impl_->is_case ? open_case(impl_->dir) : open(impl_->dir);
}

Index::Index(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Index::~Index() = default;

Result<Query> make_query(sqlite3* connection, std::string_view sql) {
  auto query = std::make_unique<Query::Impl>();
  query->connection = connection;
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v2(connection, sql.data(), static_cast<int>(sql.size()), &raw, nullptr);
  query->statement.reset(raw);
  if (code != SQLITE_OK) return sqlite_error(connection, code, "reading the index failed");
  return Query(std::move(query));
}

Result<Query> Index::query(std::string_view sql) {
  return make_query(impl_->own.get(), sql);
}

// The connection of strangers' statements, opened for the first of them.
Result<sqlite3*> Index::untrusted() {
  if (impl_->untrusted.get() == nullptr) {
    LIMIER_TRY(impl_->untrusted, open_reading(impl_->path, impl_->is_case ? kCaseSchemaVersion : kSchemaVersion));
    sqlite3_set_authorizer(impl_->untrusted.get(), authorize_reading, nullptr);
  }
  return impl_->untrusted.get();
}

Result<Query> Index::query_untrusted(std::string_view sql) {
  LIMIER_TRY(sqlite3* const connection, untrusted());
  return make_untrusted_query(connection, sql, 0);
}

Result<RuleDoor> Index::rule_door() {
  LIMIER_TRY(sqlite3* const connection, untrusted());
  return RuleDoor(connection, false);
}

// ---- Query
// -----------------------------------------------------------------------------------------------------------------

Query::Query(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Query::Query(Query&&) noexcept = default;
Query& Query::operator=(Query&&) noexcept = default;
Query::~Query() = default;

Query& Query::bind(int position, const Value& value) {
  sqlite3_stmt* statement = impl_->statement.get();
  int code = SQLITE_OK;
  // Copied by SQLite: the caller's value may be gone when the query is stepped.
  const sqlite3_destructor_type copy = SQLITE_TRANSIENT;
  if (const auto* number = std::get_if<std::int64_t>(&value))
    code = sqlite3_bind_int64(statement, position, *number);
  else if (const auto* real = std::get_if<double>(&value))
    code = sqlite3_bind_double(statement, position, *real);
  else if (const auto* text = std::get_if<std::string>(&value))
    code = sqlite3_bind_text64(statement, position, text->data(), text->size(), copy, SQLITE_UTF8);
  else if (const auto* blob = std::get_if<std::vector<std::uint8_t>>(&value))
    code = sqlite3_bind_blob64(statement, position,
                               blob->empty() ? reinterpret_cast<const std::uint8_t*>("") : blob->data(), blob->size(),
                               copy);
  else
    code = sqlite3_bind_null(statement, position);
  if (code != SQLITE_OK) impl_->code = code;
  return *this;
}

bool Query::step() {
  if (impl_->code != SQLITE_OK) return false;
  const int code = sqlite3_step(impl_->statement.get());
  if (code == SQLITE_ROW) return true;
  impl_->code = code;
  return false;
}

Status Query::status() const {
  if (impl_->code == SQLITE_OK || impl_->code == SQLITE_DONE) return ok_status();
  if (impl_->budget != nullptr && impl_->budget->used_up())
    return Error{ErrorKind::kUsage, fmt::format("the statement takes more than {} steps", impl_->budget->steps())};
  Error error = sqlite_error(impl_->connection, impl_->code, "reading the index failed");
  if (error.kind == ErrorKind::kInternal) error.kind = impl_->error_kind;
  return error;
}

int Query::column_count() const {
  return sqlite3_column_count(impl_->statement.get());
}
std::string Query::column_name(int column) const {
  const char* name = sqlite3_column_name(impl_->statement.get(), column);
  return name == nullptr ? "" : name;
}
bool Query::is_null(int column) const {
  return sqlite3_column_type(impl_->statement.get(), column) == SQLITE_NULL;
}
std::int64_t Query::integer(int column) const {
  return sqlite3_column_int64(impl_->statement.get(), column);
}
double Query::real(int column) const {
  return sqlite3_column_double(impl_->statement.get(), column);
}
std::string Query::text(int column) const {
  return std::string(text_view(column));
}
std::string_view Query::text_view(int column) const {
  const auto* data = sqlite3_column_text(impl_->statement.get(), column);
  if (data == nullptr) return {};
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(impl_->statement.get(), column));
  return {reinterpret_cast<const char*>(data), size};
}
std::vector<std::uint8_t> Query::blob(int column) const {
  const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(impl_->statement.get(), column));
  if (data == nullptr) return {};
  return {data, data + sqlite3_column_bytes(impl_->statement.get(), column)};
}
Cell cell_of(sqlite3_value* value) {
  Cell cell;
  switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER:
      cell.kind = Cell::Kind::kInteger;
      cell.integer = sqlite3_value_int64(value);
      break;
    case SQLITE_FLOAT:
      cell.kind = Cell::Kind::kReal;
      cell.real = sqlite3_value_double(value);
      break;
    case SQLITE_TEXT:
    case SQLITE_BLOB: {
      cell.kind = Cell::Kind::kBytes;
      const auto* bytes = static_cast<const char*>(sqlite3_value_blob(value));
      if (bytes != nullptr) cell.bytes = {bytes, static_cast<std::size_t>(sqlite3_value_bytes(value))};
      break;
    }
    default:
      break;
  }
  return cell;
}
void Query::read(std::span<Cell> cells) const {
  for (int column = 0; Cell & cell : cells) cell = cell_of(sqlite3_column_value(impl_->statement.get(), column++));
}
Value Query::value(int column) const {
  switch (sqlite3_column_type(impl_->statement.get(), column)) {
    case SQLITE_INTEGER:
      return integer(column);
    case SQLITE_FLOAT:
      return real(column);
    case SQLITE_TEXT:
      return text(column);
    case SQLITE_BLOB:
      return blob(column);
    default:
      return std::monostate();
  }
}

}  // namespace limier::store
