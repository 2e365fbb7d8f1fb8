// The graph of links: which exhibits and links are drawn, and how. Where: case_layout.h.
#pragma once

#include <string>
#include <vector>

#include "report/case_facts.h"

namespace limier::report {

inline constexpr std::size_t kMaxDrawnExhibits = 48;
inline constexpr std::size_t kMaxDrawnLinks = 120;
inline constexpr int kBoxHeight = 30;

struct GraphNode {
  std::size_t exhibit = 0;  // position in CaseFacts::by_attention
  Text label;               // its name, or enough of it
  int width = 0;            // of its box
  int x = 0, y = 0;         // centre
};
struct GraphEdge {
  std::size_t a = 0, b = 0;  // positions in nodes
  const CaseLinkFacts* link = nullptr;
};
struct Graph {
  std::vector<GraphNode> nodes;
  std::vector<GraphEdge> edges;
  Text left_away;  // with what all names begin, where the labels do without it
  int width = 1056, height = 0;
};
// The best links, as many as can be told apart.
Graph layout_graph(const CaseFacts& facts);

// `alone`: a file of its own, with its styles; else for the page, whose style sheet has case_style_sheet() in it.
std::string draw_graph(const Words& w, const CaseFacts& facts, const Graph& graph, bool alone);

std::string_view case_style_sheet();

}  // namespace limier::report
