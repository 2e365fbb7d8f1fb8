// The walk against fls and icat of the sleuthkit, on corpus file systems: the same names with the same inode, stream,
// size, allocation, owner and times, and the same bytes.
#include <set>

#include <fmt/format.h>

#include "volume/support.h"
#include "volume/tsk_image.h"

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

std::int64_t seconds(const catalog::Stamp& time) {
  return time.seconds;
}

// fls writes '^' for control characters, and for NUL, which on HFS+ shows as its symbol.
std::string cleaned(std::string text) {
  for (std::size_t at = 0; (at = text.find("\u2400", at)) != std::string::npos;) text.replace(at, 3, "^");
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '^';
  return text;
}

std::string line(const std::string& name, const std::string& inode, std::uint64_t uid, std::uint64_t gid,
                 std::uint64_t size, const catalog::FileTimes& t) {
  return fmt::format("{}|{}|{}|{}|{}|{}|{}|{}|{}", name, inode, uid, gid, size, seconds(t.accessed),
                     seconds(t.modified), seconds(t.changed), seconds(t.created));
}

bool is_xattr(const catalog::StreamRecord& stream) {
  return stream.name.starts_with("xattr:");
}

// libtsk has no times of creation of ext2 and ext3 (inodes of 256 bytes), nor of UFS2. Of an NTFS time it keeps 32 bits
// of the seconds; where the disk has none, it makes 2076 of it.
catalog::FileTimes times_fls_has(const Walked& walked, const catalog::InodeRecord& inode) {
  catalog::FileTimes times = inode.times;
  const std::string& type = walked.volume.fs_type;
  if (type == "ext2" || type == "ext3" || type == "ufs2") times.created = {};
  constexpr std::int64_t kZeroInLibtsk = 3373865674;
  for (catalog::Stamp* stamp : {&times.modified, &times.accessed, &times.changed, &times.created})
    if (type == "ntfs" && inode.kind != catalog::FileKind::kVirtual && stamp->basis == catalog::TimeBasis::kAbsent)
      stamp->seconds = kZeroInLibtsk;
  return times;
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
      lines.insert(
          line(cleaned(name.path) + (name.allocated ? "" : " (deleted)"), std::to_string(name.inode), 0, 0, 0, {}));
      continue;
    }
    const auto& meta = inode->second;
    std::string tail = meta.link_target.empty() ? "" : " -> " + meta.link_target;
    if (!name.allocated) tail += meta.allocated ? " (deleted-realloc)" : " (deleted)";
    const auto range = streams.equal_range(name.inode);
    for (auto it = range.first; it != range.second; ++it) {
      const auto& stream = *it->second;
      // fls lists streams of NTFS only, and no extended attributes.
      if ((!ntfs && !stream.is_default) || is_xattr(stream)) continue;
      const std::string own = cleaned(name.path) + (stream.name.empty() ? "" : ":" + cleaned(stream.name)) + tail;
      const bool attribute = ntfs && stream.ref.attr_type != 0;
      const std::string id = attribute ? fmt::format("{}-{}-{}", name.inode, stream.ref.attr_type, stream.ref.attr_id)
                                       : std::to_string(name.inode);
      const std::uint64_t size = ntfs ? stream.size_bytes : meta.size_bytes;
      lines.insert(line(own, id, meta.uid, meta.gid, size, times_fls_has(walked, meta)));
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
    if (row.find(" ($FILE_NAME)") != std::string::npos) continue;
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

// libtsk is a second early where a FAT entry's hundredths are exactly 100 (see FatCreationTime below).
void forgive_fat_second(std::multiset<std::string>& ours, const std::multiset<std::string>& theirs) {
  std::multiset<std::string> changed;
  for (const std::string& one : ours) {
    const std::size_t bar = one.rfind('|');
    const std::string earlier = one.substr(0, bar + 1) + std::to_string(std::stoll(one.substr(bar + 1)) - 1);
    changed.insert(theirs.count(one) == 0 && theirs.count(earlier) != 0 ? earlier : one);
  }
  ours = std::move(changed);
}

// exFAT: limier turns times into UTC by the offset beside each, which exfat_reader_test.cpp tests; and does not list
// what libtsk makes up: an empty label as a deleted file, and a file from an entry whose others are lost.
std::multiset<std::string> forgive_exfat(const std::multiset<std::string>& lines) {
  std::multiset<std::string> kept;
  for (std::string one : lines) {
    // What a deleted folder held whose clusters were never released, of which libtsk gives no name.
    if (one.starts_with("/test/") && one.find(" (deleted)") != std::string::npos) continue;
    if (one.starts_with("/$OrphanFiles/$EMPTY_VOLUME_LABEL") || one.starts_with("/$OrphanFiles/OrphanFile-")) continue;
    for (int times = 0; times < 4; ++times) one.erase(one.rfind('|'));
    kept.insert(std::move(one));
  }
  return kept;
}

// An entry behind the end mark of its folder, and a long name that belongs to another short name: differs_fat_entries
// in tests/cli/test_truth_corpus.py.
void leave_out_fat_faults(std::multiset<std::string>& lines) {
  std::erase_if(lines, [](const std::string& one) {
    return one.starts_with("/test_dir/n40/4/T1") || one.starts_with("/long_name_test.txt|") ||
           one.starts_with("/SHORT.TXT|");
  });
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
  const char* options;   // for fls and icat
  std::size_t max_icat;  // streams compared byte for byte
};
void PrintTo(const Case& one, std::ostream* out) {
  *out << one.image;
}

class WalkCorpus : public ::testing::TestWithParam<Case> {};

TEST_P(WalkCorpus, ListsWhatFlsLists) {
  LIMIER_NEED_CORPUS();
  const TempDir dir;
  const std::string raw = raw_copy(dir, GetParam().image);
  ASSERT_FALSE(raw.empty());
  const RawImage image(raw);
  const Walked walked = walk_nth(image, GetParam().ordinal);
  expect_sound(image, walked);
  auto theirs = fls_body(raw, GetParam().options);
  EXPECT_GT(theirs.size(), 2u);
  auto ours = body_of(walked);
  if (walked.volume.fs_type == "exfat") {
    ours = forgive_exfat(ours);
    theirs = forgive_exfat(theirs);
  } else if (walked.volume.fs_type.starts_with("fat")) {
    forgive_fat_second(ours, theirs);
    leave_out_fat_faults(ours);
    leave_out_fat_faults(theirs);
  }
  const std::string differences = difference(ours, theirs);
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
    if ((!ntfs && !stream.is_default) || is_xattr(stream)) continue;
    ++compared;
    const std::string id = ntfs ? fmt::format("{}-{}-{}", stream.ref.inode, stream.ref.attr_type, stream.ref.attr_id)
                                : std::to_string(stream.ref.inode);
    const std::string md5 =
        run(fmt::format("icat -r {} {} {} 2>/dev/null | md5sum", GetParam().options, quoted(raw), id))
            .out.substr(0, 32);
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
    ::testing::Values(
        Case{"images/ewf/exfat1.E01", 0, "-o 2048", 40}, Case{"images/ewf/ext2.E01", 0, "", 40},
        Case{"images/ewf/gpt_ntfs.E01", 0, "-o 2048", 60}, Case{"images/ewf/imageformat_mmls_1.E01", 1, "-o 55424", 20},
        Case{"images/ewf/nps-2010-emails.E01", 0, "-o 1", 60}, Case{"images/ewf/test.ntfs.dd.E01", 0, "", 60},
        Case{"images/fs/apfs.E01", 0, "-P apfs -B 107", 20}, Case{"images/fs/exfat_orphan.E01", 0, "", 20},
        Case{"images/fs/exfat_win.E01", 0, "", 60}, Case{"images/fs/fat12.E01", 0, "", 60},
        Case{"images/fs/fat32_loop.E01", 0, "", 20}, Case{"images/fs/fat_deleted_dir_2.E01", 0, "", 60},
        Case{"images/fs/fat_lfn_test.E01", 0, "", 20}, Case{"images/fs/hfsplus.E01", 0, "", 40},
        Case{"images/fs/ntfs3.E01", 0, "", 60}, Case{"images/fs/ntfs_index.E01", 0, "-o 128", 60},
        Case{"images/fs/ufs2_ffs.E01", 0, "", 20}, Case{"images/raw/fat_very_small.dd", 0, "", 20},
        Case{"images/generated/ext3_kernel_deleted.E01", 0, "", 20},
        Case{"images/generated/ext4_kernel_deleted.E01", 0, "", 20},
        Case{"images/generated/yaffs2.E01", 0, "-f yaffs2", 40}, Case{"images/raw/image.dd", 0, "", 20},
        Case{"devices/windows-laptop.E01", 0, "-o 2048", 20}, Case{"devices/windows-laptop.E01", 1, "-o 34816", 150},
        Case{"devices/linux-server.E01", 0, "-o 2048", 40}, Case{"devices/android-phone.E01", 0, "-o 10240", 40},
        Case{"devices/usb-stick.E01", 0, "-o 2048", 40}, Case{"devices/usb-stick-exfat.E01", 0, "-o 2048", 40}));

// Microsoft's FAT specification: DIR_CrtTimeTenth counts hundredths of a second from 0 to 199.
TEST(Walk, FatCreationTime) {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  if (run("which mkfs.vfat").out.empty())
    FAIL() << "dosfstools is not installed; scripts/install-deps --tests installs it";
  const TempDir dir;
  const std::string raw = dir.file("fat.raw");
  ASSERT_EQ(run("truncate -s 32M " + quoted(raw) + " && mkfs.vfat -F 16 " + quoted(raw) + " >/dev/null").code, 0);
  std::array<char, 512> boot{};
  std::fstream disk(raw, std::ios::in | std::ios::out | std::ios::binary);
  disk.read(boot.data(), boot.size());
  const auto le16 = [&](std::size_t at) {
    return le_at<std::uint16_t>(as_bytes({boot.data(), boot.size()}), at).value();
  };
  const int root = (le16(14) + boot[16] * le16(22)) * le16(11);
  const std::array<int, 5> tenths = {0, 99, 100, 101, 199};
  disk.seekp(root);
  for (std::size_t i = 0; i < tenths.size(); ++i) {
    std::string entry = "FILE" + std::to_string(i) + "   TXT";
    entry += '\x20';
    entry += '\0';
    entry += static_cast<char>(tenths[i]);
    entry += std::string("\x00\x10\x21\x50\x21\x50\x00\x00\x00\x10\x21\x50\x00\x00\x00\x00\x00\x00", 18);
    disk.write(entry.data(), 32);
  }
  disk.close();
  const RawImage image(raw);
  const Walked walked = walk_nth(image, 0);
  std::size_t seen = 0;
  const std::int64_t base = parse_time("2020-01-01T02:00:00Z").value();
  for (const auto& name : walked.rows.names) {
    if (name.path.size() != 10 || !name.path.starts_with("/FILE")) continue;
    const auto index = static_cast<std::size_t>(name.path[5] - '0');
    ++seen;
    EXPECT_EQ(catalog::ns_of(walked.rows.inodes.at(name.inode).times.created), base + tenths.at(index) * 10'000'000LL)
        << name.path;
  }
  EXPECT_EQ(seen, tenths.size());
}

TEST(Walk, DamageUnderResidentContentLeavesNoDigest) {
  LIMIER_NEED_CORPUS();
  const TempDir dir;
  RawImage image(raw_copy(dir, "images/ewf/test.ntfs.dd.E01"));
  const Walked clean = walk_nth(image, 0);
  const auto resident = std::find_if(clean.rows.extents.begin(), clean.rows.extents.end(), [&](const auto& extent) {
    return extent.kind == ExtentKind::kResident && extent.image_offset && extent.ref.attr_type == 128 &&
           extent.ref.inode > 24;
  });
  ASSERT_NE(resident, clean.rows.extents.end());
  std::vector<std::uint8_t> bytes(resident->length);
  image.read(*resident->image_offset, bytes);
  const auto find = [&](const Rows& rows) {
    return *std::find_if(rows.streams.begin(), rows.streams.end(),
                         [&](const auto& s) { return s.ref == resident->ref; });
  };
  EXPECT_EQ(find(clean.rows).digests, digest_of(bytes, kAllDigests)) << "the place of resident content is wrong";
  image.mark_bad(*resident->image_offset, *resident->image_offset + 1);
  const auto damaged = find(walk_nth(image, 0).rows);
  EXPECT_TRUE(damaged.touched_damage);
  EXPECT_FALSE(damaged.digests.md5);
}

TEST(Walk, MetadataOnlyReadsNoContent) {
  LIMIER_NEED_CORPUS();
  const TempDir dir;
  const RawImage image(raw_copy(dir, "images/ewf/test.ntfs.dd.E01"));
  for (const auto& stream : walk_nth(image, 0, true).rows.streams) {
    EXPECT_FALSE(stream.digests.md5 || stream.digests.sha1 || stream.digests.sha256);
  }
}

TEST(Walk, LadderLeavesOutWhatItIsTold) {
  LIMIER_NEED_CORPUS();
  const TempDir dir;
  const RawImage image(raw_copy(dir, "images/ewf/test.ntfs.dd.E01"));
  const Walked full = walk_nth(image, 0);
  FsJob job = walk_job(full.volume);
  job.part = WalkPart::kNames;
  job.skip_orphans = true;
  Rows names;
  ASSERT_TRUE(walk_volume(image, job, names).ok());
  EXPECT_FALSE(names.names.empty());
  EXPECT_TRUE(names.inodes.empty());
  EXPECT_TRUE(names.has_issue("orphans-not-searched"));
  job = walk_job(full.volume);
  const std::uint64_t victim = full.rows.inodes.rbegin()->first;
  job.skip_inodes = {victim};
  Rows without;
  ASSERT_TRUE(walk_volume(image, job, without).ok());
  EXPECT_EQ(without.inodes.count(victim), 0u);
  EXPECT_TRUE(without.has_issue("inode-quarantined"));
}

TEST(Walk, InPartsGivesWhatTheWholeGives) {
  LIMIER_NEED_CORPUS();
  const TempDir dir;
  for (const char* name : {"images/ewf/test.ntfs.dd.E01", "images/generated/ext4_kernel_deleted.E01"}) {
    const RawImage image(raw_copy(dir, name));
    const Walked whole = walk_nth(image, 0);
    const auto part = [&](WalkPart which, std::vector<std::uint64_t> inodes, bool bare) {
      FsJob job = walk_job(whole.volume);
      job.part = which;
      job.only_inodes = std::move(inodes);
      job.bare_inodes = bare;
      auto rows = std::make_unique<Rows>();
      EXPECT_TRUE(walk_volume(image, job, *rows).ok());
      return rows;
    };
    const auto names = part(WalkPart::kNames, {}, false);
    EXPECT_EQ(names->names.size(), whole.rows.names.size());
    std::vector<std::uint64_t> inodes;
    for (const auto& entry : whole.rows.inodes) inodes.push_back(entry.first);
    const auto entries = part(WalkPart::kInodes, inodes, false);
    EXPECT_EQ(entries->inodes.size(), whole.rows.inodes.size());
    EXPECT_EQ(entries->streams.size(), whole.rows.streams.size());
    EXPECT_EQ(entries->extents.size(), whole.rows.extents.size());
    EXPECT_TRUE(entries->names.empty() && entries->ranges.empty());
    ASSERT_FALSE(entries->checkpoints.empty());
    EXPECT_EQ(entries->checkpoints.back(), inodes.size());
    EXPECT_TRUE(std::is_sorted(entries->checkpoints.begin(), entries->checkpoints.end()));
    const auto bare = part(WalkPart::kInodes, inodes, true);
    EXPECT_EQ(bare->inodes.size(), whole.rows.inodes.size());
    EXPECT_TRUE(bare->streams.empty() && bare->extents.empty());
    const auto blocks = part(WalkPart::kBlocks, {}, false);
    EXPECT_EQ(blocks->ranges.size(), whole.rows.ranges.size());
    EXPECT_TRUE(blocks->names.empty() && blocks->inodes.empty());
  }
}

// What is in use below it is listed all the same, without a directory.
TEST(Walk, AQuarantinedDirectoryIsNamedAndNotEntered) {
  LIMIER_NEED_CORPUS();
  const TempDir dir;
  const RawImage image(raw_copy(dir, "images/ewf/test.ntfs.dd.E01"));
  const Walked whole = walk_nth(image, 0);
  FsJob job = walk_job(whole.volume);
  job.part = WalkPart::kNames;
  job.skip_inodes = {5};  // the root of an NTFS volume
  Rows rows;
  ASSERT_TRUE(walk_volume(image, job, rows).ok());
  EXPECT_TRUE(rows.has_issue("root-directory-unreadable"));
  for (const auto& name : rows.names) EXPECT_TRUE(name.name_id == 0 || name.orphan) << name.path;
}

TEST(Map, AVolumeThatIsToBeSkippedIsFailed) {
  LIMIER_NEED_CORPUS();
  const TempDir dir;
  const RawImage image(raw_copy(dir, "images/ewf/test.ntfs.dd.E01"));
  Rows rows;
  ASSERT_TRUE(map_volumes(image, rows, {0}).ok());
  ASSERT_EQ(rows.volumes.size(), 1u);
  EXPECT_EQ(rows.volumes[0].status, catalog::VolumeStatus::kFailed);
  EXPECT_TRUE(rows.has_issue("file-system-not-parsed"));
}

TEST(Walk, DeletedExtInodesAreNotEmptyFiles) {
  LIMIER_NEED_CORPUS();
  const TempDir dir;
  const RawImage image(raw_copy(dir, "images/generated/ext4_kernel_deleted.E01"));
  const Walked walked = walk_nth(image, 0);
  std::size_t unreadable = 0;
  for (const auto& stream : walked.rows.streams) {
    const auto& inode = walked.rows.inodes.at(stream.ref.inode);
    if (inode.allocated || inode.kind != catalog::FileKind::kFile) continue;
    EXPECT_NE(stream.source, ContentSource::kEmpty) << stream.ref.inode;
    unreadable += stream.source == ContentSource::kUnreadable ? 1 : 0;
  }
  EXPECT_GE(unreadable, 1u);
}

}  // namespace
}  // namespace limier::volume::testing
