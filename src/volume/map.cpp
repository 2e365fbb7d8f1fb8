// map_volumes: what stands where on the media.
//
// A partition table whose partitions do not start where the media's own file system starts (an isohybrid disc) gets one
// more row at the end, scheme "none", for that file system: it overlaps the table's rows and has no parent.
#include <algorithm>

#include <fmt/format.h>

#include "volume/apfs.h"
#include "volume/partitions.h"
#include "volume/randomness.h"
#include "volume/signatures.h"

namespace limier::volume {

namespace {

// Gaps shorter than this are alignment, not hiding places.
constexpr std::uint64_t kSmallestProbedGap = 1u << 20;

using catalog::VolumeRecord;
using catalog::VolumeStatus;

std::string fs_type_name(TSK_FS_TYPE_ENUM type) {
  switch (type) {
    case TSK_FS_TYPE_NTFS:
      return "ntfs";
    case TSK_FS_TYPE_FAT12:
      return "fat12";
    case TSK_FS_TYPE_FAT16:
      return "fat16";
    case TSK_FS_TYPE_FAT32:
      return "fat32";
    case TSK_FS_TYPE_EXFAT:
      return "exfat";
    case TSK_FS_TYPE_FFS1:
    case TSK_FS_TYPE_FFS1B:
      return "ufs1";
    case TSK_FS_TYPE_FFS2:
      return "ufs2";
    case TSK_FS_TYPE_EXT2:
      return "ext2";
    case TSK_FS_TYPE_EXT3:
      return "ext3";
    case TSK_FS_TYPE_EXT4:
      return "ext4";
    case TSK_FS_TYPE_ISO9660:
      return "iso9660";
    case TSK_FS_TYPE_HFS:
      return "hfs+";
    case TSK_FS_TYPE_HFS_LEGACY:
      return "hfs";
    case TSK_FS_TYPE_YAFFS2:
      return "yaffs2";
    case TSK_FS_TYPE_APFS:
      return "apfs";
    default:
      return {};
  }
}

struct OpenedFs {
  TSK_FS_TYPE_ENUM type = TSK_FS_TYPE_DETECT;
  std::uint32_t block_size = 0;
  // libtsk numbers its directory of orphans behind the last file. On an ISO 9660 level 4 disc it counts no files and
  // gives it the number of the root, and each waits for the other.
  bool listable = true;
  std::string ntfs_label;
};

// The label is the content of $Volume's $VOLUME_NAME (type 0x60), which is resident.
std::string ntfs_label(TSK_FS_INFO* fs) {
  constexpr TSK_INUM_T kVolumeFile = 3;
  const FileHandle file(tsk_fs_file_open_meta(fs, nullptr, kVolumeFile));
  if (!file) return {};
  const TSK_FS_ATTR* attr = tsk_fs_file_attr_get_type(file.get(), TSK_FS_ATTR_TYPE_NTFS_VNAME, 0, 0);
  if (attr == nullptr || attr->size <= 0) return {};
  std::array<char, 512> buffer{};
  const auto wanted = std::min<std::size_t>(static_cast<std::size_t>(attr->size), buffer.size());
  const ssize_t got = tsk_fs_attr_read(attr, 0, buffer.data(), wanted, TSK_FS_FILE_READ_FLAG_NONE);
  return got <= 0 ? std::string() : utf16_text(as_bytes({buffer.data(), static_cast<std::size_t>(got)}), false);
}

std::optional<OpenedFs> open_as(const evidence::Image& image, std::uint64_t offset, TSK_FS_TYPE_ENUM type) {
  auto tsk = TskImage::open(image, image.sector_size() % 512 == 0 ? image.sector_size() : 512);
  if (!tsk) return std::nullopt;
  const auto opened = guarded([&] { return tsk_fs_open_img((*tsk)->get(), static_cast<TSK_OFF_T>(offset), type); });
  tsk_error_reset();
  if (!opened || *opened == nullptr) {
    if (!opened) (*tsk)->abandon();
    return std::nullopt;
  }
  TSK_FS_INFO* fs = *opened;
  OpenedFs result{fs->ftype, fs->block_size, fs->last_inum > fs->root_inum, {}};
  if (fs->ftype == TSK_FS_TYPE_NTFS)
    result.ntfs_label = guarded([&] { return ntfs_label(fs); }).value_or(std::string());
  tsk_error_reset();
  if (!guarded([&] { return tsk_fs_close(fs), true; })) (*tsk)->abandon();
  return result;
}

// libtsk gives up when several file systems are recognised at once (a remnant beneath the present one); then what the
// boot sector says decides.
std::optional<OpenedFs> detect_with_libtsk(const evidence::Image& image, const RangeReader& volume) {
  if (auto found = open_as(image, volume.image_offset(), TSK_FS_TYPE_DETECT)) return found;
  const std::string claimed = claimed_fs_type(volume);
  if (claimed.empty()) return std::nullopt;
  TSK_FS_TYPE_ENUM type = TSK_FS_TYPE_FAT_DETECT;
  // libtsk's detection goes by the number of clusters and refuses small FAT32 volumes; mounts go by the boot sector.
  if (claimed == "fat32") type = TSK_FS_TYPE_FAT32;
  if (claimed == "ntfs") type = TSK_FS_TYPE_NTFS_DETECT;
  if (claimed == "ext") type = TSK_FS_TYPE_EXT_DETECT;
  if (claimed == "hfs+") type = TSK_FS_TYPE_HFS_DETECT;
  if (claimed == "iso9660") type = TSK_FS_TYPE_ISO9660_DETECT;
  if (claimed == "ufs1" || claimed == "ufs2") type = TSK_FS_TYPE_FFS_DETECT;
  return open_as(image, volume.image_offset(), type);
}

// YAFFS2 has no superblock: libtsk looks at the first objects' headers. Asked last, and only where the first chunk
// looks like an object header of type directory, file or link with the filler 0xFFFF of an unused checksum.
std::optional<OpenedFs> detect_yaffs2(const evidence::Image& image, const RangeReader& volume) {
  const auto head = volume.read(0, 12);
  const auto block = Block<12>::at(head, 0);
  if (!block) return std::nullopt;
  const std::uint32_t type = block->le<0, std::uint32_t>();
  const bool header = type >= 1 && type <= 5 && block->le<8, std::uint16_t>() == 0xFFFF;
  if (!header) return std::nullopt;
  return open_as(image, volume.image_offset(), TSK_FS_TYPE_YAFFS2);
}

class Mapper {
 public:
  Mapper(const evidence::Image& image, Sink& sink, const std::vector<std::uint64_t>& skip_offsets)
      : image_(image), sink_(sink), skip_offsets_(skip_offsets) {}

