#include "report/case_graph.h"

#include <fmt/format.h>

#include <array>
#include <map>
#include <set>

#include "limier/base.h"
#include "report/case_layout.h"

namespace limier::report {
namespace {

std::string_view edge_class(const CaseLinkFacts& link) {
  if (link.same_image) return "e-image";
  if (link.same_device) return "e-device";
  return "e-other";
}
// By what is the case with the exhibit, not by its level alone, which is the gravest of several things.
std::string_view node_class(const CaseExhibitFacts& exhibit) {
  if (exhibit.level == "live in danger" || exhibit.level == "high findings" || exhibit.level == "integrity")
    return "n-bad";
  if (!exhibit.examined() || exhibit.exit_code == 5 || exhibit.level == "part not examined") return "n-warn";
  return "n-plain";
}

struct LegendLine {
  std::string_view css;
  Key text;
};
constexpr std::array<LegendLine, 3> kEdgeLegend{{{"e-image", "the same image"_w},
                                                 {"e-device", "the same device or volume"_w},
                                                 {"e-other", "other things in common"_w}}};
constexpr std::array<LegendLine, 3> kNodeLegend{{{"n-bad", "damage, digests that differ, high findings"_w},
                                                 {"n-warn", "not examined, or not all of it"_w},
                                                 {"n-plain", "none of these"_w}}};
constexpr int kLegendLine = 24, kLegendTop = 14, kSample = 44, kLegendText = 60, kSecondColumn = 420;

constexpr int kLegendHeight = kLegendTop + static_cast<int>(kEdgeLegend.size()) * kLegendLine;

// What is drawn, each with the class it is drawn with.
std::string legend(const Words& w, const CaseFacts& facts, const Graph& graph, int top) {
  std::set<std::string_view> used;
  for (const GraphEdge& edge : graph.edges) used.insert(edge_class(*edge.link));
  for (const GraphNode& node : graph.nodes) used.insert(node_class(facts.by_attention[node.exhibit]));
  std::string out;
  int y = top + kLegendTop;
  for (const LegendLine& line : kEdgeLegend) {
    if (!used.contains(line.css)) continue;
    out += fmt::format(
        "<g class=\"legend\"><line class=\"edge {} w3\" x1=\"8\" x2=\"{}\" y1=\"{}\" y2=\"{}\"/><text x=\"{}\" "
        "y=\"{}\">{}</text></g>\n",
        line.css, 8 + kSample, y, y, kLegendText, y + 4, w(line.text));
    y += kLegendLine;
  }
  y = top + kLegendTop;
  for (const LegendLine& line : kNodeLegend) {
    if (!used.contains(line.css)) continue;
    out += fmt::format(
        "<g class=\"legend node {}\"><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"16\" rx=\"3\"/><text x=\"{}\" "
        "y=\"{}\">{}</text></g>\n",
        line.css, kSecondColumn, y - 8, kSample, kSecondColumn + kLegendText - 8, y + 4, w(line.text));
    y += kLegendLine;
  }
  return out;
}
int edge_width(double score) {
  return score >= 90 ? 5 : score >= 50 ? 4 : score >= 25 ? 3 : score >= 10 ? 2 : 1;
}

}  // namespace

Graph layout_graph(const CaseFacts& facts) {
  Graph graph;
  std::map<Text, std::size_t> exhibit_at, node_of;
  for (std::size_t i = 0; i < facts.by_attention.size(); ++i) exhibit_at[facts.by_attention[i].exhibit] = i;
  for (const CaseLinkFacts& link : facts.top_links) {
    if (graph.edges.size() >= kMaxDrawnLinks) break;
    const std::size_t fresh = (node_of.contains(link.a) ? 0U : 1U) + (node_of.contains(link.b) ? 0U : 1U);
    if (graph.nodes.size() + fresh > kMaxDrawnExhibits) continue;
    for (const Text* name : {&link.a, &link.b})
      if (node_of.emplace(*name, graph.nodes.size()).second) graph.nodes.push_back({exhibit_at[*name], "", 0, 0, 0});
    graph.edges.push_back({node_of[link.a], node_of[link.b], &link});
  }
  std::vector<Text> names;
  for (const GraphNode& node : graph.nodes) names.push_back(facts.by_attention[node.exhibit].exhibit);
  NodeLabels labels = label_nodes(names);
  graph.left_away = std::move(labels.left_away);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    graph.nodes[i].label = std::move(labels.labels[i]);
    graph.nodes[i].width = label_width(graph.nodes[i].label);
  }
  place_nodes(graph);
  return graph;
}

