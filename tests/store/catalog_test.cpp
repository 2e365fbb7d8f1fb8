#include "store/fixture.h"

namespace limier::store::testing {
namespace {

using catalog::ContentSource;
using catalog::ExtentKind;
using catalog::FileKind;

TEST_F(StoreTest, HardLinksShareOneContent) {
  create();
  volume(1, 0, 1'000'000);
  file(1, "/a", 30, 4096, 100);
  add(name(2, "/b", 30));
  finish_all();
  EXPECT_EQ(plan_.size(), 1u);
  EXPECT_EQ(rows("SELECT count(DISTINCT content_id), count(DISTINCT sha256), count(*) FROM v_file"), "1|1|2");
  EXPECT_EQ(rows("SELECT file_id, path, content_state, size FROM v_file ORDER BY 1"),
            "1|/a|complete|100\n2|/b|complete|100");
  EXPECT_EQ(rows("SELECT file_id, image_offset, length, kind FROM v_extent ORDER BY 1"),
            "1|4096|100|data\n2|4096|100|data");
  EXPECT_EQ(rows("SELECT count(*) FROM v_issue"), "0");
}

TEST_F(StoreTest, StreamsAreRowsOfTheirOwn) {
  create();
  volume(1, 0, 1'000'000);
  auto root = name(0, "/", 5);
  root.name_length = 0;
  root.kind = FileKind::kDir;
  add(root);
  auto folder = name(1, "/dir", 40);
  folder.kind = FileKind::kDir;
  add(folder);
  add(name(2, "/dir/f", 41, true, 1, 1));
  for (const std::uint64_t number : {5u, 40u, 41u}) {
    auto record = inode(number);
    record.kind = number == 41 ? FileKind::kFile : FileKind::kDir;
    add(record);
    if (number == 41) {
      add(stream(number, ContentSource::kExtents, 7));
      add(extent(number, 0, 8192, 7));
    }
    auto ads = stream(number, ContentSource::kDigested, 3);
    ads.ref.attr_id = 9;
    ads.name = number == 40 ? "bad\xFF" : "ads";
    ads.is_default = false;
    ads.digests = digest_of(as_bytes("abc"), kAllDigests);
    add(ads);
  }
  finish_all();
  EXPECT_EQ(rows("SELECT file_id, parent_file_id, path, name, kind, stream, size, attr_id FROM v_file ORDER BY 1"),
            "1|-|/:ads|:ads|stream|ads|3|9\n"
            "2|-|/dir|dir|dir|-|0|-\n"
            "3|2|/dir:bad\xEF\xBF\xBD|dir:bad\xEF\xBF\xBD|stream|bad\xEF\xBF\xBD|3|9\n"
            "4|2|/dir/f|f|file|-|7|0\n"
            "5|4|/dir/f:ads|f:ads|stream|ads|3|9");
  EXPECT_EQ(rows("SELECT file_id, hex(path_raw), typeof(path_raw) FROM v_file WHERE path_raw IS NOT NULL"),
            "3|2F6469723A626164FF|blob");
  EXPECT_EQ(rows("SELECT md5 FROM v_file WHERE file_id = 5"), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(rows("SELECT content_state FROM v_file WHERE file_id = 2"), "not-read");
}

TEST_F(StoreTest, SequencesDecideWhichInodeIsMeant) {
  create();
  volume(1, 0, 1'000'000);
  auto stale = name(1, "/stale", 30, false);
  stale.sequence = 3;
  add(stale);
  auto current = name(2, "/current", 30);
  current.sequence = 4;
  add(current);
  auto record = inode(30);
  record.sequence = 4;
  record.name_sequence = 4;
  record.times.modified = catalog::utc_stamp(1);
  add(record);
  add(stream(30, ContentSource::kEmpty, 0));
  finish_all();
  EXPECT_EQ(rows("SELECT path, modified_ns, size, content_state, md5, has_metadata FROM v_file ORDER BY 1"),
            "/current|1|0|empty|d41d8cd98f00b204e9800998ecf8427e|1\n/stale|-|-|not-read|-|0");
  EXPECT_EQ(rows("SELECT code, severity FROM v_issue"), "names-without-metadata|info");
}

TEST_F(StoreTest, DeletedNameOfAnInodeInUse) {
  create();
  volume(1, 0, 1'000'000, "ext4");
  file(1, "/new", 30, 4096, 100);
  add(name(2, "/old", 30, false));
  finish_all();
  EXPECT_EQ(rows("SELECT path, content_state, md5 IS NULL, realloc, deleted FROM v_file ORDER BY 1"),
            "/new|complete|0|0|0\n/old|overwritten|1|1|1");
  EXPECT_EQ(rows("SELECT DISTINCT file_id FROM v_extent"), "1");
}

TEST_F(StoreTest, DeletedStreamsKeepTheirContentOnlyWhenNobodyElseHasIt) {
  create();
  volume(1, 0, 1'000'000);
  file(1, "/owner", 30, 10'000, 4096);
  file(2, "/under-owner", 31, 12'000, 4096, false, false);
  file(3, "/free", 32, 20'000, 4096, false, false);
  file(4, "/twin-a", 33, 40'000, 4096, false, false);
  file(5, "/twin-b", 34, 40'000, 4096, false, false);
  file(6, "/rival-a", 35, 60'000, 8192, false, false);
  file(7, "/rival-b", 36, 64'096, 100, false, false);
  file(8, "/in-bitmap", 37, 80'000, 100, false, false);
  file(9, "/beside-slack", 38, 90'000, 100, false, false);
  add(extent(30, 1, 89'000, 1'001, ExtentKind::kSlack));
  for (const auto& [at, use] :
       {std::pair{80'050u, catalog::BlockUse::kAllocated}, {20'000u, catalog::BlockUse::kUnallocated}}) {
    catalog::BlockRange block;
    block.volume_id = 1;
    block.image_offset = at;
    block.length = 10;
    block.use = use;
    add(block);
  }
  finish_all();
  EXPECT_EQ(rows("SELECT name, content_state, sha1 IS NOT NULL FROM v_file ORDER BY file_id"),
            "owner|complete|1\nunder-owner|overwritten|0\nfree|recovered|1\ntwin-a|recovered|1\ntwin-b|recovered|1\n"
            "rival-a|overwritten|0\nrival-b|overwritten|0\nin-bitmap|overwritten|0\nbeside-slack|overwritten|0");
  EXPECT_EQ(plan_.size(), 4u) << "overwritten contents are no part of the plan";
  EXPECT_EQ(
      rows("SELECT name, content_reason FROM v_file WHERE content_state = 'overwritten' ORDER BY file_id"),
      "under-owner|some clusters belong to another file\nrival-a|another deleted file claims some of the clusters\n"
      "rival-b|another deleted file claims some of the clusters\n"
      "in-bitmap|some clusters are marked as in use in the allocation bitmap or table, and no listed file has them\n"
      "beside-slack|some clusters belong to another file");
  EXPECT_EQ(rows("SELECT reason, items FROM v_not_examined WHERE reason LIKE 'overwritten%' ORDER BY 1"),
            "overwritten: another deleted file claims some of the clusters|2\n"
            "overwritten: some clusters are marked as in use in the allocation bitmap or table, and no listed file has "
            "them|1\noverwritten: some clusters belong to another file|2");
}

// Whoever comes first on the media: a file in use that has a part of it is the reason.
TEST_F(StoreTest, TheFileInUseIsTheReasonWhereThereIsOne) {
  create();
  volume(1, 0, 1'000'000);
  file(1, "/early", 30, 10'000, 8192, false, false);
  file(2, "/late", 31, 14'096, 4096, false, false);
  file(3, "/owner", 32, 16'000, 100);
  file(4, "/twin-a", 33, 40'000, 4096, false, false);
  file(5, "/twin-b", 34, 40'000, 4096, false, false);
  file(6, "/owner-of-the-end", 35, 44'000, 4096);
  for (const std::uint64_t at : {12'000u, 15'900u, 41'000u}) {
    catalog::BlockRange block;
    block.volume_id = 1;
    block.image_offset = at;
    block.length = 200;
    block.use = catalog::BlockUse::kAllocated;
    add(block);
  }
  finish_all();
  EXPECT_EQ(rows("SELECT content_reason, count(*) FROM v_file WHERE content_state = 'overwritten' GROUP BY 1"),
            "some clusters belong to another file|4");
}

// On FAT and exFAT the entry is all there is of a file: one that was renamed and then grew has left a deleted entry.
TEST_F(StoreTest, DeletedVersionsOfOneFile) {
  for (const char* fs : {"exfat", "fat12", "ntfs"}) {
    SetUp();
    create();
    volume(1, 0, 1'000'000, fs);
    const auto version = [&](std::uint64_t number, std::string path, std::vector<std::uint64_t> clusters,
                             std::uint64_t size, std::optional<std::int64_t> created) {
      add(name(number, std::move(path), number, false));
      auto record = inode(number, false);
      if (created) record.times.created = {*created, 10'000'000, catalog::TimeBasis::kUtc};
      add(record);
      add(stream(number, ContentSource::kExtents, size, static_cast<std::uint32_t>(clusters.size())));
      std::uint64_t at = 0;
      std::uint32_t seq = 0;
      for (const std::uint64_t cluster : clusters) {
        const std::uint64_t length = std::min<std::uint64_t>(4096, size - at);
        add(extent(number, seq++, cluster * 4096, length, ExtentKind::kData, at));
        at += length;
      }
      const std::uint64_t end = clusters.back() * 4096 + (size - 1) % 4096 + 1;
      if (end % 4096 != 0) add(extent(number, seq, end, 4096 - end % 4096, ExtentKind::kSlack, at));
    };
    version(10, "/version-1", {10}, 100, 1000);
    version(11, "/version-2", {10, 12}, 5000, 1000);
    version(12, "/version-3", {10, 12, 14}, 3 * 4096, 1000);
    version(20, "/reused-1", {20}, 100, 1000);
    version(21, "/reused-2", {20, 21}, 5000, 1001);
    version(30, "/undated-1", {30}, 100, std::nullopt);
    version(31, "/undated-2", {30, 31}, 5000, std::nullopt);
    version(40, "/forked-1", {40}, 100, 1000);
    version(41, "/forked-2", {40, 41}, 5000, 1000);
    version(42, "/forked-3", {40, 42}, 5000, 1000);
    version(50, "/later-1", {50, 51}, 5000, 1000);
    version(51, "/later-2", {51}, 100, 1000);
    finish_all();
    const std::string found = rows(
        "SELECT group_concat(substr(name, 1, 3) || substr(name, -1), ' ') FROM (SELECT name FROM v_file WHERE "
        "content_state = 'recovered' AND sha256 IS NOT NULL ORDER BY name)");
    EXPECT_EQ(found, fs == std::string_view("ntfs") ? "-" : "ver1 ver2 ver3") << fs;
    EXPECT_EQ(rows("SELECT DISTINCT content_reason FROM v_file WHERE content_state = 'overwritten'"),
              "another deleted file claims some of the clusters");
    TearDown();
  }
  SetUp();
}

TEST_F(StoreTest, AlmostTwinsAreRivals) {
  create();
  volume(1, 0, 1'000'000);
  for (const std::uint64_t number : {30u, 31u, 32u}) {
    add(name(number, numbered("/f", number), number, false));
    add(inode(number, false));
    add(stream(number, ContentSource::kExtents, 8192, 2));
    add(extent(number, 0, 4096, 4096));
    add(extent(number, 1, number == 32 ? 40'960u : 20'480u, 4096, ExtentKind::kData, 4096));
  }
  finish_all();
  EXPECT_EQ(rows("SELECT DISTINCT content_state FROM v_file"), "overwritten");
}

TEST_F(StoreTest, FilesInUseThatShareClustersAreReported) {
  create();
  volume(1, 0, 400'000);
  volume(2, 400'000, 400'000, "apfs");
  file(1, "/a", 30, 4096, 4096);
  file(2, "/b", 31, 8000, 4096);
  for (const std::uint64_t number : {50u, 51u}) {
    add(name(number, numbered("/clone", number), number, true, 2));
    add(inode(number, true, 2));
    add(stream(number, ContentSource::kExtents, 10, 1, 2));
    add(extent(number, 0, 500'000, 10, ExtentKind::kData, 0, 2));
  }
  finish_all();
  EXPECT_EQ(rows("SELECT code, volume_id, file_id, image_offset, length, incomplete FROM v_issue"),
            "clusters-claimed-twice|1|2|8000|192|1");
  EXPECT_EQ(rows("SELECT count(*) FROM v_file WHERE content_state = 'complete'"), "4");
}

TEST_F(StoreTest, BadRangesTakeTheDigestsAway) {
  create();
  volume(1, 0, 1'000'000);
  file(1, "/good", 30, 10'000, 1000);
  file(2, "/hit", 31, 20'000, 50'000);
  file(3, "/edge", 32, 9'000, 1000);
  add(name(4, "/resident", 33));
  add(inode(33));
  auto resident = stream(33, ContentSource::kDigested, 10);
  resident.digests = digest_of(as_bytes("x"), kAllDigests);
  add(resident);
  add(extent(33, 0, 30'000, 10, ExtentKind::kResident));
  add(name(5, "/touched", 34));
  add(inode(34));
  auto touched = stream(34, ContentSource::kDigested, 10);
  touched.touched_damage = true;
  touched.digests = resident.digests;
  add(touched);
  check(writer_->build_catalog());
  sweep();
  add(catalog::BadRange{69'999, 5, "chunk-checksum"});
  add(catalog::BadRange{30'005, 1, "chunk-checksum"});
  add(catalog::BadRange{8'000, 1000, "image-short"});
  check(writer_->finish_evidence({}, Verdict::kDamaged, true));
  check(writer_->build_coverage());
  auto conditions = writer_->conditions();
  ASSERT_TRUE(conditions.ok());
  EXPECT_TRUE(conditions->damaged);
  EXPECT_FALSE(conditions->nothing_examined);
  close();
  EXPECT_EQ(rows("SELECT name, content_state, md5 IS NOT NULL FROM v_file ORDER BY file_id"),
            "good|complete|1\nhit|partial|0\nedge|complete|1\nresident|partial|0\ntouched|partial|0");
  EXPECT_EQ(rows("SELECT image_offset, length, reason FROM v_bad_range"),
            "8000|1000|image-short\n30005|1|chunk-checksum\n69999|5|chunk-checksum");
  EXPECT_EQ(rows("SELECT sum(length) FROM v_coverage WHERE state = 'unreadable'"), "1006");
  EXPECT_EQ(rows("SELECT what, bytes, items FROM v_not_examined"), "media|6|2\nmedia|1000|1\nfile|50020|3");
}

TEST_F(StoreTest, PlanIsOrderedAndStableWhileDigestsArrive) {
  create(100'000'000);
  volume(1, 0, 100'000'000);
  for (std::uint64_t i = 1; i <= 200; ++i) {
    add(name(i, numbered("/f", i), i + 100));
    add(inode(i + 100));
    add(stream(i + 100, ContentSource::kExtents, 200, 2));
    add(extent(i + 100, 0, (i * 7919) % 1000 * 1000, 100));
    add(extent(i + 100, 1, 5'000'000 + (i * 104'729) % 1000 * 1000, 100, ExtentKind::kData, 100));
  }
  finish_all();
  ASSERT_EQ(plan_.size(), 400u);
  for (std::size_t i = 1; i < plan_.size(); ++i) {
    const auto key = [&](std::size_t at) {
      return std::tuple(plan_[at].image_offset, plan_[at].content_id, plan_[at].piece);
    };
    EXPECT_LT(key(i - 1), key(i));
  }
  EXPECT_EQ(plan_[0].piece_count, 2u);
  EXPECT_EQ(plan_[0].size_bytes, 200u);
}

TEST_F(StoreTest, NothingOfAClearedVolumeIsLeft) {
  create();
  volume(1, 0, 500'000);
  volume(2, 500'000, 500'000);
  file(1, "/a", 30, 4096, 100);
  check(writer_->clear_volume(1));
  file(1, "/again", 30, 4096, 100);
  check(writer_->set_volume_status(2, catalog::VolumeStatus::kFailed));
  finish_all();
  EXPECT_EQ(rows("SELECT path, content_state FROM v_file"), "/again|complete");
  EXPECT_EQ(rows("SELECT status FROM v_volume ORDER BY volume_id"), "parsed\nfailed");
  EXPECT_EQ(rows("SELECT count(*) FROM v_issue"), "0");
}

TEST_F(StoreTest, AWalkInPartsFindsTheInodesOfEveryNameThatCame) {
  create();
  volume(1, 0, 1'000'000);
  std::vector<std::uint64_t> expected;
  for (std::uint64_t id = 1; id <= 21; ++id) {  // one full batch, and some that wait
    add(name(id, numbered("/n", id), 100 + id));
    expected.push_back(100 + id);
    check(writer_->collect_inodes(1));
    const auto found = writer_->collected_inodes(std::nullopt, 100);
    ASSERT_TRUE(found.ok());
    std::vector<std::uint64_t> inodes;
    for (const NamedInode& one : *found) inodes.push_back(one.inode);
    EXPECT_EQ(inodes, expected);
  }
}

TEST_F(StoreTest, AParsedVolumeWithoutNamesIsSuspicious) {
  create();
  volume(1, 0, 500'000);
  check(writer_->build_catalog());
  auto conditions = writer_->conditions();
  ASSERT_TRUE(conditions.ok());
  EXPECT_TRUE(conditions->incomplete);
  close();
  EXPECT_EQ(rows("SELECT code, volume_id, incomplete FROM v_issue"), "listing-may-be-incomplete|1|1");
}

TEST_F(StoreTest, RecordsSentTwiceAreLeftOutAndReported) {
  create();
  volume(1, 0, 500'000);
  file(1, "/a", 30, 4096, 100);
  add(stream(30, ContentSource::kExtents, 999));
  finish_all();
  EXPECT_EQ(rows("SELECT size, content_state FROM v_file"), "100|complete");
  EXPECT_EQ(rows("SELECT code FROM v_issue"), "records-refused");
}

// Order alone proves most rows new; without it an index decides, and no row of another order is lost.
TEST_F(StoreTest, RecordsInAnyOrderAreTakenOnce) {
  create();
  volume(1, 0, 500'000);
  constexpr std::uint64_t kCount = 300;
  for (int time = 0; time < 2; ++time)
    for (std::uint64_t number = kCount; number > 0; --number) add(inode(number, true));
  for (int time = 0; time < 2; ++time)
    for (std::uint64_t number = 1; number <= kCount; number += 7) add(stream(number, ContentSource::kExtents, 10));
  for (std::uint64_t number = kCount; number > 0; --number)
    if (number % 7 != 1) add(stream(number, ContentSource::kExtents, 10));
  for (int time = 0; time < 2; ++time)
    for (std::uint64_t number = 1; number <= kCount; ++number)
      add(extent(number, 0, 1000 * number, 10, ExtentKind::kData));
  for (std::uint64_t number = 1; number <= kCount; ++number) add(name(number, numbered("/n", number), number));
  finish_all();
  EXPECT_EQ(rows("SELECT count(*), count(DISTINCT inode), sum(size) FROM v_file"), "300|300|3000");
  EXPECT_EQ(rows("SELECT count(*), count(DISTINCT file_id), sum(image_offset) FROM v_extent"), "300|300|45150000");
  EXPECT_EQ(rows("SELECT code, message LIKE '643 records%' FROM v_issue"), "records-refused|1");
}

TEST_F(StoreTest, RecordsWithoutAParentAreLeftOutAndReported) {
  create();
  volume(1, 0, 500'000);
  file(1, "/a", 30, 4096, 100);
  add(stream(31, ContentSource::kExtents, 50));     // no such inode
  add(extent(32, 0, 8192, 50, ExtentKind::kData));  // no such stream
  finish_all();
  EXPECT_EQ(rows("SELECT path, size, content_state FROM v_file"), "/a|100|complete");
  EXPECT_EQ(rows("SELECT count(*) FROM v_extent"), "1");
  EXPECT_EQ(rows("SELECT code, incomplete, message LIKE '2 records%' FROM v_issue"), "records-refused|1|1");
}

TEST_F(StoreTest, ChildrenFindTheirParentHoweverLongAgoItCame) {
  create();
  volume(1, 0, 50'000'000);
  // More inodes than are remembered, then the streams and extents of all of them, the oldest first.
  constexpr std::uint64_t kFiles = 5000;
  for (std::uint64_t i = 0; i < kFiles; ++i) {
    add(name(i + 1, "/f" + std::to_string(i), 100 + i));
    add(inode(100 + i));
  }
  for (std::uint64_t i = 0; i < kFiles; ++i) add(stream(100 + i, ContentSource::kExtents, i + 1));
  for (std::uint64_t i = 0; i < kFiles; ++i) add(extent(100 + i, 0, 8192 * (i + 1), i + 1, ExtentKind::kData));
  finish_all();
  EXPECT_EQ(rows("SELECT count(*) FROM v_file f JOIN v_extent e ON e.file_id = f.file_id WHERE f.size = f.inode - 99 "
                 "AND e.length = f.size AND e.image_offset = 8192 * f.size"),
            std::to_string(kFiles));
  EXPECT_EQ(rows("SELECT count(*) FROM v_issue"), "0");
}

TEST_F(StoreTest, PreallocatedContentReadsAsZeros) {
  create();
  volume(1, 0, 500'000);
  add(name(1, "/zeros", 30));
  add(inode(30));
  add(stream(30, ContentSource::kExtents, 1000, 0));
  add(extent(30, 0, 8192, 1000, ExtentKind::kUninitialized));
  finish_all();
  EXPECT_EQ(plan_.size(), 0u);
  const std::string zeros(1000, '\0');
  EXPECT_EQ(rows("SELECT sha256 FROM v_file"), hex_digest(*digest_of(as_bytes(zeros), kAllDigests).sha256));
}

TEST_F(StoreTest, WithoutASweepNothingIsCalledRead) {
  create();
  volume(1, 0, 500'000);
  file(1, "/a", 30, 4096, 100);
  check(writer_->build_catalog());
  check(writer_->finish_evidence({}, std::nullopt, false));
  check(writer_->build_coverage());
  close();
  EXPECT_EQ(rows("SELECT content_state, md5, sha256 FROM v_file"), "not-read|-|-");
  EXPECT_EQ(rows("SELECT verdict FROM v_evidence"), "-");
  EXPECT_EQ(rows("SELECT what, bytes, items FROM v_not_examined"), "file|100|1");
}

TEST_F(StoreTest, VolumesToWalkComeBackAsTheyWere) {
  create();
  catalog::VolumeRecord record;
  record.volume_id = 1;
  record.image_offset = 512;
  record.length = 1024;
  record.fs_type = "hfs+";
  record.fs_label = "caf\xE9";
  record.description = std::string("a\0b", 3);
  record.status = catalog::VolumeStatus::kParsed;
  record.walkable = true;
  record.tsk_fs_type = 0x1000;
  record.pool_block = 77;
  add(record);
  auto volumes = writer_->walkable_volumes();
  ASSERT_TRUE(volumes.ok());
  ASSERT_EQ(volumes->size(), 1u);
  EXPECT_EQ(encode((*volumes)[0]), encode(record));
}

}  // namespace
}  // namespace limier::store::testing
