#include "content/sqlite_loose.h"

#include <algorithm>

#include "content/sqlite_image.h"
#include "content/sqlite_walk.h"

namespace limier::content {
namespace {

constexpr std::uint64_t kPagesPerBeat = 256;
constexpr std::uint64_t kLeastCell = 4;
constexpr std::size_t kLeastColumns = 6;  // fewer would fit many tables
constexpr int kLeastBits = 64;            // for a page
constexpr std::uint64_t kRowsToLearnFrom = 10;
constexpr std::uint16_t kIntegerBits = 0x37e;  // types 1 to 6, 8 and 9

// A type that has the bit.
std::uint64_t type_of_bit(unsigned bit) {
  return bit < 10 ? bit : bit == 10 ? 13 : 12;
}

bool can_hold(const DbTable& table, const PageKinds& kinds) {
  if (table.shape.without_rowid || kinds.most > table.stored.size()) return false;
  for (std::size_t i = 0; i < kinds.most; ++i)
    for (unsigned bit = 0; bit < 12; ++bit)
      if ((kinds.bits[i] >> bit & 1u) != 0 && !table.fits(i, type_of_bit(bit), true)) return false;
  return true;
}

// Whether live rows have such values there; integers of any size count as one kind, and NULL is always one.
bool is_like_live_rows(const DbTable& table, const PageKinds& kinds) {
  if (table.live_rows < kRowsToLearnFrom) return true;
  for (std::size_t i = 0; i < kinds.most; ++i) {
    std::uint16_t seen = table.seen[i] | 1u;
    if ((seen & kIntegerBits) != 0) seen |= kIntegerBits;
    if ((kinds.bits[i] & ~seen) != 0) return false;
  }
  return true;
}

bool has_count(const DbTable& table, std::size_t count) {
  return count == table.stored.size() ||
         std::ranges::find(table.counts, static_cast<std::uint16_t>(count)) != table.counts.end();
}

struct NoRows final : Rows {
  explicit NoRows(Rows& rows) : rows_(rows) {}
  void add_cells(const catalog::KindInfo&, std::vector<catalog::RowCell>, std::string_view, std::string_view) override {
  }
  void issue(std::string, std::string, bool) override {}
  void alive() override { rows_.alive(); }

