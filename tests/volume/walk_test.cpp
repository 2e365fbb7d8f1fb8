// The walk against fls and icat of the sleuthkit, on corpus file systems: the same names with the same inode, stream, size,
// allocation, owner and times, and the same bytes.
#include <set>

#include <fmt/format.h>

#include "volume/support.h"

namespace limier::volume::testing {
namespace {

using catalog::ContentSource;
using catalog::ExtentKind;

constexpr std::size_t kShown = 8;

struct Walked {
  Rows map;
  Rows rows;
  catalog::VolumeRecord volume;
};

// Maps the image and walks its `ordinal`-th walkable volume.
Walked walk_nth(const evidence::Image& image, std::size_t ordinal, bool metadata_only = false) {
  Walked walked;
  walked.map.media_size = walked.rows.media_size = image.size_bytes();
  EXPECT_TRUE(map_volumes(image, walked.map).ok());
  for (const auto& volume : walked.map.volumes)
    if (volume.walkable && ordinal-- == 0) walked.volume = volume;
  EXPECT_NE(walked.volume.volume_id, 0u) << "no such volume";
  FsJob job = walk_job(walked.volume);
  job.metadata_only = metadata_only;
  const Status status = walk_volume(image, job, walked.rows);
  EXPECT_TRUE(status.ok()) << (status.ok() ? "" : status.error().message);
  return walked;
}

std::int64_t seconds(const TimeNs& time) {
  if (!time) return 0;
  return *time / kNsPerSecond - (*time % kNsPerSecond < 0 ? 1 : 0);
}

// fls writes '^' for control characters.
std::string cleaned(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '^';
  return text;
}

std::string line(const std::string& name, const std::string& inode, std::uint64_t uid, std::uint64_t gid, std::uint64_t size,
                 const catalog::FileTimes& t) {
  return fmt::format("{}|{}|{}|{}|{}|{}|{}|{}|{}", name, inode, uid, gid, size, seconds(t.accessed), seconds(t.modified),
                     seconds(t.changed), seconds(t.created));
}

// What `fls -r -m ''` prints, from the rows.
std::multiset<std::string> body_of(const Walked& walked) {
  const bool ntfs = walked.volume.fs_type == "ntfs";
  std::multimap<std::uint64_t, const catalog::StreamRecord*> streams;
  for (const auto& stream : walked.rows.streams) streams.emplace(stream.ref.inode, &stream);
  std::multiset<std::string> lines;
  for (const auto& name : walked.rows.names) {
    if (name.name_id == 0) continue;
    const auto inode = walked.rows.inodes.find(name.inode);
    const bool known = inode != walked.rows.inodes.end() && (!ntfs || inode->second.name_sequence == name.sequence);
    if (!known) {
      lines.insert(line(cleaned(name.path) + (name.allocated ? "" : " (deleted)"), std::to_string(name.inode), 0, 0, 0, {}));
      continue;
    }
    const auto& meta = inode->second;
    std::string tail = meta.link_target.empty() ? "" : " -> " + meta.link_target;
    if (!name.allocated) tail += meta.allocated ? " (deleted-realloc)" : " (deleted)";
    const auto range = streams.equal_range(name.inode);
    for (auto it = range.first; it != range.second; ++it) {
      const auto& stream = *it->second;
      if (!ntfs && !stream.is_default) continue;  // fls lists streams of NTFS only
      const std::string own = cleaned(name.path) + (stream.name.empty() ? "" : ":" + cleaned(stream.name)) + tail;
      const std::string id = ntfs ? fmt::format("{}-{}-{}", name.inode, stream.ref.attr_type, stream.ref.attr_id)
                                  : std::to_string(name.inode);
      const std::uint64_t size = ntfs ? stream.size_bytes : meta.size_bytes;
      lines.insert(line(own, id, meta.uid, meta.gid, size, meta.times));
    }
  }
  return lines;
}

std::multiset<std::string> fls_body(const std::string& image, const std::string& options) {
  std::multiset<std::string> lines;
  const std::string out = run("fls -r " + options + " -m '' " + quoted(image) + " 2>/dev/null").out;
  for (std::size_t at = 0; at < out.size();) {
    const std::size_t end = std::min(out.find('\n', at), out.size());
    const std::string row = out.substr(at, end - at);
    at = end + 1;
    if (row.find(" ($FILE_NAME)|") != std::string::npos) continue;
    // MD5|name|inode|mode|uid|gid|size|atime|mtime|ctime|crtime; names here hold no '|'.
    std::vector<std::string> field;
    for (std::size_t from = 0; from <= row.size();) {
      const std::size_t bar = std::min(row.find('|', from), row.size());
      field.push_back(row.substr(from, bar - from));
      from = bar + 1;
    }
    if (field.size() != 11) continue;
    lines.insert(fmt::format("{}|{}|{}|{}|{}|{}|{}|{}|{}", field[1], field[2], field[4], field[5], field[6], field[7],
                             field[8], field[9], field[10]));
  }
  return lines;
}

std::string difference(const std::multiset<std::string>& ours, const std::multiset<std::string>& theirs) {
  std::string out;
  std::vector<std::string> only;
  std::set_difference(ours.begin(), ours.end(), theirs.begin(), theirs.end(), std::back_inserter(only));
  for (std::size_t i = 0; i < only.size() && i < kShown; ++i) out += "  only limier: " + only[i] + "\n";
  only.clear();
  std::set_difference(theirs.begin(), theirs.end(), ours.begin(), ours.end(), std::back_inserter(only));
  for (std::size_t i = 0; i < only.size() && i < kShown; ++i) out += "  only fls:    " + only[i] + "\n";
  return out;
}

void expect_sound(const evidence::Image& image, const Walked& walked) {
  std::map<catalog::StreamRef, const catalog::StreamRecord*> streams;
  for (const auto& stream : walked.rows.streams) {
    EXPECT_TRUE(streams.emplace(stream.ref, &stream).second) << "a stream twice";
    EXPECT_EQ(walked.rows.inodes.count(stream.ref.inode), 1u);
  }
  std::map<catalog::StreamRef, std::uint32_t> pieces;
  const catalog::ExtentRecord* last = nullptr;
  for (const auto& extent : walked.rows.extents) {
    ASSERT_EQ(streams.count(extent.ref), 1u);
    if (last != nullptr && last->ref == extent.ref) {
      EXPECT_EQ(extent.seq, last->seq + 1);
      EXPECT_GE(extent.file_offset, last->file_offset + last->length) << "overlap in inode " << extent.ref.inode;
    }
    if (extent.kind == ExtentKind::kData) {
      EXPECT_EQ(extent.piece, pieces[extent.ref]++);
      if (streams[extent.ref]->source == ContentSource::kExtents) {
        EXPECT_LE(extent.file_offset + extent.length, streams[extent.ref]->size_bytes);
      }
    }
    last = &extent;
  }
  for (const auto& [ref, stream] : streams) EXPECT_EQ(stream->data_piece_count, pieces[ref]);
  std::uint64_t next = 0;
  for (const auto& range : walked.rows.ranges) {
    EXPECT_GE(range.image_offset, std::max(next, walked.volume.image_offset));
    next = range.image_offset + range.length;
    EXPECT_LE(next, walked.volume.image_offset + walked.volume.length);
  }
  EXPECT_FALSE(walked.rows.ranges.empty());
  EXPECT_LE(next, image.size_bytes());
}

// Digest of a stream's content as the sweep would form it, or as the record says.
std::string content_md5(const evidence::Image& image, const Rows& rows, const catalog::StreamRecord& stream) {
  if (stream.source == ContentSource::kDigested) return stream.digests.md5 ? hex_digest(*stream.digests.md5) : "";
  Hasher hasher(DigestSet{true, false, false});
  for (const auto& extent : rows.extents) {
    if (extent.ref != stream.ref || extent.kind != ExtentKind::kData) continue;
    hasher.update_zeros(extent.file_offset - hasher.size_bytes());
    std::vector<std::uint8_t> bytes(extent.length);
    image.read(*extent.image_offset, bytes);
    hasher.update(bytes);
  }
  hasher.update_zeros(stream.size_bytes - hasher.size_bytes());
  return hex_digest(*hasher.finish().md5);
}

struct Case {
  const char* image;
  std::size_t ordinal;
  const char* options;    // for fls and icat
  std::size_t max_icat;   // streams compared byte for byte
};
void PrintTo(const Case& one, std::ostream* out) { *out << one.image; }

class WalkCorpus : public ::testing::TestWithParam<Case> {};

TEST_P(WalkCorpus, ListsWhatFlsLists) {
  LIMIER_NEED_CORPUS();
  const TempDir dir;
  const std::string raw = raw_copy(dir, GetParam().image);
  ASSERT_FALSE(raw.empty());
  const RawImage image(raw);
  const Walked walked = walk_nth(image, GetParam().ordinal);
  expect_sound(image, walked);
  const auto theirs = fls_body(raw, GetParam().options);
  EXPECT_GT(theirs.size(), 2u);
  const std::string differences = difference(body_of(walked), theirs);
  EXPECT_EQ(differences, "") << differences;
  for (const auto& issue : walked.rows.issues) EXPECT_FALSE(issue.incomplete) << issue.code << ": " << issue.message;
}

TEST_P(WalkCorpus, ReadsWhatIcatReads) {
  LIMIER_NEED_CORPUS();
  const TempDir dir;
  const std::string raw = raw_copy(dir, GetParam().image);
  const RawImage image(raw);
  const Walked walked = walk_nth(image, GetParam().ordinal);
  const bool ntfs = walked.volume.fs_type == "ntfs";
  std::size_t compared = 0;
  for (const auto& stream : walked.rows.streams) {
    if (stream.source != ContentSource::kExtents && stream.source != ContentSource::kDigested) continue;
    if (stream.size_bytes > (32u << 20) || compared == GetParam().max_icat) continue;
    if (!ntfs && !stream.is_default) continue;
    ++compared;
    const std::string id = ntfs ? fmt::format("{}-{}-{}", stream.ref.inode, stream.ref.attr_type, stream.ref.attr_id)
                                : std::to_string(stream.ref.inode);
    const std::string md5 =
        run(fmt::format("icat -r {} {} {} 2>/dev/null | md5sum", GetParam().options, quoted(raw), id)).out.substr(0, 32);
    EXPECT_EQ(content_md5(image, walked.rows, stream), md5) << id << " " << stream.name;
    if (compared > 12) continue;
    FsJob job = walk_job(walked.volume);
    job.kind = FsJobKind::kExtract;
    job.stream = stream.ref;
    Rows extracted;
    ASSERT_TRUE(extract_stream(image, job, extracted).ok());
    EXPECT_EQ(hex_digest(*digest_of(as_bytes(extracted.bytes), DigestSet{true, false, false}).md5), md5) << id;
  }
  EXPECT_GT(compared, 0u);
}

INSTANTIATE_TEST_SUITE_P(
    Corpus, WalkCorpus,
    ::testing::Values(Case{"images/ewf/exfat1.E01", 0, "-o 2048", 40}, Case{"images/ewf/ext2.E01", 0, "", 40},
                      Case{"images/ewf/gpt_ntfs.E01", 0, "-o 2048", 60}, Case{"images/ewf/imageformat_mmls_1.E01", 1, "-o 55424", 20},
                      Case{"images/ewf/nps-2010-emails.E01", 0, "-o 1", 60}, Case{"images/ewf/test.ntfs.dd.E01", 0, "", 60},
                      Case{"images/fs/apfs.E01", 0, "-P apfs -B 107", 20}, Case{"images/fs/exfat_orphan.E01", 0, "", 20},
                      Case{"images/fs/exfat_win.E01", 0, "", 60}, Case{"images/fs/fat12.E01", 0, "", 60},
                      Case{"images/fs/fat32_loop.E01", 0, "", 20}, Case{"images/fs/fat_deleted_dir_2.E01", 0, "", 60},
                      Case{"images/fs/fat_lfn_test.E01", 0, "", 20}, Case{"images/fs/hfsplus.E01", 0, "", 40},
                      Case{"images/fs/ntfs3.E01", 0, "", 60}, Case{"images/fs/ntfs_index.E01", 0, "-o 128", 60},
                      Case{"images/fs/ufs2_ffs.E01", 0, "", 20}, Case{"images/raw/image.iso", 0, "", 20},
                      Case{"images/raw/fat_very_small.dd", 0, "", 20}, Case{"images/generated/ext3_kernel_deleted.E01", 0, "", 20},
                      Case{"images/generated/ext4_kernel_deleted.E01", 0, "", 20},
                      Case{"images/generated/yaffs2.E01", 0, "-f yaffs2", 40}, Case{"images/raw/image.dd", 0, "", 20}));

}  // namespace
}  // namespace limier::volume::testing
