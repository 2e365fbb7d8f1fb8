// Texts of files: which are taken out, and what became of each. Known files and what is beyond the limit never come to
// a parser, so they are no items; table text_content has them.
#include "store/text_states.h"

#include <fmt/format.h>

#include "limier/catalog/findings.h"
#include "store/packages.h"
#include "store/schema.h"
#include "store/writer_impl.h"

namespace limier::store {
namespace {

int number(TextState state) {
  return static_cast<int>(state);
}

std::string text_quoted(std::string_view text) {
  std::string sql = "'";
  for (const char c : text) sql += c == '\'' ? "''" : std::string(1, c);
  return sql + "'";
}

}  // namespace

// Small ones first, so that the limit costs few files, and the same ones however often the run was killed.
Status IndexWriter::Impl::choose_texts(const TextChoice& choice) {
  LIMIER_CHECK(begin());
  LIMIER_CHECK(flush_rows());
  LIMIER_CHECK(find_package_files(db_));
  std::string types;
  for (const std::string& type : choice.mime_types) types += (types.empty() ? "" : ", ") + text_quoted(type);
  LIMIER_CHECK(db_.execute(fmt::format(
      "CREATE TEMP TABLE text_known(content_id INTEGER PRIMARY KEY);"
      "INSERT OR IGNORE INTO temp.text_known SELECT content_id FROM known_content WHERE notable = 0;"
      "INSERT OR IGNORE INTO temp.text_known SELECT content_id FROM temp.found_file WHERE same;"
      "CREATE TEMP TABLE text_candidate AS SELECT min(content_id) AS content_id, file_id, min(size, {1}) AS bytes, "
      "sum(known) > 0 AS known FROM (SELECT f.content_id, min(f.file_id) AS file_id, d.sha256, s.size_bytes AS size, "
      "k.content_id IS NOT NULL AS known FROM file f JOIN name n ON n.name_key = f.name_key JOIN stream s ON "
      "s.content_id = f.content_id JOIN digest d ON d.content_id = f.content_id JOIN content_type c ON c.content_id = "
      "f.content_id JOIN file_type t ON t.type = c.type LEFT JOIN temp.text_known k ON k.content_id = f.content_id "
      "WHERE "
      "f.is_stream = 0 AND f.reused = 0 AND f.kind = 0 AND s.source IN (1, 2) AND s.size_bytes > 0 AND s.state IN (0, "
      "1) "
      "AND t.mime IN ({0}) AND f.content_id NOT IN (SELECT content_id FROM content_item WHERE parser NOT IN ({2}, "
      "'libmagic', 'yara')) GROUP BY f.content_id) GROUP BY coalesce(sha256, content_id);"
      "DROP TABLE temp.text_known",
      types, choice.most_of_one, text_quoted(choice.parser))));
  LIMIER_CHECK(db_.execute(fmt::format(
      "CREATE TEMP TABLE text_chosen AS SELECT content_id, file_id, sum(bytes) OVER (ORDER BY bytes, content_id) <= "
      "{0} "
      "AS fits FROM temp.text_candidate WHERE NOT known;"
      "DELETE FROM text_content;"
      "INSERT INTO text_content SELECT content_id, {1} FROM temp.text_candidate WHERE known;"
      "INSERT INTO text_content SELECT content_id, {2} FROM temp.text_chosen WHERE NOT fits;"
      "INSERT OR IGNORE INTO content_item(content_id, file_id, parser, parser_version, lead, image_offset) SELECT "
      "content_id, file_id, {3}, {4}, 0, (SELECT min(e.image_offset) FROM extent e WHERE e.content_id = "
      "f.content_id) FROM temp.text_chosen f WHERE fits ORDER BY content_id;"
      "DROP TABLE temp.text_candidate; DROP TABLE temp.text_chosen",
      std::min<std::uint64_t>(choice.most_of_all, INT64_MAX), number(TextState::kKnown), number(TextState::kOverLimit),
      text_quoted(choice.parser), text_quoted(choice.version))));
  return leave_masked_files();
}

// As hits in published software. What the limit costs, the other issue says.
Status IndexWriter::Impl::say_what_texts_are_left_out() {
  LIMIER_CHECK(begin());
  LIMIER_CHECK(
      db_.execute(fmt::format("DELETE FROM issue WHERE code IN ('{}', '{}')", kTextsOfKnown, kTextsOverLimit)));
  const auto say = [&](TextState state, std::string_view code, catalog::Severity severity,
                       const char* sentence) -> Status {
    LIMIER_TRY(const auto files,
               db_.integer(fmt::format("SELECT count(*) FROM text_content WHERE state = {}", number(state))));
    if (files.value_or(0) == 0) return ok_status();
    catalog::IssueRecord issue;
    issue.stage = "content";
    issue.code = code;
    issue.severity = severity;
    issue.message = fmt::format(fmt::runtime(sentence), *files);
    return add(issue);
  };
  LIMIER_CHECK(say(TextState::kKnown, kTextsOfKnown, catalog::Severity::kInfo,
                   "the texts of {} known files were not kept and cannot be searched"));
  return say(TextState::kOverLimit, kTextsOverLimit, catalog::Severity::kWarning,
             "the texts of {} files were not kept and cannot be searched: together they are larger than --text-limit, "
             "and the largest are left out");
}

Status settle_text_states(Database& db) {
  return db.execute(fmt::format(
      "INSERT OR REPLACE INTO text_content SELECT i.content_id, iif(i.item_id IN (SELECT item_id FROM issue WHERE code "
      "= 'text-too-long'), {0}, iif(i.rows > 0, {1}, {2})) FROM content_item i WHERE i.parser = 'text' AND i.state = "
      "{3} AND (i.reason IS NULL OR i.reason = '')",
      number(TextState::kCut), number(TextState::kKept), number(TextState::kNone),
      static_cast<int>(catalog::ItemState::kParsed)));
}

// What another parser made rows of is there to be searched too; packed members and texts of cells are hits alone.
std::string text_state_case() {
  constexpr auto state = [](catalog::ItemState one) { return static_cast<int>(one); };
  return fmt::format(
      "CASE WHEN max(x.state) >= {kept} THEN {words} "
      "WHEN max(ri.state = {parsed} AND ri.rows > 0 AND ri.parser NOT IN ('text', 'packed', 'sqlite-texts')) THEN "
      "'in-rows' WHEN max(x.state) IS NOT NULL THEN {words} "
      "WHEN max(c.encryption) > 0 OR max(ri.state = {encrypted}) THEN 'encrypted' "
      "WHEN max(ri.state IN ({unread}, {failed}, {quarantined}, {large}) AND ri.parser NOT IN ('packed', "
      "'sqlite-texts')) THEN 'not-read' "
      "WHEN (SELECT profile IN ('standard', 'full') AND scope_sha256 = '' FROM run ORDER BY run_id DESC LIMIT 1) THEN "
      "iif(s.size_bytes = 0, 'none', 'other-type') END",
      fmt::arg("kept", number(TextState::kKept)), fmt::arg("words", word_case(kTextStateWords, "max(x.state)")),
      fmt::arg("parsed", state(catalog::ItemState::kParsed)),
      fmt::arg("encrypted", state(catalog::ItemState::kEncrypted)),
      fmt::arg("unread", state(catalog::ItemState::kNotRead)), fmt::arg("failed", state(catalog::ItemState::kFailed)),
      fmt::arg("quarantined", state(catalog::ItemState::kQuarantined)),
      fmt::arg("large", state(catalog::ItemState::kTooLarge)));
}

Status IndexWriter::choose_texts(const TextChoice& choice) {
  return impl_->choose_texts(choice);
}

}  // namespace limier::store
