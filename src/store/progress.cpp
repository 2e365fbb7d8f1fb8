// How far a run has come, so that another one can go on where it ended. What a step wrote counts once the step is
// finished; everything else is cleared before work goes on, so no row is there twice and nothing depends on how often a
// run was broken off.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "store/schema.h"
#include "store/writer_impl.h"

namespace limier::store {

namespace {

// https://www.sqlite.org/fileformat2.html, 1.3
constexpr std::size_t kHeaderSize = 100;
constexpr std::size_t kApplicationIdAt = 68;
constexpr std::size_t kReadVersion = 19;  // 1: rollback journal

enum class Found : std::uint8_t { kNothing, kOurs, kForeign };

// Looked at before SQLite opens the file: closing a descriptor would drop locks this process holds on it.
Result<Found> look_at_header(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd && errno == ENOENT) return Found::kNothing;
  std::array<std::uint8_t, kHeaderSize> header{};
  struct stat info {};
  if (!fd || fstat(fd.get(), &info) != 0)
    return Error{ErrorKind::kUsage, fmt::format("cannot open {}: {}", path, std::strerror(errno))};
  if (!S_ISREG(info.st_mode)) return Found::kForeign;
  const ssize_t got = ::pread(fd.get(), header.data(), header.size(), 0);
  if (got < 0) return Error{ErrorKind::kUsage, fmt::format("cannot read {}: {}", path, std::strerror(errno))};
  constexpr std::string_view kMagic("SQLite format 3\0", 16);
  const std::string_view head = as_text(Bytes(header).first(static_cast<std::size_t>(got)));
  if (head.substr(0, kMagic.size()) != kMagic.substr(0, head.size())) return Found::kForeign;
  // Not even a header: the run was ended while it made the file.
  if (head.size() < header.size()) return Found::kNothing;
  const Bytes bytes(header);
  const bool ours = be_at<std::uint32_t>(bytes, kApplicationIdAt) == static_cast<std::uint32_t>(kApplicationId);
  return ours ? Found::kOurs : Found::kForeign;
}

constexpr const char* kLogs[] = {"-wal", "-shm", "-journal"};

bool without_log(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<std::uint8_t, kHeaderSize> header{};
  return fd && ::pread(fd.get(), header.data(), header.size(), 0) == static_cast<ssize_t>(header.size()) &&
         header[kReadVersion] == 1;
}

Result<bool> has_begun(Database& db) {
  LIMIER_TRY(const auto tables,
             db.integer("SELECT count(*) FROM sqlite_master WHERE name IN ('run_key', 'step', 'evidence')"));
  return tables.value_or(0) == 3;
}

void remove_index(const std::string& path) {
  for (const char* suffix : kLogs) ::unlink((path + suffix).c_str());
  ::unlink(path.c_str());
}

Error refused(std::string message) {
  return {ErrorKind::kRefused, std::move(message)};
}

Status compare_keys(Database& db, const std::string& path, const RunKey& key) {
  LIMIER_TRY(auto rows, db.prepare("SELECT name, value FROM run_key ORDER BY position"));
  RunKey before;
  while (true) {
    LIMIER_TRY(const bool row, rows.step());
    if (!row) break;
    before.emplace_back(rows.text(0), rows.text(1));
  }
  const auto differs = [&](const std::string& name, const std::string* was, const std::string* is) {
    const auto quoted = [](const std::string* value) {
      return value == nullptr || value->empty() ? std::string("none") : "'" + *value + "'";
    };
    return refused(fmt::format(
        "{} was begun with other evidence or options and cannot be resumed with these: {} was {} and is {} now; give "
        "what it was begun with, or choose a new folder",
        path, name, quoted(was), quoted(is)));
  };
  const auto find = [](const RunKey& in, const std::string& name) -> const std::string* {
    const auto at = std::find_if(in.begin(), in.end(), [&](const auto& entry) { return entry.first == name; });
    return at == in.end() ? nullptr : &at->second;
  };
  for (const auto& [name, value] : key)
    if (const std::string* was = find(before, name); was == nullptr || *was != value) return differs(name, was, &value);
  for (const auto& [name, value] : before)
    if (find(key, name) == nullptr) return differs(name, &value, nullptr);
  return ok_status();
}

}  // namespace

