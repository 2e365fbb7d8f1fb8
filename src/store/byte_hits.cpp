// Numbers, addresses and keys in the bytes of the media, as the sweep reports them; and, once all are there, whose
// bytes they are.
#include <fmt/format.h>

#include <map>
#include <queue>
#include <unordered_set>

#include "limier/catalog/artifacts.h"
#include "store/placed_extents.h"
#include "store/schema.h"
#include "store/writer_impl.h"

namespace limier::store {
namespace {

using catalog::ExtentKind;

// Some 300 bytes each in the index.
constexpr std::int64_t kMaxByteHits = 4'000'000;
constexpr std::size_t kMaxJoints = 1u << 20;  // looked at while others are placed
constexpr std::int64_t kOfImage = 0;          // in place of a content: contents have other numbers

// Who has the bytes at a place of the image: what lies inside a record before the file system's own file around it,
// files in use before deleted ones, contents before what is behind their end.
struct Owner {
  std::int64_t image_offset = 0, end = 0, content_id = 0;
  std::uint32_t seq = 0;
  ExtentKind kind{};
  bool deleted = false;
  bool sealed = false;  // its sectors end with numbers in place of bytes
  [[nodiscard]] auto order() const {
    const bool behind = kind == ExtentKind::kSlack || kind == ExtentKind::kUninitialized;
    return std::tuple(kind != ExtentKind::kResident, behind, deleted, content_id, seq);
  }
  friend bool operator<(const Owner& a, const Owner& b) { return a.order() > b.order(); }  // the best on top
};

class Owners {
 public:
  static Result<Owners> open(Database& db, std::int64_t max_in_memory) {
    LIMIER_TRY(auto extents, PlacedExtents::open(db, max_in_memory));
    Owners owners(std::move(extents));
    LIMIER_CHECK(owners.extents_.advance());
    LIMIER_TRY(auto volumes, db.prepare("SELECT volume_id FROM volume WHERE fs_type = 'ntfs'"));
    while (true) {
      LIMIER_TRY(const bool row, volumes.step());
      if (!row) return owners;
      owners.ntfs_.insert(volumes.integer(0));
    }
  }
  // Of rising places; nullptr: nobody.
  Result<const Owner*> at(std::int64_t offset) {
    while (extents_.current() && extents_.current()->image_offset <= offset) {
      const PlacedExtent& one = *extents_.current();
      if (one.length > offset - one.image_offset)
        open_.push({one.image_offset, one.image_offset + one.length, one.content_id, one.seq, one.kind, one.deleted,
                    is_sealed(one)});
      LIMIER_CHECK(extents_.advance());
    }
    while (!open_.empty() && open_.top().end <= offset) open_.pop();
    return open_.empty() ? nullptr : &open_.top();
  }

 private:
  explicit Owners(PlacedExtents extents) : extents_(std::move(extents)) {}
  // $MFT, and the records of folders (NTFS update sequence).
  [[nodiscard]] bool is_sealed(const PlacedExtent& extent) const {
    return (extent.inode == 0 || extent.inode_kind == catalog::FileKind::kDir) &&
           ntfs_.contains(extent.content_id >> kOrdinalBits);
  }

  PlacedExtents extents_;
  std::set<std::int64_t> ntfs_;
  std::priority_queue<Owner> open_;
};

// By the two last bytes of a sector, which are others.
bool is_cut(std::int64_t begin, std::int64_t length) {
  constexpr std::int64_t kSector = 512, kSeal = 2;
  return begin % kSector == 0 || (begin + length) % kSector == kSector - kSeal ||
         begin / kSector != (begin + length - 1) / kSector;
}

constexpr const char* kColumns = "offset, length, kind, proof, encoding, value, normalized, context";

catalog::Hit hit_of(const Statement& row, const KeywordsOfRun& keywords) {
  catalog::Hit hit;
  if (const std::int64_t number = row.integer(2) - kKeywordKind; number > 0) {
    hit.keyword = number;
    hit.kind = keywords.used.at(static_cast<std::size_t>(number - 1)).kind;
  } else {
    hit.kind = entities::kind_word(static_cast<entities::Kind>(row.integer(2)));
  }
  hit.validated = static_cast<catalog::Validated>(row.integer(3));
  hit.encoding = keywords::encoding_word(static_cast<keywords::Encoding>(row.integer(4)));
  hit.value = row.text(5);
  hit.normalized = row.text(6);
  hit.context = row.text(7);
  return hit;
}

class ByteHits {
 public:
  ByteHits(Database& db, DeclaredRows& rows, const KeywordsOfRun& keywords, std::int64_t maker,
           std::int64_t max_in_memory)
      : db_(db), rows_(rows), keywords_(keywords), maker_(maker), max_in_memory_(max_in_memory) {}

