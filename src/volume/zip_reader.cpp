#include "volume/zip_reader.h"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "limier/unpack.h"
#include "volume/local_time.h"
#include "volume/member_issues.h"
#include "volume/member_map.h"
#include "volume/member_names.h"
#include "volume/member_reader.h"
#include "volume/member_tree.h"
#include "volume/zip_directory.h"

namespace limier::volume {

namespace {

using catalog::BlockUse;
using catalog::ContentSource;
using catalog::ExtentKind;
using catalog::FileKind;
using catalog::Severity;

constexpr std::uint32_t kStream = 1;
constexpr std::uint32_t kTypeMask = 0170000, kFileType = 0100000, kFolderType = 0040000, kLinkType = 0120000;
constexpr std::uint8_t kMadeOnUnix = 3, kMadeOnMac = 19;
constexpr std::uint32_t kDosFolder = 0x10;
constexpr std::int64_t kNtEpoch = 11'644'473'600;  // seconds from 1601 to 1970
constexpr std::size_t kReadAtOnce = 256u << 10;
// A file that is hundreds of times as large as what it is packed in is a database of zeros, or meant to fill a disk.
constexpr std::uint64_t kBombBytes = 64u << 20, kBombFactor = 100;
// No packer needs so many more bytes than there are: more comes out than the entry says.
constexpr std::uint64_t kMostOverhead = 64u << 10;

std::uint32_t unix_mode(const ZipEntry& entry) {
  const auto system = static_cast<std::uint8_t>(entry.version_made >> 8);
  return system == kMadeOnUnix || system == kMadeOnMac ? entry.external >> 16 : 0;
}

FileKind kind_of(const ZipEntry& entry) {
  const std::uint32_t type = unix_mode(entry) & kTypeMask;
  if (type == kLinkType) return FileKind::kLink;
  if (entry.name.ends_with('/') || type == kFolderType) return FileKind::kDir;
  if (type != 0 && type != kFileType) return FileKind::kDevice;
  return (entry.external & kDosFolder) != 0 && entry.size == 0 && type == 0 ? FileKind::kDir : FileKind::kFile;
}

struct Decoded {
  std::string name;
  NameMarks marks = 0;
};

Decoded decoded_name(const ZipEntry& entry) {
  Decoded decoded;
  if (entry.stale_unicode) decoded.marks |= mark_of(NameMark::kStaleUnicode);
  if (!entry.unicode_name.empty()) {
    decoded.name = entry.unicode_name;
  } else if ((entry.flags & kZipUtf8) != 0) {
    decoded.name = entry.name;
    if (!is_valid_utf8(entry.name)) decoded.marks |= mark_of(NameMark::kNotUtf8);
  } else if (is_valid_utf8(entry.name)) {
    decoded.name = entry.name;
  } else {
    decoded.name = from_code_page_437(entry.name);
    decoded.marks |= mark_of(NameMark::kCodePage437);
  }
  decoded.marks |= marks_of_name(decoded.name);
  return decoded;
}

catalog::Stamp stamp_of_nt(std::uint64_t value) {
  if (value == 0) return {};
  return catalog::utc_stamp(static_cast<std::int64_t>(value / 10'000'000) - kNtEpoch,
                            static_cast<std::uint32_t>(value % 10'000'000) * 100);
}

catalog::Stamp stamp_of_unix(const std::optional<std::int32_t>& value) {
  return value ? catalog::utc_stamp(*value, 0) : catalog::Stamp{};
}

catalog::Stamp stamp_of_dos(const WalkBase& walk, const ZipEntry& entry) {
  if (entry.dos_date == 0) return {};
  Civil time;
  time.year = 1980 + (entry.dos_date >> 9);
  time.month = entry.dos_date >> 5 & 15;
  time.day = entry.dos_date & 31;
  time.hour = entry.dos_time >> 11;
  time.minute = entry.dos_time >> 5 & 63;
  time.second = (entry.dos_time & 31) * 2;
  return local_stamp(walk, time);
}

bool absent(const catalog::Stamp& stamp) {
  return stamp.basis == catalog::TimeBasis::kAbsent;
}

// The finest first; MS-DOS time only where nothing else is, since it has no zone.
catalog::FileTimes times_of(const WalkBase& walk, const ZipEntry& entry) {
  catalog::FileTimes times;
  times.modified = stamp_of_nt(entry.nt_modified);
  times.accessed = stamp_of_nt(entry.nt_accessed);
  times.created = stamp_of_nt(entry.nt_created);
  if (absent(times.modified)) times.modified = stamp_of_unix(entry.ut_modified);
  if (absent(times.accessed)) times.accessed = stamp_of_unix(entry.ut_accessed);
  if (absent(times.created)) times.created = stamp_of_unix(entry.ut_created);
  if (absent(times.modified)) times.modified = stamp_of_unix(entry.ux_modified);
  if (absent(times.accessed)) times.accessed = stamp_of_unix(entry.ux_accessed);
  if (absent(times.modified)) times.modified = stamp_of_dos(walk, entry);
  return times;
}

class ZipReader final : public MemberReader {
 public:
  explicit ZipReader(WalkBase& walk)
      : walk_(walk),
        file_(walk.image, walk.base, walk.end - walk.base),
        directory_(file_, [this](std::uint64_t item) { beat(item); }),
        issues_(walk) {}

