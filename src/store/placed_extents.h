// Every extent that lies on the media, in the order of the media, with what the sweeps over the media have to know of
// its stream and inode.
#pragma once

#include <memory>
#include <vector>

#include "limier/catalog.h"
#include "store/db.h"

namespace limier::store {

struct PlacedExtent {
  std::int64_t image_offset = 0, length = 0, content_id = 0, inode_key = 0;
  std::uint32_t seq = 0;
  std::uint8_t inode = 0;  // kLaterInode when above
  catalog::ExtentKind kind{};
  catalog::FileKind inode_kind{};
  bool deleted = false;      // of an inode that is not in use
  bool has_content = false;  // of a stream that is content, not of a folder, link or device
  static constexpr std::uint8_t kLaterInode = 255;
  static std::uint8_t short_inode(std::uint64_t inode) {
    return static_cast<std::uint8_t>(inode < kLaterInode ? inode : kLaterInode);
  }
  [[nodiscard]] bool before(const PlacedExtent& other) const;
};

// Sorted in memory where they are few, which is several times faster; beyond that read in the order of an index.
class PlacedExtents {
 public:
  using Sorted = std::shared_ptr<const std::vector<PlacedExtent>>;
  static Result<PlacedExtents> open(Database& db, std::int64_t max_in_memory);
  static Sorted sort(std::vector<PlacedExtent> extents);
  explicit PlacedExtents(Sorted sorted) : sorted_(std::move(sorted)) {}
  Status advance();
  [[nodiscard]] const std::optional<PlacedExtent>& current() const { return current_; }

 private:
  explicit PlacedExtents(Statement rows) : rows_(std::move(rows)) {}

  Statement rows_;  // of the index, or none
  Sorted sorted_;
  std::size_t next_ = 0;
  std::optional<PlacedExtent> current_;
};

}  // namespace limier::store
