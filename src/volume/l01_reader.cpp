#include "volume/l01_reader.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "volume/member_issues.h"
#include "volume/member_map.h"
#include "volume/member_names.h"
#include "volume/member_reader.h"
#include "volume/member_tree.h"
#include "volume/ntfs_attributes.h"

namespace limier::volume {

namespace {

using catalog::BlockUse;
using catalog::ContentSource;
using catalog::ExtentKind;
using catalog::FileKind;
using catalog::Severity;

constexpr std::uint32_t kStream = 1;
constexpr std::size_t kHeader = 48;  // digest, length, check sum
constexpr std::size_t kMaxEntries = 2u << 20;
constexpr std::size_t kMaxLine = 4u << 20;  // bytes; longer ones are taken for damage
constexpr std::size_t kReadAtOnce = 256u << 10;

struct Entry {
  std::string path, name;
  bool folder = false;
  bool bad_place = false;  // it says no place that can be
  std::uint64_t size_bytes = 0, offset = 0;
  std::optional<std::int64_t> created, accessed, written, changed;
};

template <class Number>
std::optional<Number> number_of(std::string_view text, int base = 10) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<std::string_view> parts_of(std::string_view text, char by) {
  std::vector<std::string_view> parts;
  for (std::size_t at = 0;;) {
    const std::size_t end = text.find(by, at);
    parts.push_back(text.substr(at, end - at));
    if (end == std::string_view::npos) return parts;
    at = end + 1;
  }
}

// The text line by line.
class Lines {
 public:
  explicit Lines(const evidence::Image& image) : image_(image), hasher_({.md5 = true, .sha1 = false, .sha256 = false}) {
    const auto header = image.file_list(0, kHeader);
    if (header.size() < kHeader) return;
    there_ = true;
    const Bytes digest = Bytes(header).first(stored_.size());
    std::copy(digest.begin(), digest.end(), stored_.begin());
    left_ = le_at<std::uint64_t>(Bytes(header), stored_.size()).value_or(0);
  }
  [[nodiscard]] bool there() const { return there_; }
  // None at the end.
  std::optional<std::string> next() {
    while (true) {
      for (; looked_at_ + 1 < buffer_.size(); looked_at_ += 2) {
        if (buffer_[looked_at_] != '\n' || buffer_[looked_at_ + 1] != 0) continue;
        std::string line = ntfs_text(Bytes(buffer_).subspan(begun_at_, looked_at_ - begun_at_));
        begun_at_ = looked_at_ += 2;
        if (line.ends_with('\r')) line.pop_back();
        return line;
      }
      // What was given is dropped a buffer at a time, not a line at a time.
      buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(begun_at_));
      looked_at_ -= std::exchange(begun_at_, 0);
      if (buffer_.size() > kMaxLine || !fill()) return std::nullopt;
    }
  }
  // Reads what is left; whether all of it is what was written.
  bool sound() {
    buffer_.clear();
    looked_at_ = begun_at_ = 0;
    while (fill()) buffer_.clear();
    const Digests digests = hasher_.finish();
    return left_ == 0 && digests.md5 && *digests.md5 == stored_;
  }

 private:
  bool fill() {
    const auto bytes =
        image_.file_list(kHeader + at_, static_cast<std::size_t>(std::min<std::uint64_t>(left_, kReadAtOnce)));
    if (bytes.empty()) return false;
    hasher_.update(Bytes(bytes));
    at_ += bytes.size();
    left_ -= bytes.size();
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    return true;
  }

  const evidence::Image& image_;
  Hasher hasher_;
  Md5 stored_{};
  bool there_ = false;
  std::uint64_t at_ = 0, left_ = 0;
  std::vector<std::uint8_t> buffer_;
  std::size_t begun_at_ = 0, looked_at_ = 0;  // of the line that comes
};

class L01Reader final : public OwnReader {
 public:
  explicit L01Reader(WalkBase& walk) : walk_(walk), issues_(walk) {}

  Result<std::vector<std::uint64_t>> names() override;
  std::optional<Described> describe(std::uint64_t inode) override;
  Status blocks() override;
  Status report() override;
  bool read(const StreamPlan& /*plan*/, const Consumer& /*consume*/, Status& /*consumed*/) override { return false; }

 private:
  void beat(std::uint64_t item) const { walk_.sink.working_on(stage_of(walk_.job), item); }
  void load();
  Entry entry_of(const std::vector<std::string_view>& keys, std::string_view line) const;
  void take_run(std::string_view text, Entry& entry) const;

