#include <algorithm>
#include <iterator>
#include <limits>
#include <map>

#include <fmt/format.h>

#include "report/facts.h"
#include "report/lists.h"
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
  ListPicker lists;
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

  // Columns: kind, deleted, orphan, size, content_state, name, file_id, modified_ns, stream.
  void add(const store::Query& row) {
    const std::string kind = row.text(0), state = row.text(4);
    const bool deleted = row.integer(1) != 0;
    const std::int64_t size = std::max<std::int64_t>(row.integer(3), 0);
    ListPicker::Candidate candidate{row.integer(6), size, std::nullopt, kind, state, deleted, false};
    if (!row.is_null(7)) candidate.modified_ns = row.integer(7);
    candidate.zone_identifier = kind == "stream" && row.text(8) == "Zone.Identifier";
    lists.offer(candidate);
    ++census.rows;
    census.deleted += deleted ? 1 : 0;
    census.orphan += row.integer(2) != 0 ? 1 : 0;
    if (const std::size_t at = position(kKinds, kind); at < kKinds.size()) census.kinds[at].add(size);
    if (kind != "file" && kind != "stream") return;
    if (const std::size_t at = position(kContentStates, state); at < kContentStates.size()) {
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

Month month_of(std::int64_t t_ns) {
  const std::string text = format_time(t_ns);  // always "2021-03-..."
  const auto digit = [&](std::size_t at) { return text[at] - '0'; };
  return {digit(0) * 1000 + digit(1) * 100 + digit(2) * 10 + digit(3), digit(5) * 10 + digit(6), 0};
}

// The first instant after `month`.
std::int64_t end_of(const Month& month) {
  const bool last = month.month == 12;
  const auto next =
      parse_time(fmt::format("{:04}-{:02}", last ? month.year + 1 : month.year, last ? 1 : month.month + 1));
  return next.value_or(std::numeric_limits<std::int64_t>::max());
}

void put_month(Activity& activity, const Month& month) {
  activity.total += month.count;
  if (month.year < Activity::kFirstYear)
    activity.before += month.count;
  else if (month.year > Activity::kLastYear)
    activity.after += month.count;
  else if (month.count > 0)
    activity.months.push_back(month);
}

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

Status read_files(store::Index& index, Facts& facts) {
  LIMIER_TRY(auto rows, index.query("SELECT kind, deleted, orphan, size, content_state, name, file_id, modified_ns, "
                                    "stream FROM v_file ORDER BY file_id"));
  Builder builder;
  while (rows.step()) builder.add(rows);
  LIMIER_CHECK(rows.status());
  facts.census = builder.finish();
  if (facts.census.kind("stream").items > 0) {
    LIMIER_TRY(facts.stream_names, read_stream_names(index));
  }
  return builder.lists.read(index, facts.lists);
}

Result<Activity> read_activity(store::Index& index) {
  LIMIER_TRY(auto rows, index.query("SELECT t_ns FROM v_timeline WHERE t_ns IS NOT NULL ORDER BY t_ns"));
  Activity activity;
  std::optional<std::int64_t> month_end;  // of the month that is being counted
  Month month;
  while (rows.step()) {
    const std::int64_t t_ns = rows.integer(0);
    if (!month_end || t_ns >= *month_end) {
      put_month(activity, month);
      month = month_of(t_ns);
      month_end = end_of(month);
    }
    ++month.count;
  }
  LIMIER_CHECK(rows.status());
  put_month(activity, month);
  return activity;
}

}  // namespace limier::report