  Result<std::vector<std::uint64_t>> names() override;
  std::optional<Described> describe(std::uint64_t inode) override;
  Status blocks() override;
  Status report() override;
  bool read(const StreamPlan& plan, const Consumer& consume, Status& consumed) override;
  std::vector<Member> members() override;
  std::optional<StreamPlan> plan_as(std::uint64_t member, std::uint64_t as, bool says) override;

 private:
  void load();
  void beat(std::uint64_t item) const { walk_.sink.working_on(stage_of(walk_.job), item); }
  void tell_marks(const ZipEntry& entry);
  Status send_blocks(std::uint64_t from, std::uint64_t to, BlockUse use) const;
  StreamPlan plan_of(const ZipEntry& entry, FileKind kind) const;
  std::string link_of(const ZipEntry& entry);

  WalkBase& walk_;
  RangeReader file_;
  ZipDirectory directory_;
  MemberIssues issues_;
  MemberPaths paths_;
  bool loaded_ = false;
};

void ZipReader::load() {
  if (!std::exchange(loaded_, true)) directory_.load();
}

Result<std::vector<std::uint64_t>> ZipReader::names() {
  load();
  const auto& entries = directory_.entries();
  for (const ZipEntry& entry : entries) paths_.look_at(decoded_name(entry).name, kind_of(entry) == FileKind::kDir);
  paths_.settle();
  MemberTree tree(walk_);
  for (const ZipEntry& entry : entries)
    if (kind_of(entry) == FileKind::kDir)
      tree.folder(paths_.path_of(decoded_name(entry).name), entry.inode, entry.name);
  LIMIER_CHECK(tree.send_root());
  MemberAlikes alikes;
  std::uint64_t done = 0;
  for (const ZipEntry& entry : entries) {
    beat(++done);
    const FileKind kind = kind_of(entry);
    Decoded decoded = decoded_name(entry);
    if (paths_.mixed_roots() && decoded.name.starts_with('/')) decoded.marks |= mark_of(NameMark::kAbsolute);
    const std::string path = paths_.path_of(decoded.name);
    LIMIER_CHECK(tree.send(path, entry.inode, kind, entry.name));
    issues_.add_names(entry.inode, decoded.marks);
    alikes.add(path, entry.inode);
    if (kind == FileKind::kLink) alikes.add_link(path, entry.inode, link_of(entry));
  }
  alikes.report(issues_);
  if (tree.too_deep() > 0)
    LIMIER_CHECK(walk_.issue(
        "path-too-long", Severity::kWarning, std::nullopt,
        fmt::format("{} members are not listed: their paths are longer than limier goes", tree.too_deep()), true));
  return tree.take_inodes();
}

std::optional<Described> ZipReader::describe(std::uint64_t inode) {
  if (inode >= kMadeUpInodes) return Described{made_up_folder(walk_, inode), {}};
  std::optional<ZipEntry> found;
  if (loaded_) {
    const auto at = std::ranges::lower_bound(directory_.entries(), inode, {}, &ZipEntry::inode);
    if (at != directory_.entries().end() && at->inode == inode) found = *at;
  } else {
    found = directory_.entry_at(inode);
  }
  if (!found) return std::nullopt;
  const ZipEntry& entry = *found;
  Described described;
  catalog::InodeRecord& record = described.inode;
  record.volume_id = walk_.volume_id();
  record.inode = inode;
  record.kind = kind_of(entry);
  record.size_bytes = std::min(entry.size, kMaxStreamBytes);
  record.mode = unix_mode(entry);
  record.uid = entry.uid;
  record.gid = entry.gid;
  record.link_count = 1;
  record.times = times_of(walk_, entry);
  if (record.kind == FileKind::kLink) record.link_target = link_of(entry);
  tell_marks(entry);
  if (absent(record.times.modified) && absent(record.times.accessed) && absent(record.times.created))
    issues_.add("no-time", Severity::kInfo, inode, "its entry has no time, or none that a calendar knows", false);
  if (record.kind != FileKind::kDir) described.streams.push_back(plan_of(entry, record.kind));
  return described;
}

std::vector<Member> ZipReader::members() {
  load();
  std::vector<Member> list;
  for (const ZipEntry& entry : directory_.entries())
    list.push_back({entry.inode, decoded_name(entry).name, kind_of(entry), entry.size});
  return list;
}

std::optional<StreamPlan> ZipReader::plan_as(std::uint64_t member, std::uint64_t as, bool says) {
  const auto at = std::ranges::lower_bound(directory_.entries(), member, {}, &ZipEntry::inode);
  if (at == directory_.entries().end() || at->inode != member) return std::nullopt;
  ZipEntry entry = *at;
  entry.inode = as;
  if (says) tell_marks(entry);
  return plan_of(entry, kind_of(entry));
}

void ZipReader::tell_marks(const ZipEntry& entry) {
  const std::uint64_t inode = entry.inode;
  if (entry.has(ZipMark::kHeaderMismatch))
    issues_.add("header-mismatch", Severity::kWarning, inode,
                "its entry in the directory and the header before its data do not say the same", false);
  if (entry.has(ZipMark::kUnlisted))
    issues_.add("unlisted-member", Severity::kWarning, inode,
                "the directory does not list it: it was left out, or taken out of it", false);
  if (entry.has(ZipMark::kOverlap))
    issues_.add("overlap", Severity::kWarning, inode, "it lies in the bytes of another member", false);
  if (entry.has(ZipMark::kCrowded))
    issues_.add("overlap", Severity::kWarning, inode,
                "it lies in the bytes of so many other members that it is not unpacked", true);
  if (entry.has(ZipMark::kBadOffset))
    issues_.add("bad-offset", Severity::kWarning, inode, "there is no member where its entry says that it lies", true);
  if (entry.has(ZipMark::kStoredWithDescriptor))
    issues_.add("stored-with-descriptor", Severity::kWarning, inode,
                "it is stored, and its size stands behind it: without the directory nobody can tell where it ends",
                false);
  if (entry.has(ZipMark::kTruncated))
    issues_.add("truncated", Severity::kWarning, inode, "the file ends inside its data", true);
  if (entry.encrypted())
    issues_.add("encrypted", Severity::kWarning, inode,
                fmt::format("it is encrypted ({})", entry.method == kZipAes        ? "AES, as WinZip does it"
                                                    : (entry.flags & 1u << 6) != 0 ? "strong encryption of PKWARE"
                                                                                   : "ZipCrypto"),
                true);
  else if (!zip_coding(entry.method))
    issues_.add("unsupported-method", Severity::kWarning, inode,
                fmt::format("it is packed in a way that limier does not read ({})", zip_method_name(entry.method)),
                true);
  else if (entry.size > kBombBytes && entry.size / kBombFactor > entry.packed)
    issues_.add(
        "bomb", Severity::kInfo, inode,
        fmt::format("its {} bytes are packed in {}: it is unpacked as far as its entry says", entry.size, entry.packed),
        false);
  else if (entry.method != kZipStored && entry.packed > kMostOverhead && entry.packed / 2 > entry.size)
    issues_.add("bomb", Severity::kWarning, inode,
                fmt::format("it is packed in {} bytes and said to hold {}: it is unpacked as far as that", entry.packed,
                            entry.size),
                false);
}

StreamPlan ZipReader::plan_of(const ZipEntry& entry, FileKind kind) const {
  StreamPlan plan;
  catalog::StreamRecord& record = plan.record;
  record.ref = {walk_.volume_id(), entry.inode, 0, kStream, 0};
  record.size_bytes = std::min(entry.size, kMaxStreamBytes);
  const auto coding = zip_coding(entry.method);
  const std::uint64_t data = walk_.base + entry.data_offset;
  const bool there = entry.has_data && entry.data_offset < file_.size_bytes();
  if (kind != FileKind::kFile) {
    record.source = ContentSource::kNone;
    return plan;
  }
  if (entry.encrypted()) {
    record.source = ContentSource::kEncrypted;
    if (there) add_extent(plan, ExtentKind::kEncrypted, 0, data, entry.packed);
  } else if (!there) {
    const bool empty = entry.size == 0 && !entry.has(ZipMark::kBadOffset);
    record.source = empty ? ContentSource::kEmpty : ContentSource::kUnreadable;
  } else if (!coding || entry.has(ZipMark::kCrowded)) {
    record.source = ContentSource::kNotRead;
    record.reason =
        coding ? "packed among too many others in the same bytes" : "packed with " + zip_method_name(entry.method);
    add_extent(plan, ExtentKind::kCompressed, 0, data, entry.packed);
  } else if (entry.size == 0 && entry.packed == 0) {
    record.source = ContentSource::kEmpty;
  } else if (entry.packed == 0) {
    record.source = ContentSource::kUnreadable;
  } else {
    record.source = ContentSource::kExtents;
    // AE-2 leaves the CRC out; it is encrypted anyway, and does not come here.
    record.packing = {*coding, true, entry.crc32};
    const bool plain = *coding == catalog::Coding::kPlain;
    // A stored one that holds more or less than its entry says is of the size that it has room for.
    const std::uint64_t length = plain ? std::min(entry.packed, entry.size) : entry.packed;
    add_extent(plan, plain ? ExtentKind::kData : ExtentKind::kCompressed, 0, data, length);
    if (length == 0) record.source = ContentSource::kUnreadable, record.packing = {};
  }
  number_extents(plan);
  if (record.packing.coding != catalog::Coding::kPlain) record.data_piece_count = 1;
  return plan;
}

bool ZipReader::read(const StreamPlan& plan, const Consumer& consume, Status& consumed) {
  if (plan.extents.size() != 1 || !plan.extents.front().image_offset) return false;
  const catalog::ExtentRecord& extent = plan.extents.front();
  unpack::Member member(plan.record.packing, plan.record.size_bytes);
  std::vector<std::uint8_t> buffer(kReadAtOnce);
  for (std::uint64_t done = 0; done < extent.length && consumed.ok();) {
    walk_.sink.working_on(Stage::kExtract, done);
    const auto part = MutableBytes(buffer).first(
        static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), extent.length - done)));
    if (walk_.image.read(*extent.image_offset + done, part).length != part.size()) return false;
    member.feed(part, [&](Bytes bytes) {
      walk_.sink.working_on(Stage::kExtract, done);
      consumed = consume(bytes);
      return consumed.ok();
    });
    done += part.size();
  }
  return consumed.ok() && member.finish() == catalog::PackingFault::kNone;
}