  Status run() {
    LIMIER_CHECK(read_joints());
    LIMIER_CHECK(read_run_together());
    LIMIER_CHECK(place_those_of_image());
    ends_.clear();
    LIMIER_CHECK(place_those_of_contents());
    return db_.execute(
        "UPDATE row_hit SET of_file = o.file_id FROM (SELECT content_id, min(file_id) AS file_id FROM file WHERE "
        "reused "
        "= 0 AND content_id IN (SELECT of_content FROM row_hit) GROUP BY content_id) o WHERE o.content_id = "
        "row_hit.of_content");
  }

 private:
  // What a value over two extents covers is no value of its own.
  Status read_joints() {
    LIMIER_TRY(auto rows, db_.prepare(fmt::format("SELECT content_id, offset, length FROM byte_hit WHERE content_id <> "
                                                  "{} AND kind < {} ORDER BY content_id, offset LIMIT {}",
                                                  kOfImage, kKeywordKind, kMaxJoints)));
    while (true) {
      LIMIER_TRY(const bool row, rows.step());
      if (!row) return ok_status();
      std::int64_t& end = joints_[{rows.integer(0), rows.integer(1)}];
      end = std::max(end, rows.integer(1) + rows.integer(2));
    }
  }
  [[nodiscard]] bool part_of_joint(std::int64_t content_id, std::int64_t begin, std::int64_t end) const {
    auto next = joints_.upper_bound({content_id, begin});
    if (next == joints_.begin()) return false;
    --next;
    return next->first.first == content_id && end <= next->second;
  }

  // There one text begins where the other ends, or behind a number that looks like a letter: only what carries a check
  // in itself is sure to be whole. Of databases the cells are searched one by one.
  Status read_run_together() {
    LIMIER_TRY(auto rows,
               db_.prepare("SELECT c.content_id FROM content_type c JOIN file_type t ON t.type = c.type WHERE "
                           "t.mime GLOB 'application/vnd.sqlite3*' OR t.mime IN ('application/x-bplist', "
                           "'application/x-nskeyedarchive')"));
    while (true) {
      LIMIER_TRY(const bool row, rows.step());
      if (!row) return ok_status();
      run_together_.insert(rows.integer(0));
    }
  }
  [[nodiscard]] bool may_run_on(const catalog::Hit& hit, std::int64_t content_id) const {
    return !hit.keyword && hit.validated != catalog::Validated::kChecksum && run_together_.contains(content_id);
  }

  Status place_those_of_image() {
    LIMIER_TRY(auto owners, Owners::open(db_, max_in_memory_));
    LIMIER_TRY(auto extent, db_.prepare("SELECT file_offset FROM extent WHERE content_id = ?1 AND seq = ?2"));
    LIMIER_TRY(auto rows,
               db_.prepare(fmt::format("SELECT {} FROM byte_hit WHERE content_id = {} ORDER BY offset, kind, "
                                       "length",
                                       kColumns, kOfImage)));
    while (true) {
      LIMIER_TRY(const bool row, rows.step());
      if (!row) return ok_status();
      const std::int64_t offset = rows.integer(0);
      catalog::Hit hit = hit_of(rows, keywords_);
      hit.image_offset = offset;
      if (overlaps_one_before(hit, kOfImage, offset, rows.integer(1))) continue;
      LIMIER_TRY(const Owner* const owner, owners.at(offset));
      if (owner == nullptr) {
        hit.place.locator = fmt::format("image:{}", offset);
        LIMIER_CHECK(add(hit, std::nullopt));
        continue;
      }
      // Not the bytes of the content: a piece of a value looks like another one there. Of a keyword they are what was
      // asked for all the same.
      const bool packed = owner->kind == ExtentKind::kCompressed || owner->kind == ExtentKind::kEncrypted;
      if (!hit.keyword && (packed || owner->kind == ExtentKind::kResident)) continue;
      if (!hit.keyword && owner->sealed && is_cut(offset, rows.integer(1))) continue;
      if (packed) {
        hit.place.locator = fmt::format("image:{}", offset);
        LIMIER_CHECK(add(hit, owner->content_id));
        continue;
      }
      if (may_run_on(hit, owner->content_id)) continue;
      extent.reset();
      extent.bind(1, owner->content_id);
      extent.bind(2, std::int64_t{owner->seq});
      LIMIER_TRY(const bool placed, extent.step());
      const std::int64_t begin = (placed ? extent.integer(0) : 0) + offset - owner->image_offset;
      if (!hit.keyword && part_of_joint(owner->content_id, begin, begin + rows.integer(1))) continue;
      put_place(hit, begin);
      LIMIER_CHECK(add(hit, owner->content_id));
    }
  }

