#include <algorithm>
#include <cassert>

#include "limier/catalog/artifacts.h"
#include "limier/catalog/device.h"
#include "limier/catalog/findings.h"
#include "limier/catalog/hash_sets.h"
#include "limier/catalog/masked.h"
#include "limier/catalog/messages.h"
#include "limier/catalog/package_files.h"
#include "limier/catalog/packs.h"
#include "limier/catalog/people.h"
#include "limier/catalog/rows.h"

namespace limier::catalog {

namespace {

// Every kind of row, by name.
std::vector<const KindInfo*>& kinds() {
  static std::vector<const KindInfo*> all{
      &kKindOf<Account>,      //
      &kKindOf<App>,          //
      &kKindOf<Artifact>,     //
      &kKindOf<Attachment>,   //
      &kKindOf<Call>,         //
      &kKindOf<Connection>,   //
      &kKindOf<Contact>,      //
      &kKindOf<DeviceFact>,   //
      &kKindOf<Finding>,      //
      &kKindOf<HashSetUsed>,  //
      &kKindOf<Hit>,          //
      &kKindOf<Item>,         //
      &kKindOf<Judged>,       //
      &kKindOf<Masked>,       //
      &kKindOf<Message>,      //
      &kKindOf<PackUsed>,
      &kKindOf<PackageFile>,  //
      &kKindOf<Party>,        //
      &kKindOf<Place>,        //
      &kKindOf<TextPart>,     //
      &kKindOf<Web>,          //
  };
  return all;
}

enum class CellType : std::uint8_t { kNull, kInteger, kReal, kText };

CellType type_of(As as) {
  switch (as) {
    case As::kText:
    case As::kOwnText:
    case As::kReference:
      return CellType::kText;
    case As::kReal:
      return CellType::kReal;
    case As::kInteger:
    case As::kFlag:
    case As::kTime:
    case As::kWord:
      return CellType::kInteger;
  }
  return CellType::kNull;
}

// The columns of a RowPlace.
constexpr std::array<ColumnInfo, kPlaceCells> kPlaceColumns{
    ColumnInfo{"locator", As::kText, "how to find the row again inside the file"},
    ColumnInfo{"state", As::kWord, "how the row of a database came to be seen", kRowStateWords},
    ColumnInfo{"source", As::kWord, "where it stands", kRowSourceWords},
    ColumnInfo{"page", As::kInteger, "page of the database, from 1"},
    ColumnInfo{"file_offset", As::kInteger, "of the record, in the file that source names"}};

bool is_allowed(const RowCell& cell, const ColumnInfo& column) {
  if (const auto* number = std::get_if<std::int64_t>(&cell)) {
    if (column.as == As::kWord) return *number >= 0 && static_cast<std::size_t>(*number) < column.words.size();
    if (column.as == As::kFlag) return *number == 0 || *number == 1;
  }
  return true;
}

bool get_cell(Decoder& in, const ColumnInfo& column, RowCell& cell) {
  std::uint8_t type = 0;
  if (!in.get(type)) return false;
  if (type == static_cast<std::uint8_t>(CellType::kNull)) {
    cell = std::monostate();
    return true;
  }
  if (type != static_cast<std::uint8_t>(type_of(column.as))) return false;
  switch (type_of(column.as)) {
    case CellType::kNull:
      return false;
    case CellType::kInteger:
      return in.get(cell.emplace<std::int64_t>()) && is_allowed(cell, column);
    case CellType::kReal:
      return in.get(cell.emplace<double>());
    case CellType::kText: {
      if (!std::holds_alternative<std::string>(cell)) cell.emplace<std::string>();
      std::string& text = std::get<std::string>(cell);
      return in.get(text) && text.size() <= kMaxCellBytes;
    }
  }
  return false;
}

}  // namespace

std::span<const ColumnInfo> place_columns() {
  return kPlaceColumns;
}

std::vector<RowCell> cells_of(const RowPlace& place) {
  std::vector<RowCell> cells;
  cells.reserve(kPlaceCells + 16);
  cells.push_back(detail::cell_of(place.locator, As::kText));
  cells.push_back(detail::cell_of(place.state, As::kWord));
  cells.push_back(detail::cell_of(place.source, As::kWord));
  cells.push_back(detail::cell_of(place.page, As::kInteger));
  cells.push_back(detail::cell_of(place.file_offset, As::kInteger));
  return cells;
}

std::span<const KindInfo* const> row_kinds() {
  return kinds();
}

const KindInfo* find_kind(std::string_view name) {
  const auto found = std::ranges::find(kinds(), name, [](const KindInfo* kind) { return kind->name; });
  return found == kinds().end() ? nullptr : *found;
}

std::size_t number_of(const KindInfo& kind) {
  const auto found = std::ranges::find(kinds(), kind.name, [](const KindInfo* one) { return one->name; });
  assert(found != kinds().end());
  return static_cast<std::size_t>(found - kinds().begin());
}

ExtraKind::ExtraKind(const KindInfo& kind) {
  assert(find_kind(kind.name) == nullptr);
  kinds().push_back(&kind);
}
ExtraKind::~ExtraKind() {
  kinds().pop_back();
}

std::size_t cell_count(const KindInfo& kind) {
  return kind.columns.size() + (kind.origin == Origin::kContent ? kPlaceCells : 0);
}

namespace {

void add_view_column(std::vector<ViewColumn>& columns, const ColumnInfo& info) {
  ViewColumn column{std::string(info.name), info.as, {}, false, std::string(info.meaning), info.words};
  if (info.as == As::kText) column.raw = column.name + "_raw";
  if (info.as == As::kReference) column.name += "_id";
  columns.push_back(column);
  if (info.as != As::kTime) return;
  columns.push_back({column.name + "_ns", As::kInteger, {}, false, "the same in nanoseconds since 1970"});
}

}  // namespace

std::vector<ViewColumn> view_columns(const KindInfo& kind) {
  std::vector<ViewColumn> columns{{std::string(kind.name) + "_id", As::kInteger, {}, false, "from 1"}};
  for (const ColumnInfo& column : kind.columns) add_view_column(columns, column);
  if (kind.origin == Origin::kContent) {
    columns.push_back({"file_id", As::kInteger, {}, false, "the first file that has the content"});
    columns.push_back({"content_id", As::kInteger, {}, false, "the content"});
    columns.push_back({"locator", As::kOwnText, {}, false, std::string(kPlaceColumns[0].meaning)});
    columns.push_back({"parser", As::kOwnText, {}, false, "which pack or parser made the row"});
    columns.push_back({"parser_version", As::kOwnText, {}, false, "its version"});
    for (const ColumnInfo& column : place_columns().subspan(1)) add_view_column(columns, column);
  }
  for (const ColumnInfo& column : kind.columns)
    if (column.as == As::kText)
      columns.push_back({std::string(column.name) + "_raw", As::kText, {}, true, "the exact bytes"});
  return columns;
}

void put_cells(Encoder& out, std::span<const RowCell> cells) {
  for (const RowCell& cell : cells) {
    if (const auto* number = std::get_if<std::int64_t>(&cell)) {
      out.put(static_cast<std::uint8_t>(CellType::kInteger));
      out.put(*number);
    } else if (const auto* real = std::get_if<double>(&cell)) {
      out.put(static_cast<std::uint8_t>(CellType::kReal));
      out.put(*real);
    } else if (const auto* text = std::get_if<std::string>(&cell)) {
      out.put(static_cast<std::uint8_t>(CellType::kText));
      out.put(*text);
    } else {
      out.put(static_cast<std::uint8_t>(CellType::kNull));
    }
  }
}

bool get_cells(Decoder& in, const KindInfo& kind, std::vector<RowCell>& cells) {
  cells.resize(cell_count(kind));
  std::size_t at = 0;
  if (kind.origin == Origin::kContent)
    for (const ColumnInfo& column : kPlaceColumns)
      if (!get_cell(in, column, cells[at++])) return false;
  for (const ColumnInfo& column : kind.columns)
    if (!get_cell(in, column, cells[at++])) return false;
  return true;
}

}  // namespace limier::catalog
