// The coverage ledger: what every byte of the media is. Claims from volumes, block ranges, extents and damage are
// merged in image_offset order; at each offset the claim of the highest rank decides. Claims of one rank say the same,
// so only the end of the furthest one is kept, and memory does not grow with the media.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "store/placed_extents.h"
#include "store/writer_impl.h"

namespace limier::store {

namespace {

using catalog::BlockUse;
using catalog::ExtentKind;
using catalog::FileKind;
using catalog::VolumeStatus;

// Ranks within one level of nesting, weakest first; a volume inside another one is a level of its own.
enum Rank : std::size_t {
  kGap,           // between partitions
  kTable,         // sectors of a partition table
  kBase,          // a volume with nothing known about the byte
  kTail,          // behind the last block of the file system
  kInUseUnowned,  // the file system says in use, but no file has it
  kEncryptedVolume,
  kFree,  // the file system says free
  kMetadataBlock,
  kSlackExtent,
  kMetadataExtent,
  kFileExtent,
  kRankCount,
};
// Partition tables nest two or three deep; whatever is deeper shares the last level.
constexpr std::size_t kMaxLevels = 16;

Coverage state_of(std::size_t rank) {
  switch (static_cast<Rank>(rank)) {
    case kGap:
      return Coverage::kUnpartitioned;
    case kTable:
    case kInUseUnowned:
    case kMetadataBlock:
    case kMetadataExtent:
      return Coverage::kMetadata;
    case kTail:
    case kSlackExtent:
      return Coverage::kSlack;
    case kEncryptedVolume:
      return Coverage::kEncrypted;
    case kFileExtent:
      return Coverage::kFile;
    case kBase:
    case kFree:
    case kRankCount:
      return Coverage::kUnallocated;
  }
  return Coverage::kUnallocated;
}

struct Claim {
  std::int64_t start = 0, end = 0;
  std::size_t rank = 0;  // level * kRankCount + Rank; one above the last level: unreadable
};

struct Volume {
  std::int64_t id = 0, parent = 0, start = 0, end = 0, blocks_end = 0;
  VolumeStatus status{};
  bool gap = false;
  std::string fs_type;
  std::size_t level = 0;
};

std::int64_t end_of(std::int64_t start, std::int64_t length) {
  return length > INT64_MAX - start ? INT64_MAX : start + length;
}

// ---- volumes
// ------------------------------------------------------------------------------------------------------------

Result<std::vector<Volume>> load_volumes(Database& db) {
  LIMIER_TRY(auto rows,
             db.prepare("SELECT v.volume_id, coalesce(v.parent_id, 0), v.image_offset, v.length, v.status, "
                        "v.slot LIKE '-----%', v.fs_type, coalesce((SELECT max(b.image_offset + b.length) FROM "
                        "block b WHERE b.volume_id = v.volume_id), 0) FROM volume v ORDER BY v.volume_id"));
  std::vector<Volume> volumes;
  std::map<std::int64_t, std::size_t> by_id;
  while (true) {
    LIMIER_TRY(const bool row, rows.step());
    if (!row) return volumes;
    Volume volume;
    volume.id = rows.integer(0);
    volume.parent = rows.integer(1);
    volume.start = rows.integer(2);
    volume.end = end_of(volume.start, rows.integer(3));
    volume.status = static_cast<VolumeStatus>(rows.integer(4));
    volume.gap = volume.status == VolumeStatus::kUnallocated || rows.integer(5) != 0;
    volume.fs_type = rows.text(6);
    volume.blocks_end = rows.integer(7);
    if (const auto parent = by_id.find(volume.parent); parent != by_id.end()) {
      // Volumes of one pool share the range of their container: they are one level, and what any of them knows counts.
      const Volume& above = volumes[parent->second];
      const bool same_range = above.start == volume.start && above.end == volume.end;
      volume.level = std::min(above.level + (same_range ? 0 : 1), kMaxLevels - 1);
    }
    by_id.emplace(volume.id, volumes.size());
    volumes.push_back(std::move(volume));
  }
}

// An extended partition is listed like a table, but what it encloses is not table: it claims nothing itself.
bool is_enclosing(const Volume& table, const std::vector<Volume>& volumes) {
  return std::any_of(volumes.begin(), volumes.end(), [&](const Volume& other) {
    return &other != &table && !other.gap && other.start >= table.start && other.end <= table.end &&
           other.end - other.start < table.end - table.start;
  });
}

bool is_walked(const Volume& volume) {
  return volume.status == VolumeStatus::kParsed || volume.status == VolumeStatus::kPartial;
}

std::vector<Claim> volume_claims(const std::vector<Volume>& volumes) {
  std::vector<Claim> claims;
  for (const Volume& volume : volumes) {
    const std::size_t level = volume.level * kRankCount;
    if (volume.status == VolumeStatus::kTable) {
      if (!is_enclosing(volume, volumes)) claims.push_back({volume.start, volume.end, level + kTable});
      continue;
    }
    claims.push_back({volume.start, volume.end, level + (volume.gap ? kGap : kBase)});
    if (volume.status == VolumeStatus::kEncrypted)
      claims.push_back({volume.start, volume.end, level + kEncryptedVolume});
    if (is_walked(volume) && volume.blocks_end > volume.start)
      claims.push_back({volume.blocks_end, volume.end, level + kTail});
  }
  std::sort(claims.begin(), claims.end(), [](const Claim& a, const Claim& b) { return a.start < b.start; });
  return claims;
}

// ---- the sources, each in image_offset order
// ----------------------------------------------------------------------------

class ClaimSource {
 public:
  virtual ~ClaimSource() = default;
  virtual Status advance() = 0;
  [[nodiscard]] const std::optional<Claim>& current() const { return current_; }

