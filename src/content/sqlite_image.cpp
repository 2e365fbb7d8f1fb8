#include "content/sqlite_image.h"

#include <fmt/format.h>

#include <algorithm>

namespace limier::content {
namespace {

constexpr std::size_t kHeadBytes = 100;
constexpr std::uint64_t kReadsPerBeat = 512;  // SQLite counts and searches a long time without a word
constexpr std::string_view kMagic("SQLite format 3\0", 16);
constexpr std::array<std::uint8_t, 8> kJournalMagic{0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7};
// Where page 1 says how the file is written and read: 1 with a rollback journal, 2 with a write-ahead log.
constexpr std::uint64_t kFirstModeByte = 18;
constexpr std::uint64_t kLastModeByte = 19;

std::uint32_t page_size_in(const Block<kHeadBytes>& head) {
  const std::uint32_t stored = head.be<16, std::uint16_t>();
  return stored == 1 ? 65536 : stored;
}

bool is_head(const Block<kHeadBytes>& head) {
  return as_text(head.bytes<0, 16>()) == kMagic && is_page_size(page_size_in(head));
}

// A journal with a head holds pages as they were before a transaction that did not end; the application would have put
// them back.
void look_at_journal(const Reader& journal, Rows& rows) {
  std::array<std::uint8_t, 12> head{};
  if (!journal.read(0, head)) return;
  const auto block = Block<12>::at(head, 0);
  if (!std::ranges::equal(block->bytes<0, 8>(), kJournalMagic) || block->be<8, std::uint32_t>() == 0) return;
  rows.issue("sqlite-journal-not-applied",
             "a rollback journal stands beside the database: its last transaction did not end, and is shown as it was "
             "left, not as the application would have undone it",
             true);
}

// The log is laid over the database already: SQLite is to look for none. `within` is where `part` begins in page 1.
void hide_mode(std::uint64_t within, MutableBytes part) {
  for (std::uint64_t at = kFirstModeByte; at <= kLastModeByte; ++at)
    if (at >= within && at - within < part.size() && part[static_cast<std::size_t>(at - within)] == 2)
      part[static_cast<std::size_t>(at - within)] = 1;
}

}  // namespace

std::optional<SqliteImage> SqliteImage::open(const Source& source, Rows& rows) {
  if (source.main == nullptr) return std::nullopt;
  SqliteImage image(source, rows);
  if (source.wal != nullptr) image.wal_ = Wal::read(*source.wal, rows);
  if (!image.parse_head()) return std::nullopt;
  if (source.journal != nullptr && !image.wal_) look_at_journal(*source.journal, rows);
  return image;
}

bool SqliteImage::parse_head() {
  const Reader& main = *source_.main;
  bytes_there_ = main.size_bytes();
  std::array<std::uint8_t, kHeadBytes> bytes{};
  (void)main.read(0, bytes);
  auto head = *Block<kHeadBytes>::at(bytes, 0);
  const bool is_main = is_head(head);
  const std::uint32_t main_page_size = is_main ? page_size_in(head) : 0;
  // The page size is that of page 1 as it is seen, and a log of pages of another size belongs to another database.
  const auto first = wal_ ? wal_->offset_of(1) : std::nullopt;
  if (first) (void)source_.wal->read(*first, bytes);
  if (wal_ && !(is_head(head) && page_size_in(head) == wal_->page_size())) {
    if (is_main)
      rows_->issue("sqlite-wal-not-applied",
                   fmt::format("the write-ahead log has pages of {} bytes, the database of {}: it is not applied",
                               wal_->page_size(), main_page_size),
                   true);
    wal_.reset();
    (void)main.read(0, bytes);
  }
  if (!is_head(head)) return false;
  page_size_ = page_size_in(head);

  const std::uint64_t stored_pages = (main.size_bytes() + page_size_ - 1) / page_size_;
  std::uint64_t pages = std::min<std::uint64_t>(wal_ ? wal_->page_count() : stored_pages, UINT32_MAX);
  if (wal_) bytes_there_ += source_.wal->size_bytes();
  // The head's own count holds where the change counter beside it is the newest one.
  const std::uint32_t counted = head.be<28, std::uint32_t>();
  if (!wal_ && counted > pages && head.be<24, std::uint32_t>() == head.be<92, std::uint32_t>()) {
    rows_->issue("sqlite-truncated",
                 fmt::format("the database has {} pages by its head, and the file holds {}", counted, pages), true);
    pages = counted;
  }
  page_count_ = static_cast<std::uint32_t>(pages);
  return true;
}

SqliteImage::Place SqliteImage::place_of(std::uint32_t page) const {
  if (const auto offset = wal_ ? wal_->offset_of(page) : std::nullopt) return {catalog::RowSource::kWal, *offset};
  return {catalog::RowSource::kMain, (std::uint64_t{page} - 1) * page_size_};
}

bool SqliteImage::read(std::uint64_t offset, MutableBytes out) const {
  if (reads_++ % kReadsPerBeat == 0) rows_->alive();
  bool whole = true;
  while (!out.empty()) {
    const std::uint64_t page = offset / page_size_ + 1;
    const std::uint64_t within = offset % page_size_;
    const auto part = out.first(static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), page_size_ - within)));
    if (page > page_count_) {
      std::ranges::fill(part, std::uint8_t{0});
      whole = false;
    } else {
      const Place place = place_of(static_cast<std::uint32_t>(page));
      const Reader& file = place.source == catalog::RowSource::kWal ? *source_.wal : *source_.main;
      whole = file.read(place.offset + within, part) && whole;
    }
    if (page == 1) hide_mode(within, part);
    offset += part.size();
    out = out.subspan(part.size());
  }
  if (!whole) missing_ = true;
  return whole;
}

}  // namespace limier::content
