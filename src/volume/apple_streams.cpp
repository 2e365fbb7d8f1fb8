#include "volume/apple_streams.h"

#include <algorithm>

#include "volume/tsk.h"

namespace limier::volume {

using catalog::ContentSource;
using catalog::ExtentKind;

namespace {

constexpr std::size_t kMaxAttributeIds = 65535;

void not_read(StreamPlan& plan, std::uint64_t size_bytes, std::string reason) {
  plan.record.size_bytes = std::min(size_bytes, kMaxStreamBytes);
  plan.record.source = ContentSource::kNotRead;
  plan.record.reason = std::move(reason);
  plan.extents.clear();
}

// A stream beside the content.
StreamPlan beside(const StreamPlan& content, std::uint32_t type, std::size_t id, std::string name) {
  StreamPlan plan;
  plan.record.ref = content.record.ref;
  plan.record.ref.attr_type = type;
  plan.record.ref.attr_id = static_cast<std::uint16_t>(id);
  plan.record.name = std::move(name);
  plan.record.is_default = false;
  return plan;
}

}  // namespace

void AppleStreams::set(AppleFile file) {
  file_ = std::move(file);
  compressed_attribute_ = nullptr;
  compressed_bytes_.clear();
  header_.reset();
  if (!file_.regular || (file_.flags & (kFlagCompressed | kFlagDataless)) == 0) return;
  const auto found = std::find_if(file_.attributes.begin(), file_.attributes.end(),
                                  [](const AppleAttribute& attribute) { return attribute.name == kDecmpfsName; });
  if (found == file_.attributes.end() || found->value.size_bytes > kMaxDecmpfsAttribute || !found->value.whole) return;
  compressed_bytes_.resize(static_cast<std::size_t>(found->value.size_bytes));
  if (!read_fork(walk_, found->value, 0, compressed_bytes_)) return;
  header_ = parse_decmpfs(compressed_bytes_);
  if (header_ && (file_.flags & kFlagCompressed) != 0) compressed_attribute_ = &*found;
}

std::uint64_t AppleStreams::size_bytes() const {
  if (header_) return std::min(header_->size_bytes, kMaxStreamBytes);
  if (file_.regular && file_.data.size_bytes == 0 && (file_.flags & (kFlagCompressed | kFlagDataless)) != 0)
    return std::min(file_.size_hint, kMaxStreamBytes);
  return file_.data.size_bytes;
}

void AppleStreams::plan(std::vector<StreamPlan>& plans) const {
  const auto content =
      std::find_if(plans.begin(), plans.end(), [](const StreamPlan& plan) { return plan.record.is_default; });
  if (content == plans.end()) return;
  if (file_.regular) {
    plan_default(*content);
    plan_resource(plans);
  }
  plan_attributes(plans);
  std::sort(plans.begin(), plans.end(),
            [](const StreamPlan& a, const StreamPlan& b) { return a.record.ref < b.record.ref; });
}

void AppleStreams::plan_default(StreamPlan& plan) const {
  if ((file_.flags & kFlagDataless) != 0) return not_read(plan, size_bytes(), "stored in the cloud, not on the volume");
  if (compressed()) return plan_compressed(plan);
  // The system takes such a file for a plain one, when there is something to show.
  const bool marked = (file_.flags & kFlagCompressed) != 0;
  if (marked && file_.data.size_bytes == 0) {
    not_read(plan, size_bytes(), "marked as compressed by macOS, but how cannot be read");
    return;
  }
  plan_fork(file_.data, plan);
}

void AppleStreams::plan_compressed(StreamPlan& plan) const {
  const std::string reason = why_not_decoded(*header_);
  if (!reason.empty()) return not_read(plan, size_bytes(), reason);
  plan.record.size_bytes = size_bytes();
  plan.record.reason.clear();
  plan.extents.clear();
  plan.zeros = false;
  plan.decoded = true;
  plan.record.source = ContentSource::kDigested;
  if (plan.record.size_bytes == 0) {
    plan.record.source = ContentSource::kEmpty;
  } else if (plan.record.size_bytes > kMaxDigestedBytes) {
    plan.record.source = ContentSource::kUnreadable;
  } else if (compressed_attribute_->value.encrypted || (is_in_fork(*header_) && file_.resource.encrypted)) {
    plan.record.source = ContentSource::kEncrypted;
  }
  if (is_in_fork(*header_)) {
    for (const ForkRun& run : file_.resource.runs)
      if (run.image_offset) add_extent(plan, ExtentKind::kCompressed, run.fork_offset, run.image_offset, run.length);
  } else {
    add_extent(plan, ExtentKind::kCompressed, 0, std::nullopt, plan.record.size_bytes);
  }
}

void AppleStreams::plan_resource(std::vector<StreamPlan>& plans) const {
  const auto is_resource = [](const StreamPlan& plan) {
    return plan.record.ref.attr_type == TSK_FS_ATTR_TYPE_HFS_RSRC && !plan.record.is_default;
  };
  const auto known = std::find_if(plans.begin(), plans.end(), is_resource);
  StreamPlan plan = known != plans.end() ? *known : beside(plans.front(), TSK_FS_ATTR_TYPE_HFS_RSRC, 0, "rsrc");
  std::erase_if(plans, is_resource);
  if (file_.resource.size_bytes == 0) return;
  plan_fork(file_.resource, plan);
  plans.push_back(std::move(plan));
}

void AppleStreams::plan_attributes(std::vector<StreamPlan>& plans) const {
  std::size_t id = 0;
  for (const AppleAttribute& attribute : file_.attributes) {
    if (&attribute == compressed_attribute_ || id >= kMaxAttributeIds) continue;
    StreamPlan plan = beside(plans.front(), TSK_FS_ATTR_TYPE_HFS_EXT_ATTR, id++, "xattr:" + attribute.name);
    if (attribute.resident) {
      plan_resident(attribute.value, plan);
    } else {
      plan_fork(attribute.value, plan);
    }
    plans.push_back(std::move(plan));
  }
}

bool AppleStreams::read(const StreamPlan& plan, const Consumer& consume, Status& consumed) {
  if (!holds(plan.record.ref.inode)) return false;
  if (!plan.record.is_default) return read_resident(walk_, plan, consume, consumed);
  if (!compressed()) return false;
  const ForkBytes fork{file_.resource.size_bytes, [&](std::uint64_t fork_offset, MutableBytes out) {
                         walk_.sink.working_on(Stage::kContent, file_.inode);
                         return read_fork(walk_, file_.resource, fork_offset, out);
                       }};
  return decode_decmpfs(compressed_bytes_, fork, consume, consumed);
}

}  // namespace limier::volume
