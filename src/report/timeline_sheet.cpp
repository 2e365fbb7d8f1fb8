#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <system_error>

#include "limier/base/file_io.h"
#include "report/files_sheet.h"

namespace limier::report {

using enum file_column::At;

namespace {

constexpr std::size_t kWriteBytes = 256u << 10;
// Memory for reading all runs together, and the least for each.
constexpr std::size_t kMergeBytes = 16u << 20, kLeastReadBytes = 16u << 10;
constexpr std::size_t kFarText = 48;  // what the text of such a time takes, and more
// In front of each line of a run: what it is sorted by, and its length.
constexpr std::size_t kHeadBytes = 8 + 8 + 8 + 1 + 4;

Error disk_error(std::string_view doing, int number) {
  return {error_kind_of(number), fmt::format("cannot {} a temporary file beside timeline.csv: {}", doing,
                                             std::generic_category().message(number))};
}

// The nanoseconds of "…:20.000000007Z".
std::int64_t fraction_of(std::string_view iso) {
  std::int64_t value = 0;
  const std::size_t point = iso.find('.');
  if (point != std::string_view::npos) std::from_chars(iso.data() + point + 1, iso.data() + iso.size(), value);
  return value;
}

// A file that is gone when this process is.
Result<UniqueFd> nameless_file(const std::string& dir) {
  const std::string path = dir + "/.timeline.csv.runs";
  ::unlink(path.c_str());
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) return disk_error("create", errno);
  ::unlink(path.c_str());
  return fd;
}

}  // namespace

// One sorted run being read.
class TimelineSheet::Run {
 public:
  Run(int fd, std::uint64_t from, std::uint64_t to, std::size_t step) : fd_(fd), at_(from), end_(to), step_(step) {}

  // The next line; false at the end of the run.
  Result<bool> next() {
    LIMIER_TRY(const bool any, have(kHeadBytes));
    if (!any) return false;
    const auto head = Block<kHeadBytes>::at(as_bytes(std::string_view(buffer_)), begin_);
    key_.far_seconds = static_cast<std::int64_t>(head->le<0, std::uint64_t>());
    key_.t_ns = static_cast<std::int64_t>(head->le<8, std::uint64_t>());
    key_.file_id = static_cast<std::int64_t>(head->le<16, std::uint64_t>());
    key_.from_name = head->le<24, std::uint8_t>() != 0;
    const auto size = head->le<25, std::uint32_t>();
    LIMIER_TRY(const bool whole, have(kHeadBytes + size));
    if (!whole) return Error{ErrorKind::kTemporary, "a temporary file beside timeline.csv lost its end"};
    line_ = std::string_view(buffer_).substr(begin_ + kHeadBytes, size);
    begin_ += kHeadBytes + size;
    return true;
  }
  [[nodiscard]] const Key& key() const { return key_; }
  [[nodiscard]] std::string_view line() const { return line_; }

 private:
  // Reads until `size` bytes are there; false when the run ends before.
  Result<bool> have(std::size_t size) {
    if (buffer_.size() - begin_ >= size) return true;
    buffer_.erase(0, begin_);
    begin_ = 0;
    while (buffer_.size() < size && at_ < end_) {
      const std::size_t before = buffer_.size();
      const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(std::max(size, step_), end_ - at_));
      buffer_.resize(before + wanted);
      const ssize_t got = ::pread(fd_, buffer_.data() + before, wanted, static_cast<off_t>(at_));
      const int reason = errno;
      buffer_.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
      if (got < 0 && reason != EINTR) return disk_error("read", reason);
      if (got == 0) break;
      at_ += static_cast<std::uint64_t>(std::max<ssize_t>(got, 0));
    }
    return buffer_.size() >= size;
  }

  int fd_;
  std::uint64_t at_, end_;
  std::size_t step_;
  std::string buffer_;
  std::size_t begin_ = 0;
  Key key_;
  std::string_view line_;
};

// The rows of v_moment, in order. Their times as text are made here, which is quicker.
class TimelineSheet::ContentMoments {
 public:
  static Result<ContentMoments> read(store::Index& index, Calendar& calendar) {
    LIMIER_TRY(auto rows, index.query("SELECT t_ns, source, file_id, path, description, zone_basis FROM v_moment "
                                      "ORDER BY t_ns, file_id, source, row_id, description"));
    ContentMoments moments(std::move(rows), calendar);
    LIMIER_CHECK(moments.next());
    return moments;
  }
  // Writes those that stand in front of a row of a file; without one, all that are left.
  Status put_until(OutFile& out, const Key* key) {
    while (any_ && (key == nullptr || before(*key)) && !out.failed()) {
      put_line(out.tail());
      out.appended();
      LIMIER_CHECK(next());
    }
    return ok_status();
  }

