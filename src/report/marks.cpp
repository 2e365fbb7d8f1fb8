#include "report/marks.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "report/cells.h"
#include "report/numbers.h"
#include "report/sections.h"
#include "report/talks.h"

namespace limier::report {
namespace {

using store::MarkAction;
using store::MarkState;
using store::StandingMark;

constexpr std::array<std::string_view, 4> kStateWords{"stands", "taken back", "replaced", "takes back"};
constexpr std::size_t kShownSummary = 240;  // bytes of what a row says of itself

std::string what_html(const Words& w, const store::Mark& mark) {
  switch (mark.action) {
    case MarkAction::kTag:
      return w("tag {}"_w, quoted(mark.value));
    case MarkAction::kUntag:
      return w("tag {} taken back"_w, quoted(mark.value));
    case MarkAction::kNote:
      return w("note: {}"_w, quoted(mark.text));
    case MarkAction::kUndecide:
      return std::string(w("decision taken back"_w));
    case MarkAction::kDecide:
      break;
  }
  const store::Decision* const decision = store::find_decision(mark.value);
  const std::string decided = decision == nullptr ? quoted(mark.value) : w.stored(decision->title);
  return mark.text.empty() ? w("decided: <b>{}</b>"_w, decided)
                           : w("decided: <b>{}</b>: {}"_w, decided, quoted(mark.text));
}

}  // namespace

std::string_view mark_state_word(MarkState state) {
  return kStateWords[static_cast<std::size_t>(state)];
}

std::string marks_html(const Words& w, const store::Marks& marks, const store::RowName& row) {
  std::string html;
  for (const store::Mark* const mark : marks.of(row))
    html +=
        fmt::format("{}<span class=\"mark\">{} <span class=\"note\">({}, {})</span></span>", html.empty() ? "" : "<br>",
                    what_html(w, *mark), quoted(mark->examiner), time_text(w, mark->time));
  return html;
}

std::string review_text(const Words& w, const store::Review& review) {
  std::string decided;
  for (std::size_t i = 0; i < review.decided.size(); ++i)
    if (review.decided[i] > 0 && store::kDecisions[i].reviewed)
      decided += fmt::format("{}{} {}", decided.empty() ? "" : ", ", grouped(review.decided[i]),
                             w.stored(store::kDecisions[i].title));
  std::string text =
      w("{} of {} reviewed"_w, grouped(review.reviewed), w.count(review.findings, "of|finding"_w, "of|findings"_w));
  if (!decided.empty()) text += " (" + decided + ")";
  text += ", " + w("{} not"_w, grouped(review.findings - review.reviewed));
  if (review.assigned > 0) text += ", " + w("of which {} to be read by somebody"_w, grouped(review.assigned));
  return text;
}

void put_mark_members(JsonOut& json, const StandingMark& one) {
  const store::Mark& mark = one.mark;
  const auto maybe = [&](std::string_view name, const std::string& text) {
    text.empty() ? json.null(name) : json.text(name, text);
  };
  json.integer("line", static_cast<std::int64_t>(mark.line));
  json.text("time", mark.time);
  json.text("examiner", mark.examiner);
  json.text("examiner_from", mark.examiner_from);
  json.text("tool_version", mark.tool_version);
  json.text("action", store::kMarkActionWords[static_cast<std::size_t>(mark.action)]);
  maybe("row", one.now ? one.now->text() : "");
  json.text("row_then", mark.row.name.text());
  json.text("key", mark.row.key);
  maybe("path", mark.row.path);
  maybe("locator", mark.row.locator);
  maybe("value", mark.value);
  maybe("text", mark.text);
  json.text("state", mark_state_word(one.state));
}

void put_marks_json(JsonOut& json, const store::Marks& marks) {
  const store::Review& review = marks.review;
  json.object("review");
  json.integer("findings", review.findings);
  json.integer("reviewed", review.reviewed);
  json.integer("not_reviewed", review.findings - review.reviewed);
  for (std::size_t i = 0; i < review.decided.size(); ++i) json.integer(store::kDecisions[i].word, review.decided[i]);
  json.end();
  json.array("marks");
  for (const StandingMark& one : marks.all) {
    json.object();
    put_mark_members(json, one);
    json.end();
  }
  json.end();
  if (!marks.problem.empty()) json.text("marks_problem", marks.problem);
}

void put_row_marks(JsonOut& json, const store::Marks& marks, const store::RowName& row) {
  const auto found = marks.of(row);
  if (found.empty()) return;
  json.array("marks");
  for (const store::Mark* const mark : found) {
    json.object();
    json.text("time", mark->time);
    json.text("examiner", mark->examiner);
    json.text("action", store::kMarkActionWords[static_cast<std::size_t>(mark->action)]);
    mark->value.empty() ? json.null("value") : json.text("value", mark->value);
    mark->text.empty() ? json.null("text") : json.text("text", mark->text);
    json.end();
  }
  json.end();
}

Status write_marks_csv(const store::Marks& marks, const std::string& dir) {
  if (marks.all.empty()) {
    ::unlink((dir + "/" + std::string(kMarksCsv)).c_str());
    return ok_status();
  }
  LIMIER_TRY(auto out, OutFile::create(dir, kMarksCsv));
  out << "line,time,examiner,examiner_from,action,value,text,row,row_then,key,path,locator,state\n";
  for (const StandingMark& one : marks.all) {
    const store::Mark& mark = one.mark;
    std::string& line = out.tail();
    put_integer(line, static_cast<std::int64_t>(mark.line));
    const std::string_view action = store::kMarkActionWords[static_cast<std::size_t>(mark.action)];
    const std::string now = one.now ? one.now->text() : "", then = mark.row.name.text();
    for (const std::string_view cell :
         {std::string_view(mark.time), std::string_view(mark.examiner), std::string_view(mark.examiner_from), action,
          std::string_view(mark.value), std::string_view(mark.text), std::string_view(now), std::string_view(then),
          std::string_view(mark.row.key), std::string_view(mark.row.path), std::string_view(mark.row.locator),
          mark_state_word(one.state)}) {
      line += ',';
      if (!cell.empty()) put_csv_text(line, cell);
    }
    line += '\n';
    out.appended();
  }
  return out.commit();
}

Result<std::string> row_summary(store::Index& index, const store::RowName& row) {
  const catalog::KindInfo* const kind = catalog::find_kind(row.kind);
  std::string what = kind == nullptr ? std::string() : std::string(kind->summary);
  if (row.kind == "file") what = "path";
  if (row.kind == "finding") what = "title";
  if (what.empty()) return std::string();
  LIMIER_TRY(auto query, index.query(fmt::format("SELECT {0} FROM v_{1} WHERE {1}_id = ?1", what, row.kind)));
  query.bind(1, row.id);
  std::string text = query.step() ? query.text(0) : std::string();
  LIMIER_CHECK(query.status());
  return text;
}

std::vector<std::string> mark_cells(const Words& w, const StandingMark& one, const std::string& summary,
                                    MarkLinks links) {
  std::string row = code(one.now ? one.now->text() : one.mark.row.name.text());
  if (!one.now) row += fmt::format(" <span class=\"tag\">{}</span>", w("not in this index"_w));
  if (links == MarkLinks::kFindings && one.now && one.now->kind == "finding")
    row = fmt::format("<a href=\"#finding-{}\">{}</a>", one.now->id, row);
  const std::string& said = summary.empty() ? one.mark.row.path : summary;
  if (!said.empty()) row += "<br>" + quoted(excerpt(said, kShownSummary).text);
  return {time_text(w, one.mark.time), quoted(one.mark.examiner), row, what_html(w, one.mark),
          w.stored(mark_state_word(one.state))};
}

Status put_marks_section(Context& context) {
  Page& page = context.page;
  const Words& w = context.w;
  const store::Marks& marks = context.marks;
  page.paragraph(
      "What examiners wrote beside the result: tags, notes, and decisions on findings. They are kept in marks.jsonl "
      "and "
      "are no part of the index."_w);
  if (!marks.problem.empty())
    page.raw(fmt::format("<p class=\"is-bad\">{}</p>\n",
                         w("marks.jsonl is not as it was written: {}."_w, quoted(w.stored(marks.problem)))));
  if (marks.review.findings > 0) page.paragraph(w("Findings: {}."_w, review_text(w, marks.review)));
  if (marks.all.empty()) {
    page.paragraph("None were made until this report was written."_w);
    return ok_status();
  }
  page.table({}, {{"When (UTC)"_w, Align::kShort},
                  {"Who"_w, Align::kText},
                  {"Row"_w, Align::kPath},
                  {"What"_w, Align::kPath},
                  {"State"_w, Align::kShort}});
  for (std::size_t at = 0; at < std::min(kMaxShownMarks, marks.all.size()); ++at) {
    const StandingMark& one = marks.all[at];
    std::string summary;
    if (one.now) {
      LIMIER_TRY(summary, row_summary(context.index, *one.now));
    }
    page.row(std::span<const std::string>(mark_cells(w, one, summary, MarkLinks::kFindings)));
  }
  page.end_table();
  if (marks.all.size() > kMaxShownMarks)
    page.note(w("{} more in {}."_w, grouped(static_cast<std::int64_t>(marks.all.size() - kMaxShownMarks)), kMarksCsv));
  return ok_status();
}

}  // namespace limier::report
