// The rows of one table of a SQLite database, as it lies in its file. No more of the format than that takes: limier-fs
// links no library that reads databases. Private to the room.
//
// Source: sqlite.org/fileformat2.html, sections 1.3, 1.5, 1.6, 2.1 and 2.6.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "volume/byte_source.h"

namespace limier::volume {

struct SqliteCell {
  enum class Kind : std::uint8_t { kNull, kInteger, kReal, kText, kBlob };
  Kind kind = Kind::kNull;
  std::int64_t integer = 0;
  Bytes bytes;  // of a text, as stored, or of a BLOB; good until the next row
};

class SqliteTable {
 public:
  // Called before each page.
  using Beat = std::function<void(std::uint64_t)>;

  // `source` outlives it. None: no database, or no table of that name with all of these columns.
  static std::optional<SqliteTable> open(ByteSource& source, std::string_view name,
                                         const std::vector<std::string_view>& columns, Beat beat);

  // Each row in the order of its number, the columns as they were asked for; false ends it.
  void each(const std::function<bool(const std::vector<SqliteCell>&)>& take);
  // A text of the database as UTF-8.
  [[nodiscard]] std::string text(const SqliteCell& cell) const;
  // Pages and rows that make no sense, or are not there.
  [[nodiscard]] std::uint64_t damaged() const { return damaged_; }

 private:
  SqliteTable(ByteSource& source, Beat beat) : source_(source), beat_(std::move(beat)) {}
  bool read_head();
  bool read_page(std::uint64_t number, std::vector<std::uint8_t>& out);
  bool claim(std::uint64_t page);
  bool push_children(Bytes page, std::uint64_t head, std::vector<std::uint64_t>& stack);
  bool read_payload(Bytes page, std::uint64_t cell);
  bool read_record(std::vector<SqliteCell>& cells) const;
  void walk(std::uint64_t root, const std::function<bool(const std::vector<SqliteCell>&)>& take);

  ByteSource& source_;
  Beat beat_;
  std::uint32_t page_bytes_ = 0, usable_ = 0;
  std::uint64_t pages_ = 0, root_ = 0, damaged_ = 0, local_left_ = 0;
  std::uint32_t encoding_ = 1;
  std::vector<std::size_t> columns_;
  std::vector<bool> claimed_;
  std::vector<std::uint8_t> payload_;
};

}  // namespace limier::volume
