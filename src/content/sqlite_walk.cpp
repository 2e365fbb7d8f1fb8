#include "content/sqlite_walk.h"

#include <fmt/format.h>

#include <algorithm>

namespace limier::content {
namespace {

constexpr std::size_t kHeadBytes = 100;
constexpr std::uint64_t kLockByte = 0x40000000;  // its page holds nothing
constexpr std::uint32_t kLeastUsable = 480;      // of a page, by the format

std::uint64_t cell_end(Bytes page, const TreePage& tree, std::uint64_t start) {
  if (tree.type == PageType::kTableLeaf) {
    const auto cell = leaf_cell_at(page, start);
    return cell ? cell->end : start;
  }
  const std::uint64_t child = tree.is_leaf() ? 0 : 4;
  const auto number = varint_at(page, start + child);
  if (!number) return start;
  const std::uint64_t end = start + child + number->length;
  if (tree.type == PageType::kTableInterior) return end;
  const std::uint64_t local = local_index_payload_bytes(number->value, static_cast<std::uint32_t>(page.size()));
  return std::max(end + local + (local < number->value ? 4 : 0), start + 4);
}

// What each cell takes of the page, in order; one that makes no sense takes nothing.
std::vector<PageRange> ranges_of_cells(Bytes page, const TreePage& tree) {
  std::vector<PageRange> used;
  used.reserve(tree.cells);
  for (std::uint32_t i = 0; i < tree.cells; ++i) {
    const std::uint32_t start = tree.offset_of(page, i);
    const std::uint64_t end = std::min<std::uint64_t>(cell_end(page, tree, start), page.size());
    if (end > start) used.push_back({start, static_cast<std::uint32_t>(end)});
  }
  std::ranges::sort(used, {}, &PageRange::start);
  return used;
}

// A cell that is listed twice, or stands in another or in the list: one of two is not what was written.
bool do_overlap(const std::vector<PageRange>& used, const TreePage& tree) {
  std::uint64_t from = tree.list_end();
  for (const PageRange& one : used) {
    if (one.start < from) return true;
    from = one.end;
  }
  return false;
}

std::vector<PageRange> ranges_between(const std::vector<PageRange>& used, Bytes page, const TreePage& tree) {
  std::vector<PageRange> free;
  auto from = static_cast<std::uint32_t>(tree.list_end());
  for (const PageRange& one : used) {
    if (one.start > from) free.push_back({from, one.start});
    from = std::max(from, one.end);
  }
  if (from < page.size()) free.push_back({from, static_cast<std::uint32_t>(page.size())});
  return free;
}

bool is_of_index(PageType type) {
  return type == PageType::kIndexLeaf || type == PageType::kIndexInterior;
}

}  // namespace

std::vector<PageRange> free_ranges(Bytes page, const TreePage& tree) {
  return ranges_between(ranges_of_cells(page, tree), page, tree);
}

std::vector<LeafCell> cells_of_leaf(Bytes page, const TreePage& tree) {
  std::vector<LeafCell> cells;
  for (std::uint32_t i = 0; i < tree.cells; ++i) {
    const std::uint32_t offset = tree.offset_of(page, i);
    const auto cell = offset >= tree.list_end() ? leaf_cell_at(page, offset) : std::nullopt;
    if (cell) cells.push_back(*cell);
  }
  return cells;
}

bool SqlitePages::read_page(std::uint32_t page, std::vector<std::uint8_t>& out) const {
  if (page == 0 || page > image_.page_count()) return false;
  out.resize(image_.page_size());
  return image_.read((std::uint64_t{page} - 1) * image_.page_size(), out);
}

bool SqlitePages::read_head() {
  if (!read_page(1, page_)) return false;
  const auto block = Block<kHeadBytes>::at(page_, 0);
  if (!block) return false;
  const std::uint32_t reserved = block->be<20, std::uint8_t>();
  if (image_.page_size() - reserved < kLeastUsable) return false;
  head_.usable_bytes = image_.page_size() - reserved;
  const auto encoding = block->be<56, std::uint32_t>();
  if (encoding == 2 || encoding == 3) head_.encoding = static_cast<TextEncoding>(encoding);
  head_.has_short_integers = block->be<44, std::uint32_t>() >= 4;
  head_.change_counter = block->be<24, std::uint32_t>();
  head_.counted_pages = block->be<28, std::uint32_t>();
  head_.first_trunk = block->be<32, std::uint32_t>();
  head_.free_pages = block->be<36, std::uint32_t>();
  head_.schema_changes = block->be<40, std::uint32_t>();
  head_.auto_vacuum = block->be<52, std::uint32_t>() != 0;
  head_.incremental_vacuum = block->be<64, std::uint32_t>() != 0;
  head_.version_valid_for = block->be<92, std::uint32_t>();
  return true;
}

bool SqlitePages::claim(std::uint32_t page, PageRole role, std::uint16_t table) {
  if (page == 0 || page >= roles_.size() || roles_[page].role != PageRole::kNone) return false;
  roles_[page] = {role, table};
  return true;
}

DbTable* SqlitePages::owner(std::uint32_t page) const {
  const Owned& owned = roles_[page];
  return owned.role == PageRole::kTable || owned.role == PageRole::kSchema ? owners_[owned.table] : nullptr;
}

void SqlitePages::damage(DbTable* table) {
  ++damaged_;
  traces_.give_up_order();
  if (table != nullptr) table->damaged = true;
}

bool SqlitePages::begin_walk() {
  if (image_.page_count() == 0 || image_.page_count() > kMaxWalkedPages || !read_head()) return false;
  roles_.assign(std::size_t{image_.page_count()} + 1, {});
  mark_fixed_pages();
  return true;
}

std::vector<SchemaEntry> SqlitePages::read_schema(TableSet& tables) {
  std::vector<SchemaEntry> entries;
  const auto collect = [&](const LiveRow& row) {
    if (row.head->types.size() < 5 || entries.size() > 2 * kMaxKnownTables) return true;
    SchemaEntry entry;
    std::uint64_t at = 0;
    for (std::size_t i = 0; i < 5; ++i) {
      const std::uint64_t size = bytes_of_type(row.head->types[i]);
      const auto part = slice(row.body, at, size);
      if (!part) return true;
      const SqliteValue value = value_of_type(row.head->types[i], *part, head_.encoding);
      if (i == 0) entry.type = value.bytes;
      if (i == 1) entry.name = value.bytes;
      if (i == 2) entry.of = value.bytes;
      if (i == 3) entry.root_page = value.integer;
      if (i == 4) entry.sql = value.bytes;
      at += size;
    }
    entries.push_back(std::move(entry));
    return true;
  };
  owners_.push_back(&tables.schema());
  traces_.begin_tree(SqliteTraces::Tree::kTable, 1);
  (void)walk_tree(1, PageRole::kSchema, &tables.schema(), collect);
  schema_entries_ = entries.size();
  return entries;
}

bool SqlitePages::read_tables(TableSet& tables) {
  if (!begin_walk()) return false;
  for (const SchemaEntry& entry : read_schema(tables)) tables.add(entry, true);
  return true;
}

bool SqlitePages::walk(TableSet& tables, const std::function<bool(const LiveRow&)>& each) {
  if (!begin_walk()) return false;
  const std::vector<SchemaEntry> entries = read_schema(tables);
  if (compares_indexes_) indexes_.add_schema(entries);
  bool whole = true;
  for (const SchemaEntry& entry : entries) {
    if (entry.root_page < 1 || entry.root_page > UINT32_MAX) continue;
    const auto root = static_cast<std::uint32_t>(entry.root_page);
    DbTable* table = tables.add(entry, true);
    const PageRole role = table == nullptr             ? PageRole::kIndex
                          : table->shape.without_rowid ? PageRole::kKeyedTable
                                                       : PageRole::kTable;
    if (table != nullptr) owners_.push_back(table);
    traces_.begin_tree(entry.type == "index" ? SqliteTraces::Tree::kIndex : SqliteTraces::Tree::kTable, root);
    if (role == PageRole::kKeyedTable) traces_.give_up_order();
    if (table != nullptr)
      indexes_.begin_table(*table);
    else
      indexes_.begin_index(entry);
    whole = walk_tree(root, role, table, each);
    if (!whole) {
      traces_.give_up_order();
      break;
    }
  }
  if (whole && rows_too_large_ == 0) disagreeing_ = indexes_.disagreeing();
  walk_freelist();
  std::ranges::sort(hashes_);
  if (rows_too_large_ > 0)
    rows_.issue(
        "sqlite-row-too-large",
        fmt::format("{} rows take more than {} bytes each: they are not looked at", rows_too_large_, kMaxRowBytes),
        true);
  return true;
}

// Pages that hold no content by where they stand: of the lock, and the maps that auto_vacuum keeps.
void SqlitePages::mark_fixed_pages() {
  const std::uint64_t lock = kLockByte / image_.page_size() + 1;
  if (lock < roles_.size()) roles_[static_cast<std::size_t>(lock)].role = PageRole::kPointerMap;
  if (!head_.auto_vacuum) return;
  const std::uint64_t step = head_.usable_bytes / 5 + 1;
  for (std::uint64_t page = 2; page < roles_.size(); page += step)
    roles_[static_cast<std::size_t>(page == lock ? page + 1 : page) % roles_.size()].role = PageRole::kPointerMap;
}

bool SqlitePages::walk_tree(std::uint32_t root, PageRole role, DbTable* table,
                            const std::function<bool(const LiveRow&)>& each) {
  std::vector<Step> stack{{root}};
  const auto owner = static_cast<std::uint16_t>(owners_.size() - 1);
  while (!stack.empty()) {
    const Step step = stack.back();
    stack.pop_back();
    if (!claim(step.page, role, owner)) {
      damage(table);
      continue;
    }
    if (!visit_page(step, role, table, stack, each)) return false;
  }
  return true;
}

bool SqlitePages::visit_page(const Step& step, PageRole role, DbTable* table, std::vector<Step>& stack,
                             const std::function<bool(const LiveRow&)>& each) {
  const bool read = read_page(step.page, page_);
  const auto tree = read ? TreePage::parse(usable(page_), step.page == 1) : std::nullopt;
  const bool rows = role == PageRole::kTable || role == PageRole::kSchema;
  if (!tree || (rows && is_of_index(tree->type)) || (role == PageRole::kKeyedTable && !is_of_index(tree->type))) {
    // What is no page of this tree is left for others to explain.
    roles_[step.page] = {};
    damage(table);
    return true;
  }
  const Bytes page = usable(page_);
  traces_.see_page(step.page, page, *tree);
  if (!tree->is_leaf()) push_children(step, *tree, table, stack);
  if (role != PageRole::kIndex || compares_indexes_) {
    const auto used = ranges_of_cells(page, *tree);
    if (do_overlap(used, *tree)) damage(table);
    if (rows) note_loose(step.page, page, used, *tree);
  }
  if (tree->type != PageType::kTableInterior) indexes_.count_cells(tree->cells);
  if (tree->type == PageType::kTableLeaf) return table == nullptr || visit_leaf(step, *tree, *table, each);
  if (tree->type == PageType::kTableInterior) return true;
  return visit_keyed(step.page, *tree, role, table, each);
}

// The leftmost child is visited first. In a table each child has a number that none of its rows is above.
void SqlitePages::push_children(const Step& step, const TreePage& tree, DbTable* table, std::vector<Step>& stack) {
  const Bytes page = usable(page_);
  const std::size_t first = stack.size();
  Step child = step;
  for (std::uint32_t i = 0; i < tree.cells; ++i) {
    const std::uint64_t at = tree.offset_of(page, i);
    child.page = be_at<std::uint32_t>(page, at).value_or(0);
    const auto number = tree.type == PageType::kTableInterior ? varint_at(page, at + 4) : std::nullopt;
    if (number) child.high = static_cast<std::int64_t>(number->value);
    if (child.high < child.low || child.high > step.high) damage(table);
    stack.push_back(child);
    if (number && child.high < INT64_MAX) child.low = child.high + 1;
  }
  stack.push_back({tree.right_child, child.low, step.high});
  std::reverse(stack.begin() + static_cast<std::ptrdiff_t>(first), stack.end());
}

void SqlitePages::note_loose(std::uint32_t number, Bytes page, const std::vector<PageRange>& used,
                             const TreePage& tree) {
  for (const PageRange& range : ranges_between(used, page, tree))
    for (std::uint32_t at = range.start; at < range.end; ++at)
      if (page[at] != 0) {
        loose_.push_back(number);
        return;
      }
}

bool SqlitePages::visit_leaf(const Step& step, const TreePage& tree, DbTable& table,
                             const std::function<bool(const LiveRow&)>& each) {
  const Bytes page = usable(page_);
  std::int64_t low = step.low;
  for (std::uint32_t i = 0; i < tree.cells; ++i) {
    const std::uint32_t offset = tree.offset_of(page, i);
    const auto cell = offset >= tree.list_end() ? leaf_cell_at(page, offset) : std::nullopt;
    if (!cell || !read_payload(page, cell->payload_at, cell->local_bytes, cell->payload_bytes)) {
      damage(&table);
      continue;
    }
    // Numbers rise; one that does not is found by a search in the tree no more than its row is.
    if (cell->rowid < low || cell->rowid > step.high) damage(&table);
    if (cell->rowid < INT64_MAX) low = cell->rowid + 1;
    LiveRow row;
    row.table = &table;
    row.rowid = cell->rowid;
    row.page = step.page;
    row.offset = offset;
    if (!take_row(row, table, each)) return false;
  }
  return true;
}

// Pages of an index, and of a table that is kept in the order of its key: there every cell is a row.
bool SqlitePages::visit_keyed(std::uint32_t number, const TreePage& tree, PageRole role, DbTable* table,
                              const std::function<bool(const LiveRow&)>& each) {
  const Bytes page = usable(page_);
  for (std::uint32_t i = 0; i < tree.cells; ++i) {
    const std::uint64_t offset = tree.offset_of(page, i);
    const std::uint64_t at = offset + (tree.is_leaf() ? 0 : 4);
    const auto size = varint_at(page, at);
    if (!size) continue;
    const std::uint64_t local = local_index_payload_bytes(size->value, head_.usable_bytes);
    const bool keyed = role == PageRole::kKeyedTable;
    if (!keyed && local == size->value) {
      if (compares_indexes_) indexes_.add_entry(slice(page, at + size->length, local).value_or(Bytes()));
      continue;
    }
    const bool whole = read_payload(page, at + size->length, local, size->value);
    if (!whole) damage(table);
    if (!keyed && compares_indexes_) indexes_.add_entry(payload_);
    if (!whole || !keyed || table == nullptr) continue;
    LiveRow row;
    row.table = table;
    row.page = number;
    row.offset = offset;
    if (!take_row(row, *table, each)) return false;
  }
  return true;
}

// Into payload_; its overflow pages are claimed.
bool SqlitePages::read_payload(Bytes page, std::uint64_t at, std::uint64_t local, std::uint64_t whole) {
  const auto here = slice(page, at, local);
  if (!here) return false;
  const bool keep = whole <= kMaxRowBytes;
  payload_.assign(here->begin(), here->end());
  if (local == whole) return true;
  std::uint32_t next = be_at<std::uint32_t>(page, at + local).value_or(0);
  for (std::uint64_t have = local; have < whole;) {
    if (!claim(next, PageRole::kOverflow) || !read_page(next, chain_page_)) return false;
    const Bytes bytes = usable(chain_page_);
    const std::uint64_t part = std::min<std::uint64_t>(bytes.size() - 4, whole - have);
    if (keep) payload_.insert(payload_.end(), bytes.begin() + 4, bytes.begin() + 4 + static_cast<std::ptrdiff_t>(part));
    next = be_at<std::uint32_t>(bytes, 0).value_or(0);
    have += part;
  }
  if (!keep) {
    ++rows_too_large_;
    payload_.clear();
  }
  return true;
}

bool SqlitePages::take_row(LiveRow row, DbTable& table, const std::function<bool(const LiveRow&)>& each) {
  if (payload_.empty()) return true;
  if (!parse_record_head(payload_, record_) || record_.payload_bytes() > payload_.size() ||
      record_.types.size() > table.stored.size()) {
    damage(&table);
    return true;
  }
  // The row is shown as far as it goes; SQLite would end there.
  if (record_.payload_bytes() < payload_.size()) damage(&table);
  row.head = &record_;
  row.body = Bytes(payload_).subspan(static_cast<std::size_t>(record_.head_bytes));
  row.body = row.body.first(static_cast<std::size_t>(record_.body_bytes));
  table.see(record_, row.body);
  if (row.rowid) indexes_.add_row(record_, row.body, *row.rowid);
  if (hashes_complete()) hashes_.push_back(hash_row(record_, row.body));
  return each(row);
}

void SqlitePages::walk_freelist() {
  std::vector<std::uint8_t> page;
  for (std::uint32_t trunk = head_.first_trunk; trunk != 0;) {
    if (!claim(trunk, PageRole::kTrunk) || !read_page(trunk, page)) {
      ++damaged_;
      return;
    }
    free_.push_back(trunk);
    const std::uint32_t leaves = be_at<std::uint32_t>(page, 4).value_or(0);
    const std::uint64_t most = std::min<std::uint64_t>(leaves, head_.usable_bytes / 4 - 2);
    if (most < leaves) ++damaged_;
    for (std::uint64_t i = 0; i < most; ++i) {
      const std::uint32_t leaf = be_at<std::uint32_t>(page, 8 + 4 * i).value_or(0);
      if (claim(leaf, PageRole::kFreeLeaf)) free_.push_back(leaf);
    }
    trunk = be_at<std::uint32_t>(page, 0).value_or(0);
  }
}

bool SqlitePages::has_live(std::uint64_t hash) const {
  return std::ranges::binary_search(hashes_, hash);
}

}  // namespace limier::content
