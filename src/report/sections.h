// The sections of report.html in reading order. Each prints its own body below the heading that html.cpp gives it; the
// words of a section stand in its function and nowhere else.
#pragma once

#include "report/facts.h"
#include "report/page.h"

namespace limier::report {

struct Context {
  store::Index& index;
  const Facts& facts;
  Page& page;
};

// The first screen: what it is, the gravest findings, the verdict, the figures, what was not examined.
Status put_front(Context& context);
Status put_front_findings(Context& context);

Status put_authority_section(Context& context);
Status put_evidence_section(Context& context);
Status put_not_examined_section(Context& context);
Status put_volumes_section(Context& context);
Status put_findings_section(Context& context);
Status put_messages_section(Context& context);
Status put_rows_section(Context& context);
Status put_notable_section(Context& context);
Status put_types_section(Context& context);
Status put_activity_section(Context& context);
Status put_lists_section(Context& context);
Status put_coverage_section(Context& context);
Status put_issues_section(Context& context);
Status put_limits_section(Context& context);
Status put_tools_section(Context& context);

// "1 live-in-danger, 7 high".
std::string priorities_text(const Counts& counts);
// "section 3", as a link.
std::string section_link(std::string_view id);
// "1,234 more in messages.csv." or "".
std::string more_note(const catalog::KindInfo& kind, std::int64_t shown, const Facts& facts);
// "The table shows the 25 largest of 48,211." or "" when the list is whole.
std::string cap_note(std::int64_t shown, std::int64_t total, std::string_view what);

}  // namespace limier::report
