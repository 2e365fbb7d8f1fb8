// The sections on the media: what was not examined, volumes, coverage, issues.
#include <fmt/format.h>

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
std::string exact_or_absent(const store::Query& row, int text, int raw) {
  const Text bytes = exact_text(row, text, raw);
  return bytes.empty() ? absent() : quoted(bytes);
}
std::string integer_or_absent(const store::Query& row, int column) {
  return row.is_null(column) ? absent() : grouped(row.integer(column));
}

// What the status words of v_volume mean to a reader.
std::string volume_status(const std::string& status) {
  if (status == "parsed") return "read";
  if (status == "partial") return "<span class=\"is-warn\">read in part</span>";
  if (status == "encrypted") return "<span class=\"is-warn\">encrypted, not examined</span>";
  if (status == "unsupported") return "<span class=\"is-warn\">not supported, not examined</span>";
  if (status == "failed") return "<span class=\"is-bad\">could not be read</span>";
  if (status == "unallocated") return "no volume";
  return quoted(status);
}

std::string_view coverage_meaning(std::string_view state) {
  if (state == "metadata") return "Structures of partition tables and file systems";
  if (state == "file") return "Content of files, deleted ones whose space is still theirs included";
  if (state == "slack") return "Space given to a file beyond its end";
  if (state == "unallocated") return "Space inside a volume that no file claims";
  if (state == "unpartitioned") return "Space outside every volume";
  if (state == "encrypted") return "Inside an encrypted volume: not examined";
  return "Damaged or missing in the image: not examined";
}

std::string cap_text(std::int64_t shown, std::int64_t total, std::string_view file) {
  if (shown >= total) return {};
  return fmt::format("<p class=\"note\">Listed: the first {} of {}. {} has all of them.</p>\n", grouped(shown),
                     grouped(total), file);
}

Status put_encryption(Context& context) {
  Page& page = context.page;
  if (context.facts.counts.encryption == 0) {
    page.paragraph("No sign of encryption was found in what was looked at.");
    return ok_status();
  }
  page.heading("Signs of encryption");
  page.paragraph(
      "limier has no way to open encrypted data and tries no key. Certainty <i>structure</i> means that the header of "
      "the "
      "named scheme was found; <i>statistics</i> means that the bytes look random and no known structure explains it.");
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
  page.table("", {{"What", Align::kShort},
                  {"Volume", Align::kNumber},
                  {"File", Align::kNumber},
                  {"Path", Align::kPath},
                  {"Scheme"},
                  {"Certainty", Align::kShort},
                  {"Detail", Align::kPath}});
  std::int64_t shown = 0;
  for (; rows.step(); ++shown)
    page.row({text_or_absent(rows, 0), integer_or_absent(rows, 1), integer_or_absent(rows, 2),
              exact_or_absent(rows, 6, 7), text_or_absent(rows, 3), text_or_absent(rows, 4), text_or_absent(rows, 5)});
  LIMIER_CHECK(rows.status());
  page.end_table();
  page.raw(cap_text(shown, context.facts.counts.encryption, "report.json"));
  return ok_status();
}

std::string content_text(const WorkDone& work) {
  return work.contents == 0 && work.strange == 0
             ? "Beyond it, no content was examined: files were not opened, unallocated space was not searched."
             : "Beyond it, nothing was taken out of contents that no parser knows, and unallocated space was not "
               "searched.";
}

}  // namespace

Status put_not_examined_section(Context& context) {
  Page& page = context.page;
  if (context.facts.counts.not_examined == 0) {
    page.paragraph(
        "No part of the evidence was left out of list and digests because of damage, encryption or lack of support. " +
        content_text(context.facts.work) + " What limier does not look at in general stands in " +
        section_link("limits") + ".");
    return ok_status();
  }
  page.paragraph(
      (context.facts.work.contents == 0
           ? "“Nothing found” holds only for what was examined. The following was left out of list and digests. "
           : "“Nothing found” holds only for what was examined. The following was left out. ") +
      content_text(context.facts.work));
  LIMIER_TRY(
      auto rows,
      context.index.query(fmt::format(
          "SELECT what, reason, bytes, items FROM v_not_examined ORDER BY bytes DESC, what, reason, items LIMIT {}",
          kMaxNotExamined)));
  page.table("", {{"What", Align::kPath},
                  {"Why", Align::kPath},
                  {"Size", Align::kNumber},
                  {"Bytes", Align::kNumber},
                  {"Items", Align::kNumber}});
  std::int64_t shown = 0;
  for (; rows.step(); ++shown)
    page.row({quoted(rows.text(0)), quoted(rows.text(1)), rows.is_null(2) ? absent() : human_bytes(rows.integer(2)),
              integer_or_absent(rows, 2), integer_or_absent(rows, 3)});
  LIMIER_CHECK(rows.status());
  page.end_table();
  page.raw(cap_text(shown, context.facts.counts.not_examined, "report.json"));
  return ok_status();
}

