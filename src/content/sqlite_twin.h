// Rows that are no longer, put into a table like the one they were in, so that a pack's statement can be asked of them:
// a database in memory with that one table, to be attached beside the evidence. Rows without their number get numbers
// that no application gives, so that nothing of live rows is joined to them.
#pragma once

#include <map>
#include <memory>

#include "content/sqlite.h"
#include "content/sqlite_recover.h"

namespace limier::content {

inline constexpr std::size_t kMaxTwinRows = 200'000;     // kept of one database
inline constexpr std::size_t kMaxTwinBytes = 48u << 20;  // of their values
inline constexpr std::size_t kMaxRowsATwin = 20'000;     // in one database in memory
inline constexpr std::size_t kMaxBytesATwin = 16u << 20;

// Where a row of a twin comes from.
struct TwinOrigin {
  std::optional<std::int64_t> rowid;
  catalog::RowState state = catalog::RowState::kRecovered;
  catalog::RowSource source = catalog::RowSource::kMain;
  std::uint32_t page = 0;
  std::uint64_t file_offset = 0;
  bool has_live_version = false;
  bool in_free_space = false;
};

// Keeps the rows of some tables, as far as there is room.
class LostRows final : public FoundRows {
 public:
  explicit LostRows(std::vector<std::string> tables) : wanted_(std::move(tables)) {}
  bool take(const FoundRow& row) override;

  struct Table {
    std::string name;
    TableShape shape;
    std::vector<FoundRow> rows;  // whole ones; FoundRow::table is not to be used
  };
  // Null: nothing of that table was found.
  [[nodiscard]] const Table* table(std::string_view name) const;
  [[nodiscard]] const std::vector<std::pair<std::string, FoundRow>>& fragments() const { return fragments_; }
  [[nodiscard]] const std::vector<std::string>& columns_of(std::size_t fragment) const { return names_[fragment]; }
  // Rows for which there was no room.
  [[nodiscard]] std::uint64_t left_out() const { return left_out_; }

 private:
  std::vector<std::string> wanted_;
  std::map<std::string, Table> tables_;
  std::vector<std::pair<std::string, FoundRow>> fragments_;  // with their table
  std::vector<std::vector<std::string>> names_;              // of a fragment's columns
  std::size_t rows_ = 0, bytes_ = 0;
  std::uint64_t left_out_ = 0;
};

class Twin {
 public:
  // With these rows of the table, no number twice. The error is SQLite's.
  static Result<std::unique_ptr<Twin>> make(const LostRows::Table& table, const std::vector<std::size_t>& rows,
                                            Rows& issues);

  [[nodiscard]] const SqliteImage& image() const { return *image_; }
  // By the number it has in the twin. Null: none.
  [[nodiscard]] const TwinOrigin* origin(std::int64_t number) const;

 private:
  Twin() = default;
  std::vector<std::uint8_t> bytes_;
  std::unique_ptr<Reader> reader_;
  std::optional<SqliteImage> image_;
  std::map<std::int64_t, TwinOrigin> origins_;
};

// The rows of a table in groups, each for one twin: no number twice in a group.
std::vector<std::vector<std::size_t>> twin_groups(const LostRows::Table& table);

}  // namespace limier::content
