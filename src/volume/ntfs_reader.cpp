// Sources: Linux-NTFS documentation ("FILE record", "Attributes"); Microsoft [MS-FSCC] 2.6 (file attributes).
#include "volume/ntfs_reader.h"

#include <algorithm>

#include "volume/ntfs_names.h"
#include "volume/wof.h"

namespace limier::volume {

namespace {

using catalog::ContentSource;
using catalog::ExtentKind;

constexpr std::uint64_t kMftRecord = 0;
constexpr std::uint64_t kFirstUserRecord = 24;  // below: the file system's own files, some of them without a name
constexpr std::uint64_t kRecordsPerBeat = 1024;
constexpr std::size_t kMaxReparseBytes = 16u << 10;  // MAXIMUM_REPARSE_DATA_BUFFER_SIZE
constexpr std::size_t kMaxInterixBytes = 8 + 2 * 4096;
constexpr std::size_t kMaxEaBytes = 64u << 10;
constexpr std::size_t kMaxAttributeListBytes = 256u << 10;
constexpr std::size_t kMaxPackedResident = 64u << 10;  // an MFT record's most
constexpr std::uint64_t kUnitClusters = 16;            // of NTFS compression
constexpr std::uint32_t kOffline = 0x1000, kRecallOnOpen = 0x40000, kRecallOnDataAccess = 0x400000;
constexpr std::uint32_t kSystemFile = 0x4, kHasReparsePoint = 0x400;
constexpr std::uint8_t kDosOnly = 2;  // name space of $FILE_NAME
constexpr std::string_view kPackedStream = "WofCompressedData";

template <class F>
void each_attribute(const TSK_FS_FILE* file, F&& function) {
  if (file->meta == nullptr || file->meta->attr == nullptr) return;
  std::size_t count = 0;
  for (const TSK_FS_ATTR* attr = file->meta->attr->head; attr != nullptr && count < kMaxAttributes;
       attr = attr->next, ++count)
    if ((attr->flags & TSK_FS_ATTR_INUSE) != 0) function(*attr);
}

const TSK_FS_ATTR* find_type(const TSK_FS_FILE* file, std::uint32_t type) {
  const TSK_FS_ATTR* found = nullptr;
  each_attribute(file, [&](const TSK_FS_ATTR& attr) {
    if (found == nullptr && static_cast<std::uint32_t>(attr.type) == type) found = &attr;
  });
  return found;
}

std::string_view name_of(const TSK_FS_ATTR& attr) {
  return attr.name == nullptr ? std::string_view() : std::string_view(attr.name, ::strnlen(attr.name, attr.name_size));
}

Bytes resident_bytes(const TSK_FS_ATTR* attr) {
  if (attr == nullptr || (attr->flags & TSK_FS_ATTR_RES) == 0 || attr->rd.buf == nullptr || attr->size <= 0 ||
      static_cast<std::uint64_t>(attr->size) > attr->rd.buf_size)
    return {};
  return {attr->rd.buf, static_cast<std::size_t>(attr->size)};
}

std::uint32_t dos_flags(const TSK_FS_FILE* file) {
  constexpr std::uint64_t kFlagsAt = 32;
  return le_at<std::uint32_t>(resident_bytes(find_type(file, kNtfsStandardInformation)), kFlagsAt).value_or(0);
}

// Of several names the one whose times libtsk takes: the last that is no mere DOS name.
Bytes file_name_of(const TSK_FS_FILE* file) {
  constexpr std::uint64_t kNameSpaceAt = 65;
  Bytes last, chosen;
  each_attribute(file, [&](const TSK_FS_ATTR& attr) {
    if (static_cast<std::uint32_t>(attr.type) != kNtfsFileName) return;
    const Bytes content = resident_bytes(&attr);
    const auto name_space = le_at<std::uint8_t>(content, kNameSpaceAt);
    if (!name_space || *name_space == kDosOnly) return;
    last = content;
    if (attr.id == file->meta->time2.ntfs.fn_id) chosen = content;
  });
  return chosen.empty() ? last : chosen;
}

// Content of the file's own, not only holes.
bool holds_data(const TSK_FS_FILE* file) {
  bool holds = false;
  each_attribute(file, [&](const TSK_FS_ATTR& attr) {
    if (static_cast<std::uint32_t>(attr.type) != kNtfsData || attr.size <= 0) return;
    if (attr.name != nullptr && attr.name[0] != '\0') return;
    holds = holds || (attr.flags & TSK_FS_ATTR_NONRES) == 0;
    std::size_t count = 0;
    for (const TSK_FS_ATTR_RUN* run = attr.nrd.run; run != nullptr && count < kMaxRuns; run = run->next, ++count)
      holds = holds || (run->flags & (TSK_FS_ATTR_RUN_FLAG_SPARSE | TSK_FS_ATTR_RUN_FLAG_FILLER)) == 0;
  });
  return holds;
}

// A part of the content is not on the disk.
bool has_hole(const StreamPlan& plan, std::uint64_t block_size) {
  if (plan.zeros) return true;
  const bool compressed = std::any_of(plan.extents.begin(), plan.extents.end(),
                                      [](const auto& extent) { return extent.kind == ExtentKind::kCompressed; });
  return std::any_of(plan.extents.begin(), plan.extents.end(), [&](const auto& extent) {
    if (extent.file_offset >= plan.record.size_bytes) return false;
    // Each compressed unit ends in the clusters that it saves.
    if (extent.kind == ExtentKind::kSparse) return !compressed || extent.length >= kUnitClusters * block_size;
    return extent.kind == ExtentKind::kUninitialized;
  });
}

void not_read(StreamPlan& plan, const std::string& reason) {
  plan.record.source = ContentSource::kNotRead;
  plan.record.reason = reason;
  plan.record.digests = {};
  plan.record.type = {};
  plan.zeros = false;
}

// Clusters without a byte of content.
void make_empty(StreamPlan& plan) {
  plan.record.size_bytes = 0;
  plan.record.source = ContentSource::kEmpty;
  plan.record.reason.clear();
  plan.zeros = plan.decoded = false;
  std::erase_if(plan.extents, [](const auto& extent) { return !extent.image_offset; });
  for (auto& extent : plan.extents) extent.kind = ExtentKind::kSlack;
}

bool is_data(const StreamPlan& plan) {
  return plan.record.ref.attr_type == kNtfsData;
}

bool can_be_read(const StreamPlan& plan) {
  return plan.record.source == ContentSource::kExtents || plan.record.source == ContentSource::kDigested;
}

}  // namespace

Status NtfsReader::correct(TSK_FS_FILE* file, catalog::InodeRecord& record) {
  if (file->meta == nullptr || record.kind == catalog::FileKind::kVirtual) return ok_status();
  record.times = standard_information_times(resident_bytes(find_type(file, kNtfsStandardInformation)));
  record.name_times = file_name_times(file_name_of(file));
  each_attribute(file, [&](const TSK_FS_ATTR& attr) {
    const bool content = static_cast<std::uint32_t>(attr.type) == kNtfsData && name_of(attr).empty();
    if (content && is_only_reserved(file, attr)) record.size_bytes = 0;
  });
  auto reparse = reparse_of(file);
  if (!reparse) reparse = interix_of(file);
  if (!reparse || (reparse->meaning != Redirected::kLink && reparse->meaning != Redirected::kSpecial))
    return ok_status();
  record.kind = reparse->meaning == Redirected::kLink ? catalog::FileKind::kLink : catalog::FileKind::kDevice;
  record.mode = (record.mode & 07777) | reparse->mode;
  record.link_target = reparse->target.substr(0, kMaxLinkBytes);
  return ok_status();
}

Status NtfsReader::correct(TSK_FS_FILE* file, const catalog::InodeRecord& record, std::vector<StreamPlan>& plans) {
  // The MFT itself is asked for from here: it leads to all others and is redirected nowhere.
  if (file->meta == nullptr || file->meta->addr == kMftRecord) return ok_status();
  held_ = {};
  if (record.kind == catalog::FileKind::kVirtual) return ok_status();
  held_.inode = file->meta->addr;
  each_attribute(file, [&](const TSK_FS_ATTR& attr) {
    if (static_cast<std::uint32_t>(attr.type) != kNtfsData || !is_only_reserved(file, attr)) return;
    for (StreamPlan& plan : plans)
      if (is_data(plan) && plan.record.name == name_of(attr)) make_empty(plan);
  });
  const auto reparse = reparse_of(file);
  if (reparse) redirect(file, *reparse, plans);
  // Without a reparse point too, archiving programs leave a hole and a mark.
  if (!reparse && (dos_flags(file) & (kOffline | kRecallOnOpen | kRecallOnDataAccess)) != 0) {
    for (StreamPlan& plan : plans)
      if (is_data(plan) && can_be_read(plan) && has_hole(plan, context_.block_size))
        not_read(plan, "marked as moved to other storage, not on this volume");
  }
  add_attributes(file, plans);
  return ok_status();
}

std::map<std::size_t, std::string> NtfsReader::names(const TSK_FS_DIR& dir) {
  return ntfs_names(context_, dir);
}

std::vector<SecondReader::MoreName> NtfsReader::more_names(const TSK_FS_DIR& dir) {
  return ntfs_more_names(context_, dir);
}

std::optional<std::string> NtfsReader::own_name(const TSK_FS_FILE* file) {
  const Bytes content = file_name_of(file);
  const std::uint64_t units = le_at<std::uint8_t>(content, 64).value_or(0);
  const auto name = slice(content, 66, units * 2);
  return name ? std::optional(ntfs_text(*name)) : std::nullopt;
}

std::vector<std::uint8_t> NtfsReader::content_of(const TSK_FS_ATTR& attribute, std::size_t most) {
  const Bytes resident = resident_bytes(&attribute);
  if (!resident.empty()) {
    const Bytes part = resident.first(std::min(most, resident.size()));
    return {part.begin(), part.end()};
  }
  if ((attribute.flags & TSK_FS_ATTR_NONRES) == 0 || attribute.size <= 0) return {};
  std::vector<std::uint8_t> content(
      static_cast<std::size_t>(std::min<std::uint64_t>(most, static_cast<std::uint64_t>(attribute.size))));
  const auto got = context_.session.call([&](TSK_FS_INFO*) {
    return tsk_fs_attr_read(&attribute, 0, reinterpret_cast<char*>(content.data()), content.size(),
                            TSK_FS_FILE_READ_FLAG_NONE);
  });
  tsk_error_reset();
  if (!got || *got != static_cast<ssize_t>(content.size())) content.clear();
  return content;
}

// libtsk gives a stream of no bytes the size of the clusters that are set aside for it, as for a download.
bool NtfsReader::is_only_reserved(const TSK_FS_FILE* file, const TSK_FS_ATTR& attribute) {
  if ((attribute.flags & TSK_FS_ATTR_NONRES) == 0 || attribute.size <= 0 || attribute.nrd.initsize != 0 ||
      attribute.size != attribute.nrd.allocsize)
    return false;
  const auto type = static_cast<std::uint32_t>(attribute.type);
  std::vector<std::uint8_t> record(mft().record_bytes());
  if (!mft().read(file->meta->addr, record)) return false;
  const auto size = non_resident_size(record, type, name_of(attribute));
  if (size) return *size == 0;
  const TSK_FS_ATTR* const list = find_type(file, kNtfsAttributeList);
  const auto elsewhere = list == nullptr
                             ? std::nullopt
                             : listed_record(content_of(*list, kMaxAttributeListBytes), type, name_of(attribute));
  if (!elsewhere || !mft().read(*elsewhere, record)) return false;
  return non_resident_size(record, type, name_of(attribute)) == std::uint64_t{0};
}

// The attribute counts when the file says that it has one; also when it does not, but has no content either.
std::optional<Reparse> NtfsReader::reparse_of(TSK_FS_FILE* file) {
  const TSK_FS_ATTR* const attribute = find_type(file, kNtfsReparsePoint);
  if (attribute == nullptr) return std::nullopt;
  if ((dos_flags(file) & kHasReparsePoint) == 0 && holds_data(file)) return std::nullopt;
  return parse_reparse(content_of(*attribute, kMaxReparseBytes));
}

// Links and devices of Services for Unix, which ntfs-3g writes too: files of the system with content of a certain form.
// The content stays theirs.
std::optional<Reparse> NtfsReader::interix_of(TSK_FS_FILE* file) {
  if ((dos_flags(file) & kSystemFile) == 0) return std::nullopt;
  const TSK_FS_ATTR* const data = find_type(file, kNtfsData);
  if (data == nullptr || (data->name != nullptr && data->name[0] != '\0') || data->size <= 0 ||
      static_cast<std::uint64_t>(data->size) > kMaxInterixBytes || (data->flags & TSK_FS_ATTR_COMP) != 0)
    return std::nullopt;
  const bool elsewhere = (data->flags & TSK_FS_ATTR_NONRES) != 0;
  if (elsewhere && context_.job.metadata_only) return std::nullopt;
  const auto content = elsewhere ? content_of(*data, kMaxInterixBytes) : std::vector<std::uint8_t>();
  return parse_interix(elsewhere ? Bytes(content) : resident_bytes(data));
}

void NtfsReader::redirect(TSK_FS_FILE* file, const Reparse& reparse, std::vector<StreamPlan>& plans) {
  const std::uint32_t flags = dos_flags(file);
  const bool elsewhere = (flags & (kOffline | kRecallOnOpen | kRecallOnDataAccess)) != 0;
  for (StreamPlan& plan : plans) {
    if (!is_data(plan)) continue;
    const bool empty = plan.record.source == ContentSource::kEmpty;
    if (!empty && !can_be_read(plan)) continue;
    const bool hole = empty || has_hole(plan, context_.block_size);
    switch (reparse.meaning) {
      case Redirected::kLink:
      case Redirected::kSpecial:
        if (!plan.record.is_default || !hole) break;
        plan.record.source = ContentSource::kNone;
        plan.zeros = false;
        plan.extents.clear();
        break;
      case Redirected::kCompressed:
        if (plan.record.is_default && !empty) unpack(file, reparse, plan, plans);
        break;
      case Redirected::kShared:
        if (plan.record.is_default || (hole && !empty)) not_read(plan, reparse.reason);
        break;
      case Redirected::kPlaceholder:
        if (!empty && (hole || (elsewhere && plan.record.is_default))) not_read(plan, reparse.reason);
        break;
      case Redirected::kUnknown:
        if (hole && (!empty || plan.record.is_default)) not_read(plan, reparse.reason);
        break;
      case Redirected::kEmpty:
        if (!empty && hole) not_read(plan, reparse.reason);
        break;
    }
  }
}

void NtfsReader::unpack(TSK_FS_FILE* file, const Reparse& reparse, StreamPlan& content,
                        const std::vector<StreamPlan>& plans) {
  const auto source = std::find_if(plans.begin(), plans.end(), [](const StreamPlan& plan) {
    return is_data(plan) && plan.record.name == kPackedStream;
  });
  if (reparse.method == WofMethod::kNone) return not_read(content, reparse.reason);
  if (source == plans.end() || !can_be_read(*source) || source->decoded)
    return not_read(content, "compressed by Windows, but the compressed bytes are not there");
  if (content.record.size_bytes > kMaxDigestedBytes)
    return not_read(content, "compressed by Windows, larger than limier reads");
  Packed packed{source->record.ref, reparse.method, source->record.size_bytes, source->extents, {}};
  content.extents.clear();
  content.zeros = false;
  content.decoded = true;
  content.record.source = ContentSource::kDigested;
  if (source->record.source == ContentSource::kDigested) {
    each_attribute(file, [&](const TSK_FS_ATTR& attr) {
      const bool same = static_cast<std::uint32_t>(attr.type) == kNtfsData && attr.id == packed.ref.attr_id;
      if (same && (attr.flags & TSK_FS_ATTR_RES) != 0) packed.resident = content_of(attr, kMaxPackedResident);
    });
    if (packed.resident.size() != packed.size_bytes)
      return not_read(content, "compressed by Windows, but the compressed bytes are not there");
  }
  // The clusters are those of the other stream: whoever overwrote it overwrote this content.
  for (auto extent : source->extents) {
    if (extent.kind != ExtentKind::kData) continue;
    extent.kind = ExtentKind::kCompressed;
    content.extents.push_back(extent);
  }
  held_.packed = std::move(packed);
}

void NtfsReader::add_attributes(TSK_FS_FILE* file, std::vector<StreamPlan>& plans) {
  const TSK_FS_ATTR* const attribute = find_type(file, kNtfsEa);
  if (attribute == nullptr || plans.empty()) return;
  held_.attributes = content_of(*attribute, kMaxEaBytes);
  const bool resident = (attribute->flags & TSK_FS_ATTR_RES) != 0;
  std::optional<std::uint64_t> at;
  if (resident && !held_.attributes.empty())
    at = mft().resident_offset(held_.inode, kNtfsEa, attribute->id, held_.attributes.size());
  std::uint16_t id = 0;
  for (ExtendedAttribute& one : parse_extended_attributes(held_.attributes)) {
    StreamPlan plan;
    plan.record.ref = plans.front().record.ref;
    plan.record.ref.attr_type = kNtfsEa;
    plan.record.ref.attr_id = id;
    plan.record.name = "xattr:" + one.name;
    plan.record.is_default = false;
    plan.record.size_bytes = one.length;
    plan.record.source = one.length == 0 ? ContentSource::kEmpty : ContentSource::kDigested;
    plan.decoded = one.length != 0;
    if (at) add_extent(plan, ExtentKind::kResident, 0, *at + one.offset, one.length);
    held_.by_id.emplace(id++, std::move(one));
    plans.push_back(std::move(plan));
  }
}

bool NtfsReader::read(const StreamPlan& plan, const Consumer& consume, Status& consumed) {
  if (plan.record.ref.inode != held_.inode) return false;
  if (plan.record.ref.attr_type == kNtfsEa) {
    const auto one = held_.by_id.find(plan.record.ref.attr_id);
    if (one == held_.by_id.end()) return false;
    const auto value = slice(held_.attributes, one->second.offset, one->second.length);
    if (value) consumed = consume(*value);
    return value.has_value();
  }
  if (!held_.packed) return false;
  const Packed& packed = *held_.packed;
  std::uint64_t piece = 0;
  return read_wof(
      {packed.method, plan.record.size_bytes, packed.size_bytes},
      [&](std::uint64_t offset, MutableBytes out) { return read_packed(packed, offset, out); },
      [&] {
        const bool extract = context_.job.kind == FsJobKind::kExtract;
        context_.sink.working_on(extract ? Stage::kExtract : Stage::kContent,
                                 extract ? piece++ : plan.record.ref.inode);
      },
      consume, consumed);
}

bool NtfsReader::read_packed(const Packed& packed, std::uint64_t offset, MutableBytes out) {
  if (offset > packed.size_bytes || out.size() > packed.size_bytes - offset) return false;
  if (!packed.resident.empty()) {
    const auto part = slice(packed.resident, offset, out.size());
    if (part) std::copy(part->begin(), part->end(), out.begin());
    return part.has_value();
  }
  std::fill(out.begin(), out.end(), std::uint8_t{0});
  auto extent = std::upper_bound(packed.extents.begin(), packed.extents.end(), offset,
                                 [](std::uint64_t at, const auto& one) { return at < one.file_offset; });
  if (extent != packed.extents.begin()) --extent;
  for (; extent != packed.extents.end() && extent->file_offset < offset + out.size(); ++extent) {
    const std::uint64_t from = std::max(extent->file_offset, offset);
    const std::uint64_t to = std::min(extent->file_offset + extent->length, offset + out.size());
    if (extent->kind != ExtentKind::kData || !extent->image_offset || from >= to) continue;
    const std::uint64_t image_offset = *extent->image_offset + (from - extent->file_offset);
    const auto part = out.subspan(static_cast<std::size_t>(from - offset), static_cast<std::size_t>(to - from));
    if (context_.read(image_offset, part) != part.size()) return false;
    // Bytes from the cache leave no trace of damage.
    if (context_.damage().overlaps(image_offset, part.size())) context_.damage().add(image_offset, part.size());
  }
  return true;
}

const MftMap& NtfsReader::mft() {
  if (!mft_) mft_.emplace(context_);
  return *mft_;
}

// Links that the record counts, when it is the base record of a file in use.
std::optional<std::uint32_t> NtfsReader::links_of_nameless(std::uint64_t number, MutableBytes record) {
  constexpr std::uint16_t kInUse = 1;
  constexpr std::uint32_t kNoAttribute = 0xFFFFFFFF;
  if (!mft().read(number, record)) return std::nullopt;
  const auto head = Block<42>::at(record, 0);
  const std::uint64_t base_record = head->le<32, std::uint64_t>();
  if ((head->le<22, std::uint16_t>() & kInUse) == 0 || base_record != 0) return std::nullopt;
  const auto first = le_at<std::uint32_t>(record, head->le<20, std::uint16_t>());
  if (!first || *first == kNoAttribute || *first < kNtfsStandardInformation) return std::nullopt;
  return head->le<18, std::uint16_t>();
}

Result<std::optional<Nameless>> NtfsReader::unnamed(const std::vector<std::uint64_t>& named) {
  const std::uint64_t count = mft().count();
  if (count == 0) return std::optional<Nameless>();
  Nameless found;
  std::vector<std::uint8_t> record(mft().record_bytes());
  auto name = std::lower_bound(named.begin(), named.end(), kFirstUserRecord);
  for (std::uint64_t number = kFirstUserRecord; number < count; ++number) {
    if (number % kRecordsPerBeat == 0) context_.sink.working_on(Stage::kReconcile, number);
    while (name != named.end() && *name < number) ++name;
    if (name != named.end() && *name == number) continue;
    const auto links = links_of_nameless(number, record);
    if (!links) continue;
    found.inodes.push_back(number);
    if (*links > 0 && found.linked++ == 0) found.first_linked = number;
  }
  return std::optional(std::move(found));
}

}  // namespace limier::volume
