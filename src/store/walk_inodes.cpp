// The inodes a walk in parts has to open, from the names that are in the index already.
#include <fmt/format.h>

#include "store/writer_impl.h"

namespace limier::store {

Status IndexWriter::collect_inodes(std::uint32_t volume_id) {
  LIMIER_CHECK(impl_->begin());
  LIMIER_CHECK(impl_->flush_rows());
  // Deleted entries whose inode number is gone carry 0, which is a real inode only for those in use. Names in
  // directories come first and win.
  LIMIER_CHECK(impl_->db_.execute(
      fmt::format("DROP TABLE IF EXISTS temp.walk_inode;"
                  "CREATE TEMP TABLE walk_inode(inode INTEGER PRIMARY KEY, orphan INTEGER NOT NULL);"
                  "INSERT OR IGNORE INTO temp.walk_inode SELECT inode, 0 FROM name WHERE name_key BETWEEN {0} AND {1} "
                  "AND (inode <> 0 OR allocated) AND NOT orphan;"
                  "INSERT OR IGNORE INTO temp.walk_inode SELECT inode, 1 FROM name WHERE name_key BETWEEN {0} AND {1} "
                  "AND (inode <> 0 OR allocated) AND orphan;",
                  volume_key(volume_id, 0), volume_key(volume_id, kMaxOrdinal))));
  return impl_->commit();
}

Result<std::vector<NamedInode>> IndexWriter::collected_inodes(const std::optional<NamedInode>& after,
                                                              std::size_t limit) {
  LIMIER_TRY(auto rows, impl_->db_.prepare("SELECT inode, orphan FROM temp.walk_inode WHERE ?1 OR (orphan, inode) > "
                                           "(?2, ?3) ORDER BY orphan, inode LIMIT ?4"));
  rows.bind(1, std::int64_t{!after.has_value()});
  rows.bind(2, std::int64_t{after && after->orphan});
  rows.bind(3, after ? identity(after->inode) : std::int64_t{0});
  rows.bind(4, static_cast<std::int64_t>(limit));
  std::vector<NamedInode> inodes;
  while (true) {
    LIMIER_TRY(const bool row, rows.step());
    if (!row) return inodes;
    inodes.push_back({static_cast<std::uint64_t>(rows.integer(0)), rows.integer(1) != 0});
  }
}

}  // namespace limier::store