  WalkBase& walk_;
  MemberIssues issues_;
  std::vector<Entry> entries_;
  bool loaded_ = false, cut_ = false, too_many_ = false, changed_ = false;
};

void L01Reader::load() {
  if (std::exchange(loaded_, true)) return;
  Lines lines(walk_.image);
  std::optional<std::string> line;
  do {
    line = lines.next();
    beat(0);
  } while (line && *line != "entry");
  if (line) line = lines.next();  // how many trees
  const std::string names = lines.next().value_or("");
  const auto keys = parts_of(names, '\t');
  struct Open {
    std::uint64_t left = 0;
    std::string path;
  };
  std::vector<Open> open{{1, ""}};
  while (!open.empty() && !too_many_) {
    if (open.back().left == 0) {
      open.pop_back();
      continue;
    }
    const auto counts = lines.next(), values = lines.next();
    const auto tab = counts ? counts->find('\t') : std::string::npos;
    const auto inside =
        tab == std::string::npos ? std::nullopt : number_of<std::uint64_t>(std::string_view(*counts).substr(tab + 1));
    if (!values || !inside) {
      cut_ = true;
      break;
    }
    beat(entries_.size());
    --open.back().left;
    Entry entry = entry_of(keys, *values);
    // The one that holds all others mostly has no name.
    const bool nameless_top = entry.name.empty() && entries_.empty();
    entry.path = nameless_top ? "" : open.back().path + "/" + (entry.name.empty() ? "(no name)" : entry.name);
    entry.folder = entry.folder || *inside > 0;
    const bool deep = open.size() > kMaxDepth || entry.path.size() > kMaxPathBytes;
    if (deep) {
      cut_ = true;
      break;
    }
    if (*inside > 0) open.push_back({*inside, entry.path});
    entries_.push_back(std::move(entry));
    too_many_ = entries_.size() >= kMaxEntries;
  }
  changed_ = !too_many_ && lines.there() && !lines.sound();
}

Entry L01Reader::entry_of(const std::vector<std::string_view>& keys, std::string_view line) const {
  Entry entry;
  const auto values = parts_of(line, '\t');
  std::string_view run;
  for (std::size_t i = 0; i < std::min(keys.size(), values.size()); ++i) {
    const std::string_view key = keys[i], value = values[i];
    if (key == "n") entry.name = value;
    if (key == "p") entry.folder = value == "1";
    if (key == "ls") entry.size_bytes = number_of<std::uint64_t>(value).value_or(0);
    if (key == "be") run = value;
    if (key == "cr") entry.created = number_of<std::int64_t>(value);
    if (key == "ac") entry.accessed = number_of<std::int64_t>(value);
    if (key == "wr") entry.written = number_of<std::int64_t>(value);
    if (key == "mo") entry.changed = number_of<std::int64_t>(value);
  }
  if (entry.size_bytes > 0) take_run(run, entry);
  return entry;
}

// "1 0 3b99": how many, then place and length, in hexadecimal. libewf opens no image with more than one.
void L01Reader::take_run(std::string_view text, Entry& entry) const {
  const auto parts = parts_of(text, ' ');
  entry.bad_place = true;
  if (parts.size() < 3 || parts[0] != "1") return;
  const auto offset = number_of<std::uint64_t>(parts[1], 16), length = number_of<std::uint64_t>(parts[2], 16);
  const std::uint64_t media = walk_.end - walk_.base;
  if (!offset || !length || *offset > media || *length > media - *offset || *length != entry.size_bytes) return;
  entry.offset = *offset;
  entry.bad_place = false;
}

Result<std::vector<std::uint64_t>> L01Reader::names() {
  load();
  MemberPaths paths;
  const auto stored = [](const Entry& entry) { return std::string_view(entry.path).substr(1); };
  for (const Entry& entry : entries_)
    if (!entry.path.empty()) paths.look_at(stored(entry), entry.folder);
  paths.settle();
  MemberTree tree(walk_);
  for (std::size_t i = 0; i < entries_.size(); ++i)
    if (entries_[i].folder && !entries_[i].path.empty())
      tree.folder(paths.path_of(stored(entries_[i])), i + 1, stored(entries_[i]));
  LIMIER_CHECK(tree.send_root());
  MemberAlikes alikes;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    beat(i);
    const Entry& entry = entries_[i];
    if (entry.path.empty()) continue;
    const std::string path = paths.path_of(stored(entry));
    LIMIER_CHECK(tree.send(path, i + 1, entry.folder ? FileKind::kDir : FileKind::kFile, stored(entry)));
    issues_.add_names(i + 1, marks_of_name(entry.name));
    alikes.add(path, i + 1);
  }
  alikes.report(issues_);
  if (tree.too_deep() > 0)
    LIMIER_CHECK(walk_.issue(
        "path-too-long", Severity::kWarning, std::nullopt,
        fmt::format("{} members are not listed: their paths are longer than limier goes", tree.too_deep()), true));
  return tree.take_inodes();
}

