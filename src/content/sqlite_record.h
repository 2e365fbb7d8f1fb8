// Records of SQLite: variable-length integers, serial types, cells of a table's leaf page, values. Everything is
// checked against the bytes there are. Format: sqlite.org/fileformat2.html, sections 1.6 and 2.1.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "limier/base.h"

namespace limier::content {

inline constexpr std::size_t kMaxVarintBytes = 9;
inline constexpr std::size_t kMaxRecordColumns = 2000;  // as SQLite's own limit
inline constexpr std::uint64_t kHeadOfPageOne = 100;    // the database's own head stands before that of page 1

enum class PageType : std::uint8_t {
  kIndexInterior = 0x02,
  kTableInterior = 0x05,
  kIndexLeaf = 0x0a,
  kTableLeaf = 0x0d
};

enum class TextEncoding : std::uint8_t { kUtf8 = 1, kUtf16Le = 2, kUtf16Be = 3 };

struct Varint {
  std::uint64_t value = 0;
  std::uint64_t length = 0;
};
// Seven bits a byte, the highest first; the ninth byte has all eight.
std::optional<Varint> varint_at(Bytes bytes, std::uint64_t offset);
std::uint64_t varint_length(std::uint64_t value);

// ---- serial types --------------------------------------------------------------------------------------------------

inline bool is_serial_type(std::uint64_t type) {
  return type != 10 && type != 11;
}
inline bool is_text_type(std::uint64_t type) {
  return type >= 13 && type % 2 == 1;
}
std::uint64_t bytes_of_type(std::uint64_t type);

// The front of a record: which types its values have.
struct RecordHead {
  std::vector<std::uint64_t> types;
  std::uint64_t head_bytes = 0;
  std::uint64_t body_bytes = 0;
  [[nodiscard]] std::uint64_t payload_bytes() const { return head_bytes + body_bytes; }
};
// False where `record` has no head that can be true. The body may go on beyond `record`.
bool parse_record_head(Bytes record, RecordHead& head);

// ---- cells ---------------------------------------------------------------------------------------------------------

// Bytes of a payload that stand on a table's leaf page itself; the rest is on overflow pages.
std::uint64_t local_payload_bytes(std::uint64_t payload_bytes, std::uint32_t usable_bytes);
// The same for pages of an index.
std::uint64_t local_index_payload_bytes(std::uint64_t payload_bytes, std::uint32_t usable_bytes);

struct LeafCell {
  std::uint64_t start = 0, end = 0;  // within the page; with the number of the first overflow page
  std::int64_t rowid = 0;
  std::uint64_t payload_at = 0, payload_bytes = 0, local_bytes = 0;
  std::uint32_t overflow_page = 0;  // 0: all is here
};
// `page`: the usable bytes of a page of a table. The cell as it says it is; none where it does not fit on the page.
std::optional<LeafCell> leaf_cell_at(Bytes page, std::uint64_t offset);

// Head and list of cells of a page, checked as far as that.
struct TreePage {
  PageType type{};
  std::uint64_t head = 0;  // where it begins
  std::uint64_t list = 0;  // of the cells' offsets
  std::uint32_t cells = 0;
  std::uint32_t first_freeblock = 0, content_start = 0;
  std::uint32_t right_child = 0;  // of an interior page

  static std::optional<TreePage> parse(Bytes page, bool is_first);
  [[nodiscard]] std::uint64_t list_end() const { return list + std::uint64_t{2} * cells; }
  [[nodiscard]] bool is_leaf() const { return type == PageType::kTableLeaf || type == PageType::kIndexLeaf; }
  [[nodiscard]] std::uint32_t offset_of(Bytes page, std::uint32_t cell) const;
};

// ---- values --------------------------------------------------------------------------------------------------------

struct SqliteValue {
  enum class Kind : std::uint8_t { kNull, kInteger, kReal, kText, kBlob };
  Kind kind = Kind::kNull;
  std::int64_t integer = 0;
  double real = 0;
  std::string bytes;  // text as UTF-8, or as stored
};

std::int64_t integer_of_type(std::uint64_t type, Bytes body);
double real_of(Bytes body);
SqliteValue value_of_type(std::uint64_t type, Bytes body, TextEncoding encoding);
// Whether these bytes are text as a person would have it: valid, and without control characters but tabs and ends of
// lines.
bool is_plain_text(Bytes bytes, TextEncoding encoding);
std::string utf8_of(Bytes bytes, TextEncoding encoding);

// What tells rows apart by what is stored: types and body, without NULLs at the end (a column added later reads as such
// in older rows). The row's number is not in it.
class RowHash {
 public:
  explicit RowHash(const RecordHead& head);
  void add(Bytes body);
  [[nodiscard]] std::uint64_t value() const;

 private:
  std::uint64_t state_ = 0xcbf29ce484222325;
};
std::uint64_t hash_row(const RecordHead& head, Bytes body);
// Two numbers made one.
std::uint64_t mix_hash(std::uint64_t hash, std::uint64_t more);

}  // namespace limier::content