 private:
  enum At : int { kNs, kSource, kFile, kPathText, kDescription, kBasis };

  ContentMoments(store::Query rows, Calendar& calendar) : rows_(std::move(rows)), calendar_(&calendar) {}
  Status next() {
    any_ = rows_.step();
    return any_ ? ok_status() : rows_.status();
  }
  // The order of v_timeline: t_s, t_ns, file_id (NULL first), source.
  [[nodiscard]] bool before(const Key& key) const {
    if (key.far_seconds != 0) return key.far_seconds > 0;
    if (rows_.integer(kNs) != key.t_ns) return rows_.integer(kNs) < key.t_ns;
    if (rows_.is_null(kFile)) return true;
    if (rows_.integer(kFile) != key.file_id) return rows_.integer(kFile) < key.file_id;
    return rows_.text_view(kSource) < std::string_view(key.from_name ? "ntfs-fn" : "fs");
  }
  void put_line(std::string& line) {
    line += '"';
    calendar_->put_time(line, rows_.integer(kNs));
    line += "\",";
    put_integer(line, rows_.integer(kNs));
    line += ',';  // no letters of macb
    for (const int at : {kSource, kFile, kPathText, kDescription, kBasis}) {
      line += ',';
      if (rows_.is_null(at)) continue;
      if (at == kFile)
        put_integer(line, rows_.integer(at));
      else
        put_csv_text(line, rows_.text_view(at));
    }
    line += '\n';
  }

  store::Query rows_;
  Calendar* calendar_;
  bool any_ = false;
};

Result<TimelineSheet> TimelineSheet::create(const std::string& dir, std::size_t run_bytes) {
  LIMIER_TRY(auto out, OutFile::create(dir, "timeline.csv"));
  out << "t,t_ns,macb,source,file_id,path,description,zone_basis\n";
  return TimelineSheet(dir, std::move(out), run_bytes);
}

Status TimelineSheet::visit(const FileCells& row) {
  if (row.moments().empty()) return ok_status();
  const auto text_at = static_cast<std::uint32_t>(texts_.size());
  const std::int64_t file_id = row.integer(kFileId);
  texts_ += ',';
  put_integer(texts_, file_id);
  texts_ += ',';
  put_csv_text(texts_, row.bytes(kPath));
  texts_ += ",\"";
  texts_ += row.bytes(kKind);
  if (row.integer(kAllocated) == 0) texts_ += row.integer(kRealloc) != 0 ? ", deleted, inode reused" : ", deleted";
  if (row.integer(kOrphan) != 0) texts_ += ", orphan";
  const auto text_size = static_cast<std::uint32_t>(texts_.size()) - text_at;
  for (const Moment& moment : row.moments()) {
    Row one{moment.t_ns, file_id, text_at, text_size, moment.macb, moment.from_name, moment.basis};
    if (moment.far_text.empty()) {
      rows_.push_back(one);
      continue;
    }
    one.t_ns = fraction_of(moment.far_text);
    far_.push_back({one, moment.far_seconds, std::string(moment.far_text)});
  }
  const std::size_t held = rows_.size() * sizeof(Row) + far_.size() * (sizeof(FarRow) + kFarText) + texts_.size();
  return held < run_bytes_ ? ok_status() : spill();
}

// Rows come in the order of files, a file's own times before those of its names: what is left of the order of
// timeline.csv is the time.
std::vector<std::uint32_t> TimelineSheet::order() const {
  return order_by_number(std::span(rows_), [](const Row& row) { return row.t_ns; });
}

// Those before, or after, all that 64 bits of nanoseconds hold, sorted.
std::vector<TimelineSheet::FarRow> TimelineSheet::far_rows(bool later) const {
  std::vector<FarRow> rows;
  for (const FarRow& far : far_)
    if ((far.seconds > 0) == later) rows.push_back(far);
  std::stable_sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
    return std::pair(a.seconds, a.row.t_ns) < std::pair(b.seconds, b.row.t_ns);
  });
  return rows;
}

