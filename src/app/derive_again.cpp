#include "app/derive_again.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "limier/catalog/messages.h"
#include "limier/content/packs.h"
#include "limier/content/parsers.h"

namespace limier::app {
namespace {

using catalog::As;
using catalog::ColumnInfo;
using catalog::RowCell;

constexpr std::string_view kOfFreeSpace =
    "it was made of pages in free space of the volume, which only a whole run looks for; see its image offset";
constexpr std::size_t kMaxShownValue = 4096;  // of a column that differs

// Columns that limier fills from other rows, once all of them are there (store/parties.cpp, store/attached.cpp,
// store/hits.cpp).
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kOfLimier{{{"account", "normalized"},
                                                                                  {"app", "parsed"},
                                                                                  {"attachment", "attached_file_id"},
                                                                                  {"contact", "normalized"},
                                                                                  {"device", "normalized"},
                                                                                  {"hit", "rank"}}};

bool is_of_limier(std::string_view kind, std::string_view column) {
  return std::ranges::find(kOfLimier, std::pair(kind, column)) != kOfLimier.end();
}

// The columns of a kind's table in the order of a row's cells.
std::string stored_columns(const catalog::KindInfo& kind) {
  std::string sql;
  for (const ColumnInfo& column : catalog::place_columns()) sql += fmt::format(", r.place_{}", column.name);
  for (const ColumnInfo& column : kind.columns) {
    switch (column.as) {
      case As::kText:
        sql += fmt::format(", coalesce(r.{0}_raw, r.{0})", column.name);
        break;
      case As::kTime:
        sql += fmt::format(", r.{}_ns", column.name);
        break;
      case As::kReference:
        sql += fmt::format(", r.{}_locator", column.name);
        break;
      default:
        sql += fmt::format(", r.{}", column.name);
    }
  }
  return sql;
}

RowCell cell_at(const store::Query& query, int column) {
  const store::Value value = query.value(column);
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return *integer;
  if (const auto* real = std::get_if<double>(&value)) return *real;
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* blob = std::get_if<std::vector<std::uint8_t>>(&value)) return std::string(as_text(Bytes(*blob)));
  return {};
}

std::string shown(const RowCell& cell, const ColumnInfo& column) {
  if (const auto* integer = std::get_if<std::int64_t>(&cell)) {
    if (column.as == As::kTime) return format_time(*integer);
    const bool is_word =
        column.as == As::kWord && *integer >= 0 && static_cast<std::size_t>(*integer) < column.words.size();
    return is_word ? std::string(column.words[static_cast<std::size_t>(*integer)]) : std::to_string(*integer);
  }
  if (const auto* real = std::get_if<double>(&cell)) return fmt::format("{}", *real);
  if (const auto* text = std::get_if<std::string>(&cell)) return text->substr(0, kMaxShownValue);
  return "";
}

// What the index holds of a row.
struct StoredRow {
  const catalog::KindInfo* kind = nullptr;
  std::string parser;  // of the item; the maker may be one of its packs
  std::int64_t file_id = 0;
  std::string maker, version;
  std::vector<RowCell> cells;
};

Result<std::optional<StoredRow>> stored_row(store::Index& index, const catalog::KindInfo& kind, std::int64_t id) {
  LIMIER_TRY(auto query, index.query(fmt::format("SELECT i.parser, i.file_id, m.name, m.version{} FROM row_{} r JOIN "
                                                 "content_item i ON i.item_id = r.item_id JOIN row_maker m ON "
                                                 "m.maker_id = r.maker_id WHERE r.id = ?1",
                                                 stored_columns(kind), kind.name)));
  query.bind(1, id);
  if (!query.step()) {
    LIMIER_CHECK(query.status());
    return std::optional<StoredRow>();
  }
  StoredRow row{&kind, query.text(0), query.integer(1), query.text(2), query.text(3), {}};
  for (std::size_t i = 0; i < catalog::cell_count(kind); ++i)
    row.cells.push_back(cell_at(query, static_cast<int>(i) + 4));
  return std::optional(std::move(row));
}

// A column that the index has otherwise than the parser gave it, because limier filled it.
bool was_filled(const StoredRow& row, const ColumnInfo& column, const RowCell& index, const RowCell& now) {
  if (is_of_limier(row.kind->name, column.name)) return true;
  return row.kind->name == "message" && column.name == "sender" && now == RowCell() &&
         index == RowCell(std::string(catalog::kOwnerWord));
}

std::vector<Derived::Difference> differences_of(const StoredRow& row, std::span<const RowCell> now) {
  std::vector<Derived::Difference> differences;
  const auto compare = [&](const ColumnInfo& column, std::size_t at) {
    if (row.cells[at] == now[at] || was_filled(row, column, row.cells[at], now[at])) return;
    differences.push_back({std::string(column.name), shown(row.cells[at], column), shown(now[at], column)});
  };
  std::size_t at = 0;
  for (const ColumnInfo& column : catalog::place_columns()) compare(column, at++);
  for (const ColumnInfo& column : row.kind->columns) compare(column, at++);
  return differences;
}

// Reads the rows of one content as they come, and keeps the one that is looked for.
class Finder {
 public:
  Finder(const StoredRow* wanted, std::uint64_t item_id) : wanted_(wanted), item_id_(item_id) {}

