// The sections of case.html in reading order.
#pragma once

#include "limier/store/marks.h"
#include "report/case_facts.h"
#include "report/json_out.h"
#include "report/page.h"

namespace limier::report {

// Of one exhibit that has marks.
struct ExhibitMarks {
  const CaseExhibitFacts* exhibit = nullptr;
  store::Marks marks;
  std::vector<std::string> summaries;  // of each mark's row
};
using CaseMarks = std::vector<ExhibitMarks>;  // by exhibit
Result<CaseMarks> read_case_marks(const CaseFacts& facts, const std::string& dir);
// Those that stand at a row of an exhibit; "" where there are none.
std::string case_marks_html(const Words& w, const CaseMarks& marks, const Text& exhibit, const store::RowName& row);
void put_case_marks_json(JsonOut& json, const CaseMarks& marks);

struct CaseContext {
  store::Index& index;
  const CaseFacts& facts;
  Page& page;
  const CaseMarks& marks;
  const Words& w;  // of the page
};

Status put_case_front(CaseContext& context);
Status put_case_front_findings(CaseContext& context);
Status put_case_findings(CaseContext& context);
Status put_case_exhibits(CaseContext& context);
Status put_case_links(CaseContext& context);
Status put_case_people(CaseContext& context);
Status put_case_link_keys(CaseContext& context);
Status put_case_contents(CaseContext& context);
Status put_case_other_keys(CaseContext& context);
Status put_case_not_examined(CaseContext& context);
Status put_case_authority(CaseContext& context);
Status put_case_marks(CaseContext& context);
Status put_case_method(CaseContext& context);

// The exhibit's number, as a link to its own report where there is one.
std::string exhibit_link(const CaseExhibitFacts& exhibit);

}  // namespace limier::report
