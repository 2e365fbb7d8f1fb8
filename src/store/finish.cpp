// After the sweep: states of contents, the verdict, what was not examined, and closing the index so that one file is
// left.
#include <fmt/format.h>
#include <unistd.h>

#include "store/schema.h"
#include "store/writer_impl.h"

namespace limier::store {

namespace {

// Contents without a single byte on the disk (preallocated, never written) are no part of the sweep: their zeros are
// digested here, up to a size that takes a second or so.
constexpr std::int64_t kMaxZeroContent = 1ll << 30;

// The digests of no bytes (RFC 1321, A.5; FIPS 180-4 example files).
constexpr const char* kEmptyDigests =
    "INSERT OR REPLACE INTO digest(content_id, md5, sha1, sha256) SELECT content_id, "
    "x'd41d8cd98f00b204e9800998ecf8427e', "
    "x'da39a3ee5e6b4b0d3255bfef95601890afd80709', x'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' "
    "FROM stream WHERE state = 6";

constexpr const char* kVolumeStatusReason =
    "CASE status WHEN 1 THEN 'partly read file system' WHEN 2 THEN 'encrypted' WHEN 3 THEN 'unsupported file system' "
    "WHEN 6 THEN 'file system could not be read' END";

constexpr std::int64_t kOverwritten = 2;
struct ContentReason {
  std::int64_t state;
  std::string_view text;
};
// In the order of the rows. Of what is overwritten the stream has the reason.
constexpr ContentReason kContentReasons[] = {
    {2, "overwritten: "},
    {3, "partial: touches damaged or missing ranges"},
    {4, "unreadable: the file system could not give the bytes"},
    {5, "encrypted by the file system"},
    {7, "not read: no digest was computed"},
};

Error log_remains() {
  return {ErrorKind::kTemporary, "the write-ahead log of the index could not be folded in"};
}

}  // namespace

// Bad ranges and extents are both walked once, in image_offset order. Ranges may overlap each other, so what counts is
// how far the damage met so far reaches, and where the next one begins.
Status IndexWriter::Impl::mark_damaged_contents() {
  LIMIER_TRY(const auto any, db_.integer("SELECT 1 FROM bad_range LIMIT 1"));
  if (!any) return ok_status();
  LIMIER_CHECK(db_.execute(extent_index()));
  LIMIER_CHECK(db_.execute("CREATE TEMP TABLE damaged(content_id INTEGER PRIMARY KEY)"));
  {
    // Slack, holes and the uninitialised tail hold no byte of the content.
    LIMIER_TRY(auto extents,
               db_.prepare("SELECT e.image_offset, e.length, e.content_id FROM extent e INDEXED BY "
                           "extent_by_offset JOIN stream s ON s.content_id = e.content_id WHERE e.image_offset IS NOT "
                           "NULL AND e.kind IN (0, 4, 5, 6) AND s.state IN (0, 1) ORDER BY e.image_offset"));
    LIMIER_TRY(auto bad,
               db_.prepare("SELECT image_offset, length FROM bad_range WHERE length > 0 ORDER BY image_offset"));
    LIMIER_TRY(auto mark, db_.prepare("INSERT OR IGNORE INTO temp.damaged VALUES (?1)"));
    LIMIER_TRY(bool more_bad, bad.step());
    std::int64_t reach = 0;
    while (true) {
      LIMIER_TRY(const bool row, extents.step());
      if (!row) break;
      const std::int64_t start = extents.integer(0), length = extents.integer(1);
      while (more_bad && bad.integer(0) <= start) {
        const std::int64_t bad_start = bad.integer(0), bad_length = bad.integer(1);
        reach = std::max(reach, bad_length > INT64_MAX - bad_start ? INT64_MAX : bad_start + bad_length);
        LIMIER_TRY(more_bad, bad.step());
      }
      const bool inside = length > 0 && (reach > start || (more_bad && bad.integer(0) - start < length));
      if (!inside) continue;
      mark.bind(1, extents.integer(2));
      LIMIER_CHECK(mark.run());
    }
  }
  return db_.execute(
      "INSERT OR IGNORE INTO content_before SELECT content_id, state FROM stream WHERE content_id IN "
      "(SELECT content_id FROM temp.damaged) AND source = 2 AND state IN (0, 1);"
      "UPDATE stream SET state = 3 WHERE content_id IN (SELECT content_id FROM temp.damaged); "
      "DROP TABLE temp.damaged");
}

// Members of archives that are not what their entries say: a row each, for the first of them, and one for the rest.
Status IndexWriter::Impl::tell_packing_faults() {
  struct Words {
    catalog::PackingFault fault;
    std::string_view code, message;
  };
  constexpr Words kWords[] = {
      {catalog::PackingFault::kBadStream, "bad-stream",
       "its packed bytes are no stream that can be unpacked to its end: the file has no digest"},
      {catalog::PackingFault::kWrongSize, "size-mismatch",
       "unpacked it has another size than its entry says: the file has no digest"},
      {catalog::PackingFault::kWrongCrc, "crc-mismatch",
       "its bytes have another CRC-32 than its entry says: the file has no digest"}};
  constexpr std::int64_t kMaxOfAKind = 1000;
  for (const Words& words : kWords) {
    const auto fault = static_cast<int>(words.fault);
    LIMIER_CHECK(db_.execute(fmt::format(
        "INSERT INTO issue(stage, code, severity, volume_id, inode, image_offset, length, message, incomplete, step) "
        "SELECT 'sweep', '{0}', {1}, i.volume_id, i.inode, e.image_offset, e.length, '{2}', 1, {3} FROM packed p JOIN "
        "stream s ON s.content_id = p.content_id JOIN inode i ON i.inode_key = s.inode_key JOIN extent e ON "
        "e.content_id = p.content_id AND e.seq = 0 WHERE p.fault = {4} ORDER BY p.content_id LIMIT {5}",
        words.code, static_cast<int>(catalog::Severity::kWarning), words.message, static_cast<int>(Step::kSweep), fault,
        kMaxOfAKind)));
    LIMIER_CHECK(db_.execute(fmt::format(
        "INSERT INTO issue(stage, code, severity, length, message, incomplete, step) SELECT 'sweep', '{0}', {1}, 0, "
        "'the same of ' || (n - {2}) || ' more members', 1, {3} FROM (SELECT count(*) AS n FROM packed WHERE fault = "
        "{4}) WHERE n > {2}",
        words.code, static_cast<int>(catalog::Severity::kWarning), kMaxOfAKind, static_cast<int>(Step::kSweep),
        fault)));
  }
  return begin();
}

Status IndexWriter::Impl::digest_zero_contents() {
  std::vector<std::pair<std::int64_t, std::int64_t>> contents;
  {
    LIMIER_TRY(auto rows,
               db_.prepare("SELECT content_id, size_bytes FROM stream WHERE source = 1 AND piece_count = 0 AND "
                           "state IN (0, 1) AND size_bytes <= ?1 ORDER BY content_id"));
    rows.bind(1, kMaxZeroContent);
    while (true) {
      LIMIER_TRY(const bool row, rows.step());
      if (!row) break;
      contents.emplace_back(rows.integer(0), rows.integer(1));
    }
  }
  for (const auto& [content_id, size] : contents) {
    Hasher hasher(kAllDigests);
    hasher.update_zeros(static_cast<std::uint64_t>(size));
    LIMIER_CHECK(put_digest(content_id, hasher.finish()));
  }
  return begin();
}

Status IndexWriter::Impl::finish_evidence(const Digests& media, std::optional<Verdict> verdict, bool swept) {
  if (!catalog_built_) LIMIER_CHECK(build_catalog());
  step_ = Step::kSweep;
  LIMIER_CHECK(begin());
  LIMIER_CHECK(mark_damaged_contents());
  if (swept) {
    LIMIER_CHECK(db_.execute(kEmptyDigests));
    LIMIER_CHECK(digest_zero_contents());
    LIMIER_CHECK(type_unread_contents());
    LIMIER_CHECK(tell_packing_faults());
  }
  LIMIER_TRY(auto update, db_.prepare("UPDATE evidence SET md5 = ?1, sha1 = ?2, sha256 = ?3, verdict = ?4"));
  update.bind(1, media.md5);
  update.bind(2, media.sha1);
  update.bind(3, media.sha256);
  verdict ? update.bind_text(4, verdict_name(*verdict)) : update.bind_null(4);
  LIMIER_CHECK(update.run());
  evidence_finished_ = true;
  return commit();
}

Status IndexWriter::put_folder_digest(const Sha256& digest, Verdict verdict) {
  LIMIER_CHECK(impl_->begin());
  LIMIER_TRY(auto update, impl_->db_.prepare("UPDATE evidence SET sha256 = ?1, verdict = ?2"));
  update.bind(1, std::optional(digest));
  update.bind_text(2, verdict_name(verdict));
  LIMIER_CHECK(update.run());
  return impl_->commit();
}

Status IndexWriter::Impl::build_not_examined() {
  LIMIER_CHECK(db_.execute("DELETE FROM not_examined"));
  LIMIER_CHECK(db_.execute(
      fmt::format("INSERT INTO not_examined(what, reason, bytes, items) "
                  "SELECT 'volume', {0} || CASE WHEN status = 2 AND encryption <> '' THEN ': ' || encryption "
                  "WHEN fs_type <> '' THEN ': ' || fs_type ELSE '' END AS reason, sum(length), count(*) "
                  "FROM volume WHERE status IN (1, 2, 3, 6) GROUP BY reason ORDER BY status, reason",
                  kVolumeStatusReason)));
  LIMIER_CHECK(
      db_.execute("INSERT INTO not_examined(what, reason, bytes, items) "
                  "SELECT 'segment', 'missing segments: the evidence is incomplete', NULL, 1 FROM evidence "
                  "WHERE incomplete"));
  LIMIER_CHECK(
      db_.execute("INSERT INTO not_examined(what, reason, bytes, items) "
                  "SELECT 'media', 'unreadable: ' || reason, sum(length), count(*) FROM bad_range GROUP BY reason "
                  "ORDER BY reason"));
  // Encrypted and unreadable content is among the files below.
  LIMIER_CHECK(db_.execute(
      "INSERT INTO not_examined(what, reason, bytes, items) "
      "SELECT 'listing', 'the listing may be incomplete' || iif(code = 'listing-may-be-incomplete', '', ': ' || "
      "replace(code, '-', ' ')) AS r, NULL, count(*) "
      "FROM issue WHERE incomplete AND stage = 'walk' AND code NOT IN ('content-encrypted', "
      "'content-unreadable', 'content-not-read') GROUP BY r ORDER BY r"));
  // What makes a run incomplete is a row here, whichever stage found it. Missing segments, sectors the acquisition
  // could not read, and volumes that say it by their status are rows already.
  LIMIER_CHECK(db_.execute(
      "INSERT INTO not_examined(what, reason, bytes, items) "
      "SELECT iif(stage = 'sweep', 'media', 'volume'), replace(code, '-', ' ') AS r, NULL, count(*) "
      "FROM issue WHERE incomplete AND stage IN ('volume', 'sweep') AND NOT EXISTS (SELECT 1 FROM volume v "
      "WHERE v.volume_id = issue.volume_id AND v.status IN (1, 2, 3, 6)) GROUP BY stage, r ORDER BY stage, r"));
  // Every other stage: one that is added later cannot be forgotten. Missing segments and sectors that could not be
  // acquired are rows above.
  LIMIER_CHECK(db_.execute(
      "INSERT INTO not_examined(what, reason, bytes, items) SELECT stage, replace(code, '-', ' ') AS r, NULL, count(*) "
      "FROM issue WHERE incomplete AND stage NOT IN ('walk', 'volume', 'sweep') AND code NOT IN ('segment-missing', "
      "'acquisition-error') AND NOT EXISTS (SELECT 1 FROM content_item i WHERE i.item_id = issue.item_id AND i.state "
      "<> 0) "
      "GROUP BY stage, r ORDER BY stage, r"));
  // Contents a parser wanted and did not come to the end of.
  LIMIER_CHECK(db_.execute(fmt::format(
      "INSERT INTO not_examined(what, reason, bytes, items) SELECT 'content', w.word || coalesce(': ' || i.reason, "
      "''), "
      "sum(s.size_bytes), count(*) FROM row_item i JOIN stream s ON s.content_id = i.content_id JOIN (SELECT {} AS "
      "state, 'not read' AS word UNION ALL SELECT {}, 'could not be parsed' UNION ALL SELECT {}, 'quarantined' UNION "
      "ALL "
      "SELECT {}, 'too large' UNION ALL SELECT {}, 'encrypted') w ON w.state = i.state GROUP BY 2 ORDER BY 2",
      static_cast<int>(catalog::ItemState::kNotRead), static_cast<int>(catalog::ItemState::kFailed),
      static_cast<int>(catalog::ItemState::kQuarantined), static_cast<int>(catalog::ItemState::kTooLarge),
      static_cast<int>(catalog::ItemState::kEncrypted))));
  // Folders, links and devices (source 0) have no content to be read, and streams without a byte on the disk (source 6,
  // the list of bad clusters of every sound NTFS volume) nothing that could be.
  LIMIER_CHECK(count_unread_contents());
  LIMIER_CHECK(
      db_.execute("INSERT INTO not_examined(what, reason, bytes, items) "
                  "SELECT 'file', iif(n.allocated, 'no metadata: the entry points to nothing that matches it', "
                  "'no metadata: deleted entry whose metadata was reused or erased'), NULL, count(*) FROM file f "
                  "JOIN name n ON n.name_key = f.name_key WHERE f.inode_key IS NULL AND f.kind <> 5 "
                  "GROUP BY n.allocated ORDER BY n.allocated DESC"));
  return settle_masked();
}

// Summed here: SQLite would sort every stream to group it.
Status IndexWriter::Impl::count_unread_contents() {
  struct Sum {
    std::int64_t bytes = 0, items = 0;
  };
  std::map<std::pair<std::int64_t, std::string>, Sum> by_reason;
  {
    LIMIER_TRY(auto rows,
               db_.prepare(fmt::format("SELECT {}, s.size_bytes, s.reason FROM stream s LEFT JOIN digest d ON "
                                       "d.content_id = s.content_id WHERE s.source NOT IN (0, 6, 7)",
                                       kStateOfContent)));
    while (true) {
      LIMIER_TRY(const bool row, rows.step());
      if (!row) break;
      const std::int64_t state = rows.integer(0);
      Sum& sum = by_reason[{state, state == kOverwritten ? std::string(rows.text(2)) : std::string()}];
      sum.bytes = clamped(static_cast<std::uint64_t>(sum.bytes) + static_cast<std::uint64_t>(rows.integer(1)));
      ++sum.items;
    }
  }
  LIMIER_TRY(auto insert, db_.prepare("INSERT INTO not_examined(what, reason, bytes, items) VALUES ('file', ?1, ?2, "
                                      "?3)"));
  for (const ContentReason& reason : kContentReasons) {
    for (auto one = by_reason.lower_bound({reason.state, ""}); one != by_reason.end(); ++one) {
      if (one->first.first != reason.state) break;
      const std::string text = std::string(reason.text) + one->first.second;
      insert.bind_text(1, text);
      insert.bind(2, one->second.bytes);
      insert.bind(3, one->second.items);
      LIMIER_CHECK(insert.run());
    }
  }
  // Source 7: the walk says why.
  return db_.execute(
      "INSERT INTO not_examined(what, reason, bytes, items) SELECT 'file', 'not read: ' || reason, "
      "sum(size_bytes), count(*) FROM stream WHERE source = 7 GROUP BY reason ORDER BY reason");
}

Result<IndexWriter::Conditions> IndexWriter::Impl::conditions() {
  const auto truth = [&](std::string_view sql) -> Result<bool> {
    LIMIER_TRY(const auto value, db_.integer(sql));
    return value.value_or(0) != 0;
  };
  Conditions conditions;
  LIMIER_TRY(conditions.mismatch, truth("SELECT coalesce(verdict = 'mismatch', 0) FROM evidence"));
  LIMIER_TRY(conditions.damaged, truth("SELECT EXISTS (SELECT 1 FROM bad_range WHERE reason <> 'quarantined') OR "
                                       "EXISTS (SELECT 1 FROM evidence WHERE verdict = 'damaged')"));
  LIMIER_TRY(conditions.incomplete,
             truth("SELECT EXISTS (SELECT 1 FROM issue WHERE incomplete) OR "
                   "EXISTS (SELECT 1 FROM volume WHERE status IN (1, 2, 3, 6)) OR "
                   "EXISTS (SELECT 1 FROM evidence WHERE incomplete OR verdict = 'incomplete')"));
  // Every volume is encrypted or of a file system nobody here reads. A table or a pool that was read, but whose volumes
  // were not, is nothing examined either; nor does it help that something beside them was not even recognised.
  LIMIER_TRY(const bool nothing_readable,
             truth("SELECT EXISTS (SELECT 1 FROM volume WHERE status = 2 OR (status = 3 AND fs_type <> '')) AND "
                   "NOT EXISTS (SELECT 1 FROM volume v WHERE v.status = 6 OR (v.status IN (0, 1) AND (v.walkable OR "
                   "NOT EXISTS (SELECT 1 FROM volume c WHERE c.parent_id = v.volume_id))))"));
  LIMIER_TRY(const auto unreadable, db_.integer("SELECT sum(length) FROM coverage WHERE state = 6"));
  conditions.nothing_examined = nothing_readable || media_size_ == 0 || unreadable.value_or(0) == clamped(media_size_);
  LIMIER_TRY(const auto first, db_.integer("SELECT min(priority) FROM row_finding"));
  if (first) conditions.first_finding = static_cast<catalog::Priority>(*first);
  return conditions;
}

// Issues come in whatever order the workers found them; they are numbered by what they say.
Status IndexWriter::Impl::settle_issues() {
  // Names have no index by inode, since nothing else needs one: all issues are looked up in one pass.
  LIMIER_TRY(const auto any, db_.integer("SELECT 1 FROM issue WHERE inode IS NOT NULL LIMIT 1"));
  if (any)
    LIMIER_CHECK(db_.execute(
        "CREATE TEMP TABLE concerned(volume_id, inode, file_id, PRIMARY KEY (volume_id, inode)) WITHOUT ROWID;"
        "INSERT INTO temp.concerned SELECT n.volume_id, n.inode, min(f.file_id) FROM file f CROSS JOIN name n ON "
        "n.name_key = "
        "f.name_key WHERE f.is_stream = 0 AND (n.volume_id, n.inode) IN (SELECT volume_id, inode FROM issue) GROUP BY "
        "1, 2;"
        "UPDATE issue SET file_id = (SELECT c.file_id FROM temp.concerned c WHERE c.volume_id = issue.volume_id AND "
        "c.inode = "
        "issue.inode) WHERE inode IS NOT NULL; DROP TABLE temp.concerned;"));
  LIMIER_CHECK(db_.execute(
      "CREATE TEMP TABLE settled AS SELECT * FROM issue; DELETE FROM issue;"
      "INSERT INTO issue SELECT row_number() OVER (ORDER BY CASE stage WHEN 'container' THEN 0 WHEN "
      "'volume' THEN 1 WHEN "
      "'walk' THEN 2 WHEN 'sweep' THEN 3 WHEN 'content' THEN 4 ELSE 5 END, stage, coalesce(volume_id, 0), code, inode, "
      "image_offset, message, "
      "message_raw, length, severity, incomplete), stage, code, severity, volume_id, inode, file_id, "
      "image_offset, length, "
      "message, message_raw, incomplete, step, cause, attempt, memory_bytes, item_id FROM temp.settled; DROP TABLE "
      "temp.settled;"));
  return db_.execute(
      "CREATE TEMP TABLE settled AS SELECT DISTINCT volume_id, scheme, certainty, detail FROM encryption;"
      "DELETE FROM encryption; INSERT INTO encryption SELECT row_number() OVER (ORDER BY volume_id, certainty, scheme, "
      "detail), "
      "* FROM temp.settled; DROP TABLE temp.settled;");
}

Status IndexWriter::Impl::finish(std::string_view outcome, int exit_code, std::int64_t ended_ns) {
  if (!content_settled_) LIMIER_CHECK(settle_content());
  if (!coverage_built_) LIMIER_CHECK(build_coverage());
  LIMIER_CHECK(begin());
  LIMIER_CHECK(settle_issues());
  {
    LIMIER_TRY(auto update,
               db_.prepare("UPDATE run SET outcome = ?1, exit_code = ?2, ended_ns = ?3 WHERE run_id = ?4"));
    update.bind_text(1, outcome);
    update.bind(2, std::int64_t{exit_code});
    update.bind(3, ended_ns);
    update.bind(4, run_id_);
    LIMIER_CHECK(update.run());
  }
  LIMIER_TRY(const auto digest, db_.integer("SELECT 1 FROM digest LIMIT 1"));
  // Its rows stand in row_hit by now, and the indexes take its room.
  if (outcome == "finished") LIMIER_CHECK(db_.execute("DELETE FROM byte_hit"));
  LIMIER_CHECK(db_.execute(question_indexes(digest.has_value())));
  LIMIER_CHECK(commit());
  return close_down();
}

// One file, no log. A run that is killed in here leaves a finished index whose log is folded in by the next.
Status IndexWriter::Impl::close_down() {
  for (Statement* statement : {&volume_, &digest_, &block_, &issue_, &encryption_, &bad_range_, &content_digest_,
                               &content_type_, &touched_, &plan_, &find_inode_, &find_content_, &open_content_,
                               &far_time_, &packed_, &packing_fault_, &stored_name_, &loose_page_, &byte_hit_})
    *statement = Statement();
  declared_.clear();
  names_ = {};
  inodes_ = {};
  streams_ = {};
  extents_ = {};
  LIMIER_TRY(const std::string journal, db_.text("PRAGMA journal_mode"));
  if (journal != "wal") {
    LIMIER_CHECK(db_.close());
    // Read from without a fault, so a journal that is still there was of no use to SQLite.
    ::unlink((path_ + "-journal").c_str());
    return stands_alone(path_) ? ok_status() : Status(log_remains());
  }
  // A sample of each index is enough for the planner and does not grow with the evidence.
  LIMIER_CHECK(db_.execute("PRAGMA analysis_limit = 1000; ANALYZE"));
  // An index that only this process has written is what it wrote; one that was taken up again has been on a disk.
  if (taken_up_) {
    LIMIER_TRY(const std::string check, db_.text("PRAGMA quick_check(1)"));
    if (check != "ok") return Error{ErrorKind::kInternal, fmt::format("the index is damaged: {}", check)};
  }
  // Nobody else can hold this index, so "busy" is only how SQLite words a log that it failed to fold in.
  if (const auto folded = db_.execute("PRAGMA wal_checkpoint(TRUNCATE)"); !folded.ok())
    return folded.error().kind == ErrorKind::kRefused ? log_remains() : folded.error();
  LIMIER_TRY(const std::string mode, db_.text("PRAGMA journal_mode = DELETE"));
  if (mode != "delete") return log_remains();
  LIMIER_CHECK(db_.close());
  // Left by whoever looked at the index while it was unfinished. This process never had one, since its lock shut out
  // everybody else, so nobody uses it.
  ::unlink((path_ + "-shm").c_str());
  // SQLite is content when a log it no longer needs cannot be removed, or a folder cannot be synced. We are not: the
  // next to open the index must find one whole file.
  return stands_alone(path_) ? ok_status() : Status(log_remains());
}

}  // namespace limier::store
