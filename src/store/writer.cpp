#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "store/schema.h"
#include "store/writer_impl.h"

namespace limier::store {

namespace {

// Large enough that the cost of a commit vanishes, small enough that a killed run loses less than a second of work.
constexpr std::uint64_t kRowsPerTransaction = 50'000;

// A file of the name that is already there is never touched, whatever it is.
Status create_file(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0644));
  if (fd) return ok_status();
  const int reason = errno;
  if (reason == EEXIST)
    return Error{ErrorKind::kRefused,
                 fmt::format("{} exists already or is being written by another run; choose an empty folder", path)};
  const bool full = reason == ENOSPC || reason == EDQUOT || reason == EIO;
  return Error{full ? ErrorKind::kTemporary : ErrorKind::kUsage,
               fmt::format("cannot create {}: {}", path, std::strerror(reason))};
}

Status insert_authority(Database& db, const Authority& authority) {
  LIMIER_TRY(auto gate, db.prepare("INSERT INTO authority VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6)"));
  const RepairedText values[] = {RepairedText(authority.text),    RepairedText(authority.case_number),
                                 RepairedText(authority.exhibit), RepairedText(authority.examiner),
                                 RepairedText(authority.agency),  RepairedText(authority.note)};
  for (int i = 0; i < 6; ++i) gate.bind_text(i + 1, values[i].text());
  return gate.run();
}

Status insert_evidence_lists(Database& db, const EvidenceRow& evidence) {
  LIMIER_TRY(auto header, db.prepare("INSERT INTO evidence_header VALUES (?1, ?2, ?3, ?4)"));
  std::int64_t position = 0;
  for (const auto& [key, value] : evidence.header_values) {
    const RepairedText name(key), text(value);
    header.bind(1, ++position);
    header.bind_text(2, name.text());
    text.bind(header, 3, 4);
    LIMIER_CHECK(header.run());
  }
  LIMIER_TRY(auto segment, db.prepare("INSERT INTO segment VALUES (?1, ?2, ?3, ?4, NULL)"));
  position = 0;
  for (const auto& part : evidence.segments) {
    const RepairedText name(part.name);
    segment.bind(1, ++position);
    name.bind(segment, 2, 3);
    segment.bind(4, clamped(part.size_bytes));
    LIMIER_CHECK(segment.run());
  }
  return ok_status();
}

Status insert_evidence(Database& db, const EvidenceRow& evidence) {
  LIMIER_TRY(auto statement,
             db.prepare("INSERT INTO evidence(evidence_id, path, path_raw, format, variant, size_bytes, sector_size, "
                        "chunk_size, segment_count, compression, media_type, set_identifier, incomplete, stored_md5, "
                        "stored_sha1, expected_md5, expected_sha1, expected_sha256, stored_sha256) "
                        "VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)"));
  const RepairedText path(evidence.path), variant(evidence.variant), compression(evidence.compression),
      media_type(evidence.media_type), set_identifier(evidence.set_identifier);
  path.bind(statement, 1, 2);
  statement.bind_text(3, evidence.format);
  statement.bind_text(4, variant.text());
  statement.bind(5, clamped(evidence.size_bytes));
  statement.bind(6, std::int64_t{evidence.sector_size});
  statement.bind(7, std::int64_t{evidence.chunk_size});
  statement.bind(8, std::int64_t{evidence.segment_count});
  statement.bind_text(9, compression.text());
  statement.bind_text(10, media_type.text());
  statement.bind_text(11, set_identifier.text());
  statement.bind(12, std::int64_t{evidence.incomplete});
  statement.bind(13, evidence.stored_md5);
  statement.bind(14, evidence.stored_sha1);
  statement.bind(15, evidence.expected_md5);
  statement.bind(16, evidence.expected_sha1);
  statement.bind(17, evidence.expected_sha256);
  statement.bind(18, evidence.stored_sha256);
  LIMIER_CHECK(statement.run());
  return insert_evidence_lists(db, evidence);
}

}  // namespace

Result<std::int64_t> insert_run(Database& db, const RunRow& run) {
  LIMIER_TRY(
      auto statement,
      db.prepare("INSERT INTO run(tool_version, started_ns, command, host, profile, zone, fail_on, "
                 "scope_title, scope_sha256, language, keywords_sha256, keyword_engine) VALUES (?1, ?2, ?3, ?4, ?5, "
                 "?6, ?7, ?8, ?9, ?10, ?11, ?12)"));
  const RepairedText command(run.command), host(run.host);
  statement.bind_text(1, run.tool_version);
  statement.bind(2, run.started_ns);
  statement.bind_text(3, command.text());
  statement.bind_text(4, host.text());
  statement.bind_text(5, run.profile);
  statement.bind_text(6, run.zone);
  statement.bind_text(7, run.fail_on);
  statement.bind_text(8, run.scope_title);
  statement.bind_text(9, run.scope_sha256);
  statement.bind_text(10, run.language);
  statement.bind_text(11, run.keywords_sha256);
  statement.bind_text(12, run.keyword_engine);
  LIMIER_CHECK(statement.run());
  return sqlite3_last_insert_rowid(db.get());
}