void TimelineSheet::put_line(std::string& out, const Row& row, std::string_view far_text) {
  using catalog::TimeBasis;
  if (far_text.empty()) {
    out += '"';
    calendar_.put_time(out, row.t_ns, row.basis != TimeBasis::kLocal);
    out += "\",";
    put_integer(out, row.t_ns);
  } else {
    put_csv_text(out, far_text);
    out += ',';
  }
  out += ",\"";
  out.append(row.macb.data(), row.macb.size());
  out += row.from_name ? "\",\"ntfs-fn\"" : "\",\"fs\"";
  out.append(texts_, row.text_at, row.text_size);
  out += row.from_name ? ", $FILE_NAME\",\"" : "\",\"";
  out += row.basis == TimeBasis::kLocal ? "local" : row.basis == TimeBasis::kStated ? "stated" : "utc";
  out += "\"\n";
}

template <class Each>
Status TimelineSheet::each_line(const Each& each) {
  const auto far = [&](bool later) -> Status {
    for (const FarRow& one : far_rows(later))
      LIMIER_CHECK(each(Key{one.seconds, one.row.t_ns, one.row.file_id, one.row.from_name}, one.row, one.text));
    return ok_status();
  };
  LIMIER_CHECK(far(false));
  for (const std::uint32_t at : order())
    LIMIER_CHECK(each(Key{0, rows_[at].t_ns, rows_[at].file_id, rows_[at].from_name}, rows_[at], std::string_view()));
  return far(true);
}

Status TimelineSheet::spill() {
  if (!spilled_) {
    LIMIER_TRY(spilled_, nameless_file(dir_));
    run_at_.push_back(0);
  }
  std::string out, line;
  std::uint64_t size = run_at_.back();
  const auto write_out = [&]() -> Status {
    for (std::string_view rest = out; !rest.empty();) {
      const ssize_t written = ::write(spilled_.get(), rest.data(), rest.size());
      if (written < 0 && errno != EINTR) return disk_error("write", errno);
      rest.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
    }
    size += out.size();
    out.clear();
    return ok_status();
  };
  LIMIER_CHECK(each_line([&](const Key& key, const Row& row, std::string_view far_text) -> Status {
    line.clear();
    put_line(line, row, far_text);
    Encoder head;
    head.put(key.far_seconds);
    head.put(key.t_ns);
    head.put(key.file_id);
    head.put(key.from_name);
    head.put(static_cast<std::uint32_t>(line.size()));
    out += as_text(head.bytes());
    out += line;
    return out.size() >= kWriteBytes ? write_out() : ok_status();
  }));
  LIMIER_CHECK(write_out());
  run_at_.push_back(size);
  rows_.clear();
  far_.clear();
  texts_.clear();
  return ok_status();
}

Status TimelineSheet::merge(ContentMoments& moments) {
  std::vector<Run> runs;
  const std::size_t step = std::max(kMergeBytes / run_at_.size(), kLeastReadBytes);
  for (std::size_t i = 0; i + 1 < run_at_.size(); ++i)
    runs.emplace_back(spilled_.get(), run_at_[i], run_at_[i + 1], step);
  std::vector<Run*> heap;
  const auto later = [](const Run* a, const Run* b) { return b->key().before(a->key()); };
  for (Run& run : runs) {
    LIMIER_TRY(const bool any, run.next());
    if (any) heap.push_back(&run);
  }
  std::make_heap(heap.begin(), heap.end(), later);
  while (!heap.empty() && !out_.failed()) {
    std::pop_heap(heap.begin(), heap.end(), later);
    LIMIER_CHECK(moments.put_until(out_, &heap.back()->key()));
    out_ << heap.back()->line();
    LIMIER_TRY(const bool any, heap.back()->next());
    if (any)
      std::push_heap(heap.begin(), heap.end(), later);
    else
      heap.pop_back();
  }
  return ok_status();
}

Status TimelineSheet::commit(store::Index& index) {
  LIMIER_TRY(auto moments, ContentMoments::read(index, calendar_));
  if (spilled_) {
    if (!rows_.empty() || !far_.empty()) LIMIER_CHECK(spill());
    LIMIER_CHECK(merge(moments));
  } else {
    const auto put = [&](const Key& key, const Row& row, std::string_view far_text) -> Status {
      LIMIER_CHECK(moments.put_until(out_, &key));
      put_line(out_.tail(), row, far_text);
      out_.appended();
      return ok_status();
    };
    LIMIER_CHECK(each_line(put));
  }
  LIMIER_CHECK(moments.put_until(out_, nullptr));
  return out_.commit();
}

}  // namespace limier::report
