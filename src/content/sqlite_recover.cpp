#include "content/sqlite_recover.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "content/cell_finder.h"
#include "content/hash_set.h"
#include "content/sqlite_carve.h"
#include "content/sqlite_loose.h"
#include "content/sqlite_row_values.h"
#include "content/sqlite_walk.h"

namespace limier::content {
namespace {

using catalog::RowSource;
using catalog::RowState;

constexpr std::size_t kPagesPerBeat = 256;
constexpr std::size_t kMaxLinks = 1u << 20;         // of pages to the tables that they had
constexpr std::size_t kWideTable = 6;               // columns that make a table's rows its own
constexpr std::uint64_t kOverflowReadsPerPage = 4;  // of recovered rows, over all pages
constexpr std::uint64_t kOverflowReadsAtLeast = 1u << 16;

// A page to be looked into, and what is known of it.
struct PageTask {
  std::uint32_t number = 0;
  PagePlace place;
  const PageVersion* version = nullptr;  // null: as the application saw it
  PageRole role = PageRole::kNone;
};

class Recovery {
 public:
  Recovery(const Source& source, const SqliteImage& image, const RecoverWish& wish, Rows& rows, FoundRows& found)
      : image_(image),
        wish_(wish),
        rows_(rows),
        found_(found),
        pages_(image, rows),
        versions_(SqliteVersions::read(source, image, rows)) {}

  bool run() {
    if (wish_.indexes) pages_.compare_indexes();
    const bool walked = pages_.walk(tables_, [this](const LiveRow& row) { return take_live(row); });
    if (!walked) return false;
    reads_left_ = kOverflowReadsAtLeast + kOverflowReadsPerPage * (pages_.page_count() + versions_.all().size());
    if (wish_.others && !ended_) {
      if (pages_.hashes_complete())
        look_for_others();
      else
        rows_.issue("sqlite-too-many-rows",
                    fmt::format("the database has more than {} rows: what was deleted is not looked for, as it could "
                                "not be told from what is live",
                                kMaxLiveHashes),
                    true);
    }
    tell();
    return true;
  }

 private:
  // ---- live rows -------------------------------------------------------------------------------------------------

  bool take_live(const LiveRow& row) {
    if (++live_rows_ % kPagesPerBeat == 0) rows_.alive();
    if (!wish_.live) return true;
    FoundRow out;
    const SqliteImage::Place place = image_.place_of(row.page);
    out.table = row.table;
    out.rowid = row.rowid;
    out.source = place.source;
    out.page = row.page;
    out.file_offset = place.offset + row.offset;
    put_values(*row.table, *row.head, row.body, row.head->types.size(), encoding(), out);
    ended_ = !found_.take(out);
    return !ended_;
  }

  [[nodiscard]] TextEncoding encoding() const { return pages_.head().encoding; }

  // ---- everything else -------------------------------------------------------------------------------------------

  void look_for_others() {
    collect_schemas();
    link_versions();
    std::vector<PageTask> tasks;
    for (const PageVersion& version : versions_.all())
      if (!version.is_live) tasks.push_back({version.page, version.place, &version, PageRole::kNone});
    for (const std::uint32_t page : pages_.free_pages()) tasks.push_back(live_task(page));
    for (std::uint32_t page = 1; page <= pages_.page_count(); ++page)
      if (pages_.role(page) == PageRole::kNone) tasks.push_back(live_task(page));
    for (const std::uint32_t page : pages_.loose_pages()) tasks.push_back(live_task(page));
    // Rows with all they had first: those that lost their number are told from them by their values alone.
    std::vector<PageTask> again;
    for (const PageTask& task : tasks)
      if (work_on(task, false)) again.push_back(task);
    for (const PageTask& task : again) work_on(task, true);
    if (wish_.loose != nullptr && !ended_) look_at_loose_pages(*wish_.loose);
  }

