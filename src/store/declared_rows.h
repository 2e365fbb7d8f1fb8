// Tables, views and statements of the kinds of rows that are declared in catalog: all of it follows from the
// declaration.
#pragma once

#include <map>
#include <string>

#include "limier/catalog/rows.h"
#include "store/db.h"

namespace limier::store {

// "CASE expression WHEN 0 THEN 'word' …".
std::string word_case(std::span<const std::string_view> words, std::string_view expression);

// Of every kind: its table, and its view.
std::string declared_tables();
std::string declared_views();
// v_moment, the part of v_timeline that comes from them: SELECTs joined by UNION ALL, with v_timeline's columns.
std::string declared_moments();

// docs/rows.md: a section for each view.
std::string declared_page();

// Writes rows of any kind.
class DeclaredRows {
 public:
  // A row out of a content. `maker_id`: whose parser it was.
  Status add(Database& db, const catalog::KindInfo& kind, std::int64_t item_id, std::int64_t seq, std::int64_t maker_id,
             std::span<const catalog::RowCell> cells);
  // Where KindInfo::in_bytes: one that no parser read, in a content or in none.
  Status add_in_bytes(Database& db, const catalog::KindInfo& kind, std::optional<std::int64_t> content_id,
                      std::optional<std::int64_t> file_id, std::int64_t seq, std::int64_t maker_id,
                      std::span<const catalog::RowCell> cells);
  // One that limier made; numbered as they come.
  Status add(Database& db, const catalog::KindInfo& kind, std::span<const catalog::RowCell> cells);
  void clear() { inserts_.clear(); }

 private:
  Result<Statement*> insert_of(Database& db, const catalog::KindInfo& kind);

  std::map<std::string_view, Statement> inserts_;
};

// Gives the rows of every kind their ids, in the order of contents, parsers and rows, and looks up what refers to
// others. Once, when all are there.
Status settle_declared(Database& db);
// The same for the rows of one kind that came later.
Status number_rows(Database& db, const catalog::KindInfo& kind);
Status look_up_references(Database& db, const catalog::KindInfo& kind);
// Drops the rows of all items for which `which` holds, an SQL condition over content_item.
Status drop_declared(Database& db, const std::string& which);

}  // namespace limier::store