  Status place_those_of_contents() {
    LIMIER_TRY(auto rows,
               db_.prepare(fmt::format("SELECT {}, b.content_id, p.coding FROM byte_hit b LEFT JOIN packed p "
                                       "ON p.content_id = b.content_id WHERE b.content_id <> {} ORDER BY "
                                       "b.content_id, offset, kind, length",
                                       kColumns, kOfImage)));
    LIMIER_TRY(auto extent,
               db_.prepare(fmt::format("SELECT image_offset + ?2 - file_offset FROM extent WHERE content_id = ?1 AND "
                                       "file_offset <= ?2 AND file_offset + length > ?2 AND kind = {}",
                                       static_cast<int>(ExtentKind::kData))));
    // What the walk found inside of a record was seen in the image as well, unless numbers of the record lie in it.
    LIMIER_TRY(auto twin,
               db_.prepare(fmt::format(
                   "SELECT 1 FROM extent e JOIN byte_hit b ON b.content_id = {} AND b.offset = "
                   "e.image_offset + ?2 - e.file_offset AND b.kind = ?3 AND b.length = ?4 WHERE e.content_id "
                   "= ?1 AND e.file_offset <= ?2 AND e.file_offset + e.length > ?2 AND e.kind IN ({}, {})",
                   kOfImage, static_cast<int>(ExtentKind::kData), static_cast<int>(ExtentKind::kResident))));
    while (true) {
      LIMIER_TRY(const bool row, rows.step());
      if (!row) return ok_status();
      catalog::Hit hit = hit_of(rows, keywords_);
      const std::int64_t content_id = rows.integer(8);
      if (hit.keyword) {
        if (overlaps_one_before(hit, content_id, rows.integer(0), rows.integer(1))) continue;
        twin.reset();
        twin.bind(1, content_id);
        twin.bind(2, rows.integer(0));
        twin.bind(3, rows.integer(2));
        twin.bind(4, rows.integer(1));
        LIMIER_TRY(const bool seen, twin.step());
        if (seen) continue;
      }
      if (may_run_on(hit, content_id)) continue;
      extent.reset();
      extent.bind(1, content_id);
      extent.bind(2, rows.integer(0));
      LIMIER_TRY(const bool placed, extent.step());
      if (placed) hit.image_offset = extent.optional_integer(0);
      if (!rows.is_null(9)) hit.decode_path = catalog::coding_word(static_cast<catalog::Coding>(rows.integer(9)));
      put_place(hit, rows.integer(0));
      LIMIER_CHECK(add(hit, content_id));
    }
  }

  // Of one keyword, in rising order: the first counts.
  bool overlaps_one_before(const catalog::Hit& hit, std::int64_t content_id, std::int64_t begin, std::int64_t length) {
    if (!hit.keyword) return false;
    auto& [content, end] = ends_[*hit.keyword];
    if (content == content_id && begin < end) return true;
    content = content_id;
    end = begin + length;
    return false;
  }

  static void put_place(catalog::Hit& hit, std::int64_t file_offset) {
    hit.place.locator = fmt::format("byte:{}", file_offset);
    hit.place.file_offset = file_offset;
  }
  Status add(const catalog::Hit& hit, std::optional<std::int64_t> content_id) {
    return rows_.add_in_bytes(db_, catalog::kKindOf<catalog::Hit>, content_id, std::nullopt, ++seq_, maker_,
                              catalog::cells_of(hit));
  }

