// From manifest to plan.json, on a new case or one that has a plan already.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "batch/attempts.h"
#include "batch/manifest.h"
#include "batch/packing.h"
#include "batch/plan.h"
#include "batch/stamps.h"
#include "batch/supersede.h"

namespace limier::batch {
namespace {

namespace fs = std::filesystem;

// The exhibits of a manifest, with their lines.
struct Rows {
  std::vector<Exhibit> exhibits;
  std::map<std::string, std::size_t> lines;  // by folder
};

std::string folded(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return result;
}

Cells default_cells(const PlanOptions& options, const Cells& of_manifest) {
  Cells cells = of_manifest;
  std::erase_if(cells, [](const auto& cell) { return cell.second.value.empty(); });
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) cells.emplace(name, Cell{value, 0});
  };
  add("authority", options.authority.text);
  add("case", options.authority.case_number);
  add("examiner", options.authority.examiner);
  add("agency", options.authority.agency);
  add("note", options.authority.note);
  add("scope", options.scope);
  add("scope_file", options.scope_file);
  add("hashset", fmt::format("{}", fmt::join(options.hash_sets, ";")));
  add("keywords", fmt::format("{}", fmt::join(options.keywords, ";")));
  add("yara", fmt::format("{}", fmt::join(options.yara, ";")));
  add("profile", options.profile);
  add("zone", options.zone);
  add("sector_size", options.sector_size);
  add("codepage", options.codepage);
  add("fail_on", options.fail_on);
  add("lang", options.language);
  return cells;
}

bool looks_into_content(const Exhibit& exhibit) {
  return exhibit.profile != "list" && exhibit.profile != "quick";
}

void note_same_images(const std::vector<Exhibit>& exhibits, std::vector<std::string>& notes) {
  std::map<std::string, const Exhibit*> by_path;
  std::map<std::string, const Exhibit*> by_content;
  for (const Exhibit& exhibit : exhibits) {
    if (exhibit.segments.empty()) continue;
    std::error_code error;
    const std::string path = fs::weakly_canonical(exhibit.image, error).string();
    std::string content;
    for (const auto& segment : exhibit.segments) content += segment.edge_sha256 + std::to_string(segment.size_bytes);
    const auto [same_path, new_path] = by_path.emplace(path, &exhibit);
    const auto [same_content, new_content] = by_content.emplace(content, &exhibit);
    if (!new_path)
      notes.push_back(fmt::format("exhibits '{}' and '{}' are the same image, {}", same_path->second->name,
                                  exhibit.name, exhibit.image));
    else if (!new_content)
      notes.push_back(
          fmt::format("exhibits '{}' and '{}' look like copies of one image: {} and {} are equal in size and "
                      "edges",
                      same_content->second->name, exhibit.name, same_content->second->image, exhibit.image));
  }
}

Rows read_rows(const CaseFolder& folder, const PlanOptions& options, const std::string& text, PlanReport& report) {
  const Manifest manifest = parse_manifest(text, options.manifest, report.problems);
  const Cells defaults = default_cells(options, manifest.defaults);
  std::error_code error;
  const std::string base = fs::absolute(options.manifest, error).parent_path().string();
  Rows rows;
  std::map<std::string, std::size_t> taken;  // folded folder names
  GivenFiles given;
  for (const ManifestRow& row : manifest.rows) {
    Exhibit exhibit = exhibit_of(row, defaults, base, options.rules, given, report.problems);
    if (exhibit.folder.empty() || exhibit.image.empty()) continue;
    const auto [first, is_new] = taken.emplace(folded(exhibit.folder), row.line);
    if (!is_new) {
      report.problems.push_back(
          {row.line, fmt::format("exhibit '{}' is there already, in line {} (upper and lower case "
                                 "are the same, and so are characters no folder can have)",
                                 exhibit.name, first->second)});
      continue;
    }
    if (!exhibit.allow_beside_evidence && lies_beside(folder.dir(), exhibit.image))
      report.problems.push_back(
          {row.line,
           fmt::format(
               "the case {} lies inside the folder of {}, where nothing must be written; choose another folder, "
               "or allow it with the option allow_beside_evidence",
               folder.dir(), exhibit.image),
           ErrorKind::kRefused});
    auto stamps = stamp_evidence(exhibit);
    if (stamps.ok()) {
      exhibit.segments = std::move(*stamps);
      if (const std::string why = unsupported_image(exhibit.image); !why.empty())
        report.notes.push_back(
            fmt::format("exhibit '{}' will end with exit code 3: {} {}", exhibit.name, exhibit.image, why));
    } else if (options.allow_missing && !fs::exists(exhibit.image, error))
      report.notes.push_back(
          fmt::format("exhibit '{}': {}; it is planned all the same", exhibit.name, stamps.error().message));
    else
      report.problems.push_back({row.line, stamps.error().message});
    rows.lines.emplace(exhibit.folder, row.line);
    rows.exhibits.push_back(std::move(exhibit));
  }
  std::sort(rows.exhibits.begin(), rows.exhibits.end(),
            [](const Exhibit& one, const Exhibit& other) { return one.folder < other.folder; });
  note_same_images(rows.exhibits, report.notes);
  return rows;
}

