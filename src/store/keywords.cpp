// The keywords of a run: how many places of each are kept, what a row and its bytes both say, and what came of each.
#include <fmt/format.h>

#include "limier/catalog/artifacts.h"
#include "store/writer_impl.h"

namespace limier::store {
namespace {

constexpr std::string_view kBeyond = "keyword-hits-not-kept";

// Of a record's bytes the row says where they begin.
constexpr int kRecordBytes = 4096;

// A place is told once: with the row that was read there, where there is one, each row with a place of its own; the
// other places stay as they are. A cell that no parser knows is told where its bytes are not seen as they lie alone.
std::string told_once() {
  constexpr int kMain = static_cast<int>(catalog::RowSource::kMain);
  return fmt::format(
      R"sql(
CREATE TEMP TABLE word_row AS SELECT r.row_id, i.content_id, r.keyword_id, coalesce(r.place_file_offset, -1) AS at,
    r.decode_path GLOB 'sqlite:*' AS is_cell, r.decode_path = 'text.body' AS is_text
  FROM row_hit r JOIN content_item i ON i.item_id = r.item_id
  WHERE r.keyword_id IS NOT NULL AND instr(r.decode_path, '.') > 0 AND coalesce(r.place_source, {main}) = {main};
CREATE INDEX temp.word_row_by ON word_row(content_id, keyword_id, is_cell, at);
CREATE TEMP TABLE word_place AS SELECT b.row_id, b.of_content AS content_id, b.keyword_id, b.image_offset,
    b.place_file_offset AS offset,
    (SELECT max(e.at) FROM temp.word_row e WHERE e.content_id = b.of_content AND e.keyword_id = b.keyword_id
       AND e.is_cell = 0 AND e.at BETWEEN max(0, b.place_file_offset - {record}) AND b.place_file_offset) AS at
  FROM row_hit b WHERE b.item_id IS NULL AND b.keyword_id IS NOT NULL AND b.place_file_offset IS NOT NULL
    AND b.of_content IN (SELECT content_id FROM temp.word_row);
CREATE INDEX temp.word_place_by ON word_place(content_id, keyword_id, offset);
DELETE FROM row_hit WHERE row_id IN (SELECT r.row_id FROM temp.word_row r WHERE
  (r.is_cell AND (EXISTS (SELECT 1 FROM temp.word_place p WHERE p.content_id = r.content_id
       AND p.keyword_id = r.keyword_id AND p.offset BETWEEN r.at AND r.at + {record})
     OR EXISTS (SELECT 1 FROM temp.word_row e WHERE e.content_id = r.content_id AND e.keyword_id = r.keyword_id
       AND e.is_cell = 0 AND e.at = r.at)))
  OR (r.is_text AND r.at = -1 AND EXISTS (SELECT 1 FROM temp.word_place p WHERE p.content_id = r.content_id
       AND p.keyword_id = r.keyword_id)));
CREATE TEMP TABLE word_pair AS SELECT r.row_id AS row, p.row_id AS place, p.image_offset FROM
  (SELECT *, row_number() OVER (PARTITION BY content_id, keyword_id, at ORDER BY row_id) AS n FROM temp.word_row
     WHERE is_cell = 0 AND at >= 0) r
  JOIN (SELECT *, row_number() OVER (PARTITION BY content_id, keyword_id, at ORDER BY offset, row_id) AS n
     FROM temp.word_place WHERE at IS NOT NULL) p
  ON p.content_id = r.content_id AND p.keyword_id = r.keyword_id AND p.at = r.at AND p.n = r.n;
UPDATE row_hit SET image_offset = o.image_offset FROM temp.word_pair o WHERE o.row = row_hit.row_id
  AND o.image_offset IS NOT NULL;
DELETE FROM row_hit WHERE row_id IN (SELECT place FROM temp.word_pair);
DROP TABLE temp.word_pair; DROP TABLE temp.word_place; DROP TABLE temp.word_row;
)sql",
      fmt::arg("main", kMain), fmt::arg("record", kRecordBytes - 1));
}

}  // namespace

std::string keyword_schema() {
  return "CREATE TABLE keyword_more (keyword INTEGER PRIMARY KEY, places INTEGER NOT NULL) STRICT;";
}

