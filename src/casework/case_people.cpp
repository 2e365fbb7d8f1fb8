// What the case knows of people: owners, whom two exhibits know, messages that are on both, and what follows for links.
#include <fmt/format.h>

#include <algorithm>

#include "casework/case_build.h"
#include "casework/messages.h"
#include "casework/scores.h"

namespace limier::casework {
namespace {

constexpr std::int64_t kMaxPeople = 20'000;  // whom two exhibits know, by rank

}  // namespace

bool CaseBuild::owns(std::size_t position, const std::string& key) const {
  return owners_[position].contains(key);
}

// What a pair of exhibits has to do with each other by the people they know. A key that the owner of one has counts in
// full, whatever the number of exhibits that know it: it names the very person.
Status CaseBuild::add_sums_of_people(std::size_t kind_at) {
  const Kind& kind = all_kinds()[kind_at];
  if (kind.pairs == Kind::Pairs::kMessages)
    return sums_.add_kind(kind_at, [&](const auto& each) -> Status {
      LIMIER_TRY(auto rows, writer_->query("SELECT exhibit_a, exhibit_b FROM message_pair"));
      while (rows.step())
        each({static_cast<std::uint32_t>(rows.integer(0) - 1), static_cast<std::uint32_t>(rows.integer(1) - 1)},
             kMillion, 0);
      return rows.status();
    });
  const auto person = std::ranges::find(all_kinds(), std::string_view("person"), &Kind::name);
  const KindRange range = ranges_[static_cast<std::size_t>(person - all_kinds().begin())];
  if (range.first_key == range.end_key) return ok_status();
  return sums_.add_kind(kind_at, [&](const auto& each) -> Status {
    LIMIER_TRY(auto rows,
               writer_->query(fmt::format("SELECT members, weight_millionths, value FROM shared WHERE key_id >= {} "
                                          "AND key_id < {} AND exhibits <= {}",
                                          range.first_key, range.end_key, kMaxLinkExhibits)));
    while (rows.step()) {
      const std::string key = rows.text(2);
      std::vector<std::uint32_t> mine, others;
      for (const std::uint32_t position : positions_of(rows.blob(0)))
        (owns(position, key) ? mine : others).push_back(position);
      if (kind.pairs == Kind::Pairs::kKnownToBoth) each(others, rows.integer(1), 0);
      if (kind.pairs == Kind::Pairs::kSameOwner) each(mine, kMillion, 0);
      if (kind.pairs == Kind::Pairs::kOwnerKnown)
        for (const std::uint32_t a : mine)
          for (const std::uint32_t b : others) each({std::min(a, b), std::max(a, b)}, kMillion, 0);
    }
    return rows.status();
  });
}

std::optional<MergeProblem> CaseBuild::add_message_pairs() {
  std::vector<RunCursor> cursors;
  cursors.reserve(entries_.size());
  PairOptions options;
  options.is_owner = [&](std::size_t position, std::string_view party) {
    return owner_digests_[position].contains(std::string(party));
  };
  options.share_owner = [&](std::size_t a, std::size_t b) {
    return std::ranges::any_of(owners_[a], [&](const std::string& key) { return owners_[b].contains(key); });
  };
  options.memory_bytes = options_.memory_bytes / 2;
  options.work_dir = options_.case_dir;
  options.stop = &stop_;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    options.runs.push_back(nullptr);
    if (!entries_[i].facts) continue;
    auto cursor =
        RunCursor::open(messages_path(entries_[i].input.keys_dir), messages_spec(entries_[i].input.index_digest));
    if (!cursor) return MergeProblem{cursor.error(), i};
    cursors.push_back(std::move(*cursor));
    options.runs.back() = &cursors.back();
  }
  const auto problem = pair_messages(options, [&](const MessagePair& pair) {
    const auto text = [](const std::string& value) { return value.empty() ? std::nullopt : std::optional(value); };
    store::CaseMessagePair row;
    row.exhibit_a = pair.a + 1;
    row.message_a = pair.message_a;
    row.exhibit_b = pair.b + 1;
    row.message_b = pair.message_b;
    bool repaired = false;
    row.service = text(utf8_text(pair.service, repaired));
    if (pair.t_ms_a > 0) row.t_ns = pair.t_ms_a * 1'000'000;
    row.state_a = text(pair.state_a);
    row.state_b = text(pair.state_b);
    row.deleted_a = pair.deleted_a ? 1 : 0;
    row.deleted_b = pair.deleted_b ? 1 : 0;
    row.match = pair.by_id ? "service-id" : "text-and-time";
    row.texts_differ = pair.texts_differ ? 1 : 0;
    one_sided_.take(pair);
    return writer_->add(row);
  });
  if (problem) return MergeProblem{problem->error, problem->position};
  return std::nullopt;
}

// Owners, and the first of those whom two exhibits know, with what each exhibit says of them.
Status CaseBuild::add_people() {
  std::map<std::string, std::int64_t> people;
  const auto add = [&](const std::string& key) -> Status {
    const auto colon = key.find(": ");
    if (colon == std::string::npos) return ok_status();
    const auto [at, fresh] = people.try_emplace(key, static_cast<std::int64_t>(people.size() + 1));
    return fresh ? writer_->add(store::CasePerson{at->second, key.substr(0, colon), key.substr(colon + 2)})
                 : ok_status();
  };
  for (const auto& owners : owners_)
    for (const std::string& key : owners) LIMIER_CHECK(add(key));
  const auto person = std::ranges::find(all_kinds(), std::string_view("person"), &Kind::name);
  const KindRange range = ranges_[static_cast<std::size_t>(person - all_kinds().begin())];
  {
    LIMIER_TRY(auto rows,
               writer_->query(fmt::format("SELECT value FROM shared WHERE key_id >= {} AND key_id < {} ORDER BY "
                                          "key_id LIMIT {}",
                                          range.first_key, range.end_key, kMaxPeople)));
    std::vector<std::string> keys;
    while (rows.step()) keys.push_back(rows.text(0));
    LIMIER_CHECK(rows.status());
    for (const std::string& key : keys) LIMIER_CHECK(add(key));
  }
  for (std::size_t i = 0; i < entries_.size() && !people.empty(); ++i) {
    if (!entries_[i].facts) continue;
    if (stop_.load(std::memory_order_relaxed) != 0) return Error{ErrorKind::kInterrupted, "the merge was stopped"};
    const auto index = store::Index::open(entries_[i].input.index_dir);
    if (!index) continue;  // its own report has them
    LIMIER_TRY(auto rows,
               (*index)->query("SELECT kind || ': ' || normalized, owner, name, contacts, messages, calls FROM "
                               "v_party ORDER BY party_id"));
    while (rows.step()) {
      const auto found = people.find(rows.text(0));
      if (found == people.end()) continue;
      store::CasePersonOn row{
          found->second,  static_cast<std::int64_t>(i + 1), rows.integer(1), {}, rows.integer(3), rows.integer(4),
          rows.integer(5)};
      if (!rows.is_null(2)) row.name = rows.text(2);
      LIMIER_CHECK(writer_->add(row));
    }
    LIMIER_CHECK(rows.status());
  }
  return ok_status();
}

}  // namespace limier::casework