  // Last of all: what the files of the database still have is theirs.
  void look_at_loose_pages(const LooseSource& source) {
    for (const LooseLeaf& leaf :
         find_loose_leaves(source, image_.page_size(), ground_of({}), pages_.head().usable_bytes, tables_, rows_)) {
      doubtful_pages_ += leaf.is_anothers ? 1 : 0;
      page_.resize(image_.page_size());
      if (leaf.is_anothers || !source.media->read(leaf.image_offset, page_)) continue;
      const PageTask task{0, {PageFile::kMedium, leaf.image_offset}, nullptr, PageRole::kNone};
      for (const LeafCell& cell : cells_of_whole_leaf(pages_.usable(page_)))
        if (cell.overflow_page == 0) take_cell(task, pages_.usable(page_), cell, {leaf.table});
    }
  }

  [[nodiscard]] PageTask live_task(std::uint32_t page) const {
    const SqliteImage::Place place = image_.place_of(page);
    const PageFile file = place.source == RowSource::kWal ? PageFile::kWal : PageFile::kMain;
    return {page, {file, place.offset}, nullptr, pages_.role(page)};
  }

  bool read(const PageTask& task) {
    page_.resize(image_.page_size());
    return versions_.read_page(task.place, page_);
  }

  // Tables that the schema had once: in earlier pages of it, and in what lies between its rows.
  void collect_schemas() {
    const auto each = [&](const PageTask& task) {
      if (!read(task)) return;
      const Bytes page = pages_.usable(page_);
      const auto tree = TreePage::parse(page, task.number == 1);
      if (!tree || tree->type != PageType::kTableLeaf) return;
      if (task.version != nullptr)
        for (std::uint32_t i = 0; i < tree->cells; ++i)
          if (const auto cell = leaf_cell_at(page, tree->offset_of(page, i))) add_schema_cell(task, page, *cell);
      CarveGround ground = ground_of(page);
      ground.tables = {&tables_.schema()};
      for (const PageRange& range : free_ranges(page, *tree))
        for (const CarvedRow& row : carve(ground, range)) add_schema_row(task, page, row);
    };
    for (const PageVersion& version : versions_.all())
      if (!version.is_live && is_schema_page(version.page))
        each({version.page, version.place, &version, PageRole::kNone});
    for (const std::uint32_t page : pages_.loose_pages())
      if (is_schema_page(page)) each(live_task(page));
  }

  [[nodiscard]] bool is_schema_page(std::uint32_t page) const {
    return page == 1 || (page <= pages_.page_count() && pages_.role(page) == PageRole::kSchema);
  }

  void add_schema_cell(const PageTask& task, Bytes page, const LeafCell& cell) {
    CarvedRow row;
    const auto record = slice(page, cell.payload_at, cell.local_bytes);
    if (!record || !parse_record_head(*record, row.head)) return;
    row.body_at = cell.payload_at + row.head.head_bytes;
    row.local_body_bytes = cell.local_bytes - row.head.head_bytes;
    row.overflow_page = cell.overflow_page;
    add_schema_row(task, page, row);
  }

  void add_schema_row(const PageTask& task, Bytes page, const CarvedRow& row) {
    const auto body = body_of(task, page, row);
    if (!body || !tables_.schema().fits(row.head.types, true) || row.head.types.size() < 5) return;
    FoundRow out;
    put_values(tables_.schema(), row.head, *body, row.head.types.size(), encoding(), out);
    tables_.add({out.values[0].bytes, out.values[1].bytes, out.values[4].bytes, out.values[3].integer}, false);
  }

  // Which tables a page belonged to, by the roots of tables that are gone and by earlier pages above it.
  void link_versions() {
    for (const DbTable& table : tables_.all())
      if (!table.is_live) links_.emplace(table.root_page, &table);
    bool more = true;
    for (int round = 0; more && round < 8; ++round) {  // trees are not deeper
      more = false;
      for (const PageVersion& version : versions_.all()) {
        const PageTask task{version.page, version.place, &version, PageRole::kNone};
        if (links_.size() >= kMaxLinks || version.is_live || !read(task)) continue;
        const Bytes page = pages_.usable(page_);
        const auto tree = TreePage::parse(page, version.page == 1);
        if (!tree || tree->type != PageType::kTableInterior) continue;
        for (const DbTable* table : owners_of(version.page))
          for (std::uint32_t i = 0; i <= tree->cells; ++i) {
            const std::uint32_t child =
                i == tree->cells ? tree->right_child : be_at<std::uint32_t>(page, tree->offset_of(page, i)).value_or(0);
            more = link(child, table) || more;
          }
      }
    }
  }

