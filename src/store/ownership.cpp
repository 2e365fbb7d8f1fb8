// Which deleted streams can still be read as they were. One sweep over all extents and block ranges in image_offset
// order; what is kept in memory are the ends of what is open at the current offset, and the contents of the one group
// of deleted streams that may still be intact there.
#include <fmt/format.h>

#include <map>
#include <set>
#include <vector>

#include "store/placed_extents.h"
#include "store/writer_impl.h"

namespace limier::store {

namespace {

using catalog::ExtentKind;

// Rows of the sweep. `kind`: an ExtentKind; blocks in use come with kBlock.
constexpr std::int64_t kBlock = 100;
constexpr const char* kBlocks = "SELECT image_offset, length FROM block WHERE use <> 0 ORDER BY image_offset";
constexpr const char* kExtentsOf =
    "SELECT file_offset, image_offset, length, kind FROM extent WHERE content_id = ?1 ORDER BY seq";

struct Range {
  std::int64_t start = 0, end = 0, kind = 0, content_id = 0, inode_key = 0;
  bool deleted = false;
  bool has_content = false;  // false: folders
  [[nodiscard]] std::int64_t volume_id() const { return content_id >> kOrdinalBits; }
};

class RangeCursor {
 public:
  virtual ~RangeCursor() = default;
  virtual Status advance() = 0;
  [[nodiscard]] const std::optional<Range>& current() const { return current_; }

 protected:
  std::optional<Range> current_;
};

std::int64_t end_of(std::int64_t start, std::int64_t length) {
  return length > INT64_MAX - start ? INT64_MAX : start + length;
}

class ExtentRanges final : public RangeCursor {
 public:
  explicit ExtentRanges(PlacedExtents extents) : extents_(std::move(extents)) {}
  Status advance() override {
    current_.reset();
    do {
      LIMIER_CHECK(extents_.advance());
      // What is resident lies inside metadata that belongs to the file system's own streams anyway.
    } while (extents_.current() && extents_.current()->kind == ExtentKind::kResident);
    if (const auto& extent = extents_.current())
      current_ = Range{extent->image_offset,
                       end_of(extent->image_offset, extent->length),
                       static_cast<std::int64_t>(extent->kind),
                       extent->content_id,
                       extent->inode_key,
                       extent->deleted,
                       extent->has_content};
    return ok_status();
  }

 private:
  PlacedExtents extents_;
};

class BlockRanges final : public RangeCursor {
 public:
  explicit BlockRanges(Statement statement) : statement_(std::move(statement)) {}
  Status advance() override {
    LIMIER_TRY(const bool row, statement_.step());
    current_.reset();
    if (row)
      current_ = Range{
          statement_.integer(0), end_of(statement_.integer(0), statement_.integer(1)), kBlock, 0, 0, false, false};
    return ok_status();
  }

 private:
  Statement statement_;
};

constexpr const char* kCreated =
    "SELECT i.created_ns FROM stream s JOIN inode i ON i.inode_key = s.inode_key WHERE s.content_id = ?1";

// Two streams lead to the same content when their extent lists are equal: then neither has overwritten the other.
// Where an entry of a folder is all there is of a file (FAT, exFAT), renaming leaves a deleted one behind that leads to
// the clusters that the file had then. Such a version was created when the file was, and its clusters are the first of
// the file's.
class TwinTest {
 public:
  TwinTest(Statement left, Statement right, Statement created)
      : left_(std::move(left)), right_(std::move(right)), created_(std::move(created)) {}

  Result<bool> are_twins(std::int64_t a, std::int64_t b) {
    if (a == b) return true;
    const auto key = std::minmax(a, b);
    if (const auto known = known_.find(key); known != known_.end()) return known->second;
    LIMIER_TRY(const bool equal, compare(a, b));
    if (known_.size() >= kRemembered) known_.clear();
    known_.emplace(key, equal);
    return equal;
  }
  Result<bool> are_versions(std::int64_t a, std::int64_t b) {
    LIMIER_TRY(const auto one, created(a));
    LIMIER_TRY(const auto other, created(b));
    if (!one || one != other) return false;
    left_.bind(1, a);
    right_.bind(1, b);
    const auto begins_alike = compare_beginning();
    left_.reset();
    right_.reset();
    return begins_alike;
  }

