// The tables of a case as CSV, the graph as SVG and as GraphML (http://graphml.graphdrawing.org/).
#include <fmt/format.h>

#include <algorithm>

#include "report/case_formats.h"
#include "report/case_graph.h"
#include "report/out_file.h"

namespace limier::report {
namespace {

// Whole result of a query as RFC 4180 with LF line ends; NULL is an empty, unquoted field.
Status put_csv(store::Index& index, const std::string& dir, std::string_view file, const std::string& sql) {
  LIMIER_TRY(auto out, OutFile::create(dir, file));
  LIMIER_TRY(auto rows, index.query(sql));
  std::string line;
  for (int i = 0; i < rows.column_count(); ++i) line += (i == 0 ? "" : ",") + rows.column_name(i);
  out << line << "\n";
  while (rows.step() && !out.failed()) {
    line.clear();
    for (int i = 0; i < rows.column_count(); ++i) {
      if (i > 0) line += ',';
      const store::Value value = rows.value(i);
      if (const auto* number = std::get_if<std::int64_t>(&value))
        line += fmt::format("{}", *number);
      else if (const auto* real = std::get_if<double>(&value))
        line += fmt::format("{:.3f}", *real);
      else if (const auto* text = std::get_if<std::string>(&value))
        line += csv_field(*text);
    }
    out << line << "\n";
  }
  LIMIER_CHECK(rows.status());
  return out.commit();
}

void put_data(std::string& out, std::string_view key, const std::string& value) {
  out += fmt::format("<data key=\"{}\">{}</data>", key, value);
}

struct Attribute {
  std::string_view id, element, type;
};
constexpr Attribute kAttributes[] = {
    {"exhibit", "node", "string"},          {"state", "node", "string"},        {"attention", "node", "int"},
    {"attention_reason", "node", "string"}, {"exit_code", "node", "int"},       {"verdict", "node", "string"},
    {"size_bytes", "node", "long"},         {"score", "edge", "double"},        {"strongest", "edge", "string"},
    {"same_image", "edge", "boolean"},      {"same_device", "edge", "boolean"}, {"shared_contents", "edge", "long"},
    {"shared_bytes", "edge", "long"},       {"evidence", "edge", "string"}};

}  // namespace

Status write_case_csv(CaseSource& source, const std::string& dir) {
  store::Index& index = source.index;
  LIMIER_CHECK(put_csv(index, dir, "case-exhibits.csv", "SELECT * FROM v_exhibit ORDER BY attention"));
  LIMIER_CHECK(
      put_csv(index, dir, "case-findings.csv",
              "SELECT exhibit, rank, exhibit_rank, priority, title, reason, t, pack, pack_version, rule, meaning, "
              "limits, score, key, finding_id, subject_kind, subject_id, file_id FROM v_case_finding ORDER BY "
              "rank"));
  LIMIER_CHECK(put_csv(index, dir, "case-links.csv", "SELECT * FROM v_link ORDER BY link_id"));
  LIMIER_CHECK(put_csv(index, dir, "case-message-pairs.csv",
                       "SELECT * FROM v_message_pair ORDER BY exhibit_a, exhibit_b, message_a"));
  LIMIER_CHECK(put_csv(index, dir, "case-people.csv", "SELECT * FROM v_person ORDER BY person_id"));
  LIMIER_CHECK(
      put_csv(index, dir, "case-shared.csv",
              fmt::format("SELECT rank, sha256, size, exhibits, files, notable, weight, exhibit_list, path FROM "
                          "v_shared_content ORDER BY key_id LIMIT {}",
                          kMaxCsvContents)));
  return put_csv(
      index, dir, "case-not-examined.csv",
      "SELECT n.* FROM v_case_not_examined n JOIN v_exhibit e USING (exhibit) ORDER BY e.exhibit_id, n.bytes "
      "DESC, n.what, n.reason");
}

Status write_case_svg(CaseSource& source, const std::string& dir) {
  LIMIER_TRY(auto out, OutFile::create(dir, "case-links.svg"));
  out << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      << draw_graph(Words(), source.facts, layout_graph(source.facts), true);
  return out.commit();
}

Status write_case_graphml(CaseSource& source, const std::string& dir) {
  LIMIER_TRY(auto out, OutFile::create(dir, "case-links.graphml"));
  out << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n";
  for (const Attribute& one : kAttributes)
    out << fmt::format("<key id=\"{0}\" for=\"{1}\" attr.name=\"{0}\" attr.type=\"{2}\"/>\n", one.id, one.element,
                       one.type);
  out << "<graph id=\"case\" edgedefault=\"undirected\">\n";
  for (std::size_t i = 0; i < source.facts.by_name.size(); ++i) {
    const CaseExhibitFacts& one = source.facts.by_attention[source.facts.by_name[i]];
    std::string line = fmt::format("<node id=\"n{}\">", i + 1);
    put_data(line, "exhibit", xml_text(one.exhibit));
    put_data(line, "state", xml_text(one.state));
    put_data(line, "attention", fmt::format("{}", one.attention));
    put_data(line, "attention_reason", xml_text(one.reason));
    if (one.exit_code) put_data(line, "exit_code", fmt::format("{}", *one.exit_code));
    if (one.verdict) put_data(line, "verdict", xml_text(*one.verdict));
    if (one.size_bytes) put_data(line, "size_bytes", fmt::format("{}", *one.size_bytes));
    out << line << "</node>\n";
  }
  LIMIER_TRY(auto rows,
             source.index.query("SELECT l.link_id, l.exhibit_a, l.exhibit_b, v.score, v.strongest, v.same_image, "
                                "v.same_device, v.shared_contents, v.shared_bytes, v.evidence FROM link l JOIN "
                                "v_link v USING (link_id) ORDER BY l.link_id"));
  while (rows.step() && !out.failed()) {
    std::string line = fmt::format("<edge id=\"e{}\" source=\"n{}\" target=\"n{}\">", rows.integer(0), rows.integer(1),
                                   rows.integer(2));
    put_data(line, "score", fmt::format("{:.3f}", rows.real(3)));
    put_data(line, "strongest", xml_text(rows.text(4)));
    put_data(line, "same_image", rows.integer(5) != 0 ? "true" : "false");
    put_data(line, "same_device", rows.integer(6) != 0 ? "true" : "false");
    put_data(line, "shared_contents", fmt::format("{}", rows.integer(7)));
    put_data(line, "shared_bytes", fmt::format("{}", rows.integer(8)));
    put_data(line, "evidence", xml_text(rows.text(9)));
    out << line << "</edge>\n";
  }
  LIMIER_CHECK(rows.status());
  out << "</graph>\n</graphml>\n";
  return out.commit();
}

}  // namespace limier::report
