// plan.json: what it holds, and its digests.
#include <fmt/format.h>

#include <algorithm>

#include "batch/json.h"
#include "batch/plan.h"
#include "limier/batch.h"

namespace limier::batch {
namespace {

constexpr int kPlanFormat = 1;

std::string sha256_of(const Json& document) {
  const std::string text = document.dump(-1, ' ', false, Json::error_handler_t::replace);
  return hex_digest(*digest_of(as_bytes(text), {false, false, true}).sha256);
}

Json to_json(const SegmentStamp& segment) {
  return {{"name", segment.name},
          {"size_bytes", segment.size_bytes},
          {"modified_ns", segment.modified_ns},
          {"edge_sha256", segment.edge_sha256}};
}

SegmentStamp segment_from(const Json& from) {
  return {from.at("name"), from.at("size_bytes"), from.at("modified_ns"), from.at("edge_sha256")};
}

// All that defines the work on one exhibit.
Json to_json(const Exhibit& exhibit) {
  Json segments = Json::array();
  for (const auto& segment : exhibit.segments) segments.push_back(to_json(segment));
  const auto& authority = exhibit.authority;
  Json work{{"exhibit", exhibit.name},
            {"folder", exhibit.folder},
            {"image", exhibit.image},
            {"authority", authority.text},
            {"case", authority.case_number},
            {"examiner", authority.examiner},
            {"agency", authority.agency},
            {"note", authority.note},
            {"scope", exhibit.scope},
            {"profile", exhibit.profile},
            {"zone", exhibit.zone},
            {"fail_on", exhibit.fail_on},
            {"digests", exhibit.digests},
            {"expect_md5", exhibit.expect_md5},
            {"expect_sha1", exhibit.expect_sha1},
            {"expect_sha256", exhibit.expect_sha256},
            {"incomplete", exhibit.incomplete},
            {"allow_beside_evidence", exhibit.allow_beside_evidence},
            {"segments", std::move(segments)}};
  // Only where they are stated: plans of versions that had no such option keep their identity.
  if (!exhibit.sector_size.empty()) work["sector_size"] = exhibit.sector_size;
  if (!exhibit.codepage.empty()) work["codepage"] = exhibit.codepage;
  if (!exhibit.scope_file.empty()) work["scope_file"] = exhibit.scope_file, work["scope_sha256"] = exhibit.scope_sha256;
  if (!exhibit.hash_sets.empty())
    work["hash_sets"] = exhibit.hash_sets, work["hash_set_digests"] = exhibit.hash_set_digests;
  if (!exhibit.keywords.empty()) work["keywords"] = exhibit.keywords, work["keyword_digests"] = exhibit.keyword_digests;
  if (!exhibit.yara.empty()) work["yara"] = exhibit.yara, work["yara_digest"] = exhibit.yara_digest;
  if (!exhibit.language.empty()) work["lang"] = exhibit.language;
  return work;
}

Exhibit exhibit_from(const Json& from) {
  Exhibit exhibit;
  exhibit.name = from.at("exhibit");
  exhibit.folder = from.at("folder");
  exhibit.image = from.at("image");
  exhibit.authority.text = from.at("authority");
  exhibit.authority.case_number = from.at("case");
  exhibit.authority.exhibit = exhibit.name;
  exhibit.authority.examiner = from.at("examiner");
  exhibit.authority.agency = from.at("agency");
  exhibit.authority.note = from.at("note");
  exhibit.scope = from.at("scope");
  exhibit.scope_file = from.value("scope_file", std::string());
  exhibit.scope_sha256 = from.value("scope_sha256", std::string());
  exhibit.hash_sets = from.value("hash_sets", std::vector<std::string>());
  exhibit.hash_set_digests = from.value("hash_set_digests", std::vector<std::string>());
  exhibit.keywords = from.value("keywords", std::vector<std::string>());
  exhibit.keyword_digests = from.value("keyword_digests", std::vector<std::string>());
  exhibit.yara = from.value("yara", std::vector<std::string>());
  exhibit.yara_digest = from.value("yara_digest", std::string());
  exhibit.profile = from.at("profile");
  exhibit.zone = from.at("zone");
  exhibit.sector_size = from.value("sector_size", std::string());
  exhibit.codepage = from.value("codepage", std::string());
  exhibit.fail_on = from.at("fail_on");
  exhibit.language = from.value("lang", std::string());
  exhibit.digests = from.at("digests");
  exhibit.expect_md5 = from.at("expect_md5");
  exhibit.expect_sha1 = from.at("expect_sha1");
  exhibit.expect_sha256 = from.at("expect_sha256");
  exhibit.incomplete = from.at("incomplete");
  exhibit.allow_beside_evidence = from.at("allow_beside_evidence");
  for (const auto& segment : from.at("segments")) exhibit.segments.push_back(segment_from(segment));
  exhibit.digest = from.at("digest");
  return exhibit;
}

Json plan_body(const Plan& plan) {
  Json exhibits = Json::array();
  for (const auto& exhibit : plan.exhibits) {
    Json one = to_json(exhibit);
    one["digest"] = exhibit.digest;
    exhibits.push_back(std::move(one));
  }
  Json tasks = Json::array();
  for (const auto& task : plan.tasks)
    tasks.push_back({{"number", task.number}, {"exhibits", task.exhibits}, {"size_bytes", task.size_bytes}});
  return {{"format", kPlanFormat}, {"exhibits", std::move(exhibits)}, {"tasks", std::move(tasks)}};
}

Plan plan_from(const Json& from) {
  Plan plan;
  for (const auto& exhibit : from.at("exhibits")) plan.exhibits.push_back(exhibit_from(exhibit));
  for (const auto& task : from.at("tasks"))
    plan.tasks.push_back(
        {task.at("number"), task.at("exhibits").get<std::vector<std::string>>(), task.at("size_bytes")});
  plan.digest = from.at("digest");
  return plan;
}

}  // namespace

std::uint64_t Exhibit::size_bytes() const {
  std::uint64_t total = 0;
  for (const auto& segment : segments) total += segment.size_bytes;
  return total;
}

const Exhibit* Plan::find(std::string_view exhibit_name) const {
  const auto found = std::find_if(exhibits.begin(), exhibits.end(),
                                  [&](const Exhibit& exhibit) { return exhibit.name == exhibit_name; });
  return found == exhibits.end() ? nullptr : &*found;
}

const Task* Plan::task(std::uint32_t number) const {
  const auto found = std::find_if(tasks.begin(), tasks.end(), [&](const Task& task) { return task.number == number; });
  return found == tasks.end() ? nullptr : &*found;
}

void seal_plan(Plan& plan) {
  for (auto& exhibit : plan.exhibits) exhibit.digest = sha256_of(to_json(exhibit));
  plan.digest = sha256_of(plan_body(plan));
}

Status save_plan(const CaseFolder& folder, Plan& plan) {
  seal_plan(plan);
  Json document = plan_body(plan);
  document["digest"] = plan.digest;
  return publish_file(folder.plan(), json_document(document));
}

Result<Plan> load_plan(const CaseFolder& folder) {
  const auto text = read_whole_file(folder.plan());
  if (!text.ok())
    return Error{ErrorKind::kUsage,
                 fmt::format("{}: holds no plan; make one with `limier batch plan MANIFEST --out {}`", folder.dir(),
                             folder.dir())};
  auto plan = parse_json(*text, plan_from);
  if (!plan)
    return Error{ErrorKind::kUsage,
                 fmt::format("{}: is not a plan this limier reads; plan again from the manifest", folder.plan())};
  Plan sealed = *plan;
  seal_plan(sealed);
  if (sealed.digest != plan->digest)
    return Error{ErrorKind::kUsage,
                 fmt::format("{}: was changed by hand: its digest does not fit its content; change the manifest and "
                             "plan again",
                             folder.plan())};
  return std::move(*plan);
}

}  // namespace limier::batch
