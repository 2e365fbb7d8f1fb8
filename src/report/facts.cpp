#include "report/facts.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/file_count.h"
#include "report/numbers.h"

namespace limier::report {
namespace {

Result<std::int64_t> count_of(store::Index& index, std::string_view sql) {
  LIMIER_TRY(auto rows, index.query(sql));
  const std::int64_t count = rows.step() ? rows.integer(0) : 0;
  LIMIER_CHECK(rows.status());
  return count;
}

Result<AuthorityFacts> read_authority(store::Index& index) {
  LIMIER_TRY(auto rows, index.query("SELECT text, case_number, exhibit, examiner, agency, note FROM v_authority "
                                    "ORDER BY 1, 2, 3, 4, 5, 6 LIMIT 1"));
  AuthorityFacts facts;
  if (rows.step()) facts = {rows.text(0), rows.text(1), rows.text(2), rows.text(3), rows.text(4), rows.text(5)};
  LIMIER_CHECK(rows.status());
  return facts;
}

Status read_header(store::Index& index, EvidenceFacts& facts) {
  if (!has_column(index, "v_evidence_header", "value_raw")) return ok_status();
  LIMIER_TRY(auto rows,
             index.query("SELECT name, value, value_raw FROM v_evidence_header ORDER BY position, name, value"));
  while (rows.step()) facts.header.push_back({rows.text(0), exact_text(rows, 1, 2)});
  return rows.status();
}

Status read_segments(store::Index& index, EvidenceFacts& facts) {
  if (!has_column(index, "v_segment", "name_raw")) return ok_status();
  LIMIER_TRY(auto rows, index.query("SELECT name, name_raw, size_bytes FROM v_segment ORDER BY position, name"));
  while (rows.step()) facts.segments.push_back({exact_text(rows, 0, 1), rows.integer(2)});
  return rows.status();
}

Result<Counts> read_counts(store::Index& index) {
  Counts counts;
  LIMIER_TRY(counts.bad_ranges, count_of(index, "SELECT count(*) FROM v_bad_range"));
  LIMIER_TRY(auto lengths, index.query("SELECT length FROM v_bad_range ORDER BY image_offset, length"));
  while (lengths.step()) counts.bad_bytes = add_saturating(counts.bad_bytes, lengths.integer(0));
  LIMIER_CHECK(lengths.status());
  LIMIER_TRY(counts.volumes, count_of(index, "SELECT count(*) FROM v_volume"));
  LIMIER_TRY(counts.listed_volumes,
             count_of(index, "SELECT count(*) FROM v_volume WHERE status IN ('parsed', 'partial')"));
  LIMIER_TRY(counts.not_examined, count_of(index, "SELECT count(*) FROM v_not_examined"));
  // An application's row of scope app stands beside one of scope file: the same thing is counted once.
  LIMIER_TRY(counts.encryption, count_of(index, "SELECT count(*) FROM v_encryption WHERE scope <> 'app'"));
  LIMIER_TRY(counts.encrypted_items, count_of(index, "SELECT count(*) FROM v_encryption WHERE scope = 'file'"));
  LIMIER_TRY(counts.issues, count_of(index, "SELECT count(*) FROM v_issue"));
  LIMIER_TRY(auto rows, index.query("SELECT priority, count(*) FROM v_finding GROUP BY priority ORDER BY priority"));
  while (rows.step()) {
    const std::string priority = rows.text(0);
    const auto* at = std::find(kPriorities.begin(), kPriorities.end(), priority);
    if (at != kPriorities.end())
      counts.by_priority[static_cast<std::size_t>(at - kPriorities.begin())] += rows.integer(1);
    counts.findings += rows.integer(1);
  }
  LIMIER_CHECK(rows.status());
  return counts;
}

bool differs(const MaybeText& computed, const MaybeText& other) {
  return computed && other && *computed != *other;
}

Result<bool> evidence_incomplete(store::Index& index) {
  if (!has_column(index, "v_evidence", "incomplete")) return false;
  LIMIER_TRY(const std::int64_t count, count_of(index, "SELECT count(*) FROM v_evidence WHERE incomplete <> 0"));
  return count > 0;
}

Result<Conditions> read_conditions(store::Index& index, const Facts& facts) {
  const EvidenceFacts& evidence = facts.evidence;
  Conditions conditions;
  conditions.interrupted = facts.run.interrupted;
  conditions.mismatch = evidence.verdict == "mismatch" || differs(evidence.md5, evidence.stored_md5) ||
                        differs(evidence.sha1, evidence.stored_sha1) || differs(evidence.md5, evidence.expected_md5) ||
                        differs(evidence.sha1, evidence.expected_sha1) ||
                        differs(evidence.sha256, evidence.expected_sha256) ||
                        differs(evidence.sha256, evidence.stored_sha256);
  // A chunk that was left alone, because it ended workers, was not examined; nobody says that it is damaged.
  LIMIER_TRY(const std::int64_t damaged,
             count_of(index, "SELECT count(*) FROM v_bad_range WHERE reason <> 'quarantined'"));
  conditions.damaged = evidence.verdict == "damaged" || damaged > 0;
  const std::string flagged = has_column(index, "v_issue", "incomplete")
                                  ? "SELECT count(*) FROM v_issue WHERE incomplete <> 0"
                                  : "SELECT count(*) FROM v_issue WHERE severity = 'error'";
  LIMIER_TRY(const std::int64_t issues, count_of(index, flagged));
  LIMIER_TRY(const std::int64_t volumes, count_of(index,
                                                  "SELECT count(*) FROM v_volume WHERE status IN "
                                                  "('partial', 'encrypted', 'unsupported', 'failed')"));
  LIMIER_TRY(const bool flagged_evidence, evidence_incomplete(index));
  conditions.incomplete = evidence.verdict == "incomplete" || flagged_evidence || issues > 0 || volumes > 0;
  // As the run decides it (store, conditions()), so that the report and the exit code never disagree.
  LIMIER_TRY(const std::int64_t closed,
             count_of(index,
                      "SELECT count(*) FROM v_volume WHERE status = 'encrypted' OR (status = 'unsupported' AND fs_type "
                      "IS NOT NULL)"));
  LIMIER_TRY(const std::int64_t others,
             count_of(index, fmt::format(
                                 "SELECT count(*) FROM v_volume v WHERE v.status = 'failed' OR (v.status IN ('parsed', "
                                 "'partial') AND ({} NOT EXISTS (SELECT 1 FROM v_volume c WHERE c.parent_id = "
                                 "v.volume_id)))",
                                 has_column(index, "v_volume", "walkable") ? "v.walkable OR" : "")));
  const std::int64_t unreadable = facts.coverage.bytes.back();
  conditions.nothing_examined =
      (closed > 0 && others == 0) || evidence.size_bytes == 0 || unreadable == evidence.size_bytes;
  return conditions;
}

// Row by row: a device in use has a hundred thousand ranges, and SQLite would sort them to group them.
Result<CoverageFacts> read_coverage(store::Index& index) {
  LIMIER_TRY(auto rows, index.query("SELECT state, length FROM v_coverage"));
  CoverageFacts facts;
  while (rows.step()) {
    const auto* at = std::find(kCoverageStates.begin(), kCoverageStates.end(), rows.text_view(0));
    if (at == kCoverageStates.end()) continue;
    const auto i = static_cast<std::size_t>(at - kCoverageStates.begin());
    facts.bytes[i] = add_saturating(facts.bytes[i], rows.integer(1));
    ++facts.ranges[i];
  }
  LIMIER_CHECK(rows.status());
  return facts;
}

}  // namespace

static_assert(kCoverageStates.back() == "unreadable");

bool has_column(store::Index& index, std::string_view view, std::string_view column) {
  return index.query(fmt::format("SELECT {}.{} FROM {} LIMIT 0", view, column, view)).ok();
}

std::string column_or_null(store::Index& index, std::string_view view, std::string_view column) {
  if (has_column(index, view, column)) return std::string(column);
  return fmt::format("NULL AS {}", column);
}

MaybeText maybe_text(const store::Query& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return row.text(column);
}

Text exact_text(const store::Query& row, int text, int raw) {
  if (row.is_null(raw)) return row.text(text);
  const auto bytes = row.blob(raw);
  return {bytes.begin(), bytes.end()};
}

std::string work_done(const WorkDone& work) {
  return work_done(Words(), work);
}

std::string work_done(const Words& w, const WorkDone& work) {
  if (work.contents == 0 && work.strange == 0)
    return std::string(w(work.profile == "list" ? "listed; nothing hashed, no content examined"_w
                                                : "listed and hashed; no content examined"_w));
  const std::string strange = w.count(work.strange, "content"_w, "contents"_w);
  if (work.contents == 0) return w("listed and hashed; {} looked at, none that a parser knows"_w, strange);
  std::string text =
      w("listed and hashed; {} looked into by parsers, {}"_w, w.count(work.contents, "content"_w, "contents"_w),
        w.count(work.messages, "message"_w, "messages"_w));
  if (work.strange > 0) text += "; " + w("{} that no parser knows"_w, strange);
  return text;
}

Result<bool> not_scoped(store::Index& index) {
  if (!has_column(index, "v_run", "scope_sha256")) return true;
  LIMIER_TRY(const std::int64_t scoped, count_of(index, "SELECT count(*) FROM v_run WHERE scope_sha256 IS NOT NULL"));
  return scoped == 0;
}

Result<WorkDone> read_work(store::Index& index) {
  LIMIER_TRY(auto run, index.query("SELECT profile FROM v_run ORDER BY run_id DESC LIMIT 1"));
  WorkDone work;
  if (run.step()) work.profile = run.text(0);
  LIMIER_CHECK(run.status());
  // Bytes do not say whose they are: with a scope they are not searched.
  LIMIER_TRY(const bool unscoped, not_scoped(index));
  work.searched = unscoped && (work.profile == "standard" || work.profile == "full");
  LIMIER_TRY(
      work.contents,
      count_of(index, fmt::format("SELECT count(DISTINCT content_id) FROM v_item WHERE (state = 'parsed' OR rows > 0) "
                                  "AND parser NOT IN ({})",
                                  catalog::kSearchers)));
  LIMIER_TRY(work.strange,
             count_of(index, fmt::format("SELECT count(DISTINCT content_id) FROM v_item WHERE attempts > 0 AND parser "
                                         "NOT IN ({})",
                                         catalog::kSearchers)));
  work.strange -= std::min(work.strange, work.contents);
  LIMIER_TRY(work.messages, count_of(index, "SELECT count(*) FROM v_message"));
  // Where there was nothing to judge, no finding is no result of rules; where numbers were looked for is none of
  // theirs.
  LIMIER_TRY(const std::int64_t judged,
             count_of(index, "SELECT coalesce(sum(items), 0) FROM v_judged WHERE kind <> 'hits'"));
  work.rules = judged > 0;
  return work;
}

std::int64_t EvidenceFacts::container_bytes() const {
  std::int64_t sum = 0;
  for (const Segment& segment : segments) sum = add_saturating(sum, segment.size_bytes);
  return sum;
}

int Conditions::exit_code() const {
  if (nothing_examined) return 3;
  if (mismatch || damaged) return 4;
  return incomplete ? 5 : 0;
}

std::int64_t CoverageFacts::total() const {
  std::int64_t sum = 0;
  for (const std::int64_t part : bytes) sum = add_saturating(sum, part);
  return sum;
}

Result<RunFacts> read_run(store::Index& index) {
  // The outcome is asked only whether the index is whole: an index cut short must not look finished. Nothing else of
  // the run may differ between two reports of the same evidence.
  const std::string sql = fmt::format(
      "SELECT tool_version, outcome = 'interrupted', {}, {}, {}, {}, {}, {} FROM v_run ORDER BY run_id DESC "
      "LIMIT 1",
      column_or_null(index, "v_run", "profile"), column_or_null(index, "v_run", "zone"),
      column_or_null(index, "v_run", "fail_on"), column_or_null(index, "v_run", "scope_title"),
      column_or_null(index, "v_run", "scope_sha256"), column_or_null(index, "v_run", "language"));
  LIMIER_TRY(auto rows, index.query(sql));
  RunFacts run;
  if (rows.step())
    run = {rows.text(0),
           rows.text(2),
           rows.text(3),
           rows.text(4),
           rows.is_null(7) ? "en" : rows.text(7),
           rows.integer(1) != 0,
           true,
           maybe_text(rows, 5),
           maybe_text(rows, 6)};
  LIMIER_CHECK(rows.status());
  LIMIER_TRY(const std::int64_t unjailed, count_of(index, "SELECT count(*) FROM v_issue WHERE code = 'no-sandbox'"));
  run.jailed = unjailed == 0;
  return run;
}

Result<EvidenceFacts> read_evidence(store::Index& index) {
  std::string sql =
      "SELECT path, format, size_bytes, sector_size, segment_count, stored_md5, stored_sha1, md5, sha1, sha256, "
      "verdict, "
      "acq_case_number, acq_evidence_number, acq_examiner, acq_description, acq_notes, acq_date, acq_software";
  for (const std::string_view extra : {"variant", "compression", "media_type", "set_identifier", "chunk_size",
                                       "expected_md5", "expected_sha1", "expected_sha256", "path_raw", "stored_sha256"})
    sql += ", " + column_or_null(index, "v_evidence", extra);
  LIMIER_TRY(auto row, index.query(sql + " FROM v_evidence ORDER BY evidence_id LIMIT 1"));
  EvidenceFacts facts;
  if (!row.step()) {
    LIMIER_CHECK(row.status());
    return Error{ErrorKind::kInternal, "the index names no evidence; it was not made by a finished run"};
  }
  facts.path = exact_text(row, 0, 26);
  facts.format = row.text(1);
  facts.size_bytes = row.integer(2);
  facts.sector_size = row.integer(3);
  facts.segment_count = row.integer(4);
  facts.stored_md5 = maybe_text(row, 5);
  facts.stored_sha1 = maybe_text(row, 6);
  facts.md5 = maybe_text(row, 7);
  facts.sha1 = maybe_text(row, 8);
  facts.sha256 = maybe_text(row, 9);
  facts.verdict = row.text(10);
  static constexpr std::string_view kHeaders[] = {"case_number", "evidence_number", "examiner", "description", "notes",
                                                  "date",        "software"};
  for (int i = 0; const std::string_view name : kHeaders)
    facts.acquisition.push_back({std::string(name), maybe_text(row, 11 + i++)});
  facts.variant = maybe_text(row, 18);
  facts.compression = maybe_text(row, 19);
  facts.media_type = maybe_text(row, 20);
  facts.set_identifier = maybe_text(row, 21);
  if (!row.is_null(22)) facts.chunk_size = row.integer(22);
  facts.expected_md5 = maybe_text(row, 23);
  facts.expected_sha1 = maybe_text(row, 24);
  facts.expected_sha256 = maybe_text(row, 25);
  facts.stored_sha256 = maybe_text(row, 27);
  LIMIER_CHECK(read_header(index, facts));
  LIMIER_CHECK(read_segments(index, facts));
  return facts;
}

Result<Facts> read_facts(store::Index& index, FileCount& files) {
  Facts facts;
  LIMIER_TRY(facts.run, read_run(index));
  LIMIER_TRY(facts.authority, read_authority(index));
  LIMIER_TRY(facts.evidence, read_evidence(index));
  LIMIER_TRY(facts.work, read_work(index));
  LIMIER_TRY(facts.kinds, count_rows(index));
  LIMIER_TRY(facts.counts, read_counts(index));
  LIMIER_CHECK(files.put_into(index, facts));
  LIMIER_TRY(facts.coverage, read_coverage(index));
  LIMIER_TRY(facts.conditions, read_conditions(index, facts));
  return facts;
}

}  // namespace limier::report
