// Names, inodes and streams become files. Works through the names in catalog order with one cursor, so memory does not
// grow with the volume.
#include <fmt/format.h>

#include <algorithm>

#include "store/schema.h"
#include "store/writer_impl.h"

namespace limier::store {

namespace {

using catalog::FileKind;

// A name, its inode where the sequence matches, and the streams of that inode.
struct NameRow {
  struct Stream {
    bool extra = false;  // not the default stream: sorts behind it
    std::int64_t attr_type = 0, attr_id = 0, content_id = 0;
    auto operator<=>(const Stream&) const = default;
  };
  std::int64_t name_key = 0, parent_key = 0, volume_id = 0;
  FileKind kind = FileKind::kFile;
  bool allocated = true;
  std::optional<std::int64_t> inode_key;
  FileKind inode_kind = FileKind::kFile;
  bool inode_allocated = false;
  std::vector<Stream> streams;
};

// One row for each stream of a name, or one with NULLs. Sorted by name alone: SQLite would sort the few streams of each
// name in a temporary table of its own.
constexpr const char* kNameRows =
    "SELECT n.name_key, s.content_id, s.is_default, s.attr_type, s.attr_id, n.parent_key, n.volume_id, n.kind, "
    "n.allocated, i.inode_key, i.kind, i.allocated "
    "FROM name n LEFT JOIN inode i ON i.volume_id = n.volume_id AND i.inode = n.inode AND i.name_sequence = n.sequence "
    "LEFT JOIN stream s ON s.inode_key = i.inode_key ORDER BY n.name_key";

void read_name(const Statement& cursor, NameRow& row) {
  row.name_key = cursor.integer(0);
  row.parent_key = cursor.integer(5);
  row.volume_id = cursor.integer(6);
  row.kind = static_cast<FileKind>(cursor.integer(7));
  row.allocated = cursor.integer(8) != 0;
  row.inode_key = cursor.optional_integer(9);
  row.inode_kind = static_cast<FileKind>(cursor.integer(10));
  row.inode_allocated = cursor.integer(11) != 0;
  row.streams.clear();
}

FileKind kind_of(const NameRow& row) {
  if (row.kind == FileKind::kVirtual || !row.inode_key) return row.kind;
  return row.inode_kind;
}

class FileBuilder {
 public:
  FileBuilder(Statement cursor, Statement insert, Statement find_parent)
      : cursor_(std::move(cursor)), insert_(std::move(insert)), find_parent_(std::move(find_parent)) {}

  Status build() {
    NameRow name;
    bool more = true, any = false;
    while (more) {
      LIMIER_TRY(more, cursor_.step());
      if (any && (!more || cursor_.integer(0) != name.name_key)) LIMIER_CHECK(put_name(name));
      if (!more) break;
      if (!any || cursor_.integer(0) != name.name_key) read_name(cursor_, name);
      any = true;
      if (const auto content_id = cursor_.optional_integer(1))
        name.streams.push_back({cursor_.integer(2) == 0, cursor_.integer(3), cursor_.integer(4), *content_id});
    }
    return ok_status();
  }

 private:
  Status put_name(NameRow& name) {
    std::sort(name.streams.begin(), name.streams.end());
    const bool root = (static_cast<std::uint64_t>(name.name_key) & kMaxOrdinal) == 0;
    LIMIER_TRY(parent_file_, parent_of(name, root));
    // An inode has one default stream; the first in catalog order is it.
    std::optional<std::int64_t> content_id;
    if (!name.streams.empty() && !name.streams.front().extra) content_id = name.streams.front().content_id;
    if (!root) {
      LIMIER_CHECK(put(name, content_id, kind_of(name), false));
      parent_file_ = file_id_;
    }
    for (const NameRow::Stream& stream : name.streams)
      if (stream.extra) LIMIER_CHECK(put(name, stream.content_id, FileKind::kStream, true));
    return ok_status();
  }

  Status put(const NameRow& row, const std::optional<std::int64_t>& content_id, FileKind kind, bool is_stream) {
    insert_.bind(1, ++file_id_);
    insert_.bind(2, row.volume_id);
    insert_.bind(3, row.name_key);
    insert_.bind(4, parent_file_);
    insert_.bind(5, row.inode_key);
    insert_.bind(6, content_id);
    insert_.bind(7, static_cast<std::int64_t>(kind));
    insert_.bind(8, std::int64_t{is_stream});
    insert_.bind(9, std::int64_t{row.inode_key && !row.allocated && row.inode_allocated});
    return insert_.run();
  }

  // Entries of one folder follow each other, so the last answer is nearly always the next one too.
  Result<std::optional<std::int64_t>> parent_of(const NameRow& row, bool root) {
    if (root || row.parent_key >= row.name_key) return std::optional<std::int64_t>();
    if (row.parent_key != last_parent_key_) {
      find_parent_.bind(1, row.parent_key);
      LIMIER_TRY(const bool found, find_parent_.step());
      last_parent_file_ = found ? std::optional(find_parent_.integer(0)) : std::nullopt;
      find_parent_.reset();
      last_parent_key_ = row.parent_key;
    }
    return last_parent_file_;
  }

