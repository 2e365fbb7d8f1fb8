// The sections of case.html below the first page.
#include "report/case_sections.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/case_graph.h"
#include "report/numbers.h"

namespace limier::report {
namespace {

std::string level_cell(const Words& w, const CaseExhibitFacts& exhibit) {
  const bool bad = exhibit.level == "live in danger" || exhibit.level == "high findings" ||
                   exhibit.level == "integrity" || exhibit.level == "no result";
  const std::string_view css = bad ? "is-bad" : exhibit.level == "routine" ? "note" : "is-warn";
  return fmt::format("<span class=\"{}\">{}</span>", css, html_text(w.stored(exhibit.level)));
}
std::string number_cell(const std::optional<std::int64_t>& value) {
  return value ? grouped(*value) : std::string();
}
// A list of exhibits, cut where a table cell ends.
std::string list_cell(const Words& w, const Text& list, std::int64_t count) {
  if (list.size() <= kMaxListChars) return quoted(list);
  std::size_t end = list.rfind(", ", kMaxListChars);
  if (end == Text::npos) end = kMaxListChars;
  const auto shown =
      static_cast<std::int64_t>(std::count(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(end), ',')) + 1;
  return fmt::format("{} <span class=\"none\">{}</span>", quoted(list.substr(0, end)),
                     w("and {} more"_w, grouped(std::max<std::int64_t>(count - shown, 1))));
}
std::string maybe_cell(const MaybeText& text) {
  return text && !text->empty() ? quoted(*text) : std::string();
}
// Names stay on one line, unless they are so long that they would leave no room for the rest.
std::string name_cell(const Text& name, const std::string& html) {
  constexpr std::size_t kOneLine = 24;
  return name.size() > kOneLine ? html : "<span class=\"short\">" + html + "</span>";
}
std::string pair_cell(const CaseLinkFacts& link) {
  return name_cell(link.a, quoted(link.a)) + " – " + name_cell(link.b, quoted(link.b));
}
// "file 12, deleted"; "" where no file is known.
std::string file_text(const Words& w, const CasePlace& place) {
  if (!place.file_id) return {};
  std::string text = w("file {}"_w, grouped(*place.file_id));
  if (!place.deleted) return text;
  return text + (*place.deleted ? fmt::format(", <span class=\"tag\">{}</span>", w("deleted"_w))
                                : fmt::format(", {}", w("in use"_w)));
}
// The path on one exhibit, and which file it is.
std::string place_cell(const Words& w, const CasePlace& place) {
  std::string text = maybe_cell(place.path);
  if (const std::string file = file_text(w, place); !file.empty())
    text += fmt::format("{}<span class=\"note\">{}</span>", text.empty() ? "" : "<br>", file);
  return text;
}
// Every exhibit that has the key, with its file.
std::string places_cell(const Words& w, const CaseKeyFacts& key) {
  if (key.places.empty()) return list_cell(w, key.exhibit_list, key.exhibits);
  std::string text;
  const std::size_t shown = std::min(key.places.size(), kMaxShownPlaces);
  for (std::size_t i = 0; i < shown; ++i) {
    const CasePlace& place = key.places[i];
    const std::string file = file_text(w, place);
    text += fmt::format("{}{}{}", i == 0 ? "" : "<br>", quoted(place.exhibit),
                        file.empty() ? "" : fmt::format(" <span class=\"note\">{}</span>", file));
  }
  if (const std::int64_t rest = key.exhibits - static_cast<std::int64_t>(shown); rest > 0)
    text += fmt::format("<br><span class=\"none\">{}</span>", w("and {} more"_w, grouped(rest)));
  return text;
}
std::string example_cell(const CaseKeyFacts& key) {
  for (const CasePlace& place : key.places)
    if (place.path) return quoted(*place.path);
  return {};
}
// What the exhibit is, in the words of whoever acquired it and of the manifest.
std::string description_cell(const Words& w, const CaseExhibitFacts& exhibit) {
  std::string text;
  const auto add = [&](const MaybeText& part) {
    if (part && !part->empty()) text += (text.empty() ? "" : "; ") + quoted(*part);
  };
  for (const MaybeText* part : {&exhibit.description, &exhibit.model, &exhibit.evidence_number, &exhibit.notes})
    add(*part);
  add(exhibit.note);
  if (exhibit.whose) text += (text.empty() ? "" : "<br>") + w("It says: {}"_w, quoted(w.stored(*exhibit.whose)));
  const Text image = exhibit.image.substr(exhibit.image.rfind('/') + 1);
  text += fmt::format("{}<span class=\"note\">{}</span>", text.empty() ? "" : "<br>", quoted(image));
  return text;
}
Text capitalised(Text text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}
const CaseKindFacts* kind_named(const CaseFacts& facts, const Text& name) {
  const auto at =
      std::find_if(facts.kinds.begin(), facts.kinds.end(), [&](const CaseKindFacts& one) { return one.kind == name; });
  return at == facts.kinds.end() ? nullptr : &*at;
}
void note_cap(Page& page, std::int64_t shown, std::int64_t total, Key sentence) {
  if (shown < total) page.note(page.words()(sentence, grouped(shown), grouped(total)));
}

}  // namespace

Status put_case_exhibits(CaseContext& context) {
  Page& page = context.page;
  const Words& w = context.w;
  page.paragraph(
      "The order says where to look first, not what is proven: findings of danger to the living, high findings, damage "
      "or "
      "digests that differ, exhibits without a result, links to other exhibits, medium findings, exhibits examined in "
      "part, "
      "and the rest. An exhibit's number leads to its own report."_w);
  page.table({}, {{"No."_w, Align::kNumber},
                  {"Exhibit"_w},
                  {"Description"_w, Align::kPath},
                  {"Level"_w, Align::kShort},
                  {"Why"_w, Align::kPath},
                  {"Media"_w, Align::kNumber},
                  {"Files"_w, Align::kNumber},
                  {"Deleted"_w, Align::kNumber},
                  {"Links"_w, Align::kNumber}});
  for (const CaseExhibitFacts& one : context.facts.by_attention)
    page.row({grouped(one.attention), name_cell(one.exhibit, exhibit_link(one)), description_cell(w, one),
              level_cell(w, one), quoted(w.stored(one.reason)), one.size_bytes ? size_cell(*one.size_bytes) : "",
              number_cell(one.files), number_cell(one.deleted), grouped(one.links)});
  page.end_table();
  return ok_status();
}

Status put_case_links(CaseContext& context) {
  const CaseFacts& facts = context.facts;
  Page& page = context.page;
  const Words& w = context.w;
  if (facts.top_links.empty()) {
    page.paragraph("No two exhibits share an image, a device, a volume, an account or the content of a file."_w);
    return ok_status();
  }
  const Graph graph = layout_graph(facts);
  page.raw(fmt::format("<figure class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"{}\">{}</figure>\n",
                       w("Graph of links between exhibits"_w), draw_graph(w, facts, graph, false)));
  std::string drawn =
      w("Drawn: {} and {}, the strongest first; the thicker a line, the higher the score. Positions mean nothing."_w,
        w.count(static_cast<std::int64_t>(graph.nodes.size()), "exhibit"_w, "exhibits"_w),
        w.count(static_cast<std::int64_t>(graph.edges.size()), "link"_w, "links"_w));
  if (!graph.left_away.empty())
    drawn += " " + w("Names are shown without “{}” at the beginning."_w, quoted(graph.left_away));
  page.note(drawn);
  page.table({}, {{"No."_w, Align::kNumber}, {"Exhibits"_w}, {"Score"_w, Align::kNumber}, {"Evidence for the link"_w}});
  std::int64_t shown = 0;
  for (const CaseLinkFacts& link : facts.top_links) {
    if (shown == kMaxShownLinks) break;
    page.row({grouped(++shown), pair_cell(link), fmt::format("{:.1f}", link.score), quoted(w.stored(link.evidence))});
  }
  page.end_table();
  note_cap(page, shown, facts.links, "Listed: the first {} of {} links. case-links.csv has more."_w);
  if (facts.links_left_out > 0) page.paragraph(w("{} weaker links were not kept."_w, grouped(facts.links_left_out)));
  return ok_status();
}

Status put_case_link_keys(CaseContext& context) {
  Page& page = context.page;
  const Words& w = context.w;
  bool any = false;
  for (std::size_t i = 0; i < std::min(kMaxExplainedOnPage, context.facts.top_links.size()); ++i) {
    const CaseLinkFacts& link = context.facts.top_links[i];
    if (link.keys.empty()) continue;
    if (!any)
      page.paragraph(
          "For each of the strongest links, the rarest and largest things in common, at most five of a kind."_w);
    any = true;
    page.raw(fmt::format("<h3>{} – {} <span class=\"none\">{}</span></h3>\n", quoted(link.a), quoted(link.b),
                         w("score {:.1f}"_w, link.score)));
    page.table({}, {{"What"_w, Align::kShort},
                    {"Value"_w, Align::kPath},
                    {"Size"_w, Align::kNumber},
                    {"On the first"_w, Align::kPath},
                    {"On the second"_w, Align::kPath}});
    for (const CaseLinkKeyFacts& key : link.keys) {
      const CaseKindFacts* const kind = kind_named(context.facts, key.kind);
      page.row({kind == nullptr ? quoted(key.kind) : html_text(capitalised(w.stored(kind->title))),
                key.kind == "content" ? code(key.value.substr(0, 16)) + "…" : code(key.value),
                key.size > 0 ? size_cell(key.size) : "", place_cell(w, key.a), place_cell(w, key.b)});
    }
    page.end_table();
  }
  if (!any) page.paragraph("There are no links."_w);
  return ok_status();
}

Status put_case_contents(CaseContext& context) {
  Page& page = context.page;
  const Words& w = context.w;
  LIMIER_TRY(const auto keys, read_case_keys(context.index, "content", kMaxShownContents));
  if (keys.empty()) {
    page.paragraph("No content of a file was found on two or more exhibits."_w);
    return ok_status();
  }
  page.paragraph(
      "Files with the same SHA-256 on two or more exhibits, the rarest and largest first. The number of the file is "
      "that "
      "of <code>limier files</code> and <code>limier export</code> on the folder of the exhibit; it is <i>deleted</i> "
      "where "
      "no file in use there has the content. Files a hash set knows as "
      "harmless "
      "and files of nothing but one repeated byte are left out. The same content proves a common source of the file; "
      "it does "
      "not say who put it there or saw it."_w);
  page.table({}, {{"No."_w, Align::kNumber},
                  {"SHA-256"_w, Align::kPath},
                  {"Size"_w, Align::kNumber},
                  {"Exhibits"_w, Align::kNumber},
                  {"On"_w, Align::kShort},
                  {"For example"_w, Align::kPath}});
  for (const CaseKeyFacts& key : keys)
    page.row({grouped(key.rank),
              code(key.value.substr(0, 16)) + "…" +
                  (key.notable ? fmt::format(" <span class=\"tag\">{}</span>", w("notable"_w)) : ""),
              size_cell(key.size), grouped(key.exhibits), places_cell(w, key), example_cell(key)});
  page.end_table();
  note_cap(page, static_cast<std::int64_t>(keys.size()), context.facts.shared_contents,
           "Listed: the first {} of {} contents. case-shared.csv has more."_w);
  return ok_status();
}

Status put_case_other_keys(CaseContext& context) {
  Page& page = context.page;
  const Words& w = context.w;
  bool any = false;
  for (const CaseKindFacts& kind : context.facts.kinds) {
    if (kind.kind == "content" || kind.shared == 0) continue;
    any = true;
    LIMIER_TRY(const auto keys, read_case_keys(context.index, kind.kind, kMaxShownKeys));
    const Text title = capitalised(w.stored(kind.title));
    page.table(Key{title},
               {{"Value"_w, Align::kPath}, {"Exhibits"_w, Align::kNumber}, {"On"_w}, {"For example"_w, Align::kPath}});
    for (const CaseKeyFacts& key : keys)
      page.row(
          {code(key.value), grouped(key.exhibits), list_cell(w, key.exhibit_list, key.exhibits), example_cell(key)});
    page.end_table();
    note_cap(page, static_cast<std::int64_t>(keys.size()), kind.shared,
             "Listed: the first {} of {} values. v_shared_key of case.db has more."_w);
  }
  if (!any)
    page.paragraph("None: no image, serial number, file-system identifier, account or name occurs on two exhibits."_w);
  return ok_status();
}

Status put_case_not_examined(CaseContext& context) {
  Page& page = context.page;
  const Words& w = context.w;
  if (context.facts.not_examined == 0) {
    page.paragraph(
        "Nothing was left out of lists and digests for damage, encryption or lack of support on any exhibit. How "
        "far contents were looked into says the report of each."_w);
    return ok_status();
  }
  LIMIER_TRY(auto rows,
             context.index.query(fmt::format("SELECT n.exhibit, n.what, n.reason, n.bytes, n.items FROM "
                                             "v_case_not_examined n JOIN v_exhibit e USING (exhibit) ORDER BY "
                                             "e.exhibit_id, n.bytes DESC, n.what, n.reason LIMIT {}",
                                             kMaxShownNotExamined)));
  page.table({}, {{"Exhibit"_w}, {"What"_w}, {"Reason"_w}, {"Bytes"_w, Align::kNumber}, {"Items"_w, Align::kNumber}});
  std::int64_t shown = 0;
  while (rows.step()) {
    ++shown;
    page.row({name_cell(rows.text(0), quoted(rows.text(0))), quoted(w.stored(rows.text(1))),
              quoted(w.stored(rows.text(2))), rows.is_null(3) ? "" : size_cell(rows.integer(3)),
              rows.is_null(4) ? "" : grouped(rows.integer(4))});
  }
  LIMIER_CHECK(rows.status());
  page.end_table();
  note_cap(page, shown, context.facts.not_examined,
           "Listed: the first {} of {} entries. case-not-examined.csv has more."_w);
  return ok_status();
}

Status put_case_authority(CaseContext& context) {
  Page& page = context.page;
  const Words& w = context.w;
  page.paragraph("As stated by the operator for each exhibit. limier examines nothing without an authority."_w);
  page.table(
      {}, {{"Exhibit"_w}, {"Image and identifiers"_w, Align::kPath}, {"Authority"_w}, {"Integrity"_w, Align::kPath}});
  for (const std::size_t at : context.facts.by_name) {
    const CaseExhibitFacts& one = context.facts.by_attention[at];
    std::string image = quoted(one.image.substr(one.image.rfind('/') + 1));
    if (one.identifiers) image += "<br><span class=\"note\">" + quoted(*one.identifiers) + "</span>";
    std::string authority = quoted(one.authority);
    if (!one.scope.empty())
      authority += fmt::format("<br><span class=\"note\">{}</span>", w("Scope: {}"_w, quoted(one.scope)));
    std::string integrity = one.verdict        ? quoted(w.stored(*one.verdict))
                            : one.has_result() ? std::string(w("not checked"_w))
                                               : std::string();
    if (one.sha256)
      integrity += "<br>SHA-256 " + code(*one.sha256);
    else if (one.md5)
      integrity += "<br>MD5 " + code(*one.md5);
    page.row({name_cell(one.exhibit, exhibit_link(one)), image, authority, integrity});
  }
  page.end_table();
  return ok_status();
}

Status put_case_method(CaseContext& context) {
  Page& page = context.page;
  const Words& w = context.w;
  page.paragraph(
      "Each exhibit was examined by itself; its report says how far. From its index, keys were taken: digests of "
      "contents, "
      "identifiers of media, volumes and installations, accounts and names. The keys of all exhibits were merged, and "
      "those of "
      "two or more kept. No evidence was read for it."_w);
  page.heading("Rank of a shared key"_w);
  page.paragraph(
      "A key on <i>n</i> exhibits gives one point in all, divided evenly over the <i>n</i>(<i>n</i> − 1) ÷ 2 pairs "
      "that share "
      "it: 2 ÷ (<i>n</i>(<i>n</i> − 1)) for each. For contents this is multiplied by the number of binary digits of "
      "the size "
      "over 20, at most 1: a file of 512 KiB or more counts in full, one of 1 KiB about half. Equal values are ordered "
      "by size, "
      "then by digest."_w);
  page.heading("Score of a link"_w);
  page.paragraph(
      "For each kind of key, its weight times log2(1 + the points the two exhibits have in common); the score is the "
      "sum. Keys on "
      "more than 20 exhibits are common property and link nobody. Kinds that say the same thing several times (digests "
      "of the "
      "media) give one point at most. The score orders links; it is no probability."_w);
  page.table({}, {{"Kind"_w},
                  {"Means"_w, Align::kShort},
                  {"Weight"_w, Align::kNumber},
                  {"Keys"_w, Align::kNumber},
                  {"On several"_w, Align::kNumber},
                  {"Known, left out"_w, Align::kNumber},
                  {"Empty, left out"_w, Align::kNumber}});
  for (const CaseKindFacts& kind : context.facts.kinds)
    page.row({html_text(capitalised(w.stored(kind.title))), html_text(w.stored(kind.meaning)), grouped(kind.weight),
              grouped(kind.keys), grouped(kind.shared), grouped(kind.known), grouped(kind.filler)});
  page.end_table();
  page.heading("Limits"_w);
  page.paragraph(
      "Only content that could be read whole has a digest, so a link may exist that is not shown: on damaged, "
      "encrypted or "
      "unexamined parts nothing can be compared. Devices of one make share factory files and sometimes volume serial "
      "numbers; "
      "where no hash set of known files was given, installed software appears among the shared files. A link is a "
      "reason to look, "
      "not a finding."_w);
  page.paragraph(
      w("limier {}. The same exhibits give the same report, byte for byte, whatever machine examined them."_w,
        html_text(context.facts.tool_version)));
  return ok_status();
}

}  // namespace limier::report
