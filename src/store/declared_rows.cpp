#include "store/declared_rows.h"

#include <fmt/format.h>

#include "store/schema.h"

namespace limier::store {

using catalog::As;
using catalog::ColumnInfo;
using catalog::KindInfo;
using catalog::Origin;

std::string word_case(std::span<const std::string_view> words, std::string_view expression) {
  std::string sql = fmt::format("CASE {}", expression);
  for (std::size_t i = 0; i < words.size(); ++i) sql += fmt::format(" WHEN {} THEN '{}'", i, words[i]);
  return sql + " END";
}

namespace {

std::string table_of(std::string_view kind) {
  return fmt::format("row_{}", kind);
}

// What a column is stored in.
std::string stored(const ColumnInfo& column) {
  switch (column.as) {
    case As::kText:
      return fmt::format("{0} TEXT, {0}_raw BLOB", column.name);
    case As::kOwnText:
      return fmt::format("{} TEXT", column.name);
    case As::kReal:
      return fmt::format("{} REAL", column.name);
    case As::kInteger:
    case As::kFlag:
    case As::kWord:
      return fmt::format("{} INTEGER", column.name);
    case As::kTime:
      return fmt::format("{}_ns INTEGER", column.name);
    case As::kReference:
      return fmt::format("{0}_locator TEXT, {0}_id INTEGER", column.name);
  }
  return {};
}

// What a column is shown as; the raw bytes beside texts come last in a view.
std::string shown(const ColumnInfo& column) {
  switch (column.as) {
    case As::kTime:
      return fmt::format("{1} AS {0}, r.{0}_ns", column.name, iso_time(fmt::format("r.{}_ns", column.name)));
    case As::kWord:
      return fmt::format("{} AS {}", word_case(column.words, fmt::format("r.{}", column.name)), column.name);
    case As::kReference:
      return fmt::format("r.{}_id", column.name);
    case As::kText:
    case As::kOwnText:
    case As::kReal:
    case As::kInteger:
    case As::kFlag:
      return fmt::format("r.{}", column.name);
  }
  return {};
}

std::string table_sql(const KindInfo& kind) {
  std::string sql = fmt::format("CREATE TABLE {} (\n  ", table_of(kind.name));
  if (kind.origin == Origin::kContent) {
    sql += fmt::format(
        "row_id INTEGER PRIMARY KEY, item_id INTEGER{} REFERENCES content_item(item_id), seq INTEGER NOT "
        "NULL, id INTEGER, maker_id INTEGER NOT NULL",
        kind.in_bytes ? "" : " NOT NULL");
    if (kind.in_bytes) sql += ", of_content INTEGER, of_file INTEGER";
    for (const ColumnInfo& column : catalog::place_columns())
      sql += fmt::format(", place_{} {}", column.name, column.as == As::kText ? "TEXT" : "INTEGER");
  } else {
    sql += "id INTEGER PRIMARY KEY";
  }
  for (const ColumnInfo& column : kind.columns) sql += ", " + stored(column);
  return sql + "\n) STRICT;\n";
}

std::string view_sql(const KindInfo& kind) {
  std::string sql = fmt::format("CREATE VIEW v_{0} AS SELECT r.id AS {0}_id", kind.name);
  for (const ColumnInfo& column : kind.columns) sql += ",\n  " + shown(column);
  if (kind.origin == Origin::kContent) {
    sql += kind.in_bytes
               ? ",\n  coalesce(i.file_id, r.of_file) AS file_id, coalesce(i.content_id, r.of_content) AS content_id"
               : ",\n  i.file_id, i.content_id";
    sql += ", r.place_locator AS locator, m.name AS parser, m.version AS parser_version";
    for (const ColumnInfo& column : catalog::place_columns()) {
      if (column.name == "locator") continue;
      const std::string name = fmt::format("r.place_{}", column.name);
      sql += fmt::format(", {} AS {}", column.as == As::kWord ? word_case(column.words, name) : name, column.name);
    }
  }
  for (const ColumnInfo& column : kind.columns)
    if (column.as == As::kText) sql += fmt::format(", r.{}_raw", column.name);
  sql += fmt::format("\n  FROM {} r", table_of(kind.name));
  if (kind.origin == Origin::kContent)
    sql += fmt::format(" {}JOIN content_item i ON i.item_id = r.item_id JOIN row_maker m ON m.maker_id = r.maker_id",
                       kind.in_bytes ? "LEFT " : "");
  return sql + ";\n";
}

std::size_t stored_columns(const KindInfo& kind) {
  std::size_t count = kind.origin == Origin::kContent ? 4 + catalog::kPlaceCells + (kind.in_bytes ? 2 : 0) : 1;
  for (const ColumnInfo& column : kind.columns) count += column.as == As::kText ? 2 : 1;
  return count;
}

// The columns in the order in which cells are bound.
std::string insert_sql(const KindInfo& kind) {
  std::string names = kind.origin == Origin::kContent ? "item_id, seq, maker_id, id" : "id";
  if (kind.in_bytes) names = "of_content, of_file, " + names;
  if (kind.origin == Origin::kContent)
    for (const ColumnInfo& column : catalog::place_columns()) names += fmt::format(", place_{}", column.name);
  for (const ColumnInfo& column : kind.columns) {
    names += fmt::format(", {}", column.name);
    if (column.as == As::kTime) names += "_ns";
    if (column.as == As::kReference) names += "_locator";
    if (column.as == As::kText) names += fmt::format(", {}_raw", column.name);
  }
  std::string values = "?";
  for (std::size_t i = 1; i < stored_columns(kind); ++i) values += ", ?";
  return fmt::format("INSERT INTO {} ({}) VALUES ({})", table_of(kind.name), names, values);
}

class Binder {
 public:
  Binder(Statement& statement, std::size_t texts) : statement_(statement) { texts_.reserve(texts); }