std::string draw_graph(const Words& w, const CaseFacts& facts, const Graph& graph, bool alone) {
  const int height = graph.height + (graph.edges.empty() ? 0 : kLegendHeight);
  std::string out = fmt::format(
      "<svg{0} width=\"{1}\" height=\"{2}\" viewBox=\"0 0 {1} {2}\" role=\"img\" aria-labelledby=\"graph-t graph-d\">\n"
      "<title id=\"graph-t\">{3}</title>\n<desc id=\"graph-d\">{4}{5}</desc>\n",
      alone ? " xmlns=\"http://www.w3.org/2000/svg\"" : "", graph.width, height, w("Links between exhibits"_w),
      w("{} exhibits and {} links. The table of links has the same facts as text."_w, graph.nodes.size(),
        graph.edges.size()),
      graph.left_away.empty() ? "" : " " + xml_text(w("Names are shown without \"{}\"."_w, graph.left_away)));
  if (alone)
    out += fmt::format("<style>{}{}</style>\n<rect class=\"graph-back\" width=\"{}\" height=\"{}\"/>\n",
                       "svg{--ink:#1c2126;--soft:#59636d;--rule:#d9dee3;--faint:#f4f6f8;--paper:#fff;--link:#1f4f82;"
                       "--warn:#8a5300;--bad:#a3231f;--bad-bg:#fcefee;--warn-bg:#fdf5e8}"
                       "text{font:13px Arial,\"Liberation Sans\",\"DejaVu Sans\",sans-serif}",
                       case_style_sheet(), graph.width, height);
  // The strongest are drawn last, above the others.
  for (auto edge = graph.edges.rbegin(); edge != graph.edges.rend(); ++edge) {
    const GraphNode &a = graph.nodes[edge->a], &b = graph.nodes[edge->b];
    out += fmt::format("<line class=\"edge {} w{}\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"><title>{}</title></line>\n",
                       edge_class(*edge->link), edge_width(edge->link->score), a.x, a.y, b.x, b.y,
                       xml_text(w("{} – {}: score {:.1f}; {}"_w, edge->link->a, edge->link->b, edge->link->score,
                                  w.stored(edge->link->evidence))));
  }
  for (const GraphNode& node : graph.nodes) {
    const CaseExhibitFacts& exhibit = facts.by_attention[node.exhibit];
    out += fmt::format(
        "<g class=\"node {}\"><title>{}</title><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"4\"/>"
        "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text></g>\n",
        node_class(exhibit), xml_text(fmt::format("{}: {}", exhibit.exhibit, w.stored(exhibit.reason))),
        node.x - node.width / 2, node.y - kBoxHeight / 2, node.width, kBoxHeight, node.x, node.y + 5,
        xml_text(node.label));
  }
  return out + (graph.edges.empty() ? std::string() : legend(w, facts, graph, graph.height)) + "</svg>\n";
}

std::string_view case_style_sheet() {
  return R"css(.graph-back{fill:var(--paper)}
.edge{stroke:var(--soft);stroke-opacity:.75}
.e-image{stroke:var(--bad)}.e-device{stroke:var(--link);stroke-dasharray:14 4}.e-other{stroke-dasharray:3 5}
.w1{stroke-width:1}.w2{stroke-width:1.6}.w3{stroke-width:2.4}.w4{stroke-width:3.4}.w5{stroke-width:4.6}
.node rect{fill:var(--paper);stroke:var(--ink);stroke-width:1.2}
.node text{fill:var(--ink);font-size:13px}
.n-bad rect{fill:var(--bad-bg);stroke:var(--bad);stroke-width:2}
.n-warn rect{fill:var(--warn-bg);stroke:var(--warn);stroke-width:1.6}
)css";
}

}  // namespace limier::report
