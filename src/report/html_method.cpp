// The sections on limits, methods and versions.
#include "report/sections.h"

namespace limier::report {

Status put_limits_section(Context& context) {
  Page& page = context.page;
  const Words& w = context.w;
  page.heading("What was done"_w);
  page.paragraph(
      "limier opens the evidence for reading only. It reads the partition tables and file systems first and lists "
      "every "
      "entry they hold, deleted ones included. Then it reads the media once from the first byte to the last, computes "
      "the "
      "digests of the media and of the files in that same pass, and checks every chunk of the container."_w);
  page.paragraph(w("Every byte of the media is accounted for: {} says what it is, {} what was not examined."_w,
                   section_link(w, "coverage"), section_link(w, "not-examined")));
  page.heading("How to read it"_w);
  page.paragraph(
      "Times are those the file systems hold, shown in UTC. FAT keeps what the clock of the device showed, without a "
      "zone: such a time is marked as local and has no Z in files.csv and timeline.csv, whose column zone_basis says "
      "what is known. Where a zone was stated for the run, local times were converted by it. limier cannot know "
      "whether the clock of the device was "
      "right."_w);
  page.paragraph(
      "A deleted file is called <i>recovered</i> when no other file owns the space it used. File systems do not record "
      "whether that "
      "space was used and freed in between. Where part of it belongs to another file now, is marked as in use, or is "
      "claimed by another deleted file as well, it is called <i>overwritten</i> and has no digest; the reason stands "
      "in "
      "v_file.content_reason."_w);
  page.paragraph(
      "Two files with the same digest have the same content. A digest says nothing about where a file came from or who "
      "saw it."_w);
  page.heading("What this cannot show"_w);
  page.paragraph(w(
      "Encrypted volumes and files are named and left alone. Content that was overwritten, wiped or trimmed is gone. "
      "Unallocated "
      "space holds what no list of files names; files are not looked for in it. An unsupported file "
      "system is "
      "listed as a volume only. A damaged file system may list less than it held: {} says where there is such doubt."_w,
      section_link(w, "issues")));
  page.paragraph(
      "This is triage: a first, complete and repeatable look that shows where to examine further. The absence of a "
      "finding is no "
      "evidence of absence. It replaces no full examination by a qualified examiner."_w);
  page.heading("How to check it"_w);
  page.paragraph(
      "The same evidence with the same options gives the same report, byte for byte. manifest.json holds the digests "
      "of the evidence, "
      "the index and the reports, audit.jsonl the record of the actions; <code>limier check</code> verifies both."_w);
  return ok_status();
}

Status put_tools_section(Context& context) {
  const RunFacts& run = context.facts.run;
  const std::pair<Key, std::string> pairs[] = {
      {"limier"_w, quoted(run.tool_version)},
      {"Profile"_w, run.profile.empty() ? std::string() : quoted(run.profile)},
      {"Zone assumed for local times"_w, run.zone.empty() ? std::string() : quoted(run.zone)},
  };
  context.page.pairs(pairs);
  context.page.paragraph(
      "When, where and by whom the examination was run stands in audit.jsonl and in the view v_run of the index, so "
      "that "
      "this report does not differ between two runs."_w);
  return put_kinds(context, kToolKinds);
}

}  // namespace limier::report