// What of the definition differs, in words.
std::string difference(const Exhibit& before, const Exhibit& now) {
  std::string list;
  const auto add = [&](bool differs, std::string_view what) {
    if (differs) list += (list.empty() ? "" : ", ") + std::string(what);
  };
  add(before.segments != now.segments && before.image == now.image, "the image itself");
  add(before.image != now.image, "the path of the image");
  add(before.authority.text != now.authority.text, "the authority");
  add(before.scope != now.scope, "the scope");
  add(before.scope_file != now.scope_file || before.scope_sha256 != now.scope_sha256, "the scope file");
  add(std::tie(before.hash_sets, before.hash_set_digests) != std::tie(now.hash_sets, now.hash_set_digests),
      "the hash sets");
  add(std::tie(before.keywords, before.keyword_digests) != std::tie(now.keywords, now.keyword_digests), "the keywords");
  add(std::tie(before.yara, before.yara_digest) != std::tie(now.yara, now.yara_digest), "the YARA rules");
  add(before.profile != now.profile, "the profile");
  add(before.zone != now.zone, "the zone");
  add(std::tie(before.expect_md5, before.expect_sha1, before.expect_sha256) !=
          std::tie(now.expect_md5, now.expect_sha1, now.expect_sha256),
      "the expected digest");
  add(std::tie(before.authority.case_number, before.authority.examiner, before.authority.agency,
               before.authority.note) !=
          std::tie(now.authority.case_number, now.authority.examiner, now.authority.agency, now.authority.note),
      "case, examiner, agency or note");
  add(std::tie(before.fail_on, before.language, before.digests, before.sector_size, before.codepage, before.incomplete,
               before.allow_beside_evidence) != std::tie(now.fail_on, now.language, now.digests, now.sector_size,
                                                         now.codepage, now.incomplete, now.allow_beside_evidence),
      "the options");
  return list.empty() ? "its number" : list;
}

// Finished work under another definition is never replaced unasked.
void compare_with_old(const CaseFolder& folder, const Plan& old, const PlanOptions& options, const Rows& rows,
                      PlanReport& report) {
  std::map<std::string_view, const Exhibit*> before;
  for (const Exhibit& exhibit : old.exhibits) before.emplace(exhibit.folder, &exhibit);
  for (const Exhibit& exhibit : report.plan.exhibits) {
    const auto found = before.find(exhibit.folder);
    if (found == before.end()) {
      ++report.added;
      continue;
    }
    const Exhibit& then = *found->second;
    before.erase(found);
    if (then.digest == exhibit.digest) {
      ++report.kept;
      continue;
    }
    ++report.changed;
    if (!options.accept_changed && load_record(folder, exhibit.folder))
      report.problems.push_back(
          {rows.lines.at(exhibit.folder),
           fmt::format("exhibit '{}' was examined already, and since then {} changed; to examine it again (its results "
                       "are kept in {}) give --accept-changed",
                       exhibit.name, difference(then, exhibit), folder.superseded()),
           ErrorKind::kRefused});
  }
  for (const auto& [name, exhibit] : before) {
    ++report.removed;
    if (!options.accept_changed && load_record(folder, name))
      report.problems.push_back(
          {0,
           fmt::format("exhibit '{}' was examined already and is not in the manifest any more; to take it out of the "
                       "case (its results are kept in {}) give --accept-changed",
                       exhibit->name, folder.superseded()),
           ErrorKind::kRefused});
  }
}

bool was_begun(const CaseFolder& folder) {
  std::error_code error;
  for (const char* sub : {"/records", "/attempts", "/submissions"}) {
    const fs::path path = folder.dir() + sub;
    if (fs::exists(path, error) && !fs::is_empty(path, error)) return true;
  }
  return false;
}

