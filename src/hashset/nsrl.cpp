// NSRL RDSv3: a SQLite database, read by the names of its columns. It comes from somebody else: nothing in it is run,
// and nothing is written beside it.
#include "hashset/sqlite.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include "hashset/reader.h"

namespace limier::hashset {
namespace {

constexpr int kInstructionsPerBeat = 100'000;
constexpr std::uint64_t kRowsPerBeat = 1u << 16;

int authorize(void*, int action, const char*, const char*, const char*, const char*) {
  return action == SQLITE_SELECT || action == SQLITE_READ ? SQLITE_OK : SQLITE_DENY;
}

struct Connection {
  ~Connection() { sqlite3_close(handle); }
  sqlite3* handle = nullptr;
};
struct Statement {
  ~Statement() { sqlite3_finalize(handle); }
  sqlite3_stmt* handle = nullptr;
};

std::string uri_of(const std::string& path) {
  std::string uri = "file:";
  for (const char c : path) {
    if (c == '%' || c == '?' || c == '#')
      uri += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    else
      uri += c;
  }
  return uri + "?mode=ro&immutable=1";
}

class Nsrl {
 public:
  Nsrl(const Source& source, Intake& intake) : source_(source), intake_(intake) {}

  Status open() {
    // What a log holds would be missed, or has to be written into the database.
    struct stat log {};
    if (::stat((source_.path + "-wal").c_str(), &log) == 0 && log.st_size > 0)
      return Error{ErrorKind::kUsage,
                   fmt::format("{0}: has changes in {0}-wal that are not in it yet; finish them with sqlite3 first",
                               source_.path)};
    if (sqlite3_open_v2(uri_of(source_.path).c_str(), &db_.handle,
                        SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, nullptr) != SQLITE_OK)
      return problem();
    for (const auto& [setting, on] : {std::pair(SQLITE_DBCONFIG_DEFENSIVE, 1),
                                      {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
                                      {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
                                      {SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0}})
      sqlite3_db_config(db_.handle, setting, on, nullptr);
    sqlite3_exec(db_.handle,
                 "PRAGMA cell_size_check=ON; PRAGMA mmap_size=0; PRAGMA query_only=ON; PRAGMA cache_size=-16384",
                 nullptr, nullptr, nullptr);
    sqlite3_set_authorizer(db_.handle, authorize, nullptr);
    sqlite3_progress_handler(
        db_.handle, kInstructionsPerBeat,
        [](void* stop) { return static_cast<const std::atomic<int>*>(stop)->load() != 0 ? 1 : 0; },
        const_cast<std::atomic<int>*>(&source_.stop));
    return ok_status();
  }

  // Of a table or view; empty when there is none of that name.
  Result<std::vector<std::string>> columns_of(const std::string& table) {
    std::vector<std::string> names;
    Statement statement;
    const std::string sql = fmt::format("SELECT * FROM \"{}\" LIMIT 0", table);
    const int code = sqlite3_prepare_v2(db_.handle, sql.c_str(), -1, &statement.handle, nullptr);
    if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT || code == SQLITE_IOERR) return problem();
    if (code != SQLITE_OK) return names;
    for (int i = 0; i < sqlite3_column_count(statement.handle); ++i)
      names.push_back(lower(sqlite3_column_name(statement.handle, i)));
    return names;
  }

  Status read(const std::string& table, const std::vector<std::string>& names) {
    std::vector<Section> sections;
    std::string columns;
    for (std::size_t i = 0; i < kSections; ++i)
      for (const std::string& name : names)
        if (name == kSectionWords.at(i)) {
          sections.push_back(static_cast<Section>(i));
          columns += fmt::format("{}\"{}\"", columns.empty() ? "" : ", ", name);
        }
    Statement rows;
    const std::string sql = fmt::format("SELECT {} FROM \"{}\"", columns, table);
    if (sqlite3_prepare_v2(db_.handle, sql.c_str(), -1, &rows.handle, nullptr) != SQLITE_OK) return problem();
    int code = SQLITE_ROW;
    for (std::uint64_t number = 1; (code = sqlite3_step(rows.handle)) == SQLITE_ROW; ++number) {
      Digests digests;
      bool any = false;
      for (std::size_t i = 0; i < sections.size() && !any; ++i) {
        const int column = static_cast<int>(i);
        const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(rows.handle, column));
        if (text != nullptr)
          any = put_digest(sections[i], {text, static_cast<std::size_t>(sqlite3_column_bytes(rows.handle, column))},
                           digests);
      }
      if (any)
        LIMIER_CHECK(intake_.add(digests));
      else
        intake_.reject(number, "it holds no digest");
      if (number % kRowsPerBeat == 0 && source_.advance) source_.advance(number, 0);
    }
    return code == SQLITE_DONE ? ok_status() : Status(problem());
  }

  void read_version() {
    Statement row;
    if (sqlite3_prepare_v2(db_.handle, "SELECT \"version\" FROM \"VERSION\"", -1, &row.handle, nullptr) != SQLITE_OK)
      return;
    std::string version;
    while (sqlite3_step(row.handle) == SQLITE_ROW)
      if (const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(row.handle, 0)); text != nullptr)
        version = std::max(version, std::string(text));
    intake_.offer_version(version);
  }

 private:
  Error problem() const {
    if (source_.stop.load() != 0) return {ErrorKind::kInterrupted, "told to stop"};
    return {ErrorKind::kUsage, fmt::format("{}: is not a whole SQLite database: {}; no set was written", source_.path,
                                           sqlite3_errmsg(db_.handle))};
  }
  const Source& source_;
  Intake& intake_;
  Connection db_;
};

}  // namespace

Status read_nsrl(const Source& source, Intake& intake, TableColumns& columns) {
  Nsrl nsrl(source, intake);
  LIMIER_CHECK(nsrl.open());
  intake.set_format("NSRL RDSv3");
  // In the full form FILE is a view over METADATA, in the minimal form a table.
  std::string from;
  for (const std::string table : {"METADATA", "FILE"}) {
    LIMIER_TRY(auto names, nsrl.columns_of(table));
    for (const std::string& name : names)
      for (const std::string_view digest : kSectionWords)
        if (from.empty() && name == digest) from = table;
    if (!names.empty()) columns[lower(table)] = std::move(names);
  }
  if (from.empty())
    return Error{
        ErrorKind::kUsage,
        fmt::format("{}: is a SQLite database, but none of NSRL: it has no table FILE or METADATA with a column "
                    "sha256, sha1 or md5",
                    source.path)};
  nsrl.read_version();
  return nsrl.read(from, columns[lower(from)]);
}

}  // namespace limier::hashset
