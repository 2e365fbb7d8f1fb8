// Every name in catalog order, with its inode where the sequence matches, and the streams of that inode.
#pragma once

#include <memory>
#include <vector>

#include "limier/catalog.h"
#include "store/db.h"

namespace limier::store {

struct NameRow {
  struct Stream {
    bool extra = false;  // not the default stream: sorts behind it
    std::int64_t attr_type = 0, attr_id = 0, content_id = 0;
    auto operator<=>(const Stream&) const = default;
  };
  std::int64_t name_key = 0, parent_key = 0, volume_id = 0;
  catalog::FileKind kind = catalog::FileKind::kFile;
  bool allocated = true;
  std::optional<std::int64_t> inode_key;
  catalog::FileKind inode_kind = catalog::FileKind::kFile;
  bool inode_allocated = false;
  bool inode_linked = false;    // counts a name
  std::vector<Stream> streams;  // sorted
};

// What the join needs of an inode and of a stream.
struct JoinInode {
  std::int64_t inode_key = 0, volume_id = 0, inode = 0, name_sequence = 0;
  std::uint32_t first_stream = 0;  // where its streams begin among all of them
  catalog::FileKind kind{};
  bool allocated = false;
  bool linked = false;
};
struct JoinStream {
  std::int64_t inode_key = 0;
  NameRow::Stream stream;
  auto operator<=>(const JoinStream&) const = default;
};

class NameRows {
 public:
  virtual ~NameRows() = default;
  // False behind the last name.
  virtual Result<bool> next(NameRow& row) = 0;
};

// Joined in memory while there are no more than `max_in_memory` inodes and streams each, else by SQLite.
Result<std::unique_ptr<NameRows>> open_name_rows(Database& db, std::int64_t max_in_memory);
// The same from all inodes and streams there are, in the order of their keys.
Result<std::unique_ptr<NameRows>> join_name_rows(Database& db, std::vector<JoinInode> inodes,
                                                 std::vector<JoinStream> streams);

}  // namespace limier::store
