#include "content/pack_lost.h"

#include <fmt/format.h>

#include <algorithm>

#include "limier/catalog/artifacts.h"

namespace limier::content {
namespace {

constexpr std::string_view kTwin = "limier_twin";
constexpr std::size_t kMaxSummaryBytes = 2000;  // of a fragment's texts

std::uint64_t hash_text(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3;
  return hash;
}

std::uint64_t hash_cell(const catalog::RowCell& cell) {
  if (const auto* number = std::get_if<std::int64_t>(&cell)) return mix_hash(1, static_cast<std::uint64_t>(*number));
  if (const auto* real = std::get_if<double>(&cell)) return mix_hash(2, hash_text(fmt::format("{}", *real)));
  if (const auto* text = std::get_if<std::string>(&cell)) return mix_hash(3, hash_text(*text));
  return 0;
}

bool is_empty(const catalog::RowCell& cell) {
  const auto* text = std::get_if<std::string>(&cell);
  return std::holds_alternative<std::monostate>(cell) || (text != nullptr && text->empty());
}

// Everything that is shown but for where it stands and whether it was deleted.
std::uint64_t hash_shown(const RowFiller& filler, const std::vector<catalog::RowCell>& cells) {
  const std::size_t deleted = filler.has("deleted") ? filler.cell_of("deleted") : SIZE_MAX;
  std::uint64_t hash = 0;
  for (std::size_t i = catalog::kPlaceCells; i < cells.size(); ++i)
    if (i != deleted) hash = mix_hash(hash, hash_cell(cells[i]));
  return hash;
}

// The hash of some cells; none where one of them holds nothing.
std::optional<std::uint64_t> hash_of(const RowFiller& filler, const std::vector<catalog::RowCell>& cells,
                                     std::initializer_list<std::string_view> columns) {
  std::uint64_t hash = 7;
  for (const std::string_view column : columns) {
    if (!filler.has(column)) return std::nullopt;
    const catalog::RowCell& cell = cells[filler.cell_of(column)];
    if (is_empty(cell)) return std::nullopt;
    hash = mix_hash(mix_hash(hash, hash_text(column)), hash_cell(cell));
  }
  return hash;
}

std::uint64_t with_number(std::uint64_t hash, std::int64_t number) {
  return mix_hash(hash, static_cast<std::uint64_t>(number));
}

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

class LostRun {
 public:
  LostRun(const Pack& pack, const PackRow& row, Database& database, const LostRows::Table& lost, const LiveSide& live,
          Rows& rows)
      : pack_(pack), row_(row), database_(database), lost_(lost), live_(live), rows_(rows) {}

  std::uint64_t run(const std::string& sql) {
    const auto question = read_from_twin(sql, pack_.database.name, row_.driver, kTwin);
    if (!question) return 0;
    for (const auto& group : twin_groups(lost_)) {
      const Status done = run_group(*question, group);
      if (done.ok()) continue;
      rows_.issue("pack-query-failed",
                  fmt::format("pack {}: rows of {} that are no longer could not be asked for: {}", pack_.name,
                              row_.driver, done.error().message),
                  true);
      break;
    }
    return given_;
  }

 private:
  Status run_group(const std::string& sql, const std::vector<std::size_t>& group) {
    LIMIER_TRY(const auto twin, Twin::make(lost_, group, rows_));
    LIMIER_CHECK(database_.attach(std::string(kTwin), twin->image()));
    const Status done = ask(sql, *twin);
    database_.detach(std::string(kTwin));
    return done;
  }

  Status ask(const std::string& sql, const Twin& twin) {
    LIMIER_TRY(auto statement, database_.prepare(sql));
    const auto number = statement.column("_rowid");
    if (!number) return ok_status();
    LIMIER_TRY(const auto filler, RowFiller::bind(row_.map, statement, pack_.app));
    LIMIER_TRY(auto extras, RowExtras::bind(pack_, row_, statement));
    std::set<std::int64_t> taken;
    for (;;) {
      const Statement::Step step = statement.step();
      if (step == Statement::Step::kDone) return ok_status();
      if (step == Statement::Step::kFailed) return Error{ErrorKind::kEvidence, statement.error()};
      if (statement.type(*number) != SQLITE_INTEGER) continue;
      const TwinOrigin* origin = twin.origin(statement.integer(*number));
      if (origin != nullptr && taken.insert(statement.integer(*number)).second)
        take_row(statement, *origin, filler, extras);
    }
  }