  bool link(std::uint32_t page, const DbTable* table) {
    if (page <= pages_.page_count() && page > 0 && pages_.owner(page) == table) return false;
    const auto [from, to] = links_.equal_range(page);
    for (auto one = from; one != to; ++one)
      if (one->second == table) return false;
    links_.emplace(page, table);
    return true;
  }

  // Tables that a page belongs to or once belonged to.
  [[nodiscard]] std::vector<const DbTable*> owners_of(std::uint32_t page) {
    std::vector<const DbTable*> owners;
    if (page > 0 && page <= pages_.page_count())
      if (const DbTable* table = pages_.owner(page)) owners.push_back(table);
    const auto [from, to] = links_.equal_range(page);
    for (auto one = from; one != to; ++one)
      if (std::ranges::find(owners, one->second) == owners.end()) owners.push_back(one->second);
    return owners;
  }

  [[nodiscard]] CarveGround ground_of(Bytes page) const {
    CarveGround ground;
    ground.page = page;
    ground.encoding = pages_.head().encoding;
    ground.has_short_integers = pages_.head().has_short_integers;
    return ground;
  }

  // True: there are rows without their number, for the second round.
  bool work_on(const PageTask& task, bool headless) {
    if (ended_) return false;
    if (++pages_done_ % kPagesPerBeat == 0) rows_.alive();
    if (is_schema_page(task.number) || !read(task)) return false;
    const Bytes page = pages_.usable(page_);
    if (!headless && task.version == nullptr) see_free_page(task, page);
    auto tree = task.role == PageRole::kTrunk ? std::nullopt : TreePage::parse(page, task.number == 1);
    if (tree && (tree->type == PageType::kIndexLeaf || tree->type == PageType::kIndexInterior)) {
      // An index is no table; what lies on a page that SQLite no longer counts as one may be anything.
      if (task.version != nullptr || task.role != PageRole::kNone) return false;
    }
    const bool is_live_page = task.version == nullptr && task.role == PageRole::kTable;
    CarveGround ground = ground_of(page);
    std::vector<LeafCell> cells;
    if (tree && tree->type == PageType::kTableLeaf) cells = cells_of_leaf(page, *tree);
    ground.tables = tables_for(task, page, cells);
    for (const LeafCell& cell : cells) {
      ground.low = std::min(ground.low.value_or(cell.rowid), cell.rowid);
      ground.high = std::max(ground.high.value_or(cell.rowid), cell.rowid);
    }
    if (!is_live_page && !headless)
      for (const LeafCell& cell : cells) take_cell(task, page, cell, ground.tables);
    bool some = false;
    for (const PageRange& range : ranges_of(task, page, tree))
      for (const CarvedRow& row : carve(ground, range)) {
        some = some || row.is_headless;
        if (row.is_headless != headless) continue;
        if (row.is_whole() || row.first_lost)
          take_carved(task, page, tree, row);
        else if (is_live_page)
          take_fragment(task, page, tree, row, cells);
      }
    return some;
  }

  void see_free_page(const PageTask& task, Bytes page) {
    if (task.role == PageRole::kFreeLeaf) pages_.traces().see_free_leaf(page);
    if (task.role == PageRole::kTrunk)
      pages_.traces().see_free_trunk(page, be_at<std::uint32_t>(page, 4).value_or(UINT32_MAX));
  }

