// The sections of case.html in reading order.
#pragma once

#include "report/case_facts.h"
#include "report/page.h"

namespace limier::report {

struct CaseContext {
  store::Index& index;
  const CaseFacts& facts;
  Page& page;
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
Status put_case_method(CaseContext& context);

// The exhibit's number, as a link to its own report where there is one.
std::string exhibit_link(const CaseExhibitFacts& exhibit);

}  // namespace limier::report