 protected:
  std::optional<Claim> current_;
};

class ListedClaims final : public ClaimSource {
 public:
  explicit ListedClaims(std::vector<Claim> claims) : claims_(std::move(claims)) {}
  Status advance() override {
    current_ = at_ < claims_.size() ? std::optional(claims_[at_++]) : std::nullopt;
    return ok_status();
  }

 private:
  std::vector<Claim> claims_;
  std::size_t at_ = 0;
};

// Rows (start, length, volume_id, …) turned to claims by `rank_of`, which may give none.
class RowClaims : public ClaimSource {
 public:
  RowClaims(Statement rows, const std::vector<Volume>& volumes) : rows_(std::move(rows)) {
    for (const Volume& volume : volumes) by_id_.emplace(volume.id, &volume);
  }
  Status advance() override {
    while (true) {
      LIMIER_TRY(const bool row, rows_.step());
      current_.reset();
      if (!row) return ok_status();
      const auto rank = rank_of(rows_);
      if (!rank) continue;
      current_ = Claim{rows_.integer(0), end_of(rows_.integer(0), rows_.integer(1)), *rank};
      return ok_status();
    }
  }

 protected:
  virtual std::optional<std::size_t> rank_of(const Statement& row) const = 0;
  [[nodiscard]] const Volume* volume_of(const Statement& row) const {
    const auto found = by_id_.find(row.integer(2));
    return found == by_id_.end() ? nullptr : found->second;
  }

 private:
  Statement rows_;
  std::map<std::int64_t, const Volume*> by_id_;
};

class BlockClaims final : public RowClaims {
 public:
  using RowClaims::RowClaims;

 private:
  std::optional<std::size_t> rank_of(const Statement& row) const override {
    const Volume* volume = volume_of(row);
    if (volume == nullptr) return std::nullopt;
    const auto use = static_cast<BlockUse>(row.integer(3));
    const Rank rank = use == BlockUse::kMetadata ? kMetadataBlock : use == BlockUse::kAllocated ? kInUseUnowned : kFree;
    return volume->level * kRankCount + rank;
  }
};

// Files the file system keeps for itself. NTFS: MFT entries 0 to 23 are reserved (ntfs-3g layout.h, FILE_first_user is
// 24); ext: inodes below 11 are reserved (EXT4_GOOD_OLD_FIRST_INO in the kernel's fs/ext4/ext4.h).
bool is_system_file(const Volume& volume, std::uint8_t inode) {
  if (volume.fs_type == "ntfs") return inode < 24;
  return volume.fs_type.starts_with("ext") && inode < 11;
}

class ExtentClaims final : public ClaimSource {
 public:
  ExtentClaims(PlacedExtents extents, const std::vector<Volume>& volumes) : extents_(std::move(extents)) {
    for (const Volume& volume : volumes) by_id_.emplace(volume.id, &volume);
  }
  Status advance() override {
    while (true) {
      LIMIER_CHECK(extents_.advance());
      current_.reset();
      const auto& extent = extents_.current();
      if (!extent) return ok_status();
      const Volume* volume = volume_of(*extent);
      if (extent->deleted || volume == nullptr) continue;
      current_ = Claim{extent->image_offset, end_of(extent->image_offset, extent->length), rank_of(*extent, *volume)};
      return ok_status();
    }
  }