  Status run() {
    const PartitionMap map = read_partition_map(image_);
    for (const auto& issue : map.issues) LIMIER_CHECK(sink_.issue(issue));
    if (map.regions.empty()) return whole_media();
    disk_mark_ = find_disk_encryption(RangeReader(image_, 0, image_.size_bytes()));
    bool start_parsed = false;
    for (const Region& region : map.regions) {
      LIMIER_CHECK(emit_region(region, 0));
      if (region.image_offset == 0 && last_parsed_) start_parsed = true;
    }
    return start_parsed ? ok_status() : media_file_system();
  }

 private:
  [[nodiscard]] bool skipped(std::uint64_t image_offset) const {
    return std::find(skip_offsets_.begin(), skip_offsets_.end(), image_offset) != skip_offsets_.end();
  }

  Status whole_media() {
    if (!skipped(0)) sink_.working_on(Stage::kMap, 0);
    VolumeRecord record;
    record.scheme = "none";
    record.length = image_.size_bytes();
    record.description = "Unpartitioned media";
    return emit_volume(std::move(record));
  }

  Status media_file_system() {
    if (skipped(0)) return ok_status();
    sink_.working_on(Stage::kMap, 0);
    const RangeReader media(image_, 0, image_.size_bytes());
    if (claimed_fs_type(media).empty()) return ok_status();
    if (!detect_with_libtsk(image_, media)) return ok_status();
    VolumeRecord record;
    record.scheme = "none";
    record.length = image_.size_bytes();
    record.description = "File system over the whole media";
    return emit_volume(std::move(record));
  }

  Status emit_region(const Region& region, std::uint32_t parent) {
    last_parsed_ = false;
    VolumeRecord record;
    record.parent_id = parent;
    record.scheme = region.scheme;
    record.slot = region.slot;
    record.image_offset = region.image_offset;
    record.length = region.length;
    record.declared_length = region.declared_length;
    record.description = region.description;
    if (!skipped(region.image_offset)) sink_.working_on(Stage::kMap, region.image_offset);
    if (region.kind == RegionKind::kTable) {
      record.status = VolumeStatus::kTable;
      return send(record);
    }
    if (region.kind == RegionKind::kGap) return emit_gap(std::move(record));
    if (region.nested.empty()) return emit_volume(std::move(record));
    record.fs_type = region.nested.front().scheme == "sun" ? "sun-label" : "bsd-label";
    record.status = VolumeStatus::kParsed;
    LIMIER_CHECK(send(record));
    const std::uint32_t own = record.volume_id;
    for (const Region& child : region.nested) LIMIER_CHECK(emit_region(child, own));
    return ok_status();
  }

