// The marks of all exhibits in the report of the case: read from beside their indexes, never from case.db.
#include <fmt/format.h>
#include <unistd.h>

#include "report/case_sections.h"
#include "report/marks.h"
#include "report/numbers.h"

namespace limier::report {

Result<CaseMarks> read_case_marks(const CaseFacts& facts, const std::string& dir) {
  CaseMarks all;
  for (const std::size_t at : facts.by_name) {
    const CaseExhibitFacts& exhibit = facts.by_attention[at];
    const std::string folder = dir + "/" + exhibit.folder;
    if (!exhibit.has_result() || exhibit.folder.empty() ||
        ::access((folder + "/" + std::string(store::kMarksFile)).c_str(), F_OK) != 0)
      continue;
    LIMIER_TRY(auto index, store::Index::open(folder));
    ExhibitMarks& one = all.emplace_back(ExhibitMarks{&exhibit, {}, {}});
    LIMIER_TRY(one.marks, store::read_marks(*index, folder));
    for (const store::StandingMark& mark : one.marks.all) {
      std::string summary;
      if (mark.now) {
        LIMIER_TRY(summary, row_summary(*index, *mark.now));
      }
      one.summaries.push_back(std::move(summary));
    }
  }
  return all;
}

std::string case_marks_html(const Words& w, const CaseMarks& marks, const Text& exhibit, const store::RowName& row) {
  for (const ExhibitMarks& one : marks)
    if (one.exhibit->exhibit == exhibit) return marks_html(w, one.marks, row);
  return {};
}

void put_case_marks_json(JsonOut& json, const CaseMarks& marks) {
  json.array("marks");
  for (const ExhibitMarks& one : marks)
    for (const store::StandingMark& mark : one.marks.all) {
      json.object();
      json.text("exhibit", one.exhibit->exhibit);
      put_mark_members(json, mark);
      json.end();
    }
  json.end();
}

Status put_case_marks(CaseContext& context) {
  Page& page = context.page;
  const Words& w = context.w;
  page.paragraph(
      "What examiners wrote beside the results of the exhibits until this report was written: tags, notes, and "
      "decisions "
      "on findings. They are no part of any index."_w);
  store::Review review;
  review.findings = context.facts.findings;
  for (const ExhibitMarks& one : context.marks) {
    review.reviewed += one.marks.review.reviewed;
    review.assigned += one.marks.review.assigned;
    for (std::size_t i = 0; i < review.decided.size(); ++i) review.decided[i] += one.marks.review.decided[i];
    if (!one.marks.problem.empty())
      page.raw(fmt::format("<p class=\"is-bad\">{}: {}</p>\n", quoted(one.exhibit->exhibit),
                           w("marks.jsonl is not as it was written: {}."_w, quoted(w.stored(one.marks.problem)))));
  }
  if (review.findings > 0) page.paragraph(w("Findings on all exhibits: {}."_w, review_text(w, review)));
  if (context.marks.empty()) {
    page.paragraph("None were made."_w);
    return ok_status();
  }
  page.table({}, {{"Exhibit"_w},
                  {"When (UTC)"_w, Align::kShort},
                  {"Who"_w, Align::kText},
                  {"Row"_w, Align::kPath},
                  {"What"_w, Align::kPath},
                  {"State"_w, Align::kShort}});
  std::size_t shown = 0, total = 0;
  for (const ExhibitMarks& one : context.marks)
    for (std::size_t at = 0; at < one.marks.all.size(); ++at, ++total) {
      if (shown == kMaxShownMarks) continue;
      ++shown;
      auto cells = mark_cells(w, one.marks.all[at], one.summaries[at], MarkLinks::kNone);
      cells.insert(cells.begin(), exhibit_link(*one.exhibit));
      page.row(std::span<const std::string>(cells));
    }
  page.end_table();
  if (shown < total) page.note(w("{} more in {}."_w, grouped(static_cast<std::int64_t>(total - shown)), "case.json"));
  return ok_status();
}

}  // namespace limier::report