Status set_up(Database& db) {
  // The identity is written before WAL mode is entered, so that it stands in the file itself even if the run is killed.
  // Nothing is lost when the power fails before there is anything else: no waiting for the disk.
  LIMIER_CHECK(db.execute(
      fmt::format("PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE; PRAGMA page_size = 8192; BEGIN; PRAGMA "
                  "application_id = {}; PRAGMA user_version = {}; COMMIT;",
                  kApplicationId, kSchemaVersion)));
  LIMIER_TRY(const std::string mode, db.text("PRAGMA journal_mode = WAL"));
  if (mode != "wal") return Error{ErrorKind::kInternal, "the index cannot be put into WAL mode"};
  // 64 MiB of cache; the log is folded in once it has grown to the same size.
  return db.execute(
      "PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 8192; "
      "PRAGMA secure_delete = OFF; PRAGMA trusted_schema = OFF");
}

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kVerified:
      return "verified";
    case Verdict::kMismatch:
      return "mismatch";
    case Verdict::kNoStoredDigest:
      return "no-stored-digest";
    case Verdict::kDamaged:
      return "damaged";
    case Verdict::kIncomplete:
      return "incomplete";
  }
  return "?";
}

std::string sqlite_version() {
  return sqlite3_libversion();
}

Result<std::unique_ptr<IndexWriter>> IndexWriter::create(const std::string& path, const RunRow& run,
                                                         const Authority& authority, const EvidenceRow& evidence,
                                                         const RunKey& key) {
  LIMIER_CHECK(create_file(path));
  LIMIER_TRY(auto db, Database::open(path, SQLITE_OPEN_READWRITE));
  LIMIER_CHECK(set_up(db));
  auto impl = std::make_unique<Impl>(std::move(db), path);
  impl->media_size_ = static_cast<std::uint64_t>(clamped(evidence.size_bytes));
  LIMIER_CHECK(impl->begin());
  LIMIER_CHECK(impl->db_.execute(table_schema()));
  LIMIER_CHECK(impl->db_.execute(view_schema()));
  LIMIER_TRY(impl->run_id_, insert_run(impl->db_, run));
  LIMIER_CHECK(insert_authority(impl->db_, authority));
  LIMIER_CHECK(impl->insert_key(key));
  LIMIER_CHECK(insert_evidence(impl->db_, evidence));
  LIMIER_CHECK(impl->prepare_statements());
  LIMIER_CHECK(impl->commit());
  return std::unique_ptr<IndexWriter>(new IndexWriter(std::move(impl)));
}

Status IndexWriter::Impl::begin() {
  if (in_transaction_) return ok_status();
  LIMIER_CHECK(db_.execute("BEGIN"));
  in_transaction_ = true;
  rows_in_transaction_ = 0;
  return ok_status();
}

Status IndexWriter::Impl::commit() {
  if (!in_transaction_) return ok_status();
  LIMIER_CHECK(flush_rows());
  LIMIER_CHECK(db_.execute("COMMIT"));
  in_transaction_ = false;
  return ok_status();
}

Status IndexWriter::Impl::count_row() {
  if (++rows_in_transaction_ < kRowsPerTransaction) return ok_status();
  return commit();
}

Status IndexWriter::Impl::insert(Statement& statement) {
  LIMIER_CHECK(begin());
  LIMIER_CHECK(statement.run());
  return count_row();
}

Status IndexWriter::Impl::clear_volume(std::uint32_t volume_id) {
  LIMIER_CHECK(begin());
  LIMIER_CHECK(clear_rows_of(volume_id));
  return commit();
}

Status IndexWriter::Impl::clear_rows_of(std::uint32_t volume_id) {
  const auto first = volume_key(volume_id, 0), last = volume_key(volume_id, kMaxOrdinal);
  LIMIER_CHECK(flush_rows());
  LIMIER_CHECK(
      db_.execute(fmt::format("DELETE FROM name WHERE name_key BETWEEN {0} AND {1};"
                              "DELETE FROM digest WHERE content_id BETWEEN {0} AND {1};"
                              "DELETE FROM content_type WHERE content_id BETWEEN {0} AND {1};"
                              "DELETE FROM packed WHERE content_id BETWEEN {0} AND {1};"
                              "DELETE FROM stored_name WHERE name_key BETWEEN {0} AND {1};"
                              "DELETE FROM stream WHERE content_id BETWEEN {0} AND {1};"
                              "DELETE FROM extent WHERE content_id BETWEEN {0} AND {1};"
                              "DELETE FROM byte_hit WHERE content_id BETWEEN {0} AND {1};"
                              "DELETE FROM far_time WHERE inode_key BETWEEN {0} AND {1};"
                              "DELETE FROM inode WHERE inode_key BETWEEN {0} AND {1};"
                              "DELETE FROM block WHERE volume_id = {2};"
                              "DELETE FROM scope_count WHERE volume_id = {2};"
                              "DELETE FROM issue WHERE volume_id = {2} AND (step = {3} OR stage = 'walk');"
                              "UPDATE volume SET status = b.status FROM volume_before b WHERE volume.volume_id = {2} "
                              "AND b.volume_id = {2};"
                              "DELETE FROM volume_before WHERE volume_id = {2};",
                              first, last, volume_id, static_cast<int>(Step::kWalk))));
  refused_by_volume_.erase(volume_id);
  sent_.erase(volume_id);
  held_.drop_volume(first, last);
  recent_inodes_.clear();
  recent_contents_.clear();
  return ok_status();
}

