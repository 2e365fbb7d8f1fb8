#include "app/explain_follows.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "limier/catalog/messages.h"
#include "limier/people.h"
#include "limier/rules.h"

namespace limier::app {
namespace {

constexpr std::string_view kMailboxOwner = "mailbox-owner";  // store/mailboxes.cpp

void add(Follows& follows, std::string_view kind, std::int64_t id) {
  auto rows = std::ranges::find(follows.rows, kind, &Follows::Rows::kind);
  if (rows == follows.rows.end()) rows = follows.rows.insert(rows, {std::string(kind), 0, {}});
  if (!rows->ids.empty() && rows->ids.back() == id) return;
  ++rows->count;
  if (rows->ids.size() < kMaxNamedRows) rows->ids.push_back(id);
}

Status each(store::Index& index, std::string_view sql, const std::function<void(const store::Query&)>& take) {
  LIMIER_TRY(auto rows, index.query(sql));
  while (rows.step()) take(rows);
  return rows.status();
}

// ---- parties, as store/parties.cpp makes them ----------------------------------------------------------------------

class PartyRows {
 public:
  PartyRows(store::Index& index, std::string kind, std::string normalized)
      : index_(index), kind_(std::move(kind)), normalized_(std::move(normalized)) {}

  Result<Follows> find() {
    LIMIER_CHECK(find_home());
    follows_.how = fmt::format("every row that names the {} {}, in whatever spelling", kind_, normalized_);
    LIMIER_CHECK(
        each(index_,
             "SELECT account_id, identifier, coalesce(service, '') FROM v_account WHERE identifier IS NOT NULL "
             "ORDER BY 1",
             [&](const auto& row) { note("account", row.integer(0), row.text(1), row.text(2)); }));
    LIMIER_CHECK(each(index_, "SELECT device_id, value FROM v_device WHERE key = 'phone_number' ORDER BY 1",
                      [&](const auto& row) { note("device", row.integer(0), row.text(1), ""); }));
    LIMIER_CHECK(each(index_,
                      "SELECT contact_id, coalesce(service, ''), number, email, handle FROM v_contact ORDER BY 1",
                      [&](const auto& row) {
                        for (const int column : {2, 3, 4})
                          if (!row.is_null(column))
                            note("contact", row.integer(0), row.text(column), column == 4 ? row.text(1) : "");
                      }));
    LIMIER_CHECK(each(index_,
                      "SELECT message_id, coalesce(service, ''), coalesce(sender, ''), coalesce(recipients, '') FROM "
                      "v_message ORDER BY 1",
                      [&](const auto& row) {
                        note("message", row.integer(0), row.text(2), row.text(1));
                        const std::string recipients = row.text(3);
                        for (const std::string_view one : catalog::split_list(recipients))
                          note("message", row.integer(0), std::string(one), row.text(1));
                      }));
    LIMIER_CHECK(each(index_,
                      "SELECT call_id, party, coalesce(service, '') FROM v_call WHERE party IS NOT NULL ORDER BY 1",
                      [&](const auto& row) { note("call", row.integer(0), row.text(1), row.text(2)); }));
    return std::move(follows_);
  }
  [[nodiscard]] std::int64_t mentions(std::string_view kind) const {
    const auto found = mentions_.find(kind);
    return found == mentions_.end() ? 0 : found->second;
  }

 private:
  Status find_home() {
    std::vector<std::pair<std::string, std::string>> facts;
    std::vector<std::string> owners;
    LIMIER_CHECK(
        each(index_, "SELECT key, value FROM v_device WHERE value <> '' ORDER BY device_id", [&](const auto& row) {
          if (std::ranges::find(people::kCountryFacts, row.text(0)) != people::kCountryFacts.end())
            facts.emplace_back(row.text(0), row.text(1));
        }));
    LIMIER_CHECK(each(index_, "SELECT identifier FROM v_account WHERE role = 'owner' ORDER BY account_id",
                      [&](const auto& row) { owners.push_back(row.text(0)); }));
    at_home_ = people::country_of_device(facts, owners);
    return ok_status();
  }

  // Messages name few people again and again: what a name comes to is kept.
  void note(std::string_view kind, std::int64_t id, const std::string& stored, const std::string& service) {
    if (stored.empty()) return;
    const auto [known, is_new] = names_.try_emplace(std::pair(stored, service), false);
    if (is_new) {
      const auto party = people::party_of(stored, service, at_home_);
      known->second = party && party->kind == kind_ && party->normalized == normalized_;
    }
    if (!known->second) return;
    add(follows_, kind, id);
    ++mentions_[kind];
  }

