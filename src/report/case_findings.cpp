// The first section of case.html: the findings of all exhibits, and what none of the rules could look at.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "report/case_sections.h"
#include "report/numbers.h"
#include "report/sections.h"
#include "report/talks_html.h"

namespace limier::report {
namespace {

constexpr std::int64_t kFrontFindings = 3;
constexpr std::int64_t kMaxTalkedOf = 50;  // as many as the case keeps the messages of

const CaseExhibitFacts* exhibit_named(const CaseFacts& facts, const Text& name) {
  for (const CaseExhibitFacts& one : facts.by_attention)
    if (one.exhibit == name) return &one;
  return nullptr;
}

// The finding's number, leading to it in the exhibit's own report, where the messages around it stand; of one that only
// the case has (0), to the report.
std::string finding_cell(const CaseFacts& facts, const Text& name, std::int64_t finding_id) {
  const CaseExhibitFacts* const exhibit = exhibit_named(facts, name);
  if (exhibit == nullptr) return quoted(name);
  std::string link = exhibit_link(*exhibit);
  const std::size_t end = link.find("/report.html\"");
  if (end != std::string::npos && finding_id > 0)
    link.insert(end + std::string_view("/report.html").size(), fmt::format("#finding-{}", finding_id));
  return link;
}

void put_words(CaseContext& context) {
  const CaseFacts& facts = context.facts;
  context.page.paragraph(
      "A finding is a priority to read, not an accusation. Read the messages around it, those that speak against it "
      "too: "
      "the first findings have them below, the report of the exhibit has all. Rules raise false alarms and overlook "
      "things; how often stands in the limits of each finding. No finding is no all-clear. A person decides."_w);
  if (const std::int64_t without = facts.exhibits - facts.judged; without > 0)
    context.page.note(
        context.w("On {} of {} exhibits there was nothing that rules could judge: no message was read there, or they "
                  "have no result."_w,
                  grouped(without), grouped(facts.exhibits)));
}

// Whom it is from, or to whom; the case has it in one text.
std::string who_text(const Words& w, const store::Query& row, int first) {
  constexpr std::string_view kTo = "to ";
  const std::string who = row.text(first + 2);
  return quoted(row.text(first + 1) == "out" && who.starts_with(kTo) ? w("to {}"_w, who.substr(kTo.size())) : who);
}

// A message of a conversation, as it is read.
std::string talk_item(const Words& w, const store::Query& row, int first) {
  std::string text = row.is_null(first + 3) ? absent() : quoted(row.text(first + 3));
  if (row.integer(first + 4) > 0)
    text += fmt::format(" <span class=\"note\">{}</span>", w("… {} bytes more"_w, grouped(row.integer(first + 4))));
  const std::string marks =
      message_marks(w, row.integer(first + 5) != 0, row.is_null(first + 6) ? "" : row.text(first + 6));
  return fmt::format(
      "<li{}><span class=\"who\">{} · {}{}</span>{}</li>\n", row.integer(first + 7) != 0 ? " class=\"subject\"" : "",
      row.is_null(first) ? std::string(w("no time"_w)) : time_text(w, row.text(first)),
      row.is_null(first + 2) ? html_text(w.stored(row.text(first + 1))) : who_text(w, row, first), marks, text);
}

// The first findings with the messages they rest on and those around them.
Status put_talks(CaseContext& context, std::int64_t last_rank) {
  LIMIER_TRY(auto rows,
             context.index.query(fmt::format(
                 "SELECT f.rank, f.exhibit, f.title, f.finding_id, f.priority, f.reason, t.t, t.direction, t.who, "
                 "t.text, t.left_out, t.deleted, t.state, t.is_subject, t.rank IS NOT NULL FROM v_case_finding f LEFT "
                 "JOIN v_case_talk t ON f.rank = t.rank WHERE f.rank <= {} ORDER BY f.rank, t.seq",
                 last_rank)));
  Page& page = context.page;
  const Words& w = context.w;
  std::int64_t rank = 0;
  while (rows.step()) {
    if (rows.integer(0) != rank) {
      if (rank != 0) page.raw("</ol>\n</div>\n");
      rank = rows.integer(0);
      const std::string_view css = priority_css(rows.text(4));
      page.raw(
          fmt::format("<div class=\"finding{}\">\n<p class=\"head\">{}. {}: {} · <span class=\"{}\">{}</span></p>\n"
                      "<p>{}</p>\n<ol class=\"talk\">\n",
                      css == "is-bad" ? "" : " lesser", grouped(rank),
                      finding_cell(context.facts, rows.text(1), rows.integer(3)), quoted(w.stored(rows.text(2))), css,
                      html_text(w.stored(rows.text(4))), rows.is_null(5) ? "" : quoted(w.stored(rows.text(5)))));
    }
    if (rows.integer(14) != 0) page.raw(talk_item(w, rows, 6));
  }
  LIMIER_CHECK(rows.status());
  if (rank != 0) page.raw("</ol>\n</div>\n");
  return ok_status();
}

Status put_judged(CaseContext& context) {
  LIMIER_TRY(auto rows,
             context.index.query(fmt::format(
                 "SELECT kind, sum(items), sum(judged), sum(not_judged), reason, count(DISTINCT exhibit) FROM "
                 "v_case_judged GROUP BY kind, reason ORDER BY sum(not_judged) DESC, kind, reason LIMIT {}",
                 kMaxShownJudged)));
  Page& page = context.page;
  page.heading("What the rules could judge, on all exhibits"_w);
  page.table({}, {{"What"_w, Align::kPath},
                  {"There are"_w, Align::kNumber},
                  {"Judged"_w, Align::kNumber},
                  {"Not judged"_w, Align::kNumber},
                  {"Why not"_w, Align::kPath},
                  {"Exhibits"_w, Align::kNumber}});
  while (rows.step())
    page.row({quoted(context.w.stored(rows.text(0))), grouped(rows.integer(1)), grouped(rows.integer(2)),
              grouped(rows.integer(3)), rows.is_null(4) ? "" : quoted(context.w.stored(rows.text(4))),
              grouped(rows.integer(5))});
  LIMIER_CHECK(rows.status());
  page.end_table();
  return ok_status();
}

}  // namespace

Status put_case_findings(CaseContext& context) {
  const CaseFacts& facts = context.facts;
  Page& page = context.page;
  const Words& w = context.w;
  if (facts.judged == 0 && facts.findings == 0) {
    page.paragraph(
        "Not computed: on no exhibit was there anything that rules could judge. That there is no finding here says "
        "nothing."_w);
    return ok_status();
  }
  put_words(context);
  LIMIER_TRY(auto rows, context.index.query(fmt::format(
                            "SELECT rank, exhibit, finding_id, priority, title, reason, t, meaning, limits, pack, "
                            "pack_version, rule, key FROM v_case_finding ORDER BY rank LIMIT {}",
                            kMaxShownFindings)));
  page.table({}, {{"No."_w, Align::kNumber},
                  {"Exhibit"_w},
                  {"Priority"_w, Align::kShort},
                  {"What"_w, Align::kPath},
                  {"Why"_w, Align::kPath},
                  {"Time"_w, Align::kShort},
                  {"Means, and does not mean"_w, Align::kPath}});
  std::int64_t shown = 0;
  std::map<std::string, std::int64_t> explained;  // what a rule means and does not mean: where it stands
  for (; rows.step(); ++shown) {
    const std::string marks = case_marks_html(w, context.marks, rows.text(1), {"finding", rows.integer(2)});
    const auto [place, first] = explained.emplace(rows.text(7) + rows.text(8), rows.integer(0));
    page.row({grouped(rows.integer(0)), finding_cell(facts, rows.text(1), rows.integer(2)),
              priority_text(w, rows.text(3)),
              fmt::format("{}<br><span class=\"note\">{}, {}</span>{}{}", quoted(w.stored(rows.text(4))),
                          w("{} of {} {}"_w, quoted(rows.text(11)), quoted(rows.text(9)), quoted(rows.text(10))),
                          code(rows.text(12)), marks.empty() ? "" : "<br>", marks),
              quoted(w.stored(rows.text(5))), rows.is_null(6) ? "" : time_text(w, rows.text(6)),
              first ? fmt::format("{}<br><span class=\"note\">{}</span>", quoted(w.stored(rows.text(7))),
                                  quoted(w.stored(rows.text(8))))
                    : fmt::format("<span class=\"note\">{}</span>", w("as of No. {}"_w, grouped(place->second)))});
  }
  LIMIER_CHECK(rows.status());
  page.end_table();
  if (shown == 0) page.paragraph("None."_w);
  if (shown < facts.findings)
    page.note(w(
        facts.findings_listed < facts.findings
            ? "Listed: the first {} of {} findings. case-findings.csv has {}; the rest is in the reports of the exhibits."_w
            : "Listed: the first {} of {} findings. case-findings.csv has {}."_w,
        grouped(shown), grouped(facts.findings), grouped(facts.findings_listed)));
  page.heading("What the first findings rest on"_w);
  LIMIER_CHECK(put_talks(context, kMaxTalkedOf));
  return put_judged(context);
}

Status put_case_front_findings(CaseContext& context) {
  const CaseFacts& facts = context.facts;
  if (facts.findings == 0) return ok_status();
  LIMIER_TRY(auto rows,
             context.index.query("SELECT total(live_in_danger), total(high), total(medium), total(low), total(info) "
                                 "FROM v_exhibit"));
  Counts counts;
  if (rows.step())
    for (std::size_t i = 0; i < kPriorities.size(); ++i)
      counts.by_priority[i] = static_cast<std::int64_t>(rows.real(static_cast<int>(i)));
  LIMIER_CHECK(rows.status());
  LIMIER_TRY(auto own, context.index.query("SELECT priority, count(*) FROM v_case_finding WHERE finding_id IS NULL "
                                           "GROUP BY priority"));
  while (own.step())
    if (const auto at = std::ranges::find(kPriorities, own.text(0)); at != kPriorities.end())
      counts.by_priority[static_cast<std::size_t>(at - kPriorities.begin())] += own.integer(1);
  LIMIER_CHECK(own.status());
  Page& page = context.page;
  const Words& w = context.w;
  page.raw(fmt::format("<div class=\"to-read\">\n<h2>{}</h2>\n",
                       w("To be read first, over all exhibits: {}"_w, priorities_text(w, counts))));
  put_words(context);
  LIMIER_CHECK(put_talks(context, kFrontFindings));
  page.raw(fmt::format("<p><a href=\"#findings\">{}</a></p>\n</div>\n", w("All findings"_w)));
  return ok_status();
}

}  // namespace limier::report
