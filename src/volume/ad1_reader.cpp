#include "volume/ad1_reader.h"

#include <algorithm>
#include <charconv>
#include <unordered_set>

#include <fmt/format.h>

#include "limier/unpack.h"
#include "volume/ad1_format.h"
#include "volume/member_issues.h"
#include "volume/member_map.h"
#include "volume/member_names.h"
#include "volume/member_reader.h"
#include "volume/member_tree.h"

namespace limier::volume {

namespace {

using catalog::BlockUse;
using catalog::ContentSource;
using catalog::ExtentKind;
using catalog::FileKind;
using catalog::Severity;

constexpr std::uint32_t kStream = 1;
constexpr std::size_t kMaxEntries = 2u << 20, kMaxAttributesOfOne = 4096;
constexpr std::string_view kFooter = "ATTRGUID";
constexpr std::size_t kReadAtOnce = 256u << 10;
// Attributes by their numbers. All are text.
constexpr std::uint32_t kAccessed = 0x7, kCreated = 0x8, kModified = 0x9, kMode = 0x2001, kUid = 0x2002, kGid = 0x2003,
                        kMftChanged = 0xa002, kInodeChanged = 0xc003;

// "20170331T180231.189682", in UTC; none for what has another form.
catalog::Stamp stamp_of(std::string_view text) {
  constexpr std::size_t kSeconds = 15;
  const auto number = [&](std::size_t at, std::size_t length) {
    int value = 0;
    for (const char c : text.substr(at, length)) {
      if (c < '0' || c > '9') return -1;
      value = value * 10 + (c - '0');
    }
    return value;
  };
  if (text.size() < kSeconds || text[8] != 'T') return {};
  Civil time;
  time.year = number(0, 4);
  time.month = number(4, 2);
  time.day = number(6, 2);
  time.hour = number(9, 2);
  time.minute = number(11, 2);
  time.second = number(13, 2);
  const auto seconds = civil_seconds(time);
  if (!seconds || time.year < 0) return {};
  std::uint32_t nanoseconds = 0;
  if (text.size() > kSeconds) {
    if (text[kSeconds] != '.') return {};
    std::uint32_t unit = 100'000'000;
    for (const char c : text.substr(kSeconds + 1)) {
      if (c < '0' || c > '9') return {};
      nanoseconds += static_cast<std::uint32_t>(c - '0') * unit;
      unit /= 10;
    }
  }
  return catalog::utc_stamp(*seconds, nanoseconds);
}

std::uint32_t number_of(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? value : 0;
}

// "drwxr-xr-x", as ls writes it; 0 for another form.
std::uint32_t mode_of(std::string_view text) {
  constexpr std::size_t kLength = 10;
  constexpr std::string_view kLetters = "rwxrwxrwx";
  if (text.size() < kLength) return 0;
  std::uint32_t mode = 0;
  switch (text[0]) {
    case '-':
      mode = 0100000;
      break;
    case 'd':
      mode = 0040000;
      break;
    case 'l':
      mode = 0120000;
      break;
    case 'b':
      mode = 0060000;
      break;
    case 'c':
      mode = 0020000;
      break;
    case 'p':
      mode = 0010000;
      break;
    case 's':
      mode = 0140000;
      break;
    default:
      return 0;
  }
  for (std::size_t i = 0; i < kLetters.size(); ++i) {
    const char c = text[i + 1];
    const auto bit = std::uint32_t{0400} >> i;
    const std::uint32_t special = i == 2 ? 04000 : i == 5 ? 02000 : i == 8 ? 01000 : 0;
    if (c == kLetters[i]) {
      mode |= bit;
    } else if (special != 0 && (c == 's' || c == 't')) {
      mode |= bit | special;
    } else if (special != 0 && (c == 'S' || c == 'T')) {
      mode |= special;
    } else if (c != '-') {
      return 0;
    }
  }
  return mode;
}

FileKind kind_of(const Ad1Entry& entry, std::uint32_t mode) {
  switch (mode & 0170000) {
    case 0040000:
      return FileKind::kDir;
    case 0100000:
      return FileKind::kFile;
    case 0120000:
      return FileKind::kLink;
    case 0:
      return entry.type == kAd1Folder ? FileKind::kDir : FileKind::kFile;
    default:
      return FileKind::kDevice;
  }
}

class Ad1Reader final : public OwnReader {
 public:
  explicit Ad1Reader(WalkBase& walk)
      : walk_(walk), bytes_(walk.image, walk.job.evidence), header_(bytes_.header()), issues_(walk) {}

