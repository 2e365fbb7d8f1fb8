// State of an IndexWriter. Each phase is a file: writer.cpp (rows), catalog_build.cpp, ownership.cpp, plan.cpp,
// coverage.cpp, finish.cpp.
#pragma once

#include <map>
#include <set>

#include "limier/store.h"
#include "store/db.h"
#include "store/declared_rows.h"
#include "store/held_rows.h"
#include "store/recent.h"
#include "store/row_batch.h"

namespace limier::people {
struct Country;
}

namespace limier::store {

// Keys are the volume in the upper and an ordinal in the lower bits. The ordinal limit is far above the 2^32 files NTFS
// and ext4 can hold; the volume limit keeps the key positive.
inline constexpr int kOrdinalBits = 40;
inline constexpr std::uint64_t kMaxOrdinal = (1ull << kOrdinalBits) - 1;
inline constexpr std::uint32_t kMaxVolumeId = (1u << (63 - kOrdinalBits)) - 1;
inline std::int64_t volume_key(std::uint32_t volume_id, std::uint64_t ordinal) {
  return static_cast<std::int64_t>((static_cast<std::uint64_t>(volume_id) << kOrdinalBits) | ordinal);
}

// Values of coverage.state, in the order of v_coverage's words.
enum class Coverage : std::uint8_t {
  kMetadata,
  kFile,
  kSlack,
  kUnallocated,
  kUnpartitioned,
  kEncrypted,
  kUnreadable,
};

inline Step next_step(Step step) {
  return static_cast<Step>(static_cast<int>(step) + 1);
}

// True when the file is in no need of a log, and there is none.
bool stands_alone(const std::string& path);

// Where the device is at home, as its rows say; nullptr: they do not.
Result<const people::Country*> country_of_device(Database& db);

// In place of a place of the image: a sweep that begins again does not report it.
inline constexpr std::int64_t kSeenByWalk = -1;

// In byte_hit.kind, before the number of a keyword.
inline constexpr std::int64_t kKeywordKind = 1000;
inline constexpr std::int64_t kMaxKeywordHits = 2'000'000;

// Of a value in a file that are listed; how many more there are is said.
inline constexpr std::size_t kMaxPlacesOfValue = 100;

// A connection that is about to write: WAL, exclusive.
Status set_up(Database& db);
// Gives the run its number.
Result<std::int64_t> insert_run(Database& db, const RunRow& run);

class IndexWriter::Impl {
 public:
  Impl(Database database, std::string path) : db_(std::move(database)), path_(std::move(path)) {}

  Status prepare_statements();
  // Every write goes through here: opens a transaction when none is open, commits when it has grown large.
  Status count_row();
  Status begin();
  Status commit();
  Status insert(Statement& statement);
  // Counts a record that was sent twice, or is about something that was never sent.
  Status refuse(std::uint32_t volume_id) { return ++refused_by_volume_[volume_id], ok_status(); }

  Status add(const catalog::VolumeRecord& record);
  Status add(const catalog::NameRecord& record);
  Status add(const catalog::InodeRecord& record);
  Status add_far_times(std::int64_t inode_key, const catalog::InodeRecord& record);
  Status add(const catalog::StreamRecord& record);
  Status add(const catalog::ExtentRecord& record);
  Status add(const catalog::BlockRange& record);
  Status add(const catalog::IssueRecord& record);
  Status add(const catalog::EncryptionRecord& record);
  Status add(const catalog::BadRange& record);
  Status add(const catalog::ContentDigest& record);
  Status put_digest(std::int64_t content_id, const Digests& digests);
  Status put_type(std::int64_t content_id, const catalog::ContentType& type);
  Status type_unread_contents();
  Status clear_volume(std::uint32_t volume_id);
  Status clear_rows_of(std::uint32_t volume_id);
  Status set_volume_status(std::uint32_t volume_id, catalog::VolumeStatus status);

  // progress.cpp
  Status insert_key(const RunKey& key);
  Status take_up(const RunRow& run);
  Status read_steps();
  Status clear_unfinished();
  Status clear_walks();
  Status clear_catalog();

  // checkpoint.cpp
  Result<bool> add_open_content(std::uint64_t content_id, Bytes state);
  Status put_checkpoint(const SweepCheckpoint& checkpoint);
  Status drop_checkpoint();
  Result<std::optional<SweepCheckpoint>> checkpoint();
  Result<std::vector<std::vector<std::uint8_t>>> next_open_contents(std::size_t limit);
  Status rewind_sweep();
  Result<std::vector<catalog::BadRange>> first_bad_ranges();