 private:
  const Volume* volume_of(const PlacedExtent& extent) {
    const std::int64_t id = extent.content_id >> kOrdinalBits;
    if (last_ == nullptr || last_->id != id) {
      const auto found = by_id_.find(id);
      last_ = found == by_id_.end() ? nullptr : found->second;
    }
    return last_;
  }
  static std::size_t rank_of(const PlacedExtent& extent, const Volume& volume) {
    const FileKind owner = extent.inode_kind;
    const bool metadata = extent.kind == ExtentKind::kResident || owner == FileKind::kVirtual ||
                          owner == FileKind::kDir || is_system_file(volume, extent.inode);
    const Rank rank = extent.kind == ExtentKind::kSlack ? kSlackExtent : metadata ? kMetadataExtent : kFileExtent;
    return volume.level * kRankCount + rank;
  }

  PlacedExtents extents_;
  std::map<std::int64_t, const Volume*> by_id_;
  const Volume* last_ = nullptr;
};

class DamageClaims final : public RowClaims {
 public:
  using RowClaims::RowClaims;

 private:
  std::optional<std::size_t> rank_of(const Statement&) const override { return kMaxLevels * kRankCount; }
};

// ---- the merge
// ------------------------------------------------------------------------------------------------------------

class Ledger {
 public:
  Ledger(RowBatch<3> insert, std::int64_t media_size) : insert_(std::move(insert)), media_size_(media_size) {
    open_[0] = media_size;  // level 0, kGap: what no volume covers is in no partition
  }

  Status merge(const std::vector<std::unique_ptr<ClaimSource>>& sources) {
    for (const auto& source : sources) LIMIER_CHECK(source->advance());
    while (true) {
      ClaimSource* next = nullptr;
      for (const auto& source : sources)
        if (source->current() && (next == nullptr || source->current()->start < next->current()->start))
          next = source.get();
      if (next == nullptr) break;
      const Claim claim = *next->current();
      if (claim.start >= media_size_) break;
      LIMIER_CHECK(write_until(std::max<std::int64_t>(claim.start, 0)));
      auto& end = open_[claim.rank];
      end = std::max(end, std::min(claim.end, media_size_));
      LIMIER_CHECK(next->advance());
    }
    LIMIER_CHECK(write_until(media_size_));
    LIMIER_CHECK(put());
    return insert_.flush();
  }

 private:
  Status write_until(std::int64_t offset) {
    while (at_ < offset) {
      while (open_.rbegin()->second <= at_) open_.erase(std::prev(open_.end()));
      const auto [rank, claim_end] = *open_.rbegin();
      const std::int64_t end = std::min(claim_end, offset);
      const Coverage state = rank == kMaxLevels * kRankCount ? Coverage::kUnreadable : state_of(rank % kRankCount);
      if (state != state_) LIMIER_CHECK(put());
      state_ = state;
      at_ = end;
    }
    return ok_status();
  }

  Status put() {
    if (at_ == begin_) return ok_status();
    const std::int64_t begin = std::exchange(begin_, at_);
    return insert_.add({begin, at_ - begin, static_cast<std::int64_t>(state_)});
  }

  RowBatch<3> insert_;
  std::int64_t media_size_;
  std::map<std::size_t, std::int64_t> open_;  // rank → end of its furthest claim; rank 0 lasts to the very end
  std::int64_t at_ = 0, begin_ = 0;
  Coverage state_ = Coverage::kUnpartitioned;
};

}  // namespace

Status IndexWriter::Impl::build_coverage() {
  if (!evidence_finished_) LIMIER_CHECK(finish_evidence({}, std::nullopt, false));
  LIMIER_CHECK(begin());
  LIMIER_CHECK(db_.execute("DELETE FROM coverage"));
  {
    LIMIER_TRY(const auto volumes, load_volumes(db_));
    LIMIER_TRY(auto damage, db_.prepare("SELECT image_offset, length FROM bad_range ORDER BY image_offset"));
    LIMIER_TRY(auto blocks,
               db_.prepare("SELECT image_offset, length, volume_id, use FROM block ORDER BY image_offset"));
    LIMIER_TRY(auto extents, placed_extents());
    LIMIER_TRY(auto insert_range, RowBatch<3>::prepare(db_, "INSERT INTO coverage VALUES"));
    std::vector<std::unique_ptr<ClaimSource>> sources;
    sources.push_back(std::make_unique<ListedClaims>(volume_claims(volumes)));
    sources.push_back(std::make_unique<DamageClaims>(std::move(damage), volumes));
    sources.push_back(std::make_unique<BlockClaims>(std::move(blocks), volumes));
    sources.push_back(std::make_unique<ExtentClaims>(std::move(extents), volumes));
    LIMIER_CHECK(Ledger(std::move(insert_range), clamped(media_size_)).merge(sources));
  }
  placed_.reset();
  LIMIER_CHECK(build_not_examined());
  coverage_built_ = true;
  return commit();
}

}  // namespace limier::store