 private:
  // Pairs met at one cluster are met again at the next one; more than a few open pairs at a time are rare.
  static constexpr std::size_t kRemembered = 4096;

  Result<bool> compare(std::int64_t a, std::int64_t b) {
    left_.bind(1, a);
    right_.bind(1, b);
    bool equal = true, more = true;
    while (equal && more) {
      LIMIER_TRY(const bool in_left, left_.step());
      LIMIER_TRY(const bool in_right, right_.step());
      equal = in_left == in_right;
      more = in_left && in_right;
      for (int column = 0; more && equal && column < 4; ++column)
        equal = left_.integer(column) == right_.integer(column) && left_.is_null(column) == right_.is_null(column);
    }
    left_.reset();
    right_.reset();
    return equal;
  }

  Result<std::optional<std::int64_t>> created(std::int64_t content_id) {
    created_.bind(1, content_id);
    LIMIER_TRY(const bool row, created_.step());
    const auto found = row && !created_.is_null(0) ? std::optional(created_.integer(0)) : std::nullopt;
    created_.reset();
    return found;
  }

  // The extents of one are the first of the other.
  Result<bool> compare_beginning() {
    while (true) {
      LIMIER_TRY(const bool in_left, next_content(left_));
      LIMIER_TRY(const bool in_right, next_content(right_));
      if (!in_left || !in_right) return true;
      for (const int column : {0, 1, 3})
        if (left_.integer(column) != right_.integer(column) || left_.is_null(column) != right_.is_null(column))
          return false;
      const std::int64_t left = left_.integer(2), right = right_.integer(2);
      if (left == right) continue;
      LIMIER_TRY(const bool goes_on, next_content(left < right ? left_ : right_));
      return !goes_on;
    }
  }
  static Result<bool> next_content(Statement& extents) {
    while (true) {
      LIMIER_TRY(const bool row, extents.step());
      if (!row || extents.integer(3) != static_cast<int>(ExtentKind::kSlack)) return row;
    }
  }

  Statement left_, right_, created_;
  std::map<std::pair<std::int64_t, std::int64_t>, bool> known_;
};

// Why a deleted stream cannot be read as it was; of several the first counts.
enum class Loss : std::int64_t { kFile = 1, kMarked = 2, kDeleted = 3 };

struct DoubleClaims {
  std::uint64_t bytes = 0;
  std::int64_t first_offset = 0, first_content = 0;
  bool concerns_content = false;  // false: folders only, which then list the same names
};

class OwnershipSweep {
 public:
  OwnershipSweep(Statement mark, TwinTest twins, std::set<std::int64_t> sharing,
                 std::set<std::int64_t> named_by_entries)
      : mark_(std::move(mark)),
        twins_(std::move(twins)),
        sharing_(std::move(sharing)),
        named_by_entries_(std::move(named_by_entries)) {}

  Status run(RangeCursor& extents, RangeCursor& blocks) {
    LIMIER_CHECK(extents.advance());
    LIMIER_CHECK(blocks.advance());
    while (extents.current() || blocks.current()) {
      const bool block_first =
          blocks.current() && (!extents.current() || blocks.current()->start <= extents.current()->start);
      RangeCursor& next = block_first ? blocks : extents;
      LIMIER_CHECK(take(*next.current()));
      LIMIER_CHECK(next.advance());
    }
    return ok_status();
  }
  [[nodiscard]] const std::map<std::int64_t, DoubleClaims>& double_claims() const { return double_claims_; }

 private:
  // Content compressed into another stream of its file (NTFS: WofCompressedData; HFS+ and APFS: the resource fork) is
  // in the same clusters as that stream.
  static bool one_file_compressed(const Range& one, const Range& other) {
    const auto compressed = [](const Range& range) { return range.kind == static_cast<int>(ExtentKind::kCompressed); };
    return one.inode_key == other.inode_key && (compressed(one) || compressed(other));
  }