 private:
  Rows& rows_;
};

// The one table that all rows of the page can be of, as its live rows are. None: not one alone, or too little speaks
// for it.
std::optional<LooseLeaf> leaf_of_one_table(const CarveGround& ground, const std::vector<LeafCell>& cells,
                                           const TableSet& tables) {
  LooseLeaf leaf;
  leaf.kinds.fewest = SIZE_MAX;
  RecordHead head;
  std::vector<const DbTable*> unlikely;
  int bits = 0;
  for (const LeafCell& cell : cells) {
    const auto record = slice(ground.page, cell.payload_at, cell.local_bytes);
    if (!record || !parse_record_head(*record, head) || head.payload_bytes() != cell.payload_bytes) return std::nullopt;
    const Bytes body = record->subspan(static_cast<std::size_t>(head.head_bytes));
    if (head.body_bytes > 0 && !are_likely_values(ground, head, body, bits)) return std::nullopt;
    for (const DbTable& table : tables.all())
      if (!table.has_likely_signs(head, body)) unlikely.push_back(&table);
    leaf.kinds.fewest = std::min(leaf.kinds.fewest, head.types.size());
    leaf.kinds.most = std::max(leaf.kinds.most, head.types.size());
    leaf.kinds.bits.resize(std::max(leaf.kinds.bits.size(), head.types.size()));
    for (std::size_t i = 0; i < head.types.size(); ++i) leaf.kinds.bits[i] |= bit_of_type(head.types[i]);
  }
  if (bits < kLeastBits) return std::nullopt;
  for (const DbTable& table : tables.all()) {
    if (!can_hold(table, leaf.kinds)) continue;
    if (leaf.table != nullptr) return std::nullopt;
    leaf.table = &table;
  }
  if (leaf.table == nullptr) return std::nullopt;
  const DbTable& table = *leaf.table;
  if (!table.is_live || table.stored.size() < kLeastColumns || !has_count(table, leaf.kinds.fewest) ||
      !has_count(table, leaf.kinds.most) || !is_like_live_rows(table, leaf.kinds) ||
      std::ranges::find(unlikely, &table) != unlikely.end())
    return std::nullopt;
  return leaf;
}

// Marks leaves whose rows can be of a table of another database too.
void mark_rivals(const LooseSource& source, std::uint32_t page_size, std::vector<LooseLeaf>& leaves, Rows& rows) {
  NoRows nothing(rows);
  for (const Reader* rival : source.rivals) {
    const auto image = SqliteImage::open({.path = {}, .main = rival}, nothing);
    if (!image || image->page_size() != page_size) continue;
    TableSet tables;
    if (!SqlitePages(*image, nothing).read_tables(tables)) continue;
    for (LooseLeaf& leaf : leaves)
      for (const DbTable& table : tables.all()) {
        // The same table of another copy may have had fewer columns once, as this one.
        const bool same = table.name == leaf.table->name;
        if (can_hold(table, leaf.kinds) && (same || leaf.kinds.most == table.stored.size())) leaf.is_anothers = true;
      }
  }
}

}  // namespace

std::vector<LeafCell> cells_of_whole_leaf(Bytes page) {
  const auto tree = TreePage::parse(page, false);
  if (!tree || tree->type != PageType::kTableLeaf || tree->cells == 0) return {};
  std::vector<LeafCell> cells;
  std::vector<PageRange> used;
  for (std::uint32_t i = 0; i < tree->cells; ++i) {
    const auto cell = leaf_cell_at(page, tree->offset_of(page, i));
    if (!cell || (!cells.empty() && cell->rowid <= cells.back().rowid)) return {};
    cells.push_back(*cell);
    used.push_back({static_cast<std::uint32_t>(cell->start),
                    static_cast<std::uint32_t>(std::max(cell->end, cell->start + kLeastCell))});
  }
  for (std::uint32_t block = tree->first_freeblock, last = 0; block != 0;) {
    const std::uint32_t size = be_at<std::uint16_t>(page, block + 2).value_or(0);
    if (block <= last || size < kLeastCell) return {};
    used.push_back({block, block + size});
    last = block;
    block = be_at<std::uint16_t>(page, block).value_or(0);
  }
  std::ranges::sort(used, {}, &PageRange::start);
  std::uint64_t at = tree->content_start, fragments = 0;
  if (at < tree->list_end() || used.front().start != at) return {};
  for (const PageRange& one : used) {
    if (one.start < at || one.start - at >= kLeastCell) return {};
    fragments += one.start - at;
    at = one.end;
  }
  if (at > page.size() || page.size() - at >= kLeastCell) return {};
  fragments += page.size() - at;
  return fragments == page[static_cast<std::size_t>(tree->head) + 7] ? cells : std::vector<LeafCell>();
}

std::vector<LooseLeaf> find_loose_leaves(const LooseSource& source, std::uint32_t page_size, CarveGround ground,
                                         std::uint32_t usable_bytes, const TableSet& tables, Rows& rows) {
  std::vector<LooseLeaf> leaves;
  std::vector<std::uint8_t> page(page_size);
  std::uint64_t read = 0;
  for (const LoosePlace& place : source.places) {
    if (++read % kPagesPerBeat == 0) rows.alive();
    if (place.room < page_size || !source.media->read(place.image_offset, page)) continue;
    ground.page = Bytes(page).first(usable_bytes);
    const auto cells = cells_of_whole_leaf(ground.page);
    auto leaf = cells.empty() ? std::nullopt : leaf_of_one_table(ground, cells, tables);
    if (!leaf) continue;
    leaf->image_offset = place.image_offset;
    leaves.push_back(std::move(*leaf));
  }
  if (!leaves.empty()) mark_rivals(source, page_size, leaves, rows);
  return leaves;
}

}  // namespace limier::content
