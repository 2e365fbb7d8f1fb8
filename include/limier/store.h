// store: the index. The only room that sees SQLite; one writer. The views are the public contract, the tables are not.
//
// Owns:    the database connection.
// Threads: an IndexWriter or Index belongs to one thread.
// Errors:  kTemporary when the disk is full, kRefused when the index belongs to other evidence or is in use, else
//          kInternal.
// Units:   as in catalog.h; times in ns, digests as BLOB in tables and lower-case hex in views.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "limier/catalog.h"
#include "limier/catalog/byte_hit.h"
#include "limier/catalog/findings.h"
#include "limier/catalog/keywords.h"
#include "limier/catalog/scope.h"

struct sqlite3;
struct sqlite3_stmt;

namespace limier::store {

class RuleDoor;  // store/rule_door.h

inline constexpr std::int32_t kApplicationId = 0x4C494D52;  // "LIMR"
inline constexpr std::int32_t kSchemaVersion = 12;

struct Authority {
  std::string text, case_number, exhibit, examiner, agency, note;
};

// v_evidence but for what the sweep finds out.
struct EvidenceRow {
  std::string path;  // as given on the command line
  std::string format;
  std::string variant;
  std::uint64_t size_bytes = 0;
  std::uint32_t sector_size = 512;
  std::uint32_t chunk_size = 0;
  std::uint32_t segment_count = 0;
  std::string compression, media_type, set_identifier;
  bool incomplete = false;  // --incomplete and segments are missing
  std::optional<Md5> stored_md5, expected_md5;
  std::optional<Sha1> stored_sha1, expected_sha1;
  std::optional<Sha256> stored_sha256, expected_sha256;
  std::vector<std::pair<std::string, std::string>> header_values;  // raw bytes
  struct Segment {
    std::string name;
    std::uint64_t size_bytes = 0;
  };
  std::vector<Segment> segments;
};

// What was looked for with --keywords; parallel lists.
struct KeywordsOfRun {
  std::vector<catalog::KeywordUsed> used;  // their hits are counted by the index
  std::vector<std::uint32_t> places;       // so many of each are kept
  std::shared_ptr<const keywords::Matcher> matcher;
};

struct RunRow {
  std::string tool_version, command, host;
  std::string profile;                          // options that shape the result: also in report.json
  std::string zone;                             // --zone, "" when none
  std::string fail_on;                          // --fail-on, "" when none; shapes the exit code only
  std::string scope_title, scope_sha256;        // --scope, "" when none
  std::string keywords_sha256, keyword_engine;  // --keywords: of the files, "; " between them; "" when none
  std::string language = "en";                  // --lang: of the pages for people; no row depends on it
  std::int64_t started_ns = 0;
};

// What a run was begun with: it can only be resumed with the same. Names are words for the sentence that refuses.
using RunKey = std::vector<std::pair<std::string, std::string>>;

// The steps of a run, in order. What is in the index after a finished step is not made again when a run is resumed.
enum class Step : std::uint8_t { kContainer, kVolumes, kWalk, kCatalog, kSweep, kContent, kRules, kCoverage };

// Where a sweep stood. What the bytes mean is the app's business.
struct SweepCheckpoint {
  std::uint64_t image_offset = 0;
  std::vector<std::uint8_t> sweep;
  std::vector<std::uint8_t> segments;  // how far the segment files were hashed
};

// kUnfinished: killed, interrupted, or out of disk; it can be resumed.
enum class IndexState : std::uint8_t { kNone, kForeign, kUnfinished, kFinished };
Result<IndexState> index_state(const std::string& path);

enum class Verdict : std::uint8_t { kVerified, kMismatch, kNoStoredDigest, kDamaged, kIncomplete };
std::string_view verdict_name(Verdict verdict);

// An inode that names lead to; `orphan`: only names without a directory do.
struct NamedInode {
  std::uint64_t inode = 0;
  bool orphan = false;
};

// Contents that a parser is to look at.
struct ItemChoice {
  std::string parser, version;
  std::vector<std::string> path_globs{};  // as SQLite's GLOB has them, over v_file.path
  // Or files of these names, in small letters; with a '/' in it, a path as above whose last part is a name.
  std::vector<std::string> file_names{};
  std::vector<std::string> mime_types{};  // or of these types, once for the same bytes; known after the sweep
  bool lead = false;                      // before all others
};
// Contents whose text is taken out, once for the same bytes: not of known files, and nothing that another parser was
// given. Once hash sets and the parsers of all other choices are through.
struct TextChoice {
  std::string parser, version;
  std::vector<std::string> mime_types{};
  std::uint64_t most_of_one = INT64_MAX;  // bytes of a content that are looked at
  std::uint64_t most_of_all = INT64_MAX;  // bytes of all of them; beyond, the largest are left out
};
// The issue of a run that had nothing to name further types with: however many contents ask, it stands once.
inline constexpr std::string_view kNoTypeDatabase = "libmagic-no-database";
// Contents of files and streams that are their own, once for the same bytes; known after the sweep.
struct ContentChoice {
  std::string parser, version;
  // Of no known type alone, and of those neither what is known by a hash set nor what looks like noise.
  bool untyped = false;
  std::uint64_t max_size_bytes = UINT64_MAX;
};
struct ItemRow {
  std::int64_t item_id = 0, file_id = 0;
  std::string parser;
  std::uint64_t size_bytes = 0;
};
// Where the bytes of a content lie.
struct ContentPlace {
  struct Piece {
    std::uint64_t file_offset = 0, image_offset = 0, length = 0;
  };
  std::string path;  // raw bytes
  std::uint64_t size_bytes = 0;
  bool in_extents = true;     // else only limier-fs can read it
  std::vector<Piece> pieces;  // by file_offset; zeros between them. Of a packed one: where its packed bytes lie
  catalog::Packing packing;
  catalog::VolumeRecord volume;
  catalog::StreamRef stream;
};
// Files that belong to an item's by their names.
struct LoosePagePlace {
  std::uint64_t image_offset = 0, room = 0;  // bytes to the end of what is free
};
inline constexpr std::size_t kMaxLoosePages = 1u << 18;  // of one medium; further ones are not kept
inline constexpr std::size_t kMaxRivals = 1024;          // databases of one volume

// For an item that looks for pages of its database in free space.
struct ItemLoosePages {
  std::vector<LoosePagePlace> pages;  // of the item's volume, in image_offset order
  std::vector<std::int64_t> rivals;   // files: the other databases of that volume; at most kMaxRivals + 1
  bool full = false;                  // not all pages of the medium were kept
};
struct ItemCompanions {
  struct Beside {
    std::string place;  // seen from the item's folder: "wa.db", "../databases/x.db"
    std::int64_t file_id = 0;
    std::optional<std::int64_t> wal, journal;
  };
  std::optional<std::int64_t> wal, journal;
  std::vector<Beside> beside;
};

// A content and its digests, and what hash sets say of it.
struct DigestsOf {
  std::int64_t content_id = 0;
  std::int64_t files = 0;  // that hold it; without names whose inode is in use by another
  Digests digests;
};
struct KnownContent {
  std::int64_t content_id = 0;
  bool notable = false;
  std::string sources;     // the names of the sets, by "; "
  std::string categories;  // their numbers for it, by "; "; "": none
};

class IndexWriter {
 public:
  // Creates DIR/index.db (WAL while writing). Refuses an existing file and a locked one.
  static Result<std::unique_ptr<IndexWriter>> create(const std::string& path, const RunRow& run,
                                                     const Authority& authority, const EvidenceRow& evidence,
                                                     const RunKey& key = {});
  // Goes on with the index of a run that was ended: what belongs to a finished step stays, everything else is cleared.
  // kRefused with the first difference when it was begun with another key. An index without anything in it (its run was
  // killed in its first moments), or none at all, is begun anew.
  static Result<std::unique_ptr<IndexWriter>> resume(const std::string& path, const RunRow& run,
                                                     const Authority& authority, const EvidenceRow& evidence,
                                                     const RunKey& key);
  ~IndexWriter();

