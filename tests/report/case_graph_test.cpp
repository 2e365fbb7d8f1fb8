// The graph of links: what an eye needs to read it, counted.
#include "report/case_graph.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "report/case_layout.h"

namespace limier::report {
namespace {

CaseFacts facts_of(const std::vector<Text>& names, const std::vector<std::pair<std::size_t, std::size_t>>& links) {
  CaseFacts facts;
  for (const Text& name : names) {
    facts.by_attention.emplace_back().exhibit = name;
    facts.by_name.push_back(facts.by_name.size());
  }
  for (const auto& [a, b] : links) {
    CaseLinkFacts& link = facts.top_links.emplace_back();
    link.a = names[a];
    link.b = names[b];
    link.score = 100 - static_cast<double>(facts.top_links.size()) / 10;
  }
  return facts;
}

std::vector<Text> numbered(const Text& before, std::size_t count, const Text& after = "") {
  std::vector<Text> names;
  for (std::size_t i = 0; i < count; ++i) names.push_back(before + std::to_string(i) + after);
  return names;
}

void expect_readable(const Graph& graph) {
  std::set<Text> labels;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const GraphNode& a = graph.nodes[i];
    EXPECT_TRUE(labels.insert(a.label).second) << a.label;
    EXPECT_GE(a.x - a.width / 2, 0);
    EXPECT_LE(a.x + a.width / 2, graph.width);
    EXPECT_GE(a.y - kBoxHeight / 2, 0);
    EXPECT_LE(a.y + kBoxHeight / 2, graph.height);
    for (std::size_t j = i + 1; j < graph.nodes.size(); ++j) {
      const GraphNode& b = graph.nodes[j];
      EXPECT_TRUE(std::abs(a.x - b.x) >= (a.width + b.width) / 2 || std::abs(a.y - b.y) >= kBoxHeight)
          << a.label << " lies on " << b.label;
    }
  }
}

TEST(CaseGraph, no_box_lies_on_another_whatever_is_linked) {
  std::vector<std::pair<std::size_t, std::size_t>> pairs, star, chain, all, mixed;
  for (std::size_t i = 0; i + 1 < 60; i += 2) pairs.emplace_back(i, i + 1);
  for (std::size_t i = 1; i < 60; ++i) star.emplace_back(0, i);
  for (std::size_t i = 1; i < 60; ++i) chain.emplace_back(i - 1, i);
  for (std::size_t i = 0; i < 16; ++i)
    for (std::size_t j = i + 1; j < 16; ++j) all.emplace_back(i, j);
  for (std::size_t i = 0; i < 20; ++i) mixed.emplace_back(i, (i * 7 + 3) % 20);
  for (std::size_t i = 20; i + 1 < 60; i += 2) mixed.emplace_back(i, i + 1);
  for (const auto& links : {pairs, star, chain, all, mixed})
    for (const Text& after : {Text(), Text(" USB stick, black, behind the cupboard")}) {
      const CaseFacts facts = facts_of(numbered("2026-0417.Room ", 60, after), links);
      const Graph graph = layout_graph(facts);
      EXPECT_GE(graph.edges.size(), 24U);
      EXPECT_GE(graph.nodes.size(), 16U);
      EXPECT_LE(graph.nodes.size(), kMaxDrawnExhibits);
      EXPECT_LE(graph.height, 1'800);
      expect_readable(graph);
    }
}

TEST(CaseGraph, labels_leave_away_what_all_begin_with_and_stay_different) {
  auto labels = label_nodes({"2026-0417.K1.06", "2026-0417.Attic.06", "2026-0417.Attic.07"});
  EXPECT_EQ(labels.left_away, "2026-0417.");
  EXPECT_EQ(labels.labels, (std::vector<Text>{"K1.06", "Attic.06", "Attic.07"}));
  labels = label_nodes({"B-10", "B-12"});  // too short to be worth a sentence
  EXPECT_EQ(labels.left_away, "");
  labels = label_nodes({"case-1", "case-1-2"});  // nothing of the first would be left over with "case-1"
  EXPECT_EQ(labels.left_away, "case-");
  labels = label_nodes({"a very long name of a thing 1", "a very long name of a thing 2"});
  EXPECT_EQ(labels.labels, (std::vector<Text>{"1", "2"}));
  labels = label_nodes({"ééééééééééééééééééééééééé1", "ééééééééééééééééééééééééé2"});
  EXPECT_EQ(labels.labels, (std::vector<Text>{"ééééééé…ééééééééé1", "ééééééé…ééééééééé2"}));
  const Text head(20, 'x'), tail(20, 'y');
  labels = label_nodes({head + "1" + tail, head + "2" + tail});
  EXPECT_EQ(std::set<Text>(labels.labels.begin(), labels.labels.end()).size(), 2U);
}

TEST(CaseGraph, the_legend_names_what_is_drawn_and_nothing_else) {
  const auto drawn = [](CaseFacts facts) { return draw_graph(Words(), facts, layout_graph(facts), true); };
  const auto legend_of = [](const std::string& svg) {
    std::set<std::string> names;
    for (std::size_t at = 0; (at = svg.find("<g class=\"legend", at)) != std::string::npos; ++at)
      for (const char* css : {"e-image", "e-device", "e-other", "n-bad", "n-warn", "n-plain"})
        if (svg.substr(at, svg.find("</g>", at) - at).find(css) != std::string::npos) names.insert(css);
    return names;
  };
  CaseFacts facts = facts_of(numbered("E", 5), {{0, 1}, {1, 2}, {3, 4}});
  EXPECT_EQ(legend_of(drawn(facts)), (std::set<std::string>{"e-other", "n-plain"}));
  facts.top_links[0].same_image = true;
  facts.top_links[1].same_device = true;
  facts.by_attention[0].level = "integrity";
  // Linked comes before "part not examined" in the order of attention; the box says it all the same.
  facts.by_attention[1].level = "linked";
  facts.by_attention[1].exit_code = 5;
  facts.by_attention[2].exit_code = 3;
  const std::string svg = drawn(facts);
  EXPECT_EQ(legend_of(svg), (std::set<std::string>{"e-image", "e-device", "e-other", "n-bad", "n-warn", "n-plain"}));
  std::size_t warned = 0;
  for (std::size_t at = 0; (at = svg.find("<g class=\"node n-warn\"", at)) != std::string::npos; ++at) ++warned;
  EXPECT_EQ(warned, 2U);
  // Told apart without colours too, as on paper.
  const std::string_view css = case_style_sheet();
  EXPECT_EQ(css.find(".e-image{stroke:var(--bad)}"), css.find(".e-image"));
  for (const char* one : {".e-device{stroke:var(--link);stroke-dasharray:", ".e-other{stroke-dasharray:"})
    EXPECT_NE(css.find(one), std::string_view::npos) << one;
}

TEST(CaseGraph, without_links_there_is_an_empty_drawing) {
  const CaseFacts facts = facts_of(numbered("E", 3), {});
  const Graph graph = layout_graph(facts);
  EXPECT_TRUE(graph.nodes.empty());
  EXPECT_GT(graph.height, 0);
}

}  // namespace
}  // namespace limier::report
