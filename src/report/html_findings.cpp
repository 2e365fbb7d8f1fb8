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
std::string place_text(const Words& w, const ShownMessage& message) {
  std::string text =
      fmt::format("{} {}, {}", quoted(message.parser), quoted(message.parser_version), code(message.locator));
  if (!message.state.empty()) text += ", " + html_text(w.stored(message.state));
  if (!message.source.empty()) text = w("{} in {}"_w, text, html_text(w.stored(message.source)));
  if (message.page) text = w("{}, page {}"_w, text, grouped(*message.page));
  return text;
}

// What was said already, and of which finding.
using Said = std::map<Text, const ShownFinding*>;

// The same words stand on a page once.
std::string once(const Words& w, Said& said, const Text& text, const ShownFinding& finding) {
  if (text.empty()) return {};
  const ShownFinding* const first = said.emplace(text, &finding).first->second;
  return first == &finding ? quoted(w.stored(text)) : w("as of finding {}"_w, link_to(*first));
}

// The classes are the program's words, what is between quotation marks is of the message; a reason that was cut is
// shown as it stands.
std::string reason_text(const Words& w, const Excerpt& reason) {
  return reason.left_out > 0 ? excerpt_text(w, reason) : quoted(w.stored(reason.text));
}

void put_card(Context& context, const ShownFindings& shown, const ShownFinding& finding, Said& said) {
  Page& page = context.page;
  const Words& w = context.w;
  page.raw(fmt::format("<div class=\"finding{}\" id=\"finding-{}\">\n<p class=\"head\">{}. {} · {}</p>\n<p>{}</p>\n",
                       priority_css(finding.priority) == "is-bad" ? "" : " lesser", finding.finding_id,
                       grouped(finding.rank), quoted(w.stored(finding.title)), priority_text(w, finding.priority),
                       reason_text(w, finding.reason)));
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
  if (!finding.summary.empty()) subject_text += ", " + excerpt_text(w, excerpt(finding.summary));
  if (!is_message && finding.t) subject_text += ", " + time_text(w, *finding.t);
  const std::pair<Key, std::string> pairs[] = {
      {"Marks"_w, marks_html(w, context.marks, {"finding", finding.finding_id})},
      {"Conversation"_w, talk},
      {"Means"_w, once(w, said, finding.meaning, finding)},
      {"Limits"_w, once(w, said, finding.limits, finding)},
      {"Rule"_w, w("{} of {} {}"_w, quoted(finding.rule), quoted(finding.pack), quoted(finding.pack_version))},
      {"About"_w, subject_text},
      {"File"_w, finding.file_id ? fmt::format("{} (file:{})", quoted(finding.path), *finding.file_id) : std::string()},
      {"Read by"_w, is_message ? place_text(w, subject->second) : std::string()},
      {"Check it"_w, finding.key.empty() ? std::string() : code("limier explain DIR " + finding.key)}};
  page.pairs(pairs);
  page.raw("</div>\n");
}

// What every page with findings says.
Status put_words(Context& context) {
  Page& page = context.page;
  const Words& w = context.w;
  page.paragraph(
      "A finding is a priority to read, not an accusation. Read the messages around it, those that speak against it "
      "too. Rules raise false alarms and overlook things; how often stands in the limits of each finding. No finding "
      "is no all-clear. A person decides."_w);
  LIMIER_TRY(auto rows,
             context.index.query(fmt::format("SELECT kind, not_judged, reason FROM v_judged WHERE not_judged > 0 ORDER "
                                             "BY not_judged DESC, kind, judged_id LIMIT {}",
                                             kFrontNotJudged)));
  std::string text;
  while (rows.step())
    text += fmt::format("{}{} {}{}", text.empty() ? "" : "; ", grouped(rows.integer(1)), quoted(w.stored(rows.text(0))),
                        rows.is_null(2) ? "" : " (" + quoted(w.stored(rows.text(2))) + ")");
  LIMIER_CHECK(rows.status());
  if (!text.empty())
    page.raw(fmt::format("<p>{} <a href=\"#judged\">{}</a></p>\n", w("Not judged: {}."_w, text),
                         w("All that was judged and not"_w)));
  return ok_status();
}

