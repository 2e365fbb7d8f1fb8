#include "store/name_rows.h"

#include <algorithm>
#include <tuple>

namespace limier::store {
namespace {

using catalog::FileKind;

// ---- joined by SQLite ----------------------------------------------------------------------------------------------

// One row for each stream of a name, or one with NULLs. Sorted by name alone: SQLite would sort the few streams of each
// name in a temporary table of its own.
constexpr const char* kJoined =
    "SELECT n.name_key, s.content_id, s.is_default, s.attr_type, s.attr_id, n.parent_key, n.volume_id, n.kind, "
    "n.allocated, i.inode_key, i.kind, i.allocated "
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
    "SELECT inode_key, volume_id, inode, name_sequence, kind, allocated FROM inode ORDER BY inode_key";
constexpr const char* kStreams =
    "SELECT inode_key, content_id, is_default, attr_type, attr_id FROM stream ORDER BY content_id";

struct Inode {
  std::int64_t inode_key = 0, volume_id = 0, inode = 0, name_sequence = 0;
  FileKind kind{};
  bool allocated = false;
  [[nodiscard]] auto number() const { return std::tuple(volume_id, inode); }
};
struct OwnedStream {
  std::int64_t inode_key = 0;
  NameRow::Stream stream;
  auto operator<=>(const OwnedStream&) const = default;
};

class MemoryRows final : public NameRows {
 public:
  MemoryRows(Statement names, std::vector<Inode> inodes, std::vector<OwnedStream> streams)
      : names_(std::move(names)), inodes_(std::move(inodes)), streams_(std::move(streams)) {
    std::sort(inodes_.begin(), inodes_.end(), [](const Inode& a, const Inode& b) { return a.number() < b.number(); });
    std::sort(streams_.begin(), streams_.end());
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
    row.inode_allocated = false;
    row.streams.clear();
    const Inode* inode = find(row.volume_id, names_.integer(3));
    if (inode == nullptr || inode->name_sequence != names_.integer(4)) return true;
    row.inode_key = inode->inode_key;
    row.inode_kind = inode->kind;
    row.inode_allocated = inode->allocated;
    auto stream = std::lower_bound(streams_.begin(), streams_.end(), inode->inode_key,
                                   [](const OwnedStream& one, std::int64_t key) { return one.inode_key < key; });
    for (; stream != streams_.end() && stream->inode_key == inode->inode_key; ++stream)
      row.streams.push_back(stream->stream);
    return true;
  }

 private:
  [[nodiscard]] const Inode* find(std::int64_t volume_id, std::int64_t number) const {
    const auto wanted = std::tuple(volume_id, number);
    const auto found = std::lower_bound(inodes_.begin(), inodes_.end(), wanted,
                                        [](const Inode& one, const auto& key) { return one.number() < key; });
    return found != inodes_.end() && found->number() == wanted ? &*found : nullptr;
  }

  Statement names_;
  std::vector<Inode> inodes_;         // by volume and number
  std::vector<OwnedStream> streams_;  // by inode, the default stream first
};

Result<std::vector<Inode>> load_inodes(Database& db, std::int64_t count) {
  LIMIER_TRY(auto rows, db.prepare(kInodes));
  std::vector<Inode> inodes;
  inodes.reserve(static_cast<std::size_t>(count));
  while (true) {
    LIMIER_TRY(const bool row, rows.step());
    if (!row) return inodes;
    inodes.push_back({rows.integer(0), rows.integer(1), rows.integer(2), rows.integer(3),
                      static_cast<FileKind>(rows.integer(4)), rows.integer(5) != 0});
  }
}

Result<std::vector<OwnedStream>> load_streams(Database& db, std::int64_t count) {
  LIMIER_TRY(auto rows, db.prepare(kStreams));
  std::vector<OwnedStream> streams;
  streams.reserve(static_cast<std::size_t>(count));
  while (true) {
    LIMIER_TRY(const bool row, rows.step());
    if (!row) return streams;
    streams.push_back({rows.integer(0), {rows.integer(2) == 0, rows.integer(3), rows.integer(4), rows.integer(1)}});
  }
}

}  // namespace

Result<std::unique_ptr<NameRows>> open_name_rows(Database& db, std::int64_t max_in_memory) {
  LIMIER_TRY(const auto inode_count, db.integer("SELECT count(*) FROM inode"));
  LIMIER_TRY(const auto stream_count, db.integer("SELECT count(*) FROM stream"));
  if (std::max(inode_count.value_or(0), stream_count.value_or(0)) > max_in_memory) {
    LIMIER_TRY(auto joined, db.prepare(kJoined));
    return std::unique_ptr<NameRows>(std::make_unique<JoinedRows>(std::move(joined)));
  }
  LIMIER_TRY(auto inodes, load_inodes(db, inode_count.value_or(0)));
  LIMIER_TRY(auto streams, load_streams(db, stream_count.value_or(0)));
  LIMIER_TRY(auto names, db.prepare(kNames));
  return std::unique_ptr<NameRows>(
      std::make_unique<MemoryRows>(std::move(names), std::move(inodes), std::move(streams)));
}

}  // namespace limier::store
