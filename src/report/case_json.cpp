// case.json: the facts of case.html for machines. docs/case.md describes it.
#include <fmt/format.h>

#include <algorithm>

#include "report/case_formats.h"
#include "report/json_out.h"

namespace limier::report {
namespace {

// One row of a view as an object, under the names of its columns.
void put_row(JsonOut& json, const store::Query& row) {
  json.object();
  for (int i = 0; i < row.column_count(); ++i) {
    const std::string name = row.column_name(i);
    const store::Value value = row.value(i);
    if (const auto* number = std::get_if<std::int64_t>(&value))
      json.integer(name, *number);
    else if (const auto* real = std::get_if<double>(&value))
      json.real(name, *real);
    else if (const auto* text = std::get_if<std::string>(&value))
      json.text(name, *text);
    else
      json.null(name);
  }
}

Status put_rows(JsonOut& json, store::Index& index, std::string_view key, const std::string& sql) {
  json.array(key);
  LIMIER_TRY(auto rows, index.query(sql));
  while (rows.step()) {
    put_row(json, rows);
    json.end();
  }
  LIMIER_CHECK(rows.status());
  json.end();
  return ok_status();
}

void put_file(JsonOut& json, std::string_view ending, const CasePlace& place) {
  json.maybe_integer(fmt::format("file_id{}", ending), place.file_id);
  if (place.deleted)
    json.boolean(fmt::format("deleted{}", ending), *place.deleted);
  else
    json.null(fmt::format("deleted{}", ending));
}

// The contents with every exhibit they lie on; where the case names no files, `on` is empty.
Status put_contents(JsonOut& json, store::Index& index) {
  LIMIER_TRY(const auto keys, read_case_keys(index, "content", kMaxCaseContents));
  json.array("shared_contents");
  for (const CaseKeyFacts& key : keys) {
    json.object();
    json.integer("rank", key.rank);
    json.text("sha256", key.value);
    json.integer("size", key.size);
    json.integer("exhibits", key.exhibits);
    json.integer("files", key.files);
    json.text("exhibit_list", key.exhibit_list);
    json.integer("notable", key.notable ? 1 : 0);
    json.real("weight", key.weight);
    const auto named =
        std::find_if(key.places.begin(), key.places.end(), [](const CasePlace& one) { return one.path.has_value(); });
    json.maybe_text("path", named == key.places.end() ? MaybeText() : named->path);
    json.array("on");
    for (const CasePlace& place : key.places) {
      json.object();
      json.text("exhibit", place.exhibit);
      put_file(json, "", place);
      json.maybe_text("path", place.path);
      json.end();
    }
    json.end();
    json.end();
  }
  json.end();
  return ok_status();
}

void put_links(JsonOut& json, const CaseFacts& facts) {
  json.array("links");
  for (const CaseLinkFacts& link : facts.top_links) {
    json.object();
    json.integer("link_id", link.link_id);
    json.text("exhibit_a", link.a);
    json.text("exhibit_b", link.b);
    json.real("score", link.score);
    json.text("strongest", link.strongest);
    json.boolean("same_image", link.same_image);
    json.boolean("same_device", link.same_device);
    json.integer("shared_contents", link.shared_contents);
    json.integer("shared_bytes", link.shared_bytes);
    json.text("evidence", link.evidence);
    json.array("keys");
    for (const CaseLinkKeyFacts& key : link.keys) {
      json.object();
      json.text("kind", key.kind);
      json.text("value", key.value);
      json.integer("size", key.size);
      json.maybe_text("path_a", key.a.path);
      json.maybe_text("path_b", key.b.path);
      put_file(json, "_a", key.a);
      put_file(json, "_b", key.b);
      json.end();
    }
    json.end();
    json.end();
  }
  json.end();
}

}  // namespace

Status write_case_json(CaseSource& source, const std::string& dir) {
  LIMIER_TRY(auto out, OutFile::create(dir, "case.json"));
  JsonOut json(out);
  const CaseFacts& facts = source.facts;
  json.object();
  json.text("format", "limier-case");
  json.integer("format_version", 1);
  json.object("tool");
  json.text("name", "limier");
  json.text("version", facts.tool_version);
  json.end();
  json.integer("exit_code", facts.exit_code);
  json.integer("exhibits_planned", facts.exhibits);
  json.integer("exhibits_examined", facts.examined());
  json.integer("exhibits_nothing_examined", facts.merged - facts.examined());
  json.text("examined", facts.examined() == 0 ? "nothing" : facts.done(Words()));
  json.integer("shared_keys_total", facts.shared_keys);
  json.integer("shared_contents_total", facts.shared_contents);
  json.integer("links_total", facts.links);
  json.integer("links_left_out", facts.links_left_out);
  json.integer("findings_total", facts.findings);
  json.integer("exhibits_judged", facts.judged);
  LIMIER_CHECK(put_rows(json, source.index, "findings",
                        fmt::format("SELECT * FROM v_case_finding ORDER BY rank LIMIT {}", kMaxCaseFindings)));
  LIMIER_CHECK(put_rows(json, source.index, "judged",
                        "SELECT j.* FROM v_case_judged j JOIN v_exhibit e USING (exhibit) "
                        "ORDER BY e.exhibit_id, j.kind, j.reason"));
  LIMIER_CHECK(put_rows(json, source.index, "exhibits", "SELECT * FROM v_exhibit ORDER BY attention"));
  put_links(json, facts);
  LIMIER_CHECK(put_rows(json, source.index, "people",
                        fmt::format("SELECT * FROM v_person ORDER BY person_id LIMIT {}", kMaxCasePeople)));
  LIMIER_CHECK(put_rows(
      json, source.index, "message_pairs",
      fmt::format("SELECT * FROM v_message_pair ORDER BY exhibit_a, exhibit_b, message_a LIMIT {}", kMaxCasePeople)));
  LIMIER_CHECK(put_contents(json, source.index));
  LIMIER_CHECK(
      put_rows(json, source.index, "shared_keys",
               fmt::format("SELECT kind, rank, value, exhibits, files, exhibit_list, weight FROM v_shared_key WHERE "
                           "kind <> 'content' AND rank <= {} ORDER BY key_id",
                           kMaxCaseKeys)));
  LIMIER_CHECK(put_rows(json, source.index, "not_examined",
                        "SELECT n.* FROM v_case_not_examined n JOIN v_exhibit e USING (exhibit) ORDER BY e.exhibit_id, "
                        "n.bytes DESC, n.what, n.reason"));
  LIMIER_CHECK(put_rows(json, source.index, "kinds", "SELECT * FROM v_kind ORDER BY kind_id"));
  put_case_marks_json(json, source.marks);
  json.end();
  return out.commit();
}

}  // namespace limier::report
