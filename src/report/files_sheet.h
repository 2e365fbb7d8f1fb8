// files.csv and timeline.csv, both written while the rows of v_file go by.
#pragma once

#include <string>
#include <vector>

#include "report/cells.h"
#include "report/file_pass.h"
#include "report/out_file.h"

namespace limier::report {

class FilesSheet final : public FileVisitor {
 public:
  static Result<FilesSheet> create(const std::string& dir);
  Status visit(const FileCells& row) override;
  Status commit() { return out_.commit(); }

 private:
  explicit FilesSheet(OutFile out) : out_(std::move(out)) {}
  void put_field(std::string& line, const FileCells& row, std::size_t column);

  OutFile out_;
  Calendar calendar_;
};

// The rows of v_timeline in the order of time. Those of files come in the order of files, so they are sorted here: in
// memory as far as kRunBytes reach (and as much again while they are sorted), beyond that in runs on the disk that are
// merged. Those of v_moment are merged into them.
class TimelineSheet final : public FileVisitor {
 public:
  static constexpr std::size_t kRunBytes = 32u << 20;
  static Result<TimelineSheet> create(const std::string& dir, std::size_t run_bytes = kRunBytes);
  Status visit(const FileCells& row) override;
  Status commit(store::Index& index);

 private:
  // One row; what it shares with the other rows of its file stands in texts_.
  struct Row {
    std::int64_t t_ns = 0, file_id = 0;
    std::uint32_t text_at = 0, text_size = 0;
    std::array<char, 4> macb{};
    bool from_name = false;
    catalog::TimeBasis basis = catalog::TimeBasis::kUtc;
  };
  // The same of a time that 64 bits of nanoseconds do not hold; such times are few.
  struct FarRow {
    Row row;  // t_ns: the nanoseconds beside `seconds`
    std::int64_t seconds = 0;
    std::string text;
  };
  // The order of timeline.csv: time, file_id, source ("fs" before "ntfs-fn").
  struct Key {
    std::int64_t far_seconds = 0;  // 0: none; times before and after what nanoseconds hold lie on either side of it
    std::int64_t t_ns = 0, file_id = 0;
    bool from_name = false;
    [[nodiscard]] bool before(const Key& other) const {
      if (far_seconds != other.far_seconds) return far_seconds < other.far_seconds;
      if (t_ns != other.t_ns) return t_ns < other.t_ns;
      if (file_id != other.file_id) return file_id < other.file_id;
      return !from_name && other.from_name;
    }
  };
  class Run;
  class ContentMoments;

  TimelineSheet(std::string dir, OutFile out, std::size_t run_bytes)
      : dir_(std::move(dir)), out_(std::move(out)), run_bytes_(run_bytes) {}
  [[nodiscard]] std::vector<std::uint32_t> order() const;
  [[nodiscard]] std::vector<FarRow> far_rows(bool later) const;
  void put_line(std::string& out, const Row& row, std::string_view far_text = {});
  // Every line that is held, in order.
  template <class Each>
  Status each_line(const Each& each);
  Status spill();
  Status merge(ContentMoments& moments);

  std::string dir_;
  OutFile out_;
  std::size_t run_bytes_;
  Calendar calendar_;
  std::vector<Row> rows_;
  std::vector<FarRow> far_;
  std::string texts_;
  UniqueFd spilled_;                   // runs, one behind the other
  std::vector<std::uint64_t> run_at_;  // where each begins, and where the last one ends
};

}  // namespace limier::report
