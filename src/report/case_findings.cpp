// The first section of case.html: the findings of all exhibits, and what none of the rules could look at.
#include <fmt/format.h>

#include <map>

#include "report/case_sections.h"
#include "report/numbers.h"

namespace limier::report {
namespace {

std::string_view priority_css(const Text& priority) {
  if (priority == "live-in-danger" || priority == "high") return "is-bad";
  return priority == "medium" ? "is-warn" : "note";
}

const CaseExhibitFacts* exhibit_named(const CaseFacts& facts, const Text& name) {
  for (const CaseExhibitFacts& one : facts.by_attention)
    if (one.exhibit == name) return &one;
  return nullptr;
}

// The finding's number, leading to it in the exhibit's own report, where the messages around it stand.
std::string finding_cell(const CaseFacts& facts, const Text& name, std::int64_t finding_id) {
  const CaseExhibitFacts* const exhibit = exhibit_named(facts, name);
  if (exhibit == nullptr) return quoted(name);
  std::string link = exhibit_link(*exhibit);
  const std::size_t end = link.find("/report.html\"");
  if (end != std::string::npos)
    link.insert(end + std::string_view("/report.html").size(), fmt::format("#finding-{}", finding_id));
  return link;
}

void put_words(CaseContext& context) {
  const CaseFacts& facts = context.facts;
  context.page.paragraph(
      "A finding is a priority to read, not an accusation. Read the messages around it, those that speak against it "
      "too: "
      "the first findings have them below, the report of the exhibit has all. Rules raise false alarms and overlook "
      "things; how often stands in the limits of each finding. No finding is no all-clear. A person decides.");
  if (const std::int64_t without = facts.exhibits - facts.judged; without > 0)
    context.page.raw(
        fmt::format("<p class=\"note\">On {} of {} exhibits there was nothing that rules could judge: no message "
                    "was read there, or they have no result.</p>\n",
                    grouped(without), grouped(facts.exhibits)));
}

// What the first findings rest on, with what stands around them.
Status put_talks(CaseContext& context) {
  LIMIER_TRY(auto rows,
             context.index.query(
                 "SELECT t.rank, t.exhibit, f.title, f.finding_id, t.t, t.direction, t.who, t.text, t.left_out, "
                 "t.deleted, t.state, t.is_subject FROM v_case_talk t JOIN v_case_finding f ON f.rank = t.rank "
                 "ORDER BY t.rank, t.seq"));
  Page& page = context.page;
  std::int64_t rank = 0;
  while (rows.step()) {
    if (rows.integer(0) != rank) {
      if (rank != 0) page.end_table();
      rank = rows.integer(0);
      page.raw(fmt::format("<h3>{}. {}: {}</h3>\n", grouped(rank),
                           finding_cell(context.facts, rows.text(1), rows.integer(3)), quoted(rows.text(2))));
      page.table("", {{"Time", Align::kShort}, {"Who", Align::kPath}, {"Text", Align::kPath}});
    }
    std::string text = rows.is_null(7) ? absent() : quoted(rows.text(7));
    if (rows.integer(8) > 0)
      text += fmt::format(" <span class=\"note\">… {} bytes more</span>", grouped(rows.integer(8)));
    if (rows.integer(9) != 0) text += " <span class=\"tag\">deleted</span>";
    if (!rows.is_null(10) && rows.text(10) != "live")
      text += fmt::format(" <span class=\"tag\">{}</span>", html_text(rows.text(10)));
    const std::string who = rows.is_null(6) ? html_text(rows.text(5)) : quoted(rows.text(6));
    page.row({rows.is_null(4) ? absent() : time_text(rows.text(4)), who,
              rows.integer(11) != 0 ? "<b>" + text + "</b>" : text});
  }
  LIMIER_CHECK(rows.status());
  if (rank != 0) page.end_table();
  return ok_status();
}

Status put_judged(CaseContext& context) {
  LIMIER_TRY(auto rows,
             context.index.query(fmt::format(
                 "SELECT kind, sum(items), sum(judged), sum(not_judged), reason, count(DISTINCT exhibit) FROM "
                 "v_case_judged GROUP BY kind, reason ORDER BY sum(not_judged) DESC, kind, reason LIMIT {}",
                 kMaxShownJudged)));
  Page& page = context.page;
  page.heading("What the rules could judge, on all exhibits");
  page.table("", {{"What", Align::kPath},
                  {"There are", Align::kNumber},
                  {"Judged", Align::kNumber},
                  {"Not judged", Align::kNumber},
                  {"Why not", Align::kPath},
                  {"Exhibits", Align::kNumber}});
  while (rows.step())
    page.row({quoted(rows.text(0)), grouped(rows.integer(1)), grouped(rows.integer(2)), grouped(rows.integer(3)),
              rows.is_null(4) ? "" : quoted(rows.text(4)), grouped(rows.integer(5))});
  LIMIER_CHECK(rows.status());
  page.end_table();
  return ok_status();
}

}  // namespace

Status put_case_findings(CaseContext& context) {
  const CaseFacts& facts = context.facts;
  Page& page = context.page;
  if (facts.judged == 0 && facts.findings == 0) {
    page.paragraph(
        "Not computed: on no exhibit was there anything that rules could judge. That there is no finding here says "
        "nothing.");
    return ok_status();
  }
  put_words(context);
  LIMIER_TRY(auto rows, context.index.query(fmt::format(
                            "SELECT rank, exhibit, finding_id, priority, title, reason, t, meaning, limits, pack, "
                            "pack_version, rule, key FROM v_case_finding ORDER BY rank LIMIT {}",
                            kMaxShownFindings)));
  page.table("", {{"No.", Align::kNumber},
                  {"Exhibit"},
                  {"Priority", Align::kShort},
                  {"What", Align::kPath},
                  {"Why", Align::kPath},
                  {"Time", Align::kShort},
                  {"Means, and does not mean", Align::kPath}});
  std::int64_t shown = 0;
  std::map<std::string, std::int64_t> explained;  // what a rule means and does not mean: where it stands
  for (; rows.step(); ++shown) {
    const auto [place, first] = explained.emplace(rows.text(7) + rows.text(8), rows.integer(0));
    page.row({grouped(rows.integer(0)), finding_cell(facts, rows.text(1), rows.integer(2)),
              fmt::format("<span class=\"{}\">{}</span>", priority_css(rows.text(3)), html_text(rows.text(3))),
              fmt::format("{}<br><span class=\"note\">{} of {} {}, {}</span>", quoted(rows.text(4)),
                          quoted(rows.text(11)), quoted(rows.text(9)), quoted(rows.text(10)), code(rows.text(12))),
              quoted(rows.text(5)), rows.is_null(6) ? "" : time_text(rows.text(6)),
              first ? fmt::format("{}<br><span class=\"note\">{}</span>", quoted(rows.text(7)), quoted(rows.text(8)))
                    : fmt::format("<span class=\"note\">as of No. {}</span>", grouped(place->second))});
  }
  LIMIER_CHECK(rows.status());
  page.end_table();
  if (shown == 0) page.paragraph("None.");
  if (shown < facts.findings)
    page.raw(fmt::format("<p class=\"note\">Listed: the first {} of {} findings. case-findings.csv has {}{}.</p>\n",
                         grouped(shown), grouped(facts.findings), grouped(facts.findings_listed),
                         facts.findings_listed < facts.findings ? "; the rest is in the reports of the exhibits" : ""));
  LIMIER_CHECK(put_talks(context));
  return put_judged(context);
}

}  // namespace limier::report
