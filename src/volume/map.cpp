// map_volumes: what stands where on the media.
//
// Every volume is looked at for all that may stand in it. What is found beside the first is a row of its own with the
// same range, a child of the first: an ISO 9660 in the reserved sectors of a FAT, UDF beside ISO 9660. In the same way
// a file system over the whole media beside a partition table (an isohybrid disc) is one more row at the end, scheme
// "none", without a parent.
#include <algorithm>
#include <functional>
#include <set>

#include <fmt/format.h>

#include "volume/apfs.h"
#include "volume/foreign_fs.h"
#include "volume/fs_open.h"
#include "volume/fs_probe.h"
#include "volume/partitions.h"
#include "volume/randomness.h"
#include "volume/signatures.h"

namespace limier::volume {

namespace {

// Gaps shorter than this are alignment, not hiding places.
constexpr std::uint64_t kSmallestProbedGap = 1u << 20;

using catalog::VolumeRecord;
using catalog::VolumeStatus;

// One thing that stands in a volume, and how its row is sent.
struct Found {
  std::string name;  // of the file system or the encryption
  std::function<Status(VolumeRecord)> emit;
};

class Mapper {
 public:
  Mapper(const evidence::Image& image, Sink& sink, const std::vector<std::uint64_t>& skip_offsets,
         std::uint32_t sector_bytes)
      : image_(image), sink_(sink), skip_offsets_(skip_offsets), sector_bytes_(sector_bytes) {}

  Status run() {
    const PartitionMap map = read_partition_map(image_, sector_bytes_);
    for (const auto& issue : map.issues) LIMIER_CHECK(sink_.issue(issue));
    if (map.regions.empty()) return whole_media();
    disk_mark_ = find_disk_encryption(RangeReader(image_, 0, image_.size_bytes()));
    for (const FsProbe& probe : probe_file_systems(RangeReader(image_, 0, image_.size_bytes())))
      if (probe.coherent) media_reach_ = std::max(media_reach_, probe.size_bytes);
    for (const Region& region : map.regions) LIMIER_CHECK(emit_region(region, 0));
    return media_file_systems();
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
    return emit_volume(std::move(record), RegionUse::kFiles);
  }

  // Beside a partition table.
  Status media_file_systems() {
    if (skipped(0)) return ok_status();
    sink_.working_on(Stage::kMap, 0);
    const RangeReader media(image_, 0, image_.size_bytes());
    VolumeRecord record;
    record.scheme = "none";
    record.length = image_.size_bytes();
    record.description = "File system over the whole media";
    auto found = find_inside(media);
    std::erase_if(found, [&](const Found& one) { return at_start_.contains(one.name); });
    return emit_all(std::move(record), found);
  }

