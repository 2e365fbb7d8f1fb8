// The first screen, and the sections on the case and the evidence.
#include <fmt/format.h>

#include <algorithm>

#include "report/lists.h"
#include "report/numbers.h"
#include "report/sections.h"

namespace limier::report {
namespace {

constexpr std::int64_t kFrontLines = 4;  // of what was not examined

std::string parser_sentence(const Words& w, const WorkDone& work) {
  if (work.contents == 0 && work.strange == 0)
    return std::string(w(
        work.searched
            ? "No parser looked into any content: chats, documents, archives and databases were not read."_w
            : "No content was examined: chats, documents, archives, databases and unallocated space were not looked into."_w));
  if (work.contents == 0 && work.strange > 0)
    return w(
        work.searched
            ? "Of {} that parsers looked at they knew none, and no other content was read."_w
            : "Of {} that parsers looked at they knew none. Every other content, and unallocated space, was not looked into."_w,
        w.count(work.strange, "of|content"_w, "of|contents"_w));
  return w(w.number(work.contents,
                    "Parsers looked into {} and took {} out of it. No other content was looked into, and in "
                    "unallocated space only "
                    "pages of known message stores were looked for."_w,
                    "Parsers looked into {} and took {} out of them. No other content was looked into, and in "
                    "unallocated space only "
                    "pages of known message stores were looked for."_w),
           w.count(work.contents, "content"_w, "contents"_w), w.count(work.messages, "message"_w, "messages"_w));
}

std::string content_sentence(const Words& w, const WorkDone& work) {
  std::string text = parser_sentence(w, work);
  if (work.searched) text += fmt::format(" {}", w(kBytesSearched));
  return text;
}

struct Verdict {
  std::string_view css;
  std::string head, text;
};

std::string digest_sentence(const Words& w, const EvidenceFacts& evidence) {
  if (evidence.sha256) return w("{} of the media: {}"_w, "SHA-256", code(*evidence.sha256));
  if (evidence.sha1) return w("{} of the media: {}"_w, "SHA-1", code(*evidence.sha1));
  if (evidence.md5) return w("{} of the media: {}"_w, "MD5", code(*evidence.md5));
  return std::string(w("No digest of the media was computed."_w));
}

Verdict integrity_verdict(const Words& w, const Facts& facts) {
  const EvidenceFacts& evidence = facts.evidence;
  std::string rest = "; " + work_done(w, facts.work);
  if (facts.conditions.incomplete) rest += fmt::format("; {}", w("part of it could not be examined"_w));
  const auto verdict = [&](std::string_view of, Key head, Key text) {
    return Verdict{of, std::string(w(head)) + rest, std::string(w(text))};
  };
  const std::string_view css = facts.conditions.incomplete ? "warn" : "good";
  if (evidence.verdict == "verified")
    return verdict(
        css, "The evidence is as it was acquired"_w,
        "Every digest computed now equals the one stored at acquisition or given from the custody record."_w);
  if (evidence.verdict == "no-stored-digest")
    return verdict(css, "There is no earlier digest to compare with"_w,
                   "The container stores no digest and none was given. The digest below was computed now; it fixes the "
                   "state of the evidence from here on."_w);
  if (evidence.verdict == "incomplete")
    return verdict("warn", "The evidence is incomplete"_w, "Segments are missing or cut short."_w);
  return verdict("warn", "The integrity of the evidence was not checked"_w,
                 "The media were not read from end to end in this run."_w);
}

Verdict verdict_of(const Words& w, const Facts& facts) {
  const Conditions& conditions = facts.conditions;
  const auto bad = [&](Key head, std::string_view text) {
    return Verdict{"bad", std::string(w(head)), std::string(text)};
  };
  if (conditions.interrupted)
    return bad("Interrupted: this examination is not complete"_w,
               w("The run was stopped before its end. What follows is what was found until then; the same command with "
                 "--resume goes on for a whole result."_w));
  if (conditions.nothing_examined)
    return bad(
        "Nothing could be examined"_w,
        w("No volume of the evidence could be read. The reasons are listed below. This is not the same as finding "
          "nothing."_w));
  if (conditions.mismatch)
    return bad("Integrity mismatch: the evidence is not as it was recorded"_w,
               w("A digest computed now differs from the one stored at acquisition or given from the custody record. "
                 "See {}."_w,
                 section_link(w, "evidence")));
  if (conditions.damaged)
    return bad("The evidence is damaged"_w,
               w("{} could not be read as acquired, {} in all; see {}."_w,
                 w.count(facts.counts.bad_ranges, "range of the media"_w, "ranges of the media"_w),
                 human_bytes(facts.counts.bad_bytes), section_link(w, "evidence")));
  return integrity_verdict(w, facts);
}

std::string last_part(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

void put_title(Context& context) {
  const AuthorityFacts& authority = context.facts.authority;
  Page& page = context.page;
  const Words& w = context.w;
  page.raw(fmt::format("<p class=\"brand\"><b>limier</b> {}</p>\n", w("triage report"_w)));
  const std::string name = last_part(context.facts.evidence.path);
  if (authority.exhibit.empty())
    page.raw("<h1>" + quoted(name) + "</h1>\n");
  else
    page.raw("<h1>" + quoted(authority.exhibit) + "</h1>\n");
  std::string sub;
  const auto add = [&](Key sentence, const Text& value) {
    if (!value.empty()) sub += fmt::format("<span>{}</span>", w(sentence, quoted(value)));
  };
  if (!authority.exhibit.empty()) add("Image {}"_w, name);
  add("Case {}"_w, authority.case_number);
  add("Examiner {}"_w, authority.examiner);
  if (!authority.agency.empty()) sub += fmt::format("<span>{}</span>", quoted(authority.agency));
  if (!sub.empty()) page.raw("<p class=\"sub\">" + sub + "</p>\n");
  page.raw(fmt::format("<p class=\"authority\"><b>{}</b> {}</p>\n", w("Examined under:"_w), quoted(authority.text)));
  const RunFacts& run = context.facts.run;
  if (run.scope_sha256)
    page.raw(fmt::format("<p class=\"authority\"><b>{}</b> {}</p>\n", w("May not be read:"_w),
                         w("what {} masks; only how much it was is known here, in {}"_w,
                           quoted(run.scope_title ? *run.scope_title : std::string(w("the scope"_w))),
                           section_link(w, "not-examined"))));
}

void put_verdict(Context& context, const Verdict& verdict) {
  context.page.raw(
      fmt::format("<div class=\"verdict {}\">\n<p class=\"head\">{}</p>\n<p>{}</p>\n<p>{}</p>\n<p>{}</p>\n</div>\n",
                  verdict.css, verdict.head, verdict.text, content_sentence(context.w, context.facts.work),
                  digest_sentence(context.w, context.facts.evidence)));
}

// The files the image lies in, whose size is another than that of the media.
std::string container_text(const Words& w, const EvidenceFacts& evidence) {
  std::string text = w.count(evidence.segment_count, "image file"_w, "image files"_w);
  if (!evidence.segments.empty()) text += ", " + human_bytes(evidence.container_bytes());
  return text;
}

void put_figures(Context& context) {
  const Facts& facts = context.facts;
  const Census& census = facts.census;
  const Words& w = context.w;
  const Tally& files = census.kind("file");
  std::string out = "<dl class=\"figures\">\n";
  const auto figure = [&](Key label, const std::string& value, const std::string& more) {
    out += fmt::format("<div><dt>{}</dt><dd>{}<span class=\"more\">{}</span></dd></div>\n", w(label), value, more);
  };
  figure("Media"_w, human_bytes(facts.evidence.size_bytes), container_text(w, facts.evidence));
  figure("Volumes and gaps"_w, grouped(facts.counts.volumes),
         w.count(facts.counts.encryption, "encryption sign"_w, "encryption signs"_w));
  figure("Files"_w, grouped(files.items), w.count(census.kind("dir").items, "folder"_w, "folders"_w));
  figure("Deleted entries"_w, grouped(census.deleted),
         w("{} with content"_w, grouped(census.deleted_state("recovered").items)));
  figure("Not examined"_w, grouped(facts.counts.not_examined),
         w(w.number(facts.counts.not_examined, "entry, {}"_w, "entries, {}"_w), section_link(w, "not-examined")));
  figure("Issues"_w, grouped(facts.counts.issues), section_link(w, "issues"));
  context.page.raw(out + "</dl>\n");
}

std::string condition(std::string_view label, std::string_view css, std::string_view text) {
  return fmt::format("<li><span class=\"label\">{}</span> <span class=\"is-{}\">{}</span></li>\n", label, css, text);
}

std::string findings_condition(const Words& w, const Counts& counts, bool rules) {
  if (counts.findings == 0)
    return fmt::format("<li><span class=\"label\">{}</span> {}</li>\n", w("Findings"_w),
                       w(rules ? "none by the rules that were run; that is no all-clear"_w
                               : "not computed: there was nothing that rules could judge"_w));
  return condition(w("Findings"_w), counts.by_priority[0] + counts.by_priority[1] > 0 ? "bad" : "warn",
                   priorities_text(w, counts));
}

void put_conditions(Context& context) {
  const Conditions& conditions = context.facts.conditions;
  const EvidenceFacts& evidence = context.facts.evidence;
  const Words& w = context.w;
  std::string out = fmt::format("<div><h2>{}</h2>\n<ul>\n", w("How far this result goes"_w));
  const auto add = [&](Key label, std::string_view css, Key text) { out += condition(w(label), css, w(text)); };
  if (conditions.mismatch)
    add("Integrity"_w, "bad", "a digest differs"_w);
  else if (evidence.verdict == "verified")
    add("Integrity"_w, "good", "digests agree"_w);
  else
    add("Integrity"_w, "warn",
        evidence.verdict == "no-stored-digest" ? "no earlier digest to compare"_w : "not confirmed"_w);
  if (conditions.damaged)
    add("Readability"_w, "bad", "damaged ranges"_w);
  else
    add("Readability"_w, "good", "no damage found"_w);
  if (conditions.interrupted)
    add("Completeness"_w, "bad", "interrupted"_w);
  else if (conditions.nothing_examined)
    add("Completeness"_w, "bad", "nothing examined"_w);
  else if (conditions.incomplete)
    add("Completeness"_w, "warn", "part not examined"_w);
  else
    out += condition(w("Completeness"_w), "good", work_done(w, context.facts.work));
  if (!context.facts.run.jailed) add("Jail"_w, "warn", "the evidence was parsed without one (--no-sandbox)"_w);
  out += findings_condition(w, context.facts.counts, context.facts.work.rules);
  context.page.raw(out + "</ul></div>\n");
}

Status put_front_not_examined(Context& context) {
  LIMIER_TRY(auto rows, context.index.query(
                            "SELECT what, reason, bytes FROM v_not_examined ORDER BY bytes DESC, what, reason, items"));
  Page& page = context.page;
  const Words& w = context.w;
  page.raw(fmt::format("<div><h2>{}</h2>\n<ul>\n", w("Not examined"_w)));
  std::int64_t shown = 0;
  while (shown < kFrontLines && rows.step()) {
    ++shown;
    page.raw(fmt::format("<li>{}: {}{}</li>\n", quoted(w.stored(rows.text(0))), quoted(w.stored(rows.text(1))),
                         rows.is_null(2) ? "" : ", <span class=\"short\">" + human_bytes(rows.integer(2)) + "</span>"));
  }
  LIMIER_CHECK(rows.status());
  if (shown == 0)
    page.raw(fmt::format("<li>{}</li>\n",
                         w("Nothing was left out of list and digests for damage, encryption or lack of support."_w)));
  if (context.facts.counts.not_examined > shown)
    page.raw(fmt::format("<li><a href=\"#not-examined\">{}</a></li>\n",
                         w("and {} more"_w, grouped(context.facts.counts.not_examined - shown))));
  page.raw(fmt::format(
      "<li>{}</li>\n</ul></div>\n",
      w(context.facts.work.searched
            ? (context.facts.work.contents > 0
                   ? "contents that no parser knows, and unallocated space but for pages of known message stores: searched for numbers, addresses and keys alone"_w
                   : "content of files, unallocated space: searched for numbers, addresses and keys alone"_w)
        : context.facts.work.contents > 0
            ? "contents that no parser knows, and unallocated space but for pages of known message stores: not looked into by this version"_w
            : "content of files, unallocated space: not looked into by this version"_w)));
  return ok_status();
}

std::string comparison(const Words& w, const MaybeText& computed, const MaybeText& other) {
  const auto [css, text] = !computed             ? std::pair("none", "not computed now"_w)
                           : *computed == *other ? std::pair("is-good", "equal"_w)
                                                 : std::pair("is-bad", "differs"_w);
  return fmt::format("<span class=\"{}\">{}</span>", css, w(text));
}

void put_digest_rows(Page& page, std::string_view algorithm, const MaybeText& computed, const MaybeText& stored,
                     const MaybeText& expected) {
  const Words& w = page.words();
  const auto row = [&](Key source, const std::string& digest, const std::string& compared) {
    page.row({std::string(algorithm), std::string(w(source)), code(digest), compared});
  };
  if (computed) row("computed now"_w, *computed, " ");
  if (stored) row("stored at acquisition"_w, *stored, comparison(w, computed, stored));
  if (expected) row("from the custody record"_w, *expected, comparison(w, computed, expected));
}

void put_digests(Page& page, const EvidenceFacts& evidence) {
  page.heading("Digests of the media"_w);
  if (!evidence.md5 && !evidence.sha1 && !evidence.sha256 && !evidence.stored_md5 && !evidence.stored_sha1 &&
      !evidence.stored_sha256 && !evidence.expected_md5 && !evidence.expected_sha1 && !evidence.expected_sha256) {
    page.paragraph("None: the container stores none, none was given, and none was computed."_w);
    return;
  }
  page.table({}, {{"Algorithm"_w, Align::kShort},
                  {"Source"_w, Align::kShort},
                  {"Digest"_w, Align::kPath},
                  {"Comparison"_w, Align::kShort}});
  put_digest_rows(page, "MD5", evidence.md5, evidence.stored_md5, evidence.expected_md5);
  put_digest_rows(page, "SHA-1", evidence.sha1, evidence.stored_sha1, evidence.expected_sha1);
  put_digest_rows(page, "SHA-256", evidence.sha256, evidence.stored_sha256, evidence.expected_sha256);
  page.end_table();
}

Status put_bad_ranges(Context& context) {
  Page& page = context.page;
  page.heading("Damaged ranges"_w);
  if (context.facts.counts.bad_ranges == 0) {
    page.paragraph("None: every chunk that was read passed the checks of its container."_w);
    return ok_status();
  }
  const std::int64_t sector = std::max<std::int64_t>(context.facts.evidence.sector_size, 1);
  LIMIER_TRY(auto rows,
             context.index.query(fmt::format(
                 "SELECT image_offset, length, reason FROM v_bad_range ORDER BY image_offset, length, reason LIMIT {}",
                 kMaxRanges)));
  page.table({}, {{"First sector"_w, Align::kNumber},
                  {"Sectors"_w, Align::kNumber},
                  {"First byte"_w, Align::kNumber},
                  {"Bytes"_w, Align::kNumber},
                  {"Reason"_w}});
  std::int64_t shown = 0;
  while (rows.step()) {
    ++shown;
    const std::int64_t offset = rows.integer(0), length = rows.integer(1);
    const std::int64_t first = offset / sector;
    const std::int64_t sectors = length <= 0 ? 0 : (add_saturating(offset, length) - 1) / sector - first + 1;
    page.row(
        {grouped(first), grouped(sectors), grouped(offset), grouped(length), quoted(context.w.stored(rows.text(2)))});
  }
  LIMIER_CHECK(rows.status());
  page.end_table();
  if (shown < context.facts.counts.bad_ranges)
    page.note(context.w("Listed: the first {} of {} ranges. report.json and the index have all of them."_w,
                        grouped(shown), grouped(context.facts.counts.bad_ranges)));
  return ok_status();
}

void put_segments(Page& page, const EvidenceFacts& facts) {
  if (facts.segments.empty()) return;
  page.heading("Segments"_w);
  page.table({}, {{"File"_w, Align::kPath}, {"Bytes"_w, Align::kNumber}, {"Size"_w, Align::kNumber}});
  const std::size_t shown = std::min<std::size_t>(facts.segments.size(), kMaxSegments);
  for (std::size_t i = 0; i < shown; ++i)
    page.row({quoted(facts.segments[i].name), grouped(facts.segments[i].size_bytes),
              size_cell(facts.segments[i].size_bytes)});
  page.end_table();
  if (shown < facts.segments.size())
    page.note(page.words()("Listed: the first {} of {} segments. report.json has all of them."_w, shown,
                           grouped(static_cast<std::int64_t>(facts.segments.size()))));
}

// "acquiry_software_version" → "Acquiry software version". The names are those of the container format, not of the
// evidence.
std::string label_of(const Words& w, std::string_view name) {
  std::string label(name);
  for (char& c : label)
    if (c == '_') c = ' ';
  if (!label.empty() && label[0] >= 'a' && label[0] <= 'z') label[0] = static_cast<char>(label[0] - 'a' + 'A');
  return html_text(w(Key{label}));
}

void put_acquisition(Page& page, const EvidenceFacts& facts) {
  page.heading("Acquisition record"_w);
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto& one : facts.header.empty() ? facts.acquisition : facts.header)
    if (one.value && !one.value->empty()) pairs.emplace_back(label_of(page.words(), one.name), quoted(*one.value));
  if (pairs.empty()) {
    page.paragraph("The container holds no acquisition record."_w);
    return;
  }
  page.paragraph("As the container states it. It was written by whoever made the image; limier cannot confirm it."_w);
  page.pairs(pairs);
}

}  // namespace

Status put_front(Context& context) {
  put_title(context);
  LIMIER_CHECK(put_front_device(context));
  // What is wrong with the evidence is said before what was found in it.
  const Verdict verdict = verdict_of(context.w, context.facts);
  if (verdict.css == "bad") put_verdict(context, verdict);
  LIMIER_CHECK(put_front_findings(context));
  if (verdict.css != "bad") put_verdict(context, verdict);
  put_figures(context);
  context.page.raw("<div class=\"first\">\n");
  put_conditions(context);
  LIMIER_CHECK(put_front_not_examined(context));
  context.page.raw("</div>\n");
  return ok_status();
}

Status put_authority_section(Context& context) {
  const AuthorityFacts& facts = context.facts.authority;
  const RunFacts& run = context.facts.run;
  const auto value = [](const Text& text) { return text.empty() ? std::string() : quoted(text); };
  const std::pair<Key, std::string> pairs[] = {
      {"Authority"_w, value(facts.text)},
      {"Case number"_w, value(facts.case_number)},
      {"Exhibit"_w, value(facts.exhibit)},
      {"Examiner"_w, value(facts.examiner)},
      {"Agency"_w, value(facts.agency)},
      {"Note"_w, value(facts.note)},
      {"Scope"_w, run.scope_sha256 ? quoted(run.scope_title.value_or("")) : std::string()},
      {"SHA-256 of the scope file"_w, run.scope_sha256 ? code(*run.scope_sha256) : std::string()}};
  context.page.paragraph(
      "As stated by the operator when the examination was started. limier does not run without an authority."_w);
  context.page.pairs(pairs);
  return ok_status();
}

Status put_evidence_section(Context& context) {
  const EvidenceFacts& facts = context.facts.evidence;
  Page& page = context.page;
  const Words& w = context.w;
  const auto value = [](const MaybeText& text) { return text && !text->empty() ? quoted(*text) : std::string(); };
  std::string format = quoted(facts.format);
  if (facts.variant && !facts.variant->empty()) format += " (" + quoted(*facts.variant) + ")";
  const std::pair<Key, std::string> pairs[] = {
      {"Image"_w, quoted(facts.path)},
      {"Container"_w, format},
      {"Segments"_w, grouped(facts.segment_count)},
      {"Size of the media"_w, exact_size(facts.size_bytes)},
      {"Size of the image files"_w, facts.segments.empty() ? std::string() : exact_size(facts.container_bytes())},
      {"Sector size"_w, plural(facts.sector_size, "byte", "bytes")},
      {"Compression"_w, value(facts.compression)},
      {"Media type"_w, value(facts.media_type)},
      {"Set identifier"_w, value(facts.set_identifier)},
      {"Verdict"_w, facts.verdict.empty() ? std::string(w("not checked"_w)) : quoted(w.stored(facts.verdict))}};
  page.pairs(pairs);
  put_digests(page, facts);
  LIMIER_CHECK(put_bad_ranges(context));
  put_segments(page, facts);
  put_acquisition(page, facts);
  return ok_status();
}

}  // namespace limier::report
