// libsqlite over a SqliteImage: read-only, with everything off that a database could use to make its reader do
// something. The bytes are hostile: views, triggers and virtual tables of the evidence never run, statements may only
// select with known functions, and every statement has a budget of steps.
//
// Threads: one; every Database has a file system of its own, so several may be open.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "content/sqlite.h"
#include "content/sqlite_image.h"
#include "content/sqlite_vfs.h"
#include "limier/base.h"

namespace limier::content {

inline constexpr std::size_t kMaxTables = 4096;           // of a schema; further ones are not seen
inline constexpr std::size_t kMaxSchemaTextBytes = 4096;  // of a table's CREATE statement that is kept
inline constexpr int kMaxValueBytes = 64 << 20;           // of one value; a longer one ends the statement
inline constexpr int kMaxAttached = 5;                    // databases beside the first, a twin among them
inline constexpr std::int64_t kMaxHeapBytes = 96 << 20;   // of all that SQLite holds, sorting included

struct SchemaTable {
  std::string name;
  std::uint32_t root_page = 0;
  std::string sql;  // shortened
};

class Database;

// A statement over the evidence.
class Statement {
 public:
  enum class Step { kRow, kDone, kFailed };

  // kFailed: see error().
  Step step();
  [[nodiscard]] const std::string& error() const { return error_; }

  [[nodiscard]] std::size_t columns() const;
  // nullopt: there is no column of that name.
  [[nodiscard]] std::optional<std::size_t> column(std::string_view name) const;
  [[nodiscard]] int type(std::size_t column) const;  // SQLITE_INTEGER, …
  [[nodiscard]] bool is_null(std::size_t column) const;
  [[nodiscard]] std::int64_t integer(std::size_t column) const;
  [[nodiscard]] double real(std::size_t column) const;
  // As stored, or a number as text; until the next step.
  [[nodiscard]] std::string_view text(std::size_t column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  Database* database_ = nullptr;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
  std::string error_;
};

class Database {
 public:
  // The error says what SQLite could not make sense of. `image` and `rows` have to outlive the database.
  static Result<std::unique_ptr<Database>> open(const SqliteImage& image, Rows& rows);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Ordinary tables, without views and virtual tables.
  [[nodiscard]] const std::vector<SchemaTable>& tables() const { return tables_; }
  [[nodiscard]] const SchemaTable* table(std::string_view name) const;
  // Also for the names of the row's number (rowid, oid, _rowid_).
  [[nodiscard]] bool has_column(const SchemaTable& table, const std::string& column) const;

  // What path_part(n) gives: 0 all of it, 1 its last part, 2 the one before, …; NULL where it has fewer.
  void set_path(std::string_view path);
  // From here on the database is called so in statements; "main" before.
  void set_name(std::string name);
  // Another one, called so in statements until detach_all(). `image` has to outlive that.
  Status attach(const std::string& name, const SqliteImage& image);
  void detach(const std::string& name);
  void detach_all();
  // Whether an attached one has an ordinary table of this name with this column.
  [[nodiscard]] bool attached_has(const std::string& name, const std::string& table, const std::string& column) const;
  // The error is SQLite's.
  Result<Statement> prepare(const std::string& sql);

  [[nodiscard]] const SqliteImage& image() const { return image_; }

 private:
  friend class Statement;
  Database(const SqliteImage& image, Rows& rows);
  Status connect();
  Status read_schema();
  Result<std::vector<SchemaTable>> tables_of(const std::string& name, const SqliteImage& image);
  static int on_progress(void* self);
  static void path_part(sqlite3_context* context, int count, sqlite3_value** arguments);

  const SqliteImage& image_;
  Rows& rows_;
  std::string vfs_name_;
  VfsFiles files_;
  sqlite3_vfs vfs_{};
  bool registered_ = false;
  sqlite3* handle_ = nullptr;
  std::string name_ = "main";
  std::string path_;
  std::vector<SchemaTable> tables_;
  std::vector<std::pair<std::string, std::vector<SchemaTable>>> attached_;
  std::uint64_t steps_ = 0;      // of the statement that runs, in beats of the progress handler
  std::uint64_t max_steps_ = 0;  // of any statement
};

}  // namespace limier::content