  Result<std::vector<std::uint64_t>> names() override;
  std::optional<Described> describe(std::uint64_t inode) override;
  Status blocks() override;
  Status report() override;
  bool read(const StreamPlan& plan, const Consumer& consume, Status& consumed) override;

 private:
  struct Listed {
    Ad1Entry entry;
    std::uint64_t inode = 0;
    std::string path;  // as the names say it
  };
  struct Range {
    std::uint64_t from = 0, to = 0;
    BlockUse use = BlockUse::kMetadata;
  };

  void beat(std::uint64_t item) const { walk_.sink.working_on(stage_of(walk_.job), item); }
  void load();
  template <class Take>
  void attributes(const Ad1Entry& entry, Take&& take);
  std::uint32_t mode(const Ad1Entry& entry);
  StreamPlan plan_of(const Ad1Entry& entry, std::uint64_t inode);
  [[nodiscard]] std::string link_of(const Ad1Entry& entry, std::uint64_t inode);
  // Of offsets of the format, those of the media; a header of a part in between is left out.
  void add_range(std::vector<Range>& ranges, std::uint64_t from, std::uint64_t to, BlockUse use) const;

  WalkBase& walk_;
  Ad1Bytes bytes_;
  std::optional<Ad1Header> header_;
  MemberIssues issues_;
  MemberPaths paths_;
  std::vector<Listed> listed_;
  bool loaded_ = false, truncated_ = false, circle_ = false, too_many_ = false;
};

// Every entry, each behind the folder it is in.
void Ad1Reader::load() {
  if (std::exchange(loaded_, true) || !header_) return;
  struct Open {
    std::uint64_t next = 0;
    std::string above;
  };
  std::unordered_set<std::uint64_t> seen;
  std::vector<Open> open{{header_->first_entry, ""}};
  while (!open.empty() && !too_many_) {
    const std::uint64_t offset = open.back().next;
    if (offset == 0) {
      open.pop_back();
      continue;
    }
    beat(listed_.size());
    const auto place = bytes_.place(offset);
    auto entry = place ? bytes_.entry(offset) : std::nullopt;
    const bool fresh = seen.insert(offset).second;
    if (!entry || !fresh) {
      (fresh ? truncated_ : circle_) = true;
      open.pop_back();
      continue;
    }
    open.back().next = entry->next;
    Listed listed{std::move(*entry), place->image_offset, open.back().above + "/"};
    listed.path += listed.entry.name.empty() ? "(no name)" : listed.entry.name;
    const std::uint64_t child = listed.entry.child;
    if (child != 0 && open.size() <= kMaxDepth && listed.path.size() <= kMaxPathBytes)
      open.push_back({child, listed.path});
    listed_.push_back(std::move(listed));
    too_many_ = listed_.size() >= kMaxEntries;
  }
}

template <class Take>
void Ad1Reader::attributes(const Ad1Entry& entry, Take&& take) {
  std::uint64_t at = entry.attributes;
  std::unordered_set<std::uint64_t> seen;
  while (at != 0 && seen.size() < kMaxAttributesOfOne && seen.insert(at).second) {
    const auto attribute = bytes_.attribute(at);
    if (!attribute) {
      truncated_ = true;
      return;
    }
    take(at, *attribute);
    at = attribute->next;
  }
}

std::uint32_t Ad1Reader::mode(const Ad1Entry& entry) {
  std::uint32_t mode = 0;
  attributes(entry, [&](std::uint64_t, const Ad1Attribute& attribute) {
    if (attribute.id == kMode) mode = mode_of(attribute.value);
  });
  return mode;
}

Result<std::vector<std::uint64_t>> Ad1Reader::names() {
  load();
  std::vector<FileKind> kinds;
  kinds.reserve(listed_.size());
  for (const Listed& one : listed_) {
    beat(kinds.size());
    kinds.push_back(kind_of(one.entry, mode(one.entry)));
    paths_.look_at(one.path.substr(1), kinds.back() == FileKind::kDir);
  }
  paths_.settle();
  MemberTree tree(walk_);
  for (std::size_t i = 0; i < listed_.size(); ++i) {
    const std::string stored = listed_[i].path.substr(1);
    if (kinds[i] == FileKind::kDir) tree.folder(paths_.path_of(stored), listed_[i].inode, stored);
  }
  LIMIER_CHECK(tree.send_root());
  MemberAlikes alikes;
  for (std::size_t i = 0; i < listed_.size(); ++i) {
    beat(i);
    const Listed& one = listed_[i];
    const std::string path = paths_.path_of(one.path.substr(1));
    LIMIER_CHECK(tree.send(path, one.inode, kinds[i], one.path.substr(1)));
    NameMarks marks = marks_of_name(one.entry.name);
    if (!is_valid_utf8(one.entry.name)) marks |= mark_of(NameMark::kNotUtf8);
    issues_.add_names(one.inode, marks);
    alikes.add(path, one.inode);
    if (kinds[i] == FileKind::kLink) alikes.add_link(path, one.inode, link_of(one.entry, one.inode));
  }
  alikes.report(issues_);
  if (tree.too_deep() > 0)
    LIMIER_CHECK(walk_.issue(
        "path-too-long", Severity::kWarning, std::nullopt,
        fmt::format("{} members are not listed: their paths are longer than limier goes", tree.too_deep()), true));
  return tree.take_inodes();
}

std::optional<Described> Ad1Reader::describe(std::uint64_t inode) {
  if (inode >= kMadeUpInodes) return Described{made_up_folder(walk_, inode), {}};
  const auto offset = bytes_.offset_of(inode);
  const auto entry = offset ? bytes_.entry(*offset) : std::nullopt;
  if (!entry || !header_) return std::nullopt;
  Described described;
  catalog::InodeRecord& record = described.inode;
  record.volume_id = walk_.volume_id();
  record.inode = inode;
  record.size_bytes = std::min(entry->size_bytes, kMaxStreamBytes);
  record.link_count = 1;
  attributes(*entry, [&](std::uint64_t, const Ad1Attribute& attribute) {
    switch (attribute.id) {
      case kAccessed:
        record.times.accessed = stamp_of(attribute.value);
        break;
      case kCreated:
        record.times.created = stamp_of(attribute.value);
        break;
      case kModified:
        record.times.modified = stamp_of(attribute.value);
        break;
      case kMftChanged:
      case kInodeChanged:
        record.times.changed = stamp_of(attribute.value);
        break;
      case kMode:
        record.mode = mode_of(attribute.value);
        break;
      case kUid:
        record.uid = number_of(attribute.value);
        break;
      case kGid:
        record.gid = number_of(attribute.value);
        break;
      default:
        break;
    }
  });
  record.kind = kind_of(*entry, record.mode);
  if (entry->type == kAd1Deleted)
    issues_.add("deleted-on-source", Severity::kInfo, inode,
                "the image says that the file was deleted on the device it was copied from", false);
  if (record.kind == FileKind::kLink) record.link_target = link_of(*entry, inode);
  if (record.kind != FileKind::kDir || entry->size_bytes != 0) described.streams.push_back(plan_of(*entry, inode));
  if (record.kind != FileKind::kFile && !described.streams.empty()) {
    described.streams.front() = {};
    described.streams.front().record.ref = {walk_.volume_id(), inode, 0, kStream, 0};
    described.streams.front().record.source = ContentSource::kNone;
    if (record.kind == FileKind::kDir) described.streams.clear();
  }
  return described;
}

StreamPlan Ad1Reader::plan_of(const Ad1Entry& entry, std::uint64_t inode) {
  StreamPlan plan;
  catalog::StreamRecord& record = plan.record;
  record.ref = {walk_.volume_id(), inode, 0, kStream, 0};
  record.size_bytes = std::min(entry.size_bytes, kMaxStreamBytes);
  if (entry.size_bytes == 0) {
    record.source = ContentSource::kEmpty;
    return plan;
  }
  const auto chunks = bytes_.chunks(entry, header_->chunk_bytes);
  if (!chunks) {
    record.source = ContentSource::kUnreadable;
    issues_.add("bad-chunk-table", Severity::kWarning, inode,
                "the table of its parts is damaged, or lies beyond the end: its content cannot be read", true);
    return plan;
  }
  record.packing = {catalog::Coding::kZlib, false, 0};
  std::uint64_t at = chunks->begin;
  while (at < chunks->end) {
    const auto place = bytes_.place(at);
    if (!place) break;
    const std::uint64_t length = std::min(place->length, chunks->end - at);
    add_extent(plan, ExtentKind::kCompressed, at - chunks->begin, place->image_offset, length);
    at += length;
  }
  number_extents(plan);
  if (at < chunks->end) {
    record.source = ContentSource::kUnreadable;
    record.packing = {};
  } else if (plan.extents.size() == 1) {
    record.source = ContentSource::kExtents;
    record.data_piece_count = 1;
  } else {
    // It lies in two parts of the set, with a header between: the sweep takes packed contents from one run.
    record.packing = {};
    const bool too_large = record.size_bytes > kMaxDigestedBytes;
    record.source = too_large ? ContentSource::kNotRead : ContentSource::kDigested;
    if (too_large) record.reason = "packed in several runs, and larger than limier unpacks";
    plan.decoded = !too_large;
  }
  return plan;
}

bool Ad1Reader::read(const StreamPlan& plan, const Consumer& consume, Status& consumed) {
  unpack::Member member({catalog::Coding::kZlib, false, 0}, plan.record.size_bytes);
  std::vector<std::uint8_t> buffer(kReadAtOnce);
  for (const catalog::ExtentRecord& extent : plan.extents) {
    if (!extent.image_offset) return false;
    for (std::uint64_t done = 0; done < extent.length && consumed.ok();) {
      beat(done);
      const auto part = MutableBytes(buffer).first(
          static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), extent.length - done)));
      if (walk_.image.read(*extent.image_offset + done, part).length != part.size()) return false;
      member.feed(part, [&](Bytes bytes) {
        beat(done);
        consumed = consume(bytes);
        return consumed.ok();
      });
      done += part.size();
    }
  }
  return consumed.ok() && member.finish() == catalog::PackingFault::kNone;
}

