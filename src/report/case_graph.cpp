#include "report/case_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "limier/base.h"

namespace limier::report {
namespace {

constexpr int kMargin = 46;
constexpr int kBoxHeight = 30;
constexpr std::size_t kMaxLabel = 16;  // characters

struct Point {
  double x = 0, y = 0;
};

// The first characters of a name; whole UTF-8 characters only.
std::string label_of(const std::string& name) {
  std::size_t characters = 0;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if ((static_cast<unsigned char>(name[i]) & 0xC0) == 0x80) continue;
    if (++characters > kMaxLabel) return name.substr(0, i) + "…";
  }
  return name;
}
int label_width(const std::string& label) {
  int characters = 0;
  for (const char c : label) characters += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
  return std::max(44, characters * 8 + 20);
}

// Springs along the links, repulsion between all, a pull to the middle that keeps separate groups in sight.
class Springs {
 public:
  explicit Springs(const Graph& graph) : graph_(graph), at_(graph.nodes.size()) {
    std::uint32_t state = 12345;
    const auto next = [&] {
      state = state * 1664525U + 1013904223U;
      return static_cast<double>(state >> 8) / static_cast<double>(1U << 24);
    };
    for (Point& point : at_) point = {next(), next()};
  }
  std::vector<Point> run() {
    constexpr int kSteps = 400;
    for (int step = 0; step < kSteps; ++step) move(0.1 * (1.0 - static_cast<double>(step) / kSteps));
    return at_;
  }

 private:
  void move(double most) {
    const double ideal = std::sqrt(1.0 / static_cast<double>(at_.size()));
    std::vector<Point> force(at_.size());
    for (std::size_t i = 0; i < at_.size(); ++i) {
      force[i] = {(0.5 - at_[i].x) * 0.6, (0.5 - at_[i].y) * 0.6};
      for (std::size_t j = 0; j < at_.size(); ++j) {
        if (i == j) continue;
        const double dx = at_[i].x - at_[j].x, dy = at_[i].y - at_[j].y;
        const double square = std::max(dx * dx + dy * dy, 1e-6);
        force[i].x += dx / square * ideal * ideal;
        force[i].y += dy / square * ideal * ideal;
      }
    }
    for (const GraphEdge& edge : graph_.edges) {
      const double dx = at_[edge.a].x - at_[edge.b].x, dy = at_[edge.a].y - at_[edge.b].y;
      const double length = std::sqrt(std::max(dx * dx + dy * dy, 1e-9));
      const double pull = length / ideal;
      force[edge.a].x -= dx * pull;
      force[edge.a].y -= dy * pull;
      force[edge.b].x += dx * pull;
      force[edge.b].y += dy * pull;
    }
    for (std::size_t i = 0; i < at_.size(); ++i) {
      const double length = std::sqrt(std::max(force[i].x * force[i].x + force[i].y * force[i].y, 1e-12));
      const double step = std::min(length, most) / length;
      at_[i].x += force[i].x * step;
      at_[i].y += force[i].y * step;
    }
  }
  const Graph& graph_;
  std::vector<Point> at_;
};

// Into the frame; short graphs are not blown up to its whole width.
void fit(const std::vector<Point>& points, Graph& graph) {
  constexpr double kMostPerNode = 150;
  double left = points[0].x, right = left, top = points[0].y, bottom = top;
  for (const Point& point : points) {
    left = std::min(left, point.x);
    right = std::max(right, point.x);
    top = std::min(top, point.y);
    bottom = std::max(bottom, point.y);
  }
  const double nodes = static_cast<double>(points.size());
  const double room_x = std::min<double>(graph.width - 4 * kMargin, kMostPerNode * nodes);
  const double room_y = std::min<double>(graph.height - 2 * kMargin, 90 * nodes);
  graph.height = static_cast<int>(room_y) + 2 * kMargin;
  const double wide = std::max(right - left, 1e-6), high = std::max(bottom - top, 1e-6);
  for (std::size_t i = 0; i < points.size(); ++i) {
    graph.nodes[i].x = static_cast<int>(graph.width / 2.0 - room_x / 2 + (points[i].x - left) / wide * room_x);
    graph.nodes[i].y = static_cast<int>(kMargin + (points[i].y - top) / high * room_y);
  }
}

// Boxes that overlap are pushed apart, in whole steps, until none does or the patience ends.
void push_apart(Graph& graph, const std::vector<int>& widths) {
  for (int round = 0; round < 300; ++round) {
    bool moved = false;
    for (std::size_t i = 0; i < graph.nodes.size(); ++i)
      for (std::size_t j = i + 1; j < graph.nodes.size(); ++j) {
        GraphNode &a = graph.nodes[i], &b = graph.nodes[j];
        const int over_x = (widths[i] + widths[j]) / 2 + 14 - std::abs(a.x - b.x);
        const int over_y = kBoxHeight + 16 - std::abs(a.y - b.y);
        if (over_x <= 0 || over_y <= 0) continue;
        moved = true;
        if (over_y <= over_x) {
          const int way = a.y <= b.y ? over_y / 2 + 1 : -(over_y / 2 + 1);
          a.y -= way;
          b.y += way;
        } else {
          const int way = a.x <= b.x ? over_x / 2 + 1 : -(over_x / 2 + 1);
          a.x -= way;
          b.x += way;
        }
      }
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
      GraphNode& node = graph.nodes[i];
      node.x = std::clamp(node.x, widths[i] / 2 + 4, graph.width - widths[i] / 2 - 4);
      node.y = std::clamp(node.y, kBoxHeight / 2 + 4, graph.height - kBoxHeight / 2 - 4);
    }
    if (!moved) return;
  }
}

