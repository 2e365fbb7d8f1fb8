// The files of a case report; listed in case_all.cpp.
#pragma once

#include "limier/report/case.h"
#include "report/case_sections.h"

namespace limier::report {

struct CaseSource {
  store::Index& index;
  CaseFacts facts;
  CaseMarks marks;
  const Words& words;  // of the page
};

Status write_case_html(CaseSource& source, const std::string& dir);
Status write_case_json(CaseSource& source, const std::string& dir);
Status write_case_csv(CaseSource& source, const std::string& dir);
Status write_case_svg(CaseSource& source, const std::string& dir);
Status write_case_graphml(CaseSource& source, const std::string& dir);

}  // namespace limier::report