  Status take(const Range& range) {
    if (range.end <= range.start) return ok_status();
    const auto is_over = [&](const Range& open) { return open.end <= range.start; };
    std::erase_if(intact_, is_over);
    std::erase_if(contested_, is_over);
    if (range.deleted) return take_deleted(range);
    if (range.kind == kBlock) {
      marked_until_ = std::max(marked_until_, range.end);
    } else {
      note_double_claim(range);
      owned_until_ = std::max(owned_until_, range.end);
    }
    const Loss loss = range.kind == kBlock ? Loss::kMarked : Loss::kFile;
    for (const Range& open : contested_) LIMIER_CHECK(mark(open.content_id, loss));
    if (loss == Loss::kFile) contested_.clear();
    return lose_intact(loss);
  }

  Status take_deleted(const Range& range) {
    // A stream's bytes begin at the start of a cluster, so two that share a cluster share bytes: slack need not be
    // looked at.
    const auto kind = static_cast<ExtentKind>(range.kind);
    if (kind != ExtentKind::kData && kind != ExtentKind::kCompressed && kind != ExtentKind::kEncrypted)
      return ok_status();
    const Loss loss = owned_until_ > range.start    ? Loss::kFile
                      : marked_until_ > range.start ? Loss::kMarked
                                                    : Loss::kDeleted;
    bool lost = loss != Loss::kDeleted || contested_until_ > range.start;
    if (!lost) {
      LIMIER_TRY(const bool same, is_one_with_intact(range));
      lost = !same;
    }
    if (!lost) {
      intact_.push_back(range);
      return ok_status();
    }
    LIMIER_CHECK(lose(range, loss));
    return lose_intact(loss);
  }

  Result<bool> is_one_with_intact(const Range& range) {
    if (intact_.empty()) return true;
    if (one_file_compressed(intact_.front(), range)) return true;
    // Who is a twin of one is what that one is to the others.
    LIMIER_TRY(const bool twin, twins_.are_twins(intact_.front().content_id, range.content_id));
    if (twin || !named_by_entries_.contains(range.volume_id())) return twin;
    if (intact_.size() > kMostVersions) return false;
    for (const Range& open : intact_) {
      LIMIER_TRY(const bool version, twins_.are_versions(open.content_id, range.content_id));
      if (!version) return false;
    }
    return true;
  }

  Status lose_intact(Loss loss) {
    for (const Range& open : intact_) LIMIER_CHECK(lose(open, loss));
    intact_.clear();
    return ok_status();
  }

  Status lose(const Range& range, Loss loss) {
    contested_until_ = std::max(contested_until_, range.end);
    if (loss != Loss::kFile && contested_.size() < kMostContested) contested_.push_back(range);
    return mark(range.content_id, loss);
  }

  Status mark(std::int64_t content_id, Loss loss) {
    mark_.bind(1, content_id);
    mark_.bind(2, static_cast<std::int64_t>(loss));
    return mark_.run();
  }

  void note_double_claim(const Range& range) {
    if (sharing_.contains(range.volume_id())) return;
    Range& open = last_allocated_[range.volume_id()];
    if (open.end > range.start && open.content_id != range.content_id && !one_file_compressed(open, range)) {
      DoubleClaims& claims = double_claims_[range.volume_id()];
      if (claims.bytes == 0) {
        claims.first_offset = range.start;
        claims.first_content = range.content_id;
      }
      claims.concerns_content = claims.concerns_content || open.has_content || range.has_content;
      claims.bytes += static_cast<std::uint64_t>(std::min(open.end, range.end) - range.start);
    }
    if (range.end > open.end) open = range;
  }

  static constexpr std::size_t kMostVersions = 64;     // of one file, compared with each other
  static constexpr std::size_t kMostContested = 1024;  // beyond that a reason may stay the weaker one