  // Names and rows that it hides do not come into the index from here on. To be set before anything is added.
  void set_scope(std::shared_ptr<const catalog::Scope> scope);
  // Hits name them by their number, from 1. To be set before anything is added, and again by a run that goes on.
  void set_keywords(KeywordsOfRun keywords);

  // -- progress ------------------------------------------------------------------------------------------------------
  [[nodiscard]] bool done(Step step) const;  // not for kWalk
  Status finish_step(Step step);             // not for kWalk
  [[nodiscard]] bool walked(std::uint32_t volume_id) const;
  Status finish_walk(std::uint32_t volume_id);
  // Resumed, and the run had come to its end: its exit code. Nothing but conditions() and close_finished() may follow.
  [[nodiscard]] std::optional<int> recorded_exit_code() const;
  Status close_finished();
  // SHA-256 of the segment files, in order; absent where none was computed.
  Status put_segment_digests(const std::vector<std::optional<Sha256>>& digests);
  Result<std::vector<std::optional<Sha256>>> segment_digests();

  // -- rows from the workers, already validated; committed in large transactions --------------------------------------
  Status add(const catalog::VolumeRecord& record);
  Status add(const catalog::NameRecord& record);
  Status add(const catalog::InodeRecord& record);
  Status add(const catalog::StreamRecord& record);
  Status add(const catalog::ExtentRecord& record);
  Status add(const catalog::BlockRange& record);
  Status add(const catalog::IssueRecord& record);
  Status add(const catalog::EncryptionRecord& record);
  Status add(const catalog::BadRange& record);
  Status add(const catalog::ByteHit& hit);
  Status add(const catalog::ContentDigest& record);
  Status set_volume_status(std::uint32_t volume_id, catalog::VolumeStatus status);
  // Drops what the walk of one volume wrote, its issues and status too (it is to be repeated).
  Status clear_volume(std::uint32_t volume_id);
  // The inodes that the names of a volume lead to, for a walk in parts: those in directories first, each group by
  // number. collect_inodes() fixes them; collected_inodes() gives those behind `after`, at most `limit`.
  Status collect_inodes(std::uint32_t volume_id);
  Result<std::vector<NamedInode>> collected_inodes(const std::optional<NamedInode>& after, std::size_t limit);

