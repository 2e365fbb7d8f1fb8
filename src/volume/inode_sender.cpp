#include "volume/inode_sender.h"

#include <algorithm>

#include <fmt/format.h>

#include "limier/catalog/hit_stream.h"
#include "limier/types.h"

namespace limier::volume {

namespace {

using catalog::ContentSource;

constexpr std::uint64_t kZeroStep = 64u << 20;  // zeros hashed between two signs of life
// Deleted files reuse each other's clusters, so once is too little; four generations of a full disk are not.
constexpr std::uint64_t kTimesTheVolume = 4;
// Reasons are limier's own words and few; more than this many would be a mistake.
constexpr std::size_t kMaxReasons = 256;

std::uint64_t claim_of(const StreamPlan& plan) {
  std::uint64_t holes = 0;
  for (const auto& extent : plan.extents)
    if (extent.kind == catalog::ExtentKind::kSparse) holes += extent.length;
  return plan.record.size_bytes - std::min(plan.record.size_bytes, holes);
}

void leave_unread(StreamPlan& plan) {
  plan.extents.clear();
  plan.record.data_piece_count = 0;
  if (plan.record.size_bytes > 0 && plan.record.source != ContentSource::kNone) {
    plan.record.source = ContentSource::kUnreadable;
    plan.record.reason.clear();
  }
}

}  // namespace

const keywords::Matcher* WalkBase::keywords() {
  if (!job.entities || job.keywords.empty()) return nullptr;
  if (keywords_ == nullptr) {
    auto matcher = keywords::Matcher::compile(job.keywords);
    if (!matcher) throw std::runtime_error(matcher.error().message);
    keywords_ = std::move(*matcher);
  }
  return keywords_.get();
}

Status WalkBase::issue(std::string code, catalog::Severity severity, std::optional<std::uint64_t> inode,
                       std::string message, bool incomplete) const {
  catalog::IssueRecord record;
  record.stage = "walk";
  record.code = std::move(code);
  record.severity = severity;
  record.volume_id = volume_id();
  record.inode = inode;
  record.message = std::move(message);
  record.incomplete = incomplete;
  return sink.issue(record);
}

void add_extent(StreamPlan& plan, catalog::ExtentKind kind, std::uint64_t file_offset,
                std::optional<std::uint64_t> image_offset, std::uint64_t length) {
  if (length == 0) return;
  auto& extents = plan.extents;
  if (!extents.empty()) {
    auto& last = extents.back();
    const bool follows = last.kind == kind && last.file_offset + last.length == file_offset;
    const bool adjacent = last.image_offset.has_value() == image_offset.has_value() &&
                          (!image_offset || *last.image_offset + last.length == *image_offset);
    if (follows && adjacent) {
      last.length += length;
      return;
    }
  }
  catalog::ExtentRecord extent;
  extent.file_offset = file_offset;
  extent.image_offset = image_offset;
  extent.length = length;
  extent.kind = kind;
  extents.push_back(extent);
}

void number_extents(StreamPlan& plan) {
  auto& extents = plan.extents;
  std::stable_sort(extents.begin(), extents.end(),
                   [](const auto& a, const auto& b) { return a.file_offset < b.file_offset; });
  std::uint32_t piece = 0;
  for (std::size_t i = 0; i < extents.size(); ++i) {
    extents[i].ref = plan.record.ref;
    extents[i].seq = static_cast<std::uint32_t>(i);
    extents[i].piece = extents[i].kind == catalog::ExtentKind::kData ? piece++ : 0;
  }
  plan.record.data_piece_count = piece;
}

OrphanBudget::OrphanBudget(const WalkBase& walk) : walk_(walk), limit_(kTimesTheVolume * (walk.end - walk.base)) {}

bool OrphanBudget::admits(std::uint64_t inode, const std::vector<StreamPlan>& plans) {
  if (!std::binary_search(walk_.orphans.begin(), walk_.orphans.end(), inode)) return true;
  std::uint64_t claimed = 0;
  for (const StreamPlan& plan : plans) claimed += std::min(claim_of(plan), limit_ + 1);
  if (claimed <= limit_ - claimed_) {
    claimed_ += claimed;
    return true;
  }
  ++refused_;
  refused_bytes_ += std::min(claimed, kMaxStreamBytes - refused_bytes_);
  return false;
}

Status OrphanBudget::report() const {
  if (refused_ == 0) return ok_status();
  return walk_.issue("orphans-over-budget", catalog::Severity::kWarning, std::nullopt,
                     fmt::format("orphans claim more than {} times the volume's size: {} of them, with {} bytes or "
                                 "more, are listed, but their content is not read",
                                 kTimesTheVolume, refused_, refused_bytes_),
                     true);
}

void InodeSender::Closed::add(const catalog::StreamRecord& stream) {
  if (streams++ == 0) first_inode = stream.ref.inode;
  bytes += stream.size_bytes;
}

Status InodeSender::streams(const catalog::InodeRecord& inode, std::vector<StreamPlan>& plans,
                            const ReadContent& read) {
  const bool admitted = inode.allocated || budget_.admits(inode.inode, plans);
  bool outside = false;
  for (StreamPlan& plan : plans) {
    if (!admitted) leave_unread(plan);
    outside = outside || plan.outside_volume;
    if (plan.record.source == ContentSource::kDigested) digest(plan, read);
    note(plan.record, inode.allocated);
    LIMIER_CHECK(walk_.sink.stream(plan.record));
    for (const auto& extent : plan.extents) LIMIER_CHECK(walk_.sink.extent(extent));
  }
  if (!outside) return ok_status();
  // Runs of deleted files are often overwritten with anything; those of allocated files must hold.
  return walk_.issue("run-outside-volume", inode.allocated ? catalog::Severity::kWarning : catalog::Severity::kInfo,
                     inode.inode, "the entry's run list points outside the volume", inode.allocated);
}

void InodeSender::note(const catalog::StreamRecord& stream, bool allocated) {
  if (stream.source == ContentSource::kEncrypted) encrypted_.add(stream);
  // Of a deleted file the clusters are often gone: that is no gap in the examination.
  if (!allocated) return;
  if (stream.source == ContentSource::kUnreadable) unreadable_.add(stream);
  if (stream.source == ContentSource::kNotRead && (not_read_.size() < kMaxReasons || not_read_.contains(stream.reason)))
    not_read_[stream.reason].add(stream);
}

Status InodeSender::report() const {
  LIMIER_CHECK(budget_.report());
  // In parts, only the supervisor sees them all.
  if (walk_.job.part == WalkPart::kInodes) return ok_status();
  LIMIER_CHECK(report(encrypted_, "content-encrypted",
                      evidence::is_extraction(walk_.job.evidence.format)
                          ? "are encrypted in the archive and were not examined"
                          : "are encrypted by the file system and were not examined"));
  for (const auto& [reason, closed] : not_read_)
    LIMIER_CHECK(report(closed, "content-not-read", "are not read: " + reason));
  return report(unreadable_, "content-unreadable", "are in use, but their content cannot be read");
}

Status InodeSender::report(const Closed& closed, std::string code, std::string_view what) const {
  if (closed.streams == 0) return ok_status();
  return walk_.issue(std::move(code), catalog::Severity::kWarning, closed.first_inode,
                     fmt::format("{} streams ({} bytes) {}; the first is of entry {}", closed.streams, closed.bytes,
                                 what, closed.first_inode),
                     true);
}

void InodeSender::digest_zeros(StreamPlan& plan) {
  types::HeldBuffers held;
  types::Sniffer sniffer;
  sniffer.take_zeros(plan.record.size_bytes, plan.record.size_bytes, held);
  plan.record.type = sniffer.finish(plan.record.size_bytes, held);
  Hasher hasher(walk_.job.digests);
  for (std::uint64_t left = plan.record.size_bytes; left > 0;) {
    const std::uint64_t step = std::min(left, kZeroStep);
    hasher.update_zeros(step);
    left -= step;
    walk_.sink.working_on(Stage::kContent, plan.record.ref.inode);
  }
  plan.record.digests = hasher.finish();
}

void InodeSender::digest(StreamPlan& plan, const ReadContent& read) {
  if (walk_.job.metadata_only || !walk_.job.digests.any()) return;
  walk_.sink.working_on(Stage::kContent, plan.record.ref.inode);
  walk_.sink.expecting(plan.record.size_bytes);
  if (plan.zeros) return digest_zeros(plan);
  Hasher hasher(walk_.job.digests);
  types::HeldBuffers held;
  types::Sniffer sniffer;
  catalog::HitStream hits(walk_.keywords());
  walk_.damage().reset_touched();
  Status consumed = ok_status();
  const auto take = [&](Bytes bytes) {
    sniffer.take(bytes, plan.record.size_bytes, held);
    hasher.update(bytes);
    if (walk_.job.entities) hits.take(bytes);
    return ok_status();
  };
  const bool whole = read(plan, take, consumed);
  const auto& damage = walk_.damage();
  plan.record.touched_damage = damage.touched();
  if (damage.any() && !plan.record.touched_damage) {
    // The bytes may have come from a cache, where damage leaves no trace.
    plan.record.touched_damage = std::any_of(plan.extents.begin(), plan.extents.end(), [&](const auto& extent) {
      return extent.image_offset && damage.overlaps(*extent.image_offset, extent.length);
    });
  }
  if (!whole) {
    plan.record.source = ContentSource::kUnreadable;
    return;
  }
  if (plan.record.touched_damage) return;
  plan.record.digests = hasher.finish();
  plan.record.type = sniffer.finish(plan.record.size_bytes, held);
  plan.record.hits = hits.end();
}

}  // namespace limier::volume
