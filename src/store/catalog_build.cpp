// Names, inodes and streams become files, one after the other in catalog order.
#include <fmt/format.h>

#include "store/name_rows.h"
#include "store/writer_impl.h"

namespace limier::store {

namespace {

using catalog::FileKind;

FileKind kind_of(const NameRow& row) {
  if (row.kind == FileKind::kVirtual || !row.inode_key) return row.kind;
  return row.inode_kind;
}

class FileBuilder {
 public:
  FileBuilder(std::unique_ptr<NameRows> names, RowBatch<9> insert, Statement name_of)
      : names_(std::move(names)), insert_(std::move(insert)), name_of_(std::move(name_of)) {}

  Status build() {
    NameRow name;
    while (true) {
      LIMIER_TRY(const bool more, names_->next(name));
      if (!more) return insert_.flush();
      LIMIER_CHECK(put_name(name));
    }
  }

 private:
  Status put_name(const NameRow& name) {
    const bool root = (static_cast<std::uint64_t>(name.name_key) & kMaxOrdinal) == 0;
    LIMIER_TRY(parent_file_, parent_of(name, root));
    // An inode has one default stream; the first in catalog order is it.
    std::optional<std::int64_t> content_id;
    if (!name.streams.empty() && !name.streams.front().extra) content_id = name.streams.front().content_id;
    if (!root) {
      LIMIER_CHECK(put(name, content_id, kind_of(name), false));
      parent_file_ = file_id_;
      above_.push_back({name.name_key, file_id_});
    }
    for (const NameRow::Stream& stream : name.streams)
      if (stream.extra) LIMIER_CHECK(put(name, stream.content_id, FileKind::kStream, true));
    return ok_status();
  }

  Status put(const NameRow& row, const std::optional<std::int64_t>& content_id, FileKind kind, bool is_stream) {
    // Unlinked while a program had it open, an inode stays in use: what it holds is still that of the deleted name.
    const bool unlinked = !row.inode_linked && row.kind == row.inode_kind;
    const bool reused = row.inode_key && !row.allocated && row.inode_allocated && !unlinked;
    return insert_.add({++file_id_, row.volume_id, row.name_key, parent_file_, row.inode_key, content_id,
                        static_cast<std::int64_t>(kind), std::int64_t{is_stream}, std::int64_t{reused}});
  }

  // Names come folder by folder, so a parent is nearly always among the folders above the name before. Orphans have
  // theirs far back.
  Result<std::optional<std::int64_t>> parent_of(const NameRow& row, bool root) {
    if (root || row.parent_key >= row.name_key) return std::optional<std::int64_t>();
    for (std::size_t depth = above_.size(); depth > 0 && above_.size() - depth < kMaxDepth; --depth) {
      if (above_[depth - 1].name_key != row.parent_key) continue;
      above_.resize(depth);
      return std::optional(above_.back().file_id);
    }
    if (row.parent_key != last_parent_key_) {
      LIMIER_TRY(last_parent_file_, find_file(row.parent_key));
      last_parent_key_ = row.parent_key;
    }
    // What stood above is the way to another folder.
    above_.clear();
    if (last_parent_file_) above_.push_back({row.parent_key, *last_parent_file_});
    return last_parent_file_;
  }

  // The row of a name that is no stream. Both keys rise together.
  Result<std::optional<std::int64_t>> find_file(std::int64_t name_key) {
    LIMIER_CHECK(insert_.flush());
    std::int64_t first = 1, behind = file_id_ + 1;
    while (first < behind) {
      const std::int64_t middle = first + (behind - first) / 2;
      name_of_.bind(1, middle);
      LIMIER_TRY(const bool row, name_of_.step());
      const bool before = row && name_of_.integer(0) < name_key;
      const bool found = row && name_of_.integer(0) == name_key && name_of_.integer(1) == 0;
      name_of_.reset();
      if (found) return std::optional(middle);
      // Streams come behind the file they belong to.
      if (before)
        first = middle + 1;
      else
        behind = middle;
    }
    return std::optional<std::int64_t>();
  }

  struct Above {
    std::int64_t name_key = 0, file_id = 0;
  };
  static constexpr std::size_t kMaxDepth = 4096;  // folders are not followed that deep

  std::unique_ptr<NameRows> names_;
  RowBatch<9> insert_;
  Statement name_of_;
  std::int64_t file_id_ = 0;
  std::optional<std::int64_t> parent_file_;  // of the row to be put next
  std::vector<Above> above_;                 // the name put last and the folders it is in
  std::int64_t last_parent_key_ = -1;
  std::optional<std::int64_t> last_parent_file_;
};

}  // namespace

Status IndexWriter::Impl::build_files() {
  LIMIER_TRY(auto names, held_.whole() ? join_name_rows(db_, held_.take_inodes(), held_.take_streams())
                                       : open_name_rows(db_, max_in_memory_));
  LIMIER_TRY(auto insert_file, RowBatch<9>::prepare(db_, "INSERT INTO file VALUES"));
  LIMIER_TRY(auto name_of, db_.prepare("SELECT name_key, is_stream FROM file WHERE file_id = ?1"));
  return FileBuilder(std::move(names), std::move(insert_file), std::move(name_of)).build();
}

Result<PlacedExtents> IndexWriter::Impl::placed_extents() {
  if (placed_) return PlacedExtents(placed_);
  return PlacedExtents::open(db_, max_in_memory_);
}

Status IndexWriter::Impl::build_catalog() {
  step_ = Step::kCatalog;
  LIMIER_CHECK(begin());
  LIMIER_CHECK(flush_rows());
  if (held_.most_rows() > static_cast<std::size_t>(max_in_memory_)) held_.give_up();
  LIMIER_CHECK(db_.execute("DELETE FROM file"));
  LIMIER_CHECK(build_files());
  if (held_.whole()) placed_ = PlacedExtents::sort(held_.take_extents());
  held_.give_up();
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
