// Rows that are declared once. A kind of row (a message, a finding) is a struct with a list of its columns; from that
// list follow its form on the wire and what is refused there, its table, view, CSV, JSON, HTML table, its rows in
// v_timeline and its section in docs/rows.md. Adding a column is one line, adding a kind one file and one line in
// catalog/row_kinds.cpp.
//
// Owns:    values; KindInfo lives as long as the program.
// Threads: plain data.
// Units:   times in ns since 1970, UTC.
#pragma once

#include <array>
#include <concepts>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <variant>
#include <vector>

#include "limier/base/bytes.h"
#include "limier/base/record.h"

namespace limier::catalog {

// What a column holds, and so how it is stored and shown.
enum class As : std::uint8_t {
  kText,     // bytes from evidence; where they are no UTF-8, the exact ones stand in <name>_raw. Empty: NULL
  kOwnText,  // limier's own words, or what limier made of the evidence's. Empty: NULL
  kInteger,  // NULL when absent
  kReal,     // NULL when absent
  kFlag,     // 0 or 1
  kTime,  // <name> as ISO 8601 text and <name>_ns; NULL when absent; a row of v_timeline where the kind has a summary
  kWord,  // one of the column's words, as their number
  kReference,  // the locator of a row of another kind from the same content; shown as <that kind>_id
};

// Number of a word that stands for NULL.
inline constexpr std::int64_t kNoWord = -1;

struct ColumnInfo {
  std::string_view name;
  As as = As::kText;
  std::string_view meaning;  // for docs and schemas
  std::span<const std::string_view> words{};
  std::string_view refers_to{};  // kReference: name of the other kind
};

enum class Origin : std::uint8_t {
  kContent,  // found inside a file by a parser: has file_id, content_id, locator, parser, …
  kEngine,   // made by limier from other rows
};

struct KindInfo {
  std::string_view name;     // "message": v_message, message_id
  std::string_view plural;   // "messages": messages.csv, the key in report.json
  std::string_view title;    // head of its table in reports
  std::string_view meaning;  // one sentence
  Origin origin = Origin::kContent;
  // v_timeline.description: an SQL expression over the view's columns. Empty: its times are no rows of v_timeline,
  // since they are those of other rows.
  std::string_view summary;
  bool always_listed = false;  // its CSV is written even where there is no row
  // kContent: a row may also stand in bytes that no parser read, those of a file or of none.
  bool in_bytes = false;
  std::span<const ColumnInfo> columns{};
};

// A cell as it travels and is stored. kFlag, kTime and kWord are integers.
using RowCell = std::variant<std::monostate, std::int64_t, double, std::string>;

// How a row of a database came to be seen (contract, section 4).
enum class RowState : std::int8_t { kNone = -1, kLive, kSuperseded, kUncommitted, kRecovered, kFragment };
inline constexpr std::array<std::string_view, 5> kRowStateWords{"live", "superseded", "uncommitted", "recovered",
                                                                "fragment"};
enum class RowSource : std::int8_t { kNone = -1, kMain, kWal, kWalSlack, kJournal, kFreelist, kFreeblock, kGap };
inline constexpr std::array<std::string_view, 7> kRowSourceWords{"main",     "wal",       "wal-slack", "journal",
                                                                 "freelist", "freeblock", "gap"};

// What every row out of content has: how to find it again inside the file.
struct RowPlace {
  std::string locator;  // "sqlite:message:rowid=881", "zip:3"; together with the content, the row's identity
  RowState state = RowState::kNone;
  RowSource source = RowSource::kNone;
  std::optional<std::int64_t> page;         // of a database, from 1
  std::optional<std::int64_t> file_offset;  // of the record, in the file that `source` names
};
// The cells of a RowPlace, in front of those of the columns.
inline constexpr std::size_t kPlaceCells = 5;

template <class Row, class Member>
struct Column {
  ColumnInfo info;
  Member Row::*member;

