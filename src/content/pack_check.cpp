// What `[[test]]` in a pack asks for, and whether its statements name anything that a database it knows may lack.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>

#include "content/pack_run.h"
#include "content/sqlite_parser.h"
#include "limier/content/parsers.h"

namespace limier::content {
namespace {

using Buffer = std::vector<std::uint8_t>;

constexpr std::uint64_t kMaxSampleBytes = 256u << 20;

class BufferReader final : public Reader {
 public:
  explicit BufferReader(Buffer bytes) : bytes_(std::move(bytes)) {}
  [[nodiscard]] std::uint64_t size_bytes() const override { return bytes_.size(); }
  bool read(std::uint64_t offset, MutableBytes out) const override {
    std::ranges::fill(out, std::uint8_t{0});
    const std::uint64_t from = std::min<std::uint64_t>(offset, bytes_.size());
    const std::uint64_t there = std::min<std::uint64_t>(out.size(), bytes_.size() - from);
    std::ranges::copy(*slice(bytes_, from, there), out.begin());
    return there == out.size();
  }

 private:
  Buffer bytes_;
};

struct Counts final : Rows {
  void add_cells(const catalog::KindInfo& kind, std::vector<catalog::RowCell> cells, std::string_view,
                 std::string_view) override {
    if (++rows[std::string(kind.name)] == 1) first.emplace(kind.name, std::move(cells));
  }
  void issue(std::string code, std::string message, bool) override {
    ++issues[code];
    messages.push_back(code + ": " + message);
  }
  void alive() override {}
  std::map<std::string, std::int64_t> rows, issues;
  std::map<std::string_view, std::vector<catalog::RowCell>> first;  // of each kind
  std::vector<std::string> messages;
};

std::optional<Buffer> file_bytes(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error || size > kMaxSampleBytes) return std::nullopt;
  Buffer bytes(static_cast<std::size_t>(size));
  std::ifstream in(path, std::ios::binary);
  in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!in) return std::nullopt;
  return bytes;
}

// The bytes of the database that a script makes.
Result<Buffer> run_script(const std::string& sql) {
  sqlite3* handle = nullptr;
  const auto close = [](sqlite3* one) { sqlite3_close(one); };
  int result = sqlite3_open_v2(":memory:", &handle, SQLITE_OPEN_READWRITE, nullptr);
  const std::unique_ptr<sqlite3, decltype(close)> owner(handle, close);
  if (result == SQLITE_OK) result = sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr);
  if (result != SQLITE_OK) return Error{ErrorKind::kUsage, sqlite3_errmsg(handle)};
  sqlite3_int64 size = 0;
  const std::unique_ptr<std::uint8_t, decltype(&sqlite3_free)> bytes(sqlite3_serialize(handle, "main", &size, 0),
                                                                     &sqlite3_free);
  if (bytes == nullptr) return Error{ErrorKind::kUsage, "the database is empty"};
  return Buffer(bytes.get(), bytes.get() + size);
}

// A database with the tables that a pack names, those of `capabilities` among them, and nothing else.
std::string twin_of(const PackDatabase& database, const std::vector<const Capability*>& capabilities) {
  std::map<std::string, std::vector<std::string>> tables;
  const auto add = [&](const PackTable& table) {
    auto& columns = tables[table.name];
    for (const std::string& column : table.columns)
      if (std::ranges::find(columns, column) == columns.end()) columns.push_back(column);
  };
  for (const PackTable& table : database.tables) add(table);
  for (const Capability* one : capabilities)
    if (one->database == database.name) add(one->table);
  std::string sql;
  for (const auto& [name, columns] : tables) {
    sql += fmt::format("CREATE TABLE \"{}\"(", name);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      // The rows' own number needs no column.
      if (columns[i] == "ROWID" || columns[i] == "rowid") continue;
      if (sql.back() != '(') sql += ", ";
      sql += fmt::format("\"{}\"", columns[i]);
    }
    if (sql.back() == '(') sql += "\"_\"";
    sql += ");";
  }
  return sql;
}