  Database& db_;
  DeclaredRows& rows_;
  const KeywordsOfRun& keywords_;
  std::int64_t maker_, max_in_memory_;
  std::map<std::int64_t, std::pair<std::int64_t, std::int64_t>> ends_;    // keyword → content, end of its last
  std::map<std::pair<std::int64_t, std::int64_t>, std::int64_t> joints_;  // content, begin → end
  std::unordered_set<std::int64_t> run_together_;
  std::int64_t seq_ = 0;
};

// What was read out of the same bytes stands once: a row has the better words, the bytes the place. A cell of a
// database is left to the row that a pack made of it. A record's bytes begin where the row says; of a row that does not
// say, all of its content's are.
std::string join_with_rows() {
  constexpr int kRecordBytes = 4096;
  constexpr const char* kFromRow =
      "SELECT i.content_id, r.kind, r.normalized, coalesce(r.place_source, {0}) AS source, "
      "coalesce(r.place_file_offset, "
      "-1) AS at, max(r.row_id) AS row_id FROM row_hit r JOIN content_item i ON i.item_id = r.item_id WHERE "
      "r.keyword_id IS NULL AND instr(r.decode_path, '.') > 0 AND (r.decode_path GLOB 'sqlite:*') = {1} GROUP BY 1, 2, "
      "3, 4, 5";
  constexpr int kMain = static_cast<int>(catalog::RowSource::kMain);
  return fmt::format("CREATE TEMP TABLE from_row AS {};", fmt::format(kFromRow, kMain, 0)) +
         "CREATE INDEX temp.from_row_by ON from_row(content_id, kind, normalized, source, at);"
         "DELETE FROM row_hit WHERE row_id IN (SELECT r.row_id FROM row_hit r JOIN content_item i ON i.item_id = "
         "r.item_id JOIN temp.from_row e ON r.keyword_id IS NULL AND e.content_id = i.content_id AND e.kind = r.kind "
         "AND e.normalized = "
         "r.normalized AND e.source = r.place_source AND e.at = r.place_file_offset WHERE r.decode_path GLOB "
         "'sqlite:*');" +
         fmt::format("INSERT INTO temp.from_row {};", fmt::format(kFromRow, kMain, 1)) +
         fmt::format(
             "CREATE TEMP TABLE same_bytes AS SELECT b.row_id AS byte_row, b.image_offset, (SELECT e.row_id FROM "
             "temp.from_row e WHERE e.content_id = b.of_content AND e.kind = b.kind AND e.normalized = b.normalized "
             "AND "
             "e.source = {} AND e.at <= b.place_file_offset AND (e.at = -1 OR b.place_file_offset - e.at < {}) ORDER "
             "BY "
             "e.at DESC LIMIT 1) AS row FROM row_hit b WHERE b.item_id IS NULL AND b.keyword_id IS NULL AND "
             "b.of_content IN (SELECT content_id "
             "FROM temp.from_row);",
             kMain, kRecordBytes) +
         "DELETE FROM temp.same_bytes WHERE row IS NULL;"
         "UPDATE row_hit SET image_offset = s.image_offset FROM temp.same_bytes s WHERE row_hit.row_id = s.row AND "
         "row_hit.image_offset IS NULL AND row_hit.place_file_offset IS NOT NULL;"
         "DELETE FROM row_hit WHERE row_id IN (SELECT byte_row FROM temp.same_bytes);"
         "DROP TABLE temp.from_row; DROP TABLE temp.same_bytes";
}

// So many of a value in a file; the last that stays says how many went.
std::string keep_first(std::size_t places) {
  return fmt::format(
      "CREATE TEMP TABLE place AS SELECT row_id, row_number() OVER w AS n, count(*) OVER (PARTITION BY of_content, "
      "kind, "
      "normalized) AS of FROM row_hit WHERE item_id IS NULL AND keyword_id IS NULL WINDOW w AS (PARTITION BY "
      "of_content, kind, normalized "
      "ORDER BY row_id);"
      "DELETE FROM temp.place WHERE of <= {0};"
      "UPDATE row_hit SET left_out = p.of - {0} FROM temp.place p WHERE p.row_id = row_hit.row_id AND p.n = {0};"
      "DELETE FROM row_hit WHERE row_id IN (SELECT row_id FROM temp.place WHERE n > {0}); DROP TABLE temp.place",
      places);
}

}  // namespace

std::string byte_hit_schema() {
  return R"sql(
CREATE TABLE byte_hit (
  content_id INTEGER NOT NULL, offset INTEGER NOT NULL, kind INTEGER NOT NULL, length INTEGER NOT NULL,
  seen_at INTEGER NOT NULL, proof INTEGER NOT NULL, encoding INTEGER NOT NULL, value BLOB NOT NULL,
  normalized BLOB NOT NULL, context BLOB NOT NULL, left_out INTEGER NOT NULL,
  PRIMARY KEY (content_id, offset, kind, length)
) STRICT, WITHOUT ROWID;
)sql";
}

// Back to the checkpoint, or to the beginning.
Status IndexWriter::Impl::rewind_byte_hits() {
  byte_hits_.reset();
  LIMIER_CHECK(rewind_keywords());
  return db_.execute("DELETE FROM byte_hit WHERE seen_at >= coalesce((SELECT image_offset FROM sweep_state), 0)");
}

