// The full-text index over the rows that came out of contents: only which row has which word. The texts stand once, in
// their own tables, and what is found is confirmed there (search.cpp). Made once, when all rows have their ids.
#include "store/search_index.h"

#include <fmt/format.h>

#include "limier/catalog/artifacts.h"
#include "store/search_columns.h"
#include "store/text_words.h"

namespace limier::store {
namespace {

// Words are sorted in memory up to this before they are written; more of it means less merging.
constexpr std::size_t kHashBytes = 16u << 20;

std::string all_texts(const catalog::KindInfo& kind) {
  if (kind.name == catalog::kKindOf<catalog::TextPart>.name)
    return fmt::format(
        "body || coalesce((SELECT substr(n.body, 1, {}) FROM row_text n WHERE n.id = row_text.id + 1 AND n.item_id = "
        "row_text.item_id), '')",
        kJointCharacters);
  std::string sql;
  for (const std::string& column : searched_columns(kind))
    sql += fmt::format("{}coalesce({}, '')", sql.empty() ? "" : " || char(10) || ", column);
  return sql;
}

}  // namespace

Status build_search_index(Database& db) {
  LIMIER_CHECK(db.execute(
      fmt::format("DROP TABLE IF EXISTS search_index; DROP TABLE IF EXISTS search_range;"
                  "CREATE TABLE search_range(kind TEXT PRIMARY KEY, first INTEGER NOT NULL, rows INTEGER NOT NULL) "
                  "STRICT, WITHOUT ROWID;"
                  "CREATE VIRTUAL TABLE search_index USING fts5(body, content='', detail='none', columnsize=0, "
                  "tokenize='{}');"
                  "INSERT INTO search_index(search_index, rank) VALUES ('hashsize', {})",
                  kTokenizer, kHashBytes)));
  std::int64_t first = 0;
  for (const catalog::KindInfo* const kind : catalog::row_kinds()) {
    if (!is_in_full_text(*kind)) continue;
    LIMIER_TRY(const auto rows, db.integer(fmt::format("SELECT max(id) FROM row_{}", kind->name)));
    LIMIER_CHECK(db.execute(fmt::format(
        "INSERT INTO search_range VALUES ('{0}', {1}, {2});"
        "INSERT INTO search_index(rowid, body) SELECT {1} + id, {3} FROM row_{0} WHERE id IS NOT NULL ORDER BY id",
        kind->name, first, rows.value_or(0), all_texts(*kind))));
    first += rows.value_or(0);
  }
  return ok_status();
}

}  // namespace limier::store
