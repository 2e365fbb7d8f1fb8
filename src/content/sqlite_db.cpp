#include "content/sqlite_db.h"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "content/sqlite_vfs.h"

namespace limier::content {
namespace {

// Virtual machine instructions between two calls of the progress handler.
constexpr int kInstructionsPerBeat = 10'000;
// Beats of a statement: so many, and so many for each KiB there is. A message takes some hundred instructions, and
// cyclic trees or joins without end are to end.
constexpr std::uint64_t kBaseBeats = 4'000;
constexpr std::uint64_t kBeatsPerKiB = 1;

// What a pack's statement may call. All but path_part are of SQLite itself, and all only compute.
constexpr std::array<std::string_view, 32> kFunctions{
    "abs",    "avg",       "char",      "coalesce", "count", "glob",    "group_concat", "hex",
    "ifnull", "iif",       "instr",     "length",   "like",  "lower",   "ltrim",        "max",
    "min",    "nullif",    "path_part", "printf",   "quote", "replace", "round",        "rtrim",
    "substr", "substring", "sum",       "total",    "trim",  "typeof",  "unicode",      "upper"};

constexpr std::size_t kMaxErrorBytes = 500;
constexpr const char* kMainFile = "evidence";

// What SQLite says may quote names of the evidence.
std::string error_text(const char* text) {
  bool repaired = false;
  return utf8_text(std::string_view(text).substr(0, kMaxErrorBytes), repaired);
}

bool is_same_name(std::string_view one, std::string_view other) {
  return one.size() == other.size() && ::strncasecmp(one.data(), other.data(), one.size()) == 0;
}

// The callback of sqlite3_set_authorizer: reading and computing, nothing else.
int authorize(void*, int action, const char*, const char* second, const char*, const char*) {
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
      return SQLITE_OK;
    case SQLITE_FUNCTION:
      return second != nullptr && std::ranges::any_of(kFunctions, [&](auto name) { return is_same_name(name, second); })
                 ? SQLITE_OK
                 : SQLITE_DENY;
    default:
      return SQLITE_DENY;
  }
}

void set_limits(sqlite3* handle) {
  static constexpr std::array<std::pair<int, int>, 11> kLimits{{
      {SQLITE_LIMIT_LENGTH, kMaxValueBytes},
      {SQLITE_LIMIT_SQL_LENGTH, 1 << 20},
      {SQLITE_LIMIT_COLUMN, 2000},
      {SQLITE_LIMIT_EXPR_DEPTH, 200},
      {SQLITE_LIMIT_COMPOUND_SELECT, 50},
      {SQLITE_LIMIT_VDBE_OP, 250'000},
      {SQLITE_LIMIT_FUNCTION_ARG, 50},
      {SQLITE_LIMIT_ATTACHED, kMaxAttached},
      {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 200},
      {SQLITE_LIMIT_TRIGGER_DEPTH, 1},
      {SQLITE_LIMIT_WORKER_THREADS, 0},
  }};
  for (const auto& [limit, value] : kLimits) sqlite3_limit(handle, limit, value);
}

}  // namespace

Database::Database(const SqliteImage& image, Rows& rows)
    : image_(image),
      rows_(rows),
      vfs_name_(fmt::format("limier-{}", static_cast<const void*>(this))),
      max_steps_(kBaseBeats + image.bytes_there() / 1024 * kBeatsPerKiB) {}

Database::~Database() {
  sqlite3_close(handle_);
  if (registered_) sqlite3_vfs_unregister(&vfs_);
}

Result<std::unique_ptr<Database>> Database::open(const SqliteImage& image, Rows& rows) {
  std::unique_ptr<Database> database(new Database(image, rows));
  LIMIER_CHECK(database->connect());
  LIMIER_CHECK(database->read_schema());
  return database;
}

Status Database::connect() {
  sqlite3_hard_heap_limit64(kMaxHeapBytes);
  files_.by_name.emplace_back(kMainFile, &image_);
  vfs_ = make_vfs(files_, vfs_name_);
  const auto failed = [&] {
    return Error{ErrorKind::kEvidence, error_text(handle_ != nullptr ? sqlite3_errmsg(handle_) : "out of memory")};
  };
  if (sqlite3_vfs_register(&vfs_, 0) != SQLITE_OK) return failed();
  registered_ = true;
  const int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
  if (sqlite3_open_v2(kMainFile, &handle_, flags, vfs_name_.c_str()) != SQLITE_OK) return failed();

  set_limits(handle_);
  if (sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr) != SQLITE_OK) return failed();
  for (const int off : {SQLITE_DBCONFIG_TRUSTED_SCHEMA, SQLITE_DBCONFIG_ENABLE_TRIGGER, SQLITE_DBCONFIG_ENABLE_VIEW,
                        SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER})
    if (sqlite3_db_config(handle_, off, 0, nullptr) != SQLITE_OK) return failed();
  if (sqlite3_drop_modules(handle_, nullptr) != SQLITE_OK) return failed();
  // Only statements may call it, nothing that stands in the evidence's schema.
  if (sqlite3_create_function_v2(handle_, "path_part", 1, SQLITE_UTF8 | SQLITE_DIRECTONLY, this, path_part, nullptr,
                                 nullptr, nullptr) != SQLITE_OK)
    return failed();
  sqlite3_progress_handler(handle_, kInstructionsPerBeat, on_progress, this);
  // A cache of 8 MiB: most databases of a phone are read once then.
  static constexpr const char* kSetup =
      "PRAGMA cell_size_check=ON; PRAGMA temp_store=MEMORY; PRAGMA query_only=ON; PRAGMA mmap_size=0;"
      "PRAGMA cache_size=-8192;";
  if (sqlite3_exec(handle_, kSetup, nullptr, nullptr, nullptr) != SQLITE_OK) return failed();
  sqlite3_set_authorizer(handle_, authorize, nullptr);
  return ok_status();
}

