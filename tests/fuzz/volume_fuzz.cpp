// limier's own parsers of partition tables, superblocks, encryption headers, foreign formats, and the walk of ext.
// libtsk is not called.
#include <cstdlib>

#include "fuzz/memory_image.h"
#include "volume/ext_reader.h"
#include "volume/foreign_fs.h"
#include "volume/fs_probe.h"
#include "volume/partitions.h"

namespace {

using namespace limier;

constexpr std::string_view kTypes[] = {"ntfs", "fat12", "fat16", "fat32", "exfat", "ext2",    "ext3",  "ext4",
                                       "hfs",  "hfs+",  "hfsx",  "apfs",  "ufs1",  "iso9660", "yaffs2"};

void read_signatures(const volume::RangeReader& range) {
  (void)volume::find_encryption(range);
  (void)volume::find_disk_encryption(range);
  (void)volume::find_leading_format(range);
  (void)volume::find_inner_format(range);
  (void)volume::claimed_fs_type(range);
  (void)volume::probe_file_systems(range);
  (void)volume::find_coherent_formats(range);
  (void)volume::find_udf_format(range);
  for (const std::string_view type : kTypes) (void)volume::read_fs_facts(type, range);
}

// Every row of a partition table lies inside the media.
void read_tables(const evidence::Image& image) {
  for (const std::uint32_t sector_bytes : {0u, 512u, 4096u}) {
    const auto map = volume::read_partition_map(image, sector_bytes);
    for (const auto& region : map.regions)
      if (region.image_offset > image.size_bytes() || region.length > image.size_bytes() - region.image_offset)
        std::abort();
  }
}

// The supervisor refuses what does not hold.
struct NoSink final : volume::Sink {
  Status volume(const catalog::VolumeRecord&) override { return ok_status(); }
  Status name(const catalog::NameRecord& record) override { return must_hold(catalog::validate(record)); }
  Status inode(const catalog::InodeRecord& record) override { return must_hold(catalog::validate(record)); }
  Status stream(const catalog::StreamRecord& record) override { return must_hold(catalog::validate(record)); }
  Status extent(const catalog::ExtentRecord& record) override {
    return must_hold(catalog::validate(record, media_bytes));
  }
  Status blocks(const catalog::BlockRange& record) override {
    return must_hold(catalog::validate(record, media_bytes));
  }
  Status issue(const catalog::IssueRecord& record) override { return must_hold(catalog::validate(record)); }
  Status encryption(const catalog::EncryptionRecord&) override { return ok_status(); }
  Status content(Bytes) override { return ok_status(); }
  void working_on(volume::Stage, std::uint64_t) override {}
  void expecting(std::uint64_t) override {}
  Status checkpoint(std::uint64_t) override { return ok_status(); }
  void advanced(std::uint64_t) override {}
  static Status must_hold(bool valid) {
    if (!valid) std::abort();
    return ok_status();
  }
  std::uint64_t media_bytes = 0;
};

void read_ext(const evidence::Image& image) {
  volume::FsJob job;
  job.volume.volume_id = 1;
  job.volume.length = image.size_bytes();
  NoSink sink;
  sink.media_bytes = image.size_bytes();
  volume::OwnWalk walk(image, job, sink);
  const auto reader = volume::make_ext_reader(walk);
  if (reader) (void)volume::own_walk(walk, *reader).ok();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  // The first two bytes say where the rest stands: many marks are kilobytes into a volume.
  const std::size_t at = std::size_t{data[0]} * 512;
  std::vector<std::uint8_t> media(std::max<std::size_t>(at + size, (std::size_t{data[1]} + 1) * 1024));
  std::copy(data + 2, data + size, media.begin() + static_cast<std::ptrdiff_t>(at));
  const fuzz::MemoryImage image{Bytes(media)};
  read_signatures(volume::RangeReader(image, 0, media.size()));
  read_signatures(volume::RangeReader(image, media.size() / 3, media.size() / 2));
  read_tables(image);
  read_ext(image);
  return 0;
}