  std::vector<PageRange> ranges_of(const PageTask& task, Bytes page, const std::optional<TreePage>& tree) const {
    const auto size = static_cast<std::uint32_t>(page.size());
    if (tree && (tree->type == PageType::kTableLeaf || tree->type == PageType::kTableInterior))
      return free_ranges(page, *tree);
    if (task.version != nullptr) return {};
    if (task.role != PageRole::kTrunk) return {{0, size}};
    const std::uint64_t leaves = be_at<std::uint32_t>(page, 4).value_or(0);
    return {{static_cast<std::uint32_t>(std::min<std::uint64_t>(8 + 4 * leaves, size)), size}};
  }

  // A live page has one table. Another had those that it was known to belong to, as far as its cells fit them, and else
  // any that all of its cells fit.
  std::vector<const DbTable*> tables_for(const PageTask& task, Bytes page, const std::vector<LeafCell>& cells) {
    const bool live = task.version == nullptr;
    if (live && task.role == PageRole::kTable) return {pages_.owner(task.number)};
    auto owners = owners_of(task.number);
    keep_fitting(page, cells, owners);
    if (!owners.empty()) return owners;
    for (const DbTable& table : tables_.all())
      if (!table.shape.without_rowid) owners.push_back(&table);
    keep_fitting(page, cells, owners);
    return owners;
  }

  void keep_fitting(Bytes page, const std::vector<LeafCell>& cells, std::vector<const DbTable*>& tables) {
    for (const LeafCell& cell : cells) {
      const auto record = slice(page, cell.payload_at, cell.local_bytes);
      if (!record || !parse_record_head(*record, head_)) continue;
      std::erase_if(tables, [&](const DbTable* table) { return !table->fits(head_.types, false); });
    }
  }

  // A cell that a page still lists.
  void take_cell(const PageTask& task, Bytes page, const LeafCell& cell, const std::vector<const DbTable*>& tables) {
    CarvedRow row;
    const auto record = slice(page, cell.payload_at, cell.local_bytes);
    if (!record || !parse_record_head(*record, row.head) || row.head.payload_bytes() != cell.payload_bytes) return;
    row.start = static_cast<std::uint32_t>(cell.start);
    row.rowid = cell.rowid;
    row.columns = row.head.types.size();
    row.body_at = cell.payload_at + row.head.head_bytes;
    row.local_body_bytes = cell.local_bytes - row.head.head_bytes;
    row.overflow_page = cell.overflow_page;
    row.tables = tables;
    if (task.version == nullptr && tables.empty()) return;  // not even a table that was
    const auto body = body_of(task, page, row);
    if (!body) return;
    const RowState state = task.version != nullptr ? task.version->state : RowState::kRecovered;
    const RowSource source =
        task.version != nullptr ? task.version->source : source_of(task, std::nullopt, page, row.start);
    offer(task, row, *body, state, source);
  }

  // The only page of a narrow table, in a database from which tables were dropped: the page may have been another's,
  // and what its free space holds would fit many tables.
  [[nodiscard]] bool may_be_of_dropped(const PageTask& task, const CarvedRow& row) const {
    if (task.version != nullptr || task.role != PageRole::kTable || row.tables.empty()) return false;
    const DbTable& table = *row.tables[0];
    return table.root_page == task.number && table.stored.size() < kWideTable &&
           pages_.head().schema_changes > pages_.schema_entries();
  }

  void take_carved(const PageTask& task, Bytes page, const std::optional<TreePage>& tree, CarvedRow row) {
    if (may_be_of_dropped(task, row)) row.tables.clear();
    const auto body = body_of(task, page, row);
    if (!body) return;
    int bits = 0;
    if (row.overflow_page != 0 && !are_likely_values(ground_of(page), row.head, *body, bits)) return;
    const bool in_main = task.place.file == PageFile::kMain;
    const RowSource source =
        in_main || task.version == nullptr ? source_of(task, tree, page, row.start) : task.version->source;
    offer(task, row, *body, row.first_lost ? RowState::kFragment : RowState::kRecovered, source);
  }