// What a link leads to is its content.
std::string Ad1Reader::link_of(const Ad1Entry& entry, std::uint64_t inode) {
  std::string target;
  if (entry.size_bytes == 0 || entry.size_bytes > kMaxLinkBytes) return target;
  const StreamPlan plan = plan_of(entry, inode);
  if (plan.extents.empty()) return target;
  Status consumed = ok_status();
  const bool whole = read(
      plan,
      [&](Bytes bytes) {
        target += as_text(bytes);
        return ok_status();
      },
      consumed);
  return whole ? target : std::string();
}

void Ad1Reader::add_range(std::vector<Range>& ranges, std::uint64_t from, std::uint64_t to, BlockUse use) const {
  while (from < to) {
    const auto place = bytes_.place(from);
    if (!place) return;
    const std::uint64_t length = std::min(place->length, to - from);
    if (!ranges.empty() && ranges.back().to == place->image_offset && ranges.back().use == use)
      ranges.back().to += length;
    else
      ranges.push_back({place->image_offset, place->image_offset + length, use});
    from += length;
  }
}

Status Ad1Reader::blocks() {
  load();
  std::vector<Range> ranges;
  for (const auto& [from, length] : bytes_.headers()) ranges.push_back({from, from + length, BlockUse::kMetadata});
  if (header_) add_range(ranges, 0, header_->end, BlockUse::kMetadata);
  if (header_ && header_->footer != 0 && bytes_.read(header_->footer, kFooter.size()).size() == kFooter.size() &&
      as_text(Bytes(bytes_.read(header_->footer, kFooter.size()))) == kFooter)
    add_range(ranges, header_->footer, bytes_.size_bytes(), BlockUse::kMetadata);
  for (const Listed& one : listed_) {
    beat(one.inode);
    const Ad1Entry& entry = one.entry;
    add_range(ranges, entry.offset, entry.end, BlockUse::kMetadata);
    if (header_ && entry.size_bytes > 0) {
      if (const auto chunks = bytes_.chunks(entry, header_->chunk_bytes)) {
        add_range(ranges, entry.chunks, chunks->table_end, BlockUse::kMetadata);
        add_range(ranges, chunks->begin, chunks->end, BlockUse::kAllocated);
      }
    }
    attributes(entry, [&](std::uint64_t at, const Ad1Attribute& attribute) {
      add_range(ranges, at, attribute.end, BlockUse::kMetadata);
    });
  }
  std::ranges::stable_sort(ranges, {}, &Range::from);
  const std::uint64_t end = walk_.end - walk_.base;
  std::uint64_t at = 0;
  const auto send = [&](std::uint64_t from, std::uint64_t to, BlockUse use) -> Status {
    if (to <= from) return ok_status();
    return walk_.sink.blocks({walk_.volume_id(), walk_.base + from, to - from, use});
  };
  for (const Range& range : ranges) {
    const std::uint64_t from = std::max(at, range.from), to = std::min(range.to, end);
    if (from >= to) continue;
    LIMIER_CHECK(send(at, from, BlockUse::kUnallocated));
    LIMIER_CHECK(send(from, to, range.use));
    at = to;
  }
  return send(at, end, BlockUse::kUnallocated);
}

