// `limier rows`: the bytes of databases, where the index says that they lie, to a jailed limier-content, and its rows
// to whoever asked.
#include <fmt/format.h>

#include <deque>

#include "app/ask_content.h"
#include "app/case_folder.h"
#include "app/reread.h"
#include "limier/app.h"

namespace limier::app {
namespace {

constexpr std::string_view kSqliteType = "application/vnd.sqlite3";
constexpr std::uint64_t kCacheBytes = 16u << 20;
constexpr std::uint64_t kWorkerBytes = 768ull << 20;    // of address space
constexpr std::uint64_t kResidentBytes = 512ull << 20;  // a database of a GiB takes half of it
constexpr std::uint64_t kSentPerByte = 64;              // of a database: its versions, with their columns
constexpr std::uint64_t kSentAtLeast = 64u << 20;

struct Waiting {
  DatabaseFile file;
  KnownContent content;
};

Result<std::vector<std::int64_t>> all_databases(store::Index& index) {
  LIMIER_TRY(auto query,
             index.query("SELECT file_id FROM v_file WHERE mime = ?1 AND kind = 'file' AND content_state NOT "
                         "IN ('unreadable', 'encrypted', 'empty') ORDER BY file_id"));
  query.bind(1, std::string(kSqliteType));
  std::vector<std::int64_t> ids;
  while (query.step()) ids.push_back(query.integer(0));
  LIMIER_CHECK(query.status());
  return ids;
}

class RowsReader {
 public:
  RowsReader(store::Index& index, const EvidenceSet& evidence, const Guard& guard, const RowsOptions& options,
             const RowsTaker& taker, const std::atomic<int>& stop)
      : index_(index), evidence_(evidence), guard_(guard), options_(options), taker_(taker), stop_(stop) {}

  Status add(std::int64_t file_id) {
    LIMIER_TRY(auto content, find_content(index_, file_id));
    if (!content)
      return Error{ErrorKind::kUsage,
                   fmt::format("{} has no file {}; `limier files {}` lists them", options_.dir, file_id, options_.dir)};
    DatabaseFile file{file_id, content->path};
    waiting_.push_back({std::move(file), std::move(*content)});
    return ok_status();
  }

  // A worker that dies over a database is not asked again about it.
  Result<RowsSummary> run() {
    while (!waiting_.empty() && !ended_) {
      LIMIER_TRY(const Ending ending, run_worker());
      if (ending.kind == EndingKind::kInterrupted && !ended_) return Error{ErrorKind::kInterrupted, "interrupted"};
      if (ending.kind == EndingKind::kFinished) continue;
      if (ended_) break;
      if (!current_) return error_of(ending, "the databases");
      note("content: " + ending.sentence("at this database") + ": the rest of its rows is not shown", true);
      current_.reset();
    }
    return summary_;
  }

 private:
  Result<Ending> run_worker() {
    content::ContentJob job;
    job.evidence = evidence_.spec;
    job.evidence.cache_bytes = kCacheBytes;
    job.memory_bytes = kWorkerBytes + kCacheBytes;
    job.question = options_.question;
    Session session;
    session.worker = "limier-content";
    session.job = encode(job);
    session.sandbox = guard_.sandbox;
    std::uint64_t bytes = 0;
    for (const Waiting& one : waiting_) bytes += std::min(one.content.size_bytes, UINT64_MAX / 256 - bytes);
    session.limits = guard_.for_fs(bytes);
    session.limits.worker_bytes = kResidentBytes;
    session.max_row_bytes = kSentAtLeast + kSentPerByte * bytes;
    session.on_frame = [this](const worker::Frame& frame) { return take(frame); };
    session.next_item = [this] { return next_item(); };
    return run_session(session, evidence_, stop_);
  }

  Result<std::vector<std::uint8_t>> next_item() {
    current_.reset();
    while (!waiting_.empty() && !ended_) {
      current_ = std::move(waiting_.front());
      waiting_.pop_front();
      tables_.clear();
      LIMIER_TRY(auto item, make_item());
      if (item) return encode(*item);
    }
    current_.reset();
    return std::vector<std::uint8_t>();
  }

  Result<std::optional<content::ContentItem>> make_item() {
    content::ContentItem item;
    item.item_id = static_cast<std::uint64_t>(current_->file.file_id);
    item.parser = std::string(content::kDatabaseRows);
    item.path = current_->file.path;
    LIMIER_TRY(auto main, bytes_of(current_->content, current_->file.file_id));
    if (!main) return std::optional<content::ContentItem>();
    item.main = std::move(*main);
    LIMIER_CHECK(add_beside("-wal", item.has_wal, item.wal));
    LIMIER_CHECK(add_beside("-journal", item.has_journal, item.journal));
    ++summary_.files;
    return std::optional(std::move(item));
  }

