#include "app/walk_rows.h"

namespace limier::app {
namespace {

// Rows of the inodes between two checkpoints: 64 of them, of which one may have four million runs.
constexpr std::uint64_t kMaxHeldBytes = 512ull << 20;

Error lied() {
  return {kLied, "it sent a row that cannot be true"};
}

}  // namespace

template <class Row>
Status WalkRows::store(const Row& row, std::uint32_t volume_id, bool acceptable, To to) {
  if (!acceptable || volume_id != volume_id_) return lied();
  return to == To::kIndex ? index_.add(row) : ok_status();
}

void WalkRows::count(const catalog::StreamRecord& stream) {
  using catalog::ContentSource;
  // Of a deleted file the clusters are often gone: that is no gap in the examination.
  const bool in_use = unallocated_.count(stream.ref.inode) == 0;
  const bool encrypted = stream.source == ContentSource::kEncrypted;
  const bool unreadable = stream.source == ContentSource::kUnreadable && in_use;
  const bool not_read = stream.source == ContentSource::kNotRead && in_use;
  if (!encrypted && !unreadable && !not_read) return;
  Closed& closed = not_read ? not_read_[stream.reason] : encrypted ? encrypted_ : unreadable_;
  if (closed.streams++ == 0) closed.first_inode = stream.ref.inode;
  closed.bytes += stream.size_bytes;
}

Status WalkRows::take(const worker::Frame& frame, To to) {
  using worker::FrameType;
  switch (frame.type) {
    case FrameType::kNames:
      return for_each_record<catalog::NameRecord>(frame, [&](const auto& row) -> Status {
        if (to == To::kIndex) ++names_;
        return store(row, row.volume_id, catalog::validate(row), to);
      });
    case FrameType::kInodes:
      return for_each_record<catalog::InodeRecord>(
          frame, [&](const auto& row) { return store(row, row.volume_id, catalog::validate(row), to); });
    case FrameType::kStreams:
      return for_each_record<catalog::StreamRecord>(
          frame, [&](const auto& row) { return store(row, row.ref.volume_id, catalog::validate(row), to); });
    case FrameType::kExtents:
      return for_each_record<catalog::ExtentRecord>(frame, [&](const auto& row) {
        return store(row, row.ref.volume_id, catalog::validate(row, media_size_), to);
      });
    case FrameType::kBlocks:
      return for_each_record<catalog::BlockRange>(
          frame, [&](const auto& row) { return store(row, row.volume_id, catalog::validate(row, media_size_), to); });
    case FrameType::kIssues:
      return for_each_record<catalog::IssueRecord>(
          frame, [&](const auto& row) { return store(row, row.volume_id, catalog::validate(row), to); });
    default:
      return Error{kLied, "it sent an unexpected frame"};
  }
}

Status WalkRows::hold(const worker::Frame& frame) {
  LIMIER_CHECK(take(frame, To::kCheck));
  held_bytes_ += frame.payload.size();
  if (held_bytes_ > kMaxHeldBytes) return Error{kLied, "it sent more rows for a few entries than these can have"};
  held_.push_back(frame);
  return ok_status();
}

Status WalkRows::confirm() {
  unallocated_.clear();
  for (const worker::Frame& frame : held_) {
    if (frame.type == worker::FrameType::kInodes)
      LIMIER_CHECK(for_each_record<catalog::InodeRecord>(frame, [&](const auto& row) {
        if (!row.allocated) unallocated_.insert(row.inode);
        return ok_status();
      }));
    if (frame.type == worker::FrameType::kStreams)
      LIMIER_CHECK(for_each_record<catalog::StreamRecord>(frame, [&](const auto& row) {
        count(row);
        return ok_status();
      }));
    LIMIER_CHECK(take(frame));
  }
  discard();
  return ok_status();
}

void WalkRows::discard() {
  held_.clear();
  held_bytes_ = 0;
}

}  // namespace limier::app
