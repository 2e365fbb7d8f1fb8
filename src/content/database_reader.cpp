#include "limier/content/database_rows.h"

#include <map>

#include "content/sqlite_recover.h"

namespace limier::content {
namespace {

using catalog::ItemState;
using catalog::RowSource;
using catalog::RowState;

constexpr std::size_t kRowsPerFrame = 512;
constexpr std::size_t kFrameBytes = 256u << 10;  // from which on a frame is sent

std::uint32_t bit_of(RowState state) {
  return 1u << static_cast<std::uint32_t>(state);
}

// Which entry of its page's list leads to a record; none where the list is that of a page which is gone, or no list.
std::optional<std::uint32_t> cell_of(const Source& source, std::uint32_t page_size, const FoundRow& row) {
  const bool in_log = row.source == RowSource::kWal || row.source == RowSource::kWalSlack;
  const Reader* const reader = in_log ? source.wal : source.main;
  if (reader == nullptr || (!in_log && row.source != RowSource::kMain && row.source != RowSource::kFreelist))
    return std::nullopt;
  const std::uint64_t front = in_log ? kWalHeaderBytes : 0, head = in_log ? kWalFrameHeaderBytes : 0,
                      step = page_size + head;
  if (row.file_offset < front) return std::nullopt;
  const std::uint64_t begin = front + (row.file_offset - front) / step * step + head;
  std::vector<std::uint8_t> bytes(page_size);
  if (row.file_offset < begin || !reader->read(begin, bytes)) return std::nullopt;
  const auto page = TreePage::parse(bytes, row.page == 1);
  if (!page) return std::nullopt;
  for (std::uint32_t cell = 0; cell < page->cells; ++cell)
    if (page->offset_of(bytes, cell) == row.file_offset - begin) return cell;
  return std::nullopt;
}

class Sender final : public FoundRows {
 public:
  Sender(const Source& source, std::uint32_t page_size, const DatabaseQuestion& question,
         const std::function<bool(const DatabaseRows&)>& send)
      : source_(source), page_size_(page_size), question_(question), send_(send) {}

  bool take(const FoundRow& row) override {
    if ((question_.states & bit_of(row.state)) == 0) return true;
    if (question_.at && (question_.at->source != row.source || question_.at->file_offset != row.file_offset))
      return true;
    if (!question_.table.empty() && (row.table == nullptr || !is_same_word(row.table->name, question_.table)))
      return true;
    DatabaseRow out;
    if (row.table != nullptr) out.table = number_of(*row.table);
    out.rowid = row.rowid;
    out.state = row.state;
    out.source = row.source;
    out.page = row.page;
    out.file_offset = row.file_offset;
    if (question_.at) out.cell = cell_of(source_, page_size_, row);
    for (const SqliteValue& value : row.values) {
      bytes_ += sizeof(DatabaseValue) + value.bytes.size();
      out.values.push_back({static_cast<DatabaseValue::Kind>(value.kind), value.integer, value.real, value.bytes});
    }
    frame_.rows.push_back(std::move(out));
    if (question_.at) return flush(), false;
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

  const Source& source_;
  std::uint32_t page_size_;
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
  Sender sender(source, image->page_size(), question, send);
  const std::uint32_t live = bit_of(RowState::kLive);
  const RecoverWish wish{(question.states & live) != 0, (question.states & ~live) != 0};
  if (!recover_rows(source, *image, wish, rows, sender)) return {ItemState::kFailed, "its pages cannot be walked"};
  sender.flush();
  if (image->were_bytes_missing())
    rows.issue("sqlite-bytes-missing", "some pages of the database are not there, or could not be read", true);
  return {};
}

}  // namespace limier::content
