// Where the sweep stood, so that another one can go on from there. The contents of a checkpoint come first, under the
// next generation's number; they count once the checkpoint itself is there, in one transaction with all that was
// reported before it.
#include <fmt/format.h>

#include "store/schema.h"
#include "store/writer_impl.h"

namespace limier::store {

namespace {

// Some hold the beginning of their content: what is given at once has to fit into a frame.
constexpr std::size_t kOpenContentBytes = 512u << 10;

}  // namespace

std::string checkpoint_schema() {
  return R"sql(
CREATE TABLE sweep_state (
  only INTEGER PRIMARY KEY CHECK (only = 1), generation INTEGER NOT NULL, image_offset INTEGER NOT NULL,
  sweep BLOB NOT NULL, segments BLOB NOT NULL
) STRICT;
CREATE TABLE sweep_content (
  generation INTEGER NOT NULL, content_id INTEGER NOT NULL, state BLOB NOT NULL, PRIMARY KEY (generation, content_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE loose_page (
  image_offset INTEGER PRIMARY KEY, volume_id INTEGER NOT NULL, room INTEGER NOT NULL
) STRICT;
)sql";
}

Result<bool> IndexWriter::Impl::add_open_content(std::uint64_t content_id, Bytes state) {
  if (!open_content_) {
    LIMIER_TRY(open_content_, db_.prepare("INSERT OR IGNORE INTO sweep_content SELECT ?3, content_id, ?2 FROM stream "
                                          "WHERE content_id = ?1 AND source = 1"));
  }
  open_content_.bind(1, identity(content_id));
  open_content_.bind_blob(2, state.data(), state.size());
  open_content_.bind(3, generation_ + 1);
  LIMIER_CHECK(insert(open_content_));
  return open_content_.changes() == 1;
}

Status IndexWriter::Impl::put_checkpoint(const SweepCheckpoint& checkpoint) {
  LIMIER_CHECK(begin());
  LIMIER_CHECK(put_keyword_more());
  {
    LIMIER_TRY(auto put, db_.prepare("INSERT OR REPLACE INTO sweep_state VALUES (1, ?1, ?2, ?3, ?4)"));
    put.bind(1, generation_ + 1);
    put.bind(2, clamped(checkpoint.image_offset));
    put.bind_blob(3, checkpoint.sweep.data(), checkpoint.sweep.size());
    put.bind_blob(4, checkpoint.segments.data(), checkpoint.segments.size());
    LIMIER_CHECK(put.run());
  }
  LIMIER_CHECK(db_.execute(fmt::format("DELETE FROM sweep_content WHERE generation <= {}", generation_)));
  ++generation_;
  return commit();
}

Status IndexWriter::Impl::drop_checkpoint() {
  LIMIER_CHECK(begin());
  LIMIER_CHECK(db_.execute("DELETE FROM sweep_content; DELETE FROM sweep_state"));
  generation_ = 0;
  return commit();
}

Result<std::optional<SweepCheckpoint>> IndexWriter::Impl::checkpoint() {
  LIMIER_TRY(auto rows, db_.prepare("SELECT image_offset, sweep, segments FROM sweep_state"));
  LIMIER_TRY(const bool row, rows.step());
  if (!row) return std::optional<SweepCheckpoint>();
  const std::string sweep = rows.text(1), segments = rows.text(2);
  return std::optional(SweepCheckpoint{
      static_cast<std::uint64_t>(rows.integer(0)), {sweep.begin(), sweep.end()}, {segments.begin(), segments.end()}});
}

Result<std::vector<std::vector<std::uint8_t>>> IndexWriter::Impl::next_open_contents(std::size_t limit) {
  LIMIER_TRY(auto rows,
             db_.prepare("SELECT content_id, state FROM sweep_content WHERE generation = ?3 AND content_id > "
                         "?1 ORDER BY content_id LIMIT ?2"));
  rows.bind(1, open_content_position_);
  rows.bind(2, clamped(limit));
  rows.bind(3, generation_);
  std::vector<std::vector<std::uint8_t>> states;
  std::size_t bytes = 0;
  while (bytes < kOpenContentBytes) {
    LIMIER_TRY(const bool row, rows.step());
    if (!row) break;
    open_content_position_ = rows.integer(0);
    const std::string state = rows.text(1);
    bytes += state.size();
    states.emplace_back(state.begin(), state.end());
  }
  return states;
}

Result<std::vector<catalog::BadRange>> IndexWriter::Impl::first_bad_ranges() {
  LIMIER_TRY(auto rows,
             db_.prepare("SELECT min(image_offset), length, reason FROM bad_range GROUP BY reason ORDER BY 1, 3"));
  std::vector<catalog::BadRange> ranges;
  while (true) {
    LIMIER_TRY(const bool row, rows.step());
    if (!row) return ranges;
    ranges.push_back(
        {static_cast<std::uint64_t>(rows.integer(0)), static_cast<std::uint64_t>(rows.integer(1)), rows.text(2)});
  }
}

// What a sweep reported behind the last checkpoint is taken back, since the next sweep reports it again: a chunk that
// could not be read once (a network file system) may be readable now, and must then not be left as damaged.
Status IndexWriter::Impl::rewind_sweep() {
  plan_position_ = {};
  open_content_position_ = -1;
  if (!std::exchange(sweep_reported_, true)) return ok_status();
  LIMIER_CHECK(begin());
  LIMIER_CHECK(rewind_loose_pages());
  LIMIER_CHECK(rewind_byte_hits());
  LIMIER_CHECK(db_.execute(extent_index()));
  LIMIER_TRY(const auto at, db_.integer("SELECT image_offset FROM sweep_state"));
  LIMIER_TRY(const auto generation, db_.integer("SELECT generation FROM sweep_state"));
  const std::int64_t offset = at.value_or(0);
  generation_ = generation.value_or(0);
  LIMIER_CHECK(db_.execute(fmt::format("DELETE FROM sweep_content WHERE generation <> {}", generation_)));
  LIMIER_CHECK(db_.execute(fmt::format(
      "DELETE FROM bad_range WHERE reason <> 'acquisition-error' AND image_offset + length > {0};"
      "UPDATE evidence SET md5 = NULL, sha1 = NULL, sha256 = NULL, verdict = NULL;"
      "CREATE TEMP TABLE again(content_id INTEGER PRIMARY KEY);"
      "INSERT OR IGNORE INTO temp.again SELECT e.content_id FROM extent e INDEXED BY extent_by_offset "
      "JOIN digest d ON d.content_id = e.content_id "
      "WHERE e.image_offset IS NOT NULL AND e.kind IN (0, 5) AND e.image_offset + e.length > {0};"
      "DELETE FROM digest WHERE content_id IN (SELECT a.content_id FROM temp.again a JOIN stream s ON s.content_id = "
      "a.content_id WHERE s.source = 1);"
      "DELETE FROM content_type WHERE content_id IN (SELECT a.content_id FROM temp.again a JOIN stream s ON "
      "s.content_id = a.content_id WHERE s.source = 1);"
      "DELETE FROM temp.again;"
      "INSERT OR IGNORE INTO temp.again SELECT e.content_id FROM extent e INDEXED BY extent_by_offset "
      "JOIN stream s ON s.content_id = e.content_id WHERE e.image_offset IS NOT NULL AND e.kind IN (0, 5) AND s.state "
      "= 3 "
      "AND e.image_offset + e.length > {0};"
      "UPDATE stream SET state = deleted WHERE source = 1 AND state = 3 AND content_id IN (SELECT content_id FROM "
      "temp.again);"
      "UPDATE packed SET fault = 0 WHERE fault <> 0 AND content_id IN (SELECT content_id FROM temp.again);"
      "DROP TABLE temp.again;"
      "UPDATE stream SET state = (SELECT b.state FROM content_before b WHERE b.content_id = stream.content_id) "
      "WHERE source = 2 AND state = 3 AND content_id IN (SELECT content_id FROM content_before)",
      offset)));
  return commit();
}

Result<bool> IndexWriter::add_open_content(std::uint64_t content_id, Bytes state) {
  return impl_->add_open_content(content_id, state);
}
Status IndexWriter::put_checkpoint(const SweepCheckpoint& checkpoint) {
  return impl_->put_checkpoint(checkpoint);
}
Status IndexWriter::drop_checkpoint() {
  return impl_->drop_checkpoint();
}
Result<std::optional<SweepCheckpoint>> IndexWriter::checkpoint() {
  return impl_->checkpoint();
}
Result<std::vector<std::vector<std::uint8_t>>> IndexWriter::next_open_contents(std::size_t limit) {
  return impl_->next_open_contents(limit);
}
Status IndexWriter::rewind_sweep() {
  return impl_->rewind_sweep();
}
Result<std::vector<catalog::BadRange>> IndexWriter::first_bad_ranges() {
  return impl_->first_bad_ranges();
}

}  // namespace limier::store
