// limier's reading of ISO 9660: what the bytes say by ECMA-119, Joliet, IEEE P1281 (SUSP) and P1282 (Rock Ridge).
#include "volume/iso_disc_builder.h"
#include "volume/iso_record.h"

namespace limier::volume::testing {
namespace {

using catalog::ContentSource;
using catalog::ExtentKind;
using catalog::FileKind;

struct Listing {
  Rows rows;
  std::string bytes;

  [[nodiscard]] const catalog::NameRecord* find(const std::string& path, bool allocated = true) const {
    for (const auto& name : rows.names)
      if (name.path == path && name.allocated == allocated) return &name;
    return nullptr;
  }
  // "/a /b- ..." in walk order; deleted ones end with a minus.
  [[nodiscard]] std::string paths() const {
    std::string out;
    for (const auto& name : rows.names)
      if (name.path != "/" && name.path != "/$OrphanFiles") out += name.path + (name.allocated ? " " : "- ");
    return out;
  }
  [[nodiscard]] const catalog::InodeRecord& inode(const std::string& path, bool allocated = true) const {
    static const catalog::InodeRecord none;
    const auto* name = find(path, allocated);
    EXPECT_NE(name, nullptr) << path << " is not in: " << paths();
    return name == nullptr ? none : rows.inodes.at(name->inode);
  }
  [[nodiscard]] const catalog::StreamRecord& stream(const std::string& path, const std::string& which = {},
                                                    bool allocated = true) const {
    static const catalog::StreamRecord none;
    const std::uint64_t number = inode(path, allocated).inode;
    for (const auto& one : rows.streams)
      if (one.ref.inode == number && one.name == which) return one;
    ADD_FAILURE() << path << " has no stream " << which;
    return none;
  }
  // What the extents of a stream hold.
  [[nodiscard]] std::string content(const std::string& path, const std::string& which = {},
                                    bool allocated = true) const {
    std::string out;
    const auto& one = stream(path, which, allocated);
    for (const auto& extent : rows.extents)
      if (extent.ref == one.ref && extent.kind == ExtentKind::kData)
        out += bytes.substr(*extent.image_offset, extent.length);
    return out;
  }
  [[nodiscard]] catalog::BlockUse use_of(std::uint64_t offset) const {
    for (const auto& range : rows.ranges)
      if (offset >= range.image_offset && offset < range.image_offset + range.length) return range.use;
    return catalog::BlockUse::kUnallocated;
  }
  [[nodiscard]] std::size_t incomplete() const {
    std::size_t count = 0;
    for (const auto& issue : rows.issues) count += issue.incomplete;
    return count;
  }
};

Listing list(const std::string& bytes) {
  const TempDir dir;
  std::ofstream(dir.file("disc.iso"), std::ios::binary) << bytes;
  const RawImage image(dir.file("disc.iso"));
  Listing listing;
  listing.bytes = bytes;
  listing.rows.media_size = bytes.size();
  catalog::VolumeRecord volume;
  volume.volume_id = 1;
  volume.length = bytes.size();
  volume.fs_type = "iso9660";
  EXPECT_TRUE(walk_volume(image, walk_job(volume), listing.rows).ok());
  std::uint64_t next = 0;
  for (const auto& range : listing.rows.ranges) {
    EXPECT_EQ(range.image_offset, next) << "the use of blocks has a gap";
    next = range.image_offset + range.length;
  }
  EXPECT_EQ(next, bytes.size());
  return listing;
}

IsoBytes plain(const std::vector<Record>& records, std::size_t sectors = 64, const std::string& use = {}) {
  IsoBytes disc(sectors);
  disc.descriptor(16, 1, 20, static_cast<std::uint32_t>(sectors));
  disc.end_descriptors(17);
  disc.folder(20, 20, records, use);
  return disc;
}

TEST(Iso, NamesOfAPlainTreeStayApart) {
  const auto listing =
      list(plain({{"A.;1"}, {"A;1"}, {"B.TXT;1"}, {"B.TXT;2"}, {"C"}, {"D.EXT"}, {"HID.;1", 0, 0, kHidden}}).bytes());
  EXPECT_EQ(listing.paths(), "/A /A;1 /B.TXT /B.TXT;2 /C /D.EXT /HID ");
  EXPECT_EQ(listing.stream("/C").source, ContentSource::kEmpty);
  EXPECT_EQ(listing.incomplete(), 0u);
  EXPECT_NE(listing.find("/$OrphanFiles"), nullptr);
}

TEST(Iso, SectionsAttributeRecordsAndUnitsAreJoined) {
  auto disc = plain({{"BIG.;1", 30, 4096, kMore},
                     {"BIG.;1", 40, 5},
                     {"FORK.;1", 45, 3, kAssociatedFile},
                     {"FORK.;1", 46, 4},
                     {"UNITS.;1", 50, 5000, 0, {}, 0, 1, 2},
                     {"XAR.;1", 47, 6, 0, {}, 1},
                     {"XUNIT.;1", 57, 10, 0, {}, 1, 1, 1}});
  disc.sector(30, std::string(4096, 'a'));
  disc.sector(40, "12345");
  disc.sector(45, "res");
  disc.sector(46, "data");
  disc.sector(48, "attrib");
  disc.sector(50, std::string(2048, 'u'));
  disc.sector(53, std::string(2048, 'v'));
  disc.sector(56, std::string(904, 'w'));
  disc.sector(59, "interleave");
  const auto listing = list(disc.bytes());
  EXPECT_EQ(listing.paths(), "/BIG /FORK /UNITS /XAR /XUNIT ");
  EXPECT_EQ(listing.inode("/BIG").size_bytes, 4101u);
  EXPECT_EQ(listing.content("/BIG"), std::string(4096, 'a') + "12345");
  EXPECT_EQ(listing.content("/FORK"), "data");
  EXPECT_EQ(listing.content("/FORK", "associated"), "res");
  EXPECT_EQ(listing.content("/UNITS"), std::string(2048, 'u') + std::string(2048, 'v') + std::string(904, 'w'));
  EXPECT_EQ(listing.content("/XAR"), "attrib");
  EXPECT_EQ(listing.content("/XUNIT"), "interleave");
  EXPECT_EQ(listing.use_of(51 * 2048), catalog::BlockUse::kUnallocated) << "a gap between units is nobody's";
  EXPECT_EQ(listing.use_of(53 * 2048), catalog::BlockUse::kAllocated);
  EXPECT_EQ(listing.incomplete(), 0u);
}

TEST(Iso, BlocksMayBeSmallerThanSectors) {
  IsoBytes disc(64);
  disc.descriptor(16, 1, 80, 256, {}, 0, 0, 512);
  disc.end_descriptors(17);
  disc.put(80 * 512, Record{std::string(1, '\0'), 80, 2048, kDir}.bytes() +
                         Record{std::string(1, '\1'), 80, 2048, kDir}.bytes() + Record{"F.;1", 101, 700}.bytes());
  disc.put(101 * 512, std::string(700, 'f'));
  const auto listing = list(disc.bytes());
  EXPECT_EQ(listing.content("/F"), std::string(700, 'f'));
}

TEST(Iso, RockRidgeNamesModesAndLinks) {
  const std::string mode = posix(0104755, 1000, 100, 2);
  // The name comes in three parts, the last two in a continuation area that leads to a second one.
  const std::string continued = field("CE", both32(30) + both32(100) + both32(60));
  const std::string target =
      field("SL", std::string("\0\x08\0\0\3usr\1\2lo", 12)) + field("SL", std::string("\0\0\3cal\2\0\4\0\0\1x", 13));
  auto disc = plain({{"A.;1", 40, 3, 0, mode + alternate("first ", 1) + continued},
                     {"B.;1", 0, 0, 0, posix(0120777) + alternate("link") + target},
                     {"C.;1", 0, 0, 0, posix(0010644) + alternate("pipe")},
                     {"D.;1", 41, 1, 0, {}}},
                    64, kSharing + posix(0040755));
  const std::string again = field("CE", both32(31) + both32(0) + both32(40));
  disc.put(30 * 2048 + 100, alternate("second ", 1) + again);
  disc.sector(31, alternate("third\xff"));
  disc.sector(40, "abc");
  const auto listing = list(disc.bytes());
  EXPECT_EQ(listing.paths(), "/first second third\xff /link /pipe /D ");
  const auto& file = listing.inode("/first second third\xff");
  EXPECT_EQ(file.mode, 0104755u);
  EXPECT_EQ(file.uid, 1000u);
  EXPECT_EQ(file.gid, 100u);
  EXPECT_EQ(file.link_count, 2u);
  EXPECT_EQ(listing.inode("/link").kind, FileKind::kLink);
  EXPECT_EQ(listing.inode("/link").link_target, "/usr/local/./../x");
  EXPECT_EQ(listing.inode("/pipe").kind, FileKind::kDevice);
  EXPECT_EQ(listing.incomplete(), 0u);
}

TEST(Iso, ContinuationsThatGoRoundEnd) {
  const std::string round = field("CE", both32(30) + both32(0) + both32(40));
  auto disc = plain({{"A.;1", 40, 3, 0, alternate("a", 1) + round}}, 64, kSharing + posix(0040755));
  disc.sector(30, alternate("b", 1) + round);
  const auto listing = list(disc.bytes());
  EXPECT_EQ(listing.rows.names.size(), 3u);
  EXPECT_EQ(listing.incomplete(), 1u);
}

TEST(Iso, RelocatedFoldersAreShownWhereTheyBelong) {
  auto disc = plain({{"DEEP.;1", 0, 0, 0, alternate("deep") + field("CL", both32(30))},
                     {"RR_MOVED", 29, 2048, kDir, alternate("rr_moved")}},
                    64, kSharing + posix(0040755));
  disc.folder(29, 20,
              {{"DEEP", 30, 2048, kDir, alternate("deep") + field("RE", "")},
               {"LOST", 31, 2048, kDir, alternate("lost") + field("RE", "")}});
  disc.folder(30, 29, {{"X.;1", 40, 1, 0, alternate("x")}});
  disc.folder(31, 29, {{"Y.;1", 41, 1, 0, alternate("y")}});
  const auto listing = list(disc.bytes());
  EXPECT_EQ(listing.paths(), "/deep /deep/x /rr_moved /rr_moved/lost /rr_moved/lost/y ");
  EXPECT_EQ(listing.inode("/deep").kind, FileKind::kDir);
}

// As genisoimage -M does it: the record in place leads to the folder of the session before, and what was written again
// stands where moved folders lie.
TEST(Iso, AMovedFolderThatWasWrittenAgainIsListedOnce) {
  const auto above = [](std::uint32_t block) { return field("PL", both32(block)); };
  const auto moved = [&](IsoBytes& disc, std::uint32_t block, const std::vector<Record>& records) {
    disc.folder(block, 29, records);
    const std::string self = Record{std::string(1, '\0'), block, 2048, kDir}.bytes();
    const std::string parent = Record{std::string(1, '\1'), 29, 2048, kDir}.bytes();
    const std::string linked = Record{std::string(1, '\1'), 29, 2048, kDir, above(20)}.bytes();
    std::string all = disc.bytes().substr(block * 2048, 2048);
    all.replace(self.size(), parent.size(), linked);
    disc.sector(block, all.substr(0, 2048));
  };
  const std::vector<Record> held = {{"IN", 33, 2048, kDir, alternate("in")},
                                    {"X.;1", 41, 1, 0, alternate("x")},
                                    {"SUB.;1", 0, 0, 0, alternate("sub") + field("CL", both32(35))}};
  const auto build = [&](const std::vector<Record>& again, const std::string& name) {
    auto disc = plain({{"DEEP.;1", 0, 0, 0, alternate("deep") + field("CL", both32(30))},
                       {"RR_MOVED", 29, 2048, kDir, alternate("rr_moved")}},
                      64, kSharing + posix(0040755));
    disc.folder(29, 20, {{"DEEP", 31, 2048, kDir, alternate(name) + field("RE", "")}});
    moved(disc, 30, held);
    moved(disc, 31, again);
    disc.folder(33, 30, {{"Y.;1", 42, 1, 0, alternate("y")}});
    disc.folder(34, 31, {{"Y.;1", 42, 1, 0, alternate("y")}});
    disc.folder(35, 29, {{"Z.;1", 43, 1, 0, alternate("z")}});
    return list(disc.bytes());
  };
  const std::string shown = "/deep /deep/in /deep/in/y /deep/x /deep/sub /deep/sub/z /rr_moved ";
  std::vector<Record> again = held;
  again[0].block = 34;
  const auto listing = build(again, "deep");
  EXPECT_EQ(listing.paths(), shown);
  EXPECT_EQ(listing.incomplete(), 0u);
  EXPECT_EQ(listing.use_of(31 * 2048), catalog::BlockUse::kMetadata);
  // What only the copy holds is not lost, and another folder is no copy.
  again.push_back({"MORE.;1", 44, 1, 0, alternate("more")});
  EXPECT_EQ(build(again, "deep").paths(), shown + "/rr_moved/deep /rr_moved/deep/more ");
  EXPECT_EQ(build(again, "other").paths(),
            shown +
                "/rr_moved/other /rr_moved/other/in /rr_moved/other/in/y /rr_moved/other/x /rr_moved/other/sub "
                "/rr_moved/other/more ");
}

TEST(Iso, DatesCarryTheirOffset) {
  const auto short_form = [](std::initializer_list<int> values) {
    std::vector<std::uint8_t> bytes;
    for (const int value : values) bytes.push_back(static_cast<std::uint8_t>(value));
    return iso_time(bytes);
  };
  const auto seconds = [](const IsoTime& time) { return time.stamp.seconds; };
  EXPECT_EQ(seconds(short_form({124, 5, 6, 7, 8, 9, 0})), parse_time("2024-05-06T07:08:09Z").value() / kNsPerSecond);
  EXPECT_EQ(seconds(short_form({124, 5, 6, 7, 8, 9, 8})), parse_time("2024-05-06T05:08:09Z").value() / kNsPerSecond);
  EXPECT_EQ(seconds(short_form({124, 5, 6, 7, 8, 9, -48})), parse_time("2024-05-06T19:08:09Z").value() / kNsPerSecond);
  EXPECT_EQ(seconds(short_form({124, 5, 6, 7, 8, 9, 52})), parse_time("2024-05-05T18:08:09Z").value() / kNsPerSecond);
  EXPECT_EQ(seconds(short_form({255, 12, 31, 23, 59, 59, 0})),
            parse_time("2155-12-31T23:59:59Z").value() / kNsPerSecond);
  EXPECT_EQ(seconds(short_form({0, 1, 1, 0, 0, 0, 0})), parse_time("1900-01-01T00:00:00Z").value() / kNsPerSecond);
  EXPECT_EQ(short_form({0, 0, 0, 0, 0, 0, 0}).stamp.basis, catalog::TimeBasis::kAbsent);
  EXPECT_FALSE(short_form({0, 0, 0, 0, 0, 0, 0}).impossible);
  const IsoTime zoneless = short_form({137, 6, 15, 12, 34, 56, -96});
  EXPECT_TRUE(zoneless.zoneless);
  EXPECT_EQ(zoneless.stamp.basis, catalog::TimeBasis::kLocal);
  for (const auto& odd :
       {short_form({124, 2, 30, 0, 0, 0, 0}), short_form({123, 2, 29, 0, 0, 0, 0}), short_form({124, 0, 1, 0, 0, 0, 0}),
        short_form({124, 1, 1, 24, 0, 0, 0}), short_form({124, 1, 1, 0, 0, 60, 0})}) {
    EXPECT_TRUE(odd.impossible);
    EXPECT_EQ(odd.stamp.basis, catalog::TimeBasis::kAbsent);
  }
  const IsoTime full = iso_time(as_bytes(std::string_view("2024050607080912\xf8", 17)));
  EXPECT_EQ(full.stamp.seconds, parse_time("2024-05-06T09:08:09Z").value() / kNsPerSecond);
  EXPECT_EQ(full.stamp.nanoseconds, 120'000'000u);
  EXPECT_EQ(iso_time(as_bytes(std::string_view("0000000000000000\0", 17))).stamp.basis, catalog::TimeBasis::kAbsent);
}

TEST(Iso, TimesOfRockRidgeBeatTheRecords) {
  const std::string modified("\x64\x01\x02\x03\x04\x05\x04", 7), accessed("\x65\x01\x02\x03\x04\x05\x00", 7);
  const std::string long_form = "20030405060708991";
  auto disc =
      plain({{"A.;1", 40, 3, 0, alternate("a") + field("TF", "\x06" + modified + accessed)},
             {"B.;1", 40, 3, 0, alternate("b") + field("TF", "\x81" + long_form.substr(0, 16) + std::string(1, '\0'))},
             {"C.;1", 40, 3, 0, alternate("c"), 0, 0, 0, std::string("\x7c\x02\x1e\x07\x08\x09\x00", 7)}},
            64, kSharing + posix(0040755));
  const auto listing = list(disc.bytes());
  EXPECT_EQ(listing.inode("/a").times.modified.seconds, parse_time("2000-01-02T02:04:05Z").value() / kNsPerSecond);
  EXPECT_EQ(listing.inode("/a").times.accessed.seconds, parse_time("2001-01-02T03:04:05Z").value() / kNsPerSecond);
  EXPECT_EQ(listing.inode("/a").times.created.seconds, parse_time("2024-05-06T07:08:09Z").value() / kNsPerSecond);
  EXPECT_EQ(catalog::ns_of(listing.inode("/b").times.created), parse_time("2003-04-05T06:07:08.99Z").value());
  EXPECT_EQ(listing.inode("/c").times.created.basis, catalog::TimeBasis::kAbsent);
  EXPECT_TRUE(listing.rows.has_issue("impossible-time"));
  EXPECT_EQ(listing.incomplete(), 0u);
}

IsoBytes two_trees(const std::vector<Record>& primary, const std::vector<Record>& joliet, const std::string& use = {}) {
  IsoBytes disc(64);
  disc.descriptor(16, 1, 20, 64);
  disc.descriptor(17, 2, 21, 64, "%/E");
  disc.end_descriptors(18);
  disc.folder(20, 20, primary, use);
  disc.folder(21, 21, joliet);
  disc.sector(30, "one");
  disc.sector(31, "two");
  disc.sector(32, "six");
  return disc;
}

TEST(Iso, WhatOneTreeAloneHoldsIsInUse) {
  const std::string use = kSharing + posix(0040755);
  const auto listing =
      list(two_trees({{"BOTH.;1", 30, 3, 0, alternate("both")},
                      {"OTHER.;1", 31, 3, 0, alternate("other")},
                      {"ROCK.;1", 32, 3, 0, alternate("rock")}},
                     {{ucs2(u"both;1"), 30, 3}, {ucs2(u"hidden"), 33, 4}, {ucs2(u"other"), 31, 2}}, use)
               .bytes());
  EXPECT_EQ(listing.paths(), "/both /other /rock /hidden /other [Joliet] ");
  EXPECT_EQ(listing.content("/other"), "two");
  EXPECT_EQ(listing.content("/other [Joliet]"), "tw");
  EXPECT_EQ(listing.use_of(33 * 2048), catalog::BlockUse::kAllocated);
  EXPECT_EQ(listing.use_of(21 * 2048), catalog::BlockUse::kMetadata);
  EXPECT_TRUE(listing.rows.has_issue("one-tree-only"));
  EXPECT_EQ(listing.incomplete(), 0u);
}

TEST(Iso, OneFileUnderTwoNamesInTwoTreesIsOne) {
  const auto listing = list(
      two_trees({{"HOLID000.TXT;1", 30, 3}, {"HOLID001.TXT;1", 31, 3}, {"EMPTY.;1", 0, 0}, {"SUB", 22, 2048, kDir}},
                {{ucs2(u"another name"), 31, 3},
                 {ucs2(u"Empty file"), 0, 0},
                 {ucs2(u"holiday one.txt"), 30, 3},
                 {ucs2(u"Subfolder"), 23, 2048, kDir}})
          .bytes());
  // Joliet is the more telling of the two; folders that are not there are no folders.
  EXPECT_EQ(listing.paths(), "/another name /Empty file /holiday one.txt /Subfolder ");
  EXPECT_EQ(listing.rows.has_issue("one-tree-only"), false);
}

TEST(Iso, TwoNamesOfOneExtentStayTwo) {
  const auto listing = list(
      two_trees({{"A.;1", 30, 3}, {"B.;1", 30, 3}}, {{ucs2(u"a"), 30, 3}, {ucs2(u"b"), 30, 3}, {ucs2(u"c"), 30, 3}})
          .bytes());
  EXPECT_EQ(listing.paths(), "/a /b /c ");
}

TEST(Iso, HalfSurrogatePairsStayInNames) {
  const auto listing =
      list(two_trees({}, {{ucs2({u"\xD800x;1", 4}), 30, 3}, {ucs2(u"\xDC00x"), 31, 3}, {ucs2(u"\U0001F600"), 32, 3}})
               .bytes());
  EXPECT_EQ(listing.paths(), "/\xED\xA0\x80x /\xED\xB0\x80x /\xF0\x9F\x98\x80 ");
}

TEST(Iso, TheLastSessionIsListedAndEarlierNamesAreDeleted) {
  IsoBytes disc(160);
  disc.descriptor(16, 1, 20, 40);
  disc.end_descriptors(17);
  disc.folder(
      20, 20,
      {{"CHANGED.;1", 31, 3}, {"GONE.;1", 30, 3}, {"MOVED.;1", 32, 3}, {"OLDDIR", 21, 2048, kDir}, {"SAME.;1", 33, 3}});
  disc.folder(21, 20, {{"IN.;1", 34, 3}});
  for (std::size_t i = 30; i < 35; ++i) disc.sector(i, "s" + std::to_string(i));
  disc.descriptor(116, 1, 120, 160);
  disc.end_descriptors(117);
  disc.folder(120, 120, {{"CHANGED.;1", 131, 3}, {"NEW.;1", 130, 3}, {"RENAMED.;1", 32, 3}, {"SAME.;1", 33, 3}});
  disc.sector(130, "new");
  disc.sector(131, "chg");
  const auto listing = list(disc.bytes());
  EXPECT_EQ(listing.paths(), "/CHANGED /NEW /RENAMED /SAME /CHANGED- /GONE- /MOVED- /OLDDIR- /OLDDIR/IN- ");
  EXPECT_EQ(listing.content("/CHANGED"), "chg");
  EXPECT_EQ(listing.content("/CHANGED", {}, false), "s31");
  EXPECT_EQ(listing.content("/GONE", {}, false), "s30");
  EXPECT_EQ(listing.stream("/MOVED", {}, false).source, ContentSource::kNotRead) << "its bytes are those of /RENAMED";
  EXPECT_EQ(listing.use_of(30 * 2048), catalog::BlockUse::kUnallocated);
  EXPECT_EQ(listing.use_of(32 * 2048), catalog::BlockUse::kAllocated);
  EXPECT_TRUE(listing.rows.has_issue("earlier-sessions"));
  EXPECT_EQ(listing.incomplete(), 0u);
}

// The first sectors lead to the last session, which lies behind the end of the image.
TEST(Iso, WhatEarlierSessionsHoldIsListedWhereTheLastOneIsCutOff) {
  IsoBytes disc(160);
  disc.descriptor(16, 1, 120, 160);
  disc.end_descriptors(17);
  disc.descriptor(32, 1, 40, 60);
  disc.end_descriptors(33);
  disc.folder(40, 40, {{"FIRST.;1", 50, 3}});
  disc.sector(50, "one");
  disc.folder(120, 120, {{"FIRST.;1", 50, 3}, {"LAST.;1", 130, 3}});
  disc.sector(130, "two");
  EXPECT_EQ(list(disc.bytes()).paths(), "/FIRST /LAST ");
  const auto listing = list(disc.bytes().substr(0, 100 * 2048));
  EXPECT_EQ(listing.paths(), "/FIRST ");
  EXPECT_EQ(listing.content("/FIRST"), "one");
  EXPECT_TRUE(listing.rows.has_issue("last-session-unreadable"));
  EXPECT_GT(listing.incomplete(), 0u);
}

// A session whose tree names files of its own and one folder, at `root` and `root` + 1.
void put_session(IsoBytes& disc, std::uint32_t at, std::uint32_t root, std::vector<Record> records,
                 const std::vector<Record>& in_sub, const std::string& use = {}) {
  disc.descriptor(at, 1, root, 200);
  disc.end_descriptors(at + 1);
  records.push_back({"SUB", root + 1, 2048, kDir});
  disc.folder(root, root, records, use);
  disc.folder(root + 1, root, in_sub);
}

IsoBytes three_sessions() {
  IsoBytes disc(200);
  for (std::size_t i = 60; i < 66; ++i) disc.sector(i, "s" + std::to_string(i));
  put_session(disc, 16, 20, {{"OLD.;1", 60, 3}}, {{"FIRST.;1", 61, 3}, {"KEPT.;1", 62, 3}});
  put_session(disc, 70, 80, {}, {{"INNER", 82, 2048, kDir}, {"KEPT.;1", 62, 3}, {"SECOND.;1", 63, 3}});
  disc.folder(82, 81, {{"DEEP.;1", 64, 3}});
  put_session(disc, 110, 120, {{"NEW.;1", 65, 3}}, {{"INNER", 122, 2048, kDir}, {"KEPT.;1", 62, 3}});
  disc.folder(122, 121, {});
  return disc;
}

TEST(Iso, NamesBeneathAnUnreadableFolderOfTheLastSessionAreNotDeleted) {
  auto disc = three_sessions();
  EXPECT_EQ(list(disc.bytes()).paths(),
            "/NEW /SUB /SUB/INNER /SUB/INNER/DEEP- /SUB/KEPT /SUB/SECOND- /SUB/FIRST- /OLD- ");
  // What the session before the last one had in it is in use as far as anybody knows; what that one dropped is deleted.
  const std::string beneath = "/SUB/INNER /SUB/INNER/DEEP /SUB/KEPT /SUB/SECOND /SUB/FIRST- ";
  disc.sector(121, std::string(2048, '\xee'));
  const auto damaged = list(disc.bytes());
  EXPECT_EQ(damaged.paths(), "/NEW /SUB " + beneath + "/OLD- ");
  EXPECT_EQ(damaged.content("/SUB/SECOND"), "s63");
  EXPECT_EQ(damaged.use_of(63 * 2048), catalog::BlockUse::kAllocated);
  EXPECT_EQ(damaged.use_of(61 * 2048), catalog::BlockUse::kUnallocated);
  EXPECT_TRUE(damaged.rows.has_issue("directory-unreadable"));
  EXPECT_TRUE(damaged.rows.has_issue("names-of-earlier-session"));
  EXPECT_GT(damaged.incomplete(), 1u);
  const auto cut = list(disc.bytes().substr(0, 121 * 2048));
  EXPECT_EQ(cut.paths(), "/NEW /SUB " + beneath + "/OLD- ");
  // Where no other session can be read there either, all that any has is in use.
  disc.sector(81, std::string(2048, '\xee'));
  EXPECT_EQ(list(disc.bytes()).paths(), "/NEW /SUB /SUB/FIRST /SUB/KEPT /OLD- ");
}

TEST(Iso, AFolderThatASessionBetweenHasNotIsNoneOfEarlierOnes) {
  auto disc = three_sessions();
  disc.folder(80, 80, {{"OTHER", 81, 2048, kDir}});
  disc.sector(121, std::string(2048, '\xee'));
  EXPECT_EQ(list(disc.bytes()).paths(),
            "/NEW /SUB /SUB/FIRST- /SUB/KEPT- /OTHER- /OTHER/INNER- /OTHER/INNER/DEEP- /OTHER/KEPT- /OTHER/SECOND- "
            "/OLD- ");
}

TEST(Iso, NamesThatADamagedRecordOfTheLastSessionMayHoldAreNotDeleted) {
  auto disc = three_sessions();
  const std::size_t own = 2 * Record{std::string(1, '\0')}.bytes().size();
  disc.put(121 * 2048 + own, std::string(2, '\1'));  // the record of INNER: too short to be one
  EXPECT_EQ(list(disc.bytes()).paths(),
            "/NEW /SUB /SUB/INNER /SUB/INNER/DEEP /SUB/KEPT /SUB/SECOND /SUB/FIRST- /OLD- ");
  // The same in the root folder.
  disc = three_sessions();
  disc.put(120 * 2048 + own, std::string(2, '\1'));
  const auto listing = list(disc.bytes());
  EXPECT_EQ(listing.paths(), "/SUB /SUB/INNER /SUB/INNER/DEEP /SUB/KEPT /SUB/SECOND /SUB/FIRST- /OLD- ");
}

TEST(Iso, ASectorOfAFolderThatWasWipedIsSaid) {
  IsoBytes disc(200);
  std::vector<Record> records;
  for (int i = 0; i < 60; ++i) records.push_back({"FILE" + std::to_string(100 + i) + ".;1", 60, 3});
  disc.sector(60, "one");
  for (const std::uint32_t at : {16u, 110u}) {
    disc.descriptor(at, 1, at + 4, 200, {}, 0, 0, 2048, 4096);
    disc.end_descriptors(at + 1);
    disc.folder(at + 4, at + 4, records, {}, 2);
  }
  EXPECT_EQ(list(disc.bytes()).incomplete(), 0u);
  disc.sector(115, std::string(2048, '\0'));
  const auto listing = list(disc.bytes());
  EXPECT_EQ(listing.rows.names.size(), 62u);
  EXPECT_NE(listing.find("/FILE159"), nullptr);
  EXPECT_TRUE(listing.rows.has_issue("listing-may-be-incomplete"));
  EXPECT_TRUE(listing.rows.has_issue("names-of-earlier-session"));
  // A folder may be longer than its records: those that follow would have stood in the sector before.
  records.resize(20);
  disc.sector(114, std::string(2048, '\0'));
  disc.folder(114, 114, records, {}, 2);
  EXPECT_EQ(list(disc.bytes()).incomplete(), 0u);
  EXPECT_NE(list(disc.bytes()).find("/FILE159", false), nullptr);
}

// What another tree of the last session tells of the folder holds.
TEST(Iso, AFolderThatAnotherTreeOfTheLastSessionTellsIsKnown) {
  const std::string use = kSharing + posix(0040755);
  IsoBytes disc(200);
  for (std::size_t i = 60; i < 66; ++i) disc.sector(i, "s" + std::to_string(i));
  const std::vector<Record> kept = {{"KEPT.;1", 62, 3, 0, alternate("kept: by a name that Joliet has not")},
                                    {"NONE.;1", 0, 0, 0, alternate("none")}};
  std::vector<Record> first = kept;
  first.push_back({"GONE.;1", 61, 3, 0, alternate("gone")});
  put_session(disc, 16, 20, {}, first, use);
  put_session(disc, 110, 120, {}, kept, use);
  disc.descriptor(111, 2, 130, 200, "%/E");
  disc.end_descriptors(112);
  disc.folder(130, 130, {{ucs2(u"SUB"), 131, 2048, kDir}});
  disc.folder(131, 130, {{ucs2(u"kept_ by a name that Joliet has not"), 62, 3}, {ucs2(u"None"), 0, 0}});
  EXPECT_EQ(list(disc.bytes()).paths(), "/SUB /SUB/kept: by a name that Joliet has not /SUB/none /SUB/gone- ");
  disc.sector(121, std::string(2048, '\xee'));
  EXPECT_EQ(list(disc.bytes()).paths(), "/SUB /SUB/kept_ by a name that Joliet has not /SUB/None /SUB/gone- ");
}

TEST(Iso, ADiscWithinADiscIsNoSession) {
  auto inner = plain({{"INNER.;1", 30, 3}}, 40).bytes();
  auto disc = plain({{"OUTER.;1", 30, 3}}, 120);
  disc.sector(60, inner);
  EXPECT_EQ(list(disc.bytes()).paths(), "/OUTER ");
}

TEST(Iso, NumbersThatContradictEachOtherAreSaid) {
  auto disc = plain({{"A.;1", 30, 3}, {"B.;1", 31, 3}});
  disc.sector(30, "one");
  disc.sector(31, "two");
  const std::string first = Record{std::string(1, '\0'), 20, 2048, kDir}.bytes();
  const std::size_t a = 20 * 2048 + 2 * first.size(), b = a + Record{"A.;1"}.bytes().size();
  disc.put(a + 6, swapped(le32(31)));  // the other order: systems do not look at it
  disc.put(b + 2, le32(99999));        // beyond the disc
  const auto listing = list(disc.bytes());
  EXPECT_EQ(listing.content("/A"), "one");
  EXPECT_EQ(listing.content("/B"), "two");
  EXPECT_EQ(listing.incomplete(), 1u);
  EXPECT_TRUE(listing.rows.has_issue("listing-may-be-incomplete"));
}

TEST(Iso, DamageIsSaid) {
  auto disc = plain(
      {{"A.;1", 30, 3}, {"B.;1", 31, 3}, {"DIR", 40, 2048, kDir}, {"LOOP", 20, 2048, kDir}, {"OUT.;1", 63, 9000}});
  const auto listing = list(disc.bytes());
  EXPECT_EQ(listing.paths(), "/A /B /DIR /LOOP /OUT ");
  EXPECT_TRUE(listing.rows.has_issue("directory-unreadable"));
  EXPECT_TRUE(listing.rows.has_issue("directory-loop"));
  EXPECT_TRUE(listing.rows.has_issue("run-outside-volume"));
  EXPECT_EQ(listing.stream("/OUT").source, ContentSource::kUnreadable);
  const std::string first = Record{std::string(1, '\0'), 20, 2048, kDir}.bytes();
  disc.put(20 * 2048 + 2 * first.size(), std::string(1, '\0'));
  const auto cut = list(disc.bytes());
  EXPECT_EQ(cut.paths(), "");
  EXPECT_TRUE(cut.rows.has_issue("listing-may-be-incomplete"));
}

TEST(Iso, FoldersOfThePathTableAloneAreListed) {
  IsoBytes disc(64);
  const std::string table = std::string("\1\0", 2) + le32(20) + le16(1) + std::string("\0\0", 2) +
                            std::string("\4\0", 2) + le32(25) + le16(1) + "HIDE" + std::string("\2\0", 2) + le32(26) +
                            le16(2) + "IN";
  disc.descriptor(16, 1, 20, 64, {}, 18, static_cast<std::uint32_t>(table.size()));
  disc.end_descriptors(17);
  disc.sector(18, table);
  disc.folder(20, 20, {{"A.;1", 30, 3}});
  disc.folder(25, 20, {{"B.;1", 31, 3}, {"IN", 26, 2048, kDir}});
  disc.folder(26, 25, {{"C.;1", 32, 3}});
  const auto listing = list(disc.bytes());
  EXPECT_EQ(listing.paths(), "/A /HIDE /HIDE/B /HIDE/IN /HIDE/IN/C ");
  EXPECT_EQ(listing.incomplete(), 0u);
  EXPECT_TRUE(listing.rows.has_issue("folders-without-record"));
  EXPECT_EQ(listing.use_of(18 * 2048), catalog::BlockUse::kMetadata);
}

TEST(Iso, BootImagesWithoutANameAreListed) {
  auto disc = plain({{"BOOT.;1", 40, 2048}});
  disc.sector(18,
              "\xff"
              "CD001\1");
  std::string record = std::string("\0CD001\1EL TORITO SPECIFICATION", 30);
  record.resize(71);
  disc.sector(17, record + le32(19));
  std::string catalog = std::string("\1\0\0\0", 4);
  catalog.resize(30);
  catalog += "\x55\xaa";
  catalog += std::string("\x88\0\0\0\0\0\4\0", 8) + le32(40) + std::string(20, '\0');  // the file above
  catalog += std::string("\x91\xef\2\0", 4) + std::string(28, '\0');
  catalog += std::string("\x88\0\0\0\0\0\2\0", 8) + le32(50) + std::string(20, '\0');  // no file
  catalog += std::string("\x88\2\0\0\0\0\1\0", 8) + le32(60) + std::string(20, '\0');  // a floppy beyond the disc
  disc.sector(19, catalog);
  disc.sector(50, std::string(1024, 'E'));
  const auto listing = list(disc.bytes());
  EXPECT_EQ(listing.paths(), "/BOOT /$BootImages /$BootImages/1-EFI.img ");
  EXPECT_EQ(listing.content("/$BootImages/1-EFI.img"), std::string(1024, 'E'));
  EXPECT_EQ(listing.use_of(19 * 2048), catalog::BlockUse::kMetadata);
}

TEST(Iso, RawSectorsAreRead) {
  auto disc = plain({{"A.;1", 30, 5000}});
  disc.sector(30, std::string(2048, 'a') + std::string(2048, 'b') + std::string(904, 'c'));
  for (const auto& [before, after] : {std::pair<std::size_t, std::size_t>{16, 288}, {24, 280}}) {
    std::string raw;
    for (std::size_t at = 0; at < disc.bytes().size(); at += 2048)
      raw += std::string(before, '#') + disc.bytes().substr(at, 2048) + std::string(after, '#');
    const auto listing = list(raw);
    EXPECT_EQ(listing.content("/A"), std::string(2048, 'a') + std::string(2048, 'b') + std::string(904, 'c'));
    EXPECT_EQ(listing.incomplete(), 0u);
  }
}

TEST(Iso, PartsOfAWalkAgreeWithTheWhole) {
  auto disc = plain({{"A.;1", 30, 3}, {"SUB", 25, 2048, kDir}});
  disc.folder(25, 20, {{"B.;1", 31, 3}});
  const TempDir dir;
  std::ofstream(dir.file("disc.iso"), std::ios::binary) << disc.bytes();
  const RawImage image(dir.file("disc.iso"));
  catalog::VolumeRecord volume;
  volume.volume_id = 1;
  volume.length = disc.bytes().size();
  volume.fs_type = "iso9660";
  FsJob job = walk_job(volume);
  const Listing whole = list(disc.bytes());
  job.part = WalkPart::kInodes;
  job.only_inodes = {3};
  Rows one;
  ASSERT_TRUE(walk_volume(image, job, one).ok());
  ASSERT_EQ(one.inodes.size(), 1u);
  EXPECT_EQ(one.inodes.at(3).size_bytes, whole.inode("/SUB/B").size_bytes);
  job.part = WalkPart::kNames;
  job.skip_inodes = {2};
  Rows names;
  ASSERT_TRUE(walk_volume(image, job, names).ok());
  EXPECT_TRUE(names.has_issue("directory-quarantined"));
  EXPECT_EQ(names.names.size(), 4u);
}

}  // namespace
}  // namespace limier::volume::testing
