#include "content/sqlite_parser.h"

#include <fmt/format.h>

#include <algorithm>

#include "content/app_rows.h"
#include "content/app_traces.h"
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

std::vector<std::string> drivers_of(const std::vector<const Pack*>& packs) {
  std::vector<std::string> tables;
  for (const Pack* pack : packs)
    for (const PackRow& row : pack->rows)
      if (!row.group) tables.push_back(row.driver);
  return tables;
}

// Rows of the tables that these packs read, that the application no longer saw.
LostRows look_for_lost(const std::vector<const Pack*>& packs, const Source& source, const SqliteImage& image,
                       Rows& rows) {
  LostRows lost(drivers_of(packs));
  if (!recover_rows(source, image, {.live = false, .others = true, .indexes = true}, rows, lost))
    rows.issue(
        "sqlite-not-walked",
        "the database's pages cannot be walked: whether they are sound is not known, and what was deleted is not "
        "looked for",
        true);
  if (lost.left_out() > 0)
    rows.issue("sqlite-too-many-recovered",
               fmt::format("{} rows that are no longer live are left out: there is room for {} rows and {} bytes",
                           lost.left_out(), kMaxTwinRows, kMaxTwinBytes),
               true);
  return lost;
}

// Only those of free space: the others were given when the database was read.
class LooseFound final : public FoundRows {
 public:
  explicit LooseFound(LostRows& lost) : lost_(lost) {}
  bool take(const FoundRow& row) override { return !row.in_free_space || lost_.take(row); }

 private:
  LostRows& lost_;
};

// What there is to say of the database was said when it was read.
class LooseSays final : public Rows {
 public:
  explicit LooseSays(Rows& rows) : rows_(rows) {}
  void add_cells(const catalog::KindInfo& kind, std::vector<catalog::RowCell> cells, std::string_view maker,
                 std::string_view version) override {
    rows_.add_cells(kind, std::move(cells), maker, version);
  }
  void issue(std::string code, std::string message, bool incomplete) override {
    if (code == "sqlite-page-of-which") rows_.issue(std::move(code), std::move(message), incomplete);
  }
  void alive() override { rows_.alive(); }

 private:
  Rows& rows_;
};

// The files that SQLite puts beside a database have its name and more, which the globs of some packs fit too.
bool is_companion(std::string_view path) {
  return path.ends_with("-wal") || path.ends_with("-shm") || path.ends_with("-journal");
}

bool is_at_path_of(const Pack& pack, std::string_view path) {
  return std::ranges::any_of(pack.database.paths, [&](const auto& glob) { return path_matches(glob, path); });
}

// A message store whose head is lost is not passed over in silence; one that is locked is named.
Outcome say_no_database(const std::vector<Pack>& packs, const Source& source, Rows& rows) {
  const Outcome other{ItemState::kNotApplicable, "not a SQLite database"};
  if (source.main == nullptr || source.main->size_bytes() == 0 || is_companion(source.path)) return other;
  for (const Pack& pack : packs) {
    if (!is_at_path_of(pack, source.path)) continue;
    if (looks_random(*source.main, 0))
      return {ItemState::kEncrypted, fmt::format("encrypted database, of {}", pack.app)};
    rows.issue("pack-no-database",
               fmt::format("pack {}: by its path this is a database of {}, and it does not begin as one: it is "
                           "damaged, or something else",
                           pack.name, pack.app),
               true);
  }
  return other;
}

}  // namespace

Outcome SqliteParser::parse(const Source& source, Rows& given) const {
  AppRows rows(given, parsed_);
  if (part_ == Part::kLoose) return parse_loose(source, rows);
  const auto image = SqliteImage::open(source, rows);
  if (!image) return say_no_database(packs_, source, rows);
  auto opened = Database::open(*image, rows);
  if (!opened) return {ItemState::kFailed, fmt::format("SQLite: {}", opened.error().message)};
  Database& database = **opened;

  std::vector<const Pack*> known;
  for (const Pack& pack : packs_)
    if (pack_knows(pack, database)) known.push_back(&pack);
  const LostRows lost = known.empty() ? LostRows({}) : look_for_lost(known, source, *image, rows);
  PackResult all;
  for (const Pack* pack : known) {
    const PackResult one = run_pack(*pack, source, database, lost, PackWish::kAll, rows);
    all.rows += one.rows;
    all.whole = all.whole && one.whole;
  }
  if (image->were_bytes_missing())
    rows.issue("sqlite-bytes-missing", "some pages of the database are not there, or could not be read", true);
  if (!known.empty() && all.rows == 0 && !all.whole)
    return {ItemState::kFailed,
            "no row of it could be read: the database is damaged, or the pack's statements do not fit it"};
  if (!known.empty()) return {};
  for (const Pack& pack : packs_)
    if (is_at_path_of(pack, source.path))
      rows.issue("pack-schema-unknown",
                 fmt::format("pack {}: by its path this is a database of {}, and its tables are others: {}", pack.name,
                             pack.app, ddl_of(database)),
                 true);
  return {ItemState::kNotApplicable, "no pack knows this database"};
}

Outcome SqliteParser::parse_loose(const Source& source, Rows& rows) const {
  const Outcome nothing{ItemState::kNotApplicable, "no page of it lies in free space of its volume"};
  if (source.loose == nullptr || source.loose->places.empty()) return nothing;
  LooseSays says(rows);
  const auto image = SqliteImage::open(source, says);
  auto opened = image ? Database::open(*image, says) : Result<std::unique_ptr<Database>>(Error{});
  if (!image || !opened) return nothing;
  Database& database = **opened;
  std::vector<const Pack*> known;
  for (const Pack& pack : packs_)
    if (pack_knows(pack, database)) known.push_back(&pack);
  if (known.empty()) return nothing;
  LostRows lost(drivers_of(known));
  LooseFound found(lost);
  (void)recover_rows(source, *image, {.live = false, .others = true, .loose = source.loose}, says, found);
  if (lost.left_out() > 0)
    rows.issue("sqlite-too-many-recovered",
               fmt::format("{} rows in free space of the volume are left out: there is room for {} rows and {} bytes",
                           lost.left_out(), kMaxTwinRows, kMaxTwinBytes),
               true);
  for (const Pack* pack : known) (void)run_pack(*pack, source, database, lost, PackWish::kLost, says);
  // Also where there is nothing but to say that a page may be another's.
  return {};
}

}  // namespace limier::content
