#include "report/file_count.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>

#include "report/numbers.h"
#include "report/types.h"

namespace limier::report {

using enum file_column::At;

namespace {

// Evidence chooses the extensions: beyond so many different ones, new ones are counted together.
constexpr std::size_t kMaxExtensions = 20'000;
// The same for the names of streams, which are counted by SQLite when there are more.
constexpr std::size_t kMaxStreamNames = 20'000;
// 64 bits of nanoseconds reach from 1677 to 2262.
constexpr std::int64_t kFirstMonth = 1677 * 12, kMonths = (2262 - 1677 + 1) * 12;
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

void count(NamedTally& tally, std::int64_t size, bool deleted) {
  tally.all.add(size);
  if (deleted) tally.deleted.add(size);
}

Activity activity_of(const std::vector<std::int64_t>& months) {
  Activity activity;
  for (std::size_t i = 0; i < months.size(); ++i) {
    const std::int64_t at = kFirstMonth + static_cast<std::int64_t>(i);
    const Month month{at / 12, static_cast<int>(at % 12) + 1, months[i]};
    activity.total += month.count;
    if (month.year < Activity::kFirstYear)
      activity.before += month.count;
    else if (month.year > Activity::kLastYear)
      activity.after += month.count;
    else if (month.count > 0)
      activity.months.push_back(month);
  }
  return activity;
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

FileCount::FileCount() : months_(kMonths) {
  for (const Category& category : categories()) census_.categories.push_back({std::string(category.name), {}, {}});
  for (const types::Type& type : types::all()) known_types_.emplace(type.name, &type);
  for (const SizeClass& one : kSizes) census_.sizes.push_back({std::string(one.name), {}, {}});
}

Status FileCount::visit(const FileCells& row) {
  const std::string_view kind = row.bytes(kKind), state = row.bytes(kContentState);
  const bool deleted = row.integer(kDeleted) != 0;
  const std::int64_t size = std::max<std::int64_t>(row.integer(kSize), 0);
  ListPicker::Candidate candidate{row.integer(kFileId),
                                  size,
                                  std::nullopt,
                                  kind,
                                  state,
                                  deleted,
                                  false,
                                  internals_.has(row),
                                  Keeper::kOther,
                                  row.integer(kExtMismatch) != 0};
  if (!row.is_null(kModifiedNs)) candidate.modified_ns = row.integer(kModifiedNs);
  candidate.zone_identifier = kind == "stream" && row.bytes(kStream) == "Zone.Identifier";
  if (!candidate.internal && (kind == "file" || kind == "stream")) {
    candidate.keeper = keeper_of(row.bytes(kPath));
    ++(kind == "file" ? census_.keeper_files : census_.keeper_streams)[static_cast<std::size_t>(candidate.keeper)];
  }
  lists_.offer(candidate);
  census_.mismatches += candidate.mismatch ? 1 : 0;
  if (candidate.internal)
    (kind == "stream" ? census_.internal_streams : census_.internal_files) +=
        kind == "stream" || kind == "file" ? 1 : 0;
  ++census_.rows;
  census_.deleted += deleted ? 1 : 0;
  census_.orphan += row.integer(kOrphan) != 0 ? 1 : 0;
  if (const std::size_t at = position(kKinds, kind); at < kKinds.size()) census_.kinds[at].add(size);
  count_moments(row);
  if (kind == "stream") count_stream_name(row.bytes(kStream));
  if (kind != "file" && kind != "stream") return ok_status();
  if (!row.is_null(kKnown)) (row.bytes(kKnown) == "notable" ? census_.notable : census_.known).add(size);
  if (const std::size_t at = position(kContentStates, state); at < kContentStates.size()) {
    census_.states[at].add(size);
    if (deleted) census_.deleted_states[at].add(size);
  }
  if (kind == "file") count_file(row, size, deleted);
  return ok_status();
}

void FileCount::count_file(const FileCells& row, std::int64_t size, bool deleted) {
  const std::string name = extension_of(row.bytes(kName));
  Extension& found = extension(name.empty() ? kNoExtension : std::string_view(name));
  count(found.tally, size, deleted);
  // Extensions that are counted together may be of any category.
  const std::size_t named = found.tally.name == kFurtherExtensions ? category_of(name) : found.category;
  const auto content = count_type(row.bytes(kTypeName), size, deleted);
  const std::size_t category = content.value_or(named);
  census_.by_name += content ? 0 : 1;
  count(census_.categories[category], size, deleted);
  count(census_.sizes[size_class(size)], size, deleted);
}

std::optional<std::size_t> FileCount::count_type(std::string_view name, std::int64_t size, bool deleted) {
  const auto known = known_types_.find(name);
  if (known == known_types_.end()) return std::nullopt;
  const types::Type& type = *known->second;
  count(types_.try_emplace(type.number, NamedTally{std::string(name), {}, {}}).first->second, size, deleted);
  if (type.number == types::kUnknownType || type.number == types::kEmptyType) return std::nullopt;
  return static_cast<std::size_t>(type.group);
}

FileCount::Extension& FileCount::extension(std::string_view name) {
  auto found = extensions_.find(name);
  if (found != extensions_.end()) return found->second;
  if (extensions_.size() >= kMaxExtensions) {
    name = kFurtherExtensions;
    found = extensions_.find(name);
    if (found != extensions_.end()) return found->second;
  }
  const std::size_t category = category_of(name == kNoExtension ? std::string_view() : name);
  return extensions_.emplace(std::string(name), Extension{{std::string(name), {}, {}}, category}).first->second;
}

namespace {

Status read_notable_files(store::Index& index, std::vector<NotableFile>& files) {
  LIMIER_TRY(auto rows, index.query(fmt::format("SELECT file_id, path, path_raw, size, deleted, content_state, "
                                                "known_source, known_category FROM v_file WHERE known = 'notable' "
                                                "ORDER BY file_id LIMIT {}",
                                                kMaxNotableFiles)));
  while (rows.step())
    files.push_back({rows.integer(0), exact_text(rows, 1, 2), rows.integer(3), rows.integer(4) != 0, rows.text(5),
                     rows.text(6), maybe_text(rows, 7)});
  return rows.status();
}

}  // namespace

void FileCount::count_stream_name(std::string_view name) {
  auto found = stream_names_.find(name);
  if (found == stream_names_.end()) {
    if (stream_names_.size() >= kMaxStreamNames) {
      too_many_stream_names_ = true;
      return;
    }
    found = stream_names_.emplace(std::string(name), 0).first;
  }
  ++found->second;
}

void FileCount::count_moments(const FileCells& row) {
  for (const Moment& moment : row.moments()) {
    if (!moment.far_text.empty()) continue;
    ++months_[static_cast<std::size_t>(calendar_.month_of(moment.t_ns) - kFirstMonth)];
  }
}

Status FileCount::put_into(store::Index& index, Facts& facts) {
  for (auto& [name, one] : extensions_) census_.extensions.push_back(std::move(one.tally));
  std::stable_sort(census_.extensions.begin(), census_.extensions.end(),
                   [](const NamedTally& a, const NamedTally& b) { return a.all.items > b.all.items; });
  for (auto& [number, tally] : types_) census_.types.push_back(std::move(tally));
  std::stable_sort(census_.types.begin(), census_.types.end(),
                   [](const NamedTally& a, const NamedTally& b) { return a.all.items > b.all.items; });
  std::erase_if(census_.categories, [](const NamedTally& one) { return one.all.items == 0; });
  facts.census = std::move(census_);
  if (facts.census.notable.items > 0) LIMIER_CHECK(read_notable_files(index, facts.notable_files));
  facts.activity = activity_of(months_);
  if (too_many_stream_names_) {
    LIMIER_TRY(facts.stream_names, read_stream_names(index));
  } else {
    for (const auto& [name, items] : stream_names_) facts.stream_names.top.push_back({name, items});
    facts.stream_names.different = static_cast<std::int64_t>(stream_names_.size());
    auto& top = facts.stream_names.top;
    std::stable_sort(top.begin(), top.end(),
                     [](const StreamName& a, const StreamName& b) { return a.items > b.items; });
    top.resize(std::min(top.size(), kMaxNotable));
  }
  return lists_.read(index, facts.lists);
}

}  // namespace limier::report