// What a link leads to is its content.
std::string ZipReader::link_of(const ZipEntry& entry) {
  std::string target;
  if (entry.size > kMaxLinkBytes || entry.encrypted()) return target;
  const StreamPlan plan = plan_of(entry, FileKind::kFile);
  if (plan.record.source != ContentSource::kExtents) return target;
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

Status ZipReader::send_blocks(std::uint64_t from, std::uint64_t to, BlockUse use) const {
  if (to <= from) return ok_status();
  return walk_.sink.blocks({walk_.volume_id(), walk_.base + from, to - from, use});
}

Status ZipReader::blocks() {
  load();
  struct Range {
    std::uint64_t from, to;
    BlockUse use;
  };
  std::vector<Range> ranges;
  for (const ZipEntry& entry : directory_.entries()) {
    if (entry.end <= entry.local_offset) continue;
    ranges.push_back({entry.local_offset, entry.data_offset, BlockUse::kMetadata});
    ranges.push_back({entry.data_offset, entry.data_offset + entry.packed, BlockUse::kAllocated});
    ranges.push_back({entry.data_offset + entry.packed, entry.end, BlockUse::kMetadata});
  }
  if (const auto& end = directory_.end()) {
    ranges.push_back({end->directory, end->directory + end->directory_length, BlockUse::kMetadata});
    ranges.push_back({end->offset, end->offset + end->length, BlockUse::kMetadata});
  }
  for (const auto& [from, length] : directory_.fragments())
    ranges.push_back({from, from + length, BlockUse::kMetadata});
  std::ranges::stable_sort(ranges, {}, &Range::from);
  std::uint64_t at = 0;
  for (const Range& range : ranges) {
    const std::uint64_t from = std::max(at, range.from), to = std::min(range.to, file_.size_bytes());
    if (from >= to) continue;
    LIMIER_CHECK(send_blocks(at, from, BlockUse::kUnallocated));
    LIMIER_CHECK(send_blocks(from, to, range.use));
    at = to;
  }
  return send_blocks(at, file_.size_bytes(), BlockUse::kUnallocated);
}

Status ZipReader::report() {
  LIMIER_CHECK(issues_.report());
  for (const ZipGap& gap : directory_.gaps()) {
    catalog::IssueRecord issue;
    issue.stage = "walk";
    issue.code = gap.what == "gap" ? "archive-gap" : std::string(gap.what);
    issue.severity = Severity::kInfo;
    issue.volume_id = walk_.volume_id();
    issue.image_offset = walk_.base + gap.offset;
    issue.length = gap.length;
    issue.message = "bytes of the archive that belong to no member";
    LIMIER_CHECK(walk_.sink.issue(issue));
  }
  if (directory_.too_many())
    LIMIER_CHECK(walk_.issue(
        "listing-may-be-incomplete", Severity::kWarning, std::nullopt,
        fmt::format("the archive has more than {} members: the others are not listed", directory_.entries().size()),
        true));
  if (directory_.truncated())
    LIMIER_CHECK(walk_.issue("truncated", Severity::kWarning, std::nullopt,
                             directory_.end() ? "the directory of the archive is damaged: members were looked for too"
                                              : "the archive ends before its directory does: members were looked for",
                             true));
  return ok_status();
}

}  // namespace

