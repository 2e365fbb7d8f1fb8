// The sections on the media: what was not examined, volumes, coverage, issues.
#include <fmt/format.h>

#include <algorithm>

#include "report/charts.h"
#include "report/lists.h"
#include "report/numbers.h"
#include "report/sections.h"

namespace limier::report {
namespace {

std::string text_or_absent(const store::Query& row, int column) {
  if (row.is_null(column) || row.text(column).empty()) return absent();
  return quoted(row.text(column));
}
// A text that limier itself wrote.
std::string own_or_absent(const Words& w, const store::Query& row, int column) {
  if (row.is_null(column) || row.text(column).empty()) return absent();
  return quoted(w.stored(row.text(column)));
}
std::string exact_or_absent(const store::Query& row, int text, int raw) {
  const Text bytes = exact_text(row, text, raw);
  return bytes.empty() ? absent() : quoted(bytes);
}
// The sentence of an issue. Those that are not in the catalogue stay in English, behind what their code says; bytes of
// evidence that had to be kept make it stay as it stands.
std::string message_text(const Words& w, const store::Query& row, int text, int raw, int code) {
  if (!row.is_null(raw)) return exact_or_absent(row, text, raw);
  const std::string english = row.text(text), said = w.stored(english);
  if (said != english || english.empty() || w.language() == "en") return own_or_absent(w, row, text);
  std::string phrase = row.text(code);
  std::ranges::replace(phrase, '-', ' ');
  return fmt::format("{}: <bdi lang=\"en\">{}</bdi>", html_text(w.stored(phrase)), html_text(english));
}
std::string integer_or_absent(const store::Query& row, int column) {
  return row.is_null(column) ? absent() : grouped(row.integer(column));
}

std::string marked(std::string_view css, std::string_view text) {
  return fmt::format("<span class=\"{}\">{}</span>", css, text);
}

// What the status words of v_volume mean to a reader.
std::string volume_status(const Words& w, const std::string& status) {
  if (status == "parsed") return std::string(w("read"_w));
  if (status == "partial") return marked("is-warn", w("read in part"_w));
  if (status == "encrypted") return marked("is-warn", w("encrypted, not examined"_w));
  if (status == "unsupported") return marked("is-warn", w("not supported, not examined"_w));
  if (status == "failed") return marked("is-bad", w("could not be read"_w));
  if (status == "unallocated") return std::string(w("no volume"_w));
  return quoted(w.stored(status));
}

Key coverage_meaning(std::string_view state) {
  if (state == "metadata") return "Structures of partition tables and file systems"_w;
  if (state == "file") return "Content of files, deleted ones whose space is still theirs included"_w;
  if (state == "slack") return "Space given to a file beyond its end"_w;
  if (state == "unallocated") return "Space inside a volume that no file claims"_w;
  if (state == "unpartitioned") return "Space outside every volume"_w;
  if (state == "encrypted") return "Inside an encrypted volume: not examined"_w;
  return "Damaged or missing in the image: not examined"_w;
}

void put_first_note(Page& page, std::int64_t shown, std::int64_t total, std::string_view file) {
  if (shown < total)
    page.note(page.words()("Listed: the first {} of {}. {} has all of them."_w, grouped(shown), grouped(total), file));
}

Status put_encryption(Context& context) {
  Page& page = context.page;
  if (context.facts.counts.encryption == 0) {
    page.paragraph("No sign of encryption was found in what was looked at."_w);
    return ok_status();
  }
  page.heading("Signs of encryption"_w);
  page.paragraph(
      "limier has no way to open encrypted data and tries no key. Certainty <i>structure</i> means that the header of "
      "the "
      "named scheme was found; <i>statistics</i> means that the bytes look random and no known structure explains it."_w);
  // Paths are asked one by one: a join would compute the view of all files first.
  LIMIER_TRY(
      auto rows,
      context.index.query(fmt::format(
          "SELECT e.scope, e.volume_id, e.file_id, e.scheme, e.certainty, e.detail, (SELECT path FROM v_file f "
          "WHERE f.file_id = e.file_id), (SELECT path_raw FROM v_file f WHERE f.file_id = e.file_id) FROM (SELECT "
          "* FROM v_encryption WHERE scope <> 'app' ORDER BY scope DESC, volume_id, file_id, scheme, certainty, detail "
          "LIMIT {}) e "
          "ORDER BY e.scope DESC, e.volume_id, e.file_id, e.scheme, e.certainty, e.detail",
          kMaxVolumes)));
  page.table({}, {{"What"_w, Align::kShort},
                  {"Volume"_w, Align::kNumber},
                  {"File"_w, Align::kNumber},
                  {"Path"_w, Align::kPath},
                  {"Scheme"_w},
                  {"Certainty"_w, Align::kShort},
                  {"Detail"_w, Align::kPath}});
  std::int64_t shown = 0;
  for (; rows.step(); ++shown)
    page.row({own_or_absent(context.w, rows, 0), integer_or_absent(rows, 1), integer_or_absent(rows, 2),
              exact_or_absent(rows, 6, 7), own_or_absent(context.w, rows, 3), own_or_absent(context.w, rows, 4),
              own_or_absent(context.w, rows, 5)});
  LIMIER_CHECK(rows.status());
  page.end_table();
  put_first_note(page, shown, context.facts.counts.encryption, "report.json");
  return ok_status();
}

std::string content_text(const Words& w, const WorkDone& work) {
  std::string text(
      w(work.contents == 0 && work.strange == 0
            ? (work.searched
                   ? "Beyond it, no parser looked into any content."_w
                   : "Beyond it, no content was examined: files were not opened, unallocated space was not searched."_w)
            : "Beyond it, nothing was taken out of contents that no parser knows, and in unallocated space only pages "
              "of known "
              "message stores were looked for."_w));
  if (work.searched) text += fmt::format(" {}", w(kBytesSearched));
  return text;
}

}  // namespace

Status put_not_examined_section(Context& context) {
  Page& page = context.page;
  const Words& w = context.w;
  if (context.facts.counts.not_examined == 0) {
    page.paragraph(
        w("No part of the evidence was left out of list and digests because of damage, encryption or lack of "
          "support. {} What limier does not look at in general stands in {}."_w,
          content_text(w, context.facts.work), section_link(w, "limits")));
    return ok_status();
  }
  page.paragraph(fmt::format(
      "{} {}",
      w(context.facts.work.contents == 0
            ? "“Nothing found” holds only for what was examined. The following was left out of list and digests."_w
            : "“Nothing found” holds only for what was examined. The following was left out."_w),
      content_text(w, context.facts.work)));
  LIMIER_TRY(
      auto rows,
      context.index.query(fmt::format(
          "SELECT what, reason, bytes, items FROM v_not_examined ORDER BY bytes DESC, what, reason, items LIMIT {}",
          kMaxNotExamined)));
  page.table({}, {{"What"_w, Align::kPath},
                  {"Why"_w, Align::kPath},
                  {"Size"_w, Align::kNumber},
                  {"Bytes"_w, Align::kNumber},
                  {"Items"_w, Align::kNumber}});
  std::int64_t shown = 0;
  for (; rows.step(); ++shown)
    page.row({quoted(w.stored(rows.text(0))), quoted(w.stored(rows.text(1))),
              rows.is_null(2) ? absent() : human_bytes(rows.integer(2)), integer_or_absent(rows, 2),
              integer_or_absent(rows, 3)});
  LIMIER_CHECK(rows.status());
  page.end_table();
  put_first_note(page, shown, context.facts.counts.not_examined, "report.json");
  return ok_status();
}

Status put_volumes_section(Context& context) {
  Page& page = context.page;
  LIMIER_TRY(auto rows, context.index.query(fmt::format(
                            "SELECT volume_id, scheme, image_offset, length, description, fs_type, fs_label, status, "
                            "encryption, {}, {} FROM v_volume ORDER BY volume_id LIMIT {}",
                            column_or_null(context.index, "v_volume", "description_raw"),
                            column_or_null(context.index, "v_volume", "fs_label_raw"), kMaxVolumes)));
  page.table({}, {{"No."_w, Align::kNumber},
                  {"Starts at byte"_w, Align::kNumber},
                  {"Size"_w, Align::kNumber},
                  {"Description"_w, Align::kText},
                  {"File system"_w, Align::kShort},
                  {"Label"_w, Align::kText},
                  {"Status"_w, Align::kText}});
  std::int64_t shown = 0;
  for (; rows.step(); ++shown) {
    std::string status = volume_status(context.w, rows.text(7));
    if (!rows.is_null(8) && !rows.text(8).empty()) status += " (" + quoted(rows.text(8)) + ")";
    page.row({grouped(rows.integer(0)), grouped(rows.integer(2)), size_cell(rows.integer(3)),
              exact_or_absent(rows, 4, 9), text_or_absent(rows, 5), exact_or_absent(rows, 6, 10), status});
  }
  LIMIER_CHECK(rows.status());
  page.end_table();
  put_first_note(page, shown, context.facts.counts.volumes, "report.json");
  return ok_status();
}

Status put_applications_section(Context& context) {
  LIMIER_CHECK(put_encryption(context));
  return put_kinds(context, kApplicationKinds);
}

Status put_coverage_section(Context& context) {
  const CoverageFacts& facts = context.facts.coverage;
  Page& page = context.page;
  if (facts.total() == 0) {
    page.paragraph("The index holds no account of the media: the examination ended before it was drawn up."_w);
    return ok_status();
  }
  page.paragraph("Every byte of the media is counted once."_w);
  page.raw(coverage_chart(context.w, facts));
  const auto shares = percentages(facts.bytes);
  page.table({}, {{"State"_w, Align::kShort},
                  {"Meaning"_w},
                  {"Bytes"_w, Align::kNumber},
                  {"Size"_w, Align::kNumber},
                  {"Share"_w, Align::kNumber}});
  for (std::size_t i = 0; i < kCoverageStates.size(); ++i)
    page.row({swatch(kCoverageStates[i]) + html_text(context.w.stored(kCoverageStates[i])),
              std::string(context.w(coverage_meaning(kCoverageStates[i]))), grouped(facts.bytes[i]),
              size_cell(facts.bytes[i]), percent_text(shares[i])});
  std::int64_t whole = 0;
  for (const std::int64_t share : shares) whole += share;
  page.row(
      {std::string(context.w("Total"_w)), " ", grouped(facts.total()), size_cell(facts.total()), percent_text(whole)},
      "total");
  page.end_table();
  if (facts.total() != context.facts.evidence.size_bytes)
    page.paragraph(marked(
        "is-bad", context.w("The total differs from the size of the media, {} bytes: the account is not complete."_w,
                            grouped(context.facts.evidence.size_bytes))));
  return ok_status();
}

Status put_issues_section(Context& context) {
  Page& page = context.page;
  if (context.facts.counts.issues == 0) {
    page.paragraph("None."_w);
    return ok_status();
  }
  page.paragraph("Damage, doubt and limits met while reading the evidence, gravest first."_w);
  LIMIER_TRY(auto rows, context.index.query(fmt::format(
                            "SELECT severity, code, volume_id, image_offset, length, message, {} FROM v_issue ORDER BY "
                            "CASE severity WHEN 'error' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END, issue_id LIMIT {}",
                            column_or_null(context.index, "v_issue", "message_raw"), kMaxIssues)));
  page.table({}, {{"Severity"_w, Align::kShort},
                  {"What happened"_w, Align::kPath},
                  {"Code"_w, Align::kText},
                  {"Volume"_w, Align::kNumber},
                  {"At byte"_w, Align::kNumber}});
  std::int64_t shown = 0;
  for (; rows.step(); ++shown) {
    const std::string severity = rows.text(0);
    const std::string word = html_text(context.w.stored(severity));
    const std::string mark = severity == "error"     ? marked("is-bad", word)
                             : severity == "warning" ? marked("is-warn", word)
                                                     : "<bdi>" + word + "</bdi>";
    page.row({mark, message_text(context.w, rows, 5, 6, 1), text_or_absent(rows, 1), integer_or_absent(rows, 2),
              integer_or_absent(rows, 3)});
  }
  LIMIER_CHECK(rows.status());
  page.end_table();
  put_first_note(page, shown, context.facts.counts.issues, "report.json");
  return ok_status();
}

}  // namespace limier::report