  // What a row takes that is joined or sorted in memory, on average.
  static constexpr std::int64_t kRowInMemoryBytes = 80;
  // Inodes, streams and extents of more rows than this are joined and sorted by SQLite in its page cache instead of in
  // memory: several times slower, and the result is the same. Two million rows take 160 MB until the catalog is built,
  // and as much is kept of the rows of walks while they come.
  void set_rows_in_memory(std::int64_t rows);

  // -- the phases, in this order ------------------------------------------------------------------------------------
  // Joins names, inodes and streams to files; gives file_id and content_id in catalog order; decides which deleted
  // streams are overwritten (some byte of theirs belongs to another stream or to metadata) and which are recovered;
  // adds the completeness issues that can be seen from here. After this the list of files is fixed.
  Status build_catalog();
  // Volumes that walk jobs are to be run on, in order.
  Result<std::vector<catalog::VolumeRecord>> walkable_volumes();
  struct PlanTotals {
    std::uint64_t contents = 0, pieces = 0, bytes = 0;
  };
  Result<PlanTotals> plan_totals();
  // The sweep's plan in image_offset order, at most `limit` pieces a call; empty at the end. Starts over after
  // rewind_plan(), and is the same then whatever the sweep has reported.
  Result<std::vector<catalog::PlanPiece>> next_plan(std::size_t limit);
  void rewind_plan();
  // -- checkpoints of the sweep: kept with everything added before, or not at all
  // ----------------------------------------- False when there is no such content for the sweep, or it was added
  // already.
  Result<bool> add_open_content(std::uint64_t content_id, Bytes state);
  Status put_checkpoint(const SweepCheckpoint& checkpoint);
  Status drop_checkpoint();
  Result<std::optional<SweepCheckpoint>> checkpoint();
  // The states of its open contents, at most `limit` a call and as many as fit into a frame; empty at the end. Starts
  // over after rewind_sweep().
  Result<std::vector<std::vector<std::uint8_t>>> next_open_contents(std::size_t limit);
  // Back to the checkpoint (or the beginning): plan and open contents start over, what was reported later is taken
  // back.
  Status rewind_sweep();
  // The first of each reason.
  Result<std::vector<catalog::BadRange>> first_bad_ranges();
  // A block that begins as a page of a database does, in image_offset order since rewind_sweep(): kept where a file
  // system says that it is free, as long as there is room.
  Status add_loose_page(std::uint64_t image_offset);
  // After the sweep: digests of the media, states of the contents that touch bad ranges. `swept` false (profile list,
  // or the sweep failed): contents stay not-read, but for those whose digests came.
  Status finish_evidence(const Digests& media, std::optional<Verdict> verdict, bool swept);
  // A folder has no bytes of its own: the digest of the list of its files stands for it.
  Status put_folder_digest(const Sha256& digest, Verdict verdict);
  // -- known contents: after finish_evidence()
  // ------------------------------------------------------------------------- Of contents that are their files' own and
  // not empty, behind `after`, by content_id; at most `limit`.
  Result<std::vector<DigestsOf>> digests_behind(std::int64_t after, std::size_t limit);
  // Takes back what was said before of known contents, and of the sets.
  Status clear_known();
  Status add_known(std::span<const KnownContent> known);
  // -- contents: after the catalog -----------------------------------------------------------------------------------
  // Files that items may need beside them: globs over their places seen from the item's folder, "wa.db", "../x/y.db".
  // To be said before the first choice.
  void look_beside(std::vector<std::string> places);
  // Adds those that are not there yet.
  Status choose_items(const ItemChoice& choice);
  Status choose_texts(const TextChoice& choice);
  // How many there are that are larger than it allows.
  Result<std::uint64_t> choose_contents(const ContentChoice& choice);
  // Those not done yet: leads first, then in the order of the media.
  Result<std::vector<ItemRow>> waiting_items();
  Result<std::optional<ContentPlace>> content_place(std::int64_t file_id);
  Result<ItemCompanions> companions_of(std::int64_t item_id);
  // Items of `parser` for the databases that the parser `of` has read, on volumes with loose pages. Pages that lie in a
  // database that is read as such are dropped.
  Status choose_loose_items(std::string_view parser, std::string_view version, std::string_view of);
  Result<ItemLoosePages> loose_pages_of(std::int64_t item_id, std::string_view of);
  // A row that a parser found in an item; it counts once the item is finished. Cells: as catalog::get_cells gives them.
  Status add_row(std::int64_t item_id, const catalog::KindInfo& kind, std::string_view maker, std::string_view version,
                 std::span<const catalog::RowCell> cells);
  Status finish_item(std::int64_t item_id, catalog::ItemState state, std::uint32_t attempts, std::string_view reason);
  // What the bytes of an item are, where the table of types has no name for them. Shown when the contents are settled.
  Status put_said_type(std::int64_t item_id, std::string_view mime, std::string_view name);
  // Takes back what came of an item, its issues too.
  Status drop_item(std::int64_t item_id);
  // All items are done: gives the rows their ids, which depend on the evidence alone, and drops those of items that
  // were not finished.
  Status settle_content();
  // Rows that limier makes of others.
  template <catalog::Row T>
  Status add(const T& row) {
    return add_engine_row(catalog::kKindOf<T>, catalog::cells_of(row));
  }
  // v_app.parsed: applications of which this pack or parser made a row.
  Status mark_parsed_apps(std::string_view maker, std::span<const std::string> packages);
  Status clear_engine_rows(const catalog::KindInfo& kind);
  // What packs of rules say in other languages, in place of what was there: v_translation.
  struct Translation {
    std::string language, english, text;
  };
  Status replace_translations(std::span<const Translation> translations);
  // Coverage ledger and v_not_examined; the last rows of the result.
  Status build_coverage();
  // How far the result goes: what the exit code is computed from.
  struct Conditions {
    bool mismatch = false;          // a digest differs
    bool damaged = false;           // bad ranges exist
    bool incomplete = false;        // an issue with `incomplete`, a volume partial/encrypted/unsupported/failed
    bool nothing_examined = false;  // every volume that holds data is encrypted, or nothing could be read
    std::optional<catalog::Priority> first_finding;  // the highest priority that a finding has
    [[nodiscard]] bool finding_at_or_above(catalog::Priority threshold) const {
      return first_finding && *first_finding <= threshold;
    }
  };
  Result<Conditions> conditions();
  // ANALYZE, run row, integrity check, journal_mode back to DELETE: one file, no WAL. The writer is closed after it.
  // May be called at any time (Ctrl-C): phases that were not reached are made up for with the rows that are there.
  Status finish(std::string_view outcome, int exit_code, std::int64_t ended_ns);
  // For rules, over everything added so far.
  Result<RuleDoor> rule_door();

