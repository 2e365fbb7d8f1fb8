#include "volume/tar_reader.h"

#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>

#include "volume/member_issues.h"
#include "volume/member_map.h"
#include "volume/member_tree.h"
#include "volume/reader.h"
#include "volume/tar_format.h"

namespace limier::volume {

namespace {

using catalog::BlockUse;
using catalog::ContentSource;
using catalog::ExtentKind;
using catalog::FileKind;
using catalog::Severity;

constexpr std::uint32_t kStream = 1;
constexpr std::uint64_t kMaxMembers = 2u << 20;
constexpr std::size_t kMaxPax = 1u << 20;  // of one header
constexpr std::size_t kWindow = 1u << 20;
constexpr std::size_t kMaxParts = 1u << 20;

using Parts = std::vector<std::pair<std::uint64_t, std::uint64_t>>;
using Keys = std::map<std::string, std::string, std::less<>>;

std::uint64_t padded(std::uint64_t size) {
  return size > UINT64_MAX - kTarBlock ? size : (size + kTarBlock - 1) / kTarBlock * kTarBlock;
}

struct TarMember {
  std::uint64_t inode = 0;  // of its header
  std::uint64_t first_block = 0, data_offset = 0, packed = 0, size = 0, end = 0;
  std::string name, link;
  char type = '0';
  std::uint32_t mode = 0, uid = 0, gid = 0;
  std::optional<TarTime> modified, accessed, changed, created;
  Parts parts;  // of a sparse one
  bool sparse = false;
  bool truncated = false;
  bool behind_end = false;

  [[nodiscard]] FileKind kind() const {
    switch (type) {
      case '2':
        return FileKind::kLink;
      case '3':
      case '4':
      case '6':
        return FileKind::kDevice;
      case '5':
      case 'D':
        return FileKind::kDir;
      default:
        return name.ends_with('/') && size == 0 ? FileKind::kDir : FileKind::kFile;
    }
  }
};

// All headers of the file, one after the other. What is no header is passed over, block by block, and told.
class TarScan {
 public:
  TarScan(const RangeReader& file, std::function<void(std::uint64_t)> beat) : file_(file), beat_(std::move(beat)) {}

  void run() {
    std::uint64_t at = 0;
    while (at + kTarBlock <= file_.size_bytes() && !too_many_) {
      beat_(at);
      const auto block = file_.read(at, kTarBlock);
      const auto header = read_tar_header(block);
      if (header) {
        at = take(at, *header);
        continue;
      }
      const bool zeros = std::ranges::all_of(block, [](std::uint8_t byte) { return byte == 0; });
      if (zeros) {
        ends_.emplace_back(at, kTarBlock);
        ended_ = true;
        at += kTarBlock;
        continue;
      }
      if (!ended_) bad_headers_.push_back(at);
      const std::uint64_t next = next_header(at + kTarBlock);
      gaps_.emplace_back(at, next - at);
      at = next;
    }
    if (at < file_.size_bytes()) gaps_.emplace_back(at, file_.size_bytes() - at);
    truncated_ = !ended_;
  }

  std::vector<TarMember> members;
  [[nodiscard]] const auto& gaps() const { return gaps_; }
  [[nodiscard]] const auto& ends() const { return ends_; }
  [[nodiscard]] const auto& bad_headers() const { return bad_headers_; }
  [[nodiscard]] bool truncated() const { return truncated_; }
  [[nodiscard]] bool too_many() const { return too_many_; }

 private:
  // Where the next header stands; the end of the file when none does.
  std::uint64_t next_header(std::uint64_t from) const {
    for (std::uint64_t at = from; at + kTarBlock <= file_.size_bytes();) {
      beat_(at);
      const auto window = file_.read(at, kWindow);
      if (window.size() < kTarBlock) break;
      for (std::size_t i = 0; i + kTarBlock <= window.size(); i += kTarBlock) {
        const Bytes block = Bytes(window).subspan(i, kTarBlock);
        const bool zeros = std::ranges::all_of(block, [](std::uint8_t byte) { return byte == 0; });
        if (zeros || read_tar_header(block)) return at + i;
      }
      at += window.size() / kTarBlock * kTarBlock;
    }
    return file_.size_bytes();
  }

  std::string text_at(std::uint64_t offset, std::uint64_t size) const {
    const auto bytes = file_.read(offset, static_cast<std::size_t>(std::min<std::uint64_t>(size, kMaxPax)));
    return std::string(as_text(bytes));
  }

