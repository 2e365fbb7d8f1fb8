#include <algorithm>

#include <fmt/format.h>

#include "volume/own_reader.h"
#include "volume/walk.h"

namespace limier::volume {

namespace {

constexpr std::size_t kStep = 256u << 10;

using catalog::ContentSource;
using catalog::ExtentKind;

// Content in order, from the same extents the sweep digests: data from the media, zeros everywhere else.
class ExtentContent {
 public:
  ExtentContent(const evidence::Image& image, Sink& sink, std::uint64_t size)
      : image_(image), sink_(sink), size_(size) {}

  Status send(const std::vector<catalog::ExtentRecord>& extents) {
    std::uint64_t at = 0;
    for (const auto& extent : extents) {
      if (extent.kind != ExtentKind::kData || !extent.image_offset) continue;
      if (extent.file_offset < at || extent.file_offset > size_ || extent.length > size_ - extent.file_offset)
        return Error{ErrorKind::kEvidence, "the extents of the stream contradict each other"};
      LIMIER_CHECK(zeros(extent.file_offset - at));
      LIMIER_CHECK(copy(*extent.image_offset, extent.length));
      at = extent.file_offset + extent.length;
    }
    return zeros(size_ - at);
  }
  Status zeros(std::uint64_t count) {
    std::fill(buffer_.begin(), buffer_.end(), std::uint8_t{0});
    while (count > 0) {
      const auto step = static_cast<std::size_t>(std::min<std::uint64_t>(count, buffer_.size()));
      sink_.working_on(Stage::kExtract, done_);
      LIMIER_CHECK(sink_.content(Bytes(buffer_).first(step)));
      count -= step;
      done_ += step;
    }
    return ok_status();
  }

 private:
  Status copy(std::uint64_t image_offset, std::uint64_t length) {
    while (length > 0) {
      const auto step = static_cast<std::size_t>(std::min<std::uint64_t>(length, buffer_.size()));
      sink_.working_on(Stage::kExtract, done_);
      const auto outcome = image_.read(image_offset, MutableBytes(buffer_).first(step));
      if (outcome.length != step) return Error{ErrorKind::kEvidence, "the media ends inside the file"};
      LIMIER_CHECK(sink_.content(Bytes(buffer_).first(step)));
      image_offset += step;
      length -= step;
      done_ += step;
    }
    return ok_status();
  }

  const evidence::Image& image_;
  Sink& sink_;
  std::uint64_t size_;
  std::uint64_t done_ = 0;
  std::vector<std::uint8_t> buffer_ = std::vector<std::uint8_t>(kStep);
};

}  // namespace

Status send_content(const WalkBase& walk, const StreamPlan& plan, const InodeSender::ReadContent& read) {
  ExtentContent content(walk.image, walk.sink, plan.record.size_bytes);
  switch (plan.record.source) {
    case ContentSource::kEmpty:
      return ok_status();
    case ContentSource::kExtents:
      if (plan.record.packing.any()) break;
      return content.send(plan.extents);
    case ContentSource::kDigested:
      break;
    case ContentSource::kNotRead:
      return Error{ErrorKind::kEvidence, "the content of the stream is not read: " + plan.record.reason};
    default:
      return Error{ErrorKind::kEvidence, "the content of the stream cannot be read"};
  }
  if (plan.zeros) return content.zeros(plan.record.size_bytes);
  Status consumed = ok_status();
  const bool whole = read(
      plan, [&](Bytes bytes) { return walk.sink.content(bytes); }, consumed);
  if (!consumed.ok()) return consumed;
  if (!whole) return Error{ErrorKind::kEvidence, "the content of the stream cannot be read to its end"};
  return ok_status();
}

Status send_stream(const WalkBase& walk, const std::vector<StreamPlan>& plans, const InodeSender::ReadContent& read) {
  const auto plan = std::find_if(plans.begin(), plans.end(),
                                 [&](const StreamPlan& candidate) { return candidate.record.ref == walk.job.stream; });
  if (plan == plans.end())
    return Error{ErrorKind::kEvidence, fmt::format("entry {} has no such stream", walk.job.stream.inode)};
  return send_content(walk, *plan, read);
}

Status extract_stream(const evidence::Image& image, const FsJob& job, Sink& sink) {
  if (!job.has_stream) return Error{ErrorKind::kInternal, "no stream was named"};
  sink.working_on(Stage::kExtract, 0);
  if (volume_outside(image, job)) return Error{ErrorKind::kInternal, "the volume lies outside the media"};
  OwnWalk own(image, job, sink);
  LIMIER_TRY(const auto reader, make_own_reader(own));
  if (reader) return own_extract(own, *reader);
  LIMIER_TRY(auto session, FsSession::open(image, job.volume));
  WalkContext context(image, job, sink, *session);
  LIMIER_CHECK(context.prepare());
  auto opened = session->open_inode(nullptr, job.stream.inode);
  const FileHandle file(opened.value_or(nullptr));
  if (!file || file->meta == nullptr)
    return Error{ErrorKind::kEvidence, fmt::format("entry {} cannot be read: {}", job.stream.inode, take_tsk_error())};
  LIMIER_TRY(const auto record, describe_inode(context, file.get()));
  LIMIER_TRY(const auto plans, plan_streams(context, file.get(), record));
  return send_stream(context, plans, [&](const StreamPlan& plan, const Consumer& consume, Status& consumed) {
    return read_stream(context, plan, file.get(), consume, consumed);
  });
}

}  // namespace limier::volume
