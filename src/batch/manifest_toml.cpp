// TOML: a table [defaults] and a table [[exhibit]] for each exhibit.
#include <fmt/format.h>

#include <algorithm>

#include "batch/manifest.h"
#include "batch/toml.h"

namespace limier::batch {
namespace {

std::size_t line_of(const toml::node& node) {
  return node.source().begin.line;
}

// Text, whole numbers (an exhibit may be called 17) and booleans.
std::optional<std::string> text_of(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
  return std::nullopt;
}

void read_cells(const toml::table& table, Cells& cells, std::vector<PlanProblem>& problems) {
  for (const auto& [key, node] : table) {
    const std::string_view title = key.str();
    const std::string name(field_name(title));
    const std::size_t line = line_of(node);
    if (name == "options" && node.is_table()) {
      read_cells(*node.as_table(), cells, problems);
      continue;
    }
    if (name.empty()) {
      problems.push_back({line, fmt::format("there is no key '{}'; the keys are {}", title, known_fields())});
      continue;
    }
    const auto text = text_of(node);
    if (!text) {
      problems.push_back({line, fmt::format("'{}' must be a text in quotes, a whole number, true or false", title)});
      continue;
    }
    const auto [cell, is_new] = cells.emplace(name, Cell{*text, line});
    if (is_new) continue;
    // Tables come in the order of their keys' names, not in that of the file: the second one is the later line.
    problems.push_back({std::max(line, cell->second.line), fmt::format("'{}' is given twice, under two names", name)});
  }
}

void read_exhibits(const toml::node& node, Manifest& manifest, std::vector<PlanProblem>& problems) {
  const auto* list = node.as_array();
  if (list == nullptr || !list->is_homogeneous(toml::node_type::table)) {
    problems.push_back({line_of(node), "exhibits are tables: write [[exhibit]] above the keys of each"});
    return;
  }
  for (const auto& one : *list) {
    ManifestRow row{line_of(one), {}};
    read_cells(*one.as_table(), row.cells, problems);
    manifest.rows.push_back(std::move(row));
  }
}

}  // namespace

Manifest parse_toml_manifest(std::string_view text, std::vector<PlanProblem>& problems) {
  Manifest manifest;
  toml::table document;
  try {
    document = toml::parse(text);
  } catch (const toml::parse_error& error) {
    problems.push_back({error.source().begin.line, std::string(error.description())});
    return manifest;
  }
  for (const auto& [key, node] : document) {
    const std::string_view name = key.str();
    if (name == "defaults" && node.is_table())
      read_cells(*node.as_table(), manifest.defaults, problems);
    else if (name == "exhibit" || name == "exhibits")
      read_exhibits(node, manifest, problems);
    else
      problems.push_back(
          {line_of(node), fmt::format("there is no '{}' here; a manifest has [defaults] and one [[exhibit]] for each "
                                      "exhibit",
                                      name)});
  }
  // Tables come in the order of their keys' names; rows in that of the file.
  std::stable_sort(manifest.rows.begin(), manifest.rows.end(),
                   [](const ManifestRow& one, const ManifestRow& other) { return one.line < other.line; });
  return manifest;
}

}  // namespace limier::batch
