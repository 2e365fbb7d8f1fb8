// Rules over the views: what they select becomes findings, ranked over all packs.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <map>
#include <set>

#include "rules/functions.h"
#include "rules/lexicon.h"

namespace limier::rules {
namespace {

// What is beyond is not read by anybody; the statement gives the highest scores first.
constexpr std::int64_t kMaxFindingsOfRule = 100'000;
constexpr std::size_t kKeyDigits = 16;

// Columns that a rule's SELECT gives, by name; `priority` may be left out.
enum ColumnOf : std::size_t { kSubjectId, kFileId, kContentId, kLocator, kTime, kScore, kReason, kPriority };
constexpr std::array<std::string_view, 8> kColumnNames{"subject_id", "file_id", "content_id", "locator",
                                                       "t_ns",       "score",   "reason",     "priority"};

Result<std::array<int, kColumnNames.size()>> columns_of(const store::Query& query) {
  std::array<int, kColumnNames.size()> places{};
  places.fill(-1);
  for (int column = 0; column < query.column_count(); ++column) {
    const auto name = std::find(kColumnNames.begin(), kColumnNames.end(), query.column_name(column));
    if (name == kColumnNames.end())
      return Error{ErrorKind::kUsage, fmt::format("it selects an unknown column {}", query.column_name(column))};
    places[static_cast<std::size_t>(name - kColumnNames.begin())] = column;
  }
  for (std::size_t i = 0; i < kPriority; ++i)
    if (places[i] < 0)
      return Error{ErrorKind::kUsage, fmt::format("it does not select the column {}", kColumnNames[i])};
  return places;
}

// The same whenever the same rule meets the same subject: nothing in it depends on what else was found.
std::string finding_key(const Pack& pack, const Rule& rule, std::string_view content_id, std::string_view locator) {
  const std::string identity = fmt::format("{}\n{}\n{}\n{}", pack.id, rule.id, content_id, locator);
  return hex_digest(*digest_of(as_bytes(identity), {.sha256 = true}).sha256).substr(0, kKeyDigits);
}

std::optional<catalog::Priority> priority_named(std::string_view word) {
  const auto& words = catalog::kPriorityWords;
  const auto found = std::find(words.begin(), words.end(), word);
  if (found == words.end()) return std::nullopt;
  return static_cast<catalog::Priority>(found - words.begin());
}

std::optional<std::int64_t> integer_or_null(const store::Query& query, int column) {
  return query.is_null(column) ? std::nullopt : std::optional(query.integer(column));
}

std::string limits_of(const std::string& limits, const std::string& measured, std::string_view word) {
  return measured.empty() ? limits : fmt::format("{} {}: {}", limits, word, measured);
}

Status run_rule(const Pack& pack, const Rule& rule, store::RuleDoor& door, const Options& options, Report& report) {
  LIMIER_TRY(auto query, door.query(rule.sql, options.step_budget));
  LIMIER_TRY(const auto at, columns_of(query));
  std::int64_t count = 0;
  while (query.step()) {
    if (++count > kMaxFindingsOfRule) {
      report.problems.push_back(
          fmt::format("rule {}/{}: only the first {} findings are kept", pack.id, rule.id, kMaxFindingsOfRule));
      break;
    }
    catalog::Finding finding;
    finding.pack = pack.id;
    finding.pack_version = pack.version;
    finding.rule = rule.id;
    finding.priority = rule.priority;
    if (at[kPriority] >= 0 && !query.is_null(at[kPriority])) {
      const auto priority = priority_named(query.text_view(at[kPriority]));
      if (!priority) return Error{ErrorKind::kUsage, "it selects a priority that does not exist"};
      finding.priority = *priority;
    }
    finding.title = rule.title;
    finding.reason = query.text(at[kReason]);
    finding.meaning = rule.meaning;
    finding.limits = limits_of(rule.limits, pack.measured, "Measured");
    finding.score = query.real(at[kScore]);
    if (!std::isfinite(finding.score)) finding.score = 0;
    finding.key = finding_key(pack, rule, query.text(at[kContentId]), query.text(at[kLocator]));
    finding.t_ns = integer_or_null(query, at[kTime]);
    finding.subject_kind = rule.subject;
    finding.subject_id = integer_or_null(query, at[kSubjectId]);
    finding.file_id = integer_or_null(query, at[kFileId]);
    report.findings.push_back(std::move(finding));
  }
  return query.status();
}

void rank(std::vector<catalog::Finding>& findings) {
  const auto order = [](const catalog::Finding& one) {
    return std::tuple(one.priority, -one.score, -one.t_ns.value_or(INT64_MIN + 1), std::string_view(one.key),
                      one.subject_id.value_or(0));
  };
  std::sort(findings.begin(), findings.end(),
            [&](const auto& one, const auto& other) { return order(one) < order(other); });
  // A row in two states has one locator: the one that is read first keeps the key.
  std::set<std::string> keys;
  std::int64_t place = 0;
  for (catalog::Finding& finding : findings) {
    finding.rank = ++place;
    const std::string key = finding.key;
    for (int again = 2; !keys.insert(finding.key).second; ++again) finding.key = fmt::format("{}-{}", key, again);
  }
}

// Why a kind of message without text is not judged; "" when there is nothing in it to judge.
std::string_view why_not_judged(std::string_view kind) {
  if (kind == "image") return "what pictures show is not looked at; their captions are";
  if (kind == "audio") return "voice notes are not listened to";
  if (kind == "video") return "videos are not watched";
  if (kind == "file") return "files that were sent are not read as messages";
  if (kind == "location" || kind == "call" || kind == "system") return {};
  return "messages without text";
}

void put_judged(Report& report, std::string kind, std::int64_t items, std::int64_t judged, std::string_view reason) {
  report.judged.push_back({std::move(kind), items, judged, items - judged, std::string(reason)});
}

// The views that a statement names: "v_…".
std::set<std::string> views_named(std::string_view sql) {
  const auto is_part = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  std::set<std::string> views;
  for (std::size_t at = 0; at < sql.size();) {
    std::size_t end = at;
    while (end < sql.size() && is_part(sql[end])) ++end;
    if (sql.substr(at, end - at).starts_with("v_")) views.emplace(sql.substr(at, end - at));
    at = std::max(end, at + 1);
  }
  return views;
}

// What of the index there is for rules to read. An index of an earlier version lacks views.
class Sight {
 public:
  static Result<Sight> of(store::RuleDoor& door) {
    Sight sight;
    LIMIER_TRY(const auto views, store::public_views());
    for (const auto& [view, columns] : views)
      if (!door.query(fmt::format("SELECT 1 FROM {}", view), 0)) sight.missing_.emplace(view);
    return sight;
  }
  // Whether the rule has all it reads. What it lacks, or what nothing was computed for, is noted.
  bool serves(const Pack& pack, const Rule& rule) {
    bool whole = true;
    for (const std::string& view : views_named(rule.sql)) {
      const bool gone = missing_.contains(view);
      if (gone || std::ranges::find(store::kViewsNotComputed, view) != store::kViewsNotComputed.end())
        blind_[view] += fmt::format("{}{}/{}", blind_[view].empty() ? "" : ", ", pack.id, rule.id);
      whole = whole && !gone;
    }
    return whole;
  }
  [[nodiscard]] bool has(std::string_view view) const { return !missing_.contains(view); }
  void say(Report& report) const {
    for (const auto& [view, rules] : blind_)
      put_judged(
          report, view, 0, 0,
          fmt::format("{}, so these rules find nothing there: {}",
                      missing_.contains(view) ? "this index does not have it" : "not computed in this version", rules));
  }

