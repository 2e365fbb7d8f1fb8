// A table for every kind of row that came out of the files, in the section it belongs to.
#include <fmt/format.h>

#include <algorithm>

#include "limier/catalog/findings.h"
#include "report/marks.h"
#include "report/numbers.h"
#include "report/sections.h"
#include "report/talks.h"

namespace limier::report {
namespace {

using catalog::As;

// Kinds that stand in a section of their own; all others in "What else came out of the files".
constexpr std::array kOwnSections{&catalog::kKindOf<catalog::Finding>, &catalog::kKindOf<catalog::Judged>};
constexpr std::array<std::span<const std::string_view>, 5> kElsewhere{kPeopleKinds, kMessageKinds, kConnectionKinds,
                                                                      kApplicationKinds, kToolKinds};

bool stands_elsewhere(const catalog::KindInfo& kind) {
  return std::ranges::find(kOwnSections, &kind) != kOwnSections.end() ||
         std::ranges::any_of(kElsewhere,
                             [&](const auto& names) { return std::ranges::find(names, kind.name) != names.end(); });
}

std::string cell_html(const catalog::KindInfo& kind, const KindRows& rows, std::size_t at) {
  const catalog::ViewColumn& column = rows.columns()[at];
  const store::Cell& cell = rows.cell(at);
  if (rows.is_null(at)) return {};
  if (column.as == As::kTime) return time_text(cell.bytes);
  if (column.as == As::kFlag) return cell.integer != 0 ? "yes" : "no";
  if (cell.kind == store::Cell::Kind::kReal) return fmt::format("{}", cell.real);
  // What `limier explain` takes. Other numbers of rows are looked up as they stand.
  if (at == 0 && cell.kind == store::Cell::Kind::kInteger) return fmt::format("{}:{}", kind.name, cell.integer);
  if (cell.kind == store::Cell::Kind::kInteger)
    return column.name.ends_with("_id") ? fmt::format("{}", cell.integer) : grouped(cell.integer);
  const Excerpt shown = excerpt(rows.exact(at), kMaxCellText);
  return quoted(shown.text) + (shown.left_out > 0 ? " …" : "");
}

Align align_of(const catalog::ViewColumn& column) {
  if (column.as == As::kTime || column.as == As::kFlag) return Align::kShort;
  if (column.as == As::kText) return Align::kPath;
  return column.as == As::kOwnText || column.as == As::kWord ? Align::kText : Align::kNumber;
}

// thread_name → thread name: names are short and say what they mean, and the CSV has the same.
std::string head_of(const catalog::ViewColumn& column) {
  std::string head = column.name;
  for (char& c : head)
    if (c == '_') c = ' ';
  return head;
}

bool is_shown(const catalog::ViewColumn& column) {
  return !column.is_raw && !column.name.ends_with("_ns");
}

// Columns in which none of the rows has anything are left out.
Status put_kind(Context& context, const KindCount& count) {
  Page& page = context.page;
  LIMIER_TRY(auto rows, KindRows::read(context.index, *count.kind, kMaxRowsOnPage));
  std::vector<std::vector<std::string>> table;
  const std::size_t marks_at = rows.columns().size();
  std::vector<bool> used(marks_at + 1, false);
  while (rows.step()) {
    auto& cells = table.emplace_back(marks_at + 1);
    cells[marks_at] = marks_html(context.marks, {std::string(count.kind->name), rows.cell(0).integer});
    if (!cells[marks_at].empty()) used[marks_at] = true;
    for (std::size_t at = 0; at < marks_at; ++at)
      if (is_shown(rows.columns()[at]) && !(cells[at] = cell_html(*count.kind, rows, at)).empty()) used[at] = true;
  }
  LIMIER_CHECK(rows.status());
  page.heading(fmt::format("{} ({})", count.kind->title, grouped(count.rows)));
  page.paragraph(html_text(count.kind->meaning));
  std::vector<std::string> heads;
  std::vector<Column> columns;
  heads.reserve(used.size());
  for (std::size_t at = 0; at < used.size(); ++at) {
    if (!used[at]) continue;
    heads.push_back(at == marks_at ? "marks" : head_of(rows.columns()[at]));
    columns.push_back({heads.back(), at == marks_at ? Align::kPath : align_of(rows.columns()[at])});
  }
  page.table("", columns);
  for (const auto& cells : table) {
    std::vector<std::string> shown;
    for (std::size_t at = 0; at < used.size(); ++at)
      if (used[at]) shown.push_back(cells[at]);
    page.row(shown);
  }
  page.end_table();
  page.raw(more_note(*count.kind, static_cast<std::int64_t>(table.size()), context.facts));
  return ok_status();
}

}  // namespace

std::string more_note(const catalog::KindInfo& kind, std::int64_t shown, const Facts& facts) {
  const std::int64_t total = facts.rows_of(kind);
  if (shown >= total) return {};
  return fmt::format("<p class=\"note\">{} more in {}.</p>\n", grouped(total - shown), csv_name(kind));
}

Status put_kinds(Context& context, std::span<const std::string_view> names) {
  for (const std::string_view name : names)
    for (const KindCount& count : context.facts.kinds)
      if (count.kind->name == name && count.rows > 0) LIMIER_CHECK(put_kind(context, count));
  return ok_status();
}

bool has_kinds(const Facts& facts, std::span<const std::string_view> names) {
  return std::ranges::any_of(facts.kinds, [&](const KindCount& count) {
    return count.rows > 0 && std::ranges::find(names, count.kind->name) != names.end();
  });
}

std::string nothing_came(const Facts& facts) {
  if (facts.work.contents == 0 && facts.work.strange == 0)
    return "Not computed: no content was looked into. That is no statement about what the files hold.";
  return "None came out of the contents that parsers looked into. Applications that no parser knows may hold some.";
}

Status put_connections_section(Context& context) {
  if (!has_kinds(context.facts, kConnectionKinds)) context.page.paragraph(nothing_came(context.facts));
  return put_kinds(context, kConnectionKinds);
}

Status put_rows_section(Context& context) {
  bool any = false;
  for (const KindCount& count : context.facts.kinds) {
    if (count.rows == 0 || stands_elsewhere(*count.kind)) continue;
    any = true;
    LIMIER_CHECK(put_kind(context, count));
  }
  if (!any) context.page.paragraph("Nothing else came out, or no content was looked into.");
  return ok_status();
}

}  // namespace limier::report
