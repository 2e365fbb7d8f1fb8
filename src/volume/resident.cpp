// Source: NTFS on-disk layout as documented by the Linux NTFS project ("MFT record", "attribute header") and libyal
// "New Technologies File System (NTFS)".
#include <algorithm>

#include "volume/walk.h"

namespace limier::volume {

namespace {

constexpr std::uint32_t kAttributesEnd = 0xFFFFFFFF;

// The update sequence replaces the last two bytes of every 512; attribute headers may straddle them.
bool apply_fixups(std::vector<std::uint8_t>& record) {
  const auto offset = le_at<std::uint16_t>(record, 4);
  const auto count = le_at<std::uint16_t>(record, 6);
  if (!offset || !count || *count == 0) return false;
  for (std::size_t i = 1; i < *count; ++i) {
    const auto value = slice(record, *offset + i * 2, 2);
    if (!value || i * 512 > record.size()) return false;
    record[i * 512 - 2] = (*value)[0];
    record[i * 512 - 1] = (*value)[1];
  }
  return true;
}

}  // namespace

MftMap::MftMap(WalkContext& context) : session_(context.session) {
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

std::optional<std::uint64_t> MftMap::resident_offset(std::uint64_t inode, std::uint32_t attr_type,
                                                     std::uint16_t attr_id, std::uint64_t size) const {
  if (record_bytes_ == 0 || inode > (std::uint64_t{1} << 48)) return std::nullopt;
  const std::uint64_t at = inode * record_bytes_;
  const auto run = std::find_if(runs_.begin(), runs_.end(), [&](const Run& candidate) {
    return at >= candidate.file_offset && at - candidate.file_offset + record_bytes_ <= candidate.length;
  });
  if (run == runs_.end()) return std::nullopt;
  const std::uint64_t record_offset = run->image_offset + (at - run->file_offset);
  std::vector<std::uint8_t> record(record_bytes_);
  // Through libtsk, which has just read this very record.
  const auto got = session_.call([&](TSK_FS_INFO* fs) {
    return tsk_img_read(fs->img_info, static_cast<TSK_OFF_T>(record_offset), reinterpret_cast<char*>(record.data()),
                        record.size());
  });
  if (!got || *got != static_cast<ssize_t>(record.size())) tsk_error_reset();
  if (!got || *got != static_cast<ssize_t>(record.size()) || !apply_fixups(record)) return std::nullopt;
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
      return record_offset + content;
    }
    attribute += *length;
  }
}

}  // namespace limier::volume
