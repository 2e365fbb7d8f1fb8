#include <array>

#include "report/case_formats.h"

namespace limier::report {
namespace {

constexpr std::array<std::string_view, 11> kFiles{"case-exhibits.csv",
                                                  "case-findings.csv",
                                                  "case-links.csv",
                                                  "case-links.graphml",
                                                  "case-links.svg",
                                                  "case-message-pairs.csv",
                                                  "case-not-examined.csv",
                                                  "case-people.csv",
                                                  "case-shared.csv",
                                                  "case.html",
                                                  "case.json"};

}  // namespace

std::span<const std::string_view> case_report_files() {
  return kFiles;
}

Status write_case_reports(store::Index& case_index, const std::string& dir, std::string_view language) {
  LIMIER_TRY(Words words, Words::in(language));
  LIMIER_CHECK(words.add_translations(case_index));
  LIMIER_TRY(auto facts, read_case_facts(case_index));
  CaseSource source{case_index, std::move(facts), {}, words};
  LIMIER_TRY(source.marks, read_case_marks(source.facts, dir));
  for (const auto write : {write_case_json, write_case_csv, write_case_svg, write_case_graphml, write_case_html})
    LIMIER_CHECK(write(source, dir));
  return ok_status();
}

}  // namespace limier::report