  void put_null() { statement_.bind_null(++at_); }
  void put(std::int64_t value) { statement_.bind(++at_, value); }
  void put(const catalog::RowCell& cell, bool raw_beside) {
    if (const auto* text = std::get_if<std::string>(&cell)) {
      const RepairedText& repaired = texts_.emplace_back(*text);
      statement_.bind_text(++at_, repaired.text());
      if (!raw_beside) return;
      const auto raw = repaired.raw();
      raw ? statement_.bind_blob(++at_, raw->data(), raw->size()) : statement_.bind_null(++at_);
      return;
    }
    if (const auto* number = std::get_if<std::int64_t>(&cell))
      put(*number);
    else if (const auto* real = std::get_if<double>(&cell))
      statement_.bind_real(++at_, *real);
    else
      put_null();
    if (raw_beside) put_null();
  }

 private:
  Statement& statement_;
  std::vector<RepairedText> texts_;  // live until the statement was run
  int at_ = 0;
};

using Head = std::span<const std::optional<std::int64_t>>;

Status bind_and_run(Statement& statement, const KindInfo& kind, Head head, std::span<const catalog::RowCell> cells) {
  Binder binder(statement, cells.size());
  for (const auto& value : head) value ? binder.put(*value) : binder.put_null();
  binder.put_null();  // id: given at the end, or by SQLite
  std::size_t at = 0;
  if (kind.origin == Origin::kContent)
    for (; at < catalog::kPlaceCells; ++at) binder.put(cells[at], false);
  for (const ColumnInfo& column : kind.columns) binder.put(cells[at++], column.as == As::kText);
  return statement.run();
}

}  // namespace

std::string declared_tables() {
  std::string sql = R"sql(
CREATE TABLE content_item (
  item_id INTEGER PRIMARY KEY, content_id INTEGER NOT NULL REFERENCES stream(content_id), file_id INTEGER,
  parser TEXT NOT NULL, parser_version TEXT NOT NULL, lead INTEGER NOT NULL, image_offset INTEGER, state INTEGER,
  attempts INTEGER NOT NULL DEFAULT 0, rows INTEGER NOT NULL DEFAULT 0, reason TEXT, UNIQUE (content_id, parser)
) STRICT;
CREATE TABLE row_maker (
  maker_id INTEGER PRIMARY KEY, name TEXT NOT NULL, version TEXT NOT NULL, UNIQUE (name, version)
) STRICT;
)sql";
  for (const KindInfo* kind : catalog::row_kinds()) sql += table_sql(*kind);
  return sql;
}

