#include "store/placed_extents.h"

#include <algorithm>
#include <tuple>

#include "store/schema.h"

namespace limier::store {
namespace {

constexpr const char* kColumns =
    "SELECT e.image_offset, e.length, e.content_id, s.inode_key, e.seq, e.kind, i.inode, i.kind, i.allocated, "
    "s.source ";
// In the order of their keys all three tables are read from front to back.
constexpr const char* kByKey =
    "FROM extent e CROSS JOIN stream s ON s.content_id = e.content_id CROSS JOIN inode i ON i.inode_key = s.inode_key "
    "WHERE e.image_offset IS NOT NULL ORDER BY e.content_id, e.seq";
constexpr const char* kByOffset =
    "FROM extent e INDEXED BY extent_by_offset JOIN stream s ON s.content_id = e.content_id "
    "JOIN inode i ON i.inode_key = s.inode_key WHERE e.image_offset IS NOT NULL ORDER BY e.image_offset";

PlacedExtent extent_of(const Statement& row) {
  PlacedExtent extent;
  extent.image_offset = row.integer(0);
  extent.length = row.integer(1);
  extent.content_id = row.integer(2);
  extent.inode_key = row.integer(3);
  extent.seq = static_cast<std::uint32_t>(row.integer(4));
  extent.kind = static_cast<catalog::ExtentKind>(row.integer(5));
  extent.inode = PlacedExtent::short_inode(static_cast<std::uint64_t>(row.integer(6)));
  extent.inode_kind = static_cast<catalog::FileKind>(row.integer(7));
  extent.deleted = row.integer(8) == 0;
  extent.has_content = row.integer(9) != 0;
  return extent;
}

}  // namespace

// The order of extent_by_offset.
bool PlacedExtent::before(const PlacedExtent& other) const {
  const auto key = [](const PlacedExtent& one) {
    return std::tuple(one.image_offset, one.length, one.kind, one.content_id, one.seq);
  };
  return key(*this) < key(other);
}

PlacedExtents::Sorted PlacedExtents::sort(std::vector<PlacedExtent> extents) {
  put_in_order(extents, order_by_number(std::span<const PlacedExtent>(extents),
                                        [](const PlacedExtent& one) { return one.image_offset; }));
  // Few begin at the same place.
  for (auto first = extents.begin(); first != extents.end();) {
    const auto behind = std::find_if(first, extents.end(),
                                     [&](const PlacedExtent& one) { return one.image_offset != first->image_offset; });
    std::sort(first, behind, [](const PlacedExtent& a, const PlacedExtent& b) { return a.before(b); });
    first = behind;
  }
  return std::make_shared<const std::vector<PlacedExtent>>(std::move(extents));
}

Result<PlacedExtents> PlacedExtents::open(Database& db, std::int64_t max_in_memory) {
  LIMIER_TRY(const auto count, db.integer("SELECT count(*) FROM extent"));
  if (count.value_or(0) > max_in_memory) {
    LIMIER_CHECK(db.execute(extent_index()));
    LIMIER_TRY(auto in_order, db.prepare(std::string(kColumns) + kByOffset));
    return PlacedExtents(std::move(in_order));
  }
  LIMIER_TRY(auto rows, db.prepare(std::string(kColumns) + kByKey));
  LIMIER_TRY(auto extents, read_all(std::move(rows), count.value_or(0), extent_of));
  return PlacedExtents(sort(std::move(extents)));
}

Status PlacedExtents::advance() {
  current_.reset();
  if (rows_) {
    LIMIER_TRY(const bool row, rows_.step());
    if (row) current_ = extent_of(rows_);
  } else if (next_ < sorted_->size()) {
    current_ = (*sorted_)[next_++];
  }
  return ok_status();
}

}  // namespace limier::store