  store::Index& index_;
  std::string kind_, normalized_;
  const people::Country* at_home_ = nullptr;
  std::map<std::pair<std::string, std::string>, bool> names_;
  Follows follows_;
  std::map<std::string_view, std::int64_t> mentions_;  // a row may name it more than once
};

Result<std::optional<Follows>> follow_party(store::Index& index, std::int64_t id) {
  LIMIER_TRY(auto row,
             index.query("SELECT kind, normalized, contacts, messages, calls FROM v_party WHERE party_id = ?1"));
  row.bind(1, id);
  if (!row.step()) return row.status().ok() ? Result<std::optional<Follows>>(std::nullopt) : row.status().error();
  PartyRows rows(index, row.text(0), row.text(1));
  LIMIER_TRY(Follows follows, rows.find());
  follows.agrees = rows.mentions("contact") == row.integer(2) && rows.mentions("message") == row.integer(3) &&
                   rows.mentions("call") == row.integer(4) && !follows.rows.empty();
  return std::optional(std::move(follows));
}

// ---- others --------------------------------------------------------------------------------------------------------

Result<std::optional<Follows>> follow_mailbox(store::Index& index, std::int64_t id) {
  LIMIER_TRY(auto account,
             index.query("SELECT file_id, identifier FROM v_account WHERE account_id = ?1 AND parser = ?2"));
  account.bind(1, id).bind(2, std::string(kMailboxOwner));
  if (!account.step())
    return account.status().ok() ? Result<std::optional<Follows>>(std::nullopt) : account.status().error();
  Follows follows;
  follows.how = "the one address that nearly all messages of this mailbox are from or to";
  LIMIER_TRY(auto rows,
             index.query("SELECT m.message_id FROM v_message m JOIN v_file f ON f.file_id = m.file_id WHERE m.service "
                         "= 'E-mail' AND (m.file_id = ?1 OR (m.locator GLOB 'eml*' AND f.parent_file_id = (SELECT "
                         "parent_file_id FROM v_file WHERE file_id = ?1))) AND instr(lower(coalesce(m.sender, '') || "
                         "coalesce(m.recipients, '')), lower(?2)) > 0 ORDER BY 1"));
  rows.bind(1, account.integer(0)).bind(2, account.text(1));
  while (rows.step()) add(follows, "message", rows.integer(0));
  LIMIER_CHECK(rows.status());
  follows.agrees = !follows.rows.empty();
  return std::optional(std::move(follows));
}

// A number or address in the text of a row.
Result<std::optional<Follows>> follow_hit(store::Index& index, std::int64_t id) {
  LIMIER_TRY(auto hit,
             index.query("SELECT file_id, locator, coalesce(decode_path, ''), value FROM v_hit WHERE hit_id = "
                         "?1"));
  hit.bind(1, id);
  if (!hit.step()) return hit.status().ok() ? Result<std::optional<Follows>>(std::nullopt) : hit.status().error();
  const std::string path = hit.text(2);
  const std::size_t dot = std::min(path.find('.'), path.size());
  const auto* const kind = catalog::find_kind(std::string_view(path).substr(0, dot));
  const std::string column = path.substr(std::min(dot + 1, path.size()));
  if (kind == nullptr || std::ranges::find(kind->columns, column, &catalog::ColumnInfo::name) == kind->columns.end())
    return std::optional<Follows>();
  Follows follows;
  follows.how = fmt::format("found in the text of {}", path);
  LIMIER_TRY(auto rows, index.query(fmt::format("SELECT {0}_id FROM v_{0} WHERE file_id = ?1 AND locator = ?2 AND "
                                                "instr({1}, ?3) > 0 ORDER BY 1",
                                                kind->name, column)));
  rows.bind(1, hit.integer(0)).bind(2, hit.text(1)).bind(3, hit.text(3));
  while (rows.step()) add(follows, std::string(kind->name), rows.integer(0));
  LIMIER_CHECK(rows.status());
  follows.agrees = !follows.rows.empty();
  return std::optional(std::move(follows));
}

// A word list or parser of the run, and what the rules could judge: facts about the run.
Result<std::optional<Follows>> follow_run(store::Index& index, std::string_view kind, std::int64_t id) {
  LIMIER_TRY(auto row, index.query(fmt::format("SELECT 1 FROM v_{0} WHERE {0}_id = ?1", kind)));
  row.bind(1, id);
  if (!row.step()) return row.status().ok() ? Result<std::optional<Follows>>(std::nullopt) : row.status().error();
  Follows follows;
  follows.how = kind == "hash_set" ? "a set of digests from the command line: it is no part of the evidence; files are "
                                     "counted over v_file.known_source"
                : kind == "pack"
                    ? "a pack that the run was guided by: it comes with the program or from the command line, "
                      "not out of the evidence"
                    : "counted by the rules over all rows of v_message; see `limier rules run`";
  return std::optional(std::move(follows));
}

// ---- findings ------------------------------------------------------------------------------------------------------

// "kill=3:vermoord|dood;weapon=2:mes" without weights: each word with its class in front.
std::vector<std::string> words_of(std::string_view criteria) {
  std::vector<std::string> words;
  while (!criteria.empty()) {
    const std::size_t end = std::min(criteria.find(';'), criteria.size());
    const std::string_view one = criteria.substr(0, end);
    criteria.remove_prefix(std::min(end + 1, criteria.size()));
    const std::size_t colon = one.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view name = one.substr(0, std::min(one.find('='), colon));
    std::string_view list = one.substr(colon + 1);
    while (!list.empty()) {
      const std::size_t bar = std::min(list.find('|'), list.size());
      words.push_back(fmt::format("{}: {}", name, list.substr(0, bar)));
      list.remove_prefix(std::min(bar + 1, list.size()));
    }
  }
  return words;
}

struct StoredFinding {
  std::string key, pack, priority, reason, subject_kind;
  double score = 0;
  std::int64_t subject_id = 0;
};

Status find_words(store::Index& index, const rules::Pack& pack, const StoredFinding& finding, const std::string* body,
                  FoundAgain& again) {
  if (finding.subject_kind != "message" || pack.lexicon == nullptr) return ok_status();
  LIMIER_TRY(auto message, index.query("SELECT coalesce(body, '') FROM v_message WHERE message_id = ?1"));
  message.bind(1, finding.subject_id);
  if (!message.step()) return message.status();
  again.words = words_of(rules::criteria_of(pack, message.text(0)));
  again.text_read = body != nullptr;
  if (body == nullptr) return ok_status();
  const auto now = words_of(rules::criteria_of(pack, *body));
  for (const std::string& word : again.words)
    if (std::ranges::find(now, word) == now.end()) again.lost.push_back(word);
  return ok_status();
}

void compare(Derived& derived, std::string_view column, const std::string& index, const std::string& now) {
  derived.columns.emplace_back(column);
  if (index != now) derived.differences.push_back({std::string(column), index, now});
}

}  // namespace

Result<std::optional<Follows>> follow_rows(store::Index& index, std::string_view kind, std::int64_t id) {
  if (kind == "party") return follow_party(index, id);
  if (kind == "account") return follow_mailbox(index, id);
  if (kind == "hit") return follow_hit(index, id);
  if (kind == "pack" || kind == "judged" || kind == "hash_set") return follow_run(index, kind, id);
  return std::optional<Follows>();
}

Result<FoundAgain> find_again(store::Index& index, std::int64_t finding_id, const std::vector<std::string>& paths,
                              const std::string* body) {
  FoundAgain again;
  LIMIER_TRY(auto row, index.query("SELECT f.key, f.pack, f.priority, f.reason, f.subject_kind, f.score, f.subject_id, "
                                   "p.sha256 FROM v_finding f LEFT JOIN v_pack p ON p.kind = 'rules' AND p.name = "
                                   "f.pack WHERE f.finding_id = ?1"));
  row.bind(1, finding_id);
  if (!row.step()) {
    LIMIER_CHECK(row.status());
    return again;
  }
  const StoredFinding finding{row.text(0), row.text(1), row.text(2),   row.text(3),
                              row.text(4), row.real(5), row.integer(6)};
  LIMIER_TRY(const auto set, rules::RuleSet::load(paths));
  const auto pack = std::ranges::find(set.packs(), finding.pack, &rules::Pack::id);
  if (pack == set.packs().end()) {
    again.rule.reason = fmt::format("the rule pack {} is not here; give it with --rules", finding.pack);
    return again;
  }
  if (row.text(7) != pack->sha256) {
    again.rule.reason =
        fmt::format("the rule pack {} is another than the one the run used; give that one with --rules", finding.pack);
    return again;
  }
  LIMIER_CHECK(find_words(index, *pack, finding, body, again));
  LIMIER_TRY(auto door, index.rule_door());
  LIMIER_TRY(const auto report, rules::run(set, door));
  const auto now = std::ranges::find(report.findings, finding.key, &catalog::Finding::key);
  if (now == report.findings.end()) {
    again.rule.state = Derived::State::kGone;
    again.rule.reason = "its rule does not find it now";
    return again;
  }
  compare(again.rule, "priority", finding.priority, std::string(rules::priority_word(now->priority)));
  compare(again.rule, "reason", finding.reason, now->reason);
  compare(again.rule, "score", fmt::format("{}", finding.score), fmt::format("{}", now->score));
  again.rule.state = again.rule.differences.empty() ? Derived::State::kAgrees : Derived::State::kDiffers;
  return again;
}

}  // namespace limier::app
