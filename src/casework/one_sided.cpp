#include "casework/one_sided.h"

#include <fmt/format.h>

#include <algorithm>

#include "casework/case_build.h"

namespace limier::casework {
namespace {

// Fewer are somebody's tidying up, unless they are what a grave finding is about.
constexpr std::int64_t kTellingMessages = 3;
constexpr std::size_t kKeyDigits = 16;
constexpr std::string_view kPack = "case", kVersion = "1", kRule = "deleted-on-one-side";
constexpr std::string_view kMeaning =
    "The same messages were found on two exhibits. On this one they are deleted, on the other they are still there: "
    "read them there, with what stands around them.";
constexpr std::string_view kLimits =
    "Only messages that are found on both are compared: what is deleted on both, or left no trace here, is not "
    "counted. Applications delete by themselves, and people tidy up. When it was done is not known. Not measured: how "
    "many of these findings mean nothing is not known.";

std::string day(std::int64_t ns) {
  return format_time(ns).substr(0, 10);
}

}  // namespace

OneSided::OneSided(const std::vector<Entry>& entries) : entries_(entries), grave_(entries.size()) {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (!entries[i].facts) continue;
    for (const FactsFinding& one : entries[i].facts->finding_list)
      if ((one.priority == "live-in-danger" || one.priority == "high") && one.subject_kind == "message" &&
          one.subject_id)
        grave_[i].push_back(*one.subject_id);
    std::sort(grave_[i].begin(), grave_[i].end());
  }
}

void OneSided::add(const Key& key, std::int64_t message, std::int64_t other, std::int64_t t_ms) {
  Deleted& deleted = deleted_[key];
  ++deleted.messages;
  const auto& grave = grave_[std::get<1>(key)];
  deleted.grave += std::binary_search(grave.begin(), grave.end(), other) ? 1 : 0;
  const std::optional<std::int64_t> t_ns = t_ms > 0 ? std::optional(t_ms * 1'000'000) : std::nullopt;
  // Without any time the first that comes stands for all.
  if (deleted.newest_id == 0 || (t_ns && (!deleted.last_ns || *t_ns > *deleted.last_ns))) deleted.newest_id = message;
  if (!t_ns) return;
  deleted.first_ns = std::min(deleted.first_ns.value_or(*t_ns), *t_ns);
  deleted.last_ns = std::max(deleted.last_ns.value_or(*t_ns), *t_ns);
}

void OneSided::take(const MessagePair& pair) {
  bool repaired = false;
  const std::string service = utf8_text(pair.service, repaired);
  ++both_[{pair.a, pair.b, service}];
  if (pair.deleted_a == pair.deleted_b) return;
  if (pair.deleted_a)
    add({pair.a, pair.b, service}, pair.message_a, pair.message_b, pair.t_ms_a);
  else
    add({pair.b, pair.a, service}, pair.message_b, pair.message_a, pair.t_ms_b);
}

std::string OneSided::priority_of(const Deleted& deleted) const {
  return deleted.messages >= kTellingMessages || deleted.grave > 0 ? "medium" : "low";
}

std::int64_t OneSided::telling(std::size_t exhibit) const {
  std::int64_t messages = 0;
  for (const auto& [key, deleted] : deleted_)
    if (std::get<0>(key) == exhibit && priority_of(deleted) == "medium") messages += deleted.messages;
  return messages;
}

std::vector<OneSidedFinding> OneSided::findings() const {
  std::vector<OneSidedFinding> all;
  for (const auto& [key, deleted] : deleted_) {
    const auto& [here, there, service] = key;
    const auto pair = std::minmax(here, there);
    const std::int64_t both =
        both_.at({static_cast<std::uint32_t>(pair.first), static_cast<std::uint32_t>(pair.second), service});
    const std::string& other = entries_[there].input.name;
    OneSidedFinding one;
    one.exhibit = here;
    FactsFinding& finding = one.finding;
    finding.pack = kPack;
    finding.pack_version = kVersion;
    finding.rule = kRule;
    finding.priority = priority_of(deleted);
    finding.title = "Messages deleted on one side only";
    finding.reason = fmt::format("{} of {} messages ({}) that {} has too are deleted here only", deleted.messages, both,
                                 service.empty() ? "service not known" : service, other);
    if (deleted.first_ns) finding.reason += fmt::format("; of {} to {}", day(*deleted.first_ns), day(*deleted.last_ns));
    if (deleted.grave > 0)
      finding.reason += fmt::format("; findings of high or above are about {} of them there", deleted.grave);
    finding.meaning = kMeaning;
    finding.limits = kLimits;
    const double share = static_cast<double>(deleted.messages) / static_cast<double>(both);
    const double many = static_cast<double>(std::min<std::int64_t>(deleted.messages, 100)) / 100;
    finding.score = 0.3 + 0.2 * share + 0.1 * many + (deleted.grave > 0 ? 0.3 : 0);
    const std::string place = fmt::format("{}\n{}\n{}\n{}", kRule, entries_[here].input.name, other, service);
    finding.key = hex_digest(*digest_of(as_bytes(place), {.sha256 = true}).sha256).substr(0, kKeyDigits);
    finding.t_ns = deleted.last_ns;
    finding.subject_kind = "message";
    finding.subject_id = deleted.newest_id;
    all.push_back(std::move(one));
  }
  std::stable_sort(all.begin(), all.end(), [](const OneSidedFinding& a, const OneSidedFinding& b) {
    return std::tuple(a.exhibit, -a.finding.score) < std::tuple(b.exhibit, -b.finding.score);
  });
  return all;
}

}  // namespace limier::casework
