#include "report/case_layout.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

namespace limier::report {
namespace {

constexpr std::size_t kMaxLabel = 18;  // characters
constexpr std::size_t kLeastLeftAway = 3;
constexpr int kMargin = 8;
constexpr int kBesides = 18, kBelow = 22;    // between boxes of one group
constexpr int kGroupGap = 40, kRowGap = 30;  // between groups
constexpr int kPairGap = 64;                 // the line between two that are linked to nobody else

struct Point {
  double x = 0, y = 0;
};

bool begins_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
}
std::size_t count_characters(const Text& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_character));
}
// Bytes of the first `characters`.
std::size_t bytes_of(const Text& text, std::size_t characters) {
  for (std::size_t i = 0; i < text.size(); ++i)
    if (begins_character(text[i]) && characters-- == 0) return i;
  return text.size();
}

Text common_beginning(const std::vector<Text>& names) {
  if (names.size() < 2) return {};
  const auto [least, most] = std::minmax_element(names.begin(), names.end());
  const auto differ = std::mismatch(least->begin(), least->end(), most->begin(), most->end()).first;
  const Text shared(least->begin(), differ);
  const std::size_t end = shared.find_last_of(".-_/ ");
  if (end == Text::npos || end + 1 < kLeastLeftAway) return {};
  // A name must be left over, and one that can be understood: no number cut in two.
  const Text beginning = shared.substr(0, end + 1);
  const bool all_longer =
      std::all_of(names.begin(), names.end(), [&](const Text& name) { return name.size() > beginning.size(); });
  return all_longer ? beginning : Text();
}

Text cut_end(const Text& name) {
  return count_characters(name) <= kMaxLabel ? name : name.substr(0, bytes_of(name, kMaxLabel - 1)) + "…";
}
Text cut_middle(const Text& name) {
  constexpr std::size_t kHead = 7, kTail = 10;
  const std::size_t characters = count_characters(name);
  if (characters <= kMaxLabel) return name;
  return name.substr(0, bytes_of(name, kHead)) + "…" + name.substr(bytes_of(name, characters - kTail));
}

// Nodes that links join, directly or over others.
struct Group {
  std::vector<std::size_t> nodes;
  std::vector<const GraphEdge*> edges;
  int width = 0, height = 0;  // of the rectangle around its boxes, which stand in it from (0, 0)
};

std::vector<Group> groups_of(const Graph& graph) {
  std::vector<std::size_t> leader(graph.nodes.size());
  std::iota(leader.begin(), leader.end(), std::size_t{0});
  const auto lead = [&](std::size_t node) {
    while (leader[node] != node) node = leader[node];
    return node;
  };
  for (const GraphEdge& edge : graph.edges) {
    const std::size_t a = lead(edge.a), b = lead(edge.b);
    leader[std::max(a, b)] = std::min(a, b);
  }
  std::map<std::size_t, Group> groups;
  for (std::size_t node = 0; node < graph.nodes.size(); ++node) groups[lead(node)].nodes.push_back(node);
  for (const GraphEdge& edge : graph.edges) groups[lead(edge.a)].edges.push_back(&edge);
  std::vector<Group> list;
  list.reserve(groups.size());
  for (auto& [first, group] : groups) list.push_back(std::move(group));
  return list;
}

// Springs along the links, repulsion between all, a pull to the middle.
class Springs {
 public:
  explicit Springs(const Group& group) : at_(group.nodes.size()) {
    std::map<std::size_t, std::size_t> place;
    for (std::size_t i = 0; i < group.nodes.size(); ++i) place[group.nodes[i]] = i;
    for (const GraphEdge* edge : group.edges) pairs_.emplace_back(place[edge->a], place[edge->b]);
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
    for (const auto& [a, b] : pairs_) {
      const double dx = at_[a].x - at_[b].x, dy = at_[a].y - at_[b].y;
      const double length = std::sqrt(std::max(dx * dx + dy * dy, 1e-9));
      const double pull = length / ideal;
      force[a].x -= dx * pull;
      force[a].y -= dy * pull;
      force[b].x += dx * pull;
      force[b].y += dy * pull;
    }
    for (std::size_t i = 0; i < at_.size(); ++i) {
      const double length = std::sqrt(std::max(force[i].x * force[i].x + force[i].y * force[i].y, 1e-12));
      const double step = std::min(length, most) / length;
      at_[i].x += force[i].x * step;
      at_[i].y += force[i].y * step;
    }
  }
  std::vector<std::pair<std::size_t, std::size_t>> pairs_;
  std::vector<Point> at_;
};