void IndexWriter::Impl::set_keywords(KeywordsOfRun keywords) {
  keywords_ = std::move(keywords);
  keyword_more_.assign(keywords_.used.size(), 0);
  keyword_kept_.assign(keywords_.used.size(), 0);
}

// False: there are enough of it.
Result<bool> IndexWriter::Impl::keep_keyword(std::uint32_t keyword) {
  if (keyword > keyword_kept_.size()) return Error{ErrorKind::kInternal, "a hit of no keyword"};
  if (keyword_kept_[keyword - 1] < keywords_.places[keyword - 1] && keyword_hits_ < kMaxKeywordHits) return true;
  ++keyword_more_[keyword - 1];
  return false;
}

Status IndexWriter::Impl::put_keyword_more() {
  for (std::size_t i = 0; i < keyword_more_.size(); ++i)
    if (const std::int64_t more = std::exchange(keyword_more_[i], 0); more > 0)
      LIMIER_CHECK(
          db_.execute(fmt::format("INSERT INTO keyword_more VALUES ({}, {}) ON CONFLICT(keyword) DO UPDATE SET "
                                  "places = places + excluded.places",
                                  i + 1, more)));
  return ok_status();
}

Status IndexWriter::Impl::rewind_keywords() {
  keyword_more_.assign(keywords_.used.size(), 0);
  return db_.execute("DELETE FROM keyword_more WHERE NOT EXISTS (SELECT 1 FROM sweep_state)");
}

Status IndexWriter::Impl::count_kept_keywords() {
  keyword_kept_.assign(keywords_.used.size(), 0);
  keyword_hits_ = 0;
  LIMIER_TRY(auto rows, db_.prepare(fmt::format("SELECT kind - {}, count(*) FROM byte_hit WHERE kind > {} AND seen_at "
                                                "<> {} GROUP BY 1",
                                                kKeywordKind, kKeywordKind, kSeenByWalk)));
  while (true) {
    LIMIER_TRY(const bool row, rows.step());
    if (!row) return ok_status();
    const auto keyword = static_cast<std::size_t>(rows.integer(0));
    if (keyword <= keyword_kept_.size()) keyword_kept_[keyword - 1] = rows.integer(1);
    keyword_hits_ += rows.integer(1);
  }
}

Status IndexWriter::Impl::settle_keywords() {
  LIMIER_CHECK(db_.execute(fmt::format("DELETE FROM row_keyword; DELETE FROM issue WHERE code = '{}'", kBeyond)));
  if (keywords_.used.empty()) return ok_status();
  std::vector<catalog::KeywordUsed> used = keywords_.used;
  LIMIER_TRY(
      auto hits,
      db_.prepare("SELECT keyword_id, count(*), 0 FROM row_hit WHERE keyword_id IS NOT NULL GROUP BY 1 UNION ALL "
                  "SELECT keyword, 0, places FROM keyword_more"));
  while (true) {
    LIMIER_TRY(const bool row, hits.step());
    if (!row) break;
    const auto keyword = static_cast<std::size_t>(hits.integer(0));
    if (keyword == 0 || keyword > used.size()) continue;
    used[keyword - 1].hits += hits.integer(1);
    used[keyword - 1].more += hits.integer(2);
  }
  std::int64_t beyond = 0, of = 0;
  const catalog::KeywordUsed* most = nullptr;
  for (const catalog::KeywordUsed& one : used) {
    LIMIER_CHECK(declared_.add(db_, catalog::kKindOf<catalog::KeywordUsed>, catalog::cells_of(one)));
    beyond += one.more;
    of += one.more > 0;
    if (one.more > 0 && (most == nullptr || one.more > most->more)) most = &one;
  }
  if (most == nullptr) return ok_status();
  catalog::IssueRecord issue;
  issue.stage = "sweep";
  issue.code = kBeyond;
  issue.message = fmt::format(
      "{} places of {} keywords are beyond the most that are kept of each: counted and not listed, most of them "
      "({}) of line {} of {}",
      beyond, of, most->more, most->line, most->file_name);
  return add(issue);
}

Status IndexWriter::Impl::tell_keywords_once() {
  return keywords_.used.empty() ? ok_status() : db_.execute(told_once());
}

void IndexWriter::set_keywords(KeywordsOfRun keywords) {
  impl_->set_keywords(std::move(keywords));
}

}  // namespace limier::store
