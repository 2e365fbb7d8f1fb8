#include "store/packages.h"

#include <fmt/format.h>

#include "limier/catalog.h"
#include "limier/catalog/findings.h"
#include "limier/catalog/hash_sets.h"

namespace limier::store {
namespace {

constexpr std::string_view kInfoFolder = "/var/lib/dpkg/info/";
constexpr std::string_view kSource = "dpkg md5sums of the device";

}  // namespace

Status find_package_files(Database& db) {
  LIMIER_CHECK(
      db.execute("DROP TABLE IF EXISTS temp.found_file; CREATE TEMP TABLE found_file(row_id INTEGER, file_id INTEGER, "
                 "content_id INTEGER, same INTEGER)"));
  LIMIER_TRY(const auto any, db.integer("SELECT 1 FROM row_package_file LIMIT 1"));
  if (!any) return ok_status();
  // Where each listed file has to be: below the root that the list's own path shows. /bin, /sbin and /lib are links to
  // folders of /usr on newer systems, and packages still say the old places.
  const std::string from =
      "FROM row_package_file r JOIN content_item i ON i.item_id = r.item_id JOIN file f ON f.file_id = i.file_id JOIN "
      "name n ON n.name_key = f.name_key";
  const std::string root = fmt::format("substr(n.path, 1, instr(n.path, '{}'))", kInfoFolder);
  LIMIER_CHECK(db.execute(fmt::format(
      "CREATE TEMP TABLE listed_file(volume_id INTEGER, path TEXT, row_id INTEGER, md5 TEXT, PRIMARY KEY (volume_id, "
      "path, row_id)) WITHOUT ROWID;"
      "CREATE TEMP TABLE folder_link(volume_id INTEGER, path TEXT, PRIMARY KEY (volume_id, path)) WITHOUT ROWID;"
      "INSERT OR IGNORE INTO temp.folder_link SELECT volume_id, path FROM name WHERE kind = {3} AND allocated AND "
      "(path "
      "GLOB '*/bin' OR path GLOB '*/sbin' OR path GLOB '*/lib*');"
      "INSERT OR IGNORE INTO temp.listed_file SELECT f.volume_id, {1} || r.path, r.row_id, r.md5 {0} WHERE i.state = "
      "{2} "
      "AND {1} <> '' AND r.path_raw IS NULL;"
      "INSERT OR IGNORE INTO temp.listed_file SELECT f.volume_id, {1} || 'usr/' || r.path, r.row_id, r.md5 {0} JOIN "
      "temp.folder_link k ON k.volume_id = f.volume_id AND k.path = {1} || substr(r.path, 1, instr(r.path, '/') - 1) "
      "WHERE i.state = {2} AND {1} <> '' AND r.path_raw IS NULL",
      from, root, static_cast<int>(catalog::ItemState::kParsed), static_cast<int>(catalog::FileKind::kLink))));
  return db.execute(
      "INSERT INTO temp.found_file SELECT l.row_id, f.file_id, f.content_id, d.md5_hex = l.md5 AS same "
      "FROM file f JOIN name n ON n.name_key = f.name_key JOIN temp.listed_file l ON l.volume_id = "
      "f.volume_id AND l.path = n.path JOIN stream s ON s.content_id = f.content_id JOIN digest d ON "
      "d.content_id = f.content_id WHERE f.kind = 0 AND f.is_stream = 0 AND f.reused = 0 AND n.allocated AND "
      "s.state = 0 AND s.size_bytes > 0 AND d.md5 IS NOT NULL;"
      "DROP TABLE temp.listed_file; DROP TABLE temp.folder_link");
}

Status settle_packages(Database& db) {
  LIMIER_TRY(const auto any, db.integer("SELECT 1 FROM row_package_file LIMIT 1"));
  if (!any) return ok_status();
  LIMIER_CHECK(find_package_files(db));
  return db.execute(fmt::format(
      "INSERT INTO known_source(sources, categories) VALUES ('{0}', '') ON CONFLICT DO NOTHING;"
      "INSERT OR IGNORE INTO known_content SELECT content_id, 0, (SELECT source_id FROM known_source WHERE sources = "
      "'{0}' AND categories = '') FROM temp.found_file WHERE same GROUP BY content_id;"
      "INSERT INTO row_hash_set(name, known, format, entries, files) SELECT '{0}', {1}, 'package database', "
      "(SELECT count(*) FROM row_package_file), count(DISTINCT file_id) FROM "
      "temp.found_file WHERE same;"
      "DELETE FROM row_package_file WHERE row_id IN (SELECT row_id FROM temp.found_file WHERE same) OR row_id NOT IN "
      "(SELECT row_id FROM temp.found_file);"
      "UPDATE content_item SET rows = (SELECT count(*) FROM row_package_file r WHERE r.item_id = content_item.item_id) "
      "WHERE parser = 'dpkg';"
      "DROP TABLE temp.found_file",
      kSource, static_cast<int>(catalog::SetKind::kKnown)));
}

}  // namespace limier::store