// Boxes that overlap are pushed apart, in whole steps. Sideways there is an end, downwards there is none, so that it
// comes to rest.
void push_apart(Graph& graph, const Group& group, int most_width) {
  constexpr int kPatience = 5'000;
  bool moved = true;
  for (int round = 0; moved && round < kPatience; ++round) {
    moved = false;
    for (std::size_t i = 0; i < group.nodes.size(); ++i)
      for (std::size_t j = i + 1; j < group.nodes.size(); ++j) {
        GraphNode &a = graph.nodes[group.nodes[i]], &b = graph.nodes[group.nodes[j]];
        const int over_x = (a.width + b.width) / 2 + kBesides - std::abs(a.x - b.x);
        const int over_y = kBoxHeight + kBelow - std::abs(a.y - b.y);
        if (over_x <= 0 || over_y <= 0) continue;
        moved = true;
        if (over_y <= over_x || round > kPatience / 2) {
          const int way = a.y <= b.y ? over_y / 2 + 1 : -(over_y / 2 + 1);
          a.y -= way;
          b.y += way;
        } else {
          const int way = a.x <= b.x ? over_x / 2 + 1 : -(over_x / 2 + 1);
          a.x -= way;
          b.x += way;
        }
      }
    for (const std::size_t at : group.nodes) {
      GraphNode& node = graph.nodes[at];
      node.x = std::clamp(node.x, node.width / 2, most_width - node.width / 2);
    }
  }
}

void place_pair(Graph& graph, Group& group) {
  GraphNode &a = graph.nodes[group.nodes[0]], &b = graph.nodes[group.nodes[1]];
  a.x = a.width / 2;
  b.x = a.width + kPairGap + b.width / 2;
  a.y = b.y = kBoxHeight / 2;
  group.width = a.width + kPairGap + b.width;
  group.height = kBoxHeight;
}

void place_group(Graph& graph, Group& group, int most_width) {
  if (group.nodes.size() == 2) return place_pair(graph, group);
  const auto points = Springs(group).run();
  Point least = points[0], most = points[0];
  for (const Point& point : points) {
    least = {std::min(least.x, point.x), std::min(least.y, point.y)};
    most = {std::max(most.x, point.x), std::max(most.y, point.y)};
  }
  constexpr double kStepX = 190, kStepY = 80;
  const double side = std::sqrt(static_cast<double>(group.nodes.size()));
  const double room_x = std::min(kStepX * side, static_cast<double>(most_width)), room_y = kStepY * side;
  const double wide = std::max(most.x - least.x, 1e-6), high = std::max(most.y - least.y, 1e-6);
  for (std::size_t i = 0; i < points.size(); ++i) {
    GraphNode& node = graph.nodes[group.nodes[i]];
    node.x = static_cast<int>((points[i].x - least.x) / wide * room_x);
    node.y = static_cast<int>((points[i].y - least.y) / high * room_y);
  }
  push_apart(graph, group, most_width);
  int left = most_width, top = graph.nodes[group.nodes[0]].y, right = 0, bottom = top;
  for (const std::size_t at : group.nodes) {
    const GraphNode& node = graph.nodes[at];
    left = std::min(left, node.x - node.width / 2);
    right = std::max(right, node.x + node.width / 2);
    top = std::min(top, node.y - kBoxHeight / 2);
    bottom = std::max(bottom, node.y + kBoxHeight / 2);
  }
  for (const std::size_t at : group.nodes) {
    graph.nodes[at].x -= left;
    graph.nodes[at].y -= top;
  }
  group.width = right - left;
  group.height = bottom - top;
}

}  // namespace

int label_width(const Text& label) {
  return std::max(44, static_cast<int>(count_characters(label)) * 8 + 20);
}

NodeLabels label_nodes(const std::vector<Text>& names) {
  NodeLabels result;
  result.left_away = common_beginning(names);
  std::map<Text, int> uses;
  for (const Text& name : names) ++uses[cut_end(name.substr(result.left_away.size()))];
  std::map<Text, int> middles;
  for (const Text& name : names) {
    const Text rest = name.substr(result.left_away.size());
    Text label = cut_end(rest);
    if (uses[label] > 1) label = cut_middle(rest);
    // Long names that differ somewhere else yet: numbered.
    if (const int before = middles[label]++; before > 0) label += " (" + std::to_string(before + 1) + ")";
    result.labels.push_back(std::move(label));
  }
  return result;
}

void place_nodes(Graph& graph) {
  const int room = graph.width - 2 * kMargin;
  auto groups = groups_of(graph);
  for (Group& group : groups) place_group(graph, group, room);
  std::stable_sort(groups.begin(), groups.end(), [](const Group& a, const Group& b) { return a.height > b.height; });
  int x = kMargin, y = kMargin, row_height = 0;
  for (const Group& group : groups) {
    if (x > kMargin && x + group.width > graph.width - kMargin) {
      x = kMargin;
      y += row_height + kRowGap;
      row_height = 0;
    }
    for (const std::size_t at : group.nodes) {
      graph.nodes[at].x += x;
      graph.nodes[at].y += y + (row_height == 0 ? 0 : (row_height - group.height) / 2);
    }
    row_height = std::max(row_height, group.height);
    x += group.width + kGroupGap;
  }
  graph.height = y + row_height + kMargin;
}

}  // namespace limier::report
