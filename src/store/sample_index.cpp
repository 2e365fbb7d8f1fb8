// Rows in memory under the names of the public views: what samples of rules are run on.
#include <fmt/format.h>

#include <algorithm>

#include "limier/store/rule_door.h"
#include "store/db.h"
#include "store/schema.h"

namespace limier::store {

namespace {

constexpr std::string_view kNanoseconds = "_ns";

// Every column of a declared row as the view shows it: a time twice, a word as text.
std::string shown_columns(const catalog::KindInfo& kind) {
  std::string columns;
  for (const auto& column : kind.columns) {
    columns += fmt::format(", {}", column.name);
    if (column.as == catalog::As::kTime) columns += fmt::format(", {}_ns", column.name);
  }
  return columns;
}

void bind_cell(Statement& statement, int& at, const catalog::ColumnInfo& column, const catalog::RowCell& cell,
               std::vector<std::string>& texts) {
  const auto* number = std::get_if<std::int64_t>(&cell);
  const auto bind_text = [&](std::string text) {
    texts.push_back(std::move(text));
    statement.bind_text(at++, texts.back());
  };
  if (column.as == catalog::As::kTime) {
    number != nullptr ? bind_text(format_time(*number)) : statement.bind_null(at++);
    number != nullptr ? statement.bind(at++, *number) : statement.bind_null(at++);
  } else if (column.as == catalog::As::kWord && number != nullptr) {
    bind_text(std::string(column.words[static_cast<std::size_t>(*number)]));
  } else if (number != nullptr) {
    statement.bind(at++, *number);
  } else if (const auto* text = std::get_if<std::string>(&cell)) {
    bind_text(*text);
  } else {
    statement.bind_null(at++);
  }
}

void bind_sample_value(Statement& statement, int at, const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value))
    statement.bind(at, *number);
  else if (const auto* real = std::get_if<double>(&value))
    statement.bind_real(at, *real);
  else if (const auto* text = std::get_if<std::string>(&value))
    statement.bind_text(at, *text);
  else
    statement.bind_null(at);
}

// They are asked of a schema that is made for it, so that they are those of an index.
Result<std::vector<ViewColumns>> read_views() {
  LIMIER_TRY(Database database, Database::open(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
  LIMIER_CHECK(database.execute(table_schema()));
  LIMIER_CHECK(database.execute(view_schema()));
  LIMIER_TRY(Statement query,
             database.prepare("SELECT m.name, c.name FROM sqlite_schema m, pragma_table_info(m.name) c "
                              "WHERE m.type = 'view' AND m.name LIKE 'v\\_%' ESCAPE '\\' "
                              "ORDER BY m.name, c.cid"));
  std::vector<ViewColumns> views;
  while (true) {
    LIMIER_TRY(const bool more, query.step());
    if (!more) return views;
    if (views.empty() || views.back().view != query.text(0)) views.push_back({query.text(0), {}});
    views.back().columns.push_back(query.text(1));
  }
}

}  // namespace

Result<std::vector<ViewColumns>> public_views() {
  static const auto views = read_views();
  return views;
}

struct SampleIndex::Impl {
  Database database;
  Statement insert_message;
  std::vector<ViewColumns> views;
};

Result<std::unique_ptr<SampleIndex>> SampleIndex::create() {
  auto impl = std::make_unique<Impl>();
  LIMIER_TRY(impl->database, Database::open(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
  LIMIER_TRY(impl->views, public_views());
  std::string tables;
  for (const auto& [view, names] : impl->views) {
    tables += fmt::format("CREATE TABLE {}(", view);
    for (const std::string& name : names)
      tables += fmt::format("{}\"{}\"{}", name == names.front() ? "" : ", ", name,
                            "v_" + name == view + "_id" ? " INTEGER PRIMARY KEY" : "");
    tables += ");\n";
  }
  LIMIER_CHECK(impl->database.execute(tables));
  const std::string columns = shown_columns(catalog::kKindOf<catalog::Message>);
  const auto count = std::count(columns.begin(), columns.end(), ',');
  std::string places;
  for (auto i = count; i > 0; --i) places += ", ?";
  LIMIER_TRY(impl->insert_message,
             impl->database.prepare(fmt::format(
                 "INSERT INTO v_message(file_id, content_id, locator{}) VALUES (1, 1, ?{})", columns, places)));
  return std::unique_ptr<SampleIndex>(new SampleIndex(std::move(impl)));
}

SampleIndex::SampleIndex(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SampleIndex::~SampleIndex() = default;

Result<std::int64_t> SampleIndex::add(const catalog::Message& message) {
  const auto& kind = catalog::kKindOf<catalog::Message>;
  const auto cells = catalog::cells_of(message);
  std::vector<std::string> texts;
  texts.reserve(2 * kind.columns.size());  // bound texts stay where they are
  impl_->insert_message.bind_text(1, message.place.locator);
  int at = 2;
  for (std::size_t i = 0; i < kind.columns.size(); ++i)
    bind_cell(impl_->insert_message, at, kind.columns[i], cells[catalog::kPlaceCells + i], texts);
  LIMIER_CHECK(impl_->insert_message.run());
  return sqlite3_last_insert_rowid(impl_->database.get());
}

Result<std::int64_t> SampleIndex::add(const SampleRow& row) {
  const std::string view = "v_" + row.view;
  const auto known = std::ranges::find(impl_->views, view, &ViewColumns::view);
  if (known == impl_->views.end()) return Error{ErrorKind::kUsage, fmt::format("there is no view {}", view)};
  const auto has = [&](std::string_view name) {
    return std::ranges::find(known->columns, name) != known->columns.end();
  };
  std::vector<std::pair<std::string, Value>> cells;
  for (const auto& [name, value] : row.cells) {
    if (!has(name)) return Error{ErrorKind::kUsage, fmt::format("{} has no column {}", view, name)};
    cells.emplace_back(name, value);
    const std::string twin = name + std::string(kNanoseconds);
    const auto* text = std::get_if<std::string>(&value);
    if (text == nullptr || !has(twin)) continue;
    const auto time = parse_time(*text);
    if (!time) return Error{ErrorKind::kUsage, fmt::format("{} is no time: {}", name, *text)};
    cells.emplace_back(twin, *time);
  }
  std::string names, places;
  for (const auto& [name, value] : cells) {
    names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", name);
    places += places.empty() ? "?" : ", ?";
  }
  LIMIER_TRY(Statement insert, impl_->database.prepare(
                                   cells.empty() ? fmt::format("INSERT INTO {} DEFAULT VALUES", view)
                                                 : fmt::format("INSERT INTO {}({}) VALUES ({})", view, names, places)));
  for (std::size_t i = 0; i < cells.size(); ++i) bind_sample_value(insert, static_cast<int>(i) + 1, cells[i].second);
  LIMIER_CHECK(insert.run());
  return sqlite3_last_insert_rowid(impl_->database.get());
}

RuleDoor SampleIndex::rule_door() {
  return RuleDoor(impl_->database.get(), true);
}

}  // namespace limier::store