void Database::set_path(std::string_view path) {
  bool repaired = false;
  path_ = utf8_text(path, repaired);
}

void Database::path_part(sqlite3_context* context, int, sqlite3_value** arguments) {
  const auto& database = *static_cast<const Database*>(sqlite3_user_data(context));
  std::string_view part = database.path_;
  for (std::int64_t from_end = sqlite3_value_int64(arguments[0]); from_end > 0; --from_end) {
    const std::size_t slash = part.rfind('/');
    if (from_end == 1)
      part.remove_prefix(slash == std::string_view::npos ? 0 : slash + 1);
    else if (slash == std::string_view::npos)
      return sqlite3_result_null(context);
    else
      part = part.substr(0, slash);
  }
  sqlite3_result_text64(context, part.data(), part.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

int Database::on_progress(void* self) {
  auto& database = *static_cast<Database*>(self);
  database.rows_.alive();
  return ++database.steps_ > database.max_steps_ ? 1 : 0;
}

Result<std::vector<SchemaTable>> Database::tables_of(const std::string& name, const SqliteImage& image) {
  LIMIER_TRY(Statement statement,
             prepare(fmt::format("SELECT name, rootpage, substr(sql, 1, {}) FROM \"{}\".sqlite_schema WHERE type = "
                                 "'table' AND rootpage > 1",
                                 kMaxSchemaTextBytes, name)));
  std::vector<SchemaTable> tables;
  Statement::Step step = Statement::Step::kRow;
  while (tables.size() < kMaxTables && (step = statement.step()) == Statement::Step::kRow) {
    const std::int64_t root = statement.integer(1);
    const std::string_view sql = statement.text(2);
    // So SQLite writes them, whatever was typed; virtual tables begin otherwise.
    if (root > image.page_count() || !is_same_name(sql.substr(0, 13), "CREATE TABLE ")) continue;
    tables.push_back({std::string(statement.text(0)), static_cast<std::uint32_t>(root), std::string(sql)});
  }
  if (step == Statement::Step::kFailed) return Error{ErrorKind::kEvidence, statement.error()};
  if (step == Statement::Step::kRow)
    rows_.issue("sqlite-schema-too-large",
                fmt::format("the database has {} tables or more: others are not looked at", kMaxTables), true);
  return tables;
}

Status Database::read_schema() {
  LIMIER_TRY(tables_, tables_of(name_, image_));
  return ok_status();
}

Status Database::attach(const std::string& name, const SqliteImage& image) {
  const std::string file = fmt::format("beside-{}", files_.by_name.size());
  files_.by_name.emplace_back(file, &image);
  // What names the file is ours, and so is this statement: the evidence's are asked of the authorizer again after it.
  sqlite3_set_authorizer(handle_, nullptr, nullptr);
  const std::string sql = fmt::format("ATTACH '{}' AS \"{}\"", file, name);
  const bool there = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK;
  sqlite3_set_authorizer(handle_, authorize, nullptr);
  if (!there) {
    files_.by_name.pop_back();
    return Error{ErrorKind::kEvidence, error_text(sqlite3_errmsg(handle_))};
  }
  max_steps_ += image.bytes_there() / 1024 * kBeatsPerKiB;
  attached_.emplace_back(name, std::vector<SchemaTable>());
  LIMIER_TRY(attached_.back().second, tables_of(name, image));
  return ok_status();
}

void Database::detach(const std::string& name) {
  const auto found = std::ranges::find(attached_, name, [](const auto& one) { return one.first; });
  if (found == attached_.end()) return;
  sqlite3_set_authorizer(handle_, nullptr, nullptr);
  sqlite3_exec(handle_, fmt::format("DETACH \"{}\"", name).c_str(), nullptr, nullptr, nullptr);
  sqlite3_set_authorizer(handle_, authorize, nullptr);
  attached_.erase(found);
}

void Database::detach_all() {
  while (!attached_.empty()) detach(std::string(attached_.back().first));
  files_.by_name.resize(1);
}

bool Database::attached_has(const std::string& name, const std::string& table, const std::string& column) const {
  const auto found = std::ranges::find(attached_, name, [](const auto& one) { return one.first; });
  return found != attached_.end() &&
         std::ranges::any_of(found->second, [&](const auto& one) { return is_same_name(one.name, table); }) &&
         sqlite3_table_column_metadata(handle_, name.c_str(), table.c_str(), column.c_str(), nullptr, nullptr, nullptr,
                                       nullptr, nullptr) == SQLITE_OK;
}

const SchemaTable* Database::table(std::string_view name) const {
  const auto found = std::ranges::find_if(tables_, [&](const auto& table) { return is_same_name(table.name, name); });
  return found == tables_.end() ? nullptr : &*found;
}

bool Database::has_column(const SchemaTable& table, const std::string& column) const {
  return sqlite3_table_column_metadata(handle_, name_.c_str(), table.name.c_str(), column.c_str(), nullptr, nullptr,
                                       nullptr, nullptr, nullptr) == SQLITE_OK;
}

void Database::set_name(std::string name) {
  // SQLite keeps the pointer: the old name has to live until the new one is set.
  std::string old = std::exchange(name_, std::move(name));
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_MAINDBNAME, name_.c_str());
}

Result<Statement> Database::prepare(const std::string& sql) {
  steps_ = 0;
  sqlite3_stmt* made = nullptr;
  const char* rest = nullptr;
  const int size = static_cast<int>(std::min<std::size_t>(sql.size() + 1, 1u << 20));
  const int result = sqlite3_prepare_v2(handle_, sql.c_str(), size, &made, &rest);
  Statement statement;
  statement.database_ = this;
  statement.statement_.reset(made);
  if (result != SQLITE_OK) return Error{ErrorKind::kEvidence, error_text(sqlite3_errmsg(handle_))};
  if (made == nullptr) return Error{ErrorKind::kEvidence, "an empty statement"};
  if (std::string_view(rest).find_first_not_of(" \t\r\n;") != std::string_view::npos)
    return Error{ErrorKind::kEvidence, "more than one statement"};
  return statement;
}

Statement::Step Statement::step() {
  const int result = sqlite3_step(statement_.get());
  if (result == SQLITE_ROW) return Step::kRow;
  if (result == SQLITE_DONE) return Step::kDone;
  error_ = error_text(result == SQLITE_INTERRUPT ? "it takes more steps than a database of this size can need"
                                                 : sqlite3_errmsg(database_->handle_));
  return Step::kFailed;
}

std::size_t Statement::columns() const {
  return static_cast<std::size_t>(sqlite3_column_count(statement_.get()));
}

std::optional<std::size_t> Statement::column(std::string_view name) const {
  for (std::size_t i = 0; i < columns(); ++i) {
    const char* one = sqlite3_column_name(statement_.get(), static_cast<int>(i));
    if (one != nullptr && name == one) return i;
  }
  return std::nullopt;
}

int Statement::type(std::size_t column) const {
  return sqlite3_column_type(statement_.get(), static_cast<int>(column));
}

bool Statement::is_null(std::size_t column) const {
  return type(column) == SQLITE_NULL;
}

std::int64_t Statement::integer(std::size_t column) const {
  return sqlite3_column_int64(statement_.get(), static_cast<int>(column));
}

double Statement::real(std::size_t column) const {
  return sqlite3_column_double(statement_.get(), static_cast<int>(column));
}

std::string_view Statement::text(std::size_t column) const {
  const int at = static_cast<int>(column);
  if (type(column) == SQLITE_BLOB) {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_.get(), at));
    return bytes == nullptr
               ? std::string_view()
               : std::string_view(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), at)));
  }
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), at));
  return bytes == nullptr
             ? std::string_view()
             : std::string_view(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), at)));
}

}  // namespace limier::content
