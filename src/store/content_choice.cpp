// Contents that are looked at whatever they are, and what is said of those that the table of types has no name for.
#include <fmt/format.h>

#include "limier/types.h"
#include "store/writer_impl.h"

namespace limier::store {
namespace {

// Random bytes come to 7.9; libmagic has a name for one in eighteen of such contents.
constexpr int kNoiseMillibits = 7850;
// Above the numbers of the table of types.
constexpr int kFirstSaidType = 100'000;

}  // namespace

Result<std::uint64_t> IndexWriter::Impl::choose_contents(const ContentChoice& choice) {
  LIMIER_CHECK(begin());
  LIMIER_CHECK(flush_rows());
  const std::string only =
      choice.untyped
          ? fmt::format("JOIN content_type t ON t.content_id = f.content_id AND t.type = {} AND t.entropy < {} ",
                        types::kUnknownType, kNoiseMillibits)
          : std::string();
  const std::string unknown =
      choice.untyped ? "AND f.content_id NOT IN (SELECT content_id FROM known_content WHERE notable = 0) " : "";
  LIMIER_CHECK(db_.execute(fmt::format(
      "CREATE TEMP TABLE chosen AS SELECT min(content_id) AS content_id, file_id, size_bytes FROM (SELECT "
      "f.content_id, "
      "min(f.file_id) AS file_id, d.sha256, s.size_bytes FROM file f JOIN stream s ON s.content_id = f.content_id JOIN "
      "digest d ON d.content_id = f.content_id {}WHERE f.reused = 0 AND f.kind IN ({}, {}) AND s.source IN (1, 2) AND "
      "s.state IN (0, 1) AND s.size_bytes > 0 AND d.sha256 IS NOT NULL {}GROUP BY f.content_id) GROUP BY sha256",
      only, static_cast<int>(catalog::FileKind::kFile), static_cast<int>(catalog::FileKind::kStream), unknown)));
  const auto most = static_cast<std::int64_t>(std::min<std::uint64_t>(choice.max_size_bytes, INT64_MAX));
  LIMIER_TRY(const auto larger,
             db_.integer(fmt::format("SELECT count(*) FROM temp.chosen WHERE size_bytes > {}", most)));
  LIMIER_CHECK(db_.execute(fmt::format(
      "INSERT OR IGNORE INTO content_item(content_id, file_id, parser, parser_version, lead, image_offset) SELECT "
      "c.content_id, c.file_id, '{}', '{}', 0, (SELECT min(e.image_offset) FROM extent e WHERE e.content_id = "
      "c.content_id) FROM temp.chosen c WHERE c.size_bytes <= {} ORDER BY c.content_id; DROP TABLE temp.chosen",
      choice.parser, choice.version, most)));
  LIMIER_CHECK(leave_masked_files());
  return static_cast<std::uint64_t>(larger.value_or(0));
}

Status IndexWriter::Impl::put_said_type(std::int64_t item_id, std::string_view mime, std::string_view name) {
  LIMIER_CHECK(begin());
  const RepairedText mime_text(mime), name_text(name);
  LIMIER_TRY(auto insert, db_.prepare("INSERT OR REPLACE INTO said_type VALUES (?1, ?2, ?3)"));
  insert.bind(1, item_id);
  insert.bind_text(2, mime_text.text());
  insert.bind_text(3, name_text.text());
  return insert.run();
}

// To all contents with the bytes of the item. Numbers in the order of the words, so that they do not tell who came
// first.
Status IndexWriter::Impl::settle_said_types() {
  return db_.execute(fmt::format(
      "DELETE FROM issue WHERE code = '{3}' AND issue_id <> (SELECT min(issue_id) FROM issue WHERE code = '{3}');"
      "DELETE FROM file_type WHERE type >= {0};"
      "INSERT INTO file_type(type, mime, name, extensions, strong) SELECT {0} + row_number() OVER (ORDER BY mime, "
      "name), "
      "mime, name, '  ', 0 FROM (SELECT DISTINCT t.mime, t.name FROM said_type t JOIN content_item i ON i.item_id = "
      "t.item_id WHERE i.state = 0);"
      "CREATE TEMP TABLE said AS SELECT d.sha256, k.type FROM said_type t JOIN content_item i ON i.item_id = t.item_id "
      "JOIN digest d ON d.content_id = i.content_id JOIN file_type k ON k.mime = t.mime AND k.name = t.name AND k.type "
      ">= "
      "{0} WHERE i.state = 0;"
      "UPDATE content_type SET type = s.type, basis = {1} FROM digest d JOIN temp.said s ON s.sha256 = d.sha256 WHERE "
      "d.content_id = content_type.content_id AND (content_type.type = {2} OR content_type.basis = {1});"
      "DROP TABLE temp.said",
      kFirstSaidType, static_cast<int>(catalog::TypeBasis::kLibmagic), types::kUnknownType, kNoTypeDatabase));
}

Result<std::uint64_t> IndexWriter::choose_contents(const ContentChoice& choice) {
  return impl_->choose_contents(choice);
}
Status IndexWriter::put_said_type(std::int64_t item_id, std::string_view mime, std::string_view name) {
  return impl_->put_said_type(item_id, mime, name);
}

}  // namespace limier::store
