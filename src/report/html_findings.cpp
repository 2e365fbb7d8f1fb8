// Findings: the first of them in front of everything else, all of them in their section, each with the words that it
// rests on and those around them.
#include <fmt/format.h>

#include <map>

#include "limier/catalog/findings.h"
#include "limier/catalog/messages.h"
#include "report/lists.h"
#include "report/marks.h"
#include "report/numbers.h"
#include "report/sections.h"
#include "report/talks_html.h"

namespace limier::report {
namespace {

constexpr std::size_t kFrontFindings = 3;
constexpr std::int64_t kFrontNotJudged = 4;

std::string link_to(const ShownFinding& finding) {
  return fmt::format("<a href=\"#finding-{}\">{}</a>", finding.finding_id, grouped(finding.rank));
}

// Where the subject stands, so that it can be found again.
std::string place_text(const ShownMessage& message) {
  std::string text =
      fmt::format("{} {}, {}", quoted(message.parser), quoted(message.parser_version), code(message.locator));
  if (!message.state.empty()) text += ", " + html_text(message.state);
  if (!message.source.empty()) text += " in " + html_text(message.source);
  if (message.page) text += ", page " + grouped(*message.page);
  return text;
}

// What was said already, and of which finding.
using Said = std::map<Text, const ShownFinding*>;

// The same words stand on a page once.
std::string once(Said& said, const Text& text, const ShownFinding& finding) {
  if (text.empty()) return {};
  const ShownFinding* const first = said.emplace(text, &finding).first->second;
  return first == &finding ? quoted(text) : "as of finding " + link_to(*first);
}

void put_card(Context& context, const ShownFindings& shown, const ShownFinding& finding, Said& said) {
  Page& page = context.page;
  page.raw(fmt::format("<div class=\"finding{}\" id=\"finding-{}\">\n<p class=\"head\">{}. {} · {}</p>\n<p>{}</p>\n",
                       priority_css(finding.priority) == "is-bad" ? "" : " lesser", finding.finding_id,
                       grouped(finding.rank), quoted(finding.title), priority_text(finding.priority),
                       excerpt_text(finding.reason)));
  const auto subject =
      finding.around.empty() ? shown.messages.end() : shown.messages.find(finding.subject_id.value_or(0));
  const bool is_message = subject != shown.messages.end();
  if (is_message)
    put_talk(page, context.marks, shown.messages, finding.around, [&](std::int64_t id) {
      return id == finding.subject_id ? Marked{"subject", {}} : Marked();
    });
  std::string talk, subject_text = quoted(finding.subject_kind);
  if (is_message)
    talk = fmt::format("{}{}", subject->second.service.empty() ? "" : quoted(subject->second.service) + ", ",
                       named(subject->second.thread_name, subject->second.thread));
  if (finding.subject_id) subject_text += fmt::format(":{}", *finding.subject_id);
  if (!finding.summary.empty()) subject_text += ", " + excerpt_text(excerpt(finding.summary));
  if (!is_message && finding.t) subject_text += ", " + time_text(*finding.t);
  const std::pair<std::string, std::string> pairs[] = {
      {"Marks", marks_html(context.marks, {"finding", finding.finding_id})},
      {"Conversation", talk},
      {"Means", once(said, finding.meaning, finding)},
      {"Limits", once(said, finding.limits, finding)},
      {"Rule", fmt::format("{} of {} {}", quoted(finding.rule), quoted(finding.pack), quoted(finding.pack_version))},
      {"About", subject_text},
      {"File", finding.file_id ? fmt::format("{} (file:{})", quoted(finding.path), *finding.file_id) : std::string()},
      {"Read by", is_message ? place_text(subject->second) : std::string()},
      {"Check it", finding.key.empty() ? std::string() : code("limier explain DIR " + finding.key)}};
  page.pairs(pairs);
  page.raw("</div>\n");
}

// What every page with findings says.
Status put_words(Context& context) {
  Page& page = context.page;
  page.paragraph(
      "A finding is a priority to read, not an accusation. Read the messages around it, those that speak against it "
      "too. Rules raise false alarms and overlook things; how often stands in the limits of each finding. No finding "
      "is no all-clear. A person decides.");
  LIMIER_TRY(auto rows,
             context.index.query(fmt::format("SELECT kind, not_judged, reason FROM v_judged WHERE not_judged > 0 ORDER "
                                             "BY not_judged DESC, kind, judged_id LIMIT {}",
                                             kFrontNotJudged)));
  std::string text;
  while (rows.step())
    text += fmt::format("{}{} {}{}", text.empty() ? "" : "; ", grouped(rows.integer(1)), quoted(rows.text(0)),
                        rows.is_null(2) ? "" : " (" + quoted(rows.text(2)) + ")");
  LIMIER_CHECK(rows.status());
  if (!text.empty())
    page.raw(fmt::format("<p>Not judged: {}. <a href=\"#judged\">All that was judged and not</a></p>\n", text));
  return ok_status();
}

Status put_judged(Context& context) {
  Page& page = context.page;
  page.raw("<div id=\"judged\">\n");
  page.heading("What the rules could judge");
  LIMIER_TRY(auto rows, context.index.query(fmt::format("SELECT kind, items, judged, not_judged, reason FROM v_judged "
                                                        "ORDER BY judged_id LIMIT {}",
                                                        kMaxRowsOnPage)));
  page.table("", {{"What", Align::kPath},
                  {"There are", Align::kNumber},
                  {"Judged", Align::kNumber},
                  {"Not judged", Align::kNumber},
                  {"Why not", Align::kPath}});
  std::int64_t shown = 0;
  for (; rows.step(); ++shown)
    page.row({quoted(rows.text(0)), grouped(rows.integer(1)), grouped(rows.integer(2)), grouped(rows.integer(3)),
              rows.is_null(4) ? absent() : quoted(rows.text(4))});
  LIMIER_CHECK(rows.status());
  page.end_table();
  page.raw(more_note(catalog::kKindOf<catalog::Judged>, shown, context.facts));
  page.raw("</div>\n");
  return ok_status();
}

// "not reviewed", or what was decided.
std::string review_cell(const store::Marks& marks, std::int64_t finding_id) {
  for (const store::Mark* const mark : marks.of({"finding", finding_id}))
    if (mark->action == store::MarkAction::kDecide)
      if (const auto* const decision = store::find_decision(mark->value)) return std::string(decision->title);
  return "<span class=\"none\">not reviewed</span>";
}

void put_overview(Context& context, const ShownFindings& shown) {
  Page& page = context.page;
  page.table("All findings", {{"Rank", Align::kNumber},
                              {"Priority", Align::kShort},
                              {"Finding", Align::kPath},
                              {"Time", Align::kShort},
                              {"File", Align::kPath},
                              {"Decided", Align::kShort},
                              {"Key", Align::kShort}});
  for (const ShownFinding& one : shown.findings)
    page.row({link_to(one), priority_text(one.priority), quoted(one.title), one.t ? time_text(*one.t) : absent(),
              one.path.empty() ? absent() : quoted(one.path), review_cell(context.marks, one.finding_id),
              one.key.empty() ? absent() : code(one.key)});
  page.end_table();
}

}  // namespace

std::string priorities_text(const Counts& counts) {
  std::string text;
  for (std::size_t i = 0; i < kPriorities.size(); ++i)
    if (counts.by_priority[i] > 0)
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", grouped(counts.by_priority[i]), kPriorities[i]);
  return text;
}

Status put_front_findings(Context& context) {
  if (context.facts.counts.findings == 0) return ok_status();
  Page& page = context.page;
  LIMIER_TRY(const ShownFindings shown, read_findings(context.index, kFrontFindings));
  page.raw(
      fmt::format("<div class=\"to-read\">\n<h2>To be read first: {}</h2>\n", priorities_text(context.facts.counts)));
  LIMIER_CHECK(put_words(context));
  page.raw(fmt::format("<p>{}.</p>\n", review_text(context.marks.review)));
  Said said;
  for (const ShownFinding& one : shown.findings) put_card(context, shown, one, said);
  const std::int64_t more = context.facts.counts.findings - static_cast<std::int64_t>(shown.findings.size());
  if (more > 0)
    page.raw(
        fmt::format("<p>{} in {}.</p>\n", plural(more, "more finding", "more findings"), section_link("findings")));
  page.raw("</div>\n");
  return ok_status();
}

Status put_findings_section(Context& context) {
  Page& page = context.page;
  const std::int64_t total = context.facts.counts.findings;
  if (total == 0 && !context.facts.work.rules) {
    page.paragraph(
        "Not computed: there was nothing that rules could judge. That is no statement about the content of the files.");
    return ok_status();
  }
  if (total == 0) page.paragraph("None: the rules that were run found nothing in what they could judge.");
  LIMIER_CHECK(put_words(context));
  if (total > 0) {
    LIMIER_TRY(const ShownFindings shown, read_findings(context.index, kMaxFindings));
    put_overview(context, shown);
    page.raw(
        more_note(catalog::kKindOf<catalog::Finding>, static_cast<std::int64_t>(shown.findings.size()), context.facts));
    if (shown.findings.size() > kFrontFindings) page.heading("Behind the first ones, which stand at the top");
    Said said;
    for (std::size_t i = 0; i < shown.findings.size(); ++i) {
      if (i >= kFrontFindings) {
        put_card(context, shown, shown.findings[i], said);
        continue;
      }
      for (const Text* const text : {&shown.findings[i].meaning, &shown.findings[i].limits})
        said.emplace(*text, &shown.findings[i]);
    }
  }
  return context.facts.work.rules ? put_judged(context) : ok_status();
}

}  // namespace limier::report
