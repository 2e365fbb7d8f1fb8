// Pages of databases in free space, as the sweep notices them: which are kept, and who is to look at them. Free is what
// a file system says is free; a page in a file is that file's affair.
#include <fmt/format.h>

#include <algorithm>

#include "store/writer_impl.h"

namespace limier::store {

namespace {

constexpr std::size_t kRunsAtOnce = 1u << 16;
constexpr std::int64_t kLargestPage = 65536;

}  // namespace

// Back to the checkpoint, or to the beginning.
Status IndexWriter::Impl::rewind_loose_pages() {
  free_runs_.clear();
  free_run_ = 0;
  free_until_ = -1;
  free_ended_ = false;
  LIMIER_CHECK(
      db_.execute("DELETE FROM loose_page WHERE image_offset >= coalesce((SELECT image_offset FROM sweep_state), 0)"));
  loose_pages_.reset();
  return ok_status();
}

// The next ones behind those that are through.
Status IndexWriter::Impl::read_free_runs() {
  free_runs_.clear();
  free_run_ = 0;
  LIMIER_TRY(auto rows, db_.prepare(fmt::format("SELECT image_offset, length, volume_id FROM block WHERE use = {} AND "
                                                "image_offset > ?1 ORDER BY image_offset, volume_id LIMIT {}",
                                                static_cast<int>(catalog::BlockUse::kUnallocated), kRunsAtOnce)));
  rows.bind(1, free_until_);
  while (true) {
    LIMIER_TRY(const bool more, rows.step());
    if (!more) break;
    free_runs_.push_back({rows.integer(0), rows.integer(1), rows.integer(2)});
  }
  free_ended_ = free_runs_.size() < kRunsAtOnce;
  if (!free_runs_.empty()) free_until_ = free_runs_.back().image_offset;
  return ok_status();
}

Status IndexWriter::Impl::add_loose_page(std::uint64_t image_offset) {
  const std::int64_t at = clamped(image_offset);
  while (true) {
    while (free_run_ < free_runs_.size() && free_runs_[free_run_].image_offset + free_runs_[free_run_].length <= at)
      ++free_run_;
    if (free_run_ < free_runs_.size() || free_ended_) break;
    LIMIER_CHECK(read_free_runs());
  }
  if (free_run_ == free_runs_.size() || free_runs_[free_run_].image_offset > at) return ok_status();
  if (!loose_pages_) {
    LIMIER_TRY(const auto kept, db_.integer("SELECT count(*) FROM loose_page"));
    loose_pages_ = static_cast<std::size_t>(kept.value_or(0));
    LIMIER_TRY(loose_page_, db_.prepare("INSERT OR IGNORE INTO loose_page VALUES (?1, ?2, ?3)"));
  }
  if (*loose_pages_ > kMaxLoosePages) return ok_status();  // one more than is used shows that there were more
  const FreeRun& run = free_runs_[free_run_];
  loose_page_.bind(1, at);
  loose_page_.bind(2, run.volume_id);
  loose_page_.bind(3, std::min(run.image_offset + run.length - at, kLargestPage));
  LIMIER_CHECK(insert(loose_page_));
  *loose_pages_ += static_cast<std::size_t>(loose_page_.changes());
  return ok_status();
}

Status IndexWriter::Impl::choose_loose_items(std::string_view parser, std::string_view version, std::string_view of) {
  LIMIER_CHECK(begin());
  {
    LIMIER_TRY(auto drop, db_.prepare("DELETE FROM loose_page WHERE image_offset IN (SELECT p.image_offset FROM "
                                      "content_item i CROSS JOIN extent e ON e.content_id = i.content_id CROSS JOIN "
                                      "loose_page p ON p.image_offset >= e.image_offset AND p.image_offset < "
                                      "e.image_offset + e.length WHERE i.parser = ?1 AND e.image_offset IS NOT NULL)"));
    drop.bind_text(1, of);
    LIMIER_CHECK(drop.run());
  }
  LIMIER_TRY(
      auto insert,
      db_.prepare(fmt::format(
          "INSERT OR IGNORE INTO content_item(content_id, file_id, parser, parser_version, lead, image_offset) SELECT "
          "i.content_id, i.file_id, ?1, ?2, 0, i.image_offset FROM content_item i JOIN file f ON f.file_id = i.file_id "
          "WHERE i.parser = ?3 AND i.state = {} AND f.volume_id IN (SELECT volume_id FROM loose_page) ORDER BY "
          "i.content_id",
          static_cast<int>(catalog::ItemState::kParsed))));
  insert.bind_text(1, parser);
  insert.bind_text(2, version);
  insert.bind_text(3, of);
  return insert.run();
}

Result<ItemLoosePages> IndexWriter::Impl::loose_pages_of(std::int64_t item_id, std::string_view of) {
  ItemLoosePages found;
  LIMIER_TRY(const auto kept, db_.integer("SELECT count(*) FROM loose_page"));
  found.full = kept.value_or(0) > static_cast<std::int64_t>(kMaxLoosePages);
  LIMIER_TRY(auto pages,
             db_.prepare("SELECT p.image_offset, p.room FROM content_item i JOIN file f ON f.file_id = i.file_id JOIN "
                         "loose_page p ON p.volume_id = f.volume_id WHERE i.item_id = ?1 ORDER BY p.image_offset"));
  pages.bind(1, item_id);
  while (true) {
    LIMIER_TRY(const bool more, pages.step());
    if (!more) break;
    found.pages.push_back({static_cast<std::uint64_t>(pages.integer(0)), static_cast<std::uint64_t>(pages.integer(1))});
  }
  LIMIER_TRY(auto rivals, db_.prepare(fmt::format(
                              "SELECT o.file_id FROM content_item i JOIN file f ON f.file_id = i.file_id JOIN "
                              "content_item o ON o.parser = ?2 AND o.content_id <> i.content_id JOIN file g ON "
                              "g.file_id = o.file_id AND g.volume_id = f.volume_id WHERE i.item_id = ?1 ORDER BY "
                              "o.content_id LIMIT {}",
                              kMaxRivals + 1)));
  rivals.bind(1, item_id);
  rivals.bind_text(2, of);
  while (true) {
    LIMIER_TRY(const bool more, rivals.step());
    if (!more) return found;
    found.rivals.push_back(rivals.integer(0));
  }
}

Status IndexWriter::add_loose_page(std::uint64_t image_offset) {
  return impl_->add_loose_page(image_offset);
}
Status IndexWriter::choose_loose_items(std::string_view parser, std::string_view version, std::string_view of) {
  return impl_->choose_loose_items(parser, version, of);
}
Result<ItemLoosePages> IndexWriter::loose_pages_of(std::int64_t item_id, std::string_view of) {
  return impl_->loose_pages_of(item_id, of);
}

}  // namespace limier::store
