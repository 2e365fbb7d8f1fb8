#include "content/sqlite_versions.h"

#include <fmt/format.h>

#include <algorithm>

#include "content/sqlite_record.h"
#include "content/sqlite_wal_frame.h"

namespace limier::content {
namespace {

using catalog::RowSource;
using catalog::RowState;

constexpr std::size_t kVersionsPerBeat = 1024;
constexpr std::uint32_t kMainGroup = 0, kLogGroup = 1, kJournalGroup = 2, kFirstSlackGroup = 3;
constexpr std::array<std::uint8_t, 8> kJournalMagic{0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7};
constexpr std::uint64_t kJournalHeadBytes = 28;
constexpr std::uint32_t kUsualSector = 512;
constexpr std::uint64_t kMaxSector = 65536;

// The sum that SQLite's journal keeps of a page, without the number that stands for the transaction.
std::uint32_t journal_sum(Bytes page) {
  std::uint32_t sum = 0;
  for (std::size_t at = page.size() >= 200 ? page.size() - 200 : 0; at > 0; at = at >= 200 ? at - 200 : 0)
    sum += page[at];
  return sum;
}

bool is_likely_page(Bytes page, bool is_first) {
  return TreePage::parse(page, is_first).has_value();
}

}  // namespace

SqliteVersions SqliteVersions::read(const Source& source, const SqliteImage& image, Rows& rows) {
  SqliteVersions versions(source, image, rows);
  versions.pages_in_main_ =
      static_cast<std::uint32_t>(std::min<std::uint64_t>(source.main->size_bytes() / image.page_size(), UINT32_MAX));
  versions.add_main_pages();
  if (source.wal != nullptr) versions.read_log();
  if (source.journal != nullptr) versions.read_journal();
  for (std::size_t i = 0; i < versions.versions_.size(); ++i)
    versions.by_page_.push_back(static_cast<std::uint64_t>(versions.versions_[i].page) << 32 | i);
  std::ranges::sort(versions.by_page_);
  if (versions.full_)
    rows.issue("sqlite-too-many-versions",
               fmt::format("the database has more than {} earlier pages beside it: the rest is not looked into",
                           kMaxPageVersions),
               true);
  return versions;
}

bool SqliteVersions::add(PageVersion version) {
  if (versions_.size() == kMaxPageVersions) {
    full_ = true;
    return false;
  }
  if (versions_.size() % kVersionsPerBeat == 0) rows_->alive();
  version.until = static_cast<std::uint32_t>(versions_.size());
  versions_.push_back(version);
  return true;
}

// What the log or a shorter database hides of the main file.
void SqliteVersions::add_main_pages() {
  if (!image_->has_log()) return;
  for (std::uint32_t page = 1; page <= pages_in_main_; ++page) {
    const bool hidden = page > image_->page_count() || image_->place_of(page).source == RowSource::kWal;
    if (!hidden) continue;
    PageVersion version;
    version.page = page;
    version.place = {PageFile::kMain, (std::uint64_t{page} - 1) * image_->page_size()};
    version.group = kMainGroup;
    if (!add(version)) return;
  }
}

void SqliteVersions::close_transaction(std::size_t from, RowState state, std::uint32_t commit) {
  for (std::size_t i = from; i < versions_.size(); ++i) {
    PageVersion& version = versions_[i];
    version.state = state;
    version.commit = commit;
    version.until = static_cast<std::uint32_t>(versions_.size() - 1);
  }
}

void SqliteVersions::read_log() {
  const Reader& log = *source_->wal;
  std::array<std::uint8_t, kWalHeaderBytes> head{};
  (void)log.read(0, head);
  const auto header = WalHeader::parse(head);
  const std::uint32_t page_size = image_->page_size();
  if (header && header->page_size != page_size) return;
  std::vector<std::uint8_t> bytes(kWalFrameHeaderBytes + page_size);
  WalSums sums = header ? header->sums : WalSums{};
  bool current = header.has_value();
  std::uint64_t salts = 0;
  std::uint32_t slack_group = kFirstSlackGroup - 1;
  std::size_t begun = versions_.size();
  const auto leave_current = [&] {
    if (current) close_transaction(begun, RowState::kUncommitted, 0);
    current = false;
  };
  for (std::uint64_t at = kWalHeaderBytes; at + bytes.size() <= log.size_bytes(); at += bytes.size()) {
    const bool whole = log.read(at, bytes);
    const WalFrame frame = WalFrame::parse(bytes);
    if (current) add_frame(sums, bytes, header->big_endian);
    if (current && !(whole && frame.salts == header->salts && frame.page != 0 && sums == frame.sums)) leave_current();
    if (!whole || frame.page == 0) continue;
    PageVersion version;
    version.page = frame.page;
    version.place = {PageFile::kWal, at + kWalFrameHeaderBytes};
    version.source = RowSource::kWal;
    version.group = kLogGroup;
    if (!current) {
      if (slack_group < kFirstSlackGroup || frame.salts != salts) ++slack_group;
      salts = frame.salts;
      version.source = RowSource::kWalSlack;
      version.group = slack_group;
    } else if (frame.page <= image_->page_count()) {
      const auto seen = image_->place_of(frame.page);
      version.is_live = seen.source == RowSource::kWal && seen.offset == version.place.offset;
    }
    if (!add(version)) break;
    if (current && frame.commit != 0) {
      close_transaction(begun, RowState::kSuperseded, ++commits_);
      begun = versions_.size();
    }
  }
  leave_current();
}

// Journals are written in parts, each with a head at the beginning of a sector. SQLite may have filled the first head
// with zeros (journal_mode=PERSIST): the pages behind it are still there.
void SqliteVersions::read_journal() {
  const Reader& journal = *source_->journal;
  std::uint64_t at = 0;
  while (at + kJournalHeadBytes <= journal.size_bytes()) {
    const std::uint64_t next = read_journal_part(at);
    if (next <= at) break;
    at = next;
  }
}

// Where the next part may begin; 0: there is none.
std::uint64_t SqliteVersions::read_journal_part(std::uint64_t at) {
  const Reader& journal = *source_->journal;
  const std::uint32_t page_size = image_->page_size();
  std::array<std::uint8_t, kJournalHeadBytes> bytes{};
  (void)journal.read(at, bytes);
  const auto head = *Block<kJournalHeadBytes>::at(bytes, 0);
  const bool valid = std::ranges::equal(head.bytes<0, 8>(), kJournalMagic);
  const bool blank = at == 0 && std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
  if (!valid && !blank) return 0;
  std::uint64_t sector = valid ? head.be<20, std::uint32_t>() : kUsualSector;
  if (sector < 32 || sector > kMaxSector || (sector & (sector - 1)) != 0) sector = kUsualSector;
  if (valid && head.be<24, std::uint32_t>() != page_size) return 0;
  std::uint64_t records = valid ? head.be<8, std::uint32_t>() : 0;
  if (records == 0) records = UINT32_MAX;  // not told: as far as they are sound
  std::optional<std::uint32_t> nonce;
  if (valid) nonce = head.be<12, std::uint32_t>();
  std::vector<std::uint8_t> record(std::size_t{page_size} + 8);
  std::uint64_t from = at + sector;
  for (; records > 0 && from + record.size() <= journal.size_bytes(); --records, from += record.size()) {
    if (!journal.read(from, record)) break;
    const std::uint32_t page = be_at<std::uint32_t>(record, 0).value_or(0);
    const Bytes content = Bytes(record).subspan(4, page_size);
    const std::uint32_t stored = be_at<std::uint32_t>(record, 4 + std::uint64_t{page_size}).value_or(0);
    // Where the head is gone, the records tell the number of the transaction; behind the last one there may be records
    // of an earlier and longer one.
    if (blank && nonce != stored - journal_sum(content) && is_likely_page(content, page == 1))
      nonce = stored - journal_sum(content);
    const std::uint64_t most = std::max(pages_in_main_, image_->page_count());
    if (page == 0 || page > most * 4 + 1024 || !nonce || stored != *nonce + journal_sum(content)) break;
    PageVersion version;
    version.page = page;
    version.place = {PageFile::kJournal, from + 4};
    version.source = RowSource::kJournal;
    version.group = kJournalGroup;
    if (!add(version)) return 0;
  }
  return valid && records == 0 ? (from + sector - 1) / sector * sector : 0;
}

bool SqliteVersions::read_page(const PagePlace& place, MutableBytes out) const {
  const Reader* file = place.file == PageFile::kMain  ? source_->main
                       : place.file == PageFile::kWal ? source_->wal
                                                      : source_->journal;
  return file != nullptr && file->read(place.offset, out);
}

bool SqliteVersions::read_beside(const PageVersion& version, std::uint32_t page, MutableBytes out) const {
  if (page == 0) return false;
  const std::uint64_t low = static_cast<std::uint64_t>(page) << 32;
  const auto end = std::ranges::upper_bound(by_page_, low | version.until);
  const auto begin = std::ranges::lower_bound(by_page_, low);
  for (auto one = end; one != begin;) {
    const PageVersion& other = versions_[*--one & 0xffffffff];
    if (other.group == version.group) return read_page(other.place, out);
  }
  const std::uint64_t in_main = (std::uint64_t{page} - 1) * image_->page_size();
  const bool main_first = version.group == kMainGroup || version.group == kLogGroup || page > image_->page_count();
  if (main_first) return page <= pages_in_main_ && read_page({PageFile::kMain, in_main}, out);
  return image_->read((std::uint64_t{page} - 1) * image_->page_size(), out);
}

}  // namespace limier::content