Status put_judged(Context& context) {
  Page& page = context.page;
  page.raw("<div id=\"judged\">\n");
  page.heading("What the rules could judge"_w);
  LIMIER_TRY(auto rows, context.index.query(fmt::format("SELECT kind, items, judged, not_judged, reason FROM v_judged "
                                                        "ORDER BY judged_id LIMIT {}",
                                                        kMaxRowsOnPage)));
  page.table({}, {{"What"_w, Align::kPath},
                  {"There are"_w, Align::kNumber},
                  {"Judged"_w, Align::kNumber},
                  {"Not judged"_w, Align::kNumber},
                  {"Why not"_w, Align::kPath}});
  std::int64_t shown = 0;
  for (; rows.step(); ++shown)
    page.row({quoted(context.w.stored(rows.text(0))), grouped(rows.integer(1)), grouped(rows.integer(2)),
              grouped(rows.integer(3)), rows.is_null(4) ? absent() : quoted(context.w.stored(rows.text(4)))});
  LIMIER_CHECK(rows.status());
  page.end_table();
  put_more_note(context, catalog::kKindOf<catalog::Judged>, shown);
  page.raw("</div>\n");
  return ok_status();
}

// "not reviewed", or what was decided.
std::string review_cell(const Words& w, const store::Marks& marks, std::int64_t finding_id) {
  for (const store::Mark* const mark : marks.of({"finding", finding_id}))
    if (mark->action == store::MarkAction::kDecide)
      if (const auto* const decision = store::find_decision(mark->value)) return w.stored(decision->title);
  return fmt::format("<span class=\"none\">{}</span>", w("not reviewed"_w));
}

void put_overview(Context& context, const ShownFindings& shown) {
  Page& page = context.page;
  const Words& w = context.w;
  page.table("All findings"_w, {{"Rank"_w, Align::kNumber},
                                {"Priority"_w, Align::kShort},
                                {"Finding"_w, Align::kPath},
                                {"Time"_w, Align::kShort},
                                {"File"_w, Align::kPath},
                                {"Decided"_w, Align::kShort},
                                {"Key"_w, Align::kShort}});
  for (const ShownFinding& one : shown.findings)
    page.row({link_to(one), priority_text(w, one.priority), quoted(w.stored(one.title)),
              one.t ? time_text(w, *one.t) : absent(), one.path.empty() ? absent() : quoted(one.path),
              review_cell(w, context.marks, one.finding_id), one.key.empty() ? absent() : code(one.key)});
  page.end_table();
}

}  // namespace

std::string priorities_text(const Words& w, const Counts& counts) {
  std::string text;
  for (std::size_t i = 0; i < kPriorities.size(); ++i)
    if (counts.by_priority[i] > 0)
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", grouped(counts.by_priority[i]),
                          html_text(w.stored(kPriorities[i])));
  return text;
}

Status put_front_findings(Context& context) {
  if (context.facts.counts.findings == 0) return ok_status();
  Page& page = context.page;
  LIMIER_TRY(const ShownFindings shown, read_findings(context.index, kFrontFindings));
  const Words& w = context.w;
  page.raw(fmt::format("<div class=\"to-read\">\n<h2>{}</h2>\n",
                       w("To be read first: {}"_w, priorities_text(w, context.facts.counts))));
  LIMIER_CHECK(put_words(context));
  page.raw(fmt::format("<p>{}.</p>\n", review_text(w, context.marks.review)));
  Said said;
  for (const ShownFinding& one : shown.findings) put_card(context, shown, one, said);
  const std::int64_t more = context.facts.counts.findings - static_cast<std::int64_t>(shown.findings.size());
  if (more > 0)
    page.paragraph(w(w.number(more, "{} more finding in {}."_w, "{} more findings in {}."_w), grouped(more),
                     section_link(w, "findings")));
  page.raw("</div>\n");
  return ok_status();
}

Status put_findings_section(Context& context) {
  Page& page = context.page;
  const std::int64_t total = context.facts.counts.findings;
  if (total == 0 && !context.facts.work.rules) {
    page.paragraph(
        "Not computed: there was nothing that rules could judge. That is no statement about the content of the files."_w);
    return ok_status();
  }
  if (total == 0) page.paragraph("None: the rules that were run found nothing in what they could judge."_w);
  LIMIER_CHECK(put_words(context));
  if (total > 0) {
    LIMIER_TRY(const ShownFindings shown, read_findings(context.index, kMaxFindings));
    put_overview(context, shown);
    put_more_note(context, catalog::kKindOf<catalog::Finding>, static_cast<std::int64_t>(shown.findings.size()));
    if (shown.findings.size() > kFrontFindings) page.heading("Behind the first ones, which stand at the top"_w);
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
