#include "app/known_files.h"

#include <fmt/format.h>

#include <algorithm>

#include "limier/catalog/hash_sets.h"

namespace limier::app {
namespace {

constexpr std::size_t kAtOnce = 1u << 17;  // contents

std::string joined(std::string text, std::string_view more) {
  if (!text.empty()) text += "; ";
  return text += more;
}

bool is_notable(const hashset::Set& set) {
  return set.info().kind == hashset::Kind::kNotable;
}

}  // namespace

struct KnownFiles::Answer {
  std::vector<std::uint16_t> sets;  // that have it, in their order
  hashset::Categories of_notable, of_known;
};

Result<KnownFiles> KnownFiles::load(const std::vector<std::string>& paths, const std::vector<std::string>& digests,
                                    const std::atomic<int>& stop) {
  KnownFiles known;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    LIMIER_TRY(auto set, hashset::Set::open(paths[i]));
    if (!digests.empty() && (i >= digests.size() || set->info().sha256 != digests[i]))
      return Error{ErrorKind::kUsage,
                   fmt::format("{}: is not the hash set that was planned with; plan again", paths[i])};
    LIMIER_CHECK(set->verify(stop));
    known.sets_.push_back(std::move(set));
  }
  std::ranges::sort(known.sets_, [](const auto& one, const auto& other) {
    const auto order = [](const auto& set) {
      return std::tuple(!is_notable(*set), set->info().name, set->info().sha256);
    };
    return order(one) < order(other);
  });
  for (std::size_t i = 1; i < known.sets_.size(); ++i)
    if (known.sets_[i - 1]->info().sha256 == known.sets_[i]->info().sha256)
      return Error{ErrorKind::kUsage,
                   fmt::format("--hashset: the set '{}' is given twice", known.sets_[i]->info().name)};
  return known;
}

std::string KnownFiles::key() const {
  std::string key;
  for (const auto& set : sets_)
    key = joined(std::move(key),
                 fmt::format("{} ({}, SHA-256 {})", set->info().name,
                             hashset::kKindWords.at(static_cast<std::size_t>(set->info().kind)), set->info().sha256));
  return key;
}

AuditLog::Fields KnownFiles::fields() const {
  AuditLog::Fields fields;
  for (const auto& set : sets_)
    fields.emplace_back(
        fmt::format("hash_set_{}", fields.size() + 1),
        fmt::format("{}{}{}: {}, {} digests, SHA-256 {}", set->info().name, set->info().version.empty() ? "" : " ",
                    set->info().version, hashset::kKindWords.at(static_cast<std::size_t>(set->info().kind)),
                    set->info().total(), set->info().sha256));
  return fields;
}

// In the order of the digests: so the file is read from its front to its end.
void KnownFiles::look_up(std::size_t number, std::span<const store::DigestsOf> contents,
                         std::vector<Answer>& answers) const {
  const hashset::Set& set = *sets_[number];
  const auto& entries = set.info().entries;
  const auto most = std::ranges::max_element(entries) - entries.begin();
  std::vector<std::pair<std::uint64_t, std::uint32_t>> order;
  order.reserve(contents.size());
  const auto first_bytes = [](const auto& digest) {
    return digest ? detail::load_be<std::uint64_t>(digest->data()) : 0;
  };
  for (std::size_t i = 0; i < contents.size(); ++i) {
    const Digests& digests = contents[i].digests;
    order.emplace_back(most == 0   ? first_bytes(digests.sha256)
                       : most == 1 ? first_bytes(digests.sha1)
                                   : first_bytes(digests.md5),
                       static_cast<std::uint32_t>(i));
  }
  std::ranges::sort(order);
  for (const auto& [bytes, at] : order) {
    hashset::Categories categories;
    if (!set.categories_of(contents[at].digests, categories)) continue;
    answers[at].sets.push_back(static_cast<std::uint16_t>(number));
    (is_notable(set) ? answers[at].of_notable : answers[at].of_known) |= categories;
  }
}

Status KnownFiles::hold(store::IndexWriter& index, const std::atomic<int>& stop) const {
  LIMIER_CHECK(index.clear_known());
  if (sets_.empty()) return ok_status();
  std::vector<catalog::HashSetUsed> used;
  for (const auto& set : sets_) {
    const hashset::SetInfo& info = set->info();
    used.push_back({info.name, info.version, is_notable(*set) ? catalog::SetKind::kNotable : catalog::SetKind::kKnown,
                    info.format, info.sha256, static_cast<std::int64_t>(info.total()), 0});
  }
  for (std::int64_t after = -1;;) {
    if (stop.load() != 0) return ok_status();
    LIMIER_TRY(const auto contents, index.digests_behind(after, kAtOnce));
    if (contents.empty()) break;
    after = contents.back().content_id;
    std::vector<Answer> answers(contents.size());
    for (std::size_t i = 0; i < sets_.size(); ++i) look_up(i, contents, answers);
    std::vector<store::KnownContent> known;
    for (std::size_t i = 0; i < contents.size(); ++i) {
      const Answer& answer = answers[i];
      if (answer.sets.empty()) continue;
      store::KnownContent one{contents[i].content_id, is_notable(*sets_[answer.sets.front()]), "", ""};
      for (const std::uint16_t set : answer.sets) {
        used[set].files += contents[i].files;
        // Beside the list that makes it notable it is worth knowing that published software has it as well.
        const bool aside = one.notable && !is_notable(*sets_[set]);
        one.sources = joined(std::move(one.sources), sets_[set]->info().name + (aside ? " (known)" : ""));
      }
      const hashset::Categories& categories = one.notable ? answer.of_notable : answer.of_known;
      for (std::size_t number = 0; number < hashset::kNoCategory; ++number)
        if (categories.test(number)) one.categories = joined(std::move(one.categories), std::to_string(number));
      known.push_back(std::move(one));
    }
    LIMIER_CHECK(index.add_known(known));
  }
  for (const catalog::HashSetUsed& one : used) LIMIER_CHECK(index.add(one));
  return ok_status();
}

}  // namespace limier::app
