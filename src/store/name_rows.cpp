#include "store/name_rows.h"

#include <algorithm>
#include <tuple>

#include "store/schema.h"

namespace limier::store {
namespace {

using catalog::FileKind;

// ---- joined by SQLite ----------------------------------------------------------------------------------------------

// One row for each stream of a name, or one with NULLs. Sorted by name alone: SQLite would sort the few streams of each
// name in a temporary table of its own.
constexpr const char* kJoined =
    "SELECT n.name_key, s.content_id, s.is_default, s.attr_type, s.attr_id, n.parent_key, n.volume_id, n.kind, "
    "n.allocated, i.inode_key, i.kind, i.allocated, i.link_count "
    "FROM name n LEFT JOIN inode i ON i.volume_id = n.volume_id AND i.inode = n.inode AND i.name_sequence = n.sequence "
    "LEFT JOIN stream s ON s.inode_key = i.inode_key ORDER BY n.name_key";

class JoinedRows final : public NameRows {
 public:
  explicit JoinedRows(Statement rows) : rows_(std::move(rows)) {}

  Result<bool> next(NameRow& row) override {
    if (!begun_) {
      begun_ = true;
      LIMIER_TRY(more_, rows_.step());
    }
    if (!more_) return false;
    row.name_key = rows_.integer(0);
    row.parent_key = rows_.integer(5);
    row.volume_id = rows_.integer(6);
    row.kind = static_cast<FileKind>(rows_.integer(7));
    row.allocated = rows_.integer(8) != 0;
    row.inode_key = rows_.optional_integer(9);
    row.inode_kind = static_cast<FileKind>(rows_.integer(10));
    row.inode_allocated = rows_.integer(11) != 0;
    row.inode_linked = rows_.integer(12) != 0;
    row.streams.clear();
    while (more_ && rows_.integer(0) == row.name_key) {
      if (const auto content_id = rows_.optional_integer(1))
        row.streams.push_back({rows_.integer(2) == 0, rows_.integer(3), rows_.integer(4), *content_id});
      LIMIER_TRY(more_, rows_.step());
    }
    std::sort(row.streams.begin(), row.streams.end());
    return true;
  }

 private:
  Statement rows_;
  bool begun_ = false, more_ = false;
};

// ---- joined in memory ----------------------------------------------------------------------------------------------

constexpr const char* kNames =
    "SELECT name_key, parent_key, volume_id, inode, sequence, kind, allocated FROM name ORDER BY name_key";
constexpr const char* kInodes =
    "SELECT inode_key, volume_id, inode, name_sequence, kind, allocated, link_count FROM inode ORDER BY inode_key";
constexpr const char* kStreams =
    "SELECT inode_key, content_id, is_default, attr_type, attr_id FROM stream ORDER BY content_id";

class MemoryRows final : public NameRows {
 public:
  MemoryRows(Statement names, std::vector<JoinInode> inodes, std::vector<JoinStream> streams)
      : names_(std::move(names)), inodes_(std::move(inodes)), streams_(std::move(streams)) {
    std::sort(streams_.begin(), streams_.end());
    // Volumes may have been walked in any order.
    const auto by_key = [](const JoinInode& a, const JoinInode& b) { return a.inode_key < b.inode_key; };
    if (!std::is_sorted(inodes_.begin(), inodes_.end(), by_key)) std::sort(inodes_.begin(), inodes_.end(), by_key);
    std::size_t stream = 0;
    for (JoinInode& inode : inodes_) {
      while (stream < streams_.size() && streams_[stream].inode_key < inode.inode_key) ++stream;
      inode.first_stream = static_cast<std::uint32_t>(stream);
    }
    const auto by_number = [](const JoinInode& a, const JoinInode& b) { return number(a) < number(b); };
    // As a walk sends them, but for the orphans behind.
    const auto orphans = std::is_sorted_until(inodes_.begin(), inodes_.end(), by_number);
    if (std::is_sorted(orphans, inodes_.end(), by_number))
      std::inplace_merge(inodes_.begin(), orphans, inodes_.end(), by_number);
    else
      std::sort(inodes_.begin(), inodes_.end(), by_number);
  }

