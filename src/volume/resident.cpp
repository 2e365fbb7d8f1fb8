// Source: NTFS on-disk layout as documented by the Linux NTFS project ("MFT record", "attribute header") and libyal
// "New Technologies File System (NTFS)".
#include <algorithm>
#include <iterator>

#include "volume/ntfs_attributes.h"
#include "volume/walk.h"

namespace limier::volume {

namespace {

constexpr std::uint32_t kAttributesEnd = 0xFFFFFFFF;
constexpr std::uint64_t kMaxRecord = 1ull << 48;

}  // namespace

MftMap::MftMap(WalkContext& context) : context_(context) {
  if (!context.ntfs()) return;
  std::array<std::uint8_t, 512> sector{};
  context.image.read(context.base, sector);
  const auto boot = Block<512>::at(Bytes(sector), 0);
  const auto size_code = static_cast<std::int8_t>(boot->le<64, std::uint8_t>());
  const std::uint64_t size = size_code > 0 ? std::uint64_t{context.block_size} * static_cast<std::uint64_t>(size_code)
                                           : std::uint64_t{1} << std::min(-static_cast<int>(size_code), 20);
  if (size < 256 || size > (64u << 10)) return;
  record_bytes_ = static_cast<std::uint32_t>(size);
  auto opened = context.session.call([](TSK_FS_INFO* fs) { return tsk_fs_file_open_meta(fs, nullptr, 0); });
  const FileHandle mft(opened.value_or(nullptr));
  tsk_error_reset();
  if (!mft) return;
  const auto plans = plan_streams(context, mft.get(), catalog::InodeRecord());
  if (!plans) return;
  for (const auto& plan : *plans) {
    if (plan.record.ref.attr_type != TSK_FS_ATTR_TYPE_NTFS_DATA || !plan.record.is_default) continue;
    for (const auto& extent : plan.extents) {
      if (extent.image_offset && extent.kind == catalog::ExtentKind::kData)
        runs_.push_back({extent.file_offset, *extent.image_offset, extent.length});
    }
  }
}

std::uint64_t MftMap::count() const {
  return record_bytes_ == 0 || runs_.empty() ? 0 : (runs_.back().file_offset + runs_.back().length) / record_bytes_;
}

const MftMap::Run* MftMap::run_at(std::uint64_t file_offset) const {
  const auto behind = std::upper_bound(runs_.begin(), runs_.end(), file_offset,
                                       [](std::uint64_t offset, const Run& run) { return offset < run.file_offset; });
  if (behind == runs_.begin()) return nullptr;
  const Run& run = *std::prev(behind);
  return file_offset - run.file_offset < run.length ? &run : nullptr;
}

bool MftMap::read(std::uint64_t number, MutableBytes record) const {
  if (record_bytes_ == 0 || record.size() != record_bytes_ || number > kMaxRecord) return false;
  std::size_t done = 0;
  while (done < record.size()) {
    const std::uint64_t at = number * record_bytes_ + done;
    const Run* const run = run_at(at);
    if (run == nullptr) return false;
    const std::uint64_t within = at - run->file_offset;
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(record.size() - done, run->length - within));
    if (context_.read(run->image_offset + within, record.subspan(done, length)) != length) return false;
    done += length;
  }
  return as_text(record.first(4)) == "FILE" && apply_fixups(record);
}

std::optional<std::uint64_t> MftMap::resident_offset(std::uint64_t inode, std::uint32_t attr_type,
                                                     std::uint16_t attr_id, std::uint64_t size) const {
  // libtsk has just read this very record.
  std::vector<std::uint8_t> record(record_bytes_);
  if (!read(inode, record)) return std::nullopt;
  const std::uint64_t record_at = inode * record_bytes_;
  std::uint64_t attribute = le_at<std::uint16_t>(record, 20).value_or(0);
  while (true) {
    const auto type = le_at<std::uint32_t>(record, attribute);
    const auto length = le_at<std::uint32_t>(record, attribute + 4);
    if (!type || !length || *type == kAttributesEnd || *length < 16) return std::nullopt;
    const auto header = slice(record, attribute, 24);
    if (!header) return std::nullopt;
    const auto id = le_at<std::uint16_t>(*header, 14);
    if (*type == attr_type && *id == attr_id) {
      const auto content_length = le_at<std::uint32_t>(*header, 16);
      const std::uint64_t content = attribute + *le_at<std::uint16_t>(*header, 20);
      if ((*header)[8] != 0 || *content_length != size || !slice(record, content, size)) return std::nullopt;
      // In one piece, that is.
      const Run* const run = run_at(record_at + content);
      const bool whole = run != nullptr && size <= run->length - (record_at + content - run->file_offset);
      return whole ? std::optional(run->image_offset + (record_at + content - run->file_offset)) : std::nullopt;
    }
    attribute += *length;
  }
}

}  // namespace limier::volume
