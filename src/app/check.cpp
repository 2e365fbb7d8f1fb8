// `limier check`: does the case folder still hold what the manifest says, and is the audit log's chain whole?
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "app/case_folder.h"
#include "app/json_lines.h"
#include "limier/app.h"
#include "limier/base/flat_object.h"

namespace limier::app {
namespace {

namespace fs = std::filesystem;

CheckReport::Item check_file(const std::string& path, const std::string& what, const ManifestEntry& expected) {
  if (expected.sha256.empty()) return {what, true, "no digest was recorded (profile list)"};
  const auto digest = hash_file(path);
  if (!digest.ok()) return {what, false, digest.error().message};
  const std::string found = hex_digest(*digest);
  if (found == expected.sha256) return {what, true, "SHA-256 as recorded"};
  return {what, false, fmt::format("SHA-256 is {}, recorded was {}", found, expected.sha256)};
}

CheckReport::Item check_chain(const std::string& log) {
  std::string previous(64, '0');
  std::size_t line_number = 0;
  std::string_view rest = log;
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    ++line_number;
    if (end == std::string_view::npos) return {"audit.jsonl", false, fmt::format("line {} is cut off", line_number)};
    rest.remove_prefix(end + 1);
    const auto members = parse_flat_object(line);
    if (!members) return {"audit.jsonl", false, fmt::format("line {} is not an audit entry", line_number)};
    const auto link = std::find_if(members->begin(), members->end(),
                                   [](const auto& member) { return member.first == "previous_sha256"; });
    if (link == members->end() || link->second != previous)
      return {
          "audit.jsonl", false,
          fmt::format("the chain breaks at line {}: the line before it was changed, added or taken out", line_number)};
    previous = chain_head(line);
  }
  if (line_number == 0) return {"audit.jsonl", false, "is empty"};
  return {"audit.jsonl", true, fmt::format("{} linked entries", line_number)};
}

// The chain of the marks, and that what a report showed is still there: the audit log says how far they went then.
CheckReport::Item check_marks(const std::string& dir, std::string_view audit) {
  const std::string what(store::kMarksFile);
  const auto log = store::read_marks_file(dir);
  if (!log.ok()) return {what, false, log.error().message};
  if (!log->problem.empty()) return {what, false, log->problem};
  if (log->torn) return {what, false, fmt::format("line {} is cut off", log->lines + 1)};
  while (!audit.empty()) {
    const auto end = audit.find('\n');
    const auto entry = parse_flat_object(audit.substr(0, end));
    audit.remove_prefix(end == std::string_view::npos ? audit.size() : end + 1);
    const std::string lines = entry ? member_of(*entry, "marks_lines") : std::string();
    if (lines.empty()) continue;
    std::size_t count = 0;
    std::from_chars(lines.data(), lines.data() + lines.size(), count);
    if (count == 0 || count > log->lines)
      return {what, false, fmt::format("has {} lines; the audit log names a report made of {}", log->lines, lines)};
    if (log->digests[count - 1] != member_of(*entry, "marks_sha256"))
      return {what, false, fmt::format("line {} is not the one a report was made of", count)};
  }
  return {what, true, fmt::format("{} linked lines", log->lines)};
}

}  // namespace

Result<CheckReport> check(const std::string& dir, bool evidence) {
  LIMIER_TRY(const std::string manifest, read_file(dir + "/manifest.json"));
  CheckReport report;
  const auto files = manifest_entries(manifest, "files");
  if (files.empty()) report.items.push_back({"manifest.json", false, "lists no files: it is damaged"});
  for (const ManifestEntry& file : files) report.items.push_back(check_file(dir + "/" + file.name, file.name, file));

  std::vector<std::string> unlisted;
  std::error_code error;
  for (const auto& item : fs::directory_iterator(dir, error)) {
    const std::string name = item.path().filename().string();
    const bool listed =
        std::any_of(files.begin(), files.end(), [&](const ManifestEntry& file) { return file.name == name; });
    if (!listed && name != "manifest.json" && name != store::kMarksFile) unlisted.push_back(name);
  }
  std::sort(unlisted.begin(), unlisted.end());
  for (const std::string& name : unlisted)
    report.items.push_back({name, false, "is not in the manifest: it was added after the run"});

  const auto log = read_file(dir + "/audit.jsonl");
  report.items.push_back(log.ok() ? check_chain(*log) : CheckReport::Item{"audit.jsonl", false, log.error().message});
  if (log.ok()) {
    if (auto marks = check_marks(dir, *log); !marks.good || fs::exists(dir + "/" + marks.what, error))
      report.items.push_back(std::move(marks));
    const bool anchored = chain_head(*log) == manifest_string(manifest, "audit_head_sha256");
    report.items.push_back(
        {"audit head", anchored,
         anchored ? "the manifest names the last audit entry" : "the manifest names another last audit entry"});
  }
  if (evidence)
    for (const ManifestEntry& segment : manifest_entries(manifest, "evidence"))
      report.items.push_back(check_file(segment.name, "evidence " + segment.name, segment));
  report.good = std::all_of(report.items.begin(), report.items.end(), [](const auto& item) { return item.good; });
  return report;
}

}  // namespace limier::app
