#include "volume/folder_reader.h"

#include <fmt/format.h>

#include "volume/member_issues.h"
#include "volume/member_map.h"
#include "volume/member_tree.h"

namespace limier::volume {

namespace {

using catalog::ContentSource;
using catalog::ExtentKind;
using catalog::FileKind;
using evidence::FolderEntry;

constexpr std::uint32_t kStream = 1;

FileKind kind_of(const FolderEntry& entry) {
  switch (entry.kind) {
    case FolderEntry::Kind::kFile:
      return FileKind::kFile;
    case FolderEntry::Kind::kFolder:
      return FileKind::kDir;
    case FolderEntry::Kind::kLink:
      return FileKind::kLink;
    case FolderEntry::Kind::kOther:
      break;
  }
  return FileKind::kDevice;
}

class FolderReader final : public MemberReader {
 public:
  explicit FolderReader(WalkBase& walk) : walk_(walk), issues_(walk) {
    std::uint64_t at = walk.base;
    for (const auto& segment : walk.job.evidence.segments) {
      begins_.push_back(at);
      at += segment.size_bytes;
    }
  }

  Result<std::vector<std::uint64_t>> names() override {
    const auto& entries = walk_.job.folder;
    MemberPaths paths;
    for (const FolderEntry& entry : entries) paths.look_at(entry.path, entry.kind == FolderEntry::Kind::kFolder);
    paths.settle();
    MemberTree tree(walk_);
    for (std::size_t i = 0; i < entries.size(); ++i)
      if (entries[i].kind == FolderEntry::Kind::kFolder)
        tree.folder(paths.path_of(entries[i].path), i + 1, entries[i].path);
    LIMIER_CHECK(tree.send_root());
    MemberAlikes alikes;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      walk_.sink.working_on(Stage::kNames, i);
      const std::string path = paths.path_of(entries[i].path);
      LIMIER_CHECK(tree.send(path, i + 1, kind_of(entries[i]), entries[i].path));
      NameMarks marks = marks_of_name(entries[i].path);
      if (!is_valid_utf8(entries[i].path)) marks |= mark_of(NameMark::kNotUtf8);
      issues_.add_names(i + 1, marks);
      alikes.add(path, i + 1);
      if (entries[i].kind == FolderEntry::Kind::kLink) alikes.add_link(path, i + 1, entries[i].link_target);
    }
    alikes.report(issues_);
    return tree.take_inodes();
  }

  std::optional<Described> describe(std::uint64_t inode) override {
    if (inode >= kMadeUpInodes) return Described{made_up_folder(walk_, inode), {}};
    if (inode == 0 || inode > walk_.job.folder.size()) return std::nullopt;
    const FolderEntry& entry = walk_.job.folder[static_cast<std::size_t>(inode - 1)];
    Described described;
    catalog::InodeRecord& record = described.inode;
    record.volume_id = walk_.volume_id();
    record.inode = inode;
    record.kind = kind_of(entry);
    record.size_bytes = std::min(entry.size_bytes, kMaxStreamBytes);
    record.mode = entry.mode;
    record.uid = entry.uid;
    record.gid = entry.gid;
    record.link_count = entry.link_count;
    record.link_target = entry.link_target;
    record.times.modified = catalog::utc_stamp(entry.modified_s, entry.modified_ns);
    record.times.accessed = catalog::utc_stamp(entry.accessed_s, entry.accessed_ns);
    if (record.kind != FileKind::kDir) described.streams.push_back(plan_of(entry, inode));
    return described;
  }

  std::vector<Member> members() override {
    std::vector<Member> list;
    for (std::size_t i = 0; i < walk_.job.folder.size(); ++i) {
      const FolderEntry& entry = walk_.job.folder[i];
      list.push_back({i + 1, entry.path, kind_of(entry), entry.size_bytes});
    }
    return list;
  }
  std::optional<StreamPlan> plan_as(std::uint64_t member, std::uint64_t as, bool /*says*/) override {
    if (member == 0 || member > walk_.job.folder.size()) return std::nullopt;
    return plan_of(walk_.job.folder[static_cast<std::size_t>(member - 1)], as);
  }

  // Every byte of the media is one of a file.
  Status blocks() override {
    return walk_.sink.blocks({walk_.volume_id(), walk_.base, walk_.end - walk_.base, catalog::BlockUse::kAllocated});
  }
  Status report() override { return issues_.report(); }
  bool read(const StreamPlan& /*plan*/, const Consumer& /*consume*/, Status& /*consumed*/) override { return false; }

 private:
  StreamPlan plan_of(const FolderEntry& entry, std::uint64_t inode) const {
    StreamPlan plan;
    plan.record.ref = {walk_.volume_id(), inode, 0, kStream, 0};
    plan.record.size_bytes = std::min(entry.size_bytes, kMaxStreamBytes);
    if (entry.kind != FolderEntry::Kind::kFile) {
      plan.record.source = ContentSource::kNone;
    } else if (entry.segment >= begins_.size()) {
      plan.record.source = ContentSource::kUnreadable;
    } else if (plan.record.size_bytes == 0) {
      plan.record.source = ContentSource::kEmpty;
    } else {
      plan.record.source = ContentSource::kExtents;
      add_extent(plan, ExtentKind::kData, 0, begins_[entry.segment], plan.record.size_bytes);
    }
    number_extents(plan);
    return plan;
  }

  WalkBase& walk_;
  MemberIssues issues_;
  std::vector<std::uint64_t> begins_;  // of the segments
};

}  // namespace

std::unique_ptr<MemberReader> make_folder_reader(WalkBase& walk) {
  return std::make_unique<FolderReader>(walk);
}

Status map_folder(const evidence::Image& image, const FsJob& job, Sink& sink) {
  MemberPaths paths;
  for (const FolderEntry& entry : job.folder) paths.look_at(entry.path, entry.kind == FolderEntry::Kind::kFolder);
  paths.settle();
  return send_member_volume(image, job, "folder", catalog::VolumeStatus::kParsed, paths, sink);
}

}  // namespace limier::volume