  // Part of a row: given where it is not part of a live one, of which there may be an older copy.
  void take_fragment(const PageTask& task, Bytes page, const std::optional<TreePage>& tree, const CarvedRow& row,
                     const std::vector<LeafCell>& cells) {
    if (row.tables.size() != 1 || may_be_of_dropped(task, row)) return;
    const auto body = slice(page, row.body_at, row.local_body_bytes);
    if (!body) return;
    for (const LeafCell& cell : cells)
      if (begins_alike(page, cell, row, *body)) return;
    FoundRow out;
    out.table = row.tables[0];
    out.rowid = row.rowid;
    if (const auto place = live_place(out)) {
      if (const auto cell = leaf_cell_at(pages_.usable(live_page_), *place))
        if (begins_alike(pages_.usable(live_page_), *cell, row, *body)) return;
      out.has_live_version = true;
    }
    RecordHead known = row.head;
    known.types.resize(row.columns);
    const std::uint64_t hash = mix_hash(hash_row(known, *body), 3);
    if (ended_ || seen_.holds(hash) || seen_.size() >= 2 * kMaxRecoveredRows) return;
    seen_.add(hash);
    out.state = RowState::kFragment;
    out.source = source_of(task, tree, page, row.start);
    out.page = task.number;
    out.file_offset = task.place.offset + row.start;
    put_values(*out.table, row.head, *body, row.columns, encoding(), out);
    ended_ = !found_.take(out);
  }

  // Whether the columns of a fragment are those of a cell.
  bool begins_alike(Bytes page, const LeafCell& cell, const CarvedRow& row, Bytes body) {
    const auto record = slice(page, cell.payload_at, cell.local_bytes);
    if (!record || !parse_record_head(*record, head_) || head_.types.size() < row.columns) return false;
    if (!std::equal(row.head.types.begin(), row.head.types.begin() + static_cast<std::ptrdiff_t>(row.columns),
                    head_.types.begin()))
      return false;
    const Bytes values = record->subspan(static_cast<std::size_t>(head_.head_bytes));
    return std::ranges::equal(body.first(std::min(body.size(), values.size())),
                              values.first(std::min(body.size(), values.size())));
  }

  RowSource source_of(const PageTask& task, const std::optional<TreePage>& tree, Bytes page, std::uint32_t at) const {
    if (task.place.file == PageFile::kWal) return RowSource::kWal;
    if (task.role == PageRole::kTrunk || task.role == PageRole::kFreeLeaf) return RowSource::kFreelist;
    if (!tree || (task.version == nullptr && task.role != PageRole::kTable)) return RowSource::kMain;
    for (std::uint32_t block = tree->first_freeblock, last = 0; block > last;) {
      const std::uint32_t size = be_at<std::uint16_t>(page, block + 2).value_or(0);
      if (at >= block && at < block + size) return RowSource::kFreeblock;
      last = block;
      block = be_at<std::uint16_t>(page, block).value_or(0);
    }
    return RowSource::kGap;
  }

  // The values of a record, with those on overflow pages. None: they are not all there any more.
  std::optional<Bytes> body_of(const PageTask& task, Bytes page, const CarvedRow& row) {
    const auto here = slice(page, row.body_at, row.local_body_bytes);
    if (!here) return std::nullopt;
    if (row.local_body_bytes >= row.head.body_bytes) return here->first(static_cast<std::size_t>(row.head.body_bytes));
    if (row.head.body_bytes > kMaxRowBytes) return std::nullopt;
    body_.assign(here->begin(), here->end());
    std::uint32_t next = row.overflow_page;
    chain_page_.resize(image_.page_size());
    while (body_.size() < row.head.body_bytes) {
      if (reads_left_ == 0 || next == 0 || !read_chained(task, next)) return std::nullopt;
      --reads_left_;
      const Bytes bytes = pages_.usable(chain_page_);
      const std::size_t part =
          std::min<std::size_t>(bytes.size() - 4, static_cast<std::size_t>(row.head.body_bytes) - body_.size());
      body_.insert(body_.end(), bytes.begin() + 4, bytes.begin() + 4 + static_cast<std::ptrdiff_t>(part));
      next = be_at<std::uint32_t>(bytes, 0).value_or(0);
    }
    if (next != 0) return std::nullopt;  // the last page of a chain names none
    return Bytes(body_);
  }

