// The first screen, and the sections on the case and the evidence.
#include <fmt/format.h>

#include <algorithm>

#include "report/lists.h"
#include "report/numbers.h"
#include "report/sections.h"

namespace limier::report {
namespace {

constexpr std::int64_t kFrontLines = 4;  // of what was not examined

std::string content_sentence(const WorkDone& work) {
  if (work.contents == 0 && work.strange == 0)
    return "No content was examined: chats, documents, archives, databases and unallocated space were not looked into.";
  if (work.contents == 0 && work.strange > 0)
    return fmt::format(
        "Of {} that parsers looked at they knew none. Every other content, and unallocated space, was not looked into.",
        plural(work.strange, "content", "contents"));
  return fmt::format(
      "Parsers looked into {} and took {} out of {}. Every other content, and unallocated space, was not "
      "looked into.",
      plural(work.contents, "content", "contents"), plural(work.messages, "message", "messages"),
      work.contents == 1 ? "it" : "them");
}

struct Verdict {
  std::string_view css;
  std::string head, text;
};

std::string digest_sentence(const EvidenceFacts& evidence) {
  if (evidence.sha256) return fmt::format("SHA-256 of the media: {}", code(*evidence.sha256));
  if (evidence.sha1) return fmt::format("SHA-1 of the media: {}", code(*evidence.sha1));
  if (evidence.md5) return fmt::format("MD5 of the media: {}", code(*evidence.md5));
  return "No digest of the media was computed.";
}

Verdict integrity_verdict(const Facts& facts) {
  const EvidenceFacts& evidence = facts.evidence;
  const std::string rest = fmt::format("; {}{}", work_done(facts.work),
                                       facts.conditions.incomplete ? "; part of it could not be examined" : "");
  const std::string_view css = facts.conditions.incomplete ? "warn" : "good";
  if (evidence.verdict == "verified")
    return {css, "The evidence is as it was acquired" + rest,
            "Every digest computed now equals the one stored at acquisition or given from the custody record."};
  if (evidence.verdict == "no-stored-digest")
    return {css, "There is no earlier digest to compare with" + rest,
            "The container stores no digest and none was given. The digest below was computed now; it fixes the state "
            "of the evidence from here on."};
  if (evidence.verdict == "incomplete")
    return {"warn", "The evidence is incomplete" + rest, "Segments are missing or cut short."};
  return {"warn", "The integrity of the evidence was not checked" + rest,
          "The media were not read from end to end in this run."};
}

Verdict verdict_of(const Facts& facts) {
  const Conditions& conditions = facts.conditions;
  if (conditions.interrupted)
    return {"bad", "Interrupted: this examination is not complete",
            "The run was stopped before its end. What follows is what was found until then; the same command with "
            "--resume goes on for a whole result."};
  if (conditions.nothing_examined)
    return {"bad", "Nothing could be examined",
            "No volume of the evidence could be read. The reasons are listed below. This is not the same as finding "
            "nothing."};
  if (conditions.mismatch)
    return {"bad", "Integrity mismatch: the evidence is not as it was recorded",
            "A digest computed now differs from the one stored at acquisition or given from the custody record. "
            "See " +
                section_link("evidence") + "."};
  if (conditions.damaged)
    return {"bad", "The evidence is damaged",
            fmt::format("{} could not be read as acquired, {} in all; see {}.",
                        plural(facts.counts.bad_ranges, "range of the media", "ranges of the media"),
                        human_bytes(facts.counts.bad_bytes), section_link("evidence"))};
  return integrity_verdict(facts);
}

std::string last_part(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

void put_title(Context& context) {
  const AuthorityFacts& authority = context.facts.authority;
  Page& page = context.page;
  page.raw("<p class=\"brand\"><b>limier</b> triage report</p>\n");
  const std::string name = last_part(context.facts.evidence.path);
  if (authority.exhibit.empty())
    page.raw("<h1>" + quoted(name) + "</h1>\n");
  else
    page.raw("<h1>" + quoted(authority.exhibit) + "</h1>\n");
  std::string sub;
  const auto add = [&](std::string_view label, const Text& value) {
    if (!value.empty()) sub += fmt::format("<span>{}{}</span>", label, quoted(value));
  };
  if (!authority.exhibit.empty()) add("Image ", name);
  add("Case ", authority.case_number);
  add("Examiner ", authority.examiner);
  add("", authority.agency);
  if (!sub.empty()) page.raw("<p class=\"sub\">" + sub + "</p>\n");
  page.raw("<p class=\"authority\"><b>Examined under:</b> " + quoted(authority.text) + "</p>\n");
  const RunFacts& run = context.facts.run;
  if (run.scope_sha256)
    page.raw(
        fmt::format("<p class=\"authority\"><b>May not be read:</b> what {} masks; only how much it was is known "
                    "here, in {}</p>\n",
                    quoted(run.scope_title.value_or("the scope")), section_link("not-examined")));
}

void put_verdict(Context& context, const Verdict& verdict) {
  context.page.raw(fmt::format(
      "<div class=\"verdict {}\">\n<p class=\"head\">{}</p>\n<p>{}</p>\n<p>{}</p>\n<p>{}</p>\n</div>\n", verdict.css,
      verdict.head, verdict.text, content_sentence(context.facts.work), digest_sentence(context.facts.evidence)));
}

// The files the image lies in, whose size is another than that of the media.
std::string container_text(const EvidenceFacts& evidence) {
  std::string text = plural(evidence.segment_count, "image file", "image files");
  if (!evidence.segments.empty()) text += ", " + human_bytes(evidence.container_bytes());
  return text;
}

void put_figures(Context& context) {
  const Facts& facts = context.facts;
  const Census& census = facts.census;
  const Tally& files = census.kind("file");
  std::string out = "<dl class=\"figures\">\n";
  const auto figure = [&](std::string_view label, const std::string& value, const std::string& more) {
    out += fmt::format("<div><dt>{}</dt><dd>{}<span class=\"more\">{}</span></dd></div>\n", label, value, more);
  };
  figure("Media", human_bytes(facts.evidence.size_bytes), container_text(facts.evidence));
  figure("Volumes and gaps", grouped(facts.counts.volumes),
         plural(facts.counts.encryption, "encryption sign", "encryption signs"));
  figure("Files", grouped(files.items), plural(census.kind("dir").items, "folder", "folders"));
  figure("Deleted entries", grouped(census.deleted),
         grouped(census.deleted_state("recovered").items) + " with content");
  figure("Not examined", grouped(facts.counts.not_examined),
         (facts.counts.not_examined == 1 ? "entry, " : "entries, ") + section_link("not-examined"));
  figure("Issues", grouped(facts.counts.issues), section_link("issues"));
  context.page.raw(out + "</dl>\n");
}

std::string condition(std::string_view label, std::string_view css, std::string_view text) {
  return fmt::format("<li><span class=\"label\">{}</span> <span class=\"is-{}\">{}</span></li>\n", label, css, text);
}

std::string findings_condition(const Counts& counts, bool rules) {
  if (counts.findings == 0)
    return fmt::format("<li><span class=\"label\">Findings</span> {}</li>\n",
                       rules ? "none by the rules that were run; that is no all-clear"
                             : "not computed: there was nothing that rules could judge");
  return condition("Findings", counts.by_priority[0] + counts.by_priority[1] > 0 ? "bad" : "warn",
                   priorities_text(counts));
}

void put_conditions(Context& context) {
  const Conditions& conditions = context.facts.conditions;
  const EvidenceFacts& evidence = context.facts.evidence;
  std::string out = "<div><h2>How far this result goes</h2>\n<ul>\n";
  if (conditions.mismatch)
    out += condition("Integrity", "bad", "a digest differs");
  else if (evidence.verdict == "verified")
    out += condition("Integrity", "good", "digests agree");
  else
    out += condition("Integrity", "warn",
                     evidence.verdict == "no-stored-digest" ? "no earlier digest to compare" : "not confirmed");
  out += conditions.damaged ? condition("Readability", "bad", "damaged ranges")
                            : condition("Readability", "good", "no damage found");
  if (conditions.interrupted)
    out += condition("Completeness", "bad", "interrupted");
  else if (conditions.nothing_examined)
    out += condition("Completeness", "bad", "nothing examined");
  else if (conditions.incomplete)
    out += condition("Completeness", "warn", "part not examined");
  else
    out += condition("Completeness", "good", work_done(context.facts.work));
  if (!context.facts.run.jailed) out += condition("Jail", "warn", "the evidence was parsed without one (--no-sandbox)");
  out += findings_condition(context.facts.counts, context.facts.work.rules);
  context.page.raw(out + "</ul></div>\n");
}

Status put_front_not_examined(Context& context) {
  LIMIER_TRY(auto rows, context.index.query(
                            "SELECT what, reason, bytes FROM v_not_examined ORDER BY bytes DESC, what, reason, items"));
  Page& page = context.page;
  page.raw("<div><h2>Not examined</h2>\n<ul>\n");
  std::int64_t shown = 0;
  while (shown < kFrontLines && rows.step()) {
    ++shown;
    page.raw(fmt::format("<li>{}: {}{}</li>\n", quoted(rows.text(0)), quoted(rows.text(1)),
                         rows.is_null(2) ? "" : ", <span class=\"short\">" + human_bytes(rows.integer(2)) + "</span>"));
  }
  LIMIER_CHECK(rows.status());
  if (shown == 0)
    page.raw("<li>Nothing was left out of list and digests for damage, encryption or lack of support.</li>\n");
  if (context.facts.counts.not_examined > shown)
    page.raw(fmt::format("<li><a href=\"#not-examined\">and {} more</a></li>\n",
                         grouped(context.facts.counts.not_examined - shown)));
  page.raw(fmt::format("<li>{}, unallocated space: not looked into by this version</li>\n</ul></div>\n",
                       context.facts.work.contents > 0 ? "contents that no parser knows" : "content of files"));
  return ok_status();
}

std::string comparison(const MaybeText& computed, const MaybeText& other) {
  if (!computed) return "<span class=\"none\">not computed now</span>";
  return *computed == *other ? "<span class=\"is-good\">equal</span>" : "<span class=\"is-bad\">differs</span>";
}

void put_digest_rows(Page& page, std::string_view algorithm, const MaybeText& computed, const MaybeText& stored,
                     const MaybeText& expected) {
  if (computed) page.row({std::string(algorithm), "computed now", code(*computed), " "});
  if (stored) page.row({std::string(algorithm), "stored at acquisition", code(*stored), comparison(computed, stored)});
  if (expected)
    page.row({std::string(algorithm), "from the custody record", code(*expected), comparison(computed, expected)});
}

void put_digests(Page& page, const EvidenceFacts& evidence) {
  page.heading("Digests of the media");
  if (!evidence.md5 && !evidence.sha1 && !evidence.sha256 && !evidence.stored_md5 && !evidence.stored_sha1 &&
      !evidence.expected_md5 && !evidence.expected_sha1 && !evidence.expected_sha256) {
    page.paragraph("None: the container stores none, none was given, and none was computed.");
    return;
  }
  page.table("", {{"Algorithm", Align::kShort},
                  {"Source", Align::kShort},
                  {"Digest", Align::kPath},
                  {"Comparison", Align::kShort}});
  put_digest_rows(page, "MD5", evidence.md5, evidence.stored_md5, evidence.expected_md5);
  put_digest_rows(page, "SHA-1", evidence.sha1, evidence.stored_sha1, evidence.expected_sha1);
  put_digest_rows(page, "SHA-256", evidence.sha256, std::nullopt, evidence.expected_sha256);
  page.end_table();
}

Status put_bad_ranges(Context& context) {
  Page& page = context.page;
  page.heading("Damaged ranges");
  if (context.facts.counts.bad_ranges == 0) {
    page.paragraph("None: every chunk that was read passed the checks of its container.");
    return ok_status();
  }
  const std::int64_t sector = std::max<std::int64_t>(context.facts.evidence.sector_size, 1);
  LIMIER_TRY(auto rows,
             context.index.query(fmt::format(
                 "SELECT image_offset, length, reason FROM v_bad_range ORDER BY image_offset, length, reason LIMIT {}",
                 kMaxRanges)));
  page.table("", {{"First sector", Align::kNumber},
                  {"Sectors", Align::kNumber},
                  {"First byte", Align::kNumber},
                  {"Bytes", Align::kNumber},
                  {"Reason"}});
  std::int64_t shown = 0;
  while (rows.step()) {
    ++shown;
    const std::int64_t offset = rows.integer(0), length = rows.integer(1);
    const std::int64_t first = offset / sector;
    const std::int64_t sectors = length <= 0 ? 0 : (add_saturating(offset, length) - 1) / sector - first + 1;
    page.row({grouped(first), grouped(sectors), grouped(offset), grouped(length), quoted(rows.text(2))});
  }
  LIMIER_CHECK(rows.status());
  page.end_table();
  if (shown < context.facts.counts.bad_ranges)
    page.raw(fmt::format(
        "<p class=\"note\">Listed: the first {} of {} ranges. report.json and the index have all of them.</p>\n",
        grouped(shown), grouped(context.facts.counts.bad_ranges)));
  return ok_status();
}

void put_segments(Page& page, const EvidenceFacts& facts) {
  if (facts.segments.empty()) return;
  page.heading("Segments");
  page.table("", {{"File", Align::kPath}, {"Bytes", Align::kNumber}, {"Size", Align::kNumber}});
  const std::size_t shown = std::min<std::size_t>(facts.segments.size(), kMaxSegments);
  for (std::size_t i = 0; i < shown; ++i)
    page.row({quoted(facts.segments[i].name), grouped(facts.segments[i].size_bytes),
              size_cell(facts.segments[i].size_bytes)});
  page.end_table();
  if (shown < facts.segments.size())
    page.raw(fmt::format("<p class=\"note\">Listed: the first {} of {} segments. report.json has all of them.</p>\n",
                         shown, grouped(static_cast<std::int64_t>(facts.segments.size()))));
}

// "acquiry_software_version" → "Acquiry software version". The names are those of the container format, not of the
// evidence.
std::string label_of(std::string_view name) {
  std::string label(name);
  for (char& c : label)
    if (c == '_') c = ' ';
  if (!label.empty() && label[0] >= 'a' && label[0] <= 'z') label[0] = static_cast<char>(label[0] - 'a' + 'A');
  return html_text(label);
}

void put_acquisition(Page& page, const EvidenceFacts& facts) {
  page.heading("Acquisition record");
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto& one : facts.header.empty() ? facts.acquisition : facts.header)
    if (one.value && !one.value->empty()) pairs.emplace_back(label_of(one.name), quoted(*one.value));
  if (pairs.empty()) {
    page.paragraph("The container holds no acquisition record.");
    return;
  }
  page.paragraph("As the container states it. It was written by whoever made the image; limier cannot confirm it.");
  page.pairs(pairs);
}

}  // namespace

Status put_front(Context& context) {
  put_title(context);
  LIMIER_CHECK(put_front_device(context));
  // What is wrong with the evidence is said before what was found in it.
  const Verdict verdict = verdict_of(context.facts);
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
  const std::pair<std::string, std::string> pairs[] = {
      {"Authority", value(facts.text)},
      {"Case number", value(facts.case_number)},
      {"Exhibit", value(facts.exhibit)},
      {"Examiner", value(facts.examiner)},
      {"Agency", value(facts.agency)},
      {"Note", value(facts.note)},
      {"Scope", run.scope_sha256 ? quoted(run.scope_title.value_or("")) : std::string()},
      {"SHA-256 of the scope file", run.scope_sha256 ? code(*run.scope_sha256) : std::string()}};
  context.page.paragraph(
      "As stated by the operator when the examination was started. limier does not run without an authority.");
  context.page.pairs(pairs);
  return ok_status();
}

Status put_evidence_section(Context& context) {
  const EvidenceFacts& facts = context.facts.evidence;
  Page& page = context.page;
  const auto value = [](const MaybeText& text) { return text && !text->empty() ? quoted(*text) : std::string(); };
  std::string format = quoted(facts.format);
  if (facts.variant && !facts.variant->empty()) format += " (" + quoted(*facts.variant) + ")";
  const std::pair<std::string, std::string> pairs[] = {
      {"Image", quoted(facts.path)},
      {"Container", format},
      {"Segments", grouped(facts.segment_count)},
      {"Size of the media", exact_size(facts.size_bytes)},
      {"Size of the image files", facts.segments.empty() ? std::string() : exact_size(facts.container_bytes())},
      {"Sector size", plural(facts.sector_size, "byte", "bytes")},
      {"Compression", value(facts.compression)},
      {"Media type", value(facts.media_type)},
      {"Set identifier", value(facts.set_identifier)},
      {"Verdict", facts.verdict.empty() ? std::string("not checked") : quoted(facts.verdict)}};
  page.pairs(pairs);
  put_digests(page, facts);
  LIMIER_CHECK(put_bad_ranges(context));
  put_segments(page, facts);
  put_acquisition(page, facts);
  return ok_status();
}

}  // namespace limier::report
