// Where the boxes of the graph of links stand, and what is written in them. Positions come from whole steps, the four
// basic operations and a square root alone, so they are the same on every machine.
#pragma once

#include "report/case_graph.h"

namespace limier::report {

struct NodeLabels {
  std::vector<Text> labels;  // different wherever the names are
  Text left_away;            // with what all names begin
};
NodeLabels label_nodes(const std::vector<Text>& names);
int label_width(const Text& label);

// Groups that no link joins stand beside and below each other, the largest first; no two boxes overlap. Sets the
// positions and the height.
void place_nodes(Graph& graph);

}  // namespace limier::report