std::unique_ptr<MemberReader> make_zip_reader(WalkBase& walk) {
  return std::make_unique<ZipReader>(walk);
}

// The directory alone is looked at: what is encrypted altogether, and kinds that are not read, are known before a walk.
Status map_zip(const evidence::Image& image, const FsJob& job, Sink& sink) {
  sink.working_on(Stage::kMap, 0);
  const RangeReader file(image, 0, image.size_bytes());
  ZipDirectory directory(file, [&](std::uint64_t) { sink.working_on(Stage::kMap, 0); });
  directory.load();
  MemberPaths paths;
  std::uint64_t files = 0, encrypted = 0;
  for (const ZipEntry& entry : directory.entries()) {
    paths.look_at(decoded_name(entry).name, kind_of(entry) == FileKind::kDir);
    if (kind_of(entry) != FileKind::kFile) continue;
    ++files;
    if (entry.encrypted()) ++encrypted;
  }
  paths.settle();
  if (files > 0 && encrypted == files)
    return send_encrypted_volume(image, "zip", "ZIP encryption",
                                 fmt::format("the entries of all {} files say that they are encrypted", files), sink);
  const auto status = directory.truncated()         ? catalog::VolumeStatus::kPartial
                      : directory.entries().empty() ? catalog::VolumeStatus::kEmpty
                                                    : catalog::VolumeStatus::kParsed;
  return send_member_volume(image, job, "zip", status, paths, sink);
}

}  // namespace limier::volume