  // Where the header behind this one and its data stands.
  std::uint64_t take(std::uint64_t at, const TarHeader& header) {
    if (!open_) first_block_ = at;
    open_ = true;
    const std::uint64_t data = at + kTarBlock;
    const std::uint64_t room = file_.size_bytes() - data;
    const std::uint64_t behind = padded(header.size) > room ? file_.size_bytes() : data + padded(header.size);
    switch (header.type) {
      case 'x':
      case 'X':
      case 'g':
        for (auto& [key, value] : read_pax(as_bytes(text_at(data, header.size)))) {
          Keys& keys = header.type == 'g' ? global_ : keys_;
          // Version 0.0 of sparse files has these once for each part.
          if (key == "GNU.sparse.offset" || key == "GNU.sparse.numbytes")
            keys["GNU.sparse.map"] += (keys["GNU.sparse.map"].empty() ? "" : ",") + value;
          else
            keys[key] = std::move(value);
        }
        return behind;
      case 'L':
      case 'K': {
        std::string text = text_at(data, header.size);
        text.resize(std::min(text.find('\0'), text.size()));
        (header.type == 'L' ? long_name_ : long_link_) = std::move(text);
        return behind;
      }
      default:
        return add(at, header);
    }
  }

  const std::string* key(std::string_view name) const {
    if (const auto own = keys_.find(name); own != keys_.end()) return &own->second;
    const auto all = global_.find(name);
    return all == global_.end() ? nullptr : &all->second;
  }

  std::uint64_t add(std::uint64_t at, const TarHeader& header) {
    TarMember member;
    member.inode = at;
    member.first_block = first_block_;
    member.data_offset = at + kTarBlock;
    member.type = header.type;
    member.name = long_name_.value_or(header.name);
    member.link = long_link_.value_or(header.link);
    member.mode = header.mode;
    member.uid = static_cast<std::uint32_t>(header.uid);
    member.gid = static_cast<std::uint32_t>(header.gid);
    member.modified = header.modified;
    member.packed = header.size;
    const auto set_time = [&](std::string_view name, std::optional<TarTime>& to) {
      if (const std::string* text = key(name))
        if (const auto time = pax_time(*text)) to = time;
    };
    set_time("mtime", member.modified);
    set_time("atime", member.accessed);
    set_time("ctime", member.changed);
    set_time("LIBARCHIVE.creationtime", member.created);
    if (const std::string* text = key("path")) member.name = *text;
    if (const std::string* text = key("linkpath")) member.link = *text;
    if (const std::string* text = key("size")) member.packed = decimal(*text).value_or(member.packed);
    if (const std::string* text = key("uid")) member.uid = static_cast<std::uint32_t>(decimal(*text).value_or(0));
    if (const std::string* text = key("gid")) member.gid = static_cast<std::uint32_t>(decimal(*text).value_or(0));
    // Links and devices may name a size, and have no data.
    const bool has_data = header.type != '1' && header.type != '2' && header.type != '3' && header.type != '4' &&
                          header.type != '5' && header.type != '6';
    if (!has_data) member.packed = 0;
    member.size = member.packed;
    take_sparse(header, member);
    const std::uint64_t room = file_.size_bytes() > member.data_offset ? file_.size_bytes() - member.data_offset : 0;
    member.truncated = member.packed > room;
    const std::uint64_t data = std::min(member.packed, room);
    member.packed = data;
    member.end = member.data_offset + std::min(room, padded(data));
    member.behind_end = ended_;
    open_ = false;
    keys_.clear();
    long_name_.reset();
    long_link_.reset();
    if (members.size() >= kMaxMembers)
      too_many_ = true;
    else
      members.push_back(std::move(member));
    return members.back().end;
  }

