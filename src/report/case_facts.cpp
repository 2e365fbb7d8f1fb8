#include "report/case_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "limier/report.h"

namespace limier::report {
namespace {

constexpr Key kStoresLookedInto = "known message stores looked into"_w;

std::optional<std::int64_t> maybe_integer(const store::Query& row, int column) {
  return row.is_null(column) ? std::nullopt : std::optional(row.integer(column));
}

// From the columns file_id, path, deleted.
CasePlace place(const store::Query& row, Text exhibit, int first) {
  CasePlace one{std::move(exhibit), maybe_integer(row, first), maybe_text(row, first + 1), std::nullopt};
  if (!row.is_null(first + 2)) one.deleted = row.integer(first + 2) != 0;
  return one;
}

Status read_case(store::Index& index, CaseFacts& facts) {
  LIMIER_TRY(
      auto row,
      index.query(
          "SELECT tool_version, exhibits, merged, exit_code, keys, shared_keys, shared_contents, "
          "links, links_left_out, (SELECT count(*) FROM v_case_not_examined), (SELECT coalesce(sum(live_in_danger + "
          "high + medium + low + info), 0) FROM v_exhibit) + (SELECT count(*) FROM v_case_finding WHERE finding_id IS "
          "NULL), "
          "(SELECT count(*) FROM v_case_finding), "
          "(SELECT count(DISTINCT exhibit) FROM v_case_judged WHERE items > 0 AND kind <> 'hits'), (SELECT "
          "coalesce(sum(items), 0) FROM "
          "v_case_judged "
          "WHERE "
          "kind LIKE 'messages%') FROM v_case"));
  if (row.step()) {
    facts.tool_version = row.text(0);
    for (int i = 1; auto* field : {&facts.exhibits, &facts.merged, &facts.exit_code, &facts.keys, &facts.shared_keys,
                                   &facts.shared_contents, &facts.links, &facts.links_left_out, &facts.not_examined,
                                   &facts.findings, &facts.findings_listed, &facts.judged})
      *field = row.integer(i++);
  }
  return row.status();
}

Status read_exhibits(store::Index& index, CaseFacts& facts) {
  LIMIER_TRY(auto row,
             index.query("SELECT exhibit, image, folder, state, attention_level, attention_reason, authority, "
                         "case_number, examiner, agency, scope, attention, exit_code, exit_class, message, "
                         "verdict, format, md5, sha1, sha256, identifiers, size_bytes, files, deleted, "
                         "recovered, not_examined, not_examined_bytes, links, exhibit_id, profile, note, "
                         "acq_description, acq_notes, acq_evidence_number, device_model, whose FROM v_exhibit ORDER BY "
                         "attention"));
  std::vector<std::int64_t> ids;
  while (row.step()) {
    CaseExhibitFacts& one = facts.by_attention.emplace_back();
    for (int i = 0; auto* field : {&one.exhibit, &one.image, &one.folder, &one.state, &one.level, &one.reason,
                                   &one.authority, &one.case_number, &one.examiner, &one.agency, &one.scope})
      *field = row.text(i++);
    one.attention = row.integer(11);
    one.exit_code = maybe_integer(row, 12);
    for (int i = 13; auto* field : {&one.exit_class, &one.message, &one.verdict, &one.format, &one.md5, &one.sha1,
                                    &one.sha256, &one.identifiers})
      *field = maybe_text(row, i++);
    for (int i = 21; auto* field : {&one.size_bytes, &one.files, &one.deleted, &one.recovered, &one.not_examined,
                                    &one.not_examined_bytes})
      *field = maybe_integer(row, i++);
    one.links = row.integer(27);
    ids.push_back(row.integer(28));
    one.profile = row.text(29);
    one.note = row.text(30);
    for (int i = 31; auto* field : {&one.description, &one.notes, &one.evidence_number, &one.model, &one.whose})
      *field = maybe_text(row, i++);
    facts.media_bytes += one.size_bytes.value_or(0);
    facts.files += one.files.value_or(0);
  }
  facts.by_name.resize(ids.size());
  std::iota(facts.by_name.begin(), facts.by_name.end(), std::size_t{0});
  std::sort(facts.by_name.begin(), facts.by_name.end(), [&](std::size_t a, std::size_t b) { return ids[a] < ids[b]; });
  return row.status();
}

Status read_links(store::Index& index, CaseFacts& facts) {
  LIMIER_TRY(auto row,
             index.query(fmt::format("SELECT link_id, exhibit_a, exhibit_b, strongest, evidence, score, "
                                     "same_image, same_device, shared_contents, shared_bytes FROM v_link ORDER "
                                     "BY link_id LIMIT {}",
                                     kMaxCaseLinks)));
  while (row.step())
    facts.top_links.push_back({row.integer(0),
                               row.text(1),
                               row.text(2),
                               row.text(3),
                               row.text(4),
                               row.real(5),
                               row.integer(6) != 0,
                               row.integer(7) != 0,
                               row.integer(8),
                               row.integer(9),
                               {}});
  LIMIER_CHECK(row.status());
  LIMIER_TRY(
      auto keys,
      index.query("SELECT link_id, kind, value, size, file_id_a, path_a, deleted_a, file_id_b, path_b, deleted_b "
                  "FROM v_link_key ORDER BY link_id, key_id"));
  while (keys.step()) {
    const auto at = static_cast<std::size_t>(keys.integer(0) - 1);
    if (at >= facts.top_links.size()) continue;
    CaseLinkFacts& link = facts.top_links[at];
    link.keys.push_back({keys.text(1), keys.text(2), keys.integer(3), place(keys, link.a, 4), place(keys, link.b, 7)});
  }
  return keys.status();
}

Status read_kinds(store::Index& index, CaseFacts& facts) {
  LIMIER_TRY(auto row, index.query("SELECT kind, title, meaning, link_weight, keys, shared, known_left_out, "
                                   "filler_left_out FROM v_kind ORDER BY kind_id"));
  while (row.step())
    facts.kinds.push_back({row.text(0), row.text(1), row.text(2), row.integer(3), row.integer(4), row.integer(5),
                           row.integer(6), row.integer(7)});
  return row.status();
}

}  // namespace

Result<CaseFacts> read_case_facts(store::Index& index) {
  CaseFacts facts;
  LIMIER_CHECK(read_case(index, facts));
  LIMIER_CHECK(read_exhibits(index, facts));
  LIMIER_CHECK(read_links(index, facts));
  LIMIER_CHECK(read_kinds(index, facts));
  return facts;
}

Result<std::vector<CaseKeyFacts>> read_case_keys(store::Index& index, std::string_view kind, std::int64_t limit) {
  LIMIER_TRY(auto row,
             index.query(fmt::format("SELECT key_id, rank, kind, value, exhibit_list, size, exhibits, files, notable, "
                                     "weight FROM v_shared_key WHERE kind = ?1 ORDER BY key_id LIMIT {}",
                                     limit)));
  row.bind(1, std::string(kind));
  std::vector<CaseKeyFacts> keys;
  while (row.step())
    keys.push_back({row.integer(0),
                    row.integer(1),
                    row.text(2),
                    row.text(3),
                    row.text(4),
                    row.integer(5),
                    row.integer(6),
                    row.integer(7),
                    row.integer(8) != 0,
                    row.real(9),
                    {}});
  LIMIER_CHECK(row.status());
  for (CaseKeyFacts& key : keys) {
    LIMIER_TRY(auto places,
               index.query("SELECT e.exhibit, f.file_id, f.path, f.deleted FROM shared_file f JOIN exhibit e "
                           "USING (exhibit_id) WHERE f.key_id = ?1 ORDER BY f.exhibit_id"));
    places.bind(1, key.key_id);
    while (places.step()) key.places.push_back(place(places, places.text(0), 1));
    LIMIER_CHECK(places.status());
  }
  return keys;
}

std::int64_t CaseFacts::examined() const {
  return std::count_if(by_attention.begin(), by_attention.end(),
                       [](const CaseExhibitFacts& one) { return one.examined(); });
}

Text CaseFacts::done(const Words& w) const {
  const auto listed_only = [](const CaseExhibitFacts& one) { return one.examined() && one.profile == "list"; };
  const std::int64_t listed = std::count_if(by_attention.begin(), by_attention.end(), listed_only);
  if (listed > 0 && listed < examined())
    return w("listed, {} of them hashed; {}"_w, examined() - listed,
             w(judged == 0 ? "no content examined"_w : kStoresLookedInto));
  if (judged > 0) return w("listed and hashed; {}"_w, w(kStoresLookedInto));
  return work_done(w, {listed > 0 ? "list" : ""});
}

Key exit_meaning(std::int64_t code) {
  switch (code) {
    case 0:
      return "all of it listed, integrity as expected"_w;
    case 1:
      return "all of it listed, with findings"_w;
    case 2:
      return "usage or configuration error"_w;
    case 3:
      return "nothing examined"_w;
    case 4:
      return "integrity mismatch or damage"_w;
    case 5:
      return "part not examined"_w;
    case 6:
      return "refused"_w;
    case 7:
      return "internal error"_w;
    case 75:
      return "not finished"_w;
    default:
      return "interrupted"_w;
  }
}

}  // namespace limier::report
