#include "app/json_lines.h"

#include <charconv>
#include <cstdint>

namespace limier::app {
namespace {

// Takes one JSON string from the front of `in`, unescaped. nullopt when there is none.
std::optional<std::string> take_string(std::string_view& in) {
  if (in.empty() || in.front() != '"') return std::nullopt;
  in.remove_prefix(1);
  std::string text;
  while (!in.empty() && in.front() != '"') {
    char c = in.front();
    in.remove_prefix(1);
    if (c != '\\') {
      text += c;
      continue;
    }
    if (in.empty()) return std::nullopt;
    c = in.front();
    in.remove_prefix(1);
    if (c == 'n')
      text += '\n';
    else if (c == 't')
      text += '\t';
    else if (c == 'r')
      text += '\r';
    else if (c == 'b')
      text += '\b';
    else if (c == 'f')
      text += '\f';
    else if (c == 'u') {
      unsigned code = 0;
      if (in.size() < 4 || std::from_chars(in.data(), in.data() + 4, code, 16).ptr != in.data() + 4)
        return std::nullopt;
      in.remove_prefix(4);
      if (code < 0x80)
        text += static_cast<char>(code);
      else if (code < 0x800)
        text += {static_cast<char>(0xC0 | (code >> 6)), static_cast<char>(0x80 | (code & 0x3F))};
      else
        text += {static_cast<char>(0xE0 | (code >> 12)), static_cast<char>(0x80 | ((code >> 6) & 0x3F)),
                 static_cast<char>(0x80 | (code & 0x3F))};
    } else {
      text += c;
    }
  }
  if (in.empty()) return std::nullopt;
  in.remove_prefix(1);
  return text;
}

bool take(std::string_view& in, char wanted) {
  if (in.empty() || in.front() != wanted) return false;
  in.remove_prefix(1);
  return true;
}

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

std::optional<std::vector<std::pair<std::string, std::string>>> parse_flat_object(std::string_view line) {
  std::vector<std::pair<std::string, std::string>> members;
  if (!take(line, '{')) return std::nullopt;
  do {
    auto name = take_string(line);
    if (!name || !take(line, ':')) return std::nullopt;
    if (auto text = take_string(line)) {
      members.emplace_back(std::move(*name), std::move(*text));
    } else {
      const auto end = line.find_first_of(",}");
      if (end == std::string_view::npos || end == 0) return std::nullopt;
      members.emplace_back(std::move(*name), std::string(line.substr(0, end)));
      line.remove_prefix(end);
    }
  } while (take(line, ','));
  if (line != "}") return std::nullopt;
  return members;
}

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
    if (auto text = take_string(line)) found = *text;
  });
  return found;
}

}  // namespace limier::app