std::string declared_views() {
  std::string sql;
  for (const KindInfo* kind : catalog::row_kinds()) sql += view_sql(*kind);
  return sql;
}

std::string declared_moments() {
  std::string sql;
  for (const KindInfo* kind : catalog::row_kinds()) {
    if (kind->summary.empty()) continue;
    for (const ColumnInfo& column : kind->columns) {
      if (column.as != As::kTime) continue;
      const std::string what = column.name == "t" ? "" : fmt::format("'{}: ' || ", column.name);
      sql += sql.empty() ? "" : " UNION ALL ";
      sql += fmt::format(
          "SELECT {0} AS t, {0}_ns AS t_ns, NULL AS macb, '{1}' AS source, file_id, "
          "(SELECT {4} FROM file f JOIN name n ON n.name_key = f.name_key LEFT JOIN stream s ON s.content_id = "
          "f.content_id WHERE f.file_id = r.file_id) AS path, {2}({3}) AS description, 'utc' AS "
          "zone_basis, {0}_ns / 1000000000 - ({0}_ns % 1000000000 < 0) AS t_s, {1}_id AS row_id FROM v_{1} r WHERE "
          "{0}_ns "
          "IS NOT NULL",
          column.name, kind->name, what, kind->summary, kPathOfFile);
    }
  }
  return sql;
}

namespace {

std::string_view type_word(As as) {
  switch (as) {
    case As::kText:
    case As::kOwnText:
    case As::kWord:
      return "text";
    case As::kReal:
      return "number";
    case As::kFlag:
      return "yes or no";
    case As::kTime:
      return "time";
    case As::kInteger:
    case As::kReference:
      return "integer";
  }
  return {};
}

std::string page_line(const ColumnInfo& column) {
  std::string name(column.name), meaning(column.meaning);
  if (column.as == As::kTime) name += fmt::format(", {}_ns", column.name);
  if (column.as == As::kText) name += fmt::format(", {}_raw", column.name);
  if (column.as == As::kReference) name += "_id";
  for (std::size_t i = 0; i < column.words.size(); ++i)
    meaning += fmt::format("{}`{}`", i == 0 ? ": " : ", ", column.words[i]);
  return fmt::format("| {} | {} | {} |\n", name, type_word(column.as), meaning);
}

}  // namespace

std::string declared_page() {
  std::string page =
      "# Rows out of files, and what follows from them\n\nEach kind is declared once, in `include/limier/catalog/`, "
      "and "
      "this page follows from the declarations. The conventions of [index.md](index.md) hold. The columns of the rows "
      "that come out of a file's content are those of their kind, and these:\n\n| Column | Type | Meaning "
      "|\n|---|---|---|\n"
      "| file_id | integer | the first file that has the content |\n"
      "| content_id | integer | the content |\n"
      "| parser, parser_version | text | which pack or parser made the row |\n";
  for (const ColumnInfo& column : catalog::place_columns())
    page += column.name == "locator" ? "| locator | text | how to find the row again inside the file |\n"
                                     : page_line(column);
  for (const KindInfo* kind : catalog::row_kinds()) {
    page += fmt::format("\n## v_{}\n{}\n\n| Column | Type | Meaning |\n|---|---|---|\n| {}_id | integer | from 1 |\n",
                        kind->name, kind->meaning, kind->name);
    for (const ColumnInfo& column : kind->columns) page += page_line(column);
    if (kind->origin == Origin::kContent) page += "| … | | and the columns of every row out of a file |\n";
  }
  return page;
}