  void take_sparse(const TarHeader& header, TarMember& member) {
    if (header.type == 'S') {
      member.sparse = true;
      member.parts = header.parts;
      for (bool more = header.more_parts; more && member.parts.size() < kMaxParts;) {
        const auto block = file_.read(member.data_offset, kTarBlock);
        if (block.size() < kTarBlock) break;
        more = read_tar_parts(block, member.parts);
        member.data_offset += kTarBlock;
      }
      member.size = header.real_size;
      return;
    }
    const std::string* major = key("GNU.sparse.major");
    const std::string* map = key("GNU.sparse.map");
    if (major == nullptr && map == nullptr) return;
    member.sparse = true;
    if (const std::string* name = key("GNU.sparse.name")) member.name = *name;
    for (const char* size : {"GNU.sparse.realsize", "GNU.sparse.size"})
      if (const std::string* text = key(size)) member.size = decimal(*text).value_or(member.size);
    if (major != nullptr && *major == "1") return read_map(member);
    if (map == nullptr) return;
    std::string_view rest = *map;
    while (!rest.empty() && member.parts.size() < kMaxParts) {
      const auto next = [&] {
        const std::size_t comma = std::min(rest.find(','), rest.size());
        const auto value = decimal(rest.substr(0, comma));
        rest.remove_prefix(std::min(rest.size(), comma + 1));
        return value;
      };
      const auto offset = next(), length = next();
      if (!offset || !length) break;
      member.parts.emplace_back(*offset, *length);
    }
  }

  // Version 1.0: the map stands before the data, in lines, in whole blocks.
  void read_map(TarMember& member) const {
    const std::string text = text_at(member.data_offset, member.packed);
    std::size_t at = 0;
    const auto next = [&]() -> std::optional<std::uint64_t> {
      const std::size_t end = text.find('\n', at);
      if (end == std::string::npos) return std::nullopt;
      const auto value = decimal(std::string_view(text).substr(at, end - at));
      at = end + 1;
      return value;
    };
    const auto count = next();
    for (std::uint64_t i = 0; count && i < std::min<std::uint64_t>(*count, kMaxParts); ++i) {
      const auto offset = next(), length = next();
      if (!offset || !length) break;
      member.parts.emplace_back(*offset, *length);
    }
    const std::uint64_t taken = std::min(padded(at), member.packed);
    member.data_offset += taken;
    member.packed -= taken;
  }

  const RangeReader& file_;
  std::function<void(std::uint64_t)> beat_;
  Keys keys_, global_;
  std::optional<std::string> long_name_, long_link_;
  std::uint64_t first_block_ = 0;
  bool open_ = false;  // headers that belong to the next member have come
  bool ended_ = false;
  bool truncated_ = false;
  bool too_many_ = false;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> gaps_, ends_;
  std::vector<std::uint64_t> bad_headers_;
};

catalog::Stamp stamp_of(const std::optional<TarTime>& time) {
  return time ? catalog::utc_stamp(time->seconds, time->nanoseconds) : catalog::Stamp{};
}

class TarReader final : public MemberReader {
 public:
  explicit TarReader(WalkBase& walk)
      : walk_(walk),
        file_(walk.image, walk.base, walk.end - walk.base),
        scan_(file_, [this](std::uint64_t item) { beat(item); }),
        issues_(walk) {}

  Result<std::vector<std::uint64_t>> names() override {
    load();
    MemberPaths paths;
    for (const TarMember& member : scan_.members) paths.look_at(member.name, member.kind() == FileKind::kDir);
    paths.settle();
    MemberTree tree(walk_);
    for (const TarMember& member : scan_.members)
      if (member.kind() == FileKind::kDir) tree.folder(paths.path_of(member.name), member.inode, member.name);
    LIMIER_CHECK(tree.send_root());
    MemberAlikes alikes;
    for (const TarMember& member : scan_.members) {
      beat(member.inode);
      const std::string path = paths.path_of(member.name);
      LIMIER_CHECK(tree.send(path, member.inode, member.kind(), member.name));
      NameMarks marks = marks_of_name(member.name);
      if (!is_valid_utf8(member.name)) marks |= mark_of(NameMark::kNotUtf8);
      if (paths.mixed_roots() && member.name.starts_with('/')) marks |= mark_of(NameMark::kAbsolute);
      issues_.add_names(member.inode, marks);
      alikes.add(path, member.inode);
      if (member.kind() == FileKind::kLink) alikes.add_link(path, member.inode, member.link);
    }
    alikes.report(issues_);
    if (tree.too_deep() > 0)
      LIMIER_CHECK(walk_.issue(
          "path-too-long", Severity::kWarning, std::nullopt,
          fmt::format("{} members are not listed: their paths are longer than limier goes", tree.too_deep()), true));
    return tree.take_inodes();
  }

