// Source: Linux kernel documentation, "ext4 Data Structures and Algorithms"; each file beside this one names its part.
//
// libtsk 4.11 knows no inline data behind another attribute, no revision 0, no clusters, no index blocks of large
// directories, no second index block of extent trees and no attributes, and cuts times to 32 bits.
#include "volume/ext_reader.h"

#include <algorithm>

#include <fmt/format.h>

#include "volume/ext_blocks.h"
#include "volume/ext_names.h"
#include "volume/ext_streams.h"
#include "volume/ext_tree.h"

namespace limier::volume {

namespace {

using catalog::FileKind;

FileKind file_kind(ExtKind kind) {
  switch (kind) {
    case ExtKind::kDir:
      return FileKind::kDir;
    case ExtKind::kLink:
      return FileKind::kLink;
    case ExtKind::kDevice:
      return FileKind::kDevice;
    default:
      return FileKind::kFile;
  }
}

class ExtReader final : public OwnReader {
 public:
  ExtReader(WalkBase& walk, std::unique_ptr<ExtVolume> volume) : walk_(walk), volume_(std::move(volume)) {}

  Result<std::vector<std::uint64_t>> names() override {
    if (volume_->facts().shared_blocks()) {
      LIMIER_CHECK(walk_.issue("blocks-shared", catalog::Severity::kInfo, std::nullopt,
                               "the file system lets files share blocks (shared_blocks): one block may be the content "
                               "of several",
                               false));
    }
    if (journal_holds_changes()) {
      LIMIER_CHECK(
          walk_.issue("journal-not-replayed", catalog::Severity::kWarning, volume_->facts().journal_inode(),
                      "the file system was not unmounted and its journal holds changes that are not written to "
                      "their places yet: what is listed is the state without them",
                      false));
    }
    return ExtNames(walk_, *volume_).run();
  }

  std::optional<Described> describe(std::uint64_t number) override {
    if (number == volume_->facts().virtual_inode()) return orphan_directory(number);
    const auto inode = volume_->inode(number);
    if (!inode) return std::nullopt;
    Described described;
    catalog::InodeRecord& record = described.inode;
    record.volume_id = walk_.volume_id();
    record.inode = number;
    record.kind = file_kind(inode->kind);
    record.allocated = inode->in_use;
    record.size_bytes = inode->size;
    record.mode = inode->kind == ExtKind::kOther ? inode->mode & 07777u : inode->mode;
    record.uid = inode->uid;
    record.gid = inode->gid;
    record.link_count = inode->links;
    record.times = inode->times;
    record.link_target = ext_link_target(*volume_, *inode, !walk_.job.metadata_only);
    if (walk_.job.bare_inodes) return described;
    ExtStreams streams = plan_ext_streams(*volume_, *inode);
    described.streams = std::move(streams.plans);
    if (streams.xattrs_damaged && xattrs_damaged_++ == 0) first_damaged_ = number;
    return described;
  }

  Status blocks() override { return send_ext_blocks(walk_, *volume_); }
  Status report() override {
    if (xattrs_damaged_ == 0) return ok_status();
    return walk_.issue("attributes-damaged", catalog::Severity::kWarning, first_damaged_,
                       fmt::format("the extended attributes of {} entries are damaged, the first is {}: they may have "
                                   "more than are listed",
                                   xattrs_damaged_, first_damaged_),
                       true);
  }

  // Pieces inside metadata, and zeros between them.
  bool read(const StreamPlan& plan, const Consumer& consume, Status& consumed) override {
    std::vector<std::uint8_t> buffer(kReadStep);
    std::uint64_t done = 0;
    const auto give = [&](Bytes bytes) {
      consumed = consume(bytes);
      done += bytes.size();
      return consumed.ok();
    };
    const auto zeros_to = [&](std::uint64_t end) {
      while (done < end) {
        const auto step = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), end - done));
        std::fill_n(buffer.begin(), step, std::uint8_t{0});
        if (!give(Bytes(buffer).first(step))) return;
      }
    };
    for (const auto& extent : plan.extents) {
      if (extent.kind != catalog::ExtentKind::kResident || !extent.image_offset) continue;
      zeros_to(extent.file_offset);
      for (std::uint64_t at = 0; at < extent.length && consumed.ok();) {
        working_on(plan, done);
        const auto step = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), extent.length - at));
        if (walk_.read(*extent.image_offset + at, MutableBytes(buffer).first(step)) != step) return false;
        if (!give(Bytes(buffer).first(step))) return true;
        at += step;
      }
      if (!consumed.ok()) return true;
    }
    zeros_to(plan.record.size_bytes);
    return true;
  }

 private:
  // Its superblock says where the log starts, 0 when it is empty. Source: the same documentation, "Journal (jbd2)".
  [[nodiscard]] bool journal_holds_changes() const {
    constexpr std::uint32_t kMagic = 0xC03B3998;
    if (!volume_->facts().journal_in_use()) return false;
    const auto journal = volume_->inode(volume_->facts().journal_inode());
    const auto tree = journal ? read_ext_tree(*volume_, *journal) : ExtTree();
    const auto super = tree.runs.empty() ? std::vector<std::uint8_t>() : volume_->read_block(tree.runs.front().block);
    return be_at<std::uint32_t>(super, 0) != kMagic || be_at<std::uint32_t>(super, 0x1C) != 0u;
  }

  void working_on(const StreamPlan& plan, std::uint64_t done) {
    const bool extracting = walk_.job.kind == FsJobKind::kExtract;
    walk_.sink.working_on(extracting ? Stage::kExtract : Stage::kContent, extracting ? done : plan.record.ref.inode);
  }

  [[nodiscard]] Described orphan_directory(std::uint64_t number) const {
    Described described;
    described.inode.volume_id = walk_.volume_id();
    described.inode.inode = number;
    described.inode.kind = FileKind::kVirtual;
    described.inode.link_count = 1;
    StreamPlan plan;
    plan.record.ref = {walk_.volume_id(), number, 0, 0, 0};
    described.streams.push_back(std::move(plan));
    return described;
  }

  WalkBase& walk_;
  std::unique_ptr<ExtVolume> volume_;
  std::uint64_t xattrs_damaged_ = 0;
  std::uint64_t first_damaged_ = 0;
};

}  // namespace

std::unique_ptr<OwnReader> make_ext_reader(WalkBase& walk) {
  auto volume = ExtVolume::open(walk);
  if (!volume) return nullptr;
  return std::make_unique<ExtReader>(walk, std::move(volume));
}

}  // namespace limier::volume