// Files of a test, as they would lie on a device.
struct Sample {
  BufferReader main, wal;
};

Source source_of(const Pack& pack, const std::map<std::string, Sample>& samples) {
  Source source;
  for (const auto& [name, sample] : samples) {
    const Reader* wal = sample.wal.size_bytes() > 0 ? &sample.wal : nullptr;
    if (name == pack.database.name) {
      source.path = "/" + name;
      source.main = &sample.main;
      source.wal = wal;
      continue;
    }
    const auto beside = std::ranges::find(pack.beside, name, &PackDatabase::name);
    std::string place = beside->paths.front();
    std::ranges::replace(place, '*', 'x');  // a name that fits what it is looked for under
    source.beside.push_back({std::move(place), &sample.main, wal, nullptr});
  }
  return source;
}

// Whether every statement can be asked of databases that have just what is named. An optional one without capabilities
// is not there.
void check_twin(const Pack& pack, const std::vector<const Capability*>& capabilities, std::string_view which,
                std::vector<std::string>& problems) {
  std::map<std::string, Sample> samples;
  const std::size_t before = problems.size();
  const auto add = [&](const PackDatabase& database) {
    auto bytes = run_script(twin_of(database, capabilities));
    if (!bytes) return problems.push_back(bytes.error().message);
    samples.emplace(database.name, Sample{BufferReader(std::move(*bytes)), BufferReader({})});
  };
  add(pack.database);
  for (const PackDatabase& one : pack.beside)
    if (!one.optional || std::ranges::any_of(capabilities, [&](const auto* cap) { return cap->database == one.name; }))
      add(one);
  if (problems.size() > before) return;
  Counts counts;
  (void)SqliteParser(SqliteParser::Part::kDatabase, {pack}, {}).parse(source_of(pack, samples), counts);
  for (const std::string& message : counts.messages) problems.push_back(fmt::format("{}: {}", which, message));
}

void check_statements(const Pack& pack, std::vector<std::string>& problems) {
  std::vector<const Capability*> all;
  for (const Capability& one : pack.capabilities) all.push_back(&one);
  check_twin(pack, all, "with all capabilities", problems);
  if (all.empty() || !problems.empty()) return;
  check_twin(pack, {}, "with no capability", problems);
  for (const Capability& one : pack.capabilities) {
    std::vector<const Capability*> others;
    std::ranges::copy_if(all, std::back_inserter(others), [&](const auto* other) { return other != &one; });
    check_twin(pack, others, fmt::format("without the capability {}", one.name), problems);
  }
}

std::string shown(const catalog::ColumnInfo& column, const catalog::RowCell& cell) {
  if (const auto* text = std::get_if<std::string>(&cell)) return *text;
  if (const auto* real = std::get_if<double>(&cell)) return fmt::format("{}", *real);
  const auto* number = std::get_if<std::int64_t>(&cell);
  if (number == nullptr) return "";
  if (column.as == catalog::As::kTime) return format_time(*number);
  return column.as == catalog::As::kWord ? std::string(column.words[static_cast<std::size_t>(*number)])
                                         : std::to_string(*number);
}

void compare_first(const Pack& pack, const PackTest& test, const Counts& counts, std::vector<std::string>& problems) {
  const catalog::KindInfo& kind = *pack.rows.front().map.kind;
  const auto row = counts.first.find(kind.name);
  for (const auto& [name, wanted] : test.first) {
    const auto column = std::ranges::find(kind.columns, name, &catalog::ColumnInfo::name);
    const auto at = catalog::kPlaceCells + static_cast<std::size_t>(column - kind.columns.begin());
    const bool known = column != kind.columns.end() && row != counts.first.end();
    const std::string found = known ? shown(*column, row->second[at]) : "no such row or column";
    if (found != wanted)
      problems.push_back(fmt::format("line {}: {}: the first row's {} should be '{}' and is '{}'", test.line, test.name,
                                     name, wanted, found));
  }
}