  std::optional<Described> describe(std::uint64_t inode) override {
    if (inode >= kMadeUpInodes) return Described{made_up_folder(walk_, inode), {}};
    load();
    const auto found = std::ranges::lower_bound(scan_.members, inode, {}, &TarMember::inode);
    if (found == scan_.members.end() || found->inode != inode) return std::nullopt;
    const TarMember& member = *found;
    Described described;
    catalog::InodeRecord& record = described.inode;
    record.volume_id = walk_.volume_id();
    record.inode = inode;
    record.kind = member.kind();
    record.size_bytes = std::min(member.size, kMaxStreamBytes);
    record.mode = member.mode;
    record.uid = member.uid;
    record.gid = member.gid;
    record.link_count = 1;
    record.times.modified = stamp_of(member.modified);
    record.times.accessed = stamp_of(member.accessed);
    record.times.changed = stamp_of(member.changed);
    record.times.created = stamp_of(member.created);
    const TarMember* of = &member;
    if (member.type == '1' || member.type == '2') record.link_target = member.link.substr(0, kMaxLinkBytes);
    if (member.type == '1') {
      of = target_of(member);
      if (of != nullptr) record.size_bytes = std::min(of->size, kMaxStreamBytes);
    }
    tell(member, inode);
    if (!member.modified || (member.modified->seconds == 0 && member.modified->nanoseconds == 0))
      issues_.add("no-time", Severity::kInfo, inode, "its header has no time", false);
    if (record.kind != FileKind::kDir) described.streams.push_back(plan_of(member, of));
    return described;
  }

  std::vector<Member> members() override {
    load();
    std::vector<Member> list;
    for (const TarMember& member : scan_.members)
      list.push_back({member.inode, member.name, member.kind(), member.size});
    return list;
  }

  std::optional<StreamPlan> plan_as(std::uint64_t member, std::uint64_t as, bool says) override {
    const auto found = std::ranges::lower_bound(scan_.members, member, {}, &TarMember::inode);
    if (found == scan_.members.end() || found->inode != member) return std::nullopt;
    if (says) tell(*found, as);
    TarMember same = *found;
    same.inode = as;
    return plan_of(same, found->type == '1' ? target_of(*found) : &*found);
  }

  Status blocks() override {
    load();
    std::vector<catalog::BlockRange> ranges;
    const auto add = [&](std::uint64_t from, std::uint64_t to, BlockUse use) {
      if (to > from) ranges.push_back({walk_.volume_id(), walk_.base + from, to - from, use});
    };
    for (const TarMember& member : scan_.members) {
      add(member.first_block, member.data_offset, BlockUse::kMetadata);
      add(member.data_offset, member.data_offset + member.packed, BlockUse::kAllocated);
      add(member.data_offset + member.packed, member.end, BlockUse::kMetadata);
    }
    for (const auto& [from, length] : scan_.ends()) add(from, from + length, BlockUse::kMetadata);
    for (const auto& [from, length] : scan_.gaps()) add(from, from + length, BlockUse::kUnallocated);
    std::ranges::sort(ranges, {}, &catalog::BlockRange::image_offset);
    for (const auto& range : ranges) LIMIER_CHECK(walk_.sink.blocks(range));
    return ok_status();
  }

  Status report() override {
    LIMIER_CHECK(issues_.report());
    for (const auto& [offset, length] : scan_.gaps())
      LIMIER_CHECK(place_issue(offset + length == file_.size_bytes() ? "trailing-data" : "archive-gap", Severity::kInfo,
                               offset, length, "bytes of the archive that belong to no member", false));
    for (const std::uint64_t offset : scan_.bad_headers())
      LIMIER_CHECK(place_issue("bad-header", Severity::kWarning, offset, kTarBlock,
                               "where a header should stand there is none whose checksum fits: a member is missing",
                               true));
    if (scan_.too_many())
      LIMIER_CHECK(walk_.issue(
          "listing-may-be-incomplete", Severity::kWarning, std::nullopt,
          fmt::format("the archive has more than {} members: the others are not listed", scan_.members.size()), true));
    if (scan_.truncated())
      LIMIER_CHECK(walk_.issue("truncated", Severity::kWarning, std::nullopt, "the archive has no end", true));
    return ok_status();
  }

  bool read(const StreamPlan& /*plan*/, const Consumer& /*consume*/, Status& /*consumed*/) override { return false; }