  void take_row(const Statement& statement, const TwinOrigin& origin, const RowFiller& filler, RowExtras& extras) {
    const std::string_view source = catalog::kRowSourceWords[static_cast<std::size_t>(origin.source)];
    catalog::RowPlace place;
    place.state = origin.state;
    place.source = origin.source;
    if (origin.in_free_space) {
      place.locator = fmt::format("sqlite:{}:image={}", row_.driver, origin.file_offset);
    } else {
      place.locator = fmt::format("sqlite:{}:{}={}", row_.driver, source, origin.file_offset);
      place.page = origin.page;
      place.file_offset = static_cast<std::int64_t>(origin.file_offset);
    }
    auto cells = filler.fill(statement, place, doubts_);
    if (live_.shows(filler, cells)) return;
    const std::uint64_t shown = hash_shown(filler, cells);
    if (given_rows_.holds(shown)) return;
    given_rows_.add(shown);
    const bool same = live_.has_same(filler, cells, origin);
    if (same && place.state == catalog::RowState::kRecovered) {
      place.state = catalog::RowState::kSuperseded;
      cells = filler.fill(statement, place, doubts_);
    }
    if (!same && filler.has("deleted")) cells[filler.cell_of("deleted")] = std::int64_t{1};
    extras.add(statement, filler, place, cells, doubts_);
    rows_.add_cells(filler.kind(), std::move(cells), pack_.name, pack_.version);
    extras.emit(rows_);
    ++given_;
  }

  const Pack& pack_;
  const PackRow& row_;
  Database& database_;
  const LostRows::Table& lost_;
  const LiveSide& live_;
  Rows& rows_;
  FillDoubts doubts_;
  HashSet given_rows_;
  std::uint64_t given_ = 0;
};

// What a pack asks for of a table, by the words of its statements: values of cookies and passwords are none of it.
class Asked {
 public:
  Asked(const Pack& pack, std::string_view table) {
    for (const PackRow& row : pack.rows)
      if (row.driver == table) sql_ += row.sql + row.where + "\n";
  }
  [[nodiscard]] bool has(std::string_view column) const {
    for (std::size_t at = sql_.find(column); at != std::string::npos; at = sql_.find(column, at + 1)) {
      const std::size_t end = at + column.size();
      if ((at == 0 || !is_name_byte(sql_[at - 1])) && (end == sql_.size() || !is_name_byte(sql_[end]))) return true;
    }
    return false;
  }

