// Messages by conversation, and a table for every kind of row that came out of the files.
#include <fmt/format.h>

#include "limier/catalog/findings.h"
#include "limier/catalog/messages.h"
#include "report/numbers.h"
#include "report/sections.h"
#include "report/talks.h"

namespace limier::report {
namespace {

using catalog::As;

constexpr std::int64_t kMaxThreads = 100;
constexpr std::size_t kMaxCellText = 240;  // bytes of a text in a table

std::string excerpt_or_absent(const store::Query& row, int column) {
  if (row.is_null(column) || row.text(column).empty()) return absent();
  return quoted(excerpt(row.text(column), kMaxCellText).text);
}
std::string when_or_absent(const store::Query& row, int column) {
  return row.is_null(column) ? absent() : time_text(row.text(column));
}

Status put_threads(Context& context, std::int64_t& threads) {
  Page& page = context.page;
  // Sums of the index alone: nothing here is held in memory but the hundred rows that are shown.
  LIMIER_TRY(auto rows, context.index.query(fmt::format(
                            "SELECT service, thread, max(thread_name), count(*) AS n, total(direction = 'out'), "
                            "total(deleted), min(t), max(t), count(*) OVER () FROM v_message GROUP BY service, thread "
                            "ORDER BY n DESC, service, thread LIMIT {}",
                            kMaxThreads)));
  page.table("By conversation", {{"Service", Align::kText},
                                 {"Conversation", Align::kPath},
                                 {"Messages", Align::kNumber},
                                 {"sent", Align::kNumber},
                                 {"deleted", Align::kNumber},
                                 {"First", Align::kShort},
                                 {"Last", Align::kShort}});
  const auto number = [&](int column) { return grouped(static_cast<std::int64_t>(rows.real(column))); };
  while (rows.step()) {
    threads = rows.integer(8);
    std::string talk = excerpt_or_absent(rows, 1);
    if (!rows.is_null(2) && rows.text(2) != rows.text(1)) talk = excerpt_or_absent(rows, 2) + " (" + talk + ")";
    page.row({excerpt_or_absent(rows, 0), talk, grouped(rows.integer(3)), number(4), number(5), when_or_absent(rows, 6),
              when_or_absent(rows, 7)});
  }
  page.end_table();
  return rows.status();
}

std::string cell_html(const KindRows& rows, std::size_t at) {
  const catalog::ViewColumn& column = rows.columns()[at];
  const store::Cell& cell = rows.cell(at);
  if (rows.is_null(at)) return {};
  if (column.as == As::kTime) return time_text(cell.bytes);
  if (column.as == As::kFlag) return cell.integer != 0 ? "yes" : "no";
  if (cell.kind == store::Cell::Kind::kReal) return fmt::format("{}", cell.real);
  // Numbers of rows are looked up as they stand.
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
  std::vector<bool> used(rows.columns().size(), false);
  while (rows.step()) {
    auto& cells = table.emplace_back(rows.columns().size());
    for (std::size_t at = 0; at < cells.size(); ++at)
      if (is_shown(rows.columns()[at]) && !(cells[at] = cell_html(rows, at)).empty()) used[at] = true;
  }
  LIMIER_CHECK(rows.status());
  page.heading(fmt::format("{} ({})", count.kind->title, grouped(count.rows)));
  page.paragraph(html_text(count.kind->meaning));
  std::vector<std::string> heads;
  std::vector<Column> columns;
  heads.reserve(used.size());
  for (std::size_t at = 0; at < used.size(); ++at) {
    if (!used[at]) continue;
    heads.push_back(head_of(rows.columns()[at]));
    columns.push_back({heads.back(), align_of(rows.columns()[at])});
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

Status put_messages_section(Context& context) {
  Page& page = context.page;
  if (context.facts.work.messages == 0) {
    page.paragraph(context.facts.work.contents == 0 && context.facts.work.strange == 0
                       ? "Not computed: no content was looked into. That is no statement about what the files hold."
                       : "None came out of the contents that parsers looked into. Applications that no parser knows "
                         "may hold some.");
    return ok_status();
  }
  page.paragraph(
      fmt::format("{} came out of the contents that parsers looked into. Applications that no parser knows "
                  "may hold more. The times are those the applications keep.",
                  plural(context.facts.work.messages, "message", "messages")));
  std::int64_t threads = 0;
  LIMIER_CHECK(put_threads(context, threads));
  if (threads > kMaxThreads)
    page.raw(
        fmt::format("<p class=\"note\">Listed: the {} largest of {} conversations. messages.csv has all "
                    "messages.</p>\n",
                    kMaxThreads, grouped(threads)));
  return ok_status();
}

Status put_rows_section(Context& context) {
  bool any = false;
  for (const KindCount& count : context.facts.kinds) {
    const bool elsewhere = count.kind == &catalog::kKindOf<catalog::Finding> ||  //
                           count.kind == &catalog::kKindOf<catalog::Judged>;
    if (count.rows == 0 || elsewhere) continue;
    any = true;
    LIMIER_CHECK(put_kind(context, count));
  }
  if (!any) context.page.paragraph("Nothing came out: no content was looked into, or no parser knew any of it.");
  return ok_status();
}

}  // namespace limier::report
