// manifest.json: what the case folder held when the run ended, so that a later change shows. A digest proves that bytes
// did not change since; it says nothing about who wrote them.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "app/case_folder.h"
#include "app/json_lines.h"
#include "limier/base/flat_object.h"
#include "limier/report.h"
#include "limier/store.h"
#include "limier/store/marks.h"
#include "limier/version.h"
#include "limier/worker.h"

namespace limier::app {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kNotListed[] = {"manifest.json", store::kMarksFile};

std::string entry(const std::string& name, std::uint64_t size_bytes, const std::string& sha256_json) {
  return fmt::format("    {{\"name\":{},\"size_bytes\":{},\"sha256\":{}}}", json_string(name), size_bytes, sha256_json);
}

std::string quoted_digest(const Sha256& digest) {
  return "\"" + hex_digest(digest) + "\"";
}

Result<std::string> file_entry(const fs::path& path, const std::string& name) {
  LIMIER_TRY(const Sha256 digest, hash_file(path.string()));
  std::error_code error;
  return entry(name, fs::file_size(path, error), quoted_digest(digest));
}

// Of the index: what the rows and findings rest on.
Result<std::vector<std::string>> packs_used(const std::string& dir) {
  std::vector<std::string> packs;
  LIMIER_TRY(auto index, store::Index::open(dir));
  LIMIER_TRY(auto rows, index->query("SELECT kind, name, version, sha256 FROM v_pack ORDER BY pack_id"));
  while (rows.step())
    packs.push_back(fmt::format("    {{\"kind\":{},\"name\":{},\"version\":{},\"sha256\":{}}}",
                                json_string(rows.text(0)), json_string(rows.text(1)), json_string(rows.text(2)),
                                json_string(rows.text(3))));
  LIMIER_CHECK(rows.status());
  return packs;
}

// Of the index: what files were held against.
Result<std::vector<std::string>> hash_sets_used(const std::string& dir) {
  std::vector<std::string> sets;
  LIMIER_TRY(auto index, store::Index::open(dir));
  // An index of an earlier version has none.
  auto rows = index->query("SELECT name, version, known, sha256, entries FROM v_hash_set ORDER BY hash_set_id");
  if (!rows) return sets;
  while (rows->step())
    sets.push_back(fmt::format("    {{\"name\":{},\"version\":{},\"kind\":{},\"sha256\":{},\"entries\":{}}}",
                               json_string(rows->text(0)), rows->is_null(1) ? "null" : json_string(rows->text(1)),
                               json_string(rows->text(2)), rows->is_null(3) ? "null" : json_string(rows->text(3)),
                               rows->integer(4)));
  LIMIER_CHECK(rows->status());
  return sets;
}

// Of the index: the files of keywords.
Result<std::vector<std::string>> keyword_files_used(const std::string& dir) {
  std::vector<std::string> files;
  LIMIER_TRY(auto index, store::Index::open(dir));
  // An index of an earlier version has none.
  auto rows =
      index->query("SELECT file_name, file_sha256, count(*) FROM v_keyword GROUP BY 1, 2 ORDER BY min(keyword_id)");
  if (!rows) return files;
  while (rows->step())
    files.push_back(fmt::format("    {{\"name\":{},\"sha256\":{},\"entries\":{}}}", json_string(rows->text(0)),
                                json_string(rows->text(1)), rows->integer(2)));
  LIMIER_CHECK(rows->status());
  return files;
}

// Of the index: the files of YARA rules.
Result<std::vector<std::string>> yara_used(const std::string& dir) {
  std::vector<std::string> files;
  LIMIER_TRY(auto index, store::Index::open(dir));
  // An index of an earlier version has none.
  auto rows = index->query("SELECT name, sha256, state FROM v_yara_file ORDER BY yara_file_id");
  if (!rows) return files;
  while (rows->step())
    files.push_back(fmt::format("    {{\"name\":{},\"sha256\":{},\"state\":{}}}", json_string(rows->text(0)),
                                json_string(rows->text(1)), json_string(rows->text(2))));
  LIMIER_CHECK(rows->status());
  return files;
}

// Of the run that wrote the index: the SHA-256 of its scope file; "null" without one.
Result<std::string> scope_used(const std::string& dir) {
  LIMIER_TRY(auto index, store::Index::open(dir));
  LIMIER_TRY(auto run, index->query("SELECT scope_sha256 FROM v_run ORDER BY run_id DESC LIMIT 1"));
  std::string scope = run.step() && !run.is_null(0) ? json_string(run.text(0)) : "null";
  LIMIER_CHECK(run.status());
  return scope;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "\n" : ",\n") + line;
  return text.empty() ? "[]" : "[" + text + "\n  ]";
}

}  // namespace

