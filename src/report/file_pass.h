// The one pass over v_file that everything which looks at every file shares: reading a row takes longer than any of
// them.
#pragma once

#include <array>
#include <span>

#include "limier/catalog.h"
#include "limier/store.h"

namespace limier::report {

// Columns of the row a visitor sees, named as in v_file. Those beyond the contract are NULL where the index lacks them.
namespace file_column {
enum At : int {
  kFileId,
  kVolumeId,
  kParentFileId,
  kPath,
  kPathRaw,
  kName,
  kKind,
  kInode,
  kSequence,
  kAttrType,
  kAttrId,
  kStream,
  kStreamRaw,
  kAllocated,
  kDeleted,
  kRealloc,
  kOrphan,
  kSize,
  kModifiedNs,
  kAccessedNs,
  kChangedNs,
  kCreatedNs,
  kNameModifiedNs,
  kNameAccessedNs,
  kNameChangedNs,
  kNameCreatedNs,
  kZoneBasis,
  kMode,
  kUid,
  kGid,
  kOwnerSid,
  kLinkCount,
  kLinkTarget,
  kLinkTargetRaw,
  kMd5,
  kSha1,
  kSha256,
  kContentState,
  kMime,
  kTypeName,
  kExtMismatch,
  kEntropy,
  kKnown,
  kKnownSource,
  kTimeMarks,
  kFarTimes,
  kCount
};
}  // namespace file_column

// The rows of v_timeline one row of v_file stands for: each distinct time once, with the letters of the times equal to
// it. Those of the NTFS $FILE_NAME come after the file's own.
struct Moment {
  std::int64_t t_ns = 0;
  bool from_name = false;
  std::array<char, 4> macb{};
  catalog::TimeBasis basis = catalog::TimeBasis::kUtc;
  // Of a time that 64 bits of nanoseconds do not hold: its text, and its seconds since 1970. Then there is no t_ns.
  std::string_view far_text{};
  std::int64_t far_seconds = 0;
};
struct Moments {
  std::array<Moment, 8> items;
  std::size_t count = 0;
  [[nodiscard]] std::span<const Moment> span() const { return std::span(items).first(count); }
};

// One row of v_file, read once for all visitors.
class FileCells {
 public:
  void read(const store::Query& row);
  [[nodiscard]] bool is_null(file_column::At at) const { return cell(at).kind == store::Cell::Kind::kNull; }
  [[nodiscard]] std::int64_t integer(file_column::At at) const { return cell(at).integer; }
  [[nodiscard]] double real(file_column::At at) const { return cell(at).real; }
  // Of text and of blobs.
  [[nodiscard]] std::string_view bytes(file_column::At at) const { return cell(at).bytes; }
  [[nodiscard]] std::span<const Moment> moments() const { return moments_.span(); }
  // One of the eight times, a column from kModifiedNs to kNameCreatedNs.
  [[nodiscard]] catalog::TimeBasis basis(file_column::At time) const;
  // Its text, where 64 bits of nanoseconds do not hold it; empty otherwise.
  [[nodiscard]] std::string_view far_text(file_column::At time) const { return far(time).text; }

 private:
  struct Far {
    std::string_view text{};
    std::int64_t seconds = 0;
  };
  void read_far_times();
  void add_four(file_column::At first);
  [[nodiscard]] const Far& far(file_column::At time) const {
    return far_[static_cast<std::size_t>(time - file_column::kModifiedNs)];
  }
  [[nodiscard]] const store::Cell& cell(file_column::At at) const { return cells_[static_cast<std::size_t>(at)]; }

  std::array<store::Cell, file_column::kCount> cells_;
  std::array<Far, 8> far_{};
  bool any_far_ = false;
  Moments moments_;
};

class FileVisitor {
 public:
  virtual ~FileVisitor() = default;
  // Rows come in file_id order; the row is valid during the call.
  virtual Status visit(const FileCells& row) = 0;
};

Status pass_over_files(store::Index& index, std::span<FileVisitor* const> visitors);

}  // namespace limier::report