void compare(const PackTest& test, const Counts& counts, std::vector<std::string>& problems) {
  const auto say = [&](std::string_view what, std::string_view name, std::int64_t wanted, std::int64_t found) {
    if (wanted != found)
      problems.push_back(fmt::format("line {}: {}: {} {} '{}' are wanted, and {} came out", test.line, test.name,
                                     wanted, what, name, found));
  };
  const auto found_in = [](const auto& counted, const std::string& name) {
    const auto found = counted.find(name);
    return found == counted.end() ? 0 : found->second;
  };
  for (const auto& [kind, count] : test.rows) say("rows", kind, count, found_in(counts.rows, kind));
  for (const auto& [code, count] : test.issues) say("issues", code, count, found_in(counts.issues, code));
}

std::string folder_of(const PackText& text) {
  return std::filesystem::path(text.name).parent_path().string();
}

std::string path_of(const PackText& text, const std::string& file) {
  return (std::filesystem::path(folder_of(text)) / file).string();
}

void run_test(const Pack& pack, const PackTest& test, const PackSamples& files, std::vector<std::string>& problems) {
  std::map<std::string, Sample> samples;
  for (const auto& [name, file] : test.files) {
    const auto found = files.find(file);
    if (found == files.end()) return problems.push_back(fmt::format("line {}: {}: cannot be read", test.line, file));
    Buffer bytes = found->second;
    if (file.ends_with(".sql")) {
      auto made = run_script(std::string(as_text(bytes)));
      if (!made) return problems.push_back(fmt::format("line {}: {}: {}", test.line, file, made.error().message));
      bytes = std::move(*made);
    }
    const auto wal = files.find(file + "-wal");
    samples.emplace(name,
                    Sample{BufferReader(std::move(bytes)), BufferReader(wal == files.end() ? Buffer() : wal->second)});
  }
  Counts counts;
  const Outcome outcome =
      SqliteParser(SqliteParser::Part::kDatabase, {pack}, {}).parse(source_of(pack, samples), counts);
  const bool matched = outcome.state != catalog::ItemState::kNotApplicable;
  if (matched != test.match)
    problems.push_back(fmt::format("line {}: {}: the pack {} this database", test.line, test.name,
                                   matched ? "knows" : "does not know"));
  else
    compare(test, counts, problems);
  if (matched && test.match) compare_first(pack, test, counts, problems);
}

}  // namespace

Result<PackSamples> read_samples(const PackText& text) {
  LIMIER_TRY(const Pack pack, parse_pack(text));
  // Scripts run where nothing can be opened: what SQLite takes for chance has to be drawn before.
  std::uint8_t any = 0;
  sqlite3_randomness(sizeof(any), &any);
  PackSamples samples;
  for (const PackTest& test : pack.tests)
    for (const auto& [name, file] : test.files)
      for (const std::string& one : {file, file + "-wal"})
        if (auto bytes = file_bytes(path_of(text, one))) samples.emplace(one, std::move(*bytes));
  return samples;
}

Result<std::vector<PackCheck>> check_pack(const PackText& text, const PackSamples& samples) {
  LIMIER_TRY(const Pack pack, parse_pack(text));
  std::vector<PackCheck> checks;
  std::vector<std::string> problems;
  check_statements(pack, problems);
  checks.push_back({"statements", PackCheck::State::kGood, std::exchange(problems, {})});
  for (const bool match : {true, false})
    if (std::ranges::find(pack.tests, match, &PackTest::match) == pack.tests.end())
      problems.push_back(match ? "it has no [[test]] with a database that it knows"
                               : "it has no [[test]] with match = false: a database that it must not know");
  checks.push_back({"hit and miss", PackCheck::State::kGood, std::exchange(problems, {})});
  for (const PackTest& test : pack.tests) {
    // A pack without any of its samples is one that was installed.
    if (!samples.empty()) run_test(pack, test, samples, problems);
    checks.push_back({test.name, samples.empty() ? PackCheck::State::kNoSamples : PackCheck::State::kGood,
                      std::exchange(problems, {})});
  }
  for (PackCheck& one : checks)
    if (!one.problems.empty()) one.state = PackCheck::State::kWrong;
  return checks;
}

}  // namespace limier::content