  Statement cursor_, insert_, find_parent_;
  std::int64_t file_id_ = 0;
  std::optional<std::int64_t> parent_file_;  // of the row to be put next
  std::int64_t last_parent_key_ = -1;
  std::optional<std::int64_t> last_parent_file_;
};

}  // namespace

Status IndexWriter::Impl::build_files() {
  LIMIER_TRY(auto cursor, db_.prepare(kNameRows));
  LIMIER_TRY(auto insert_file, db_.prepare("INSERT INTO file VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"));
  LIMIER_TRY(auto find_parent, db_.prepare("SELECT file_id FROM file WHERE name_key = ?1 AND is_stream = 0"));
  return FileBuilder(std::move(cursor), std::move(insert_file), std::move(find_parent)).build();
}

Status IndexWriter::Impl::build_catalog() {
  step_ = Step::kCatalog;
  LIMIER_CHECK(begin());
  LIMIER_CHECK(db_.execute("DELETE FROM file"));
  LIMIER_CHECK(build_files());
  LIMIER_CHECK(db_.execute(catalog_indexes()));
  LIMIER_CHECK(mark_overwritten());
  LIMIER_CHECK(add_completeness_issues());
  catalog_built_ = true;
  return commit();
}

Status IndexWriter::Impl::add_completeness_issues() {
  std::vector<catalog::IssueRecord> issues;
  {
    LIMIER_TRY(auto empty,
               db_.prepare("SELECT volume_id, fs_type FROM volume v WHERE walkable AND status IN (0, 1) AND NOT "
                           "EXISTS (SELECT 1 FROM name WHERE name_key BETWEEN (v.volume_id << 40) + 1 AND "
                           "((v.volume_id + 1) << 40) - 1) ORDER BY volume_id"));
    while (true) {
      LIMIER_TRY(const bool row, empty.step());
      if (!row) break;
      catalog::IssueRecord issue;
      issue.stage = "walk";
      issue.code = "listing-may-be-incomplete";
      issue.volume_id = static_cast<std::uint32_t>(empty.integer(0));
      issue.incomplete = true;
      issue.message = fmt::format("the {} file system was recognised, but no name was found on it", empty.text(1));
      issues.push_back(std::move(issue));
    }
    LIMIER_TRY(auto bare,
               db_.prepare("SELECT f.volume_id, n.allocated, count(*) FROM file f JOIN name n ON n.name_key = "
                           "f.name_key WHERE f.inode_key IS NULL AND f.kind <> 5 GROUP BY 1, 2 ORDER BY 1, 2"));
    while (true) {
      LIMIER_TRY(const bool row, bare.step());
      if (!row) break;
      const bool allocated = bare.integer(1) != 0;
      catalog::IssueRecord issue;
      issue.stage = "walk";
      issue.code = "names-without-metadata";
      issue.severity = allocated ? catalog::Severity::kWarning : catalog::Severity::kInfo;
      issue.volume_id = static_cast<std::uint32_t>(bare.integer(0));
      issue.message = fmt::format("{} {} whose metadata does not exist or belongs to another file", bare.integer(2),
                                  allocated ? "names in use" : "deleted names");
      issues.push_back(std::move(issue));
    }
  }
  std::uint64_t refused = 0;
  for (const auto& [volume_id, records] : refused_by_volume_) refused += records;
  if (refused > 0) {
    catalog::IssueRecord issue;
    issue.stage = "walk";
    issue.code = "records-refused";
    issue.incomplete = true;
    issue.message = fmt::format("{} records contradict others sent before and were left out", refused);
    issues.push_back(std::move(issue));
  }
  for (const auto& issue : issues) LIMIER_CHECK(add(issue));
  return begin();
}

Result<std::vector<catalog::VolumeRecord>> IndexWriter::walkable_volumes() {
  LIMIER_TRY(auto rows,
             impl_->db_.prepare(
                 "SELECT volume_id, coalesce(parent_id, 0), scheme, slot, image_offset, length, declared_length, "
                 "coalesce(CAST(description_raw AS TEXT), description), fs_type, "
                 "coalesce(CAST(fs_label_raw AS TEXT), fs_label), fs_uuid, block_size, status, encryption, "
                 "tsk_fs_type, pool_block FROM volume WHERE walkable ORDER BY volume_id"));
  std::vector<catalog::VolumeRecord> volumes;
  while (true) {
    LIMIER_TRY(const bool row, rows.step());
    if (!row) return volumes;
    catalog::VolumeRecord& volume = volumes.emplace_back();
    volume.volume_id = static_cast<std::uint32_t>(rows.integer(0));
    volume.parent_id = static_cast<std::uint32_t>(rows.integer(1));
    volume.scheme = rows.text(2);
    volume.slot = rows.text(3);
    volume.image_offset = static_cast<std::uint64_t>(rows.integer(4));
    volume.length = static_cast<std::uint64_t>(rows.integer(5));
    volume.declared_length = static_cast<std::uint64_t>(rows.integer(6));
    volume.description = rows.text(7);
    volume.fs_type = rows.text(8);
    volume.fs_label = rows.text(9);
    volume.fs_uuid = rows.text(10);
    volume.block_size = static_cast<std::uint32_t>(rows.integer(11));
    volume.status = static_cast<catalog::VolumeStatus>(rows.integer(12));
    volume.encryption = rows.text(13);
    volume.walkable = true;
    volume.tsk_fs_type = static_cast<std::uint32_t>(rows.integer(14));
    volume.pool_block = static_cast<std::uint64_t>(rows.integer(15));
  }
}

}  // namespace limier::store