  class Impl;

 private:
  Status add_engine_row(const catalog::KindInfo& kind, std::span<const catalog::RowCell> cells);

  explicit IndexWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// ---- reading -----------------------------------------------------------------------------------------------------

using Value = std::variant<std::monostate, std::int64_t, double, std::string, std::vector<std::uint8_t>>;

// One column of a row, in place: valid until the next step().
struct Cell {
  enum class Kind : std::uint8_t { kNull, kInteger, kReal, kBytes };
  Kind kind = Kind::kNull;
  std::int64_t integer = 0;
  double real = 0;
  std::string_view bytes;  // text or blob
};

// A prepared statement being stepped. Text comes back as the UTF-8 the index holds.
class Query {
 public:
  Query(Query&&) noexcept;
  Query& operator=(Query&&) noexcept;
  ~Query();
  Query& bind(int position, const Value& value);  // from 1
  // True while there is a row; false at the end or on an error (see status()).
  bool step();
  [[nodiscard]] Status status() const;
  [[nodiscard]] int column_count() const;
  [[nodiscard]] std::string column_name(int column) const;  // from 0
  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] double real(int column) const;
  [[nodiscard]] std::string text(int column) const;
  // The same in place: valid until the next step().
  [[nodiscard]] std::string_view text_view(int column) const;
  [[nodiscard]] std::vector<std::uint8_t> blob(int column) const;
  [[nodiscard]] Value value(int column) const;
  // The first cells.size() columns at once, which costs less than asking for each.
  void read(std::span<Cell> cells) const;