Status IndexWriter::Impl::put_byte_hit(const catalog::ByteHit& hit, std::int64_t content_id, std::int64_t seen_at) {
  if (!byte_hits_) {
    LIMIER_TRY(const auto kept,
               db_.integer(fmt::format("SELECT count(*) FROM byte_hit WHERE kind < {}", kKeywordKind)));
    byte_hits_ = kept.value_or(0);
    LIMIER_CHECK(count_kept_keywords());
    LIMIER_TRY(byte_hit_,
               db_.prepare("INSERT OR IGNORE INTO byte_hit(content_id, offset, kind, length, seen_at, proof, "
                           "encoding, value, normalized, context, left_out) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, "
                           "?8, ?9, ?10, ?11)"));
  }
  const bool by_sweep = hit.keyword > 0 && seen_at != kSeenByWalk;
  if (by_sweep) {
    LIMIER_TRY(const bool keep, keep_keyword(hit.keyword));
    if (!keep) return ok_status();
  }
  if (hit.keyword == 0 && *byte_hits_ > kMaxByteHits)
    return ok_status();  // one more than are kept shows that there were more
  byte_hit_.bind(1, content_id);
  byte_hit_.bind(2, clamped(hit.offset));
  byte_hit_.bind(3, hit.keyword > 0 ? kKeywordKind + hit.keyword : std::int64_t{static_cast<std::uint8_t>(hit.kind)});
  byte_hit_.bind(4, std::int64_t{hit.length});
  byte_hit_.bind(5, seen_at);
  byte_hit_.bind(6, std::int64_t{static_cast<std::uint8_t>(hit.proof)});
  byte_hit_.bind(7, std::int64_t{static_cast<std::uint8_t>(hit.encoding)});
  byte_hit_.bind_blob(8, hit.value.data(), hit.value.size());
  byte_hit_.bind_blob(9, hit.normalized.data(), hit.normalized.size());
  byte_hit_.bind_blob(10, hit.context.data(), hit.context.size());
  byte_hit_.bind(11, std::int64_t{hit.left_out});
  LIMIER_CHECK(insert(byte_hit_));
  if (hit.keyword == 0) *byte_hits_ += byte_hit_.changes();
  if (by_sweep) keyword_kept_[hit.keyword - 1] += byte_hit_.changes(), keyword_hits_ += byte_hit_.changes();
  return ok_status();
}

Status IndexWriter::Impl::place_byte_hits(std::int64_t maker) {
  LIMIER_CHECK(
      db_.execute("DELETE FROM issue WHERE code IN ('hits-not-kept', 'hits-too-dense', 'keyword-hits-too-dense')"));
  LIMIER_CHECK(ByteHits(db_, declared_, keywords_, maker, max_in_memory_).run());
  LIMIER_CHECK(db_.execute(join_with_rows()));
  LIMIER_CHECK(tell_keywords_once());
  LIMIER_CHECK(db_.execute(keep_first(kMaxPlacesOfValue)));
  LIMIER_TRY(const auto kept, db_.integer(fmt::format("SELECT count(*) FROM byte_hit WHERE kind < {}", kKeywordKind)));
  constexpr std::string_view kDense = "SELECT coalesce(sum(left_out), 0) FROM byte_hit WHERE (kind > {}) = {}";
  LIMIER_TRY(const auto dense, db_.integer(fmt::format(kDense, kKeywordKind, 0)));
  LIMIER_TRY(const auto dense_words, db_.integer(fmt::format(kDense, kKeywordKind, 1)));
  catalog::IssueRecord issue;
  issue.stage = "sweep";
  issue.incomplete = true;
  if (kept.value_or(0) > kMaxByteHits) {
    LIMIER_TRY(
        const auto last,
        db_.integer(fmt::format("SELECT max(offset) FROM byte_hit WHERE content_id = 0 AND kind < {}", kKeywordKind)));
    issue.code = "hits-not-kept";
    issue.message = fmt::format(
        "More than {} numbers, addresses and keys stand in the bytes: those behind byte {} of the "
        "image are not listed",
        kMaxByteHits, last.value_or(0));
    LIMIER_CHECK(add(issue));
  }
  if (dense_words.value_or(0) > 0) {
    issue.code = "keyword-hits-too-dense";
    issue.message =
        fmt::format("{} places of keywords stand so close together that they are counted and not listed", *dense_words);
    LIMIER_CHECK(add(issue));
  }
  if (dense.value_or(0) == 0) return ok_status();
  issue.code = "hits-too-dense";
  issue.message = fmt::format(
      "{} numbers, addresses and keys stand so close together that they are counted and not listed", *dense);
  return add(issue);
}

Status IndexWriter::add(const catalog::ByteHit& hit) {
  return impl_->put_byte_hit(hit, hit.content_id ? identity(*hit.content_id) : kOfImage, clamped(hit.seen_at));
}

}  // namespace limier::store
