// The sweep's plan. Each batch is a query of its own that starts behind the last piece given, so no cursor stays open
// while digests are written.
#include "store/schema.h"
#include "store/writer_impl.h"

namespace limier::store {

namespace {
// source 1: by the sweep; state 0 and 1: complete or recovered; 3: the sweep has found damage in it, which must not
// change the plan of the sweep that goes on after it; kind 0: data; kind 5 of source 1: a packed member of an archive.
constexpr const char* kPieces =
    " FROM extent e INDEXED BY extent_by_offset JOIN stream s ON s.content_id = e.content_id "
    "LEFT JOIN packed p ON p.content_id = e.content_id WHERE e.image_offset >= ?1 AND e.kind IN (0, 5) AND s.source = "
    "1 AND s.state IN (0, 1, 3) ";
constexpr std::int64_t kPackedExtent = 5;
}  // namespace

Result<IndexWriter::PlanTotals> IndexWriter::Impl::plan_totals() {
  LIMIER_CHECK(db_.execute(extent_index()));
  LIMIER_TRY(
      auto pieces,
      db_.prepare(std::string("SELECT count(*), coalesce(sum(e.length), 0), count(DISTINCT s.content_id)") + kPieces));
  pieces.bind(1, std::int64_t{0});
  LIMIER_TRY(const bool row, pieces.step());
  PlanTotals totals;
  if (!row) return totals;
  totals.pieces = static_cast<std::uint64_t>(pieces.integer(0));
  totals.bytes = static_cast<std::uint64_t>(pieces.integer(1));
  totals.contents = static_cast<std::uint64_t>(pieces.integer(2));
  return totals;
}

Result<std::vector<catalog::PlanPiece>> IndexWriter::Impl::next_plan(std::size_t limit) {
  if (!plan_) {
    LIMIER_CHECK(db_.execute(extent_index()));
    LIMIER_TRY(plan_,
               db_.prepare(std::string("SELECT e.image_offset, s.content_id, e.piece, s.piece_count, s.size_bytes, "
                                       "e.file_offset, e.length, p.coding, p.crc32, p.content_id IS NOT NULL, e.kind") +
                           kPieces +
                           "AND (e.image_offset > ?1 OR s.content_id > ?2 OR (s.content_id = ?2 AND e.piece > ?3)) "
                           "ORDER BY e.image_offset, s.content_id, e.piece LIMIT ?4"));
  }
  plan_.bind(1, plan_position_.image_offset);
  plan_.bind(2, plan_position_.content_id);
  plan_.bind(3, plan_position_.piece);
  plan_.bind(4, clamped(limit));
  std::vector<catalog::PlanPiece> pieces;
  while (true) {
    LIMIER_TRY(const bool row, plan_.step());
    if (!row) return pieces;
    catalog::PlanPiece& piece = pieces.emplace_back();
    plan_position_ = {plan_.integer(0), plan_.integer(1), plan_.integer(2)};
    piece.image_offset = static_cast<std::uint64_t>(plan_.integer(0));
    piece.content_id = static_cast<std::uint64_t>(plan_.integer(1));
    piece.piece = static_cast<std::uint32_t>(plan_.integer(2));
    piece.piece_count = static_cast<std::uint32_t>(plan_.integer(3));
    piece.size_bytes = static_cast<std::uint64_t>(plan_.integer(4));
    piece.file_offset = static_cast<std::uint64_t>(plan_.integer(5));
    piece.length = static_cast<std::uint64_t>(plan_.integer(6));
    if (plan_.integer(9) == 0) continue;
    piece.packing.coding = static_cast<catalog::Coding>(plan_.integer(7));
    piece.packing.has_crc = !plan_.is_null(8);
    piece.packing.crc32 = static_cast<std::uint32_t>(plan_.integer(8));
    if (plan_.integer(10) != kPackedExtent) continue;
    piece.unpacked_bytes = piece.size_bytes;
    piece.size_bytes = piece.length;
    piece.piece_count = 1;
  }
}

}  // namespace limier::store
