// Files that hash sets know: the notable ones first, each; the known ones as a number.
#include <fmt/format.h>

#include "report/lists.h"
#include "report/marks.h"
#include "report/numbers.h"
#include "report/sections.h"

namespace limier::report {
namespace {

void put_notable_files(Context& context) {
  Page& page = context.page;
  const Words& w = context.w;
  page.heading("Notable files"_w);
  page.table({}, {{"File"_w, Align::kNumber},
                  {"Path"_w, Align::kPath},
                  {"Size"_w, Align::kNumber},
                  {"Content"_w, Align::kShort},
                  {"On the list"_w},
                  {"Category"_w, Align::kShort}});
  for (const NotableFile& file : context.facts.notable_files) {
    const std::string marks = marks_html(w, context.marks, {"file", file.file_id});
    page.row({grouped(file.file_id), quoted(file.path) + (marks.empty() ? "" : "<br>" + marks), size_cell(file.size),
              (file.deleted ? fmt::format("<span class=\"tag\">{}</span>, ", w("deleted"_w)) : "") +
                  html_text(w.stored(file.content_state)),
              quoted(file.sets), file.category ? html_text(*file.category) : absent()});
  }
  page.end_table();
  put_cap_note(page, static_cast<std::int64_t>(context.facts.notable_files.size()), context.facts.census.notable.items,
               "Listed: the first {} of {}; limier files --known notable gives all of them."_w);
}

}  // namespace

Status put_known_section(Context& context) {
  Page& page = context.page;
  const Words& w = context.w;
  const Census& census = context.facts.census;
  if (!has_kinds(context.facts, kKnownKinds)) {
    page.paragraph(
        "No hash set was given: published software is not told apart from what is the user’s own, and no list of "
        "notable "
        "files was looked for."_w);
    return ok_status();
  }
  page.paragraph(w("Notable: {}. Known: {}."_w, w.count(census.notable.items, "file"_w, "files"_w),
                   w.count(census.known.items, "file"_w, "files"_w)));
  page.paragraph(
      "Notable: the digest stands on a list of files to be looked for; what a file shows a person has to see. Known is "
      "not "
      "good: it says that these very bytes were published, or were expected on such a device, and tools for breaking "
      "in "
      "are published as well. That a file is in no set says nothing about it."_w);
  LIMIER_TRY(auto lists, context.index.query("SELECT 1 FROM v_hash_set WHERE known = 'notable'"));
  if (!lists.step()) page.paragraph("No list of notable files was given, so none was looked for."_w);
  LIMIER_CHECK(lists.status());
  if (census.notable.items > 0) put_notable_files(context);
  return put_kinds(context, kKnownKinds);
}

}  // namespace limier::report