std::string progress_schema() {
  return R"sql(
CREATE TABLE run_key (position INTEGER PRIMARY KEY, name TEXT NOT NULL, value TEXT NOT NULL) STRICT;
CREATE TABLE step (
  step INTEGER NOT NULL, volume_id INTEGER NOT NULL, refused INTEGER NOT NULL, PRIMARY KEY (step, volume_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE volume_before (volume_id INTEGER PRIMARY KEY, status INTEGER NOT NULL) STRICT;
CREATE TABLE content_before (content_id INTEGER PRIMARY KEY, state INTEGER NOT NULL) STRICT;
)sql";
}

bool stands_alone(const std::string& path) {
  for (const char* suffix : kLogs) {
    const std::string log = path + suffix;
    struct stat info {};
    // One that holds something may be needed: whoever opens the index next reads it.
    if (::stat(log.c_str(), &info) == 0 && (info.st_size != 0 || ::unlink(log.c_str()) != 0)) return false;
  }
  return without_log(path);
}

// Nothing is changed by looking: no log is folded in, no journal rolled back.
Result<IndexState> index_state(const std::string& path) {
  LIMIER_TRY(const Found found, look_at_header(path));
  if (found == Found::kForeign) return IndexState::kForeign;
  struct stat info {};
  if (found == Found::kNothing) return ::stat(path.c_str(), &info) == 0 ? IndexState::kUnfinished : IndexState::kNone;
  if (!without_log(path)) return IndexState::kUnfinished;
  LIMIER_TRY(auto db, Database::open(file_uri(path) + "?immutable=1", SQLITE_OPEN_READONLY | SQLITE_OPEN_URI));
  const auto finished = db.integer("SELECT outcome = 'finished' FROM run ORDER BY run_id DESC LIMIT 1");
  return finished.ok() && finished->value_or(0) != 0 ? IndexState::kFinished : IndexState::kUnfinished;
}

Status IndexWriter::Impl::insert_key(const RunKey& key) {
  LIMIER_TRY(auto insert, db_.prepare("INSERT INTO run_key VALUES (?1, ?2, ?3)"));
  std::int64_t position = 0;
  for (const auto& [name, value] : key) {
    insert.bind(1, ++position);
    insert.bind_text(2, name);
    insert.bind_text(3, value);
    LIMIER_CHECK(insert.run());
  }
  return ok_status();
}

Result<std::unique_ptr<IndexWriter>> IndexWriter::resume(const std::string& path, const RunRow& run,
                                                         const Authority& authority, const EvidenceRow& evidence,
                                                         const RunKey& key) {
  LIMIER_TRY(const Found found, look_at_header(path));
  if (found == Found::kForeign) return refused(fmt::format("{} is not an index of limier; choose a new folder", path));
  if (found == Found::kOurs) {
    LIMIER_TRY(auto db, Database::open(path, SQLITE_OPEN_READWRITE));
    LIMIER_CHECK(db.execute("PRAGMA locking_mode = EXCLUSIVE"));
    LIMIER_TRY(const bool begun, has_begun(db));
    if (begun) {
      LIMIER_TRY(const auto version, db.integer("PRAGMA user_version"));
      if (version.value_or(0) != kSchemaVersion)
        return refused(fmt::format("{} was begun by another version of limier; choose a new folder", path));
      LIMIER_CHECK(compare_keys(db, path, key));
      auto impl = std::make_unique<Impl>(std::move(db), path);
      impl->media_size_ = static_cast<std::uint64_t>(clamped(evidence.size_bytes));
      LIMIER_CHECK(impl->take_up(run));
      return std::unique_ptr<IndexWriter>(new IndexWriter(std::move(impl)));
    }
  }
  remove_index(path);
  return create(path, run, authority, evidence, key);
}

// Reads how far the run before came. A finished index is left as it is; an unfinished one is cleared of what was not
// finished.
Status IndexWriter::Impl::take_up(const RunRow& run) {
  taken_up_ = true;
  held_.give_up();
  LIMIER_CHECK(read_steps());
  LIMIER_TRY(const auto exit_code,
             db_.integer("SELECT exit_code FROM run WHERE outcome = 'finished' ORDER BY run_id DESC LIMIT 1"));
  if (exit_code) {
    recorded_exit_code_ = static_cast<int>(*exit_code);
    return ok_status();
  }
  LIMIER_CHECK(set_up(db_));
  LIMIER_CHECK(begin());
  LIMIER_CHECK(clear_unfinished());
  LIMIER_CHECK(db_.execute("UPDATE run SET outcome = 'broken-off' WHERE outcome IS NULL"));
  LIMIER_TRY(run_id_, insert_run(db_, run));
  LIMIER_CHECK(prepare_statements());
  return commit();
}

Status IndexWriter::Impl::read_steps() {
  LIMIER_TRY(auto rows, db_.prepare("SELECT step, volume_id, refused FROM step"));
  while (true) {
    LIMIER_TRY(const bool row, rows.step());
    if (!row) break;
    const auto step = static_cast<Step>(rows.integer(0));
    const auto volume_id = static_cast<std::uint32_t>(rows.integer(1));
    finished_.emplace(step, volume_id);
    if (rows.integer(2) != 0) refused_by_volume_[volume_id] = static_cast<std::uint64_t>(rows.integer(2));
  }
  catalog_built_ = done(Step::kCatalog);
  evidence_finished_ = done(Step::kSweep);
  coverage_built_ = done(Step::kCoverage);
  sweep_reported_ = true;
  content_settled_ = done(Step::kContent);
  for (const Step step : {Step::kContainer, Step::kVolumes, Step::kCatalog, Step::kSweep, Step::kContent, Step::kRules})
    if (done(step)) step_ = next_step(step);
  return ok_status();
}

Status IndexWriter::Impl::clear_unfinished() {
  if (!done(Step::kCoverage)) LIMIER_CHECK(db_.execute("DELETE FROM coverage; DELETE FROM not_examined"));
  // Known again when the contents are settled, which the rules go by.
  if (!done(Step::kContent)) LIMIER_CHECK(db_.execute("UPDATE issue SET file_id = NULL"));
  if (!done(Step::kContainer)) LIMIER_CHECK(db_.execute("DELETE FROM issue; DELETE FROM bad_range"));
  if (!done(Step::kVolumes))
    LIMIER_CHECK(db_.execute("DELETE FROM volume; DELETE FROM encryption; DELETE FROM scope_count"));
  if (!done(Step::kCatalog)) {
    LIMIER_CHECK(clear_walks());
    LIMIER_CHECK(clear_catalog());
    LIMIER_CHECK(drop_declared(db_, "1"));
    LIMIER_CHECK(
        db_.execute("DELETE FROM issue WHERE item_id IS NOT NULL; DELETE FROM content_item;"
                    "DELETE FROM said_type;"
                    "DELETE FROM scope_count WHERE item_id <> 0"));
  }
  if (!done(Step::kContent)) {
    // Their rows may have been held against the files already, and most of them are gone then.
    LIMIER_CHECK(db_.execute("UPDATE content_item SET state = NULL WHERE parser = 'dpkg'"));
    LIMIER_CHECK(drop_unfinished_items());
    LIMIER_CHECK(db_.execute("DELETE FROM row_item"));
    LIMIER_CHECK(clear_known());
  }
  if (!done(Step::kRules))
    LIMIER_CHECK(db_.execute("DELETE FROM row_finding; DELETE FROM row_judged; DELETE FROM row_pack"));
  for (const Step step : {Step::kVolumes, Step::kCatalog, Step::kSweep, Step::kRules, Step::kCoverage})
    if (!done(step))
      LIMIER_CHECK(db_.execute(fmt::format("DELETE FROM issue WHERE step = {}", static_cast<int>(step))));
  return ok_status();
}

Status IndexWriter::Impl::clear_walks() {
  std::vector<std::uint32_t> unfinished;
  {
    LIMIER_TRY(auto volumes, db_.prepare("SELECT volume_id FROM volume ORDER BY volume_id"));
    while (true) {
      LIMIER_TRY(const bool row, volumes.step());
      if (!row) break;
      const auto volume_id = static_cast<std::uint32_t>(volumes.integer(0));
      if (!finished_.contains({Step::kWalk, volume_id})) unfinished.push_back(volume_id);
    }
  }
  for (const std::uint32_t volume_id : unfinished) LIMIER_CHECK(clear_rows_of(volume_id));
  return ok_status();
}

// What build_catalog made of the names that were there when the run was interrupted; the files themselves are replaced
// by the next build_catalog.
Status IndexWriter::Impl::clear_catalog() {
  return db_.execute(
      "UPDATE stream SET reason = NULL WHERE state = 2;"
      "UPDATE stream SET state = deleted WHERE source = 1 AND state IN (2, 3) OR source = 2 AND state = 2;"
      "UPDATE stream SET state = (SELECT b.state FROM content_before b WHERE b.content_id = stream.content_id) "
      "WHERE content_id IN (SELECT content_id FROM content_before); DELETE FROM content_before;" +
      drop_catalog_indexes());
}

bool IndexWriter::Impl::done(Step step) const {
  return finished_.contains({step, 0});
}

std::uint64_t IndexWriter::Impl::refused_of(Step step, std::uint32_t volume_id) const {
  if (step != Step::kWalk && step != Step::kVolumes) return 0;
  const auto found = refused_by_volume_.find(volume_id);
  return found == refused_by_volume_.end() ? 0 : found->second;
}

Status IndexWriter::Impl::finish_step(Step step, std::uint32_t volume_id) {
  LIMIER_CHECK(begin());
  LIMIER_CHECK(flush_rows());
  if (step == Step::kSweep) LIMIER_CHECK(put_keyword_more());
  LIMIER_CHECK(db_.execute(fmt::format("INSERT OR REPLACE INTO step VALUES ({}, {}, {})", static_cast<int>(step),
                                       volume_id, refused_of(step, volume_id))));
  finished_.emplace(step, volume_id);
  if (step != Step::kWalk && step != Step::kCoverage) step_ = next_step(step);
  return commit();
}

bool IndexWriter::done(Step step) const {
  return impl_->done(step);
}
Status IndexWriter::finish_step(Step step) {
  return impl_->finish_step(step, 0);
}
bool IndexWriter::walked(std::uint32_t volume_id) const {
  return impl_->finished_.contains({Step::kWalk, volume_id});
}
Status IndexWriter::finish_walk(std::uint32_t volume_id) {
  return impl_->finish_step(Step::kWalk, volume_id);
}
std::optional<int> IndexWriter::recorded_exit_code() const {
  return impl_->recorded_exit_code_;
}
Status IndexWriter::put_segment_digests(const std::vector<std::optional<Sha256>>& digests) {
  LIMIER_CHECK(impl_->begin());
  LIMIER_TRY(auto update, impl_->db_.prepare("UPDATE segment SET sha256 = ?2 WHERE position = ?1"));
  for (std::size_t i = 0; i < digests.size(); ++i) {
    update.bind(1, static_cast<std::int64_t>(i + 1));
    update.bind(2, digests[i]);
    LIMIER_CHECK(update.run());
  }
  return ok_status();
}
Result<std::vector<std::optional<Sha256>>> IndexWriter::segment_digests() {
  LIMIER_TRY(auto rows, impl_->db_.prepare("SELECT sha256 FROM segment ORDER BY position"));
  std::vector<std::optional<Sha256>> digests;
  while (true) {
    LIMIER_TRY(const bool row, rows.step());
    if (!row) return digests;
    const std::string bytes = rows.text(0);
    auto& digest = digests.emplace_back();
    if (bytes.size() != Sha256{}.size()) continue;
    digest.emplace();
    std::copy(bytes.begin(), bytes.end(), digest->begin());
  }
}
Status IndexWriter::close_finished() {
  return impl_->close_down();
}

}  // namespace limier::store