  bool read_chained(const PageTask& task, std::uint32_t page) {
    if (task.version != nullptr) return versions_.read_beside(*task.version, page, chain_page_);
    // What is in use again is no part of a row that is gone.
    if (page > pages_.page_count()) return false;
    const PageRole role = pages_.role(page);
    return (role == PageRole::kNone || role == PageRole::kFreeLeaf) && pages_.read_page(page, chain_page_);
  }

  // ---- what comes out --------------------------------------------------------------------------------------------

  void offer(const PageTask& task, const CarvedRow& row, Bytes body, RowState state, RowSource source) {
    if (row.head.types.empty() || ended_) return;
    FoundRow out;
    out.table = row.tables.size() == 1 ? row.tables[0] : nullptr;
    out.rowid = row.rowid;
    const bool numbered = out.table != nullptr && out.table->shape.alias.has_value();
    const std::uint64_t hash = hash_row(row.head, body);
    const std::optional<std::uint64_t> live = live_hash(out);
    if (pages_.has_live(hash) && !(numbered && out.rowid && !(out.table->damaged) && live != hash)) return;
    const std::uint64_t values = mix_hash(hash, 1);
    const std::uint64_t whole = mix_hash(hash, 2 + static_cast<std::uint64_t>(out.rowid.value_or(0)) * 2);
    const bool known = numbered && out.rowid ? seen_.holds(whole) : seen_.holds(values);
    if (known) return;
    if (seen_.size() >= 2 * kMaxRecoveredRows) {
      full_ = true;
      return;
    }
    seen_.add(values);
    if (out.rowid) seen_.add(whole);
    out.has_live_version = live.has_value();
    if (state == RowState::kRecovered && out.has_live_version) state = RowState::kSuperseded;
    out.state = state;
    out.source = source;
    out.page = task.number;
    out.file_offset = task.place.offset + row.start;
    out.in_free_space = task.place.file == PageFile::kMedium;
    out.commit = task.version != nullptr ? task.version->commit : 0;
    if (out.table != nullptr) {
      put_values(*out.table, row.head, body, row.columns, encoding(), out);
      if (row.first_lost && !out.table->stored.empty()) {
        out.values[out.table->stored[0]] = {};
        out.known[out.table->stored[0]] = false;
      }
    } else {
      put_bare_values(row, body, encoding(), out);
    }
    ended_ = !found_.take(out);
  }

  // Of the live row with that number; none where there is no such row, or none can be found.
  std::optional<std::uint64_t> live_hash(const FoundRow& row) {
    const auto place = live_place(row);
    if (!place) return std::nullopt;
    const Bytes page = pages_.usable(live_page_);
    const auto cell = leaf_cell_at(page, *place);
    if (!cell) return std::nullopt;
    return hash_live_cell(page, *cell);
  }

  // The cell of the live row with that number, in live_page_.
  std::optional<std::uint64_t> live_place(const FoundRow& row) {
    if (row.table == nullptr || !row.rowid || !row.table->is_live) return std::nullopt;
    auto finder = finders_.find(row.table);
    if (finder == finders_.end()) finder = finders_.emplace(row.table, CellFinder(image_, row.table->root_page)).first;
    const auto place = finder->second.find(*row.rowid);
    if (!place || !pages_.read_page(place->page, live_page_)) return std::nullopt;
    return place->file_offset - image_.place_of(place->page).offset;
  }

