// report.html: one self-contained page; no script, no network, nothing but its own style sheet.
#include <fmt/format.h>

#include <algorithm>

#include "report/formats.h"
#include "report/numbers.h"
#include "report/sections.h"

namespace limier::report {
namespace {

constexpr PageSection<Context> kSections[] = {
    {"authority", "Case and authority"_w, put_authority_section},
    {"evidence", "Evidence and verdict"_w, put_evidence_section},
    {"not-examined", "What was not examined, and why"_w, put_not_examined_section},
    {"findings", "Findings"_w, put_findings_section},
    {"marks", "What examiners noted and decided"_w, put_marks_section},
    {"people", "Whose device, people and accounts"_w, put_people_section},
    {"messages", "Conversations"_w, put_messages_section},
    {"connections", "Connections, places and the web"_w, put_connections_section},
    {"hits", "Numbers, addresses and keys"_w, put_hits_section},
    {"known", "Known and notable files"_w, put_known_section},
    {"applications", "Encryption and applications"_w, put_applications_section},
    {"activity", "Activity by month"_w, put_activity_section},
    {"notable", "What stands out so far"_w, put_notable_section},
    {"lists", "Largest and most recent files, the user’s own first"_w, put_lists_section},
    {"types", "File types and sizes"_w, put_types_section},
    {"rows", "What else came out of the files"_w, put_rows_section},
    {"volumes", "Volumes"_w, put_volumes_section},
    {"coverage", "What every byte of the media is"_w, put_coverage_section},
    {"issues", "Issues met during the examination"_w, put_issues_section},
    {"limits", "Limits and methods"_w, put_limits_section},
    {"tools", "Tool versions"_w, put_tools_section},
};

std::string head(const Words& w, const Facts& facts) {
  const std::string& name = facts.authority.exhibit.empty() ? facts.evidence.path : facts.authority.exhibit;
  return page_head(w, w("Triage report: {}"_w, name), style_sheet());
}

}  // namespace

std::string section_link(const Words& w, std::string_view id) {
  const auto* const found = std::ranges::find(kSections, id, &PageSection<Context>::id);
  return fmt::format("<a href=\"#{}\">{}</a>", id, w("section {}"_w, found - std::begin(kSections) + 1));
}

void put_cap_note(Page& page, std::int64_t shown, std::int64_t total, Key sentence) {
  if (shown < total) page.note(page.words()(sentence, grouped(shown), grouped(total)));
}

Status write_html(Source& source, const std::string& dir) {
  store::Index& index = source.index();
  LIMIER_TRY(const Facts* const read, source.facts());
  const Facts& facts = *read;
  LIMIER_TRY(auto out, OutFile::create(dir, "report.html"));
  const Words& w = source.words();
  Page page(out, w);
  Context context{index, facts, page, source.marks(), w};
  page.raw(head(w, facts));
  page.raw("<header>\n");
  LIMIER_CHECK(put_front(context));
  put_contents(page, kSections);
  page.raw("</header>\n<main>\n");
  LIMIER_CHECK(put_sections(context, kSections));
  page.raw(page_end(w, "End of the report. All times are UTC unless a section says otherwise."_w));
  return out.commit();
}

}  // namespace limier::report
