// A table for every kind of row that came out of the files, in the section it belongs to.
#include <fmt/format.h>

#include <algorithm>

#include "limier/catalog/findings.h"
#include "limier/catalog/masked.h"
#include "report/marks.h"
#include "report/numbers.h"
#include "report/sections.h"
#include "report/talks.h"

namespace limier::report {
namespace {

using catalog::As;

// Kinds that stand in a section of their own; all others in "What else came out of the files".
constexpr std::array kOwnSections{&catalog::kKindOf<catalog::Finding>, &catalog::kKindOf<catalog::Judged>};
constexpr std::array<std::span<const std::string_view>, 7> kElsewhere{
    kPeopleKinds, kMessageKinds, kConnectionKinds, kKnownKinds, kHitKinds, kApplicationKinds, kToolKinds};

bool stands_elsewhere(const catalog::KindInfo& kind) {
  return std::ranges::find(kOwnSections, &kind) != kOwnSections.end() ||
         std::ranges::any_of(kElsewhere,
                             [&](const auto& names) { return std::ranges::find(names, kind.name) != names.end(); });
}

// Where a table is narrow, day and time of day stand below each other, each whole.
std::string time_in_two(const Words& w, std::string_view iso) {
  constexpr std::string_view kOpening = "<time>";
  constexpr std::size_t kDate = 10;
  std::string text = time_text(w, iso);
  if (!text.starts_with(kOpening)) return text;
  text.replace(kOpening.size() + kDate, 1, "</span> <span>");
  text.insert(kOpening.size(), "<span>");
  return text.replace(text.find("</time>"), 0, "</span>");
}

// Words that limier itself chose are said in the language of the page. What applications, devices and operators say is
// not, in whatever spelling limier gives it.
bool is_own_word(const catalog::KindInfo& kind, const catalog::ViewColumn& column) {
  if (column.as == As::kWord) return true;
  // Why nothing was read of a content is said by parsers; what they quote of it goes through as it is.
  if (kind.name == catalog::kKindOf<catalog::Item>.name && column.name == "reason") return true;
  return column.as == As::kOwnText &&
         (column.name == "kind" || column.name == "basis" || column.name == "outcome" || column.name == "category" ||
          (column.name == "reason" && kind.name != catalog::kKindOf<catalog::Masked>.name));
}

std::string cell_html(const Words& w, const catalog::KindInfo& kind, const KindRows& rows, std::size_t at) {
  const catalog::ViewColumn& column = rows.columns()[at];
  const store::Cell& cell = rows.cell(at);
  if (rows.is_null(at)) return {};
  if (column.as == As::kTime) return time_in_two(w, cell.bytes);
  if (column.as == As::kFlag) return std::string(w(cell.integer != 0 ? "yes"_w : "no"_w));
  if (cell.kind == store::Cell::Kind::kReal) return fmt::format("{}", cell.real);
  // What `limier explain` takes. Other numbers of rows are looked up as they stand.
  if (at == 0 && cell.kind == store::Cell::Kind::kInteger) return fmt::format("{}:{}", kind.name, cell.integer);
  if (cell.kind == store::Cell::Kind::kInteger)
    return column.name.ends_with("_id") ? fmt::format("{}", cell.integer) : grouped(cell.integer);
  const bool own = is_own_word(kind, column);
  const Excerpt shown = excerpt(own ? w.stored(rows.exact(at)) : std::string(rows.exact(at)), kMaxCellText);
  return quoted(shown.text) + (shown.left_out > 0 ? " …" : "");
}

Align align_of(const catalog::ViewColumn& column) {
  if (column.as == As::kTime || column.as == As::kFlag || column.as == As::kWord) return Align::kShort;
  if (column.as == As::kText) return Align::kPath;
  return column.as == As::kOwnText ? Align::kText : Align::kNumber;
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

// Where a row was read, which every row of content has: one small cell at the end says it.
constexpr std::pair<std::string_view, Key> kOrigin[] = {
    {"file_id", {"{}file:{}"}}, {"locator", {"{}, {}"}},          {"source", {"{}, {}"}},
    {"page", "{}, page {}"_w},  {"file_offset", "{}, byte {}"_w}, {"service_id", "{}, id {}"_w},
    {"parser", {"{} · {}"}},    {"parser_version", {"{} {}"}},    {"content_id", "{}, content {}"_w}};

bool is_origin(const catalog::KindInfo& kind, const catalog::ViewColumn& column) {
  return kind.origin == catalog::Origin::kContent &&
         std::ranges::any_of(kOrigin, [&](const auto& part) { return part.first == column.name; });
}

// "file:12, sqlite:sms:rowid=3, main, page 2, byte 8,120 · android-sms 1.0.0, content 7".
std::string origin_html(const Words& w, const std::vector<catalog::ViewColumn>& columns,
                        const std::vector<std::string>& cells) {
  std::string text;
  for (const auto& [name, form] : kOrigin) {
    const auto at = std::ranges::find(columns, name, &catalog::ViewColumn::name);
    if (at == columns.end()) continue;
    const std::string& cell = cells[static_cast<std::size_t>(at - columns.begin())];
    if (!cell.empty()) text = w(form, text, cell);
  }
  return text;
}

// A column with one value in all rows says it once, above them.
bool is_same_in_all(const std::vector<std::vector<std::string>>& table, std::size_t at) {
  constexpr std::size_t kFewRows = 3;
  return table.size() > kFewRows &&
         std::ranges::all_of(table, [&](const auto& cells) { return cells[at] == table.front()[at]; });
}

// Columns in which none of the rows has anything are left out.
Status put_kind(Context& context, const KindCount& count) {
  Page& page = context.page;
  const Words& w = context.w;
  LIMIER_TRY(auto rows, KindRows::read(context.index, *count.kind, kMaxRowsOnPage));
  const std::vector<catalog::ViewColumn> all(rows.columns().begin(), rows.columns().end());
  std::vector<std::vector<std::string>> table;
  const std::size_t marks_at = all.size();
  std::vector<bool> used(marks_at + 1, false);
  while (rows.step()) {
    auto& cells = table.emplace_back(marks_at + 1);
    cells[marks_at] = marks_html(w, context.marks, {std::string(count.kind->name), rows.cell(0).integer});
    if (!cells[marks_at].empty()) used[marks_at] = true;
    for (std::size_t at = 0; at < marks_at; ++at)
      if (is_shown(all[at]) && !(cells[at] = cell_html(w, *count.kind, rows, at)).empty()) used[at] = true;
  }
  LIMIER_CHECK(rows.status());
  page.heading(fmt::format("{} ({})", w.stored(count.kind->title), grouped(count.rows)));
  page.paragraph(html_text(w.stored(count.kind->meaning)));
  std::string same;
  std::vector<std::size_t> order;
  for (std::size_t at = 0; at < all.size(); ++at) {
    if (!used[at] || is_origin(*count.kind, all[at])) continue;
    if (at > 0 && is_same_in_all(table, at))
      same += fmt::format("{}{}: {}", same.empty() ? "" : "; ", html_text(w(Key{head_of(all[at])})), table.front()[at]);
    else
      order.push_back(at);
  }
  if (used[marks_at]) order.push_back(marks_at);
  std::vector<std::string> heads;
  std::vector<Column> columns;
  heads.reserve(order.size());
  for (const std::size_t at : order) {
    heads.push_back(at == marks_at ? std::string(w("marks"_w)) : std::string(w(Key{head_of(all[at])})));
    columns.push_back({Key{heads.back()}, at == marks_at ? Align::kPath : at == 0 ? Align::kShort : align_of(all[at])});
  }
  const bool content = count.kind->origin == catalog::Origin::kContent;
  if (content) columns.push_back({"read from"_w, Align::kSmall});
  if (!same.empty()) page.note(w("The same in all rows below: {}."_w, same));
  page.table({}, columns, "rows");
  for (const auto& cells : table) {
    std::vector<std::string> shown;
    for (const std::size_t at : order) shown.push_back(cells[at]);
    if (content) shown.push_back(origin_html(w, all, cells));
    page.row(shown);
  }
  page.end_table();
  put_more_note(context, *count.kind, static_cast<std::int64_t>(table.size()));
  return ok_status();
}

}  // namespace

void put_more_note(Context& context, const catalog::KindInfo& kind, std::int64_t shown) {
  const std::int64_t total = context.facts.rows_of(kind);
  if (shown < total) context.page.note(context.w("{} more in {}."_w, grouped(total - shown), csv_name(kind)));
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

Key nothing_came(const Facts& facts) {
  if (facts.work.contents == 0 && facts.work.strange == 0)
    return "Not computed: no content was looked into. That is no statement about what the files hold."_w;
  return "None came out of the contents that parsers looked into. Applications that no parser knows may hold some."_w;
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
  if (!any) context.page.paragraph("Nothing else came out, or no content was looked into."_w);
  return ok_status();
}

}  // namespace limier::report