Result<bool> is_handed_over(const std::string& dir) {
  std::error_code error;
  if (!fs::exists(dir + "/manifest.json", error)) return false;
  LIMIER_TRY(const std::string manifest, read_file(dir + "/manifest.json"));
  const auto files = manifest_entries(manifest, "files");
  const auto as_recorded = [&](const std::string& name, bool may_lack = false) {
    const auto entry = std::find_if(files.begin(), files.end(), [&](const auto& file) { return file.name == name; });
    if (may_lack && entry == files.end() && !fs::exists(dir + "/" + name, error)) return true;
    const auto digest = hash_file(dir + "/" + name);
    return entry != files.end() && digest.ok() && hex_digest(*digest) == entry->sha256;
  };
  if (!as_recorded("index.db"))
    return Error{ErrorKind::kRefused,
                 fmt::format("{}: the index is not the one manifest.json names, so nothing was done with it; see "
                             "limier check {}",
                             dir, dir)};
  for (const report::Format& format : report::all_formats())
    for (const report::ReportFile& file : format.files())
      if (format.by_default && !as_recorded(file.name, !file.always)) return false;
  return true;
}

Status write_manifest(const std::string& dir, const std::vector<ManifestSegment>& segments) {
  const std::string path = dir + "/manifest.json";
  std::vector<std::string> evidence;
  evidence.reserve(segments.size());
  for (const ManifestSegment& segment : segments)
    evidence.push_back(
        entry(segment.path, segment.size_bytes, segment.sha256 ? quoted_digest(*segment.sha256) : "null"));
  if (segments.empty()) {
    if (const auto before = read_file(path); before.ok())
      for (const ManifestEntry& kept : manifest_entries(*before, "evidence"))
        evidence.push_back(entry(kept.name, kept.size_bytes, kept.sha256.empty() ? "null" : json_string(kept.sha256)));
  }

  std::vector<std::string> names;
  std::error_code error;
  for (const auto& item : fs::directory_iterator(dir, error))
    if (item.is_regular_file(error)) names.push_back(item.path().filename().string());
  std::sort(names.begin(), names.end());
  std::vector<std::string> files;
  for (const std::string& name : names) {
    if (std::find(std::begin(kNotListed), std::end(kNotListed), name) != std::end(kNotListed)) continue;
    LIMIER_TRY(files.emplace_back(), file_entry(fs::path(dir) / name, name));
  }

  std::vector<std::string> programs;
  LIMIER_TRY(programs.emplace_back(), file_entry("/proc/self/exe", "limier"));
  for (const char* name : {"limier-fs", "limier-sweep", "limier-content"}) {
    LIMIER_TRY(programs.emplace_back(), file_entry(fs::path(worker::libexec_dir()) / name, name));
  }

  LIMIER_TRY(const auto packs, packs_used(dir));
  LIMIER_TRY(const auto hash_sets, hash_sets_used(dir));
  LIMIER_TRY(const auto keyword_files, keyword_files_used(dir));
  LIMIER_TRY(const auto yara, yara_used(dir));
  LIMIER_TRY(const std::string scope, scope_used(dir));

  LIMIER_TRY(const std::string log, read_file(AuditLog(dir).path()));
  return write_file(path, fmt::format("{{\n  \"format\": 1,\n  \"tool\": \"limier\",\n  \"version\": \"{}\",\n"
                                      "  \"commit\": \"{}\",\n  \"audit_head_sha256\": \"{}\",\n  \"evidence\": {},\n"
                                      "  \"files\": {},\n  \"programs\": {},\n  \"packs\": {},\n  \"hash_sets\": {},\n "
                                      " \"keywords\": {},\n"
                                      "  \"yara_files\": {},\n  \"scope_sha256\": {}\n}}\n",
                                      LIMIER_VERSION, build_commit(), chain_head(log), joined(evidence), joined(files),
                                      joined(programs), joined(packs), joined(hash_sets), joined(keyword_files),
                                      joined(yara), scope));
}

}  // namespace limier::app
