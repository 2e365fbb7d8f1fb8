// report.html: one self-contained page; no script, no network, nothing but its own style sheet.
#include <fmt/format.h>

#include <algorithm>

#include "report/formats.h"
#include "report/numbers.h"
#include "report/sections.h"

namespace limier::report {
namespace {

constexpr PageSection<Context> kSections[] = {
    {"authority", "Case and authority", put_authority_section},
    {"evidence", "Evidence and verdict", put_evidence_section},
    {"not-examined", "What was not examined, and why", put_not_examined_section},
    {"findings", "Findings", put_findings_section},
    {"marks", "What examiners noted and decided", put_marks_section},
    {"people", "Whose device, people and accounts", put_people_section},
    {"messages", "Conversations", put_messages_section},
    {"connections", "Connections, places and the web", put_connections_section},
    {"applications", "Encryption and applications", put_applications_section},
    {"activity", "Activity by month", put_activity_section},
    {"notable", "What stands out so far", put_notable_section},
    {"lists", "Largest and most recent files, the user’s own first", put_lists_section},
    {"types", "File types and sizes", put_types_section},
    {"rows", "What else came out of the files", put_rows_section},
    {"volumes", "Volumes", put_volumes_section},
    {"coverage", "What every byte of the media is", put_coverage_section},
    {"issues", "Issues met during the examination", put_issues_section},
    {"limits", "Limits and methods", put_limits_section},
    {"tools", "Tool versions", put_tools_section},
};

std::string head(const Facts& facts) {
  const std::string& name = facts.authority.exhibit.empty() ? facts.evidence.path : facts.authority.exhibit;
  return page_head("Triage report: " + name, style_sheet());
}

}  // namespace

std::string section_link(std::string_view id) {
  const auto* const found = std::ranges::find(kSections, id, &PageSection<Context>::id);
  return fmt::format("<a href=\"#{}\">section {}</a>", id, found - std::begin(kSections) + 1);
}

std::string cap_note(std::int64_t shown, std::int64_t total, std::string_view what) {
  if (shown >= total) return {};
  return fmt::format("<p class=\"note\">Listed: the {} {} of {}. files.csv and the index have all of them.</p>\n",
                     grouped(shown), what, grouped(total));
}

Status write_html(Source& source, const std::string& dir) {
  store::Index& index = source.index();
  LIMIER_TRY(const Facts* const read, source.facts());
  const Facts& facts = *read;
  LIMIER_TRY(auto out, OutFile::create(dir, "report.html"));
  Page page(out);
  Context context{index, facts, page, source.marks()};
  page.raw(head(facts));
  page.raw("<header>\n");
  LIMIER_CHECK(put_front(context));
  put_contents(page, kSections);
  page.raw("</header>\n<main>\n");
  LIMIER_CHECK(put_sections(context, kSections));
  page.raw(page_end("End of the report. All times are UTC unless a section says otherwise. "));
  return out.commit();
}

}  // namespace limier::report