std::optional<Described> L01Reader::describe(std::uint64_t inode) {
  if (inode >= kMadeUpInodes) return Described{made_up_folder(walk_, inode), {}};
  load();
  if (inode == 0 || inode > entries_.size()) return std::nullopt;
  const Entry& entry = entries_[static_cast<std::size_t>(inode - 1)];
  Described described;
  catalog::InodeRecord& record = described.inode;
  record.volume_id = walk_.volume_id();
  record.inode = inode;
  record.kind = entry.folder ? FileKind::kDir : FileKind::kFile;
  record.size_bytes = std::min(entry.size_bytes, kMaxStreamBytes);
  record.link_count = 1;
  const auto stamp = [](const std::optional<std::int64_t>& seconds) {
    return seconds && *seconds != 0 ? catalog::utc_stamp(*seconds, 0) : catalog::Stamp{};
  };
  record.times = {stamp(entry.written), stamp(entry.accessed), stamp(entry.changed), stamp(entry.created)};
  if (entry.folder) return described;
  StreamPlan& plan = described.streams.emplace_back();
  plan.record.ref = {walk_.volume_id(), inode, 0, kStream, 0};
  plan.record.size_bytes = record.size_bytes;
  if (entry.size_bytes == 0) {
    plan.record.source = ContentSource::kEmpty;
  } else if (entry.bad_place) {
    plan.record.source = ContentSource::kUnreadable;
    issues_.add("bad-offset", Severity::kWarning, inode, "its entry does not say where on the media its content lies",
                true);
  } else {
    plan.record.source = ContentSource::kExtents;
    add_extent(plan, ExtentKind::kData, 0, walk_.base + entry.offset, entry.size_bytes);
  }
  number_extents(plan);
  return described;
}

Status L01Reader::blocks() {
  load();
  std::vector<std::pair<std::uint64_t, std::uint64_t>> runs;
  for (const Entry& entry : entries_)
    if (entry.size_bytes > 0 && !entry.bad_place) runs.emplace_back(entry.offset, entry.size_bytes);
  std::ranges::sort(runs);
  const std::uint64_t end = walk_.end - walk_.base;
  std::uint64_t at = 0;
  const auto send = [&](std::uint64_t from, std::uint64_t to, BlockUse use) -> Status {
    if (to <= from) return ok_status();
    return walk_.sink.blocks({walk_.volume_id(), walk_.base + from, to - from, use});
  };
  for (const auto& [offset, length] : runs) {
    const std::uint64_t from = std::max(at, offset), to = std::min(offset + length, end);
    if (from >= to) continue;
    LIMIER_CHECK(send(at, from, BlockUse::kUnallocated));
    LIMIER_CHECK(send(from, to, BlockUse::kAllocated));
    at = to;
  }
  return send(at, end, BlockUse::kUnallocated);
}

Status L01Reader::report() {
  load();
  LIMIER_CHECK(issues_.report());
  if (cut_)
    LIMIER_CHECK(walk_.issue("truncated", Severity::kWarning, std::nullopt,
                             "the image ends before its list of files does, or the list is damaged", true));
  if (changed_)
    LIMIER_CHECK(walk_.issue("list-digest-mismatch", Severity::kWarning, std::nullopt,
                             "the list of files does not have the digest that is stored with it: it is damaged, or was "
                             "changed afterwards",
                             true));
  if (!too_many_) return ok_status();
  return walk_.issue("listing-may-be-incomplete", Severity::kWarning, std::nullopt,
                     fmt::format("the archive has more than {} members: the others are not listed", entries_.size()),
                     true);
}

}  // namespace

std::unique_ptr<OwnReader> make_l01_reader(WalkBase& walk) {
  return std::make_unique<L01Reader>(walk);
}

Status map_l01(const evidence::Image& image, const FsJob& job, Sink& sink) {
  const bool listed = !image.file_list(0, kHeader).empty();
  return send_member_volume(image, job, "l01",
                            listed ? catalog::VolumeStatus::kParsed : catalog::VolumeStatus::kPartial, MemberPaths(),
                            sink);
}

}  // namespace limier::volume