std::string_view edge_class(const CaseLinkFacts& link) {
  if (link.same_image) return "e-image";
  if (link.same_device) return "e-device";
  return "e-other";
}
std::string_view node_class(const CaseExhibitFacts& exhibit) {
  if (exhibit.level == "live in danger" || exhibit.level == "high findings" || exhibit.level == "integrity")
    return "n-bad";
  if (exhibit.level == "no result" || exhibit.level == "part not examined") return "n-warn";
  return "n-plain";
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
      if (node_of.emplace(*name, graph.nodes.size()).second) graph.nodes.push_back({exhibit_at[*name], 0, 0});
    graph.edges.push_back({node_of[link.a], node_of[link.b], &link});
  }
  if (graph.nodes.empty()) return graph;
  fit(Springs(graph).run(), graph);
  std::vector<int> widths;
  for (const GraphNode& node : graph.nodes)
    widths.push_back(label_width(label_of(facts.by_attention[node.exhibit].exhibit)));
  push_apart(graph, widths);
  return graph;
}

std::string draw_graph(const CaseFacts& facts, const Graph& graph, bool alone) {
  std::string out = fmt::format(
      "<svg{} viewBox=\"0 0 {} {}\" role=\"img\" aria-labelledby=\"graph-t graph-d\">\n"
      "<title id=\"graph-t\">Links between exhibits</title>\n<desc id=\"graph-d\">{} exhibits and {} links. "
      "The table of links has the same facts as text.</desc>\n",
      alone ? " xmlns=\"http://www.w3.org/2000/svg\"" : "", graph.width, graph.height, graph.nodes.size(),
      graph.edges.size());
  if (alone)
    out += fmt::format("<style>{}{}</style>\n<rect class=\"graph-back\" width=\"{}\" height=\"{}\"/>\n",
                       "svg{--ink:#1c2126;--soft:#59636d;--rule:#d9dee3;--faint:#f4f6f8;--paper:#fff;--link:#1f4f82;"
                       "--warn:#8a5300;--bad:#a3231f;--bad-bg:#fcefee;--warn-bg:#fdf5e8}"
                       "text{font:13px Arial,\"Liberation Sans\",\"DejaVu Sans\",sans-serif}",
                       case_style_sheet(), graph.width, graph.height);
  // The strongest are drawn last, above the others.
  for (auto edge = graph.edges.rbegin(); edge != graph.edges.rend(); ++edge) {
    const GraphNode &a = graph.nodes[edge->a], &b = graph.nodes[edge->b];
    out += fmt::format("<line class=\"edge {} w{}\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"><title>{}</title></line>\n",
                       edge_class(*edge->link), edge_width(edge->link->score), a.x, a.y, b.x, b.y,
                       xml_text(fmt::format("{} – {}: score {:.1f}; {}", edge->link->a, edge->link->b,
                                            edge->link->score, edge->link->evidence)));
  }
  for (const GraphNode& node : graph.nodes) {
    const CaseExhibitFacts& exhibit = facts.by_attention[node.exhibit];
    const std::string label = label_of(exhibit.exhibit);
    const int width = label_width(label);
    out += fmt::format(
        "<g class=\"node {}\"><title>{}</title><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"4\"/>"
        "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text></g>\n",
        node_class(exhibit), xml_text(fmt::format("{}: {}", exhibit.exhibit, exhibit.reason)), node.x - width / 2,
        node.y - kBoxHeight / 2, width, kBoxHeight, node.x, node.y + 5, xml_text(label));
  }
  return out + "</svg>\n";
}

std::string_view case_style_sheet() {
  return R"css(.graph-back{fill:var(--paper)}
.edge{stroke:var(--soft);stroke-opacity:.75}
.e-image{stroke:var(--bad)}.e-device{stroke:var(--link)}.e-other{stroke-dasharray:6 4}
.w1{stroke-width:1}.w2{stroke-width:1.6}.w3{stroke-width:2.4}.w4{stroke-width:3.4}.w5{stroke-width:4.6}
.node rect{fill:var(--paper);stroke:var(--ink);stroke-width:1.2}
.node text{fill:var(--ink);font-size:13px}
.n-bad rect{fill:var(--bad-bg);stroke:var(--bad);stroke-width:2}
.n-warn rect{fill:var(--warn-bg);stroke:var(--warn);stroke-width:1.6}
)css";
}

}  // namespace limier::report