 private:
  friend class Index;
  friend Result<Query> make_query(sqlite3* connection, std::string_view sql);
  friend Result<Query> make_untrusted_query(sqlite3* connection, std::string_view sql, std::uint64_t step_budget);
  struct Impl;
  explicit Query(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// A finished (or interrupted) index, opened read-only. Nothing is created beside it.
class Index {
 public:
  // kUsage when DIR holds no index.db; kRefused when it is not a limier index, or is being written.
  static Result<std::unique_ptr<Index>> open(const std::string& dir);
  // The case.db of a merged case, for the views of docs/case.md.
  static Result<std::unique_ptr<Index>> open_case(const std::string& dir);
  // The same index once more, for another thread.
  [[nodiscard]] Result<std::unique_ptr<Index>> another() const;
  ~Index();
  // Our own statements, over the views.
  Result<Query> query(std::string_view sql);
  // The user's: one read-only SELECT (or EXPLAIN/WITH) over views and tables, under an authorizer that denies
  // everything else, ATTACH and PRAGMA included.
  Result<Query> query_untrusted(std::string_view sql);
  // For rules; on the connection of query_untrusted.
  Result<RuleDoor> rule_door();

 private:
  Result<sqlite3*> untrusted();
  struct Impl;
  explicit Index(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

std::string sqlite_version();

// A message and up to `each_side` before and behind it in its conversation, by time; just itself where it belongs to
// none.
Result<std::vector<std::int64_t>> talk_around(Index& index, std::int64_t message_id, std::int64_t each_side);

}  // namespace limier::store
