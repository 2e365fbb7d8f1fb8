#include "limier/content/database_rows.h"

#include <map>

#include "content/sqlite_recover.h"

namespace limier::content {
namespace {

using catalog::ItemState;
using catalog::RowState;

constexpr std::size_t kRowsPerFrame = 512;
constexpr std::size_t kFrameBytes = 256u << 10;  // from which on a frame is sent

std::uint32_t bit_of(RowState state) {
  return 1u << static_cast<std::uint32_t>(state);
}

class Sender final : public FoundRows {
 public:
  Sender(const DatabaseQuestion& question, const std::function<bool(const DatabaseRows&)>& send)
      : question_(question), send_(send) {}

  bool take(const FoundRow& row) override {
    if ((question_.states & bit_of(row.state)) == 0) return true;
    if (!question_.table.empty() && (row.table == nullptr || !is_same_word(row.table->name, question_.table)))
      return true;
    DatabaseRow out;
    if (row.table != nullptr) out.table = number_of(*row.table);
    out.rowid = row.rowid;
    out.state = row.state;
    out.source = row.source;
    out.page = row.page;
    out.file_offset = row.file_offset;
    for (const SqliteValue& value : row.values) {
      bytes_ += sizeof(DatabaseValue) + value.bytes.size();
      out.values.push_back({static_cast<DatabaseValue::Kind>(value.kind), value.integer, value.real, value.bytes});
    }
    frame_.rows.push_back(std::move(out));
    return (frame_.rows.size() < kRowsPerFrame && bytes_ < kFrameBytes) || flush();
  }

  bool flush() {
    if (frame_.rows.empty()) return true;
    const bool more = send_(frame_);
    frame_ = {};
    bytes_ = 0;
    return more;
  }

 private:
  std::uint32_t number_of(const DbTable& table) {
    const auto [found, is_new] = numbers_.emplace(&table, static_cast<std::uint32_t>(numbers_.size()));
    if (is_new) {
      DatabaseTable& sent = frame_.tables.emplace_back();
      bool repaired = false;
      sent.name = utf8_text(table.name, repaired);
      for (const TableColumn& column : table.shape.columns) sent.columns.push_back(utf8_text(column.name, repaired));
    }
    return found->second;
  }

  const DatabaseQuestion& question_;
  const std::function<bool(const DatabaseRows&)>& send_;
  std::map<const DbTable*, std::uint32_t> numbers_;
  DatabaseRows frame_;
  std::size_t bytes_ = 0;
};

}  // namespace

Outcome read_database_rows(const Source& source, const DatabaseQuestion& question, Rows& rows,
                           const std::function<bool(const DatabaseRows&)>& send) {
  const auto image = SqliteImage::open(source, rows);
  if (!image) return {ItemState::kNotApplicable, "not a SQLite database"};
  Sender sender(question, send);
  const std::uint32_t live = bit_of(RowState::kLive);
  const RecoverWish wish{(question.states & live) != 0, (question.states & ~live) != 0};
  if (!recover_rows(source, *image, wish, rows, sender)) return {ItemState::kFailed, "its pages cannot be walked"};
  sender.flush();
  if (image->were_bytes_missing())
    rows.issue("sqlite-bytes-missing", "some pages of the database are not there, or could not be read", true);
  return {};
}

}  // namespace limier::content