Status Ad1Reader::report() {
  LIMIER_CHECK(issues_.report());
  if (truncated_)
    LIMIER_CHECK(walk_.issue("truncated", Severity::kWarning, std::nullopt,
                             "the image ends before its list of files does, or the list is damaged", true));
  if (circle_)
    LIMIER_CHECK(walk_.issue("entry-circle", Severity::kWarning, std::nullopt,
                             "the list of files leads back to itself: it is damaged", true));
  if (!too_many_) return ok_status();
  return walk_.issue("listing-may-be-incomplete", Severity::kWarning, std::nullopt,
                     fmt::format("the archive has more than {} members: the others are not listed", listed_.size()),
                     true);
}

}  // namespace

std::unique_ptr<OwnReader> make_ad1_reader(WalkBase& walk) {
  return std::make_unique<Ad1Reader>(walk);
}

Status map_ad1(const evidence::Image& image, const FsJob& job, Sink& sink) {
  const Ad1Bytes bytes(image, job.evidence);
  const auto header = bytes.header();
  const MemberPaths paths;
  const bool empty = header && header->first_entry == 0;
  return send_member_volume(image, job, "ad1",
                            !header ? catalog::VolumeStatus::kPartial
                            : empty ? catalog::VolumeStatus::kEmpty
                                    : catalog::VolumeStatus::kParsed,
                            paths, sink);
}

}  // namespace limier::volume