  Status emit_gap(VolumeRecord record) {
    record.status = VolumeStatus::kUnallocated;
    record.declared_length = 0;
    if (record.length < kSmallestProbedGap) return send(record);
    const RangeReader gap(image_, record.image_offset, record.length);
    auto encryption = find_encryption(gap);
    if (encryption) return emit_encrypted(std::move(record), std::move(*encryption), catalog::Certainty::kStructure);
    const auto measured = measure_randomness(gap);
    return measured.random ? emit_random(std::move(record), measured) : send(record);
  }

  Status emit_volume(VolumeRecord record) {
    if (skipped(record.image_offset)) {
      record.status = VolumeStatus::kFailed;
      LIMIER_CHECK(send(record));
      return issue("file-system-not-parsed", record,
                   "looking into the volume stopped the file-system worker twice: its files are not listed");
    }
    const RangeReader volume(image_, record.image_offset, record.length);
    if (auto encryption = find_encryption(volume))
      return emit_encrypted(std::move(record), std::move(*encryption), catalog::Certainty::kStructure);
    if (is_apfs_container(volume)) return emit_apfs(std::move(record), volume);
    if (auto format = find_leading_format(volume)) return emit_unsupported(std::move(record), std::move(*format));
    auto opened = record.length > 0 ? detect_with_libtsk(image_, volume) : std::nullopt;
    const std::string opened_type = opened ? fs_type_name(opened->type) : std::string();
    if (!opened_type.empty() && opened_type != "hfs") {
      return opened->listable ? emit_parsed(std::move(record), volume, *opened)
                              : emit_unlistable(std::move(record), volume, *opened);
    }
    return emit_unrecognised(std::move(record), volume);
  }

  Status emit_unrecognised(VolumeRecord record, const RangeReader& volume) {
    if (auto format = find_inner_format(volume); format && format->fs_type != "yaffs2")
      return emit_unsupported(std::move(record), std::move(*format));
    if (sampled_all_zero(volume)) {
      record.status = VolumeStatus::kEmpty;
      return send(record);
    }
    if (const auto yaffs2 = detect_yaffs2(image_, volume)) return emit_parsed(std::move(record), volume, *yaffs2);
    record.fs_type = claimed_fs_type(volume);
    if (!record.fs_type.empty()) {
      record.status = VolumeStatus::kFailed;
      LIMIER_CHECK(send(record));
      return issue("file-system-not-parsed", record,
                   fmt::format("the volume says it holds {}, but the file system cannot be read", record.fs_type));
    }
    if (auto mark = find_disk_encryption(volume))
      return emit_encrypted(std::move(record), std::move(*mark), catalog::Certainty::kStructure);
    const auto measured = measure_randomness(volume);
    if (measured.random) return emit_random(std::move(record), measured);
    record.status = VolumeStatus::kUnsupported;
    LIMIER_CHECK(send(record));
    return issue("file-system-not-recognised", record, "the volume holds data, but no file system known to limier");
  }

  Status emit_parsed(VolumeRecord record, const RangeReader& volume, const OpenedFs& opened) {
    record.fs_type = fs_type_name(opened.type);
    const FsFacts facts = read_fs_facts(record.fs_type, volume);
    record.fs_label = record.fs_type == "ntfs" ? opened.ntfs_label : facts.label;
    record.fs_uuid = facts.uuid;
    record.block_size = opened.block_size;
    record.status = record.declared_length > record.length ? VolumeStatus::kPartial : VolumeStatus::kParsed;
    record.walkable = true;
    record.tsk_fs_type = static_cast<std::uint32_t>(opened.type);
    return send(record);
  }

  Status emit_unlistable(VolumeRecord record, const RangeReader& volume, const OpenedFs& opened) {
    record.fs_type = fs_type_name(opened.type);
    set_facts(record, read_fs_facts(record.fs_type, volume));
    record.block_size = opened.block_size;
    record.status = VolumeStatus::kFailed;
    LIMIER_CHECK(send(record));
    return issue(
        "file-system-not-parsed", record,
        fmt::format("libtsk recognises {} but counts no files on it (as on an ISO 9660 level 4 disc): its files "
                    "are not listed",
                    record.fs_type));
  }

  Status emit_unsupported(VolumeRecord record, FormatMatch format) {
    record.fs_type = std::move(format.fs_type);
    set_facts(record, format.facts);
    record.status = VolumeStatus::kUnsupported;
    LIMIER_CHECK(send(record));
    // Swap space holds no files: its bytes are swept like any others and nothing is missed.
    if (record.fs_type == "swap") return ok_status();
    return issue("file-system-unsupported", record,
                 fmt::format("{} is not supported: its files are not listed", record.fs_type));
  }

  Status emit_encrypted(VolumeRecord record, EncryptionMatch match, catalog::Certainty certainty) {
    set_facts(record, match.facts);
    record.status = VolumeStatus::kEncrypted;
    record.encryption = match.scheme;
    LIMIER_CHECK(send(record));
    return sink_.encryption({record.volume_id, std::move(match.scheme), certainty, std::move(match.detail)});
  }

