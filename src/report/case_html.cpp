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
    {"findings", "Findings over all exhibits", put_case_findings},
    {"exhibits", "Exhibits, in the order of attention", put_case_exhibits},
    {"links", "Links between exhibits", put_case_links},
    {"people", "People, and the messages between them", put_case_people},
    {"link-keys", "What the strongest links rest on", put_case_link_keys},
    {"contents", "Files found on several exhibits", put_case_contents},
    {"keys", "Devices, volumes, accounts and names seen on several exhibits", put_case_other_keys},
    {"not-examined", "What was not examined, and why", put_case_not_examined},
    {"authority", "Authority and digests of every exhibit", put_case_authority},
    {"marks", "What examiners noted and decided", put_case_marks},
    {"method", "How this was made, and its limits", put_case_method},
};

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

std::string verdict_head(const CaseFacts& facts) {
  const std::int64_t without = facts.exhibits - facts.merged, examined = facts.examined();
  std::string text;
  if (examined == facts.exhibits)
    text = facts.exhibits == 1 ? "The one exhibit: " : fmt::format("All {} exhibits: ", facts.exhibits);
  else
    text = fmt::format("{} of {}: ", examined, plural(facts.exhibits, "exhibit", "exhibits"));
  text += examined == 0 ? "nothing examined" : facts.done();
  if (const std::int64_t nothing = facts.merged - examined; nothing > 0 && examined > 0)
    text += fmt::format("; of {} nothing could be examined", nothing);
  if (without > 0) text += fmt::format("; {} without a result", without);
  return text;
}

std::string level_sentence(const CaseFacts& facts) {
  std::string text;
  for (std::size_t i = 0; i < facts.by_attention.size();) {
    std::size_t end = i;
    while (end < facts.by_attention.size() && facts.by_attention[end].level == facts.by_attention[i].level) ++end;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", end - i, html_text(facts.by_attention[i].level));
    i = end;
  }
  return text;
}

void put_verdict(CaseContext& context) {
  const CaseFacts& facts = context.facts;
  context.page.raw(fmt::format(
      "<div class=\"verdict {}\">\n<p class=\"head\">{}</p>\n<p>By what deserves attention first: "
      "{}.</p>\n<p>The worst result of all is exit code {}: {}.</p>\n</div>\n",
      verdict_css(facts), verdict_head(facts), level_sentence(facts), facts.exit_code, exit_meaning(facts.exit_code)));
}

void put_figures(CaseContext& context) {
  const CaseFacts& facts = context.facts;
  std::string out = "<dl class=\"figures\">\n";
  const auto figure = [&](std::string_view label, const std::string& value, const std::string& more) {
    out += fmt::format("<div><dt>{}</dt><dd>{}<span class=\"more\">{}</span></dd></div>\n", label, value, more);
  };
  const auto same = [&](bool CaseLinkFacts::*member) {
    return std::count_if(facts.top_links.begin(), facts.top_links.end(),
                         [&](const CaseLinkFacts& link) { return link.*member; });
  };
  figure("Exhibits", grouped(facts.exhibits), fmt::format("{} listed", grouped(facts.examined())));
  figure("Findings", facts.judged == 0 ? std::string("–") : grouped(facts.findings),
         facts.judged == 0 ? "not computed"
                           : fmt::format("on {} judged, section 1", plural(facts.judged, "exhibit", "exhibits")));
  figure("Media", human_bytes(facts.media_bytes), "in all");
  figure("Files", grouped(facts.files), "in all file systems");
  figure("Shared files", grouped(facts.shared_contents), "contents, section 6");
  figure("Links", grouped(facts.links),
         fmt::format("{} same device, {} same image", same(&CaseLinkFacts::same_device),
                     same(&CaseLinkFacts::same_image)));
  figure("Not examined", grouped(facts.not_examined),
         facts.not_examined == 1 ? "entry, section 8" : "entries, section 8");
  context.page.raw(out + "</dl>\n");
}

void put_first(CaseContext& context) {
  constexpr std::size_t kLines = 5;
  const CaseFacts& facts = context.facts;
  std::string out = "<div class=\"first\">\n<div><h2>Look at these first</h2>\n<ul>\n";
  for (std::size_t i = 0; i < std::min(kLines, facts.by_attention.size()); ++i) {
    const CaseExhibitFacts& one = facts.by_attention[i];
    out += fmt::format("<li><b>{}</b> {}{}</li>\n", exhibit_link(one),
                       one.whose ? fmt::format("<span class=\"note\">{}</span><br>", quoted(*one.whose)) : "",
                       quoted(one.reason));
  }
  out += "</ul></div>\n<div><h2>Strongest links</h2>\n<ul>\n";
  for (std::size_t i = 0; i < std::min(kLines, facts.top_links.size()); ++i) {
    const CaseLinkFacts& link = facts.top_links[i];
    out += fmt::format("<li><b>{} – {}</b> {}</li>\n", quoted(link.a), quoted(link.b), quoted(link.evidence));
  }
  if (facts.top_links.empty()) out += "<li>No two exhibits share anything that is compared.</li>\n";
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
  page.raw("<p class=\"brand\"><b>limier</b> case report</p>\n");
  const Text number = common(facts, &CaseExhibitFacts::case_number);
  page.raw("<h1>" +
           (number.empty() ? fmt::format("{} of one case", plural(facts.exhibits, "exhibit", "exhibits"))
                           : "Case " + quoted(number)) +
           "</h1>\n");
  std::string sub;
  const auto add = [&](std::string_view label, const Text& value) {
    if (!value.empty()) sub += fmt::format("<span>{}{}</span>", label, quoted(value));
  };
  if (!number.empty()) sub += fmt::format("<span>{}</span>", plural(facts.exhibits, "exhibit", "exhibits"));
  add("Examiner ", common(facts, &CaseExhibitFacts::examiner));
  add("", common(facts, &CaseExhibitFacts::agency));
  if (!sub.empty()) page.raw("<p class=\"sub\">" + sub + "</p>\n");
  const Text authority = common(facts, &CaseExhibitFacts::authority);
  page.raw("<p class=\"authority\"><b>Examined under:</b> " +
           (authority.empty() ? std::string("the authority of each exhibit, <a href=\"#authority\">section 9</a>")
                              : quoted(authority)) +
           "</p>\n");
  LIMIER_CHECK(put_case_front_findings(context));
  put_verdict(context);
  put_figures(context);
  put_first(context);
  return ok_status();
}

Status write_case_html(CaseSource& source, const std::string& dir) {
  LIMIER_TRY(auto out, OutFile::create(dir, "case.html"));
  Page page(out);
  CaseContext context{source.index, source.facts, page, source.marks};
  page.raw(page_head("Case report", std::string(style_sheet()) + std::string(case_style_sheet())));
  page.raw("<header>\n");
  LIMIER_CHECK(put_case_front(context));
  put_contents(page, kSections);
  page.raw("</header>\n<main>\n");
  LIMIER_CHECK(put_sections(context, kSections));
  page.raw(page_end("End of the report. "));
  return out.commit();
}

}  // namespace limier::report