  Status emit_region(const Region& region, std::uint32_t parent) {
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
    if (region.nested.empty()) return emit_volume(std::move(record), region.use);
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

  Status emit_volume(VolumeRecord record, RegionUse use) {
    if (skipped(record.image_offset)) {
      record.status = VolumeStatus::kFailed;
      LIMIER_CHECK(send(record));
      return issue("file-system-not-parsed", record,
                   "looking into the volume stopped the file-system worker twice: its files are not listed");
    }
    const RangeReader volume(image_, record.image_offset, record.length);
    const auto found = find_all(volume);
    if (!found.empty()) return emit_all(std::move(record), found);
    return emit_doubtful(std::move(record), volume, use);
  }

  // ---- what is there beyond doubt

  Found found_encryption(EncryptionMatch match) {
    std::string name = match.scheme;
    return {std::move(name), [this, match = std::move(match)](VolumeRecord record) {
              return emit_encrypted(std::move(record), match, catalog::Certainty::kStructure);
            }};
  }
  Found found_format(FormatMatch format) {
    std::string name = format.fs_type;
    return {std::move(name), [this, format = std::move(format)](VolumeRecord record) {
              return emit_unsupported(std::move(record), format);
            }};
  }
  Found found_system(FsProbe probe) {
    std::string name = probe.fs_type;
    return {std::move(name),
            [this, probe = std::move(probe)](VolumeRecord record) { return emit_system(std::move(record), probe); }};
  }

  // File systems limier reads, and such as share a volume with them by design.
  std::vector<Found> find_inside(const RangeReader& volume) {
    std::vector<Found> found;
    for (FsProbe& probe : probe_file_systems(volume))
      if (probe.coherent) found.push_back(found_system(std::move(probe)));
    if (auto udf = find_udf_format(volume)) found.push_back(found_format(std::move(*udf)));
    return found;
  }

  std::vector<Found> find_all(const RangeReader& volume) {
    std::vector<Found> found;
    // Its header lies where those of others would; what else is found (the FAT beneath BitLocker To Go) belongs to it.
    if (auto encryption = find_encryption(volume)) return {found_encryption(std::move(*encryption))};
    if (is_apfs_container(volume))
      found.push_back({"apfs", [this](VolumeRecord record) { return emit_apfs(std::move(record)); }});
    if (auto format = find_leading_format(volume)) found.push_back(found_format(std::move(*format)));
    auto inside = find_inside(volume);
    std::move(inside.begin(), inside.end(), std::back_inserter(found));
    for (FormatMatch& format : find_coherent_formats(volume)) {
      const bool known =
          std::any_of(found.begin(), found.end(), [&](const Found& one) { return one.name == format.fs_type; });
      if (!known) found.push_back(found_format(std::move(format)));
    }
    return found;
  }

  Status emit_all(VolumeRecord record, const std::vector<Found>& found) {
    if (found.empty()) return ok_status();
    const std::uint32_t first = count_ + 1;
    LIMIER_CHECK(found.front().emit(record));
    std::string names = found.front().name;
    for (std::size_t i = 1; i < found.size(); ++i) {
      VolumeRecord other;
      other.parent_id = first;
      other.scheme = "none";
      other.image_offset = record.image_offset;
      other.length = record.length;
      other.description = fmt::format("{} in the volume of {}", found[i].name, found.front().name);
      names += " and " + found[i].name;
      LIMIER_CHECK(found[i].emit(std::move(other)));
    }
    if (found.size() == 1) return ok_status();
    record.volume_id = first;
    return issue(
        "several-file-systems", record,
        fmt::format("{} stand in one volume, each coherent: each has a row of its own; one of them may be left "
                    "over from before",
                    names),
        catalog::Severity::kWarning, false);
  }

  // ---- what claims to be there

  // Superblocks whose file system is damaged, and what only libtsk recognises (a FAT by the copy of its boot sector).
  std::optional<Found> find_claimed(const RangeReader& volume, std::string& reason) {
    for (const FsProbe& probe : probe_file_systems(volume)) {
      if (is_read_without_libtsk(probe.fs_type)) return found_system(probe);
      if (open_as(image_, volume.image_offset(), detection_type(probe.fs_type), &reason)) return found_system(probe);
    }
    if (auto copy = probe_fat32_copy(volume)) return found_system(std::move(*copy));
    if (volume.size_bytes() == 0) return std::nullopt;
    const std::string claimed = claimed_fs_type(volume);
    auto opened = open_as(image_, volume.image_offset(), TSK_FS_TYPE_DETECT);
    if (!opened && !claimed.empty()) opened = open_as(image_, volume.image_offset(), detection_type(claimed), &reason);
    if (!opened) return std::nullopt;
    const std::string name = fs_type_name(opened->type);
    if (name.empty() || name == "hfs") return std::nullopt;
    FsProbe probe{name, static_cast<std::uint32_t>(opened->type), opened->block_size, 0, false, false};
    return found_system(std::move(probe));
  }

  Status emit_doubtful(VolumeRecord record, const RangeReader& volume, RegionUse use) {
    std::string reason;
    if (auto claimed = find_claimed(volume, reason)) return claimed->emit(std::move(record));
    if (auto format = find_inner_format(volume); format && format->fs_type != "yaffs2")
      return emit_unsupported(std::move(record), *format);
    if (sampled_all_zero(volume)) {
      record.status = VolumeStatus::kEmpty;
      return send(record);
    }
    if (const auto yaffs2 = detect_yaffs2(image_, volume)) {
      return emit_system(std::move(record),
                         FsProbe{fs_type_name(yaffs2->type), static_cast<std::uint32_t>(yaffs2->type),
                                 yaffs2->block_size, 0, false, false});
    }
    record.fs_type = claimed_fs_type(volume);
    if (!record.fs_type.empty()) return emit_failed(std::move(record), reason);
    return emit_unrecognised(std::move(record), volume, use);
  }

  Status emit_unrecognised(VolumeRecord record, const RangeReader& volume, RegionUse use) {
    if (use == RegionUse::kFree) return emit_gap(std::move(record));
    // Tables of hybrid discs have entries for stretches of the disc's own file system.
    const bool part_of_media = record.image_offset + record.length <= media_reach_;
    if (use == RegionUse::kCode || part_of_media) {
      record.status = VolumeStatus::kEmpty;
      return send(record);
    }
    if (auto mark = find_disk_encryption(volume))
      return emit_encrypted(std::move(record), std::move(*mark), catalog::Certainty::kStructure);
    const auto measured = measure_randomness(volume);
    if (measured.random) return emit_random(std::move(record), measured);
    record.status = VolumeStatus::kUnsupported;
    LIMIER_CHECK(send(record));
    return issue("file-system-not-recognised", record, "the volume holds data, but no file system known to limier");
  }

  Status emit_failed(VolumeRecord record, const std::string& reason) {
    record.status = VolumeStatus::kFailed;
    LIMIER_CHECK(send(record));
    return issue("file-system-not-parsed", record,
                 fmt::format("the volume says it holds {}, but the file system cannot be read{}{}", record.fs_type,
                             reason.empty() ? "" : ": ", reason));
  }

  Status emit_system(VolumeRecord record, const FsProbe& probe) {
    const RangeReader volume(image_, record.image_offset, record.length);
    record.fs_type = probe.fs_type;
    set_facts(record, read_fs_facts(record.fs_type, volume));
    record.block_size = probe.block_size;
    record.tsk_fs_type = probe.tsk_fs_type;
    const bool by_libtsk = record.fs_type == "hfs+" || record.fs_type.starts_with("ufs");
    if (by_libtsk && !probe.empty) {
      std::string reason;
      const auto opened = open_as(image_, record.image_offset, detection_type(record.fs_type), &reason);
      if (!opened) return emit_failed(std::move(record), reason);
      if (!opened->listable) return emit_failed(std::move(record), "libtsk counts no files on it");
      record.tsk_fs_type = static_cast<std::uint32_t>(opened->type);
    }
    const bool whole = probe.size_bytes <= record.length && record.declared_length <= record.length;
    record.status = !whole ? VolumeStatus::kPartial : probe.empty ? VolumeStatus::kEmpty : VolumeStatus::kParsed;
    record.walkable = !probe.empty;
    if (record.fs_type == "ntfs") record.fs_label = ntfs_label(image_, record);
    LIMIER_CHECK(send(record));
    return check_reach(record, probe.size_bytes);
  }

  // Whether the volume ends before the file system in it does. What the partition table says was said already.
  Status check_reach(const VolumeRecord& record, std::uint64_t size_bytes) {
    if (size_bytes <= record.length) return ok_status();
    const bool table_says_so = record.declared_length > record.length && size_bytes <= record.declared_length;
    if (table_says_so) return ok_status();
    const bool image_ends = record.image_offset + record.length >= image_.size_bytes();
    return issue(image_ends ? "file-system-beyond-image" : "file-system-beyond-partition", record,
                 fmt::format("{} says it has {} bytes, but the {} ends after {} of them", record.fs_type, size_bytes,
                             image_ends ? "image" : "partition", record.length));
  }

  Status emit_unsupported(VolumeRecord record, const FormatMatch& format) {
    record.fs_type = format.fs_type;
    set_facts(record, format.facts);
    record.status = VolumeStatus::kUnsupported;
    LIMIER_CHECK(send(record));
    // Swap space holds no files: its bytes are swept like any others and nothing is missed.
    if (record.fs_type == "swap") return ok_status();
    LIMIER_CHECK(issue("file-system-unsupported", record,
                       fmt::format("{} is not supported: its files are not listed",
                                   record.fs_type == "udf" ? "UDF" : record.fs_type)));
    return check_reach(record, format.size_bytes);
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

  Status say_free_rest(const VolumeRecord& record, std::uint64_t size_bytes) {
    catalog::IssueRecord note;
    note.stage = "volume";
    note.code = "file-system-beyond-image";
    note.severity = catalog::Severity::kInfo;
    note.volume_id = record.volume_id;
    note.message = fmt::format("apfs says it has {} bytes, of which {} are here; it calls the rest free", size_bytes,
                               record.length);
    return sink_.issue(note);
  }

  Status emit_apfs(VolumeRecord record) {
    const RangeReader volume(image_, record.image_offset, record.length);
    const std::uint64_t size_bytes = apfs_container_bytes(volume);
    record.fs_type = "apfs";
    set_facts(record, read_fs_facts("apfs", volume));
    const auto container = read_apfs_container(image_, volume);
    const bool usable = container.ok() && !container->volumes.empty();
    // Of a container that was cut behind its last block in use nothing is missing.
    const bool nothing_missing = container.ok() && container->rest_is_free && record.declared_length <= record.length;
    const bool cut = std::max(record.declared_length, size_bytes) > record.length && !nothing_missing;
    record.status = !usable ? VolumeStatus::kFailed : cut ? VolumeStatus::kPartial : VolumeStatus::kParsed;
    LIMIER_CHECK(send(record));
    LIMIER_CHECK(nothing_missing ? say_free_rest(record, size_bytes) : check_reach(record, size_bytes));
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
    if (record.image_offset == 0 && !record.fs_type.empty()) at_start_.insert(record.fs_type);
    LIMIER_CHECK(sink_.volume(record));
    sink_.advanced(count_);
    if (record.status == VolumeStatus::kTable || record.declared_length <= record.length) return ok_status();
    return issue("volume-beyond-image", record,
                 fmt::format("the partition table gives the volume {} bytes, the image holds {} of them",
                             record.declared_length, record.length));
  }

  Status issue(std::string code, const VolumeRecord& record, std::string message,
               catalog::Severity severity = catalog::Severity::kWarning, bool incomplete = true) {
    catalog::IssueRecord note;
    note.stage = "volume";
    note.code = std::move(code);
    note.severity = severity;
    note.volume_id = record.volume_id;
    note.image_offset = record.image_offset;
    note.length = record.length;
    note.message = std::move(message);
    note.incomplete = incomplete;
    return sink_.issue(note);
  }

  const evidence::Image& image_;
  Sink& sink_;
  const std::vector<std::uint64_t>& skip_offsets_;
  std::uint32_t sector_bytes_;
  std::optional<EncryptionMatch> disk_mark_;
  std::set<std::string> at_start_;  // file systems with a row that begins at the first byte
  std::uint64_t media_reach_ = 0;   // of a file system over the whole media, beside a partition table
  std::uint32_t count_ = 0;
};

}  // namespace

Status map_volumes(const evidence::Image& image, Sink& sink, const std::vector<std::uint64_t>& skip_offsets,
                   std::uint32_t sector_bytes) {
  if (image.size_bytes() == 0) return Error{ErrorKind::kEvidence, "the media is empty"};
  return Mapper(image, sink, skip_offsets, sector_bytes).run();
}

}  // namespace limier::volume
