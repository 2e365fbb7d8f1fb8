#include "evidence/ewf_tables.h"

#include <algorithm>

#include "evidence/ewf_recover.h"
#include "evidence/positional.h"

namespace limier::evidence {
namespace {

struct Table {
  std::uint64_t base = 0;
  bool sound = false;  // header and entries have the right checksums
  std::vector<std::uint32_t> entries;
  std::uint64_t entries_end = 0;
};

// Nothing when not even the number of entries can be believed.
std::optional<Table> read_table(int fd, Span span, std::uint64_t max_entries) {
  std::array<std::uint8_t, kTableHeaderSize> header_bytes{};
  if (span.end - span.begin < kTableHeaderSize || !read_exactly(fd, span.begin, header_bytes)) return std::nullopt;
  const auto header = Block<kTableHeaderSize>::at(header_bytes, 0);
  if (!header) return std::nullopt;
  const auto count = header->le<0, std::uint32_t>();
  const std::uint64_t room = span.end - span.begin - kTableHeaderSize;
  const bool header_sound = adler32(header->bytes<0, 20>()) == header->le<20, std::uint32_t>();
  // A header with a wrong checksum is believed only when its count agrees with the size of the section.
  if (!header_sound && std::uint64_t{count} * 4 + kChecksumSize != room) return std::nullopt;
  if (count > kMaxTableEntries || count > max_entries || std::uint64_t{count} * 4 > room) return std::nullopt;
  std::vector<std::uint8_t> bytes(std::size_t{count} * 4);
  if (!read_exactly(fd, span.begin + kTableHeaderSize, bytes)) return std::nullopt;
  Table table;
  table.base = header->le<8, std::uint64_t>();
  table.entries_end = span.begin + kTableHeaderSize + bytes.size();
  table.entries.resize(count);
  for (std::size_t i = 0; i < count; ++i) table.entries[i] = detail::load_le<std::uint32_t>(bytes.data() + 4 * i);
  table.sound = header_sound;
  std::array<std::uint8_t, kChecksumSize> footer{};
  // SMART writes no checksum behind its entries: the first chunk begins at once.
  const bool no_footer =
      count > 0 && table.base <= span.end && table.base + (table.entries[0] & kOffsetMask) == table.entries_end;
  if (!no_footer && room - bytes.size() >= kChecksumSize && read_exactly(fd, table.entries_end, footer))
    table.sound = table.sound && detail::load_le<std::uint32_t>(footer.data()) == adler32(bytes);
  return table;
}

bool inside(Span span, std::uint64_t offset) {
  return offset >= span.begin && offset < span.end;
}

// EnCase 6.7 writes more than 2 GiB behind one table: its offsets run into bit 31, and from there on that bit no longer
// means "compressed" (EWF specification, "Table entries", note on EnCase 6.7). A damaged entry may look alike, so the
// step has to be one that a chunk can make and the data has to reach that far.
std::uint32_t find_overflow(const ChunkGroup& group) {
  constexpr std::uint32_t kLargestStep = 1u << 28;  // twice the largest chunk
  const auto none = static_cast<std::uint32_t>(group.entries.size());
  if (group.data.end < group.base || group.data.end - group.base <= kOffsetMask) return none;
  for (std::uint32_t i = 1; i < none; ++i) {
    const std::uint32_t before = group.entries[i - 1] & kOffsetMask, here = group.entries[i];
    if ((here & kOffsetMask) < before && here > before && here - before <= kLargestStep) return i;
  }
  return none;
}

ChunkGroup make_group(Table table, const Segment& segment, const SegmentInfo& info, const TablePlace& place) {
  ChunkGroup group;
  group.segment = segment.index;
  group.number = segment.number;
  group.cut = segment.cut;
  group.base = table.base;
  group.entries = std::move(table.entries);
  group.count = static_cast<std::uint32_t>(group.entries.size());
  const Span own = place.table ? *place.table : *place.table2;
  const std::uint64_t first = group.entries.empty() ? 0 : group.base + (group.entries[0] & kOffsetMask);
  if (inside(place.data, first))
    group.data = place.data;
  else if (inside({table.entries_end, own.end}, first))
    group.data = {table.entries_end, own.end};
  else
    group.data = {kFileHeaderSize, info.size_bytes};
  group.overflow_from = find_overflow(group);
  return group;
}

// `others`, but for what `entries` give to any chunk: taken for another one, its checksum would hold there too. Empty
// when the two are the same.
std::vector<std::uint32_t> without_given(const std::vector<std::uint32_t>& entries, std::vector<std::uint32_t> others) {
  if (others == entries) return {};
  std::vector<std::uint32_t> given = entries;
  std::sort(given.begin(), given.end());
  for (std::size_t i = 0; i < others.size(); ++i)
    if (std::binary_search(given.begin(), given.end(), others[i])) others[i] = entries[i];
  return others;
}

std::string in_segment(const SegmentInfo& info) {
  return " in " + info.name;
}

// The best of a table and its copy; issues say when the first was not good enough.
Piece load_one(int fd, const SegmentInfo& info, const Segment& segment, const TablePlace& place,
               std::uint64_t max_entries, std::vector<OpenIssue>& issues) {
  std::optional<Table> table, copy;
  if (place.table) table = read_table(fd, *place.table, max_entries);
  if (table && table->sound) {
    ChunkGroup group = make_group(std::move(*table), segment, info, place);
    group.table2 = place.table2;
    group.alternate_base = group.base;
    return group;
  }
  if (place.table2) copy = read_table(fd, *place.table2, max_entries);
  if (copy && copy->sound) {
    issues.push_back(
        {"ewf-table-damaged", "A chunk table" + in_segment(info) + " is damaged; its second copy was used.", 0, 0});
    ChunkGroup group = make_group(std::move(*copy), segment, info, place);
    // A copy with the right checksum may have been forged: a chunk that is not sound by it may be by the table.
    if (table && table->entries.size() == group.entries.size()) {
      group.alternate_base = table->base;
      group.alternate = table->base == group.base ? without_given(group.entries, std::move(table->entries))
                                                  : std::move(table->entries);
    }
    return group;
  }
  if (!place.table && !place.table2)
    return Gap{"ewf-table-missing", "A sectors section" + in_segment(info) + " has no chunk table."};
  if (!table && !copy) return Gap{"ewf-table-damaged", "A chunk table" + in_segment(info) + " is damaged beyond use."};
  issues.push_back(
      {"ewf-table-damaged",
       "A chunk table" + in_segment(info) + " is damaged in every copy; each chunk's own checksum decides.", 0, 0});
  if (!table) return make_group(std::move(*copy), segment, info, place);
  ChunkGroup group = make_group(std::move(*table), segment, info, place);
  group.alternate_base = group.base;
  if (copy && copy->entries.size() == group.entries.size()) group.alternate = std::move(copy->entries);
  return group;
}

}  // namespace

std::vector<std::uint32_t> load_alternate(int fd, const ChunkGroup& group) {
  if (!group.table2) return {};
  const std::uint64_t room = group.table2->end - group.table2->begin;
  // Its header may be damaged too: number of entries and base are those of the first table, of which it is the copy.
  std::vector<std::uint8_t> bytes(std::size_t{group.count} * 4);
  if (room < kTableHeaderSize + bytes.size() || !read_exactly(fd, group.table2->begin + kTableHeaderSize, bytes))
    return {};
  std::vector<std::uint32_t> entries(group.count);
  for (std::size_t i = 0; i < entries.size(); ++i) entries[i] = detail::load_le<std::uint32_t>(bytes.data() + 4 * i);
  return without_given(group.entries, std::move(entries));
}

std::optional<ChunkPlace> place_of(const ChunkGroup& group, std::uint64_t base,
                                   const std::vector<std::uint32_t>& entries, std::uint32_t index) {
  const auto offset_of = [&](std::uint32_t i) {
    return base + (i >= group.overflow_from ? entries[i] : entries[i] & kOffsetMask);
  };
  ChunkPlace place;
  place.offset = offset_of(index);
  if (place.offset < base || !inside(group.data, place.offset)) return std::nullopt;
  std::uint64_t end = index + 1 < group.count ? offset_of(index + 1) : group.data.end;
  if (end <= place.offset || end > group.data.end) end = group.data.end;
  place.length = end - place.offset;
  if (index < group.overflow_from) place.compressed = (entries[index] & ~kOffsetMask) != 0;
  return place;
}

void load_tables(int fd, const SegmentInfo& info, const Segment& segment, const MediaInfo& media,
                 std::vector<Piece>& pieces, std::vector<OpenIssue>& issues) {
  std::uint64_t max_entries = media.chunk_count;
  for (const TablePlace& place : segment.tables) {
    Piece piece = load_one(fd, info, segment, place, max_entries, issues);
    if (auto* gap = std::get_if<Gap>(&piece)) gap->number = segment.number;
    if (const auto* gap = std::get_if<Gap>(&piece); gap != nullptr && place.data.begin < place.data.end) {
      Recovered found = recover_chunks(fd, segment.index, place.data, media, max_entries);
      for (ChunkGroup& group : found.groups) {
        group.number = segment.number;
        max_entries -= std::min<std::uint64_t>(max_entries, group.count);
        pieces.emplace_back(std::move(group));
      }
      if (found.whole) {
        issues.push_back({gap->code, gap->message, 0, 0});
        continue;
      }
    }
    if (const auto* group = std::get_if<ChunkGroup>(&piece)) {
      if (group->count == 0) continue;
      max_entries -= std::min<std::uint64_t>(max_entries, group->count);
    }
    pieces.push_back(std::move(piece));
  }
}

}  // namespace limier::evidence