  Status take(const worker::Frame& frame) {
    if (frame.type != worker::FrameType::kRows) return Error{kLied, "it sent an unexpected frame"};
    Decoder in{Bytes(frame.payload)};
    content::RowsHead head;
    const auto kinds = catalog::row_kinds();
    if (!in.get(head) || head.item_id != item_id_ || head.kind >= kinds.size() ||
        kinds[head.kind]->origin != catalog::Origin::kContent)
      return Error{kLied, "it sent rows that cannot be its own"};
    const catalog::KindInfo& kind = *kinds[head.kind];
    std::vector<RowCell> cells;
    for (std::uint32_t i = 0; i < head.count; ++i) {
      if (!catalog::get_cells(in, kind, cells)) return Error{kLied, "it sent a row that cannot be true"};
      ++rows_;
      if (wanted_ != nullptr && &kind == wanted_->kind && head.maker == wanted_->maker) consider(head.version, cells);
    }
    return in.at_end() ? ok_status() : Status(Error{kLied, "it sent rows that cannot be decoded"});
  }

  [[nodiscard]] std::uint64_t rows() const { return rows_; }
  [[nodiscard]] bool found() const { return best_.has_value(); }
  // Of the row with this locator that is most like it.
  [[nodiscard]] const std::vector<Derived::Difference>& differences() const { return *best_; }
  [[nodiscard]] const std::vector<RowCell>& cells() const { return cells_; }
  [[nodiscard]] const std::string& version() const { return version_; }

 private:
  void consider(const std::string& version, const std::vector<RowCell>& cells) {
    if (cells[0] != wanted_->cells[0] || (best_ && best_->empty())) return;
    auto differences = differences_of(*wanted_, cells);
    if (best_ && best_->size() <= differences.size()) return;
    best_ = std::move(differences);
    cells_ = cells;
    version_ = version;
  }