Result<Statement*> DeclaredRows::insert_of(Database& db, const KindInfo& kind) {
  auto found = inserts_.find(kind.name);
  if (found == inserts_.end()) {
    LIMIER_TRY(auto statement, db.prepare(insert_sql(kind)));
    found = inserts_.emplace(kind.name, std::move(statement)).first;
  }
  return &found->second;
}

Status DeclaredRows::add(Database& db, const KindInfo& kind, std::int64_t item_id, std::int64_t seq,
                         std::int64_t maker_id, std::span<const catalog::RowCell> cells) {
  assert(kind.origin == Origin::kContent && cells.size() == catalog::cell_count(kind));
  LIMIER_TRY(Statement* const insert, insert_of(db, kind));
  const std::array<std::optional<std::int64_t>, 5> head{std::nullopt, std::nullopt, item_id, seq, maker_id};
  return bind_and_run(*insert, kind, Head(head).subspan(kind.in_bytes ? 0 : 2), cells);
}

Status DeclaredRows::add_in_bytes(Database& db, const KindInfo& kind, std::optional<std::int64_t> content_id,
                                  std::optional<std::int64_t> file_id, std::int64_t seq, std::int64_t maker_id,
                                  std::span<const catalog::RowCell> cells) {
  assert(kind.in_bytes && cells.size() == catalog::cell_count(kind));
  LIMIER_TRY(Statement* const insert, insert_of(db, kind));
  const std::array<std::optional<std::int64_t>, 5> head{content_id, file_id, std::nullopt, seq, maker_id};
  return bind_and_run(*insert, kind, head, cells);
}

Status DeclaredRows::add(Database& db, const KindInfo& kind, std::span<const catalog::RowCell> cells) {
  assert(kind.origin == Origin::kEngine && cells.size() == catalog::cell_count(kind));
  LIMIER_TRY(Statement* const insert, insert_of(db, kind));
  return bind_and_run(*insert, kind, {}, cells);
}

Status number_rows(Database& db, const KindInfo& kind) {
  // Those in bytes come after those that parsers read, in the order of the image.
  return db.execute(fmt::format(
      "UPDATE {0} SET id = o.n FROM (SELECT r.row_id, row_number() OVER (ORDER BY {1}i.content_id, i.parser, r.seq) AS "
      "n FROM {0} r {2}JOIN content_item i ON i.item_id = r.item_id) o WHERE o.row_id = {0}.row_id;"
      "CREATE UNIQUE INDEX IF NOT EXISTS {0}_by_id ON {0}(id)",
      table_of(kind.name), kind.in_bytes ? "r.item_id IS NULL, " : "", kind.in_bytes ? "LEFT " : ""));
}

Status look_up_references(Database& db, const KindInfo& kind) {
  for (const ColumnInfo& column : kind.columns) {
    if (column.as != As::kReference) continue;
    const std::string other = table_of(column.refers_to);
    LIMIER_CHECK(db.execute(fmt::format(
        "CREATE INDEX IF NOT EXISTS {1}_by_locator ON {1}(item_id, place_locator);"
        "UPDATE {0} SET {2}_id = (SELECT min(o.id) FROM {1} o WHERE o.item_id = {0}.item_id AND o.place_locator = "
        "{0}.{2}_locator)",
        table_of(kind.name), other, column.name)));
  }
  return ok_status();
}

Status settle_declared(Database& db) {
  for (const KindInfo* kind : catalog::row_kinds())
    if (kind->origin == Origin::kContent) LIMIER_CHECK(number_rows(db, *kind));
  for (const KindInfo* kind : catalog::row_kinds()) LIMIER_CHECK(look_up_references(db, *kind));
  return ok_status();
}

Status drop_declared(Database& db, const std::string& which) {
  std::string sql;
  for (const KindInfo* kind : catalog::row_kinds())
    if (kind->origin == Origin::kContent)
      sql += fmt::format("DELETE FROM {} WHERE item_id IN (SELECT item_id FROM content_item WHERE {});",
                         table_of(kind->name), which);
  return db.execute(sql);
}

}  // namespace limier::store