  // Beneath a vendor's mark in the disk's first sector, what looks like cipher text is the vendor's.
  Status emit_random(VolumeRecord record, const RandomnessReport& measured) {
    if (!disk_mark_) {
      return emit_encrypted(std::move(record), {"unknown (high entropy)", measured.detail, {}},
                            catalog::Certainty::kStatistics);
    }
    return emit_encrypted(std::move(record), {disk_mark_->scheme, disk_mark_->detail + "; " + measured.detail, {}},
                          catalog::Certainty::kStructure);
  }

  Status emit_apfs(VolumeRecord record, const RangeReader& volume) {
    record.fs_type = "apfs";
    set_facts(record, read_fs_facts("apfs", volume));
    const auto container = read_apfs_container(image_, volume);
    const bool usable = container.ok() && !container->volumes.empty();
    record.status = !usable ? VolumeStatus::kFailed
                            : (record.declared_length > record.length ? VolumeStatus::kPartial : VolumeStatus::kParsed);
    LIMIER_CHECK(send(record));
    last_parsed_ = usable;
    if (!usable) {
      const std::string reason = container.ok() ? "it lists no volumes" : container.error().message;
      return issue("apfs-container-not-parsed", record, "the APFS container cannot be read: " + reason);
    }
    for (const ApfsVolume& child : container->volumes)
      LIMIER_CHECK(emit_apfs_volume(record, volume, *container, child));
    return ok_status();
  }

  Status emit_apfs_volume(const VolumeRecord& parent, const RangeReader& reader, const ApfsContainer& container,
                          const ApfsVolume& child) {
    VolumeRecord record;
    record.parent_id = parent.volume_id;
    record.scheme = "apfs";
    record.image_offset = parent.image_offset;
    record.length = parent.length;
    record.description = child.name;
    record.fs_type = "apfs";
    record.fs_label = child.name;
    record.fs_uuid = child.uuid;
    record.block_size = container.block_size;
    record.pool_block = child.block;
    if (child.encrypted) {
      return emit_encrypted(std::move(record),
                            {"APFS encrypted", fmt::format("flag of the volume superblock at block {}", child.block),
                             FsFacts{child.name, child.uuid, container.block_size}},
                            catalog::Certainty::kStructure);
    }
    record.status = parent.status;
    record.walkable = true;
    record.tsk_fs_type = static_cast<std::uint32_t>(TSK_FS_TYPE_APFS);
    LIMIER_CHECK(send(record));
    for (const ApfsSnapshot& snapshot : read_apfs_snapshots(reader, container.block_size, child.block)) {
      catalog::IssueRecord note;
      note.stage = "volume";
      note.code = "apfs-snapshot";
      note.severity = catalog::Severity::kInfo;
      note.volume_id = record.volume_id;
      note.message = fmt::format("snapshot \"{}\" of {}; its files are not listed", snapshot.name,
                                 snapshot.created ? format_time(*snapshot.created) : std::string("unknown time"));
      LIMIER_CHECK(sink_.issue(note));
    }
    return ok_status();
  }

  static void set_facts(VolumeRecord& record, const FsFacts& facts) {
    record.fs_label = facts.label;
    record.fs_uuid = facts.uuid;
    record.block_size = facts.block_size;
  }

  Status send(VolumeRecord& record) {
    record.volume_id = ++count_;
    last_parsed_ = record.walkable;
    LIMIER_CHECK(sink_.volume(record));
    sink_.advanced(count_);
    if (record.status == VolumeStatus::kTable || record.declared_length <= record.length) return ok_status();
    return issue("volume-beyond-image", record,
                 fmt::format("the partition table gives the volume {} bytes, the image holds {} of them",
                             record.declared_length, record.length));
  }

  Status issue(std::string code, const VolumeRecord& record, std::string message) {
    catalog::IssueRecord note;
    note.stage = "volume";
    note.code = std::move(code);
    note.volume_id = record.volume_id;
    note.image_offset = record.image_offset;
    note.length = record.length;
    note.message = std::move(message);
    note.incomplete = true;
    return sink_.issue(note);
  }

  const evidence::Image& image_;
  Sink& sink_;
  const std::vector<std::uint64_t>& skip_offsets_;
  std::optional<EncryptionMatch> disk_mark_;
  std::uint32_t count_ = 0;
  bool last_parsed_ = false;
};

}  // namespace

Status map_volumes(const evidence::Image& image, Sink& sink, const std::vector<std::uint64_t>& skip_offsets) {
  if (image.size_bytes() == 0) return Error{ErrorKind::kEvidence, "the media is empty"};
  return Mapper(image, sink, skip_offsets).run();
}

}  // namespace limier::volume
