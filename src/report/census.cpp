#include <algorithm>
#include <iterator>
#include <limits>
#include <map>

#include "report/facts.h"
#include "report/numbers.h"
#include "report/types.h"

namespace limier::report {
namespace {

// Evidence chooses the extensions: beyond so many different ones, new ones are counted together.
constexpr std::size_t kMaxExtensions = 20'000;
constexpr std::string_view kNoExtension = "(none)";
constexpr std::string_view kFurtherExtensions = "(further extensions)";

struct SizeClass {
  std::int64_t below;
  std::string_view name;
};
constexpr std::int64_t kKiB = 1024, kMiB = kKiB * 1024, kGiB = kMiB * 1024;
constexpr SizeClass kSizes[] = {
    {1, "empty"},
    {4 * kKiB, "below 4 KiB"},
    {64 * kKiB, "4 KiB to 64 KiB"},
    {kMiB, "64 KiB to 1 MiB"},
    {16 * kMiB, "1 MiB to 16 MiB"},
    {256 * kMiB, "16 MiB to 256 MiB"},
    {4 * kGiB, "256 MiB to 4 GiB"},
    {std::numeric_limits<std::int64_t>::max(), "4 GiB and more"},
};

std::size_t size_class(std::int64_t size) {
  std::size_t i = 0;
  while (i + 1 < std::size(kSizes) && size >= kSizes[i].below) ++i;
  return i;
}

template <std::size_t N>
std::size_t position(const std::array<std::string_view, N>& names, std::string_view name) {
  return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

struct Builder {
  Census census;
  std::map<std::string, NamedTally, std::less<>> extensions;

  Builder() {
    for (const Category& category : categories()) census.categories.push_back({std::string(category.name), {}, {}});
    for (const SizeClass& one : kSizes) census.sizes.push_back({std::string(one.name), {}, {}});
  }

  static void count(NamedTally& tally, std::int64_t size, bool deleted) {
    tally.all.add(size);
    if (deleted) tally.deleted.add(size);
  }

  void add_extension(const std::string& extension, std::int64_t size, bool deleted) {
    std::string_view name = extension.empty() ? kNoExtension : std::string_view(extension);
    auto found = extensions.find(name);
    if (found == extensions.end()) {
      if (extensions.size() >= kMaxExtensions) name = kFurtherExtensions;
      found = extensions.emplace(std::string(name), NamedTally{std::string(name), {}, {}}).first;
    }
    count(found->second, size, deleted);
  }

  void add(const store::Query& row) {
    const std::string kind = row.text(0);
    const bool deleted = row.integer(1) != 0;
    const std::int64_t size = std::max<std::int64_t>(row.integer(3), 0);
    ++census.rows;
    census.deleted += deleted ? 1 : 0;
    census.orphan += row.integer(2) != 0 ? 1 : 0;
    if (const std::size_t at = position(kKinds, kind); at < kKinds.size()) census.kinds[at].add(size);
    if (kind != "file" && kind != "stream") return;
    if (const std::size_t at = position(kContentStates, row.text(4)); at < kContentStates.size()) {
      census.states[at].add(size);
      if (deleted) census.deleted_states[at].add(size);
    }
    if (kind != "file") return;
    const std::string extension = extension_of(row.text(5));
    count(census.categories[category_of(extension)], size, deleted);
    count(census.sizes[size_class(size)], size, deleted);
    add_extension(extension, size, deleted);
  }

  Census finish() {
    for (auto& [name, tally] : extensions) census.extensions.push_back(std::move(tally));
    std::stable_sort(census.extensions.begin(), census.extensions.end(),
                     [](const NamedTally& a, const NamedTally& b) { return a.all.items > b.all.items; });
    std::erase_if(census.categories, [](const NamedTally& one) { return one.all.items == 0; });
    return std::move(census);
  }
};

}  // namespace

void Tally::add(std::int64_t size) {
  ++items;
  bytes = add_saturating(bytes, size);
}

const Tally& Census::kind(std::string_view name) const {
  return kinds.at(position(kKinds, name));
}
const Tally& Census::state(std::string_view name) const {
  return states.at(position(kContentStates, name));
}
const Tally& Census::deleted_state(std::string_view name) const {
  return deleted_states.at(position(kContentStates, name));
}

Result<Census> read_census(store::Index& index) {
  LIMIER_TRY(auto rows,
             index.query("SELECT kind, deleted, orphan, size, content_state, name FROM v_file ORDER BY file_id"));
  Builder builder;
  while (rows.step()) builder.add(rows);
  LIMIER_CHECK(rows.status());
  return builder.finish();
}

Result<Activity> read_activity(store::Index& index) {
  // The text form is sortable and zone-free; its first seven characters are the month.
  LIMIER_TRY(auto rows, index.query("SELECT substr(t, 1, 7) AS month, count(*) FROM v_timeline WHERE t IS NOT NULL "
                                    "GROUP BY month ORDER BY month"));
  Activity activity;
  while (rows.step()) {
    const auto time_ns = parse_time(rows.text(0));
    const std::int64_t count = rows.integer(1);
    activity.total += count;
    if (!time_ns) continue;
    const std::string text = rows.text(0);
    const int year = (text[0] - '0') * 1000 + (text[1] - '0') * 100 + (text[2] - '0') * 10 + (text[3] - '0');
    const int month = (text[5] - '0') * 10 + (text[6] - '0');
    if (year < Activity::kFirstYear)
      activity.before += count;
    else if (year > Activity::kLastYear)
      activity.after += count;
    else
      activity.months.push_back({year, month, count});
  }
  LIMIER_CHECK(rows.status());
  return activity;
}

}  // namespace limier::report