  const StoredRow* wanted_;
  std::uint64_t item_id_;
  std::uint64_t rows_ = 0;
  std::optional<std::vector<Derived::Difference>> best_;
  std::vector<RowCell> cells_;
  std::string version_;
};

struct Looked {
  Finder finder;
  std::optional<content::ItemDone> done;
  std::string problem;
};

Result<Looked> look_into(store::Index& index, std::int64_t file_id, std::string_view parser, const StoredRow* wanted,
                         const std::vector<content::PackText>& packs, const EvidenceSet& evidence, const Guard& guard,
                         const std::atomic<int>& stop) {
  LIMIER_TRY(auto made, make_item(index, file_id, parser, content::beside_places(packs), evidence, guard, stop));
  Looked looked{Finder(wanted, static_cast<std::uint64_t>(file_id)), std::nullopt, {}};
  if (!made.item) {
    looked.problem = "its content could not be read again: " + made.problem;
    return looked;
  }
  content::ContentJob job;
  job.packs = packs;
  LIMIER_TRY(auto answer, ask_content(
                              std::move(job), *made.item, evidence, guard,
                              [&](const worker::Frame& frame) { return looked.finder.take(frame); }, stop));
  looked.done = std::move(answer.done);
  looked.problem = std::move(answer.problem);
  return looked;
}

// Whether who made the row is here, and is who it was: of packs by their digest, which v_pack has.
Result<std::string> maker_problem(store::Index& index, const StoredRow& row,
                                  const std::vector<content::PackText>& packs) {
  if (row.parser == content::kLoosePages) return std::string(kOfFreeSpace);
  const auto wish = std::ranges::find(content::wishes(), row.parser, &content::Wish::parser);
  if (wish == content::wishes().end() && row.parser != content::wish_of_packs().parser)
    return fmt::format("this program has no parser '{}'", row.parser);
  if (row.maker == row.parser || row.parser != content::wish_of_packs().parser) return std::string();
  for (const content::PackText& pack : packs) {
    LIMIER_TRY(const auto facts, content::facts_of(pack));
    if (facts.name != row.maker) continue;
    LIMIER_TRY(auto used, index.query("SELECT sha256 FROM v_pack WHERE kind = 'application' AND name = ?1"));
    used.bind(1, facts.name);
    if (used.step() && used.text(0) != facts.sha256)
      return fmt::format("the pack {} is another than the one the run used; give that one with --packs", row.maker);
    LIMIER_CHECK(used.status());
    return std::string();
  }
  return fmt::format("the pack {} {} is not here; give it with --packs", row.maker, row.version);
}

Derived not_done(std::string reason) {
  Derived derived;
  derived.reason = std::move(reason);
  return derived;
}

catalog::RowSource source_of(std::string_view word) {
  const auto found = std::ranges::find(catalog::kRowSourceWords, word);
  return found == catalog::kRowSourceWords.end()
             ? catalog::RowSource::kNone
             : static_cast<catalog::RowSource>(found - catalog::kRowSourceWords.begin());
}

}  // namespace

Result<Derived> derive_again(store::Index& index, std::string_view kind, std::int64_t id,
                             const std::vector<content::PackText>& packs, const EvidenceSet& evidence,
                             const Guard& guard, const std::atomic<int>& stop) {
  LIMIER_TRY(const auto row, stored_row(index, *catalog::find_kind(kind), id));
  if (!row) return not_done("the index does not say what it came out of");
  LIMIER_TRY(const std::string problem, maker_problem(index, *row, packs));
  if (!problem.empty()) return not_done(problem);
  LIMIER_TRY(const Looked looked, look_into(index, row->file_id, row->parser, &*row, packs, evidence, guard, stop));
  if (!looked.done) return not_done(looked.problem);
  Derived derived;
  for (const ColumnInfo& column : row->kind->columns)
    (is_of_limier(kind, column.name) ? derived.of_limier : derived.columns).emplace_back(column.name);
  if (!looked.finder.found()) {
    derived.state = Derived::State::kGone;
    derived.reason = fmt::format("{} gives no such row now", row->maker);
    return derived;
  }
  derived.differences = looked.finder.differences();
  if (looked.finder.version() != row->version)
    derived.differences.push_back({"parser_version", row->version, looked.finder.version()});
  derived.state = derived.differences.empty() ? Derived::State::kAgrees : Derived::State::kDiffers;
  for (std::size_t i = 0; i < row->kind->columns.size(); ++i)
    if (row->kind->columns[i].name == "body")
      if (const auto* text = std::get_if<std::string>(&looked.finder.cells()[catalog::kPlaceCells + i]))
        derived.body = *text;
  return derived;
}

