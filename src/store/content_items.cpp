// Contents that parsers are to look at: which, where their bytes lie, and what became of them. Rows come while an item
// is at work and count once it is done; those of an item that is not are dropped.
#include <fmt/format.h>

#include "limier/catalog/findings.h"
#include "limier/catalog/messages.h"
#include "store/packages.h"
#include "store/search_index.h"
#include "store/text_states.h"
#include "store/writer_impl.h"

namespace limier::store {

namespace {

constexpr std::string_view kWal = "-wal", kJournal = "-journal";

// A file `f` with its name `n` and content `s` whose bytes can be had.
constexpr const char* kReadable =
    "file f JOIN name n ON n.name_key = f.name_key JOIN stream s ON s.content_id = f.content_id "
    "WHERE f.is_stream = 0 AND f.reused = 0 AND f.kind = 0 AND s.source IN (1, 2) AND s.size_bytes > 0";

constexpr const char* kFirstByte = "(SELECT min(e.image_offset) FROM extent e WHERE e.content_id = f.content_id)";
// Something belongs to it by its name, or lies in its folder and may be read with it.
constexpr const char* kBeside =
    "(EXISTS (SELECT 1 FROM temp.companion c WHERE c.volume_id = f.volume_id AND c.path IN (n.path || '-wal', n.path "
    "|| "
    "'-journal')) OR EXISTS (SELECT 1 FROM temp.beside b WHERE b.volume_id = f.volume_id AND b.ups = 0 AND b.anchor = "
    "rtrim(n.path, replace(n.path, '/', '')) AND b.path <> n.path))";
constexpr std::int64_t kMaxBeside = 8;  // of one item

// The folder of a path, with its slash.
std::string folder_of(const std::string& sql) {
  return fmt::format("rtrim({0}, replace({0}, '/', ''))", sql);
}

std::string quoted(std::string_view text) {
  std::string sql = "'";
  for (const char c : text) sql += c == '\'' ? "''" : std::string(1, c);
  return sql + "'";
}

}  // namespace

// What belongs to a database by its name, found in one pass over the names.
Status IndexWriter::Impl::find_companions() {
  if (std::exchange(companions_found_, true)) return ok_status();
  LIMIER_CHECK(find_beside());
  return db_.execute(fmt::format(
      "CREATE TEMP TABLE companion(volume_id INTEGER, path TEXT, file_id INTEGER, PRIMARY KEY (volume_id, path)) "
      "WITHOUT ROWID;"
      "INSERT OR IGNORE INTO temp.companion SELECT f.volume_id, n.path, f.file_id FROM {} AND n.allocated AND "
      "s.state = 0 AND (n.path GLOB '*{}' OR n.path GLOB '*{}') ORDER BY f.file_id",
      kReadable, kWal, kJournal));
}

// Files that others may need, under the folder from which their place is seen.
Status IndexWriter::Impl::find_beside() {
  LIMIER_CHECK(db_.execute(
      "CREATE TEMP TABLE beside(volume_id INTEGER, anchor TEXT, ups INTEGER, place TEXT, path TEXT, file_id INTEGER, "
      "PRIMARY KEY (volume_id, anchor, ups, place)) WITHOUT ROWID"));
  if (beside_places_.empty()) return ok_status();
  std::string any;
  std::vector<std::string> ends;
  for (const std::string& place : beside_places_) {
    ends.push_back("'*/' || lower(" + quoted(place.starts_with("../") ? place.substr(3) : place) + ")");
    any += fmt::format("{}lower(n.path) GLOB {}", any.empty() ? "" : " OR ", ends.back());
  }
  LIMIER_CHECK(db_.execute(fmt::format(
      "CREATE TEMP TABLE found AS SELECT f.volume_id, n.path, f.file_id FROM {} AND n.allocated AND s.state = 0 "
      "AND ({}) ORDER BY f.file_id",
      kReadable, any)));
  for (std::size_t i = 0; i < ends.size(); ++i) {
    const bool above = beside_places_[i].starts_with("../");
    std::string anchor = folder_of("path");
    for (std::size_t at = beside_places_[i].find('/', above ? 3 : 0); at != std::string::npos;
         at = beside_places_[i].find('/', at + 1))
      anchor = folder_of("rtrim(" + anchor + ", '/')");
    LIMIER_CHECK(
        db_.execute(fmt::format("INSERT OR IGNORE INTO temp.beside SELECT volume_id, {0}, {1}, {2} || substr(path, "
                                "length({0}) + 1), path, file_id "
                                "FROM temp.found WHERE lower(path) GLOB {3}",
                                anchor, above ? 1 : 0, above ? "'../'" : "''", ends[i])));
  }
  return db_.execute("DROP TABLE temp.found");
}

Status IndexWriter::Impl::choose_items(const ItemChoice& choice) {
  LIMIER_CHECK(begin());
  LIMIER_CHECK(flush_rows());
  if (!choice.path_globs.empty() || !choice.file_names.empty()) LIMIER_CHECK(choose_by_path(choice));
  if (!choice.mime_types.empty()) LIMIER_CHECK(choose_by_type(choice));
  return leave_masked_files();
}

Status IndexWriter::Impl::choose_by_path(const ItemChoice& choice) {
  const std::string last_part = "lower(substr(n.path, -n.name_chars))";
  const auto append = [](std::string& list, std::string_view by, const std::string& one) {
    list += (list.empty() ? "" : std::string(by)) + one;
  };
  // A glob takes a tenth of a second for a million names; those that end in a name are only asked of files of that
  // name.
  std::string paths, names, guards, guarded;
  std::vector<std::string> globs = choice.path_globs;
  for (const std::string& name : choice.file_names) {
    if (name.find('/') == std::string::npos)
      append(names, ", ", quoted(name));
    else
      globs.push_back(name);
  }
  for (const std::string& glob : globs) {
    const std::size_t slash = glob.rfind('/');
    const std::string last = slash == std::string::npos ? std::string("*") : glob.substr(slash + 1);
    const bool by_name = !last.empty() && last.find_first_of("*?[") == std::string::npos;
    if (by_name) append(guards, ", ", fmt::format("lower({})", quoted(last)));
    append(by_name ? guarded : paths, " OR ", fmt::format("lower(n.path) GLOB lower({})", quoted(glob)));
  }
  if (!names.empty()) append(paths, " OR ", fmt::format("{} IN ({})", last_part, names));
  if (!guarded.empty()) append(paths, " OR ", fmt::format("({} IN ({}) AND ({}))", last_part, guards, guarded));
  return db_.execute(fmt::format(
      "INSERT OR IGNORE INTO content_item(content_id, file_id, parser, parser_version, lead, image_offset) "
      "SELECT f.content_id, min(f.file_id), {}, {}, {}, {} FROM {} AND n.allocated AND s.state = 0 AND ({}) GROUP BY "
      "f.content_id ORDER BY f.content_id",
      quoted(choice.parser), quoted(choice.version), choice.lead ? 1 : 0, kFirstByte, kReadable, paths));
}

// The same bytes are looked into once, unless something lies beside them that changes what they say.
Status IndexWriter::Impl::choose_by_type(const ItemChoice& choice) {
  LIMIER_CHECK(find_companions());
  std::string types;
  for (const std::string& type : choice.mime_types) types += (types.empty() ? "" : ", ") + quoted(type);
  LIMIER_CHECK(db_.execute(fmt::format(
      "CREATE TEMP TABLE candidate AS SELECT f.content_id, min(f.file_id) AS file_id, d.sha256, {0} AS beside FROM {1} "
      "AND s.state IN (0, 1) AND f.content_id IN (SELECT c.content_id FROM content_type c JOIN file_type t ON t.type = "
      "c.type WHERE t.mime IN ({2})) GROUP BY f.content_id;"
      "DELETE FROM temp.candidate WHERE content_id IN (SELECT content_id FROM content_item WHERE parser = {3});"
      "DELETE FROM temp.candidate WHERE NOT beside AND sha256 IN (SELECT d.sha256 FROM content_item i JOIN digest d ON "
      "d.content_id = i.content_id JOIN file f ON f.file_id = i.file_id JOIN name n ON n.name_key = f.name_key WHERE "
      "i.parser = {3} AND d.sha256 IS NOT NULL AND NOT {0})",
      kBeside,
      std::string(kReadable).replace(std::string(kReadable).find("WHERE"), 0,
                                     "JOIN digest d ON d.content_id = f.content_id "),
      types, quoted(choice.parser))));
  return db_.execute(
      fmt::format("INSERT OR IGNORE INTO content_item(content_id, file_id, parser, parser_version, lead, image_offset) "
                  "SELECT f.content_id, f.file_id, {}, {}, {}, {} FROM temp.candidate f WHERE f.content_id IN (SELECT "
                  "min(content_id) FROM temp.candidate GROUP BY iif(beside, content_id, sha256)) ORDER BY f.content_id;"
                  "DROP TABLE temp.candidate",
                  quoted(choice.parser), quoted(choice.version), choice.lead ? 1 : 0, kFirstByte));
}

Result<std::vector<ItemRow>> IndexWriter::Impl::waiting_items() {
  LIMIER_TRY(auto rows, db_.prepare("SELECT i.item_id, i.file_id, i.parser, s.size_bytes FROM content_item i JOIN "
                                    "stream s ON s.content_id = i.content_id WHERE i.state IS NULL "
                                    "ORDER BY i.lead DESC, coalesce(i.image_offset, -1), i.item_id"));
  std::vector<ItemRow> items;
  while (true) {
    LIMIER_TRY(const bool row, rows.step());
    if (!row) return items;
    items.push_back({rows.integer(0), rows.integer(1), rows.text(2), static_cast<std::uint64_t>(rows.integer(3))});
  }
}

Result<std::optional<ContentPlace>> IndexWriter::Impl::content_place(std::int64_t file_id) {
  ContentPlace place;
  std::int64_t content_id = 0;
  {
    LIMIER_TRY(
        auto row,
        db_.lend(
            "SELECT coalesce(n.path_raw, n.path), s.size_bytes, s.source, f.volume_id, i.inode, i.sequence, "
            "s.attr_type, s.attr_id, v.image_offset, v.length, v.fs_type, v.tsk_fs_type, v.pool_block, v.block_size, "
            "f.content_id, (SELECT p.coding FROM packed p WHERE p.content_id = f.content_id) "
            "FROM file f JOIN name n ON n.name_key = f.name_key JOIN stream s ON s.content_id = f.content_id JOIN "
            "inode "
            "i ON i.inode_key = s.inode_key JOIN volume v ON v.volume_id = f.volume_id WHERE f.file_id = ?1"));
    row.bind(1, file_id);
    LIMIER_TRY(const bool found, row.step());
    if (!found) return std::optional<ContentPlace>();
    place.path = row.text(0);
    place.size_bytes = static_cast<std::uint64_t>(row.integer(1));
    place.in_extents = row.integer(2) == static_cast<std::int64_t>(catalog::ContentSource::kExtents);
    place.stream = {static_cast<std::uint32_t>(row.integer(3)), static_cast<std::uint64_t>(row.integer(4)),
                    static_cast<std::uint32_t>(row.integer(5)), static_cast<std::uint32_t>(row.integer(6)),
                    static_cast<std::uint16_t>(row.integer(7))};
    place.volume.volume_id = place.stream.volume_id;
    place.volume.image_offset = static_cast<std::uint64_t>(row.integer(8));
    place.volume.length = static_cast<std::uint64_t>(row.integer(9));
    place.volume.fs_type = row.text(10);
    place.volume.tsk_fs_type = static_cast<std::uint32_t>(row.integer(11));
    place.volume.pool_block = static_cast<std::uint64_t>(row.integer(12));
    place.volume.block_size = static_cast<std::uint32_t>(row.integer(13));
    content_id = row.integer(14);
    if (!row.is_null(15)) place.packing.coding = static_cast<catalog::Coding>(row.integer(15));
  }
  if (!place.in_extents) return std::optional(std::move(place));
  LIMIER_TRY(auto extents, db_.lend("SELECT file_offset, image_offset, length FROM extent WHERE content_id = ?1 AND "
                                    "kind = ?2 AND image_offset IS NOT NULL ORDER BY file_offset, seq"));
  const bool packed = place.packing.coding != catalog::Coding::kPlain;
  extents.bind(1, content_id);
  extents.bind(2, static_cast<std::int64_t>(packed ? catalog::ExtentKind::kCompressed : catalog::ExtentKind::kData));
  while (true) {
    LIMIER_TRY(const bool more, extents.step());
    if (!more) return std::optional(std::move(place));
    place.pieces.push_back({static_cast<std::uint64_t>(extents.integer(0)),
                            static_cast<std::uint64_t>(extents.integer(1)),
                            static_cast<std::uint64_t>(extents.integer(2))});
  }
}

Result<ItemCompanions> IndexWriter::Impl::companions_of(std::int64_t item_id) {
  LIMIER_CHECK(find_companions());
  LIMIER_TRY(auto rows, db_.lend("SELECT c.file_id FROM content_item i JOIN file f ON f.file_id = i.file_id JOIN "
                                 "name n ON n.name_key = f.name_key JOIN temp.companion c ON c.volume_id = "
                                 "f.volume_id AND c.path = n.path || ?2 WHERE i.item_id = ?1"));
  const auto look_up = [&](std::string_view suffix) -> Result<std::optional<std::int64_t>> {
    rows.bind(1, item_id);
    rows.bind_text(2, suffix);
    LIMIER_TRY(const bool row, rows.step());
    const auto found = row ? rows.optional_integer(0) : std::nullopt;
    rows.reset();
    return found;
  };
  ItemCompanions companions;
  LIMIER_TRY(companions.wal, look_up(kWal));
  LIMIER_TRY(companions.journal, look_up(kJournal));
  const std::string folder = folder_of("n.path");
  LIMIER_TRY(
      auto beside,
      db_.lend(fmt::format(
          "SELECT b.place, b.file_id, (SELECT c.file_id FROM temp.companion c WHERE c.volume_id = b.volume_id AND "
          "c.path = b.path || '{2}'), (SELECT c.file_id FROM temp.companion c WHERE c.volume_id = b.volume_id AND "
          "c.path = b.path || '{3}') FROM content_item i JOIN file f ON f.file_id = i.file_id JOIN name n ON "
          "n.name_key = f.name_key JOIN temp.beside b ON b.volume_id = f.volume_id AND ((b.anchor = {0} AND b.ups "
          "= 0) OR (b.anchor = {1} AND b.ups = 1)) WHERE i.item_id = ?1 AND b.file_id <> i.file_id ORDER BY "
          "b.place LIMIT {4}",
          folder, folder_of("rtrim(" + folder + ", '/')"), kWal, kJournal, kMaxBeside)));
  beside.bind(1, item_id);
  while (true) {
    LIMIER_TRY(const bool more, beside.step());
    if (!more) return companions;
    companions.beside.push_back(
        {beside.text(0), beside.integer(1), beside.optional_integer(2), beside.optional_integer(3)});
  }
}

Result<std::int64_t> IndexWriter::Impl::maker_id(std::string_view name, std::string_view version) {
  const auto key = std::pair(std::string(name), std::string(version));
  if (const auto found = makers_.find(key); found != makers_.end()) return found->second;
  LIMIER_CHECK(begin());
  LIMIER_TRY(auto insert, db_.lend("INSERT INTO row_maker(name, version) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET "
                                   "name = name RETURNING maker_id"));
  insert.bind_text(1, name);
  insert.bind_text(2, version);
  LIMIER_TRY(const bool row, insert.step());
  if (!row) return Error{ErrorKind::kInternal, "the index gave no number to a parser"};
  return makers_.emplace(key, insert.integer(0)).first->second;
}

Status IndexWriter::Impl::add_row(std::int64_t item_id, const catalog::KindInfo& kind, std::string_view maker,
                                  std::string_view version, std::span<const catalog::RowCell> cells) {
  LIMIER_TRY(const bool hidden, leave_out(item_id, kind, cells));
  if (hidden) return ok_status();
  const RepairedText name(maker), number(version);
  LIMIER_TRY(const std::int64_t made_by, maker_id(name.text(), number.text()));
  LIMIER_CHECK(begin());
  LIMIER_CHECK(declared_.add(db_, kind, item_id, ++rows_of_item_[item_id], made_by, cells));
  return count_row();
}

Status IndexWriter::Impl::finish_item(std::int64_t item_id, catalog::ItemState state, std::uint32_t attempts,
                                      std::string_view reason) {
  LIMIER_CHECK(leave_out_parts(item_id));
  std::string said(reason);
  mask(said);
  const RepairedText text(said);
  LIMIER_CHECK(begin());
  LIMIER_TRY(auto update, db_.lend("UPDATE content_item SET state = ?2, attempts = ?3, rows = ?4, reason = ?5 WHERE "
                                   "item_id = ?1"));
  update.bind(1, item_id);
  update.bind(2, static_cast<std::int64_t>(state));
  update.bind(3, std::int64_t{attempts});
  update.bind(4, std::exchange(rows_of_item_[item_id], 0));
  reason.empty() ? update.bind_null(5) : update.bind_text(5, text.text());
  rows_of_item_.erase(item_id);
  LIMIER_CHECK(update.run());
  return count_row();
}

Status IndexWriter::Impl::drop_item(std::int64_t item_id) {
  rows_of_item_.erase(item_id);
  left_out_.erase(item_id);
  LIMIER_CHECK(begin());
  LIMIER_CHECK(drop_declared(db_, fmt::format("item_id = {}", item_id)));
  return db_.execute(
      fmt::format("DELETE FROM issue WHERE item_id = {0}; DELETE FROM scope_count WHERE item_id = {0}", item_id));
}

// What a run that was broken off left of items that were not done.
Status IndexWriter::Impl::drop_unfinished_items() {
  LIMIER_CHECK(drop_declared(db_, "state IS NULL"));
  return db_.execute(
      "DELETE FROM issue WHERE item_id IN (SELECT item_id FROM content_item WHERE state IS NULL);"
      "DELETE FROM scope_count WHERE item_id IN (SELECT item_id FROM content_item WHERE state IS NULL)");
}

// Two contents with the same bytes, and nothing beside them, give the same rows: they stand once. Lists of packages
// speak of the files around them, so that each counts.
Status IndexWriter::Impl::drop_same_items() {
  LIMIER_TRY(
      const auto twice,
      db_.integer("SELECT 1 FROM content_item i JOIN digest d ON d.content_id = i.content_id WHERE i.state = 0 AND "
                  "d.sha256 IS NOT NULL GROUP BY i.parser, d.sha256 HAVING count(*) > 1 LIMIT 1"));
  if (!twice) return ok_status();
  LIMIER_CHECK(find_companions());
  LIMIER_CHECK(db_.execute(
      "CREATE TEMP TABLE same_item AS SELECT item_id, first_value(file_id) OVER w AS of_file FROM (SELECT i.item_id, "
      "i.file_id, i.content_id, i.parser, d.sha256 FROM content_item i JOIN digest d ON d.content_id = i.content_id "
      "WHERE i.state = 0 AND i.parser <> 'dpkg' AND d.sha256 IS NOT NULL AND NOT EXISTS (SELECT 1 FROM file f JOIN "
      "name n ON n.name_key = "
      "f.name_key WHERE f.file_id = i.file_id AND " +
      std::string(kBeside) +
      ")) WINDOW w AS (PARTITION BY parser, sha256 ORDER BY content_id);"
      "DELETE FROM temp.same_item WHERE item_id IN (SELECT item_id FROM content_item i WHERE i.file_id = of_file)"));
  LIMIER_CHECK(drop_declared(db_, "item_id IN (SELECT item_id FROM temp.same_item)"));
  return db_.execute(
      "UPDATE content_item SET rows = 0, reason = 'the same bytes as file ' || s.of_file || ': its rows stand there' "
      "FROM temp.same_item s WHERE s.item_id = content_item.item_id;"
      "DELETE FROM issue WHERE item_id IN (SELECT item_id FROM temp.same_item);"
      "DELETE FROM scope_count WHERE item_id IN (SELECT item_id FROM temp.same_item); DROP TABLE temp.same_item");
}

Status IndexWriter::Impl::settle_content() {
  if (content_settled_) return ok_status();
  LIMIER_CHECK(begin());
  LIMIER_CHECK(drop_unfinished_items());
  LIMIER_CHECK(drop_same_items());
  LIMIER_CHECK(derive_mailbox_owners());
  LIMIER_CHECK(settle_packages(db_));
  LIMIER_CHECK(say_what_texts_are_left_out());
  LIMIER_CHECK(settle_said_types());
  LIMIER_CHECK(settle_declared(db_));
  LIMIER_CHECK(settle_text_states(db_));
  // Those that libmagic was asked about are the whole of what has no type: v_content says what came of it.
  LIMIER_CHECK(db_.execute("DELETE FROM row_item"));
  LIMIER_CHECK(db_.execute(
      fmt::format("INSERT INTO row_item(content_id, file_id, parser, parser_version, state, attempts, rows, reason) "
                  "SELECT content_id, file_id, parser, parser_version, coalesce(state, {}), attempts, rows, iif(state "
                  "IS NULL, 'the "
                  "run ended before', reason) FROM content_item WHERE NOT (parser = 'libmagic' AND state IN (0, 1)) "
                  "ORDER BY content_id, parser",
                  static_cast<int>(catalog::ItemState::kNotRead))));
  LIMIER_CHECK(settle_people());
  LIMIER_CHECK(settle_attachments());
  LIMIER_CHECK(db_.execute(fmt::format("UPDATE row_message SET sender = '{}' WHERE direction = {} AND sender IS NULL",
                                       catalog::kOwnerWord, static_cast<int>(catalog::Direction::kOut))));
  LIMIER_CHECK(settle_hits());
  LIMIER_CHECK(build_search_index(db_));
  // Before the rules: what they find in an issue is found by its number.
  LIMIER_CHECK(settle_issues());
  content_settled_ = true;
  return ok_status();
}

void IndexWriter::look_beside(std::vector<std::string> places) {
  impl_->beside_places_ = std::move(places);
}
Status IndexWriter::choose_items(const ItemChoice& choice) {
  return impl_->choose_items(choice);
}
Result<std::vector<ItemRow>> IndexWriter::waiting_items() {
  return impl_->waiting_items();
}
Result<std::optional<ContentPlace>> IndexWriter::content_place(std::int64_t file_id) {
  return impl_->content_place(file_id);
}
Result<ItemCompanions> IndexWriter::companions_of(std::int64_t item_id) {
  return impl_->companions_of(item_id);
}
Status IndexWriter::add_row(std::int64_t item_id, const catalog::KindInfo& kind, std::string_view maker,
                            std::string_view version, std::span<const catalog::RowCell> cells) {
  return impl_->add_row(item_id, kind, maker, version, cells);
}
Status IndexWriter::finish_item(std::int64_t item_id, catalog::ItemState state, std::uint32_t attempts,
                                std::string_view reason) {
  return impl_->finish_item(item_id, state, attempts, reason);
}
Status IndexWriter::drop_item(std::int64_t item_id) {
  return impl_->drop_item(item_id);
}
Status IndexWriter::settle_content() {
  return impl_->settle_content();
}
Status IndexWriter::add_engine_row(const catalog::KindInfo& kind, std::span<const catalog::RowCell> cells) {
  LIMIER_CHECK(impl_->begin());
  LIMIER_CHECK(impl_->declared_.add(impl_->db_, kind, cells));
  return impl_->count_row();
}
Status IndexWriter::mark_parsed_apps(std::string_view maker, std::span<const std::string> packages) {
  LIMIER_CHECK(impl_->begin());
  LIMIER_TRY(auto update,
             impl_->db_.prepare("UPDATE row_app SET parsed = 1 WHERE package = ?1 AND EXISTS (SELECT 1 FROM "
                                "row_maker WHERE name = ?2)"));
  for (const std::string& package : packages) {
    update.bind_text(1, package);
    update.bind_text(2, maker);
    LIMIER_CHECK(update.run());
  }
  return ok_status();
}
Status IndexWriter::clear_engine_rows(const catalog::KindInfo& kind) {
  LIMIER_CHECK(impl_->begin());
  return impl_->db_.execute(fmt::format("DELETE FROM row_{}", kind.name));
}

Status IndexWriter::replace_translations(std::span<const Translation> translations) {
  LIMIER_CHECK(impl_->begin());
  LIMIER_CHECK(impl_->db_.execute("DELETE FROM translation"));
  LIMIER_TRY(auto insert, impl_->db_.prepare("INSERT OR IGNORE INTO translation VALUES (?1, ?2, ?3)"));
  for (const Translation& one : translations) {
    insert.bind_text(1, one.language);
    insert.bind_text(2, one.english);
    insert.bind_text(3, one.text);
    LIMIER_CHECK(insert.run());
  }
  return ok_status();
}

}  // namespace limier::store
