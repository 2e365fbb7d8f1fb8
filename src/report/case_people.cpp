// Who the owners are, whom several exhibits know, and what they said to each other on both sides.
#include <fmt/format.h>

#include "report/case_sections.h"
#include "report/numbers.h"

namespace limier::report {
namespace {

constexpr std::int64_t kShownPeople = 200, kShownPairs = 100;

Result<std::int64_t> count_of(store::Index& index, std::string_view view) {
  LIMIER_TRY(auto rows, index.query(fmt::format("SELECT count(*) FROM {}", view)));
  const std::int64_t count = rows.step() ? rows.integer(0) : 0;
  LIMIER_CHECK(rows.status());
  return count;
}

// "EX-1: owner; EX-2: contact": the words behind the last colon of each are the program's.
std::string roles_text(const Words& w, std::string_view roles) {
  std::string text;
  for (std::size_t from = 0; from <= roles.size();) {
    const std::size_t end = std::min(roles.find("; ", from), roles.size());
    const std::string_view one = roles.substr(from, end - from);
    const std::size_t colon = one.rfind(": ");
    text += from == 0 ? "" : "; ";
    text += colon == std::string_view::npos
                ? std::string(one)
                : fmt::format("{}: {}", one.substr(0, colon), w.stored(one.substr(colon + 2)));
    from = end + 2;
  }
  return text;
}

Status put_people(CaseContext& context) {
  Page& page = context.page;
  LIMIER_TRY(const std::int64_t total, count_of(context.index, "v_person"));
  if (total == 0) {
    page.paragraph(
        "No owner was named and no two exhibits know the same number, address or handle, as far as content was looked "
        "into."_w);
    return ok_status();
  }
  page.table({},
             {{"Number, address or handle"_w}, {"Names"_w}, {"Exhibits"_w, Align::kNumber}, {"Where, and as what"_w}});
  LIMIER_TRY(auto rows, context.index.query(
                            fmt::format("SELECT normalized, names, exhibits, roles FROM v_person ORDER BY instr(roles, "
                                        "'owner') > 0 DESC, exhibits DESC, person_id LIMIT {}",
                                        kShownPeople)));
  std::int64_t shown = 0;
  while (rows.step()) {
    ++shown;
    page.row({quoted(rows.text(0)), rows.is_null(1) ? absent() : quoted(rows.text(1)), grouped(rows.integer(2)),
              quoted(roles_text(context.w, rows.text(3)))});
  }
  LIMIER_CHECK(rows.status());
  page.end_table();
  if (shown < total)
    page.note(context.w("Listed: the first {} of {} people. case-people.csv has all of them."_w, grouped(shown),
                        grouped(total)));
  return ok_status();
}

Status put_pairs(CaseContext& context) {
  Page& page = context.page;
  LIMIER_TRY(const std::int64_t total, count_of(context.index, "v_message_pair"));
  page.heading("Messages that are on two exhibits"_w);
  if (total == 0) {
    page.paragraph("None was found."_w);
    return ok_status();
  }
  page.table({}, {{"Exhibits"_w},
                  {"Service"_w},
                  {"Messages"_w, Align::kNumber},
                  {"By id"_w, Align::kNumber},
                  {"Text differs"_w, Align::kNumber},
                  {"Deleted on one side"_w, Align::kNumber}});
  LIMIER_TRY(auto rows,
             context.index.query(fmt::format(
                 "SELECT exhibit_a, exhibit_b, service, count(*), sum(match = 'service-id'), sum(instr(difference, "
                 "'text') > 0), sum(instr(difference, 'deleted') > 0) FROM v_message_pair GROUP BY 1, 2, 3 ORDER BY "
                 "4 DESC, 1, 2, 3 LIMIT {}",
                 kShownPairs)));
  while (rows.step())
    page.row({quoted(rows.text(0)) + " – " + quoted(rows.text(1)), rows.is_null(2) ? absent() : quoted(rows.text(2)),
              grouped(rows.integer(3)), grouped(rows.integer(4)), grouped(rows.integer(5)), grouped(rows.integer(6))});
  LIMIER_CHECK(rows.status());
  page.end_table();
  page.note(context.w("case-message-pairs.csv has each of them."_w));
  return ok_status();
}

}  // namespace

Status put_case_people(CaseContext& context) {
  LIMIER_CHECK(put_people(context));
  return put_pairs(context);
}

}  // namespace limier::report
