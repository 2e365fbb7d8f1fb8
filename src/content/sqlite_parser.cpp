#include "content/sqlite_parser.h"

#include <fmt/format.h>

#include <algorithm>

#include "content/pack_run.h"
#include "limier/content/packs.h"

namespace limier::content {
namespace {

using catalog::ItemState;

constexpr std::size_t kMaxDdlBytes = 8000;  // of a schema that is told

// The tables of a schema, as far as there is room.
std::string ddl_of(const Database& database) {
  std::string ddl;
  for (const SchemaTable& table : database.tables()) {
    if (ddl.size() + table.sql.size() > kMaxDdlBytes) {
      ddl += fmt::format("… ({} tables)", database.tables().size());
      break;
    }
    ddl += table.sql;
    ddl += "; ";
  }
  bool repaired = false;
  return utf8_text(ddl, repaired);
}

}  // namespace

Outcome SqliteParser::parse(const Source& source, Rows& rows) const {
  const auto image = SqliteImage::open(source, rows);
  if (!image) return {ItemState::kNotApplicable, "not a SQLite database"};
  auto opened = Database::open(*image, rows);
  if (!opened) return {ItemState::kFailed, fmt::format("SQLite: {}", opened.error().message)};
  Database& database = **opened;

  bool known = false;
  PackResult all;
  for (const Pack& pack : packs_) {
    if (!pack_knows(pack, database)) continue;
    known = true;
    const PackResult one = run_pack(pack, source, database, rows);
    all.rows += one.rows;
    all.whole = all.whole && one.whole;
  }
  if (image->were_bytes_missing())
    rows.issue("sqlite-bytes-missing", "some pages of the database are not there, or could not be read", true);
  if (known && all.rows == 0 && !all.whole)
    return {ItemState::kFailed,
            "no row of it could be read: the database is damaged, or the pack's statements do not fit it"};
  if (known) return {};
  for (const Pack& pack : packs_)
    if (std::ranges::any_of(pack.database.paths, [&](const auto& glob) { return path_matches(glob, source.path); }))
      rows.issue("pack-schema-unknown",
                 fmt::format("pack {}: by its path this is a database of {}, and its tables are others: {}", pack.name,
                             pack.app, ddl_of(database)),
                 true);
  return {ItemState::kNotApplicable, "no pack knows this database"};
}

}  // namespace limier::content
