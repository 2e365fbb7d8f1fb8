// The sections of report.html in reading order. Each prints its own body below the heading that html.cpp gives it; the
// words of a section stand in its function and nowhere else.
#pragma once

#include <array>
#include <span>

#include "limier/store/marks.h"
#include "report/facts.h"
#include "report/page.h"

namespace limier::report {

struct Context {
  store::Index& index;
  const Facts& facts;
  Page& page;
  const store::Marks& marks;
  const Words& w;  // of the page
};

// Kinds of rows by the section that shows them, in its order.
inline constexpr std::array<std::string_view, 5> kPeopleKinds{"device", "account", "party", "contact", "call"};
inline constexpr std::array<std::string_view, 2> kMessageKinds{"message", "attachment"};
inline constexpr std::array<std::string_view, 3> kConnectionKinds{"connection", "place", "web"};
inline constexpr std::array<std::string_view, 2> kHitKinds{"hit", "yara_file"};
inline constexpr std::array<std::string_view, 1> kYaraKinds{"yara_file"};
inline constexpr std::array<std::string_view, 1> kKnownKinds{"hash_set"};
inline constexpr std::array<std::string_view, 1> kApplicationKinds{"app"};
inline constexpr std::array<std::string_view, 1> kToolKinds{"pack"};
inline constexpr std::size_t kMaxCellText = 240;  // bytes of a text in a table
// Behind what parsers did, where WorkDone::searched.
inline constexpr Key kBytesSearched =
    "Beside that, all bytes that could be read, those of unallocated space too, were searched for numbers, addresses and keys."_w;

// The first screen: what it is, whose it is, the gravest findings, the verdict, the figures, what was not examined.
Status put_front(Context& context);
Status put_front_findings(Context& context);

Status put_authority_section(Context& context);
Status put_evidence_section(Context& context);
Status put_not_examined_section(Context& context);
Status put_volumes_section(Context& context);
Status put_findings_section(Context& context);
Status put_people_section(Context& context);
Status put_marks_section(Context& context);
Status put_messages_section(Context& context);
Status put_connections_section(Context& context);
Status put_hits_section(Context& context);
Status put_known_section(Context& context);
Status put_applications_section(Context& context);
Status put_rows_section(Context& context);
Status put_notable_section(Context& context);
Status put_types_section(Context& context);
Status put_activity_section(Context& context);
Status put_lists_section(Context& context);
Status put_coverage_section(Context& context);
Status put_issues_section(Context& context);
Status put_limits_section(Context& context);
Status put_tools_section(Context& context);

// Whose device it is, on the first screen.
Status put_front_device(Context& context);
// A table of each of these kinds that has rows.
Status put_kinds(Context& context, std::span<const std::string_view> names);
bool has_kinds(const Facts& facts, std::span<const std::string_view> names);
// Why a section has no rows: not computed, or none came.
Key nothing_came(const Facts& facts);
// "1 live-in-danger, 7 high".
std::string priorities_text(const Words& w, const Counts& counts);
// "section 3", as a link.
std::string section_link(const Words& w, std::string_view id);
// "1,234 more in messages.csv.", or nothing.
void put_more_note(Context& context, const catalog::KindInfo& kind, std::int64_t shown);
// "Listed: the 25 largest of 48,211. …", or nothing when the list is whole: a sentence with both numbers.
void put_cap_note(Page& page, std::int64_t shown, std::int64_t total, Key sentence);

}  // namespace limier::report
