#include "casework/links.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "casework/scores.h"

namespace limier::casework {
namespace {

constexpr std::size_t kSumsWidth = 12 + 4 + 24;  // a, b, kind, nothing, sums

void put_be32(std::uint8_t* out, std::uint32_t value) {
  for (int i = 0; i < 4; ++i) out[i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
}
void put_be64(std::uint8_t* out, std::uint64_t value) {
  for (int i = 0; i < 8; ++i) out[i] = static_cast<std::uint8_t>(value >> (56 - 8 * i));
}
void put_sums(std::uint8_t* out, const PairSums& sums) {
  put_be64(out, sums.keys);
  put_be64(out + 8, sums.bytes);
  put_be64(out + 16, sums.points);
}
PairSums get_sums(const std::uint8_t* in) {
  return {detail::load_be<std::uint64_t>(in), detail::load_be<std::uint64_t>(in + 8),
          detail::load_be<std::uint64_t>(in + 16)};
}

constexpr std::size_t kLinkHead = 16;  // inverted score, a, b
std::size_t link_width() {
  return kLinkHead + 24 * all_kinds().size();
}

std::string_view ending(Kind::Pairs pairs) {
  if (pairs == Kind::Pairs::kAll) return " in common";
  return pairs == Kind::Pairs::kKnownToBoth ? " that both know" : "";
}

std::uint64_t add_saturating(std::uint64_t a, std::uint64_t b) {
  std::uint64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? ~std::uint64_t{0} : sum;
}

}  // namespace

std::string bytes_text(std::uint64_t bytes) {
  static constexpr const char* kUnits[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < 1024) return fmt::format("{} {}", bytes, bytes == 1 ? "byte" : "bytes");
  std::size_t unit = 0;
  std::uint64_t tenths = bytes;
  while (tenths >= 1024 * 10 || unit == 0) {
    if (unit == 0)
      tenths = bytes * 10 / 1024;
    else
      tenths /= 1024;
    ++unit;
    if (unit + 1 == std::size(kUnits)) break;
  }
  return fmt::format("{}.{} {}", tenths / 10, tenths % 10, kUnits[unit]);
}

std::vector<std::uint32_t> positions_of(const std::vector<std::uint8_t>& members) {
  std::vector<std::uint32_t> positions;
  for (std::size_t i = 0; i < members.size(); ++i)
    for (std::uint32_t bit = 0; bit < 8; ++bit)
      if ((members[i] >> bit & 1) != 0) positions.push_back(static_cast<std::uint32_t>(i * 8 + bit));
  return positions;
}

LinkSums::LinkSums(std::string work_dir, std::size_t exhibits, std::size_t memory_bytes)
    : work_dir_(std::move(work_dir)),
      exhibits_(exhibits),
      memory_bytes_(memory_bytes),
      sums_(work_dir_, kSumsWidth, memory_bytes / 4) {}

Status LinkSums::add_kind(std::size_t kind, const KeyPasses& keys) {
  // A band is some rows of the triangle; row a has the pairs (a, a+1) … (a, n-1).
  const std::size_t room = std::max<std::size_t>(memory_bytes_ / 2 / sizeof(PairSums), exhibits_);
  std::vector<PairSums> band;
  std::vector<std::size_t> starts;
  std::array<std::uint8_t, kSumsWidth> record{};
  for (std::size_t first = 0; first + 1 < exhibits_;) {
    std::size_t last = first, pairs = 0;
    starts.clear();
    while (last + 1 < exhibits_ && pairs + (exhibits_ - 1 - last) <= room) {
      starts.push_back(pairs);
      pairs += exhibits_ - 1 - last++;
    }
    band.assign(pairs, PairSums());
    LIMIER_CHECK(keys([&](const std::vector<std::uint32_t>& members, std::int64_t weight, std::uint64_t size_bytes) {
      for (std::size_t i = 0; i + 1 < members.size(); ++i) {
        if (members[i] < first || members[i] >= last) continue;
        PairSums* const row = &band[starts[members[i] - first]];
        for (std::size_t j = i + 1; j < members.size(); ++j) {
          PairSums& sums = row[members[j] - members[i] - 1];
          ++sums.keys;
          sums.bytes = add_saturating(sums.bytes, size_bytes);
          sums.points += static_cast<std::uint64_t>(weight);
        }
      }
    }));
    for (std::size_t a = first; a < last; ++a)
      for (std::size_t b = a + 1; b < exhibits_; ++b) {
        const PairSums& sums = band[starts[a - first] + b - a - 1];
        if (sums.keys == 0) continue;
        put_be32(record.data(), static_cast<std::uint32_t>(a));
        put_be32(record.data() + 4, static_cast<std::uint32_t>(b));
        put_be32(record.data() + 8, static_cast<std::uint32_t>(kind));
        put_sums(record.data() + 16, sums);
        sums_.put(record.data());
      }
    first = last;
  }
  return ok_status();
}

Status LinkSums::combine(Sorter& by_score) {
  LIMIER_CHECK(sums_.sort());
  std::vector<std::uint8_t> out(link_width());
  Link link;
  bool any = false;
  const auto put_link = [&] {
    if (!any) return;
    link.score = 0;
    for (std::size_t i = 0; i < link.kinds.size(); ++i) link.score += kind_score(all_kinds()[i], link.kinds[i]);
    put_be64(out.data(), ~static_cast<std::uint64_t>(link.score));
    put_be32(out.data() + 8, link.a);
    put_be32(out.data() + 12, link.b);
    for (std::size_t i = 0; i < link.kinds.size(); ++i) put_sums(&out[kLinkHead + 24 * i], link.kinds[i]);
    by_score.put(out.data());
  };
  while (const std::uint8_t* record = sums_.next()) {
    const auto a = detail::load_be<std::uint32_t>(record), b = detail::load_be<std::uint32_t>(record + 4);
    if (!any || a != link.a || b != link.b) {
      put_link();
      link = Link{a, b, 0, std::vector<PairSums>(all_kinds().size())};
      any = true;
    }
    link.kinds[detail::load_be<std::uint32_t>(record + 8)] = get_sums(record + 16);
  }
  put_link();
  return sums_.status();
}

Status LinkSums::ranked(std::uint64_t limit, std::uint64_t& left_out, const std::function<Status(const Link&)>& take) {
  Sorter by_score(work_dir_, link_width(), memory_bytes_ / 4);
  LIMIER_CHECK(combine(by_score));
  LIMIER_CHECK(by_score.sort());
  left_out = by_score.count() > limit ? by_score.count() - limit : 0;
  Link link;
  link.kinds.resize(all_kinds().size());
  for (std::uint64_t i = 0; i < limit; ++i) {
    const std::uint8_t* record = by_score.next();
    if (record == nullptr) break;
    link.score = static_cast<std::int64_t>(~detail::load_be<std::uint64_t>(record));
    link.a = detail::load_be<std::uint32_t>(record + 8);
    link.b = detail::load_be<std::uint32_t>(record + 12);
    for (std::size_t k = 0; k < link.kinds.size(); ++k) link.kinds[k] = get_sums(record + kLinkHead + 24 * k);
    LIMIER_CHECK(take(link));
  }
  return by_score.status();
}

std::int64_t kind_score(const Kind& kind, const PairSums& sums) {
  if (sums.keys == 0) return 0;
  const std::uint64_t points =
      kind.at_most_one_point ? std::min<std::uint64_t>(sums.points, static_cast<std::uint64_t>(kMillion)) : sums.points;
  return link_score(kind.link_weight, points);
}

std::size_t strongest_kind(const Link& link) {
  std::size_t best = 0;
  std::int64_t most = -1;
  for (std::size_t i = 0; i < link.kinds.size(); ++i) {
    const std::int64_t score = link.kinds[i].keys == 0 ? -1 : kind_score(all_kinds()[i], link.kinds[i]);
    if (score <= most) continue;
    most = score;
    best = i;
  }
  return best;
}

std::string evidence_sentence(const Link& link, std::string_view volumes) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < link.kinds.size(); ++i)
    if (link.kinds[i].keys > 0) order.push_back(i);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t x, std::size_t y) {
    return kind_score(all_kinds()[x], link.kinds[x]) > kind_score(all_kinds()[y], link.kinds[y]);
  });
  std::string text;
  bool named = volumes.empty();
  for (const std::size_t i : order) {
    const Kind& kind = all_kinds()[i];
    const PairSums& sums = link.kinds[i];
    if (!text.empty()) text += "; ";
    if (kind.at_most_one_point)
      text += fmt::format("same {}", kind.one);
    else
      text += fmt::format("{} {}{}", sums.keys, sums.keys == 1 ? kind.one : kind.many, ending(kind.pairs));
    if (kind.weigh_size) text += fmt::format(" ({})", bytes_text(sums.bytes));
    if (kind.of_volume && !std::exchange(named, true)) text += fmt::format(" ({})", volumes);
  }
  return text;
}

}  // namespace limier::casework