 private:
  void load() {
    if (std::exchange(loaded_, true)) return;
    scan_.run();
    for (std::size_t i = 0; i < scan_.members.size(); ++i)
      if (scan_.members[i].kind() == FileKind::kFile && scan_.members[i].type != '1')
        by_name_[scan_.members[i].name] = i;  // the last one is what an unpacked tree would have
  }

  void beat(std::uint64_t item) const { walk_.sink.working_on(stage_of(walk_.job), item); }

  // What is wrong with its bytes.
  void tell(const TarMember& member, std::uint64_t inode) {
    if (member.truncated) issues_.add("truncated", Severity::kWarning, inode, "the file ends inside its data", true);
    if (member.behind_end)
      issues_.add("unlisted-member", Severity::kWarning, inode, "it stands behind the end of the archive", false);
    if (member.type == '1' && target_of(member) == nullptr)
      issues_.add("dangling-link", Severity::kInfo, inode, "it is another name of a member that is not there", false);
  }

  // A hard link stands behind what it is another name of.
  const TarMember* target_of(const TarMember& link) const {
    const auto found = by_name_.find(link.link);
    return found == by_name_.end() ? nullptr : &scan_.members[found->second];
  }

  StreamPlan plan_of(const TarMember& member, const TarMember* of) const {
    StreamPlan plan;
    catalog::StreamRecord& record = plan.record;
    record.ref = {walk_.volume_id(), member.inode, 0, kStream, 0};
    record.size_bytes = std::min(of == nullptr ? member.size : of->size, kMaxStreamBytes);
    if (member.kind() != FileKind::kFile || of == nullptr) {
      record.source = ContentSource::kNone;
      return plan;
    }
    record.source = record.size_bytes == 0 ? ContentSource::kEmpty : ContentSource::kExtents;
    if (record.size_bytes == 0) return plan;
    bool whole = !of->truncated;
    if (of->sparse)
      whole = place_parts(*of, plan) && whole;
    else
      add_extent(plan, ExtentKind::kData, 0, walk_.base + of->data_offset, of->packed);
    number_extents(plan);
    // Nothing says what the bytes must add up to, but that they must be as many.
    if (!whole) record.packing.has_crc = true;
    return plan;
  }

  // False when the parts are not in order, or not there.
  bool place_parts(const TarMember& member, StreamPlan& plan) const {
    std::uint64_t at = 0, data = 0;
    for (const auto& [offset, length] : member.parts) {
      if (offset < at || offset > member.size || length > member.size - offset) return false;
      if (length > member.packed - data) return false;
      add_extent(plan, ExtentKind::kSparse, at, std::nullopt, offset - at);
      add_extent(plan, ExtentKind::kData, offset, walk_.base + member.data_offset + data, length);
      at = offset + length;
      data += length;
    }
    add_extent(plan, ExtentKind::kSparse, at, std::nullopt, member.size - at);
    return true;
  }

  Status place_issue(std::string code, Severity severity, std::uint64_t offset, std::uint64_t length,
                     std::string message, bool incomplete) const {
    catalog::IssueRecord issue;
    issue.stage = "walk";
    issue.code = std::move(code);
    issue.severity = severity;
    issue.volume_id = walk_.volume_id();
    issue.image_offset = walk_.base + offset;
    issue.length = length;
    issue.message = std::move(message);
    issue.incomplete = incomplete;
    return walk_.sink.issue(issue);
  }

  WalkBase& walk_;
  RangeReader file_;
  TarScan scan_;
  MemberIssues issues_;
  std::unordered_map<std::string, std::size_t> by_name_;
  bool loaded_ = false;
};

}  // namespace

std::unique_ptr<MemberReader> make_tar_reader(WalkBase& walk) {
  return std::make_unique<TarReader>(walk);
}

Status map_tar(const evidence::Image& image, const FsJob& job, Sink& sink) {
  const RangeReader file(image, 0, image.size_bytes());
  TarScan scan(file, [&](std::uint64_t) { sink.working_on(Stage::kMap, 0); });
  scan.run();
  MemberPaths paths;
  for (const TarMember& member : scan.members) paths.look_at(member.name, member.kind() == FileKind::kDir);
  paths.settle();
  const auto status = scan.truncated()       ? catalog::VolumeStatus::kPartial
                      : scan.members.empty() ? catalog::VolumeStatus::kEmpty
                                             : catalog::VolumeStatus::kParsed;
  return send_member_volume(image, job, "tar", status, paths, sink);
}

}  // namespace limier::volume