 private:
  std::string sql_;
};

std::string json_of(const FoundRow& row, const std::vector<std::string>& columns, const Asked& asked) {
  std::string json = "{";
  for (std::size_t i = 0; i < row.values.size() && i < columns.size(); ++i) {
    if (!row.known[i] || row.values[i].kind == SqliteValue::Kind::kNull || !asked.has(columns[i])) continue;
    const SqliteValue& value = row.values[i];
    json += (json.size() > 1 ? "," : "") + json_string(columns[i]) + ":";
    if (value.kind == SqliteValue::Kind::kInteger)
      json += std::to_string(value.integer);
    else if (value.kind == SqliteValue::Kind::kReal)
      json += fmt::format("{}", value.real);
    else
      json += value.kind == SqliteValue::Kind::kText ? json_string(value.bytes) : json_string(hex(value.bytes));
  }
  return json + "}";
}

}  // namespace

LiveSide::LiveSide(const LostRows::Table* lost) : lost_(lost) {
  if (lost == nullptr) return;
  for (const FoundRow& row : lost->rows)
    if (row.rowid && row.has_live_version) numbers_.insert(*row.rowid);
}

void LiveSide::see(const RowFiller& filler, const std::vector<catalog::RowCell>& cells, std::int64_t number) {
  if (lost_ == nullptr) return;
  shown_.add(hash_shown(filler, cells));
  if (const auto id = hash_of(filler, cells, {"service_id"})) known_.add(*id);
  if (const auto when = hash_of(filler, cells, {"thread", "t"})) known_.add(*when);
  if (!numbers_.contains(number)) return;
  known_.add(with_number(1, number));
  for (const std::string_view column : {"t", "body"})
    if (const auto hash = hash_of(filler, cells, {column})) known_.add(with_number(*hash, number));
}

bool LiveSide::shows(const RowFiller& filler, const std::vector<catalog::RowCell>& cells) const {
  return shown_.holds(hash_shown(filler, cells));
}

bool LiveSide::has_same(const RowFiller& filler, const std::vector<catalog::RowCell>& cells,
                        const TwinOrigin& origin) const {
  if (!filler.has("body")) return origin.rowid && known_.holds(with_number(1, *origin.rowid));
  if (const auto id = hash_of(filler, cells, {"service_id"})) return known_.holds(*id);
  if (const auto when = hash_of(filler, cells, {"thread", "t"}); when && known_.holds(*when)) return true;
  if (!origin.rowid) return false;
  return std::ranges::any_of(std::initializer_list<std::string_view>{"t", "body"}, [&](std::string_view column) {
    const auto hash = hash_of(filler, cells, {column});
    return hash && known_.holds(with_number(*hash, *origin.rowid));
  });
}

std::uint64_t run_lost(const Pack& pack, const PackRow& row, const std::string& sql, Database& database,
                       const LostRows::Table& lost, const LiveSide& live, Rows& rows) {
  return LostRun(pack, row, database, lost, live, rows).run(sql);
}

void give_fragments(const Pack& pack, const LostRows& lost, Rows& rows) {
  for (std::size_t i = 0; i < lost.fragments().size(); ++i) {
    const auto& [table, row] = lost.fragments()[i];
    catalog::Artifact artifact;
    const std::string_view source = catalog::kRowSourceWords[static_cast<std::size_t>(row.source)];
    artifact.place.locator = fmt::format("sqlite:{}:{}={}", table, source, row.file_offset);
    artifact.place.state = row.state;
    artifact.place.source = row.source;
    artifact.place.page = row.page;
    artifact.place.file_offset = static_cast<std::int64_t>(row.file_offset);
    artifact.kind = "fragment";
    const Asked asked(pack, table);
    const auto& columns = lost.columns_of(i);
    for (std::size_t at = 0;
         at < std::min(row.values.size(), columns.size()) && artifact.summary.size() < kMaxSummaryBytes; ++at)
      if (row.known[at] && row.values[at].kind == SqliteValue::Kind::kText && asked.has(columns[at]))
        artifact.summary += (artifact.summary.empty() ? "" : " | ") + row.values[at].bytes;
    artifact.detail = json_of(row, columns, asked);
    if (artifact.summary.empty()) continue;  // nothing of what the pack asks for
    rows.add(artifact, pack.name, pack.version);
  }
}

std::optional<std::string> read_from_twin(std::string_view sql, std::string_view database, std::string_view table,
                                          std::string_view twin) {
  const std::string name = fmt::format("{}.{}", database, table);
  std::optional<std::size_t> nested, outer;
  std::size_t depth = 0;
  bool text = false;
  for (std::size_t at = 0; at < sql.size() && !outer; ++at) {
    const char c = sql[at];
    if (c == '\'') text = !text;
    if (text) continue;
    if (c == '(') ++depth;
    if (c == ')' && depth > 0) --depth;
    if (!sql.substr(at).starts_with(name)) continue;
    const std::size_t end = at + name.size();
    if ((at > 0 && is_name_byte(sql[at - 1])) || (end < sql.size() && (is_name_byte(sql[end]) || sql[end] == '.')))
      continue;
    if (depth == 0) outer = at;
    if (!nested) nested = at;
  }
  const auto place = outer ? outer : nested;
  if (!place) return std::nullopt;
  return fmt::format("{}{}.{}{}", sql.substr(0, *place), twin, table, sql.substr(*place + name.size()));
}

}  // namespace limier::content
