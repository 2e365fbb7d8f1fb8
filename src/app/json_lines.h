// Reading back the manifest that limier writes itself, one entry a line. Anything else in the file is a difference to
// be reported.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "limier/base/flat_object.h"

namespace limier::app {

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