 private:
  std::set<std::string, std::less<>> missing_;
  std::map<std::string, std::string> blind_;  // view: rules
};

// Messages by kind and language: what there is, before it is asked which pack has words for it. language: nullopt
// without text; "-" where it is not asked for.
struct TextCount {
  std::string kind;
  std::optional<std::string> language;
  std::int64_t count = 0;
};

// The language of a text of less than four words is not asked for: it is compared with the words of all languages.
Result<std::vector<TextCount>> count_texts(const Pack& pack, store::RuleDoor& door, const Options& options) {
  constexpr int kShortText = 24;  // bytes
  LIMIER_TRY(auto query,
             door.query(fmt::format("SELECT coalesce(kind, ''), CASE WHEN coalesce(body, '') = '' THEN NULL "
                                    "WHEN length(body) < {} THEN '-' ELSE coalesce(language(body, '{}'), '') END, "
                                    "count(*) FROM v_message GROUP BY 1, 2 ORDER BY 1, 2",
                                    kShortText, pack.id),
                        options.step_budget));
  std::vector<TextCount> counts;
  while (query.step())
    counts.push_back({query.text(0), query.is_null(1) ? std::nullopt : std::optional(query.text(1)), query.integer(2)});
  LIMIER_CHECK(query.status());
  return counts;
}

// What is no text: the same for every pack.
void judge_without_text(const std::vector<TextCount>& counts, Report& report) {
  std::int64_t pictures = 0;
  for (const TextCount& one : counts) {
    if (one.kind == "image")
      pictures += one.count;
    else if (const auto reason = why_not_judged(one.kind); !one.language && !reason.empty())
      put_judged(report, fmt::format("messages: {}", one.kind.empty() ? "no text" : one.kind), one.count, 0, reason);
  }
  if (pictures > 0) put_judged(report, "messages: image", pictures, 0, why_not_judged("image"));
}

std::pair<std::int64_t, std::int64_t> texts_and_judged(const Pack& pack, const std::vector<TextCount>& counts) {
  std::int64_t texts = 0, judged = 0;
  for (const TextCount& one : counts) {
    if (!one.language) continue;
    texts += one.count;
    if (*one.language == "-" || !pack.lexicon->guesses_languages() || pack.lexicon->has_words(*one.language))
      judged += one.count;
  }
  return {texts, judged};
}

constexpr std::string_view kMessages = "message";

// Early, only what is told at once is looked for: over messages, high or above, by its priority or by one it selects.
bool is_told_early(const Rule& rule) {
  const auto names = [&](catalog::Priority one) {
    return rule.sql.find(fmt::format("'{}'", priority_word(one))) != std::string::npos;
  };
  return rule.subject == kMessages && (rule.priority <= catalog::Priority::kHigh || names(catalog::Priority::kHigh) ||
                                       names(catalog::Priority::kLiveInDanger));
}

// Its word lists are held against messages.
bool reads_texts(const Pack& pack) {
  return std::ranges::any_of(pack.rules, [](const Rule& rule) {
    return rule.subject == kMessages && rule.sql.find("criteria(") != std::string::npos;
  });
}

// Which messages the packs have words for: a row for those that agree.
Status judge_messages(const RuleSet& set, store::RuleDoor& door, const Options& options, Report& report) {
  std::map<std::string, std::vector<TextCount>> counts;  // by whose lists tell the languages apart
  std::map<std::pair<std::int64_t, std::int64_t>, std::string> outcomes;
  for (const Pack& pack : set.packs()) {
    if (!reads_texts(pack)) continue;
    auto& texts = counts[pack.languages_of.empty() ? pack.id : pack.languages_of];
    if (texts.empty()) {
      LIMIER_TRY(texts, count_texts(pack, door, options));
    }
    auto& packs = outcomes[texts_and_judged(pack, texts)];
    packs += (packs.empty() ? "" : ", ") + pack.id;
  }
  for (const auto& [outcome, packs] : outcomes)
    put_judged(report, outcomes.size() == 1 ? "messages with text" : fmt::format("messages with text: {}", packs),
               outcome.first, outcome.second,
               outcome.first == 0 ? "no message with text was read"
               : outcome.first == outcome.second
                   ? ""
                   : "no common word of a language that has a lexicon: a guess, by common words");
  if (!counts.empty()) judge_without_text(counts.begin()->second, report);
  return ok_status();
}

// Where numbers and addresses were looked for.
Status judge_hits(store::RuleDoor& door, Report& report) {
  LIMIER_TRY(
      auto query,
      door.query(
          "SELECT (SELECT max(scope_sha256) FROM v_run), count(DISTINCT content_id), count(DISTINCT content_id) "
          "FILTER (WHERE mime IN ('application/pdf', 'application/gzip', 'application/zip', 'application/zstd', "
          "'application/java-archive', 'application/vnd.rar', 'application/epub+zip', "
          "'application/vnd.android.package-archive', 'application/x-7z-compressed', 'application/x-bzip2', "
          "'application/x-xz', 'application/x-lzma', 'application/x-lzip', 'application/vnd.ms-cab-compressed') OR mime GLOB "
          "'application/vnd.openxml*' OR mime GLOB 'application/vnd.oasis*'), (SELECT count(DISTINCT content_id) "
          "FROM v_item WHERE state = 'parsed'), (SELECT count(DISTINCT content_id) FROM v_item WHERE state = "
          "'parsed' AND parser = 'packed') FROM v_file WHERE kind IN ('file', 'stream') AND content_state IN "
          "('complete', 'recovered')",
          0));
  if (!query.step()) return query.status();
  const std::int64_t contents = query.integer(1), parsed = query.integer(3);
  const std::int64_t closed = std::max<std::int64_t>(0, query.integer(2) - query.integer(4));
  if (contents > 0 && query.is_null(0))
    put_judged(
        report, "hits", contents, contents - closed,
        "numbers, addresses and keys were looked for in all bytes as they lie, in office documents, ZIP and gzip: "
        "not inside of what is packed in other ways, as PDF, 7z and applications are");
  // Where no row came out, nothing was looked for at all, and other words say that.
  else if (parsed > 0 && !query.is_null(0))
    put_judged(report, "hits", std::max(contents, parsed), parsed,
               "numbers, addresses and keys were looked for in the texts of rows that came out of contents, not in the "
               "bytes of other contents and of unallocated space, to which the scope cannot be held");
  return query.status();
}

}  // namespace

Result<std::vector<catalog::Finding>> run_alone(const RuleSet& set, const Pack& pack, const Rule& rule,
                                                store::RuleDoor& door) {
  Report report;
  LIMIER_CHECK(add_functions(set, door, last_activity(door, Options{}.step_budget)));
  LIMIER_CHECK(run_rule(pack, rule, door, {}, report));
  return std::move(report.findings);
}

std::vector<std::array<std::string, 3>> translations(const RuleSet& set) {
  static constexpr std::pair<std::string_view, std::string_view> kMeasured[] = {
      {"nl", "Gemeten"}, {"fr", "Mesure"}, {"de", "Gemessen"}};
  std::vector<std::array<std::string, 3>> all;
  const auto add = [&](const std::string& language, const std::string& english, const std::string& text) {
    if (!english.empty() && !text.empty()) all.push_back({language, english, text});
  };
  for (const Pack& pack : set.packs()) {
    all.insert(all.end(), pack.words.begin(), pack.words.end());
    for (const auto& [language, said] : pack.translations) add(language, pack.title, said.title);
    for (const Rule& rule : pack.rules)
      for (const auto& [language, said] : rule.translations) {
        add(language, rule.title, said.title);
        add(language, rule.meaning, said.meaning);
        const auto of_pack = pack.translations.find(language);
        const std::string measured = of_pack == pack.translations.end() ? "" : of_pack->second.measured;
        // Half a translation would hide how far the pack was measured.
        if (measured.empty() != pack.measured.empty() || said.limits.empty()) continue;
        const auto* const word =
            std::ranges::find(kMeasured, language, &std::pair<std::string_view, std::string_view>::first);
        add(language, limits_of(rule.limits, pack.measured, "Measured"),
            limits_of(said.limits, measured, word->second));
      }
  }
  return all;
}

Result<Report> run(const RuleSet& set, store::RuleDoor& door, const Options& options) {
  Report report;
  report.last_activity_ns = last_activity(door, options.step_budget);
  LIMIER_CHECK(add_functions(set, door, report.last_activity_ns));
  LIMIER_TRY(auto sight, Sight::of(door));
  for (const Pack& pack : set.packs()) {
    for (const Rule& rule : pack.rules) {
      if (options.early && !is_told_early(rule)) continue;
      if (!sight.serves(pack, rule)) continue;
      if (const auto status = run_rule(pack, rule, door, options, report); !status)
        report.problems.push_back(fmt::format("rule {}/{}: {}", pack.id, rule.id, status.error().message));
    }
  }
  if (!options.early) {
    if (const auto status = judge_messages(set, door, options, report); !status)
      report.problems.push_back(fmt::format("what was judged: {}", status.error().message));
    const bool whole = sight.has("v_file") && sight.has("v_item") && sight.has("v_run");
    if (const auto status = whole ? judge_hits(door, report) : ok_status(); !status)
      report.problems.push_back(fmt::format("where numbers were looked for: {}", status.error().message));
    sight.say(report);
  }
  rank(report.findings);
  return report;
}

}  // namespace limier::rules