// Tasks that were given out keep their numbers and exhibits; what is new goes to new tasks.
void assign_tasks(const Plan* old, const PlanOptions& options, Plan& plan) {
  std::vector<const Exhibit*> open;
  for (const Exhibit& exhibit : plan.exhibits) open.push_back(&exhibit);
  std::uint32_t next = 1;
  if (old != nullptr) {
    for (const Task& task : old->tasks) {
      next = std::max(next, task.number + 1);
      Task kept{task.number, {}, 0};
      for (const std::string& name : task.exhibits) {
        const auto found =
            std::find_if(open.begin(), open.end(), [&](const Exhibit* exhibit) { return exhibit->name == name; });
        if (found == open.end()) continue;
        kept.exhibits.push_back(name);
        kept.size_bytes += (*found)->size_bytes();
        open.erase(found);
      }
      if (!kept.exhibits.empty()) plan.tasks.push_back(std::move(kept));
    }
  }
  auto fresh = pack(open, options.pack_bytes, next);
  std::move(fresh.begin(), fresh.end(), std::back_inserter(plan.tasks));
}

// Results of exhibits that are no longer in the plan.
Status put_away_removed(const CaseFolder& folder, const Plan& old, const Plan& plan) {
  for (const Exhibit& exhibit : old.exhibits) {
    const bool stays = std::any_of(plan.exhibits.begin(), plan.exhibits.end(),
                                   [&](const Exhibit& one) { return one.folder == exhibit.folder; });
    if (!stays) LIMIER_CHECK(supersede(folder, exhibit.folder));
  }
  return ok_status();
}

Status check_case_folder(const CaseFolder& folder) {
  std::error_code error;
  if (!fs::exists(folder.dir(), error) || fs::exists(folder.plan(), error)) return ok_status();
  if (!fs::is_directory(folder.dir(), error))
    return Error{ErrorKind::kUsage, fmt::format("{}: is not a folder", folder.dir())};
  for (const auto& entry : fs::directory_iterator(folder.dir(), error))
    if (entry.path() != folder.lock())
      return Error{ErrorKind::kUsage,
                   fmt::format("{}: is not empty and holds no case; choose a new folder", folder.dir())};
  if (error) return Error{ErrorKind::kUsage, fmt::format("{}: cannot be listed: {}", folder.dir(), error.message())};
  return ok_status();
}

}  // namespace

Result<FileLock> lock_case(const CaseFolder& folder, std::string_view what) {
  std::string holder;
  LIMIER_TRY(auto lock, FileLock::try_lock(folder.lock(), what, &holder));
  if (!lock)
    return Error{
        ErrorKind::kRefused,
        fmt::format("{}: the case is in use by {}; wait until it is done, or stop it with `limier batch cancel "
                    "{}`",
                    folder.dir(), holder, folder.dir())};
  return std::move(*lock);
}

Result<PlanReport> make_plan(const CaseFolder& folder, const PlanOptions& options) {
  LIMIER_CHECK(check_case_folder(folder));
  LIMIER_TRY(const std::string text, read_whole_file(options.manifest));
  std::error_code error;
  const bool has_plan = fs::exists(folder.plan(), error);
  std::optional<FileLock> lock;
  std::optional<Plan> old;
  if (has_plan && !options.dry_run) {
    LIMIER_TRY(lock, lock_case(folder, "limier batch plan"));
  }
  if (has_plan) {
    LIMIER_TRY(old, load_plan(folder));
  }

  PlanReport report;
  Rows rows = read_rows(folder, options, text, report);
  report.plan.exhibits = rows.exhibits;
  seal_plan(report.plan);
  if (old)
    compare_with_old(folder, *old, options, rows, report);
  else
    report.added = static_cast<std::uint32_t>(report.plan.exhibits.size());
  const bool renumber = !old || !was_begun(folder);
  assign_tasks(renumber ? nullptr : &*old, options, report.plan);
  seal_plan(report.plan);
  std::stable_sort(report.problems.begin(), report.problems.end(),
                   [](const PlanProblem& one, const PlanProblem& other) { return one.line < other.line; });
  if (std::any_of(report.plan.exhibits.begin(), report.plan.exhibits.end(),
                  [](const Exhibit& exhibit) { return !exhibit.fail_on.empty() && !looks_into_content(exhibit); }))
    report.notes.emplace_back(
        "fail_on has no effect on exhibits with profile list or quick: nothing of their content is looked into, so "
        "there are no findings");
  if (!report.problems.empty() || options.dry_run) return report;
  // From here the plan is good: what follows writes.

  if (!lock) {
    LIMIER_TRY(lock, lock_case(folder, "limier batch plan"));
    if (fs::exists(folder.plan(), error))
      return Error{ErrorKind::kRefused,
                   fmt::format("{}: another process made a plan at the same time; plan again", folder.dir())};
  }
  if (old) LIMIER_CHECK(put_away_removed(folder, *old, report.plan));
  if (!old || old->digest != report.plan.digest) LIMIER_CHECK(save_plan(folder, report.plan));
  return report;
}

}  // namespace limier::batch