  constexpr Column(std::string_view name, Member Row::*at, As as, std::string_view meaning)
      : info{name, as, meaning}, member(at) {}
  // kWord; an enum whose first value is 0, or -1 for NULL.
  constexpr Column(std::string_view name, Member Row::*at, std::span<const std::string_view> words,
                   std::string_view meaning)
      : info{name, As::kWord, meaning, words}, member(at) {}
  // kReference.
  constexpr Column(Member Row::*at, std::string_view refers_to, std::string_view meaning)
      : info{refers_to, As::kReference, meaning, {}, refers_to}, member(at) {}
};

// A struct with `static constexpr KindInfo kKind` (without columns) and `static constexpr auto columns()`.
template <class T>
concept Row = requires {
  T::kKind;
  T::columns();
};

namespace detail {

// Size of a struct that has these members and no others. A member left out of the list makes a difference, but for one
// small enough to hide in padding.
template <class... Members>
consteval std::size_t laid_out(std::size_t size, std::size_t alignment) {
  const auto place = [&](std::size_t member, std::size_t align) {
    size = (size + align - 1) / align * align + member;
    alignment = align > alignment ? align : alignment;
  };
  (place(sizeof(Members), alignof(Members)), ...);
  return (size + alignment - 1) / alignment * alignment;
}

template <class T, class... Members>
consteval bool lists_all_members(const std::tuple<Column<T, Members>...>&) {
  const bool content = T::kKind.origin == Origin::kContent;
  return sizeof(T) ==
         laid_out<Members...>(content ? sizeof(RowPlace) : 0, content ? alignof(RowPlace) : std::size_t{1});
}

template <Row T>
inline constexpr auto kColumns = std::apply([](auto... column) { return std::array{column.info...}; }, T::columns());

inline RowCell cell_of(const std::string& text, As) {
  return text.empty() ? RowCell() : RowCell(text);
}
template <std::integral Number>
RowCell cell_of(Number number, As) {
  return RowCell(static_cast<std::int64_t>(number));
}
inline RowCell cell_of(double number, As) {
  return RowCell(number);
}
template <class Enum>
requires std::is_enum_v<Enum> RowCell cell_of(Enum word, As) {
  const auto number = static_cast<std::int64_t>(word);
  return number == kNoWord ? RowCell() : RowCell(number);
}
template <class T>
RowCell cell_of(const std::optional<T>& value, As as) {
  return value ? cell_of(*value, as) : RowCell();
}

}  // namespace detail

template <Row T>
constexpr KindInfo kind_of() {
  static_assert(detail::lists_all_members<T>(T::columns()), "a member is missing in columns(), or out of its order");
  KindInfo info = T::kKind;
  info.columns = detail::kColumns<T>;
  return info;
}
// The one KindInfo of a kind.
template <Row T>
inline constexpr KindInfo kKindOf = kind_of<T>();

std::span<const ColumnInfo> place_columns();
std::vector<RowCell> cells_of(const RowPlace& place);

template <Row T>
std::vector<RowCell> cells_of(const T& row) {
  std::vector<RowCell> cells;
  if constexpr (T::kKind.origin == Origin::kContent) cells = cells_of(row.place);
  std::apply([&](auto... column) { (cells.push_back(detail::cell_of(row.*(column.member), column.info.as)), ...); },
             T::columns());
  return cells;
}

// Every kind, by name. Their numbers on the wire are their places here: worker and supervisor are of one build.
std::span<const KindInfo* const> row_kinds();
const KindInfo* find_kind(std::string_view name);
// Its place in row_kinds(); asserts that it is there.
std::size_t number_of(const KindInfo& kind);
// One more, at the end, as long as this lives: for tests, before an index is made.
class ExtraKind {
 public:
  explicit ExtraKind(const KindInfo& kind);
  ~ExtraKind();
  ExtraKind(const ExtraKind&) = delete;
  ExtraKind& operator=(const ExtraKind&) = delete;
};

// Those of its RowPlace, if it has one, and those of the columns.
std::size_t cell_count(const KindInfo& kind);

// A column of a kind's view. A time gives two: its text, and an integer of nanoseconds.
struct ViewColumn {
  std::string name;
  As as = As::kInteger;
  std::string raw;      // kText: the column with the exact bytes
  bool is_raw = false;  // that column
  std::string meaning;
  std::span<const std::string_view> words{};
};
// In the order of the view; the row's own id comes first.
std::vector<ViewColumn> view_columns(const KindInfo& kind);

// ---- on the wire ---------------------------------------------------------------------------------------------------

inline constexpr std::size_t kMaxCellBytes = 16u << 20;  // a text longer than this is cut by who reads it

void put_cells(Encoder& out, std::span<const RowCell> cells);
// False for what a well-behaved worker cannot send: another number of cells, a type that the column does not hold, a
// word it does not have, a text beyond kMaxCellBytes. `cells` keeps its memory.
bool get_cells(Decoder& in, const KindInfo& kind, std::vector<RowCell>& cells);

}  // namespace limier::catalog