  // Its overflow pages belong to it: the walk went along them and ended.
  std::uint64_t hash_live_cell(Bytes page, const LeafCell& cell) {
    std::vector<std::uint8_t> payload(page.begin() + static_cast<std::ptrdiff_t>(cell.payload_at),
                                      page.begin() + static_cast<std::ptrdiff_t>(cell.payload_at + cell.local_bytes));
    std::vector<std::uint8_t> chained;
    for (std::uint32_t next = cell.overflow_page; payload.size() < cell.payload_bytes && reads_left_ > 0;
         --reads_left_) {
      if (!pages_.read_page(next, chained)) break;
      const Bytes bytes = pages_.usable(chained);
      const std::size_t part =
          std::min<std::size_t>(bytes.size() - 4, static_cast<std::size_t>(cell.payload_bytes) - payload.size());
      payload.insert(payload.end(), bytes.begin() + 4, bytes.begin() + 4 + static_cast<std::ptrdiff_t>(part));
      next = be_at<std::uint32_t>(bytes, 0).value_or(0);
    }
    if (!parse_record_head(payload, head_)) return 0;
    const auto body = slice(payload, head_.head_bytes, head_.body_bytes);
    return body ? hash_row(head_, *body) : 0;
  }

  void tell() {
    const auto say = [&](bool when, std::string code, std::string text, bool incomplete) {
      if (when) rows_.issue(std::move(code), std::move(text), incomplete);
    };
    const DbHead& head = pages_.head();
    say(pages_.damaged_pages() > 0, "sqlite-tree-damaged",
        fmt::format("{} places in the database's trees make no sense: rows below them are shown as recovered, or not",
                    pages_.damaged_pages()),
        true);
    const auto& indexes = pages_.disagreeing_indexes();
    if (!indexes.empty()) {
      bool repaired = false;
      rows_.issue("sqlite-index-disagrees",
                  fmt::format("{} indexes do not hold what their tables do, the first is {}: rows that were found by "
                              "them may be missing, or others",
                              indexes.size(), utf8_text(indexes.front(), repaired)),
                  true);
    }
    const auto& free = pages_.free_pages();
    say(free.size() != head.free_pages, "sqlite-counters-disagree",
        fmt::format("the database's head counts {} free pages, its list has {}", head.free_pages, free.size()), false);
    say(full_, "sqlite-too-many-recovered",
        fmt::format("more than {} rows were recovered: the rest is not shown", kMaxRecoveredRows), true);
    say(doubtful_pages_ > 0, "sqlite-page-of-which",
        fmt::format("{} pages in free space of the volume hold rows that can be of this database and of another one: "
                    "they are not shown",
                    doubtful_pages_),
        true);
    say(reads_left_ == 0, "sqlite-too-many-overflows",
        "following the overflow pages of deleted rows took more steps than the database has pages: the rest is not "
        "shown",
        true);
    using AutoVacuum = SqliteTraces::AutoVacuum;
    const AutoVacuum cuts = !head.auto_vacuum         ? AutoVacuum::kNone
                            : head.incremental_vacuum ? AutoVacuum::kIncremental
                                                      : AutoVacuum::kFull;
    if (!ended_) pages_.traces().tell(cuts, std::max<std::uint64_t>(free.size(), head.free_pages), rows_);
    say(tables_.is_full(), "sqlite-schema-too-large",
        fmt::format("the database has or had more than {} tables: others are not looked at", kMaxKnownTables), true);
  }

  const SqliteImage& image_;
  RecoverWish wish_;
  Rows& rows_;
  FoundRows& found_;
  TableSet tables_;
  SqlitePages pages_;
  SqliteVersions versions_;
  std::multimap<std::uint32_t, const DbTable*> links_;
  std::map<const DbTable*, CellFinder> finders_;
  HashSet seen_;
  std::vector<std::uint8_t> page_, chain_page_, live_page_, body_;
  RecordHead head_;
  std::uint64_t live_rows_ = 0, pages_done_ = 0, reads_left_ = 0, doubtful_pages_ = 0;
  bool ended_ = false, full_ = false;
};

}  // namespace

bool recover_rows(const Source& source, const SqliteImage& image, const RecoverWish& wish, Rows& rows,
                  FoundRows& found) {
  return Recovery(source, image, wish, rows, found).run();
}

}  // namespace limier::content
