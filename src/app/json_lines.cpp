#include "app/json_lines.h"

#include <charconv>
#include <cstdint>

namespace limier::app {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r,") - first + 1);
}

template <class Each>
void for_each_line(std::string_view text, const Each& each) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    each(trimmed(text.substr(0, end)));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
}

}  // namespace

std::vector<ManifestEntry> manifest_entries(std::string_view manifest, std::string_view list) {
  std::vector<ManifestEntry> entries;
  bool inside = false;
  const std::string opening = "\"" + std::string(list) + "\": [";
  for_each_line(manifest, [&](std::string_view line) {
    if (line.starts_with(opening))
      inside = line == opening;
    else if (line.starts_with("]"))
      inside = false;
    if (!inside) return;
    const auto members = parse_flat_object(line);
    if (!members) return;
    ManifestEntry entry;
    for (const auto& [name, value] : *members) {
      if (name == "name") entry.name = value;
      if (name == "size_bytes") std::from_chars(value.data(), value.data() + value.size(), entry.size_bytes);
      if (name == "sha256" && value != "null") entry.sha256 = value;
    }
    entries.push_back(std::move(entry));
  });
  return entries;
}

std::string manifest_string(std::string_view manifest, std::string_view name) {
  std::string found;
  const std::string opening = "\"" + std::string(name) + "\": ";
  for_each_line(manifest, [&](std::string_view line) {
    if (!line.starts_with(opening)) return;
    line.remove_prefix(opening.size());
    if (auto text = take_json_string(line)) found = *text;
  });
  return found;
}

}  // namespace limier::app
