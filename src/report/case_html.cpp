// case.html: the first page, and the sections on the exhibits.
#include <fmt/format.h>

#include <algorithm>

#include "report/case_formats.h"
#include "report/case_graph.h"
#include "report/case_sections.h"
#include "report/numbers.h"

namespace limier::report {
namespace {

constexpr PageSection<CaseContext> kSections[] = {
    {"findings", "Findings over all exhibits"_w, put_case_findings},
    {"exhibits", "Exhibits, in the order of attention"_w, put_case_exhibits},
    {"links", "Links between exhibits"_w, put_case_links},
    {"people", "People, and the messages between them"_w, put_case_people},
    {"link-keys", "What the strongest links rest on"_w, put_case_link_keys},
    {"contents", "Files found on several exhibits"_w, put_case_contents},
    {"keys", "Devices, volumes, accounts and names seen on several exhibits"_w, put_case_other_keys},
    {"not-examined", "What was not examined, and why"_w, put_case_not_examined},
    {"authority", "Authority and digests of every exhibit"_w, put_case_authority},
    {"marks", "What examiners noted and decided"_w, put_case_marks},
    {"method", "How this was made, and its limits"_w, put_case_method},
};

// "section 3": of this page.
std::string section_name(const Words& w, std::string_view id) {
  const auto* const found = std::ranges::find(kSections, id, &PageSection<CaseContext>::id);
  return w("section {}"_w, found - std::begin(kSections) + 1);
}

// The value all exhibits agree on, or "".
Text common(const CaseFacts& facts, Text CaseExhibitFacts::*member) {
  if (facts.by_attention.empty()) return {};
  const Text& first = facts.by_attention.front().*member;
  const bool same = std::all_of(facts.by_attention.begin(), facts.by_attention.end(),
                                [&](const CaseExhibitFacts& one) { return one.*member == first; });
  return same ? first : Text();
}

std::string_view verdict_css(const CaseFacts& facts) {
  if (facts.exit_code == 0) return "good";
  return facts.exit_code == 5 || facts.exit_code == 1 ? "warn" : "bad";
}

std::string verdict_head(const Words& w, const CaseFacts& facts) {
  const std::int64_t without = facts.exhibits - facts.merged, examined = facts.examined();
  std::string text;
  if (examined == facts.exhibits)
    text = facts.exhibits == 1 ? std::string(w("The one exhibit"_w)) : w("All {} exhibits"_w, facts.exhibits);
  else
    text = w("{} of {}"_w, examined, w.count(facts.exhibits, "of|exhibit"_w, "of|exhibits"_w));
  text += ": " + (examined == 0 ? std::string(w("nothing examined"_w)) : facts.done(w));
  if (const std::int64_t nothing = facts.merged - examined; nothing > 0 && examined > 0)
    text += "; " + w("of {} nothing could be examined"_w, nothing);
  if (without > 0) text += "; " + w("{} without a result"_w, without);
  return text;
}

std::string level_sentence(const Words& w, const CaseFacts& facts) {
  std::string text;
  for (std::size_t i = 0; i < facts.by_attention.size();) {
    std::size_t end = i;
    while (end < facts.by_attention.size() && facts.by_attention[end].level == facts.by_attention[i].level) ++end;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", end - i, html_text(w.stored(facts.by_attention[i].level)));
    i = end;
  }
  return text;
}

void put_verdict(CaseContext& context) {
  const CaseFacts& facts = context.facts;
  const Words& w = context.w;
  context.page.raw(fmt::format(
      "<div class=\"verdict {}\">\n<p class=\"head\">{}</p>\n<p>{}</p>\n<p>{}</p>\n</div>\n", verdict_css(facts),
      verdict_head(w, facts), w("By what deserves attention first: {}."_w, level_sentence(w, facts)),
      w("The worst result of all is exit code {}: {}."_w, facts.exit_code, w(exit_meaning(facts.exit_code)))));
}

void put_figures(CaseContext& context) {
  const CaseFacts& facts = context.facts;
  std::string out = "<dl class=\"figures\">\n";
  const Words& w = context.w;
  const auto figure = [&](Key label, const std::string& value, std::string_view more) {
    out += fmt::format("<div><dt>{}</dt><dd>{}<span class=\"more\">{}</span></dd></div>\n", w(label), value, more);
  };
  const auto same = [&](bool CaseLinkFacts::*member) {
    return std::count_if(facts.top_links.begin(), facts.top_links.end(),
                         [&](const CaseLinkFacts& link) { return link.*member; });
  };
  figure("Exhibits"_w, grouped(facts.exhibits), w("{} listed"_w, grouped(facts.examined())));
  figure("Findings"_w, facts.judged == 0 ? std::string("–") : grouped(facts.findings),
         facts.judged == 0 ? std::string(w("not computed"_w))
                           : w("on {} judged, {}"_w, w.count(facts.judged, "on|exhibit"_w, "on|exhibits"_w),
                               section_name(w, "findings")));
  figure("Media"_w, human_bytes(facts.media_bytes), w("in all"_w));
  figure("Files"_w, grouped(facts.files), w("in all file systems"_w));
  figure("Shared files"_w, grouped(facts.shared_contents), w("contents, {}"_w, section_name(w, "contents")));
  figure("Links"_w, grouped(facts.links),
         w("{} same device, {} same image"_w, same(&CaseLinkFacts::same_device), same(&CaseLinkFacts::same_image)));
  figure("Not examined"_w, grouped(facts.not_examined),
         w(w.number(facts.not_examined, "entry, {}"_w, "entries, {}"_w), section_name(w, "not-examined")));
  context.page.raw(out + "</dl>\n");
}

void put_first(CaseContext& context) {
  constexpr std::size_t kLines = 5;
  const CaseFacts& facts = context.facts;
  const Words& w = context.w;
  std::string out = fmt::format("<div class=\"first\">\n<div><h2>{}</h2>\n<ul>\n", w("Look at these first"_w));
  for (std::size_t i = 0; i < std::min(kLines, facts.by_attention.size()); ++i) {
    const CaseExhibitFacts& one = facts.by_attention[i];
    out += fmt::format("<li><b>{}</b> {}{}</li>\n", exhibit_link(one),
                       one.whose ? fmt::format("<span class=\"note\">{}</span><br>", quoted(w.stored(*one.whose))) : "",
                       quoted(w.stored(one.reason)));
  }
  out += fmt::format("</ul></div>\n<div><h2>{}</h2>\n<ul>\n", w("Strongest links"_w));
  for (std::size_t i = 0; i < std::min(kLines, facts.top_links.size()); ++i) {
    const CaseLinkFacts& link = facts.top_links[i];
    out += fmt::format("<li><b>{} – {}</b> {}</li>\n", quoted(link.a), quoted(link.b), quoted(w.stored(link.evidence)));
  }
  if (facts.top_links.empty())
    out += fmt::format("<li>{}</li>\n", w("No two exhibits share anything that is compared."_w));
  context.page.raw(out + "</ul></div>\n</div>\n");
}

}  // namespace

std::string exhibit_link(const CaseExhibitFacts& exhibit) {
  if (!exhibit.has_result() || exhibit.folder.empty()) return quoted(exhibit.exhibit);
  std::string target;
  for (const char c : exhibit.folder) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
                       c == '.' || c == '_' || c == '-';
    target += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return fmt::format("<a href=\"{}/report.html\">{}</a>", target, quoted(exhibit.exhibit));
}

Status put_case_front(CaseContext& context) {
  const CaseFacts& facts = context.facts;
  Page& page = context.page;
  const Words& w = context.w;
  page.raw(fmt::format("<p class=\"brand\"><b>limier</b> {}</p>\n", w("case report"_w)));
  const Text number = common(facts, &CaseExhibitFacts::case_number);
  page.raw("<h1>" +
           (number.empty() ? w("{} of one case"_w, w.count(facts.exhibits, "exhibit"_w, "exhibits"_w))
                           : w("Case {}"_w, quoted(number))) +
           "</h1>\n");
  std::string sub;
  const auto add = [&](const std::string& html) { sub += fmt::format("<span>{}</span>", html); };
  const Text examiner = common(facts, &CaseExhibitFacts::examiner), agency = common(facts, &CaseExhibitFacts::agency);
  if (!number.empty()) add(w.count(facts.exhibits, "exhibit"_w, "exhibits"_w));
  if (!examiner.empty()) add(w("Examiner {}"_w, quoted(examiner)));
  if (!agency.empty()) add(quoted(agency));
  if (!sub.empty()) page.raw("<p class=\"sub\">" + sub + "</p>\n");
  const Text authority = common(facts, &CaseExhibitFacts::authority);
  const std::string authorities = fmt::format("<a href=\"#authority\">{}</a>", section_name(w, "authority"));
  page.raw(fmt::format("<p class=\"authority\"><b>{}</b> {}</p>\n", w("Examined under:"_w),
                       authority.empty() ? w("the authority of each exhibit, {}"_w, authorities) : quoted(authority)));
  LIMIER_CHECK(put_case_front_findings(context));
  put_verdict(context);
  put_figures(context);
  put_first(context);
  return ok_status();
}

Status write_case_html(CaseSource& source, const std::string& dir) {
  LIMIER_TRY(auto out, OutFile::create(dir, "case.html"));
  const Words& w = source.words;
  Page page(out, w);
  CaseContext context{source.index, source.facts, page, source.marks, w};
  page.raw(page_head(w, w("Case report"_w), std::string(style_sheet()) + std::string(case_style_sheet())));
  page.raw("<header>\n");
  LIMIER_CHECK(put_case_front(context));
  put_contents(page, kSections);
  page.raw("</header>\n<main>\n");
  LIMIER_CHECK(put_sections(context, kSections));
  page.raw(page_end(w, "End of the report."_w));
  return out.commit();
}

}  // namespace limier::report
