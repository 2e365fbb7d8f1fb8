// Reading back the two JSON files limier writes itself: one entry or one object per line, flat, strings as json_string
// writes them. Not a general JSON reader; anything else in the file is a difference to be reported.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace limier::app {

// The members of a flat object on one line, values as text (strings unescaped, numbers and null as written). nullopt
// when the line is not such an object.
std::optional<std::vector<std::pair<std::string, std::string>>> parse_flat_object(std::string_view line);

struct ManifestEntry {
  std::string name;
  std::uint64_t size_bytes = 0;
  std::string sha256;  // "" when null
};
// The entries of one list ("evidence", "files", "programs") of a manifest.
std::vector<ManifestEntry> manifest_entries(std::string_view manifest, std::string_view list);
// A top-level string of a manifest ("audit_head_sha256"); "" when absent.
std::string manifest_string(std::string_view manifest, std::string_view name);

}  // namespace limier::app
