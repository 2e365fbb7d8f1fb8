// limier's exFAT reader on volumes written byte by byte: what is right follows from Microsoft's specification.
#include "volume/exfat_image.h"

#include <random>

#include <fmt/format.h>

namespace limier::volume::testing {
namespace {

using catalog::ContentSource;
using catalog::ExtentKind;
using catalog::TimeBasis;

constexpr std::uint16_t kFolder = 0x10;

struct Walked {
  Rows map, rows;
  catalog::VolumeRecord volume;

  [[nodiscard]] std::vector<catalog::NameRecord> named(const std::string& path) const {
    std::vector<catalog::NameRecord> found;
    for (const auto& name : rows.names)
      if (name.path == path) found.push_back(name);
    return found;
  }
  [[nodiscard]] std::size_t count(const std::string& path) const { return named(path).size(); }
  [[nodiscard]] catalog::InodeRecord inode(const std::string& path) const {
    const auto names = named(path);
    EXPECT_EQ(names.size(), 1u) << path;
    if (names.empty() || !rows.inodes.contains(names[0].inode)) return {};
    return rows.inodes.at(names[0].inode);
  }
  [[nodiscard]] bool in_use(const std::string& path) const {
    const auto names = named(path);
    EXPECT_EQ(names.size(), 1u) << path;
    const bool inode_in_use = inode(path).allocated;
    EXPECT_EQ(!names.empty() && names[0].allocated, inode_in_use) << path;
    return inode_in_use;
  }
  [[nodiscard]] catalog::StreamRecord stream(const std::string& path) const {
    const std::uint64_t number = inode(path).inode;
    for (const auto& stream : rows.streams)
      if (stream.ref.inode == number) return stream;
    ADD_FAILURE() << path << " has no stream";
    return {};
  }
  [[nodiscard]] std::vector<catalog::ExtentRecord> extents(const std::string& path) const {
    std::vector<catalog::ExtentRecord> found;
    for (const auto& extent : rows.extents)
      if (extent.ref.inode == inode(path).inode) found.push_back(extent);
    return found;
  }
  [[nodiscard]] bool incomplete() const {
    for (const auto* issues : {&map.issues, &rows.issues})
      for (const auto& issue : *issues)
        if (issue.incomplete) return true;
    return false;
  }
  [[nodiscard]] std::string paths() const {
    std::string out;
    for (const auto& name : rows.names) out += name.path + (name.allocated ? "\n" : " *\n");
    return out;
  }
};

FsJob job_of(const Walked& walked) {
  return walk_job(walked.volume);
}

Walked map_only(const RawImage& image) {
  Walked walked;
  walked.map.media_size = walked.rows.media_size = image.size_bytes();
  EXPECT_TRUE(map_volumes(image, walked.map).ok());
  EXPECT_EQ(walked.map.volumes.size(), 1u);
  if (!walked.map.volumes.empty()) walked.volume = walked.map.volumes[0];
  EXPECT_EQ(walked.volume.fs_type, "exfat");
  return walked;
}

using Change = std::function<void(FsJob&)>;
Walked walk(
    const ExfatImage& disk, const Change& change = [](FsJob&) {}) {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
  const RawImage image(disk.path());
  Walked walked = map_only(image);
  FsJob job = job_of(walked);
  change(job);
  const Status status = walk_volume(image, job, walked.rows);
  EXPECT_TRUE(status.ok()) << (status.ok() ? "" : status.error().message);
  return walked;
}

// As the sweep would form it: data from the media, zeros elsewhere.
std::string content(const ExfatImage& disk, const Walked& walked, const std::string& path) {
  const RawImage image(disk.path());
  std::string bytes(walked.stream(path).size_bytes, '\0');
  for (const auto& extent : walked.extents(path)) {
    if (extent.kind != ExtentKind::kData) continue;
    std::vector<std::uint8_t> part(extent.length);
    image.read(*extent.image_offset, part);
    bytes.replace(extent.file_offset, extent.length, as_text(part));
  }
  return bytes;
}

std::string extracted(const ExfatImage& disk, const Walked& walked, const std::string& path) {
  const RawImage image(disk.path());
  FsJob job = job_of(walked);
  job.kind = FsJobKind::kExtract;
  job.stream = walked.stream(path).ref;
  Rows rows;
  EXPECT_TRUE(extract_stream(image, job, rows).ok()) << path;
  return rows.bytes;
}

std::size_t issues_of(const Walked& walked, std::string_view code) {
  return static_cast<std::size_t>(std::count_if(walked.rows.issues.begin(), walked.rows.issues.end(),
                                                [&](const auto& issue) { return issue.code == code; }));
}

struct ExfatReader : ::testing::Test {
  TempDir dir;
  [[nodiscard]] std::string file() const { return dir.file("exfat.raw"); }
};

FileSpec folder(std::u16string name, std::uint32_t cluster, std::uint64_t size, bool deleted = false) {
  FileSpec spec;
  spec.name = std::move(name);
  spec.cluster = cluster;
  spec.size = size;
  spec.attributes = kFolder;
  spec.deleted = deleted;
  return spec;
}

TEST_F(ExfatReader, ASoundVolumeIsCompleteInEveryShape) {
  for (const ExfatShape shape :
       {ExfatShape{9, 0, 60}, ExfatShape{9, 3, 70000}, ExfatShape{12, 0, 100}, ExfatShape{12, 13, 6},
        ExfatShape{10, 2, 33, 2}, ExfatShape{9, 3, 200, 2, true}, ExfatShape{9, 3, 200, 1, false, 5000}}) {
    SCOPED_TRACE(fmt::format("{} {} {}", shape.sector_shift, shape.cluster_shift, shape.clusters));
    ExfatImage disk(file(), shape);
    const std::uint32_t first = disk.take(2);
    disk.fill(first, filled(disk.cluster, 'a'));
    disk.fill(first + 1, filled(100, 'b'));
    const std::uint64_t number = disk.add({.name = u"a.txt", .cluster = first, .size = disk.cluster + 100});
    disk.add(label_entry(u"Etikett"));
    const Walked walked = walk(disk);
    EXPECT_TRUE(walked.rows.issues.empty()) << walked.rows.issues[0].message;
    EXPECT_TRUE(walked.map.issues.empty());
    EXPECT_EQ(walked.volume.fs_label, "Etikett");
    EXPECT_EQ(walked.volume.fs_uuid, "1234-ABCD");
    EXPECT_EQ(walked.volume.block_size, disk.sector);
    EXPECT_EQ(walked.inode("/a.txt").inode, number);
    EXPECT_EQ(content(disk, walked, "/a.txt"), std::string(disk.cluster, 'a') + std::string(100, 'b'));
    EXPECT_EQ(extracted(disk, walked, "/a.txt"), content(disk, walked, "/a.txt"));
    EXPECT_EQ(walked.count("/$ALLOC_BITMAP"), shape.fats);
    EXPECT_EQ(walked.stream("/$UPCASE_TABLE").source, ContentSource::kExtents);
    EXPECT_EQ(walked.count("/Etikett (Volume Label Entry)"), 1u);
    const std::uint64_t entries = std::uint64_t{shape.clusters} * disk.cluster / 32;
    EXPECT_EQ(walked.inode("/$MBR").inode, 3 + entries);
    EXPECT_EQ(walked.inode("/$FAT1").size_bytes, disk.fat_bytes);
    EXPECT_EQ(walked.count("/$FAT2"), shape.fats - 1u);
    EXPECT_EQ(walked.inode("/$OrphanFiles").inode, 3 + entries + 1 + shape.fats);
    // What the bitmap says: metadata up to the clusters, those in use, free ones to the end.
    ASSERT_EQ(walked.rows.ranges.size(), 3u);
    EXPECT_EQ(walked.rows.ranges[0].length, disk.heap);
    EXPECT_EQ(walked.rows.ranges[1].length, (first + 2 - 2) * std::uint64_t{disk.cluster});
    EXPECT_EQ(walked.rows.ranges[2].use, catalog::BlockUse::kUnallocated);
    EXPECT_EQ(walked.rows.ranges[2].image_offset + walked.rows.ranges[2].length, disk.size);
  }
}

TEST_F(ExfatReader, TimesAreUtcByTheirOwnOffset) {
  ExfatImage disk(file());
  const auto zone = [](int quarters) { return static_cast<std::uint8_t>(0x80 | (quarters & 0x7F)); };
  disk.add({.name = u"zones", .created_zone = zone(16), .modified_zone = zone(-20), .accessed_zone = zone(22)});
  disk.add({.name = u"ends", .created_zone = zone(-64), .modified_zone = zone(63), .accessed_zone = zone(0)});
  disk.add({.name = u"mixed", .created_zone = zone(4), .modified_zone = 0x10});
  const Walked walked = walk(disk);
  const std::int64_t shown = parse_time("2024-05-06T07:08:10Z").value() / kNsPerSecond;
  const auto is = [&](const catalog::Stamp& stamp, std::int64_t seconds, TimeBasis basis) {
    EXPECT_EQ(stamp, (catalog::Stamp{seconds, 0, basis}));
  };
  is(walked.inode("/zones").times.created, shown - 4 * 3600, TimeBasis::kUtc);
  is(walked.inode("/zones").times.modified, shown + 5 * 3600, TimeBasis::kUtc);
  is(walked.inode("/zones").times.accessed, shown - 5 * 3600 - 1800, TimeBasis::kUtc);
  is(walked.inode("/ends").times.created, shown + 16 * 3600, TimeBasis::kUtc);
  is(walked.inode("/ends").times.modified, shown - 15 * 3600 - 2700, TimeBasis::kUtc);
  is(walked.inode("/ends").times.accessed, shown, TimeBasis::kUtc);
  is(walked.inode("/mixed").times.created, shown - 3600, TimeBasis::kUtc);
  is(walked.inode("/mixed").times.modified, shown, TimeBasis::kLocal);
  EXPECT_EQ(walked.inode("/mixed").times.changed.basis, TimeBasis::kAbsent);
  EXPECT_TRUE(walked.rows.issues.empty());
}

TEST_F(ExfatReader, TheStatedZoneIsUsedWhereNoOffsetStands) {
  ExfatImage disk(file());
  disk.add({.name = u"a", .created_zone = 0x80});
  Walked walked = walk(disk, [](FsJob& job) { job.zone_stated = true; });
  EXPECT_EQ(walked.inode("/a").times.created.basis, TimeBasis::kUtc);
  EXPECT_EQ(walked.inode("/a").times.modified.basis, TimeBasis::kStated);
}

TEST_F(ExfatReader, HundredthsGoUpToTwoSeconds) {
  ExfatImage disk(file());
  for (const int hundredths : {0, 99, 100, 150, 199}) {
    const auto byte = static_cast<std::uint8_t>(hundredths);
    const std::string name = fmt::format("h{}", hundredths);
    disk.add({.name = std::u16string(name.begin(), name.end()),
              .created_hundredths = byte,
              .modified_hundredths = static_cast<std::uint8_t>(199 - hundredths)});
  }
  const Walked walked = walk(disk);
  const std::int64_t shown = parse_time("2024-05-06T07:08:10Z").value();
  for (const int hundredths : {0, 99, 100, 150, 199}) {
    const auto& times = walked.inode(fmt::format("/h{}", hundredths)).times;
    EXPECT_EQ(catalog::ns_of(times.created), shown + hundredths * 10'000'000LL);
    EXPECT_EQ(catalog::ns_of(times.modified), shown + (199 - hundredths) * 10'000'000LL);
    EXPECT_EQ(catalog::ns_of(times.accessed), shown);
  }
}

TEST_F(ExfatReader, YearsTo2107AndDatesThatCannotBe) {
  ExfatImage disk(file());
  const auto date = [](std::uint32_t year, std::uint32_t month, std::uint32_t day, std::uint32_t rest = 0) {
    return (year - 1980) << 25 | month << 21 | day << 16 | rest;
  };
  disk.add({.name = u"late", .created = date(2107, 12, 31, 23u << 11 | 59u << 5 | 29u), .created_hundredths = 199});
  disk.add(
      {.name = u"odd", .created = date(2023, 2, 30), .modified = date(2023, 13, 1), .accessed = date(2024, 2, 29)});
  disk.add(
      {.name = u"clock", .created = date(2023, 1, 1, 24u << 11), .modified = date(2023, 1, 1, 30u), .accessed = 0});
  disk.add({.name = u"part", .created = date(2023, 1, 1), .created_hundredths = 200});
  const Walked walked = walk(disk);
  EXPECT_EQ(catalog::ns_of(walked.inode("/late").times.created), parse_time("2107-12-31T23:59:59.99Z").value());
  const auto& odd = walked.inode("/odd").times;
  EXPECT_EQ(odd.created, catalog::Stamp());
  EXPECT_EQ(odd.modified, catalog::Stamp());
  EXPECT_EQ(catalog::ns_of(odd.accessed), parse_time("2024-02-29T00:00:00Z").value());
  EXPECT_EQ(walked.inode("/clock").times.created, catalog::Stamp());
  EXPECT_EQ(walked.inode("/clock").times.modified, catalog::Stamp());
  EXPECT_EQ(walked.inode("/clock").times.accessed, catalog::Stamp());
  EXPECT_EQ(catalog::ns_of(walked.inode("/part").times.created), parse_time("2023-01-01T00:00:00Z").value());
  EXPECT_EQ(issues_of(walked, "impossible-time"), 5u) << "zero is no time, not an impossible one";
  EXPECT_NE(walked.rows.issues[0].message.find("57A10000"), std::string::npos) << walked.rows.issues[0].message;
  EXPECT_FALSE(walked.incomplete());
}

TEST_F(ExfatReader, BytesBehindTheValidLengthAreZeros) {
  ExfatImage disk(file());
  const std::uint32_t first = disk.take(6);
  for (std::uint32_t i = 0; i < 6; ++i) disk.fill(first + i, filled(disk.cluster, 'A' + static_cast<int>(i)));
  disk.add({.name = u"half", .cluster = first, .size = 8192, .valid = 5000});
  disk.add({.name = u"none", .cluster = first + 2, .size = 4096, .valid = 0});
  disk.add({.name = u"more", .cluster = first + 3, .size = 100, .valid = 101});
  disk.link({first + 5, first + 4});
  disk.add({.name = u"link", .cluster = first + 5, .size = 8000, .valid = 1, .in_a_row = false});
  const Walked walked = walk(disk);
  EXPECT_EQ(content(disk, walked, "/half"), std::string(4096, 'A') + std::string(904, 'B') + std::string(3192, '\0'));
  EXPECT_EQ(extracted(disk, walked, "/half"), content(disk, walked, "/half"));
  const auto parts = walked.extents("/half");
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[1].kind, ExtentKind::kUninitialized);
  EXPECT_EQ(parts[1].image_offset, disk.offset(first) + 5000);
  EXPECT_EQ(walked.stream("/none").source, ContentSource::kDigested);
  EXPECT_EQ(walked.stream("/none").digests, digest_of(filled(4096, 0), kAllDigests));
  EXPECT_EQ(extracted(disk, walked, "/none"), std::string(4096, '\0'));
  EXPECT_EQ(walked.stream("/more").source, ContentSource::kUnreadable);
  EXPECT_EQ(issues_of(walked, "valid-length-too-long"), 1u);
  EXPECT_EQ(content(disk, walked, "/link"), "F" + std::string(7999, '\0'));
}

TEST_F(ExfatReader, ChainsOfFilesInUse) {
  ExfatImage disk(file());
  const std::uint32_t c = disk.take(20);
  for (std::uint32_t i = 0; i < 20; ++i) disk.fill(c + i, filled(disk.cluster, 'a' + static_cast<int>(i)));
  const auto add = [&](std::u16string name, std::uint32_t first, std::uint64_t clusters, bool in_a_row = false) {
    disk.add({.name = std::move(name), .cluster = first, .size = clusters * 4096, .in_a_row = in_a_row});
  };
  disk.link({c, c + 2, c + 1});
  add(u"good", c, 3);
  disk.link({c + 3, c + 4}, c + 3);
  add(u"loop", c + 3, 4);
  disk.link({c + 5, c + 6});
  add(u"short", c + 5, 3);
  disk.link({c + 7, c + 8}, 0);
  add(u"free", c + 7, 3);
  disk.link({c + 9}, 5000);
  add(u"outside", c + 9, 2);
  disk.link({c + 10, c + 11, c + 12});
  add(u"long", c + 10, 2);
  add(u"beyond", c + 13, 400, true);
  add(u"nowhere", 1, 1, true);
  disk.link({c + 14}, 0);
  add(u"one", c + 14, 1);
  const Walked walked = walk(disk);
  const auto source = [&](const std::string& path) { return walked.stream(path).source; };
  EXPECT_EQ(content(disk, walked, "/good"), std::string(4096, 'a') + std::string(4096, 'c') + std::string(4096, 'b'));
  EXPECT_EQ(source("/good"), ContentSource::kExtents);
  EXPECT_EQ(extracted(disk, walked, "/good"), content(disk, walked, "/good"));
  EXPECT_EQ(source("/long"), ContentSource::kExtents);
  EXPECT_EQ(source("/one"), ContentSource::kExtents);
  for (const char* path : {"/loop", "/short", "/free", "/outside", "/beyond", "/nowhere"}) {
    EXPECT_EQ(source(path), ContentSource::kUnreadable) << path;
    EXPECT_FALSE(walked.stream(path).digests.sha256) << path;
  }
  EXPECT_EQ(issues_of(walked, "content-unreadable"), 1u);
  EXPECT_GE(issues_of(walked, "run-outside-volume"), 2u);
  EXPECT_TRUE(walked.incomplete());
}

TEST_F(ExfatReader, DeletedFilesByTheirChainOrInARow) {
  ExfatImage disk(file());
  const std::uint32_t c = disk.take(20);
  for (std::uint32_t i = 0; i < 20; ++i) {
    disk.fill(c + i, filled(disk.cluster, 'a' + static_cast<int>(i)));
    disk.use(c + i, false);
  }
  const auto add = [&](std::u16string name, std::uint32_t first, std::uint64_t size, bool in_a_row = false) {
    disk.add({.name = std::move(name), .cluster = first, .size = size, .in_a_row = in_a_row, .deleted = true});
  };
  disk.link({c, c + 2, c + 4});
  add(u"chain", c, 3 * 4096 - 5);
  add(u"row", c + 5, 2 * 4096, true);
  disk.link({c + 7, c + 8, c + 9});
  add(u"changed", c + 7, 2 * 4096);
  add(u"cleared", c + 10, 2 * 4096);
  add(u"one", c + 12, 100);
  disk.link({c + 13, c + 14});
  add(u"taken", c + 13, 100);
  add(u"empty", 0, 0);
  const Walked walked = walk(disk);
  EXPECT_EQ(content(disk, walked, "/chain"), std::string(4096, 'a') + std::string(4096, 'c') + std::string(4091, 'e'));
  EXPECT_EQ(extracted(disk, walked, "/chain"), content(disk, walked, "/chain"));
  EXPECT_EQ(content(disk, walked, "/row"), std::string(4096, 'f') + std::string(4096, 'g'));
  EXPECT_EQ(content(disk, walked, "/one"), std::string(100, 'm'));
  for (const char* path : {"/chain", "/row", "/one"}) EXPECT_EQ(walked.stream(path).source, ContentSource::kExtents);
  for (const char* path : {"/changed", "/cleared", "/taken"}) {
    EXPECT_EQ(walked.stream(path).source, ContentSource::kUnreadable) << path;
    EXPECT_EQ(walked.extents(path).back().file_offset + walked.extents(path).back().length, 4096u) << path;
  }
  EXPECT_EQ(walked.stream("/empty").source, ContentSource::kEmpty);
  for (const char* path : {"/chain", "/row", "/changed", "/one"}) EXPECT_FALSE(walked.in_use(path));
  EXPECT_EQ(walked.inode("/chain").link_count, 0u);
  EXPECT_FALSE(walked.incomplete());
}

TEST_F(ExfatReader, DeletedFoldersGiveTheirNamesWhereNobodyTookTheirClusters) {
  ExfatImage disk(file());
  const std::uint32_t c = disk.take(12);
  const auto inner = [&](std::uint32_t number, const std::u16string& name, bool deleted = true) {
    disk.fill(number, entries_of({.name = name, .deleted = deleted}));
  };
  const auto add = [&](std::u16string name, std::uint32_t number, bool deleted, std::uint32_t created = kSomeTime) {
    FileSpec spec = folder(std::move(name), number, disk.cluster);
    spec.deleted = deleted;
    spec.created = created;
    disk.add(spec);
  };
  inner(c, u"kept");
  add(u"gone", c, true);
  disk.use(c, false);
  inner(c + 1, u"photo", false);
  add(u"old", c + 1, true);
  add(u"new", c + 1, false);
  inner(c + 2, u"stale");
  add(u"overwritten", c + 2, true);
  disk.add({.name = u"file", .cluster = c + 2, .size = 10});
  // Two deleted folders have had one cluster: the younger one last. Of a renamed one, either name is right.
  inner(c + 3, u"youngest");
  add(u"elder", c + 3, true, kSomeTime - (1u << 25));
  add(u"younger", c + 3, true);
  disk.use(c + 3, false);
  // A deleted folder in a deleted folder, over two clusters, of which another file has one now.
  FileSpec sub = folder(u"sub", c + 5, 2ull * disk.cluster);
  sub.deleted = true;
  disk.fill(c + 4, entries_of(sub));
  inner(c + 5, u"lost");
  inner(c + 6, u"deep");
  disk.add({.name = u"other", .cluster = c + 5, .size = 4096});
  add(u"outer", c + 4, true);
  disk.use(c + 4, false);
  disk.use(c + 6, false);
  // One whose cluster was never released.
  inner(c + 8, u"unreleased");
  add(u"abandoned", c + 8, true);
  // Bytes that only look like entries.
  FileSpec forged{.name = u"forged", .deleted = true, .wrong_sum = true};
  disk.fill(c + 7, entries_of(forged));
  add(u"doubtful", c + 7, true);
  disk.use(c + 7, false);
  for (std::uint32_t i = 9; i < 12; ++i) disk.use(c + i, false);
  const Walked walked = walk(disk);
  EXPECT_FALSE(walked.in_use("/gone/kept"));
  EXPECT_FALSE(walked.in_use("/abandoned/unreleased"));
  EXPECT_EQ(walked.count("/old/photo"), 0u);
  EXPECT_TRUE(walked.in_use("/new/photo"));
  EXPECT_EQ(walked.count("/overwritten/stale"), 0u);
  EXPECT_EQ(walked.count("/elder/youngest"), 0u);
  EXPECT_FALSE(walked.in_use("/younger/youngest"));
  EXPECT_FALSE(walked.in_use("/outer/sub/deep"));
  EXPECT_EQ(walked.count("/outer/sub/lost"), 0u);
  EXPECT_EQ(walked.count("/doubtful/forged"), 0u);
  EXPECT_EQ(walked.paths().find("OrphanFiles/"), std::string::npos) << walked.paths();
  EXPECT_TRUE(walked.rows.issues.empty()) << walked.rows.issues[0].message;
}

TEST_F(ExfatReader, BehindTheMarkOfTheEndNothingIsInUse) {
  ExfatImage disk(file());
  disk.add({.name = u"live"});
  disk.skip_root(32);
  const std::uint64_t stale = disk.add({.name = u"stale"});
  disk.add({.name = u"forged", .wrong_sum = true});
  disk.add({.name = u"removed", .deleted = true});
  const Walked walked = walk(disk);
  EXPECT_TRUE(walked.in_use("/live"));
  EXPECT_FALSE(walked.in_use("/stale"));
  EXPECT_FALSE(walked.in_use("/removed"));
  EXPECT_EQ(walked.count("/forged"), 0u);
  EXPECT_FALSE(walked.incomplete());
  // The same when its inode is examined alone.
  const Walked alone = walk(disk, [&](FsJob& job) {
    job.part = WalkPart::kInodes;
    job.only_inodes = {stale};
  });
  EXPECT_TRUE(alone.rows.names.empty());
  ASSERT_TRUE(alone.rows.inodes.contains(stale));
  EXPECT_FALSE(alone.rows.inodes.at(stale).allocated);
}

TEST_F(ExfatReader, EntriesNobodyCanTellTheMeaningOf) {
  ExfatImage disk(file());
  std::vector<std::uint8_t> vendor(32), allocation(32), critical(32);
  vendor[0] = 0xE0;
  const std::uint32_t its = disk.take(3);
  disk.fill(its, filled(disk.cluster, 'v'));
  disk.fill(its + 1, filled(disk.cluster, 'v'));
  disk.fill(its + 2, filled(disk.cluster, 'p'));
  allocation[0] = 0xE1;
  allocation[1] = 3;
  put_le(allocation, 20, its, 4);
  put_le(allocation, 24, 2ull * disk.cluster, 8);
  critical[0] = 0xC5;
  disk.add({.name = u"with extension", .behind = {vendor, allocation}});
  const Walked sound = walk(disk);
  EXPECT_TRUE(sound.in_use("/with extension"));
  EXPECT_EQ(issues_of(sound, "directory-entries-damaged"), 0u);
  EXPECT_EQ(issues_of(sound, "listing-may-be-incomplete"), 1u) << "the cluster of nobody";
  // A benign primary entry of a kind not known may have clusters too.
  std::vector<std::uint8_t> primary(32);
  primary[0] = 0xA7;
  put_le(primary, 4, 3, 2);
  put_le(primary, 20, its + 2, 4);
  put_le(primary, 24, disk.cluster, 8);
  disk.add(primary);
  EXPECT_TRUE(walk(disk).rows.issues.empty());
  disk.add({.name = u"critical", .behind = {critical}});
  Walked walked = walk(disk);
  EXPECT_EQ(walked.count("/critical"), 0u);
  EXPECT_EQ(issues_of(walked, "directory-entries-damaged"), 1u);
  EXPECT_TRUE(walked.incomplete());
}

TEST_F(ExfatReader, DamagedSetsAreSaid) {
  const auto damaged = [&](const std::function<void(std::vector<std::uint8_t>&)>& change, bool wrong_sum = false) {
    ExfatImage disk(file());
    auto set = entries_of({.name = u"a name of two entries", .wrong_sum = wrong_sum});
    change(set);
    disk.add(set);
    disk.add({.name = u"next"});
    Walked walked = walk(disk);
    EXPECT_TRUE(walked.in_use("/next"));
    return walked;
  };
  const auto nothing = [](std::vector<std::uint8_t>&) {};
  EXPECT_EQ(damaged(nothing).rows.issues.size(), 0u);
  const Walked unproven = damaged(nothing, true);
  EXPECT_TRUE(unproven.in_use("/a name of two entries"));
  EXPECT_EQ(issues_of(unproven, "directory-checksum-wrong"), 1u);
  for (const auto& change : std::vector<std::function<void(std::vector<std::uint8_t>&)>>{
           [](auto& set) { set[1] = 1; }, [](auto& set) { set[1] = 200; }, [](auto& set) { set[32] = 0x40; },
           [](auto& set) { set[35] = 0; }, [](auto& set) { set[35] = 60; }, [](auto& set) { set[96] = 0x41; },
           [](auto& set) { set.erase(set.begin(), set.begin() + 32); }}) {
    const Walked walked = damaged(change);
    EXPECT_EQ(walked.count("/a name of two entries"), 0u);
    EXPECT_EQ(issues_of(walked, "directory-entries-damaged"), 1u);
    EXPECT_TRUE(walked.incomplete());
  }
}

TEST_F(ExfatReader, NamesAreWhatTheDiskSays) {
  ExfatImage disk(file(), {9, 5, 60});
  const std::u16string longest(255, u'x');
  disk.add({.name = longest});
  disk.add({.name = u"\xD83D\xDE00"});
  disk.add({.name = std::u16string(1, char16_t{0xD800})});
  disk.add({.name = std::u16string(1, char16_t{0xDC00})});
  disk.add({.name = std::u16string{char16_t{0xDC00}, char16_t{0xD800}}});
  disk.add({.name = std::u16string{u'a', char16_t{0}, u'b'}});
  disk.add({.name = u"Большой файл с именем"});
  disk.add({.name = std::u16string(14, u'y') + u"\xD83D\xDE00"});  // the pair lies in two entries
  const Walked walked = walk(disk);
  const auto has = [&](const std::string& name) { EXPECT_EQ(walked.count("/" + name), 1u) << name; };
  has(std::string(255, 'x'));
  has("\xF0\x9F\x98\x80");
  has("\xED\xA0\x80");
  has("\xED\xB0\x80");
  has("\xED\xB0\x80\xED\xA0\x80");
  has("a\xC0\x80"
      "b");
  has("Большой файл с именем");
  has(std::string(14, 'y') + "\xF0\x9F\x98\x80");
  EXPECT_TRUE(walked.rows.issues.empty());
}

TEST_F(ExfatReader, FoldersOverManyClusters) {
  ExfatImage disk(file(), {9, 0, 400});
  // Clusters of 16 entries: sets of five lie over their ends.
  const std::uint32_t row = disk.take(4), a = disk.take(7);
  const std::vector<std::uint32_t> chain = {a + 6, a, a + 4, a + 2};
  disk.link(chain);
  const auto spread = [&](const std::vector<std::uint32_t>& clusters, char16_t mark) {
    std::vector<std::uint8_t> bytes;
    for (int i = 0; i < 12; ++i) {
      const auto set = entries_of({.name = std::u16string(40, static_cast<char16_t>(u'a' + i)) + mark});
      bytes.insert(bytes.end(), set.begin(), set.end());
    }
    bytes.resize(clusters.size() * disk.cluster);
    for (std::size_t i = 0; i < clusters.size(); ++i) {
      const auto from = bytes.begin() + static_cast<std::ptrdiff_t>(i * disk.cluster);
      disk.fill(clusters[i], {from, from + disk.cluster});
    }
  };
  spread({row, row + 1, row + 2, row + 3}, u'1');
  spread(chain, u'2');
  for (const std::uint32_t unused : {a + 1, a + 3, a + 5}) disk.use(unused, false);
  disk.add(folder(u"row", row, 4ull * disk.cluster));
  FileSpec linked = folder(u"chain", chain[0], 4ull * disk.cluster);
  linked.in_a_row = false;
  disk.add(linked);
  const Walked walked = walk(disk);
  EXPECT_TRUE(walked.rows.issues.empty()) << walked.rows.issues[0].message;
  for (int i = 0; i < 12; ++i) {
    EXPECT_TRUE(walked.in_use("/row/" + std::string(40, static_cast<char>('a' + i)) + "1"));
    EXPECT_TRUE(walked.in_use("/chain/" + std::string(40, static_cast<char>('a' + i)) + "2"));
  }
  EXPECT_EQ(walked.stream("/chain").source, ContentSource::kNone);
  EXPECT_EQ(walked.extents("/chain").size(), 4u);
}

TEST_F(ExfatReader, FoldersThatAreDamaged) {
  ExfatImage disk(file());
  const std::uint32_t c = disk.take(8);
  // One that holds itself, and one whose cluster is another's.
  disk.fill(c, entries_of(folder(u"again", c, 4096)));
  disk.add(folder(u"loop", c, 4096));
  disk.add(folder(u"root", disk.root, 4096));
  Walked walked = walk(disk);
  EXPECT_EQ(walked.count("/loop/again"), 1u);
  EXPECT_EQ(walked.count("/loop/again/again"), 0u);
  EXPECT_EQ(walked.count("/root/loop"), 0u);
  EXPECT_EQ(issues_of(walked, "directory-loop"), 1u);
  // A chain that ends early, one that leads outside, and no cluster at all.
  disk.fill(c + 1, entries_of({.name = u"first"}));
  disk.link({c + 1});
  FileSpec early = folder(u"early", c + 1, 8192);
  early.in_a_row = false;
  disk.add(early);
  disk.add(folder(u"nowhere", 0, 4096));
  disk.add(folder(u"beyond", c + 2, 4096ull * 1000));
  disk.add(folder(u"none", 0, 0));
  walked = walk(disk);
  EXPECT_TRUE(walked.in_use("/early/first"));
  EXPECT_EQ(issues_of(walked, "directory-unreadable"), 3u);
  EXPECT_TRUE(walked.incomplete());
}

TEST_F(ExfatReader, TheRootFolderInALoop) {
  ExfatImage disk(file());
  disk.add({.name = u"a"});
  disk.link({disk.root}, disk.root);
  const Walked walked = walk(disk);
  EXPECT_EQ(walked.count("/a"), 1u);
  EXPECT_EQ(issues_of(walked, "directory-unreadable"), 1u);
  // Over several clusters.
  const std::uint32_t c = disk.take(3);
  for (std::uint32_t i = 0; i < 3; ++i) {
    std::vector<std::uint8_t> entries = entries_of({.name = std::u16string(1, static_cast<char16_t>(u'b' + i))});
    const auto filler = label_entry(u"x", false);
    while (entries.size() < disk.cluster) entries.insert(entries.end(), filler.begin(), filler.end());
    disk.fill(c + i, entries);
  }
  std::vector<std::uint8_t> rest(32);
  rest[0] = 0x05;
  while (disk.root_left() > 0) disk.add(rest);
  disk.link({disk.root, c, c + 1, c + 2}, c);
  const Walked longer = walk(disk);
  for (const char* path : {"/a", "/b", "/c", "/d"}) EXPECT_EQ(longer.count(path), 1u) << path;
  EXPECT_EQ(issues_of(longer, "directory-unreadable"), 1u);
}

TEST_F(ExfatReader, WhatTheTreeHoldsIsInUseWhateverTheBitmapSays) {
  ExfatImage disk(file());
  const std::uint32_t c = disk.take(2);
  disk.fill(c, entries_of({.name = u"in", .cluster = c + 1, .size = 3}));
  disk.add(folder(u"dir", c, 4096));
  for (const std::uint32_t number : {disk.root, c, c + 1}) disk.use(number, false);
  const Walked walked = walk(disk);
  EXPECT_TRUE(walked.in_use("/dir"));
  EXPECT_TRUE(walked.in_use("/dir/in"));
  EXPECT_EQ(walked.paths().find("OrphanFiles/"), std::string::npos);
  EXPECT_EQ(issues_of(walked, "clusters-not-marked"), 1u);
  EXPECT_FALSE(walked.incomplete());
}

TEST_F(ExfatReader, LabelsAreFoundWhereverTheyStand) {
  ExfatImage disk(file(), {9, 0, 100});
  const std::uint32_t second = disk.take();
  disk.link({disk.root, second});
  disk.add(label_entry(u"Former", false));
  while (disk.root_left() >= 96) disk.add({.name = u"f", .deleted = true});
  while (disk.root_left() > 0)
    disk.add(std::vector<std::uint8_t>{0x21, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                                       0,    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  disk.fill(second, label_entry(u"Reisefotos 2024"));
  const Walked walked = walk(disk);
  EXPECT_EQ(walked.volume.fs_label, "Reisefotos 2024");
  EXPECT_TRUE(walked.in_use("/Reisefotos 2024 (Volume Label Entry)"));
  EXPECT_FALSE(walked.in_use("/Former (Volume Label Entry)"));
  EXPECT_TRUE(walked.rows.issues.empty());
}

TEST_F(ExfatReader, EmptyLabelsAndIdentifiers) {
  ExfatImage disk(file());
  disk.add(label_entry(u"", false));
  std::vector<std::uint8_t> guid(32);
  guid[0] = 0xA0;
  disk.add(guid);
  const Walked walked = walk(disk);
  EXPECT_EQ(walked.volume.fs_label, "");
  EXPECT_TRUE(walked.in_use("/$EMPTY_VOLUME_LABEL (Volume Label Entry)"));
  EXPECT_TRUE(walked.in_use("/$VOLUME_GUID"));
  EXPECT_TRUE(walked.rows.issues.empty());
}

TEST_F(ExfatReader, BitmapsInPiecesOrMissing) {
  ExfatImage disk(file(), {9, 0, 20000});
  const std::uint32_t first = disk.take();
  disk.fill(first, filled(512, 'a'));
  disk.add({.name = u"a", .cluster = first, .size = 512});
  EXPECT_TRUE(walk(disk).rows.issues.empty());
  // Its last cluster lies elsewhere, by the FAT.
  const std::uint32_t moved = disk.take();
  disk.link({2, 3, 4, 5, moved});
  disk.use(6, false);
  disk.fill(6, filled(512, 0xFF));
  EXPECT_TRUE(walk(disk).rows.issues.empty());
  // Shorter than the clusters need.
  std::vector<std::uint8_t> entry(32);
  entry[0] = 0x81;
  put_le(entry, 20, 2, 4);
  put_le(entry, 24, 100, 8);
  disk.fill(disk.root, entry);
  const Walked walked = walk(disk);
  EXPECT_TRUE(walked.in_use("/a"));
  EXPECT_EQ(issues_of(walked, "block-use-unknown"), 1u);
  EXPECT_TRUE(walked.incomplete());
}

TEST_F(ExfatReader, TheFatAndBitmapInForceCount) {
  ExfatImage disk(file(), {9, 3, 200, 2, true});
  const std::uint32_t c = disk.take(3);
  for (std::uint32_t i = 0; i < 3; ++i) disk.fill(c + i, filled(disk.cluster, 'a' + static_cast<int>(i)));
  disk.set_fat(c, c + 1, 0);
  disk.set_fat(c + 1, kChainEnd, 0);
  disk.set_fat(c, c + 2, 1);
  disk.set_fat(c + 2, kChainEnd, 1);
  disk.write_bit(1, c + 1, false);
  disk.add({.name = u"a", .cluster = c, .size = 8192, .in_a_row = false});
  const Walked walked = walk(disk);
  EXPECT_EQ(content(disk, walked, "/a"), std::string(4096, 'a') + std::string(4096, 'c'));
  EXPECT_TRUE(walked.rows.issues.empty());
}

TEST_F(ExfatReader, TheCopyOfTheBootRegionServes) {
  for (const unsigned shift : {9u, 12u}) {
    ExfatImage disk(file(), {shift, 0, 100});
    disk.add({.name = u"a"});
    disk.write(0, filled(512, 0));
    const Walked walked = walk(disk);
    EXPECT_TRUE(walked.in_use("/a"));
    EXPECT_EQ(issues_of(walked, "boot-region-damaged"), 1u);
    EXPECT_FALSE(walked.incomplete());
    // A main region that contradicts its checksum is no better.
    disk.write_boot();
    disk.write(88, {0xFF});
    EXPECT_TRUE(walk(disk).in_use("/a"));
    // The flags, a dirty volume's for one, and the percentage are not summed.
    disk.write_boot();
    disk.write(112, {7});
    disk.write(106, {6});
    EXPECT_TRUE(walk(disk).rows.issues.empty());
    // Neither fits.
    disk.write(100, {1});
    disk.write(12ull * disk.sector + 100, {1});
    const Walked unproven = walk(disk);
    EXPECT_TRUE(unproven.in_use("/a"));
    EXPECT_TRUE(unproven.incomplete());
  }
}

TEST_F(ExfatReader, ClustersOfNobody) {
  ExfatImage disk(file());
  const std::uint32_t c = disk.take(5);
  disk.set_fat(c, kBadCluster);
  disk.fill(c, filled(4096, 'x'));
  disk.fill(c + 1, filled(4096, 'x'));
  disk.add({.name = u"deleted", .cluster = c + 1, .size = 4096, .deleted = true});
  disk.fill(c + 2, filled(4096, 'x'));  // the rest of it, never released
  EXPECT_TRUE(walk(disk).rows.issues.empty()) << "c + 3 and c + 4 hold nothing";
  disk.fill(c + 4, filled(4096, 'x'));
  disk.add({.name = u"between", .cluster = c + 3, .size = 1});
  const Walked walked = walk(disk);
  EXPECT_EQ(issues_of(walked, "listing-may-be-incomplete"), 1u);
  EXPECT_NE(walked.rows.issues[0].message.find(std::to_string(disk.offset(c + 4))), std::string::npos);
}

// Renaming a file leaves its old entry, deleted; what the file gains afterwards is not in that entry.
TEST_F(ExfatReader, DeletedVersionsOfAFileThatGrew) {
  ExfatImage disk(file());
  const std::uint32_t c = disk.take(20);
  for (std::uint32_t i = 0; i < 20; ++i) {
    disk.fill(c + i, filled(disk.cluster, 'a' + static_cast<int>(i)));
    disk.use(c + i, false);
  }
  const auto add = [&](std::u16string name, std::uint32_t first, std::uint64_t size, std::uint32_t created) {
    disk.add({.name = std::move(name),
              .cluster = first,
              .size = size,
              .in_a_row = false,
              .deleted = true,
              .created = created});
  };
  disk.link({c, c + 2, c + 4});
  add(u"one", c, 100, kSomeTime);
  add(u"two", c, 5000, kSomeTime);
  add(u"three", c, 3 * 4096, kSomeTime);
  // Not created when the one that has the chain was; whose chain has changed since; of no time.
  disk.link({c + 5, c + 7});
  add(u"other", c + 5, 100, kSomeTime + 1);
  add(u"whole", c + 5, 5000, kSomeTime);
  disk.link({c + 8, c + 9, c + 10});
  add(u"changed", c + 8, 100, kSomeTime);
  add(u"changed too", c + 8, 5000, kSomeTime);
  disk.link({c + 11, c + 12});
  add(u"undated", c + 11, 100, 0);
  add(u"undated too", c + 11, 5000, 0);
  const Walked walked = walk(disk);
  const auto source = [&](const std::string& path) { return walked.stream(path).source; };
  for (const char* path : {"/one", "/two", "/three", "/whole", "/undated too"})
    EXPECT_EQ(source(path), ContentSource::kExtents) << path;
  EXPECT_EQ(content(disk, walked, "/two"), std::string(4096, 'a') + std::string(904, 'c'));
  EXPECT_EQ(extracted(disk, walked, "/two"), content(disk, walked, "/two"));
  EXPECT_EQ(extracted(disk, walked, "/one"), std::string(100, 'a'));
  for (const char* path : {"/other", "/changed", "/changed too", "/undated"})
    EXPECT_EQ(source(path), ContentSource::kUnreadable) << path;
  // In deleted folders and among the orphans too.
  disk.fill(c + 13, entries_of({.name = u"in", .cluster = c + 5, .size = 10, .in_a_row = false, .deleted = true}));
  disk.add(folder(u"gone", c + 13, 4096, true));
  disk.fill(c + 14, entries_of({.name = u"lost", .cluster = c + 5, .size = 4096, .in_a_row = false}));
  const Walked more = walk(disk);
  EXPECT_EQ(more.stream("/gone/in").source, ContentSource::kExtents);
  EXPECT_EQ(more.stream("/$OrphanFiles/lost").source, ContentSource::kExtents);
}

// The use of the cluster, as the blocks tell it.
catalog::BlockUse use_of(const ExfatImage& disk, const Walked& walked, std::uint32_t cluster) {
  for (const auto& range : walked.rows.ranges)
    if (disk.offset(cluster) >= range.image_offset && disk.offset(cluster) < range.image_offset + range.length)
      return range.use;
  ADD_FAILURE() << "cluster " << cluster << " has no use";
  return catalog::BlockUse::kMetadata;
}

// A crash between the change of an entry and that of the bitmap, as in the specification's recommended write ordering.
TEST_F(ExfatReader, ClustersThatADeletedFileKept) {
  using catalog::BlockUse;
  const auto make = [&](const std::function<void(ExfatImage&, std::uint32_t)>& change) {
    ExfatImage disk(file());
    const std::uint32_t c = disk.take(12);
    for (std::uint32_t i = 0; i < 8; ++i) disk.fill(c + i, filled(disk.cluster, 'a' + static_cast<int>(i)));
    for (std::uint32_t i = 8; i < 12; ++i) disk.use(c + i, false);
    disk.add({.name = u"row", .cluster = c, .size = 2 * 4096, .deleted = true});
    disk.link({c + 2, c + 4});
    disk.add({.name = u"chain", .cluster = c + 2, .size = 5000, .in_a_row = false, .deleted = true});
    disk.add({.name = u"live", .cluster = c + 3, .size = 4096});
    disk.add({.name = u"partly", .cluster = c + 5, .size = 3 * 4096, .deleted = true});
    disk.add({.name = u"owner", .cluster = c + 6, .size = 1});
    change(disk, c);
    const Walked walked = walk(disk);
    std::string uses;
    for (std::uint32_t i = 0; i < 8; ++i) uses += use_of(disk, walked, c + i) == BlockUse::kAllocated ? 'U' : '.';
    return std::pair(uses, issues_of(walked, "listing-may-be-incomplete"));
  };
  using Found = std::pair<std::string, std::size_t>;
  EXPECT_EQ(make([](auto&, auto) {}), (Found{"...U..U.", 0}));
  // Who may have them cannot be seen: all of it stays in use.
  const Found doubt{"UUUUUUUU", 0};
  for (const std::uint16_t attributes : {std::uint16_t{0x20}, kFolder}) {
    const auto cut = [&](auto& disk, auto c) {
      disk.add({.name = u"cut", .cluster = c + 9, .size = 3 * 4096, .in_a_row = false, .attributes = attributes});
    };
    EXPECT_EQ(make(cut), doubt) << attributes;
  }
  const auto odd = [](auto& disk, auto c) {
    disk.add({.name = u"odd", .cluster = c + 9, .size = 1, .wrong_sum = true});
  };
  EXPECT_EQ(make(odd), doubt);
  // A cluster of a file whose name was lost.
  EXPECT_EQ(make([](auto& disk, auto c) { disk.use(c + 10), disk.fill(c + 10, filled(4096, 'x')); }),
            (Found{"UUUUUUUU", 1}));
}

TEST_F(ExfatReader, FilesWithoutAFolder) {
  ExfatImage disk(file());
  const std::uint32_t c = disk.take(6);
  // A folder whose entry is gone, which holds a file in use as it seems, a folder, and bytes that prove nothing.
  std::vector<std::uint8_t> lost = entries_of({.name = u"lost.txt", .cluster = c + 3, .size = 5});
  const auto sub = entries_of(folder(u"sub", c + 1, 4096));
  const auto forged = entries_of({.name = u"forged", .wrong_sum = true});
  lost.insert(lost.end(), sub.begin(), sub.end());
  lost.insert(lost.end(), forged.begin(), forged.end());
  disk.fill(c + 2, lost);
  disk.fill(c + 1, entries_of({.name = u"below"}));
  disk.fill(c + 3, filled(5, 'l'));
  // Two folders that hold each other.
  disk.fill(c + 4, entries_of(folder(u"one", c + 5, 4096)));
  disk.fill(c + 5, entries_of(folder(u"two", c + 4, 4096)));
  for (std::uint32_t i = 0; i < 6; ++i) disk.use(c + i, false);
  const Walked walked = walk(disk);
  EXPECT_FALSE(walked.in_use("/$OrphanFiles/lost.txt"));
  EXPECT_EQ(content(disk, walked, "/$OrphanFiles/lost.txt"), "lllll");
  EXPECT_FALSE(walked.in_use("/$OrphanFiles/sub/below"));
  EXPECT_EQ(walked.count("/$OrphanFiles/below"), 0u);
  EXPECT_EQ(walked.paths().find("forged"), std::string::npos);
  EXPECT_EQ(walked.count("/$OrphanFiles/one"), 1u);
  EXPECT_EQ(walked.count("/$OrphanFiles/one/two"), 1u);
  EXPECT_TRUE(walked.named("/$OrphanFiles/sub/below")[0].orphan);
  EXPECT_FALSE(walked.incomplete());
  const Walked without = walk(disk, [](FsJob& job) { job.skip_orphans = true; });
  EXPECT_EQ(without.paths().find("lost"), std::string::npos);
  EXPECT_EQ(issues_of(without, "orphans-not-searched"), 1u);
}

TEST_F(ExfatReader, InPartsAsAWhole) {
  ExfatImage disk(file());
  const std::uint32_t c = disk.take(4);
  disk.fill(c, entries_of({.name = u"in", .cluster = c + 1, .size = 9}));
  disk.fill(c + 1, filled(9, 'i'));
  disk.add(folder(u"dir", c, 4096));
  disk.add({.name = u"gone", .cluster = c + 2, .size = 7, .deleted = true});
  disk.fill(c + 3, entries_of({.name = u"orphan"}));
  disk.use(c + 2, false);
  disk.use(c + 3, false);
  const Walked whole = walk(disk);
  const Walked names = walk(disk, [](FsJob& job) { job.part = WalkPart::kNames; });
  EXPECT_EQ(names.paths(), whole.paths());
  EXPECT_TRUE(names.rows.inodes.empty());
  const Walked inodes = walk(disk, [&](FsJob& job) {
    job.part = WalkPart::kInodes;
    for (const auto& [number, record] : whole.rows.inodes) job.only_inodes.push_back(number);
  });
  ASSERT_EQ(inodes.rows.inodes.size(), whole.rows.inodes.size());
  for (const auto& [number, record] : whole.rows.inodes) {
    EXPECT_EQ(inodes.rows.inodes.at(number).allocated, record.allocated) << number;
    EXPECT_EQ(inodes.rows.inodes.at(number).size_bytes, record.size_bytes) << number;
  }
  EXPECT_EQ(inodes.rows.extents.size(), whole.rows.extents.size());
  const Walked blocks = walk(disk, [](FsJob& job) { job.part = WalkPart::kBlocks; });
  EXPECT_EQ(blocks.rows.ranges.size(), whole.rows.ranges.size());
  EXPECT_TRUE(blocks.rows.issues.empty()) << "without the names nothing can be said of owners";
  const Walked skipped = walk(disk, [&](FsJob& job) { job.skip_inodes = {whole.inode("/dir").inode}; });
  EXPECT_EQ(skipped.count("/dir/in"), 0u);
  EXPECT_EQ(issues_of(skipped, "directory-quarantined"), 1u);
  EXPECT_EQ(issues_of(skipped, "inode-quarantined"), 1u);
  EXPECT_FALSE(skipped.rows.inodes.contains(whole.inode("/dir").inode));
}

// Any bytes may stand anywhere: the walk ends, and what it sends is what the supervisor takes.
TEST_F(ExfatReader, AnyDamageEnds) {
  std::mt19937 random(7);
  for (int round = 0; round < 150; ++round) {
    ExfatImage disk(file(), {9, 1, 64});
    const std::uint32_t c = disk.take(10);
    disk.link({c, c + 2, c + 1});
    disk.add({.name = u"chain", .cluster = c, .size = 3000, .in_a_row = false});
    disk.fill(c + 4, entries_of({.name = u"in", .cluster = c + 5, .size = 9}));
    disk.add(folder(u"dir", c + 4, 1024));
    FileSpec gone = folder(u"gone", c + 6, 2048);
    gone.deleted = true;
    disk.add(gone);
    disk.fill(c + 6, entries_of({.name = u"under"}));
    for (std::uint32_t i = 6; i < 10; ++i) disk.use(c + i, false);
    disk.fill(c + 9, entries_of(folder(u"orphan", c + 8, 1024)));
    for (int i = 0; i < 1 + round % 8; ++i) {
      const bool in_heap = random() % 3 != 0;
      const std::uint64_t room = in_heap ? 14 * disk.cluster : disk.fat_bytes + 12ull * disk.sector;
      const std::uint64_t at = (in_heap ? disk.heap : disk.fat_offset - 12ull * disk.sector) + random() % room;
      disk.write(at, {static_cast<std::uint8_t>(random())});
    }
    const RawImage image(disk.path());
    Walked walked;
    walked.map.media_size = walked.rows.media_size = image.size_bytes();
    ASSERT_TRUE(map_volumes(image, walked.map).ok());
    if (walked.map.volumes.empty() || !walked.map.volumes[0].walkable) continue;
    ASSERT_TRUE(walk_volume(image, walk_job(walked.map.volumes[0]), walked.rows).ok());
  }
}

}  // namespace
}  // namespace limier::volume::testing