  // loose_pages.cpp
  Status add_loose_page(std::uint64_t image_offset);
  Status rewind_loose_pages();
  Status choose_loose_items(std::string_view parser, std::string_view version, std::string_view of);
  Result<ItemLoosePages> loose_pages_of(std::int64_t item_id, std::string_view of);
  Status read_free_runs();

  // byte_hits.cpp
  Status put_byte_hit(const catalog::ByteHit& hit, std::int64_t content_id, std::int64_t seen_at);
  Status rewind_byte_hits();
  Status place_byte_hits(std::int64_t maker);

  // keywords.cpp
  void set_keywords(KeywordsOfRun keywords);
  Result<bool> keep_keyword(std::uint32_t keyword);
  Status put_keyword_more();
  Status rewind_keywords();
  Status count_kept_keywords();
  Status tell_keywords_once();
  Status settle_keywords();

  [[nodiscard]] bool done(Step step) const;
  [[nodiscard]] std::uint64_t refused_of(Step step, std::uint32_t volume_id) const;
  Status finish_step(Step step, std::uint32_t volume_id);

  Status build_catalog();
  Status build_files();
  Status mark_overwritten();
  Status add_completeness_issues();

  Result<PlanTotals> plan_totals();
  Result<std::vector<catalog::PlanPiece>> next_plan(std::size_t limit);

  Status finish_evidence(const Digests& media, std::optional<Verdict> verdict, bool swept);
  Status mark_damaged_contents();
  Status digest_zero_contents();
  Status tell_packing_faults();

  // content_items.cpp
  Status find_companions();
  Status find_beside();
  Status choose_items(const ItemChoice& choice);
  Status choose_texts(const TextChoice& choice);
  Status say_what_texts_are_left_out();
  Result<std::uint64_t> choose_contents(const ContentChoice& choice);
  Status put_said_type(std::int64_t item_id, std::string_view mime, std::string_view name);
  Status settle_said_types();
  Status choose_by_path(const ItemChoice& choice);
  Status choose_by_type(const ItemChoice& choice);
  Result<std::vector<ItemRow>> waiting_items();
  Result<std::optional<ContentPlace>> content_place(std::int64_t file_id);
  Result<ItemCompanions> companions_of(std::int64_t item_id);
  Result<std::int64_t> maker_id(std::string_view name, std::string_view version);
  Status add_row(std::int64_t item_id, const catalog::KindInfo& kind, std::string_view maker, std::string_view version,
                 std::span<const catalog::RowCell> cells);
  Status finish_item(std::int64_t item_id, catalog::ItemState state, std::uint32_t attempts, std::string_view reason);
  Status drop_item(std::int64_t item_id);
  Status drop_unfinished_items();
  Status drop_same_items();
  Status settle_content();

  // known.cpp
  Result<std::vector<DigestsOf>> digests_behind(std::int64_t after, std::size_t limit);
  Status clear_known();
  Status add_known(std::span<const KnownContent> known);

  // scope.cpp
  void set_scope(std::shared_ptr<const catalog::Scope> scope);
  Status count_masked(std::uint32_t volume_id, std::int64_t item_id, std::string_view kind, const std::string& reason,
                      std::int64_t items = 1);
  Status mask(catalog::NameRecord& record);
  Status mask(catalog::VolumeRecord& record);
  Status mask(catalog::StreamRecord& record);
  void mask(catalog::InodeRecord& record) const;
  void mask(std::string& text) const;
  Result<bool> leave_out(std::int64_t item_id, const catalog::KindInfo& kind, std::span<const catalog::RowCell> cells);
  const std::string* hidden_parent(std::int64_t item_id, const catalog::KindInfo& kind,
                                   std::span<const catalog::RowCell> cells) const;
  Status leave_out_parts(std::int64_t item_id);
  Status leave_masked_files();
  Status settle_masked();

  // parties.cpp
  Status settle_people();

  // hits.cpp
  Status settle_hits();
  Status leave_out_known_hits();

  // mailboxes.cpp
  Status derive_mailbox_owners();

  // attached.cpp
  Status settle_attachments();

  Status build_coverage();
  Status build_not_examined();
  Status count_unread_contents();
  Result<Conditions> conditions();
  Status settle_issues();
  Status finish(std::string_view outcome, int exit_code, std::int64_t ended_ns);
  Status close_down();

