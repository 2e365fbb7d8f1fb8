// app: whole jobs. triage() is the run on one page; the others are the shorter jobs behind the commands.
//
// Owns:    worker processes and the index for the duration of a call.
// Threads: one caller; `stop` may be set from a signal handler.
// Errors:  Error kinds map to the contract's exit codes (exit_code_of).
#pragma once

#include <atomic>
#include <functional>

#include "limier/content/database_rows.h"
#include "limier/hashset.h"
#include "limier/report.h"
#include "limier/store.h"
#include "limier/store/marks.h"
#include "limier/sweep.h"

namespace limier::app {

enum class Profile : std::uint8_t { kList, kQuick, kStandard, kFull };

// Without a sign of life for so long a worker is ended (--stall).
inline constexpr std::uint32_t kStallSeconds = 30;
// Time a worker on file systems may take beyond what it has read and found accounts for (--slack).
inline constexpr std::uint32_t kSlackSeconds = 600;

// Bytes of text that are taken out of files (--text-limit).
inline constexpr std::uint64_t kTextLimit = 4ull << 30;

struct TriageOptions {
  std::string image;
  std::string out;
  store::Authority authority;
  Profile profile = Profile::kStandard;
  std::optional<DigestSet>
      media_digests;  // --digests; default: stored and expected ones plus SHA-256, MD5+SHA-256 for raw
  std::optional<Md5> expect_md5;
  std::optional<Sha1> expect_sha1;
  std::optional<Sha256> expect_sha256;
  std::string zone;                           // --zone
  std::string language = "en";                // --lang: of the reports for people
  std::uint32_t sector_bytes = 0;             // --sector-size; 0: not given
  std::uint32_t code_page = 0;                // --codepage, of short names on FAT; 0: not stated
  std::uint32_t jobs = 0;                     // 0: as many as there are cores
  std::uint64_t memory_bytes = 0;             // 0: default
  std::vector<std::string> rules;             // --rules: folders, beside the program's own
  std::vector<std::string> packs;             // --packs: files and folders, beside the program's own
  std::vector<std::string> hash_sets;         // --hashset: files that hashset::Set::open takes
  std::vector<std::string> hash_set_digests;  // where they have to be these very sets; empty: any
  std::vector<std::string> keywords;          // --keywords: files (docs/keywords.md)
  std::vector<std::string> keyword_digests;   // where they have to be these very files; empty: any
  std::vector<std::string> yara;              // --yara: files of rules, and folders of them
  std::string yara_digest;                    // where they have to be these very files; "": any
  std::uint64_t text_limit = kTextLimit;      // --text-limit
  std::string scope;                          // --scope: file with what may not be read; "": none
  std::string scope_sha256;                   // where it has to be this very file; "": any
  bool incomplete = false;
  bool allow_beside_evidence = false;
  // Goes on with what is in `out`: nothing there starts a run, a finished run is confirmed and its exit code given
  // again, an unfinished one is taken up where it ended. Refused when it was begun with other evidence or options.
  bool resume = false;
  // How often the sweep's state is kept: after so much time, and after so many bytes of media (0: by time alone).
  std::uint32_t checkpoint_ms = 5000;
  std::uint64_t checkpoint_bytes = 0;
  bool sandbox = true;
  std::uint32_t stall_seconds = kStallSeconds;
  std::uint32_t slack_seconds = kSlackSeconds;
  // A finding of this priority or above gives exit code 1. No row depends on it.
  std::optional<catalog::Priority> fail_on;
  std::string command_line;  // for v_run and the audit log
};

// All conditions of a finished run, and the one exit code that stands for them.
struct Outcome {
  store::IndexWriter::Conditions conditions;
  bool interrupted = false;
  int exit_code = 0;
  std::optional<report::FileTotals> totals;  // where reports were written
};

// SHA-256 of a scope file that can be used; kUsage with what is wrong with it.
Result<std::string> scope_file_sha256(const std::string& path);
// SHA-256 of each of these keyword files; kUsage where they cannot be used, one by one or together.
Result<std::vector<std::string>> keyword_file_digests(const std::vector<std::string>& paths);
// One SHA-256 for all files of YARA rules that these paths lead to, their names included. kUsage where one cannot be
// read. They are not compiled: that is done in the jail, when an exhibit is examined.
Result<std::string> yara_files_digest(const std::vector<std::string>& paths);

Result<Outcome> triage(const TriageOptions& options, Progress& progress, const std::atomic<int>& stop_signal);

struct ImageOptions {
  std::string image;
  bool incomplete = false;
  std::uint32_t sector_bytes = 0;  // --sector-size; 0: not given
  bool sandbox = true;
  std::uint32_t stall_seconds = kStallSeconds;
  std::uint32_t jobs = 0;
  std::uint64_t memory_bytes = 0;
};

// `limier info`
struct ImageInfo {
  std::string path;
  std::string jail;  // what the workers' jail lacked, "" when nothing
  sweep::ContainerMessage container;
  std::vector<evidence::SegmentInfo> segments;
  std::vector<std::string> missing_segments;
  std::vector<catalog::VolumeRecord> volumes;
  std::vector<catalog::EncryptionRecord> encryption;
  std::vector<catalog::IssueRecord> issues;
};
Result<ImageInfo> info(const ImageOptions& options, const std::atomic<int>& stop_signal);

// `limier verify`
struct VerifyOptions {
  ImageOptions image;
  std::optional<DigestSet> digests;
  std::optional<Md5> expect_md5;
  std::optional<Sha1> expect_sha1;
  std::optional<Sha256> expect_sha256;
};
struct VerifyReport {
  std::string path;
  std::string jail;  // what the workers' jail lacked, "" when nothing
  sweep::ContainerMessage container;
  Digests computed;
  std::optional<Md5> expected_md5;
  std::optional<Sha1> expected_sha1;
  std::optional<Sha256> expected_sha256;
  std::vector<catalog::BadRange> bad_ranges;
  bool digest_mismatch = false;  // a stored or expected digest differs
  bool chunk_checksum_bad = false;
  bool image_short = false;  // missing or truncated segments, or fewer bytes than the container declares
  store::Verdict verdict = store::Verdict::kNoStoredDigest;
  sweep::SweepStats stats;
};
Result<VerifyReport> verify(const VerifyOptions& options, Progress& progress, const std::atomic<int>& stop_signal);

// `limier hashset make`: of a finished case folder.
struct HashSetOptions {
  std::string dir;  // the case folder
  std::string to, name, version;
  hashset::Kind kind = hashset::Kind::kKnown;
};
Result<hashset::ImportReport> make_hash_set(const HashSetOptions& options, const std::atomic<int>& stop_signal);

// `limier export`
struct ExportOptions {
  std::string dir;  // the case folder
  std::vector<std::int64_t> file_ids;
  std::string to;
  std::string image;  // where the evidence is now; "" : as recorded
  bool sandbox = true;
  std::uint32_t stall_seconds = kStallSeconds;
  std::string command_line;
};
struct ExportedFile {
  std::int64_t file_id = 0;
  std::string written_as;  // name below `to`
  std::uint64_t size_bytes = 0;
  std::string sha256;
  std::string problem;    // "" when written; else why it was refused
  bool mismatch = false;  // refused because the bytes read now differ from the digest in the index
};
Result<std::vector<ExportedFile>> export_files(const ExportOptions& options, const std::atomic<int>& stop_signal);

// `limier explain`: from a row back to the bytes it was made of, which are read again, and made a row again. What the
// index says of the rows themselves is for the caller to show.
struct ExplainOptions {
  std::string dir;                        // the case folder
  std::string row;                        // "file:12", "message:881", "finding:3", or the key of a finding
  std::string image;                      // where the evidence is now; "" : as recorded
  std::vector<std::string> packs, rules;  // those that the run was given, beside the program's own
  std::vector<std::string> yara;          // its files of YARA rules, for a hit of theirs
  bool sandbox = true;
  std::uint32_t stall_seconds = kStallSeconds;
  std::string command_line;
};
// A file whose content was read again, or the reason why not.
struct ReadBack {
  std::int64_t file_id = 0;
  std::string path;
  std::string index_sha256;  // "" when the index has none
  std::string sha256;        // of what was read now
  std::uint64_t size_bytes = 0;
  std::string problem;    // "" when it is what the index says
  bool mismatch = false;  // it is something else now
};
// A stretch of a file, and where its first byte is kept.
struct FileRun {
  std::uint64_t file_offset = 0, length = 0;
  std::optional<std::uint64_t> image_offset;  // nothing when its bytes do not lie in the image as they are
  std::string kind;                           // v_extent.kind
  std::optional<evidence::ContainerPlace> container;
  std::string segment;  // its name
};
// A record of a database, decoded again.
struct DecodedRecord {
  std::string table;  // "": more than one may have had it
  std::optional<std::int64_t> rowid;
  std::vector<std::string> columns;
  std::vector<content::DatabaseValue> values;
  std::optional<std::uint32_t> cell;  // in the list of its page, from 0
};
// Where a row out of content stands, and what stands there now.
struct RecordPlace {
  std::string locator, source;  // source: "main", "wal", …
  std::string state;
  std::optional<std::int64_t> page, file_offset;
  std::string no_offset;  // why there is no file_offset; "" when there is
  // The file that holds the record: that of the row, or its log (PATH-wal, PATH-journal). Nothing when the index has no
  // such file.
  std::optional<std::int64_t> file_id;
  std::optional<std::uint64_t>
      image_offset;                      // of the record; nothing when its bytes do not lie in the image as they are
  std::vector<std::uint8_t> bytes;       // of the record, as far as they lie on its page
  std::vector<FileRun> runs;             // where those bytes lie
  std::optional<DecodedRecord> decoded;  // of a database
  std::string decode_problem;            // why it is not
  // Of the text of a message: in which encoding it was found ("utf-8", "utf-16le", "utf-16be"), where in `bytes`, and
  // how much of it. found_bytes below text_bytes: the record goes on elsewhere (overflow pages).
  std::string text_encoding;
  std::size_t text_at = 0, found_bytes = 0, text_bytes = 0;
};
inline constexpr std::size_t kMaxExcerptBytes = 64u << 10;
inline constexpr std::size_t kMaxExplainedRuns = 1000;  // of a file
// What a row's parser makes of the same content now.
struct Derived {
  enum class State : std::uint8_t { kAgrees, kDiffers, kGone, kNotDone };
  State state = State::kNotDone;
  std::string reason;  // why there is no row (kGone), or why nobody looked (kNotDone)
  struct Difference {
    std::string column, index, now;
  };
  std::vector<Difference> differences;
  std::vector<std::string> columns;    // that were compared
  std::vector<std::string> of_limier;  // that limier fills from other rows, and are not
  std::string body;                    // of a message, as made now
};
// The rows that a row without bytes of its own follows from.
struct Follows {
  std::string how;  // in words
  struct Rows {
    std::string kind;
    std::int64_t count = 0;
    std::vector<std::int64_t> ids;  // the first of them
  };
  std::vector<Rows> rows;
  std::optional<bool> agrees;  // whether they give what the index says; nothing where that is not asked
};
inline constexpr std::size_t kMaxNamedRows = 20;  // of one kind
// A finding made again, over the index and over the text as it was read now.
struct FoundAgain {
  Derived rule;                    // priority, score and reason, by the rule that made it
  std::vector<std::string> words;  // of its reason
  std::vector<std::string> lost;   // those that the text, as read now, does not give any more
  bool text_read = false;          // the text was made again, so that words could be looked for
};
struct Explanation {
  std::optional<std::int64_t> finding_id;
  std::string kind;  // of the row that was asked for, or of the finding's subject: "file", "message", …
  std::optional<std::int64_t> row;  // its number there
  std::optional<std::int64_t> file_id;
  std::vector<std::int64_t> thread;  // a message and its neighbours, in the order of the conversation
  std::optional<RecordPlace> place;
  std::vector<FileRun> runs;   // of the file; the first kMaxExplainedRuns
  std::vector<ReadBack> read;  // what was read again for it
  bool scoped = false;         // the case has a scope: nothing is read again, it could be what is masked
  std::optional<Derived> derived;
  std::optional<Follows> follows;
  std::optional<FoundAgain> found_again;
  [[nodiscard]] bool mismatch() const;
  [[nodiscard]] bool incomplete() const;  // something could not be read or made again
};
Result<Explanation> explain(const ExplainOptions& options, const std::atomic<int>& stop_signal);

// `limier rows`: the rows of databases as they are, read again from the evidence.
struct RowsOptions {
  std::string dir;  // the case folder
  std::vector<std::int64_t> file_ids;
  bool all = false;  // every file that is a SQLite database by its content
  content::DatabaseQuestion question;
  std::string image;  // where the evidence is now; "" : as recorded
  bool sandbox = true;
  std::uint32_t stall_seconds = kStallSeconds;
  std::string command_line;
};
struct DatabaseFile {
  std::int64_t file_id = 0;
  std::string path;
};
struct RowsTaker {
  // `table` is null where it is not known. False: no more are wanted.
  std::function<bool(const DatabaseFile&, const content::DatabaseTable* table, const content::DatabaseRow&)> row;
  // What is damaged, in doubt or left out; `incomplete`: something that is there could not be shown.
  std::function<void(const DatabaseFile&, const std::string& message, bool incomplete)> note;
};
struct RowsSummary {
  std::uint64_t files = 0, rows = 0;
  bool incomplete = false;  // something could not be read
};
Result<RowsSummary> read_rows(const RowsOptions& options, const RowsTaker& taker, const std::atomic<int>& stop_signal);

// `limier tag`, `note`, `decide`: adds to the marks of one case folder. Index, manifest and audit log stay as they are.
struct MarkOptions {
  std::string dir;                // the case folder
  std::vector<std::string> rows;  // "file:12", "message:881", "finding:3", or keys of findings
  store::MarkAction action = store::MarkAction::kNote;
  std::string value;     // the tag, or the word of the decision; of kUndecide not asked for
  std::string text;      // of a note, or beside a decision
  std::string examiner;  // "" : the examiner of the case, else who is logged in
};
struct MarkOutcome {
  std::vector<store::Mark> made;
  std::vector<std::string> as_before;  // rows that have this mark already: nothing was written for them
};
// All rows or none. Waits a moment for another writer, then kRefused.
Result<MarkOutcome> put_marks(const MarkOptions& options, const std::atomic<int>& stop_signal);

// `limier check`: manifest.json, the marks and the hash chain of audit.jsonl.
struct CheckReport {
  struct Item {
    std::string what;
    bool good = false;
    std::string detail;
  };
  std::vector<Item> items;
  bool good = false;
};
// With `evidence` also re-hashes the evidence segments named in the manifest (looked for at their recorded path).
Result<CheckReport> check(const std::string& dir, bool evidence);

// `limier report`: writes the reports again and brings manifest.json and audit.jsonl up to date.
Status rewrite_reports(const std::string& dir, const std::vector<std::string>& formats, const std::string& language,
                       const std::string& command_line);

int exit_code_of(ErrorKind kind);
// Of a run that came to its end: the first that holds of 3, 4, 5, 0; with a threshold of 3, 4, 1, 5, 0, so that a
// danger is never hidden behind a locked volume.
int exit_code_for(const store::IndexWriter::Conditions& conditions, std::optional<catalog::Priority> fail_on);

}  // namespace limier::app