Status IndexWriter::Impl::set_volume_status(std::uint32_t volume_id, catalog::VolumeStatus status) {
  LIMIER_CHECK(begin());
  return db_.execute(
      fmt::format("INSERT OR IGNORE INTO volume_before SELECT volume_id, status FROM volume WHERE "
                  "volume_id = {0}; UPDATE volume SET status = {1} WHERE volume_id = {0}",
                  volume_id, static_cast<int>(status)));
}

// ---- the public face
// ---------------------------------------------------------------------------------------------------

IndexWriter::IndexWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
IndexWriter::~IndexWriter() = default;

Status IndexWriter::add(const catalog::VolumeRecord& record) {
  if (impl_->scope_ == nullptr) return impl_->add(record);
  catalog::VolumeRecord masked = record;
  LIMIER_CHECK(impl_->mask(masked));
  return impl_->add(masked);
}
Status IndexWriter::add(const catalog::NameRecord& record) {
  if (impl_->scope_ == nullptr) return impl_->add(record);
  catalog::NameRecord masked = record;
  LIMIER_CHECK(impl_->mask(masked));
  return impl_->add(masked);
}
Status IndexWriter::add(const catalog::InodeRecord& record) {
  if (impl_->scope_ == nullptr) return impl_->add(record);
  catalog::InodeRecord masked = record;
  impl_->mask(masked);
  return impl_->add(masked);
}
Status IndexWriter::add(const catalog::StreamRecord& record) {
  if (impl_->scope_ == nullptr) return impl_->add(record);
  catalog::StreamRecord masked = record;
  LIMIER_CHECK(impl_->mask(masked));
  return impl_->add(masked);
}
Status IndexWriter::add(const catalog::ExtentRecord& record) {
  return impl_->add(record);
}
Status IndexWriter::add(const catalog::BlockRange& record) {
  return impl_->add(record);
}
Status IndexWriter::add(const catalog::IssueRecord& record) {
  if (impl_->scope_ == nullptr) return impl_->add(record);
  catalog::IssueRecord masked = record;
  impl_->mask(masked.message);
  return impl_->add(masked);
}
Status IndexWriter::add(const catalog::EncryptionRecord& record) {
  return impl_->add(record);
}
Status IndexWriter::add(const catalog::BadRange& record) {
  return impl_->add(record);
}
Status IndexWriter::add(const catalog::ContentDigest& record) {
  return impl_->add(record);
}
Status IndexWriter::set_volume_status(std::uint32_t volume_id, catalog::VolumeStatus status) {
  return impl_->set_volume_status(volume_id, status);
}
Status IndexWriter::clear_volume(std::uint32_t volume_id) {
  return impl_->clear_volume(volume_id);
}
void IndexWriter::set_rows_in_memory(std::int64_t rows) {
  impl_->max_in_memory_ = rows;
  impl_->held_.set_max_bytes(static_cast<std::size_t>(rows * kRowInMemoryBytes));
}
Status IndexWriter::build_catalog() {
  return impl_->build_catalog();
}
Result<IndexWriter::PlanTotals> IndexWriter::plan_totals() {
  return impl_->plan_totals();
}
Result<std::vector<catalog::PlanPiece>> IndexWriter::next_plan(std::size_t limit) {
  return impl_->next_plan(limit);
}
void IndexWriter::rewind_plan() {
  impl_->plan_position_ = {};
}
Status IndexWriter::finish_evidence(const Digests& media, std::optional<Verdict> verdict, bool swept) {
  return impl_->finish_evidence(media, verdict, swept);
}
Status IndexWriter::build_coverage() {
  return impl_->build_coverage();
}
Result<IndexWriter::Conditions> IndexWriter::conditions() {
  return impl_->conditions();
}
Status IndexWriter::finish(std::string_view outcome, int exit_code, std::int64_t ended_ns) {
  return impl_->finish(outcome, exit_code, ended_ns);
}

}  // namespace limier::store