  Result<bool> next(NameRow& row) override {
    LIMIER_TRY(const bool more, names_.step());
    if (!more) return false;
    row.name_key = names_.integer(0);
    row.parent_key = names_.integer(1);
    row.volume_id = names_.integer(2);
    row.kind = static_cast<FileKind>(names_.integer(5));
    row.allocated = names_.integer(6) != 0;
    row.inode_key.reset();
    row.inode_kind = FileKind::kFile;
    row.inode_allocated = row.inode_linked = false;
    row.streams.clear();
    const JoinInode* inode = find(row.volume_id, names_.integer(3));
    if (inode == nullptr || inode->name_sequence != names_.integer(4)) return true;
    row.inode_key = inode->inode_key;
    row.inode_kind = inode->kind;
    row.inode_allocated = inode->allocated;
    row.inode_linked = inode->linked;
    for (std::size_t at = inode->first_stream; at < streams_.size() && streams_[at].inode_key == inode->inode_key; ++at)
      row.streams.push_back(streams_[at].stream);
    return true;
  }

 private:
  static std::tuple<std::int64_t, std::int64_t> number(const JoinInode& inode) {
    return {inode.volume_id, inode.inode};
  }

  [[nodiscard]] const JoinInode* find(std::int64_t volume_id, std::int64_t inode) {
    if (volume_id != volume_id_) select_volume(volume_id);
    if (first_ == behind_ || inode < inodes_[first_].inode) return nullptr;
    // Numbers within a volume rise by one at least, so this one is not behind the place it had if none were missing.
    const auto distance =
        std::min(static_cast<std::uint64_t>(inode) - static_cast<std::uint64_t>(inodes_[first_].inode),
                 static_cast<std::uint64_t>(behind_ - first_ - 1));
    const std::size_t last = first_ + static_cast<std::size_t>(distance);
    if (inodes_[last].inode == inode) return &inodes_[last];
    const auto end = inodes_.begin() + static_cast<std::ptrdiff_t>(last);
    const auto found = std::lower_bound(inodes_.begin() + static_cast<std::ptrdiff_t>(first_), end, inode,
                                        [](const JoinInode& one, std::int64_t wanted) { return one.inode < wanted; });
    return found != end && found->inode == inode ? &*found : nullptr;
  }

  void select_volume(std::int64_t volume_id) {
    const auto [first, behind] =
        std::equal_range(inodes_.begin(), inodes_.end(), JoinInode{.volume_id = volume_id},
                         [](const JoinInode& a, const JoinInode& b) { return a.volume_id < b.volume_id; });
    volume_id_ = volume_id;
    first_ = static_cast<std::size_t>(first - inodes_.begin());
    behind_ = static_cast<std::size_t>(behind - inodes_.begin());
  }

  Statement names_;
  std::vector<JoinInode> inodes_;    // by volume and number
  std::vector<JoinStream> streams_;  // by inode, the default stream first
  std::int64_t volume_id_ = -1;
  std::size_t first_ = 0, behind_ = 0;  // the inodes of that volume
};

JoinInode inode_of(const Statement& row) {
  return {
      row.integer(0),      row.integer(1),     row.integer(2), row.integer(3), 0, static_cast<FileKind>(row.integer(4)),
      row.integer(5) != 0, row.integer(6) != 0};
}

JoinStream stream_of(const Statement& row) {
  return {row.integer(0), {row.integer(2) == 0, row.integer(3), row.integer(4), row.integer(1)}};
}

}  // namespace

Result<std::unique_ptr<NameRows>> open_name_rows(Database& db, std::int64_t max_in_memory) {
  LIMIER_TRY(const auto inode_count, db.integer("SELECT count(*) FROM inode"));
  LIMIER_TRY(const auto stream_count, db.integer("SELECT count(*) FROM stream"));
  if (std::max(inode_count.value_or(0), stream_count.value_or(0)) > max_in_memory) {
    LIMIER_CHECK(db.execute(inode_index() + stream_index()));
    LIMIER_TRY(auto joined, db.prepare(kJoined));
    return std::unique_ptr<NameRows>(std::make_unique<JoinedRows>(std::move(joined)));
  }
  LIMIER_TRY(auto inode_rows, db.prepare(kInodes));
  LIMIER_TRY(auto inodes, read_all(std::move(inode_rows), inode_count.value_or(0), inode_of));
  LIMIER_TRY(auto stream_rows, db.prepare(kStreams));
  LIMIER_TRY(auto streams, read_all(std::move(stream_rows), stream_count.value_or(0), stream_of));
  return join_name_rows(db, std::move(inodes), std::move(streams));
}

Result<std::unique_ptr<NameRows>> join_name_rows(Database& db, std::vector<JoinInode> inodes,
                                                 std::vector<JoinStream> streams) {
  LIMIER_TRY(auto names, db.prepare(kNames));
  return std::unique_ptr<NameRows>(
      std::make_unique<MemoryRows>(std::move(names), std::move(inodes), std::move(streams)));
}

}  // namespace limier::store