  // The phases, each in a file of its own, are this class's only users.
  // NOLINTBEGIN(readability-identifier-naming)
  Database db_;
  std::string path_;
  std::uint64_t media_size_ = 0;
  // Rows of one kind that are joined and sorted in memory; beyond that SQLite does it, more slowly.
  std::int64_t max_in_memory_ = 2'000'000;
  bool in_transaction_ = false;
  std::uint64_t rows_in_transaction_ = 0;
  std::map<std::uint32_t, std::uint64_t> refused_by_volume_;
  std::int64_t run_id_ = 1;
  Step step_ = Step::kContainer;  // what is being worked on
  std::set<std::pair<Step, std::uint32_t>> finished_;
  std::optional<int> recorded_exit_code_;
  bool taken_up_ = false;  // goes on with what another run wrote
  bool catalog_built_ = false;
  bool evidence_finished_ = false;
  bool coverage_built_ = false;
  // What a volume's walk has sent so far: the ordinals given, and what came last.
  struct Sent {
    std::uint64_t inodes = 0, streams = 0;
    std::int64_t last_inode = -1;
    std::int64_t last_stream_of = -1;                                 // inode_key
    std::vector<std::pair<std::uint32_t, std::uint16_t>> attributes;  // of that inode, of the streams sent
  };
  std::map<std::uint32_t, Sent> sent_;
  HeldRows held_;
  PlacedExtents::Sorted placed_;  // all extents, where the walks' rows were held
  bool inodes_indexed_ = false, streams_indexed_ = false;
  static bool note_attribute(Sent& sent, std::int64_t inode_key, const catalog::StreamRef& ref);
  Status index_inodes();
  Status index_streams();
  Result<PlacedExtents> placed_extents();

  // Streams follow their inode and extents their stream, so what was added last answers nearly every question for a
  // key; the index answers the rest.
  struct InodeKey {
    std::uint32_t volume_id = 0;
    std::uint64_t inode = 0;
    std::int64_t key = 0;
    bool allocated = false;
    std::optional<catalog::FileKind> kind;  // of an inode sent lately
  };
  struct ContentKey {
    catalog::StreamRef ref;
    std::int64_t content_id = 0;
    PlacedExtent owner;  // what an extent of it is held with
  };
  Recent<InodeKey> recent_inodes_;
  Recent<ContentKey> recent_contents_;
  Result<std::optional<InodeKey>> find_inode(std::uint32_t volume_id, std::uint64_t inode);
  void hold(const catalog::StreamRecord& record, const InodeKey& inode, std::int64_t content_id);
  struct Content {
    std::int64_t content_id = 0;
    const PlacedExtent* owner = nullptr;  // of a stream sent lately
  };
  Status put_packing(std::int64_t content_id, const catalog::Packing& packing);
  Result<std::optional<Content>> find_content(const catalog::StreamRef& ref);

  // The rows of a walk; whatever reads or clears them flushes these first.
  RowBatch<11, 2> names_;
  RowBatch<24, 3> inodes_;
  RowBatch<13, 3> streams_;
  RowBatch<7> extents_;
  std::uint32_t rows_of_ = 0;  // the volume they belong to: what is ignored of them is counted for it
  Status flush_rows();
  Status begin_rows_of(std::uint32_t volume_id);
  template <class Batch>
  Status flush(Batch& batch);

  struct PlanPosition {
    std::int64_t image_offset = -1, content_id = -1, piece = -1;
  };
  PlanPosition plan_position_;
  std::int64_t open_content_position_ = -1;
  std::int64_t generation_ = 0;  // of the last checkpoint
  bool sweep_reported_ = false;  // there may be rows behind the checkpoint

  std::shared_ptr<const catalog::Scope> scope_;  // nullptr: everything may be read
  // Of items at work: rows that were left out, by kind and locator, and why. Other rows may belong to them.
  std::map<std::int64_t, std::map<std::pair<std::string, std::string>, const std::string*>> left_out_;

  struct FreeRun {
    std::int64_t image_offset = 0, length = 0, volume_id = 0;
  };
  std::vector<FreeRun> free_runs_;  // some, behind one another; loose pages come in their order
  std::size_t free_run_ = 0;
  std::int64_t free_until_ = -1;  // where the last of them begins
  bool free_ended_ = false;
  std::optional<std::size_t> loose_pages_;  // kept; not known before the first
  std::optional<std::int64_t> byte_hits_;   // the same
  KeywordsOfRun keywords_;
  std::vector<std::int64_t> keyword_kept_, keyword_more_;  // of each; the second since the last checkpoint
  std::int64_t keyword_hits_ = 0;

  DeclaredRows declared_;
  std::map<std::pair<std::string, std::string>, std::int64_t> makers_;
  std::map<std::int64_t, std::int64_t> rows_of_item_;  // of items at work, so far
  bool companions_found_ = false, content_settled_ = false;
  std::vector<std::string> beside_places_;  // globs

  Statement volume_, digest_, block_, issue_, encryption_, bad_range_, content_digest_, content_type_, touched_, plan_,
      find_inode_, find_content_, open_content_, far_time_, loose_page_, byte_hit_, packed_, packing_fault_,
      stored_name_;
  // NOLINTEND(readability-identifier-naming)
};

}  // namespace limier::store