  Statement mark_;
  TwinTest twins_;
  std::set<std::int64_t> sharing_;           // volumes where one block may serve several files
  std::set<std::int64_t> named_by_entries_;  // FAT, exFAT
  std::int64_t owned_until_ = 0;             // end of the furthest allocated extent
  std::int64_t marked_until_ = 0;            // end of the furthest block in use
  std::int64_t contested_until_ = 0;         // end of the furthest extent of a deleted stream found overwritten
  std::vector<Range> intact_;     // deleted extents open here that nobody else has claimed so far: all of one content
  std::vector<Range> contested_;  // deleted extents open here of which no file in use is known to have a part
  std::map<std::int64_t, Range> last_allocated_;
  std::map<std::int64_t, DoubleClaims> double_claims_;
};

// APFS clones share blocks; ISO 9660 images may hold one file under several directory records, tars under several
// names; of overlaps in a zip and of ext the walk says so.
constexpr const char* kSharing =
    "SELECT volume_id FROM volume WHERE fs_type IN ('apfs', 'iso9660', 'zip', 'tar') OR scheme = 'apfs' UNION "
    "SELECT volume_id FROM issue WHERE code = 'blocks-shared' AND volume_id IS NOT NULL";
constexpr const char* kNamedByEntries =
    "SELECT volume_id FROM volume WHERE fs_type IN ('fat12', 'fat16', 'fat32', 'exfat')";

Result<std::set<std::int64_t>> volumes_of(Database& db, const char* sql) {
  std::set<std::int64_t> volumes;
  LIMIER_TRY(auto rows, db.prepare(sql));
  while (true) {
    LIMIER_TRY(const bool row, rows.step());
    if (!row) return volumes;
    volumes.insert(rows.integer(0));
  }
}

}  // namespace

Status IndexWriter::Impl::mark_overwritten() {
  LIMIER_CHECK(db_.execute("CREATE TEMP TABLE overwritten(content_id INTEGER PRIMARY KEY, loss INTEGER NOT NULL)"));
  std::map<std::int64_t, DoubleClaims> double_claims;
  {
    LIMIER_TRY(auto mark, db_.prepare("INSERT INTO temp.overwritten VALUES (?1, ?2) ON CONFLICT DO UPDATE SET loss = "
                                      "min(loss, excluded.loss)"));
    LIMIER_TRY(auto left, db_.prepare(kExtentsOf));
    LIMIER_TRY(auto right, db_.prepare(kExtentsOf));
    LIMIER_TRY(auto created, db_.prepare(kCreated));
    LIMIER_TRY(auto placed, placed_extents());
    LIMIER_TRY(auto blocks, db_.prepare(kBlocks));
    LIMIER_TRY(auto sharing, volumes_of(db_, kSharing));
    LIMIER_TRY(auto named_by_entries, volumes_of(db_, kNamedByEntries));
    OwnershipSweep sweep(std::move(mark), TwinTest(std::move(left), std::move(right), std::move(created)),
                         std::move(sharing), std::move(named_by_entries));
    ExtentRanges extents(std::move(placed));
    BlockRanges used(std::move(blocks));
    LIMIER_CHECK(sweep.run(extents, used));
    double_claims = sweep.double_claims();
  }
  // 2: overwritten. Only contents that would have been given a digest can lose it. A state that does not follow from
  // `deleted` is kept aside: an interrupted run builds its catalog, and the one that goes on with it builds it again.
  LIMIER_CHECK(db_.execute(
      "INSERT OR IGNORE INTO content_before SELECT content_id, state FROM stream WHERE content_id IN "
      "(SELECT content_id FROM temp.overwritten) AND source = 2 AND state <> deleted;"
      "UPDATE stream SET state = 2, reason = CASE o.loss WHEN 1 THEN 'some clusters belong to another file' WHEN 2 "
      "THEN 'some clusters are marked as in use in the allocation bitmap or table, and no listed file has "
      "them' ELSE 'another deleted file claims some of the clusters' END FROM temp.overwritten o WHERE "
      "o.content_id = stream.content_id AND source IN (1, 2); DROP TABLE temp.overwritten"));
  for (const auto& [volume_id, claims] : double_claims) {
    catalog::IssueRecord issue;
    issue.stage = "walk";
    issue.code = "clusters-claimed-twice";
    issue.incomplete = claims.concerns_content;  // one of the two shows what is not its own
    issue.volume_id = static_cast<std::uint32_t>(volume_id);
    LIMIER_TRY(const auto inode,
               db_.integer(fmt::format("SELECT i.inode FROM stream s JOIN inode i ON i.inode_key = s.inode_key WHERE "
                                       "s.content_id = {}",
                                       claims.first_content)));
    if (inode) issue.inode = static_cast<std::uint64_t>(*inode);
    issue.image_offset = static_cast<std::uint64_t>(claims.first_offset);
    issue.length = claims.bytes;
    issue.message = fmt::format("two files in use claim the same clusters, {} bytes in all; the first place is given",
                                claims.bytes);
    LIMIER_CHECK(add(issue));
  }
  return begin();
}

}  // namespace limier::store