Result<Derived> look_again(store::Index& index, std::int64_t item_id, const std::vector<content::PackText>& packs,
                           const EvidenceSet& evidence, const Guard& guard, const std::atomic<int>& stop) {
  LIMIER_TRY(auto item,
             index.query("SELECT file_id, parser, state, rows, coalesce(reason, '') FROM v_item WHERE item_id = ?1"));
  item.bind(1, item_id);
  if (!item.step()) return item.status().ok() ? Result<Derived>(not_done("there is none")) : item.status().error();
  const std::string state = item.text(2);
  if (state == "not-read" || state == "too-large" || state == "quarantined")
    return not_done(fmt::format("it was not looked into: {}", state));
  if (item.text(1) == content::kLoosePages) return not_done(std::string(kOfFreeSpace));
  const bool stands_elsewhere = item.text(4).starts_with("the same bytes as file ");  // store/content_items.cpp
  LIMIER_TRY(const Looked looked,
             look_into(index, item.integer(0), item.text(1), nullptr, packs, evidence, guard, stop));
  if (!looked.done) return not_done(looked.problem);
  const auto number = static_cast<std::size_t>(looked.done->state);
  const std::string now = number < catalog::kItemStateWords.size() ? std::string(catalog::kItemStateWords.at(number))
                                                                   : std::to_string(number);
  Derived derived;
  derived.columns = {"state"};
  if (!stands_elsewhere) derived.columns.emplace_back("rows");
  if (now != state) derived.differences.push_back({"state", state, now});
  if (!stands_elsewhere && looked.finder.rows() != static_cast<std::uint64_t>(item.integer(3)))
    derived.differences.push_back({"rows", item.text(3), std::to_string(looked.finder.rows())});
  derived.state = derived.differences.empty() ? Derived::State::kAgrees : Derived::State::kDiffers;
  return derived;
}

Result<RecordAgain> decode_again(store::Index& index, std::int64_t file_id, std::string_view state,
                                 std::string_view source, std::uint64_t file_offset, const EvidenceSet& evidence,
                                 const Guard& guard, const std::atomic<int>& stop) {
  const auto row_state = std::ranges::find(catalog::kRowStateWords, state);
  RecordAgain again;
  if (row_state == catalog::kRowStateWords.end() || source_of(source) == catalog::RowSource::kNone) {
    again.problem = "the index does not say in which state the record was";
    return again;
  }
  LIMIER_TRY(auto made, make_item(index, file_id, content::kDatabaseRows, {}, evidence, guard, stop));
  if (!made.item) {
    again.problem = made.problem;
    return again;
  }
  content::ContentJob job;
  job.question.states = 1u << static_cast<std::uint32_t>(row_state - catalog::kRowStateWords.begin());
  job.question.at = content::RecordAt{source_of(source), file_offset};
  std::vector<content::DatabaseTable> tables;
  const auto take = [&](const worker::Frame& frame) -> Status {
    if (frame.type != worker::FrameType::kDatabaseRows) return Error{kLied, "it sent an unexpected frame"};
    auto part = decode<content::DatabaseRows>(Bytes(frame.payload));
    if (!part || part->item_id != made.item->item_id || !content::is_sound(*part, tables.size()))
      return Error{kLied, "it sent rows that cannot be true"};
    for (content::DatabaseTable& table : part->tables) tables.push_back(std::move(table));
    for (content::DatabaseRow& row : part->rows) {
      DecodedRecord record;
      if (row.table) {
        record.table = tables[*row.table].name;
        record.columns = tables[*row.table].columns;
      }
      record.rowid = row.rowid;
      record.cell = row.cell;
      record.values = std::move(row.values);
      again.record = std::move(record);
    }
    return ok_status();
  };
  LIMIER_TRY(const auto answer, ask_content(std::move(job), *made.item, evidence, guard, take, stop));
  if (!answer.done)
    again.problem = answer.problem;
  else if (!again.record)
    again.problem = answer.done->state == catalog::ItemState::kParsed ? "no record of this state stands there now"
                                                                      : answer.done->reason;
  return again;
}

}  // namespace limier::app