Status put_volumes_section(Context& context) {
  Page& page = context.page;
  LIMIER_TRY(auto rows, context.index.query(fmt::format(
                            "SELECT volume_id, scheme, image_offset, length, description, fs_type, fs_label, status, "
                            "encryption, {}, {} FROM v_volume ORDER BY volume_id LIMIT {}",
                            column_or_null(context.index, "v_volume", "description_raw"),
                            column_or_null(context.index, "v_volume", "fs_label_raw"), kMaxVolumes)));
  page.table("", {{"No.", Align::kNumber},
                  {"Starts at byte", Align::kNumber},
                  {"Size", Align::kNumber},
                  {"Description", Align::kText},
                  {"File system", Align::kShort},
                  {"Label", Align::kText},
                  {"Status", Align::kText}});
  std::int64_t shown = 0;
  for (; rows.step(); ++shown) {
    std::string status = volume_status(rows.text(7));
    if (!rows.is_null(8) && !rows.text(8).empty()) status += " (" + quoted(rows.text(8)) + ")";
    page.row({grouped(rows.integer(0)), grouped(rows.integer(2)), size_cell(rows.integer(3)),
              exact_or_absent(rows, 4, 9), text_or_absent(rows, 5), exact_or_absent(rows, 6, 10), status});
  }
  LIMIER_CHECK(rows.status());
  page.end_table();
  page.raw(cap_text(shown, context.facts.counts.volumes, "report.json"));
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
    page.paragraph("The index holds no account of the media: the examination ended before it was drawn up.");
    return ok_status();
  }
  page.paragraph("Every byte of the media is counted once.");
  page.raw(coverage_chart(facts));
  const auto shares = percentages(facts.bytes);
  page.table("", {{"State", Align::kShort},
                  {"Meaning"},
                  {"Bytes", Align::kNumber},
                  {"Size", Align::kNumber},
                  {"Share", Align::kNumber}});
  for (std::size_t i = 0; i < kCoverageStates.size(); ++i)
    page.row({swatch(kCoverageStates[i]) + std::string(kCoverageStates[i]),
              std::string(coverage_meaning(kCoverageStates[i])), grouped(facts.bytes[i]), size_cell(facts.bytes[i]),
              percent_text(shares[i])});
  std::int64_t whole = 0;
  for (const std::int64_t share : shares) whole += share;
  page.row({"Total", " ", grouped(facts.total()), size_cell(facts.total()), percent_text(whole)}, "total");
  page.end_table();
  if (facts.total() != context.facts.evidence.size_bytes)
    page.paragraph(
        fmt::format("<span class=\"is-bad\">The total differs from the size of the media, {} bytes: the account is not "
                    "complete.</span>",
                    grouped(context.facts.evidence.size_bytes)));
  return ok_status();
}

Status put_issues_section(Context& context) {
  Page& page = context.page;
  if (context.facts.counts.issues == 0) {
    page.paragraph("None.");
    return ok_status();
  }
  page.paragraph("Damage, doubt and limits met while reading the evidence, gravest first.");
  LIMIER_TRY(auto rows, context.index.query(fmt::format(
                            "SELECT severity, code, volume_id, image_offset, length, message, {} FROM v_issue ORDER BY "
                            "CASE severity WHEN 'error' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END, issue_id LIMIT {}",
                            column_or_null(context.index, "v_issue", "message_raw"), kMaxIssues)));
  page.table("", {{"Severity", Align::kShort},
                  {"What happened", Align::kPath},
                  {"Code", Align::kText},
                  {"Volume", Align::kNumber},
                  {"At byte", Align::kNumber}});
  std::int64_t shown = 0;
  for (; rows.step(); ++shown) {
    const std::string severity = rows.text(0);
    const std::string mark = severity == "error"     ? "<span class=\"is-bad\">error</span>"
                             : severity == "warning" ? "<span class=\"is-warn\">warning</span>"
                                                     : quoted(severity);
    page.row({mark, exact_or_absent(rows, 5, 6), text_or_absent(rows, 1), integer_or_absent(rows, 2),
              integer_or_absent(rows, 3)});
  }
  LIMIER_CHECK(rows.status());
  page.end_table();
  page.raw(cap_text(shown, context.facts.counts.issues, "report.json"));
  return ok_status();
}

}  // namespace limier::report