  Status add_beside(std::string_view ending, bool& has, content::ContentBytes& to) {
    LIMIER_TRY(const auto id, companion(index_, current_->file.file_id, ending));
    if (!id) return ok_status();
    LIMIER_TRY(const auto content, find_content(index_, *id));
    if (!content || content->size_bytes == 0) return ok_status();
    LIMIER_TRY(auto bytes, bytes_of(*content, *id));
    has = bytes.has_value();
    if (bytes) to = std::move(*bytes);
    return ok_status();
  }

  // Nothing, and said why, where the bytes cannot be had.
  Result<std::optional<content::ContentBytes>> bytes_of(const KnownContent& content, std::int64_t file_id) {
    LIMIER_TRY(auto found, content_bytes(index_, content, file_id, evidence_, guard_, stop_));
    if (!found.bytes) return missing(content, found.problem);
    return std::move(found.bytes);
  }

  std::optional<content::ContentBytes> missing(const KnownContent& content, std::string_view why) {
    note(fmt::format("{} could not be read: {}", terminal_text(content.path), why), true);
    return std::nullopt;
  }

  void note(const std::string& message, bool incomplete) {
    summary_.incomplete = summary_.incomplete || incomplete;
    taker_.note(current_->file, message, incomplete);
  }

  Status take(const worker::Frame& frame) {
    if (!current_) return Error{kLied, "it sent rows without an item"};
    if (frame.type == worker::FrameType::kDatabaseRows) return take_rows(frame);
    if (frame.type != worker::FrameType::kItemDone) return Error{kLied, "it sent an unexpected frame"};
    const auto done = decode<content::ItemDone>(Bytes(frame.payload));
    if (!done || !is_current(done->item_id)) return Error{kLied, "what it says of an item cannot be true"};
    for (const content::ItemIssue& issue : done->issues) note(terminal_text(issue.message), issue.incomplete);
    if (done->state != catalog::ItemState::kParsed) note(terminal_text(done->reason), true);
    return ok_status();
  }

  Status take_rows(const worker::Frame& frame) {
    auto part = decode<content::DatabaseRows>(Bytes(frame.payload));
    if (!part || !is_current(part->item_id) || !content::is_sound(*part, tables_.size()))
      return Error{kLied, "it sent rows that cannot be true"};
    for (content::DatabaseTable& table : part->tables) tables_.push_back(std::move(table));
    for (const content::DatabaseRow& row : part->rows) {
      ++summary_.rows;
      if (taker_.row(current_->file, row.table ? &tables_[*row.table] : nullptr, row)) continue;
      ended_ = true;
      return Error{ErrorKind::kInterrupted, "nobody reads any more"};
    }
    return ok_status();
  }

  [[nodiscard]] bool is_current(std::uint64_t item_id) const {
    return item_id == static_cast<std::uint64_t>(current_->file.file_id);
  }

  store::Index& index_;
  const EvidenceSet& evidence_;
  const Guard& guard_;
  const RowsOptions& options_;
  const RowsTaker& taker_;
  const std::atomic<int>& stop_;
  std::deque<Waiting> waiting_;
  std::optional<Waiting> current_;
  std::deque<content::DatabaseTable> tables_;
  RowsSummary summary_;
  bool ended_ = false;
};

}  // namespace

Result<RowsSummary> read_rows(const RowsOptions& options, const RowsTaker& taker, const std::atomic<int>& stop) {
  LIMIER_TRY(auto index, store::Index::open(options.dir));
  LIMIER_TRY(const FolderLock lock, FolderLock::take(options.dir));
  LIMIER_CHECK(refuse_under_scope(*index, options.dir, "databases are shown as they are, so none is"));
  LIMIER_TRY(const std::string recorded, recorded_path(*index));
  std::vector<std::int64_t> ids = options.file_ids;
  if (options.all) {
    LIMIER_TRY(ids, all_databases(*index));
  }
  const Guard guard = make_guard(options.sandbox, options.stall_seconds, plan_memory(0));
  LIMIER_TRY(EvidenceSet evidence, open_evidence(options.image.empty() ? recorded : options.image, true));
  RowsReader reader(*index, evidence, guard, options, taker, stop);
  for (const std::int64_t id : ids) LIMIER_CHECK(reader.add(id));
  LIMIER_TRY(const ContainerFacts facts, describe_evidence(evidence, guard, stop));
  LIMIER_CHECK(same_evidence(*index, facts.container));
  LIMIER_TRY(const RowsSummary summary, reader.run());
  AuditLog audit(options.dir);
  LIMIER_CHECK(audit.append("rows", {{"files", std::to_string(summary.files)},
                                     {"rows", std::to_string(summary.rows)},
                                     {"command", options.command_line}}));
  LIMIER_CHECK(write_manifest(options.dir, {}));
  return summary;
}

}  // namespace limier::app
