// Which deleted streams can still be read as they were. One sweep over all extents and block ranges in image_offset
// order; what is kept in memory are the ends of what is open at the current offset, and the contents of the one group
// of deleted streams that may still be intact there.
#include <fmt/format.h>

#include <map>
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

// Two streams lead to the same content when their extent lists are equal: then neither has overwritten the other.
class TwinTest {
 public:
  TwinTest(Statement left, Statement right) : left_(std::move(left)), right_(std::move(right)) {}

  Result<bool> are_twins(std::int64_t a, std::int64_t b) {
    if (a == b) return true;
    const auto key = std::minmax(a, b);
    if (const auto known = known_.find(key); known != known_.end()) return known->second;
    LIMIER_TRY(const bool equal, compare(a, b));
    if (known_.size() >= kRemembered) known_.clear();
    known_.emplace(key, equal);
    return equal;
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

  Statement left_, right_;
  std::map<std::pair<std::int64_t, std::int64_t>, bool> known_;
};

struct DoubleClaims {
  std::uint64_t bytes = 0;
  std::int64_t first_offset = 0, first_content = 0;
  bool concerns_content = false;  // false: folders only, which then list the same names
};

class OwnershipSweep {
 public:
  OwnershipSweep(Statement mark, TwinTest twins, std::map<std::int64_t, bool> sharing)
      : mark_(std::move(mark)), twins_(std::move(twins)), sharing_(std::move(sharing)) {}

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
    std::erase_if(intact_, [&](const Range& open) { return open.end <= range.start; });
    if (range.deleted) return take_deleted(range);
    if (range.kind != kBlock) note_double_claim(range);
    owned_until_ = std::max(owned_until_, range.end);
    return mark_intact();
  }

  Status take_deleted(const Range& range) {
    // A stream's bytes begin at the start of a cluster, so two that share a cluster share bytes: slack need not be
    // looked at.
    const auto kind = static_cast<ExtentKind>(range.kind);
    if (kind != ExtentKind::kData && kind != ExtentKind::kCompressed && kind != ExtentKind::kEncrypted)
      return ok_status();
    if (owned_until_ > range.start || contested_until_ > range.start) {
      contested_until_ = std::max(contested_until_, range.end);
      LIMIER_CHECK(mark(range.content_id));
      return mark_intact();
    }
    if (!intact_.empty()) {
      // All open intact streams are twins of each other: one comparison speaks for all.
      const bool one_file = one_file_compressed(intact_.front(), range);
      LIMIER_TRY(const bool same,
                 one_file ? Result<bool>(true) : twins_.are_twins(intact_.front().content_id, range.content_id));
      if (!same) {
        contested_until_ = std::max(contested_until_, range.end);
        LIMIER_CHECK(mark(range.content_id));
        return mark_intact();
      }
    }
    intact_.push_back(range);
    return ok_status();
  }

  Status mark_intact() {
    for (const Range& open : intact_) {
      contested_until_ = std::max(contested_until_, open.end);
      LIMIER_CHECK(mark(open.content_id));
    }
    intact_.clear();
    return ok_status();
  }

  Status mark(std::int64_t content_id) {
    mark_.bind(1, content_id);
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

  Statement mark_;
  TwinTest twins_;
  std::map<std::int64_t, bool> sharing_;  // volumes where one block may serve several files
  std::int64_t owned_until_ = 0;          // end of the furthest allocated extent or block in use
  std::int64_t contested_until_ = 0;      // end of the furthest extent of a deleted stream found overwritten
  std::vector<Range> intact_;             // deleted extents open here that nobody else has claimed so far: all twins
  std::map<std::int64_t, Range> last_allocated_;
  std::map<std::int64_t, DoubleClaims> double_claims_;
};

// APFS clones share blocks; ISO 9660 images may hold one file under several directory records; of ext the walk says so.
Result<std::map<std::int64_t, bool>> sharing_volumes(Database& db) {
  std::map<std::int64_t, bool> volumes;
  LIMIER_TRY(auto rows,
             db.prepare("SELECT volume_id FROM volume WHERE fs_type IN ('apfs', 'iso9660') OR scheme = 'apfs' UNION "
                        "SELECT volume_id FROM issue WHERE code = 'blocks-shared' AND volume_id IS NOT NULL"));
  while (true) {
    LIMIER_TRY(const bool row, rows.step());
    if (!row) return volumes;
    volumes.emplace(rows.integer(0), true);
  }
}

}  // namespace

Status IndexWriter::Impl::mark_overwritten() {
  LIMIER_CHECK(db_.execute("CREATE TEMP TABLE overwritten(content_id INTEGER PRIMARY KEY)"));
  std::map<std::int64_t, DoubleClaims> double_claims;
  {
    LIMIER_TRY(auto mark, db_.prepare("INSERT OR IGNORE INTO temp.overwritten VALUES (?1)"));
    LIMIER_TRY(auto left, db_.prepare(kExtentsOf));
    LIMIER_TRY(auto right, db_.prepare(kExtentsOf));
    LIMIER_TRY(auto placed, placed_extents());
    LIMIER_TRY(auto blocks, db_.prepare(kBlocks));
    LIMIER_TRY(auto sharing, sharing_volumes(db_));
    OwnershipSweep sweep(std::move(mark), TwinTest(std::move(left), std::move(right)), std::move(sharing));
    ExtentRanges extents(std::move(placed));
    BlockRanges used(std::move(blocks));
    LIMIER_CHECK(sweep.run(extents, used));
    double_claims = sweep.double_claims();
  }
  // 2: overwritten. Only contents that would have been given a digest can lose it. A state that does not follow from
  // `deleted` is kept aside: an interrupted run builds its catalog, and the one that goes on with it builds it again.
  LIMIER_CHECK(
      db_.execute("INSERT OR IGNORE INTO content_before SELECT content_id, state FROM stream WHERE content_id IN "
                  "(SELECT content_id FROM temp.overwritten) AND source = 2 AND state <> deleted;"
                  "UPDATE stream SET state = 2 WHERE content_id IN (SELECT content_id FROM temp.overwritten) AND "
                  "source IN (1, 2); DROP TABLE temp.overwritten"));
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
