// FAT against volumes built byte by byte by Microsoft's specification (1.03).
#include <cstdlib>
#include <ctime>

#include <fmt/format.h>

#include "volume/fat_image.h"

namespace limier::volume::testing {
namespace {

using catalog::ContentSource;
using catalog::ExtentKind;
using catalog::TimeBasis;

struct Listing {
  TempDir dir;
  Rows rows;
  FsJob job;
  std::map<std::string, catalog::NameRecord> names;

  explicit Listing(const FatImage& fat, const std::function<void(FsJob&)>& change = {}) {
    job = walk_job(fat.volume());
    if (change) change(job);
    const RawImage image(fat.save(dir));
    rows.media_size = image.size_bytes();
    const Status status = walk_volume(image, job, rows);
    EXPECT_TRUE(status.ok()) << (status.ok() ? "" : status.error().message);
    for (const auto& name : rows.names) names.emplace(name.path, name);
  }
  [[nodiscard]] bool has(const std::string& path) const { return names.contains(path); }
  [[nodiscard]] const catalog::InodeRecord& inode(const std::string& path) const {
    return rows.inodes.at(names.at(path).inode);
  }
  [[nodiscard]] const catalog::StreamRecord& stream(const std::string& path) const {
    for (const auto& stream : rows.streams)
      if (stream.ref.inode == names.at(path).inode) return stream;
    throw std::out_of_range(path);
  }
  // The content that its extents lead to.
  [[nodiscard]] std::string content(const FatImage& fat, const std::string& path) const {
    FsJob extract = job;
    extract.kind = FsJobKind::kExtract;
    extract.stream = stream(path).ref;
    Rows out;
    const RawImage image(fat.save(dir));
    const Status status = extract_stream(image, extract, out);
    return status.ok() ? out.bytes : "error: " + status.error().message;
  }
  [[nodiscard]] bool sound() const {
    for (const auto& issue : rows.issues)
      if (issue.incomplete) return ADD_FAILURE() << issue.code << ": " << issue.message, false;
    return true;
  }
  // Paths without those that every volume has.
  [[nodiscard]] std::string paths() const {
    std::string out;
    for (const auto& [path, name] : names) {
      if (name.kind == catalog::FileKind::kVirtual || name.name_id == 0) continue;
      out += (out.empty() ? "" : " ") + path + (name.allocated ? "" : "*");
    }
    return out;
  }
};

std::string noise(std::size_t size, unsigned seed) {
  std::string out;
  for (std::size_t i = 0; i < size; ++i) out += static_cast<char>(seed = seed * 1103515245u + 12345u, seed >> 16);
  return out;
}

TEST(FatNames, LongNamesOfEveryLength) {
  FatImage fat({.root_slots = 512});
  std::string entries;
  for (const std::size_t length : {1u, 12u, 13u, 14u, 26u, 195u, 196u, 230u, 254u, 255u})
    entries += fat_long(std::u16string(length, u'\x00E4'), fat_short(fmt::format("N{}", length)));
  fat.root(entries);
  const Listing listing(fat);
  for (const std::size_t length : {1u, 12u, 13u, 14u, 26u, 195u, 196u, 230u, 254u, 255u}) {
    std::string path = "/";
    for (std::size_t i = 0; i < length; ++i) path += "\xC3\xA4";
    EXPECT_TRUE(listing.has(path)) << length;
  }
  EXPECT_TRUE(listing.sound());
}

TEST(FatNames, ALongNameIsItsOwnersOrNobodys) {
  FatImage fat({});
  const std::string shorts = fat_short("A~1") + fat_short("B") + fat_short("C") + fat_short("D");
  const auto short_at = [&](std::size_t i) { return shorts.substr(i * 32, 32); };
  const std::string whole = fat_long(u"long name of C in two parts", short_at(2));
  std::string numbers = fat_long(u"numbers that do not go down by one", short_at(3));
  numbers[32] = 3;                                                            // of 3, 2, 1: 3, 3, 1
  fat.root(fat_long(u"not of A", short_at(0), fat_checksum(short_at(0)) ^ 1)  // another checksum
           + whole.substr(0, 32) + short_at(1)                                // a part that leads to nobody
           + whole.substr(32, 64) + short_at(2)                               // the first part is missing
           + numbers                                                          //
           + fat_long(u"taken", fat_short("E")) + fat_short("F"));            // and not given to the next
  const Listing listing(fat);
  EXPECT_EQ(listing.paths(), "/A~1 /B /C /D /F /taken");
}

TEST(FatNames, UnitsThatAreNoTextStayApart) {
  FatImage fat({});
  std::string parts = fat_long(std::u16string(u"x\xD800y.txt"), fat_short("N1"));
  parts[26] = 7;  // the first cluster of a part of a name means nothing
  fat.root(parts + fat_long(std::u16string(u"x\xD801y.txt"), fat_short("N2")) +
           fat_long(std::u16string(u"x\xDC00\xD83D\xDE00"), fat_short("N3")));
  const Listing listing(fat);
  EXPECT_TRUE(listing.has("/x\xED\xA0\x80y.txt"));
  EXPECT_TRUE(listing.has("/x\xED\xA0\x81y.txt"));
  EXPECT_TRUE(listing.has("/x\xED\xB0\x80\xF0\x9F\x98\x80"));
}

TEST(FatNames, ShortNames) {
  FatImage fat({});
  fat.root(fat_short("EA DATA  SF") + fat_short(" LEADING") +
           fat_short("\x05"
                     "ABC    TXT") +
           fat_short("LOWER   TXT", {.case_flags = 0x18}) + fat_short("BASE    TXT", {.case_flags = 0x08}) +
           fat_short("\x81"
                     "BER    TXT") +
           fat_short(std::string("Z\0Z", 3)) + fat_short("LABEL OF IT", {.attributes = 0x08}) +
           fat_short("        EXT"));
  const Listing listing(fat);
  for (const char* path : {"/EA DATA. SF", "/ LEADING",
                           "/\xE5"
                           "ABC.TXT",
                           "/lower.txt", "/base.TXT",
                           "/\x81"
                           "BER.TXT",
                           "/Z\xC0\x80Z", "/LABEL OF IT (Volume Label Entry)", "/.EXT"})
    EXPECT_TRUE(listing.has(path)) << path << " of " << listing.paths();
  EXPECT_TRUE(listing.sound());
  const Listing western(fat, [](FsJob& job) { job.oem_code_page = 850; });
  EXPECT_TRUE(western.has("/\xC3\xBC"
                          "BER.TXT") &&
              western.has("/\xC3\x95"
                          "ABC.TXT"))
      << western.paths();
  const Listing cyrillic(fat, [](FsJob& job) { job.oem_code_page = 866; });
  EXPECT_TRUE(cyrillic.has("/\xD0\x91"
                           "BER.TXT") &&
              cyrillic.has("/\xD1\x85"
                           "ABC.TXT"))
      << cyrillic.paths();
}

TEST(FatNames, DeletedOnesKeepTheirLongNameWhenItCanBeTheirs) {
  FatImage fat({});
  const std::string own = fat_deleted(fat_long(u"kunden liste.xlsx", fat_short("KUNDEN~1XLS")));
  // The parts are those of another name: the byte that would give this checksum does not begin it.
  const std::string strange = fat_deleted(fat_long(u"other name.txt", fat_short("OTHERN~1TXT"))).substr(0, 64) +
                              fat_deleted(fat_short("MINE    TXT", {.cluster = 9, .size = 3}));
  fat.root(own + strange + fat_short("LAST"));
  const Listing listing(fat);
  EXPECT_EQ(listing.paths(), "/LAST /_INE.TXT* /kunden liste.xlsx*");
}

TEST(FatNames, NothingBehindTheEndMarkIsInUse) {
  FatImage fat({.sector_bytes = 4096, .root_slots = 5});  // the rest of the sector is not the root's
  fat.root(fat_short("LIVE") + fat_short("SECOND") + std::string(32, '\0') +
           fat_short("STALE", {.cluster = 5, .size = 3}) + fat_short("FIFTH") + fat_short("BEYOND"));
  fat.set(5, fat.end());
  const Listing listing(fat);
  EXPECT_EQ(listing.paths(), "/BEYOND* /FIFTH* /LIVE /SECOND /STALE*");
  EXPECT_FALSE(listing.inode("/STALE").allocated);
  EXPECT_TRUE(listing.sound());
}

TEST(FatNames, GarbageInTheFirstClusterOfAFolderIsNoListing) {
  FatImage fat({});
  fat.root(fat_folder("DIR", 5));
  fat.store({5}, noise(512, 7));
  const Listing listing(fat);
  EXPECT_EQ(listing.paths(), "/DIR");
  EXPECT_TRUE(listing.rows.has_issue("directory-damaged"));
}

TEST(FatFolders, TheWordAtOffset20IsForFat32Alone) {
  for (const unsigned bits : {12u, 16u, 32u}) {
    FatImage fat({.bits = bits, .clusters = bits == 32 ? 70'000u : bits == 16 ? 5000u : 100u});
    const std::uint32_t folder = bits == 32 ? 0x10005 : 5;
    fat.root(fat_folder("DIR", bits == 32 ? folder : folder | 0x20000));
    fat.store({folder}, fat_dots(folder, 0) + fat_short("IN"));
    const Listing listing(fat);
    EXPECT_EQ(listing.paths(), "/DIR /DIR/IN") << bits;
    EXPECT_TRUE(listing.sound());
  }
}

TEST(FatFolders, DeletedOnesGiveTheirNamesWhileTheyAreTheirs) {
  FatImage fat({});
  const std::string inside = fat_short("IN", {.cluster = 40, .size = 3});
  fat.root(fat_deleted(fat_folder("FREE", 10) + fat_folder("CHAIN", 12) + fat_folder("TAKEN", 15) +
                       fat_folder("MOVED", 17) + fat_folder("FILE", 19)) +
           fat_folder("NEW", 14) + fat_short("NEWFILE", {.cluster = 19, .size = 512}));
  fat.write(fat.offset(10), fat_dots(10, 0) + inside);                            // released
  fat.store({12, 21}, fat_dots(12, 0) + std::string(512 - 64, '\xE5') + inside);  // never released
  fat.store({14}, fat_dots(14, 0) + fat_folder("SUB", 15));
  fat.store({15}, fat_dots(15, 14) + fat_short("ALIVE"));
  fat.write(fat.offset(17), fat_dots(17, 99) + inside);  // of another parent: an orphan
  fat.store({19}, fat_dots(19, 0) + inside);             // the content of a file now
  const Listing listing(fat);
  EXPECT_EQ(listing.paths(),
            "/$OrphanFiles/IN* /NEW /NEW/SUB /NEW/SUB/ALIVE /NEWFILE /_AKEN* /_HAIN* /_HAIN/IN* /_ILE* /_OVED* /_REE* "
            "/_REE/IN*");
  EXPECT_TRUE(listing.sound());
  EXPECT_FALSE(listing.inode("/_HAIN/IN").allocated);
  EXPECT_EQ(listing.inode("/_HAIN").size_bytes, 1024u);
}

TEST(FatFolders, LoopsAreTold) {
  FatImage fat({});
  fat.root(fat_folder("A", 5));
  fat.store({5}, fat_dots(5, 0) + fat_folder("B", 6));
  fat.store({6}, fat_dots(6, 5) + fat_folder("A", 5));  // holds what it lies in
  const Listing listing(fat);
  EXPECT_TRUE(listing.has("/A/B/A"));
  EXPECT_TRUE(listing.rows.has_issue("directory-loop"));
  EXPECT_TRUE(listing.sound());
  FatImage ring({});
  ring.root(fat_folder("A", 5));
  ring.write(ring.offset(5), fat_dots(5, 0) + fat_short("ONE"));
  ring.set(5, 6), ring.set(6, 5);  // a chain without an end
  const Listing endless(ring);
  EXPECT_TRUE(endless.has("/A/ONE"));
  EXPECT_TRUE(endless.rows.has_issue("directory-unreadable"));
}

TEST(FatFolders, OrphansWithWhatTheyHold) {
  FatImage fat({.cluster_sectors = 2});
  const std::string file = fat_short("GONE~1", {.cluster = 60, .size = 3});
  fat.write(fat.offset(30), fat_deleted(fat_folder("DIR", 33)) + fat_short("F", {.cluster = 61, .size = 3}));
  fat.write(fat.offset(33), fat_dots(33, 30) + fat_deleted(fat_long(u"gone with its name", file)));
  fat.write(fat.offset(50), std::string(512, 'x'));
  const Listing listing(fat);
  EXPECT_EQ(listing.paths(), "/$OrphanFiles/F* /$OrphanFiles/_IR* /$OrphanFiles/_IR/gone with its name*");
  EXPECT_TRUE(listing.names.at("/$OrphanFiles/_IR/gone with its name").orphan);
  const Listing without(fat, [](FsJob& job) { job.skip_orphans = true; });
  EXPECT_EQ(without.paths(), "");
  EXPECT_TRUE(without.rows.has_issue("orphans-not-searched"));
}

TEST(FatTimes, OverTheWholeRange) {
  FatImage fat({});
  fat.root(fat_short("A", {.hundredths = 199, .date = 0xFF9F, .time = 0xBF7D}) +  // 2107-12-31 23:59:58
           fat_short("B", {.hundredths = 100, .date = 0x0021, .time = 0}) + fat_short("NONE", {.date = 0}) +
           fat_short("FEB30", {.date = 0x565E}) + fat_short("MONTH0", {.date = 0x5601}) +
           fat_short("HOUR25", {.time = 25 << 11}) + fat_short("SECOND60", {.time = 30}));
  const Listing listing(fat);
  const auto& last = listing.inode("/A").times;
  EXPECT_EQ(last.modified, (catalog::Stamp{4354819198, 0, TimeBasis::kLocal}));
  EXPECT_EQ(last.created, (catalog::Stamp{4354819199, 990'000'000, TimeBasis::kLocal}));
  EXPECT_EQ(last.accessed, (catalog::Stamp{4354732800, 0, TimeBasis::kLocal}));
  EXPECT_EQ(last.changed, catalog::Stamp{});
  EXPECT_EQ(listing.inode("/B").times.created, (catalog::Stamp{315532801, 0, TimeBasis::kLocal}));
  for (const char* path : {"/NONE", "/FEB30", "/MONTH0", "/HOUR25", "/SECOND60"})
    EXPECT_EQ(listing.inode(path).times.modified, catalog::Stamp{}) << path;
  EXPECT_NE(listing.inode("/HOUR25").times.accessed, catalog::Stamp{});  // the date alone is one
  std::size_t told = 0;
  for (const auto& issue : listing.rows.issues) told += issue.code == "impossible-time" ? 1 : 0;
  EXPECT_EQ(told, 3u + 3u + 2u + 2u);
  EXPECT_TRUE(listing.sound());
}

TEST(FatTimes, InTheZoneThatIsStated) {
  ::setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
  ::tzset();
  FatImage fat({});
  fat.root(fat_short("MAY"));
  const Listing listing(fat, [](FsJob& job) { job.zone_stated = true; });
  ::unsetenv("TZ");
  ::tzset();
  EXPECT_EQ(listing.inode("/MAY").times.modified, (catalog::Stamp{1714972090, 0, TimeBasis::kStated}));  // 05:08:10Z
}

TEST(FatTimes, ManyImpossibleOnesAreCounted) {
  FatImage fat({.root_slots = 512});
  std::string entries;
  for (int i = 0; i < 50; ++i) entries += fat_short(fmt::format("F{}", i), {.date = 0x565E});
  fat.root(entries);
  const Listing listing(fat);
  std::size_t told = 0;
  for (const auto& issue : listing.rows.issues) told += issue.code == "impossible-time" ? 1 : 0;
  EXPECT_EQ(told, 21u);
}

TEST(FatContent, OfFilesInUse) {
  FatImage fat({});
  const std::string content = noise(1300, 1);
  fat.root(fat_short("WHOLE", {.cluster = 5, .size = 1300}) + fat_short("SHORT", {.cluster = 10, .size = 1300}) +
           fat_short("LOOP", {.cluster = 12, .size = 1300}) + fat_short("BAD", {.cluster = 14, .size = 1300}) +
           fat_short("OUT", {.cluster = 9000, .size = 1300}) + fat_short("NONE", {.cluster = 0, .size = 5}) +
           fat_short("MORE", {.cluster = 20, .size = 10}) + fat_short("EMPTY", {.cluster = 30}) +
           fat_short("ABSENT", {.cluster = 36, .size = 10}));
  fat.store({5, 9, 7}, content);
  fat.store({10, 11}, content);
  fat.set(12, 13), fat.set(13, 12);
  fat.set(14, 15), fat.set(15, 0xFFF7);
  fat.store({20, 22, 24}, content);  // longer than the size: all of it is the file's
  fat.store({30}, content.substr(0, 512));
  const Listing listing(fat);
  EXPECT_EQ(listing.content(fat, "/WHOLE"), content);
  for (const char* path : {"/SHORT", "/LOOP", "/BAD", "/OUT", "/NONE"})
    EXPECT_EQ(listing.stream(path).source, ContentSource::kUnreadable) << path;
  EXPECT_EQ(listing.content(fat, "/MORE"), content.substr(0, 10));
  EXPECT_EQ(listing.stream("/EMPTY").source, ContentSource::kEmpty);
  std::uint64_t slack = 0;
  for (const auto& extent : listing.rows.extents)
    if (extent.ref.inode == listing.names.at("/MORE").inode && extent.kind == ExtentKind::kSlack)
      slack += extent.length;
  EXPECT_EQ(slack, 3u * 512 - 10);
  EXPECT_TRUE(listing.rows.has_issue("content-unreadable"));
  EXPECT_FALSE(listing.rows.has_issue("listing-may-be-incomplete"));
}

TEST(FatContent, OfDeletedFiles) {
  FatImage fat({});
  const std::string content = noise(1300, 2);
  const auto gone = [](const char* name, std::uint32_t cluster) {
    return fat_deleted(fat_short(name, {.cluster = cluster, .size = 1300}));
  };
  fat.root(gone("AROW", 5) + gone("BCHAIN", 10) + gone("CPART", 20) + gone("DLOST", 30) + gone("EREUSED", 40) +
           gone("FSHORT", 50) + fat_short("OWNER", {.cluster = 21, .size = 512}) +
           fat_short("BIGGER", {.cluster = 40, .size = 2000}));
  for (std::size_t i = 0; i < 3; ++i)
    fat.write(fat.offset(5 + static_cast<std::uint32_t>(i)), content.substr(i * 512, 512));
  fat.store({10, 15, 12}, content);  // never released
  fat.set(21, fat.end());            // in the middle of another file, in use
  fat.set(31, fat.end());            // in use by nobody who is listed
  fat.store({40, 41, 42, 43}, noise(2000, 3));
  fat.store({50, 51}, content);  // a chain that is not the file's
  const Listing listing(fat);
  EXPECT_EQ(listing.content(fat, "/_ROW"), content);
  EXPECT_EQ(listing.content(fat, "/_CHAIN"), content);
  // The catalog finds that others own these clusters: it can only do so by the extents.
  EXPECT_EQ(listing.stream("/_PART").source, ContentSource::kExtents);
  EXPECT_EQ(listing.stream("/_REUSED").source, ContentSource::kExtents);
  EXPECT_EQ(listing.stream("/_LOST").source, ContentSource::kUnreadable);
  EXPECT_EQ(listing.stream("/_SHORT").source, ContentSource::kUnreadable);
}

// A cluster that only a deleted file has is nobody else's, even if it was never given back.
TEST(FatContent, OfDeletedFilesThatKeptTheirClusters) {
  const std::string content = noise(1300, 2);
  for (const bool lost : {false, true}) {
    FatImage fat({});
    fat.root(fat_deleted(fat_short("KEPT", {.cluster = 10, .size = 1300}) +
                         fat_short("TAKEN", {.cluster = 20, .size = 512})) +
             fat_short("OWNER", {.cluster = 20, .size = 512}));
    fat.store({10, 15, 12}, content);
    fat.store({20}, noise(512, 3));
    if (lost) fat.store({30}, noise(512, 4));  // of a file that is not listed: others may be as well
    const Listing listing(fat);
    EXPECT_EQ(listing.content(fat, "/_EPT"), content);
    const auto in_use = [&](std::uint32_t cluster) {
      const std::uint64_t at = fat.offset(cluster);
      return std::any_of(listing.rows.ranges.begin(), listing.rows.ranges.end(), [&](const auto& range) {
        return range.use != catalog::BlockUse::kUnallocated && range.image_offset <= at &&
               at < range.image_offset + range.length;
      });
    };
    for (const std::uint32_t cluster : {10u, 12u, 15u}) EXPECT_EQ(in_use(cluster), lost) << cluster;
    EXPECT_TRUE(in_use(20));
    EXPECT_EQ(listing.rows.has_issue("listing-may-be-incomplete"), lost);
  }
}

TEST(FatVolume, EveryShape) {
  const std::array<FatShape, 9> shapes{{{.bits = 12, .clusters = 100},
                                        {.bits = 12, .root_slots = 16, .clusters = 4084},
                                        {.bits = 16, .tables = 1, .clusters = 4085},
                                        {.bits = 16, .root_slots = 21, .clusters = 65524, .signature = false},
                                        {.bits = 16, .sector_bytes = 4096, .cluster_sectors = 16, .clusters = 4085},
                                        {.bits = 32, .clusters = 65525},
                                        {.bits = 32, .root_cluster = 77, .clusters = 66000},
                                        {.bits = 32, .sector_bytes = 2048, .clusters = 500},
                                        {.bits = 12, .sector_bytes = 1024, .cluster_sectors = 128, .clusters = 60}}};
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    FatImage fat(shapes[i]);
    const std::string content = noise(fat.cluster_bytes() + 100, 4);
    fat.root(fat_folder("DIR", 10) + fat_short("FILE", {.cluster = 20, .size = fat.cluster_bytes() + 100}));
    fat.store({10}, fat_dots(10, 0) + fat_short("IN"));
    fat.store({20, 18}, content);
    const Listing listing(fat);
    EXPECT_EQ(listing.paths(), "/DIR /DIR/IN /FILE") << i;
    EXPECT_EQ(listing.content(fat, "/FILE"), content) << i;
    EXPECT_TRUE(listing.sound()) << i;
    EXPECT_TRUE(listing.has("/$FAT1")) << i;
    EXPECT_EQ(listing.has("/$FAT2"), shapes[i].tables == 2) << i;
    // libtsk's numbers: 3 for the first entry behind the tables.
    EXPECT_EQ(listing.names.at("/DIR").inode, 3 + (fat.root_offset() - fat.entries()) / 32) << i;
    EXPECT_EQ(listing.names.at("/DIR/IN").inode, 3 + (fat.offset(10) + 64 - fat.entries()) / 32) << i;
    EXPECT_EQ(listing.names.at("/$MBR").inode,
              3 + (fat.size() / shapes[i].sector_bytes * shapes[i].sector_bytes - fat.entries()) / 32)
        << i;
    std::uint64_t covered = 0;
    for (const auto& range : listing.rows.ranges) {
      EXPECT_EQ(range.image_offset, covered) << i;
      covered = range.image_offset + range.length;
    }
    EXPECT_EQ(covered, fat.size()) << i;
  }
}

TEST(FatVolume, TheCopyOfTheBootSector) {
  FatImage fat({.bits = 32, .clusters = 65600});
  fat.root(fat_short("FILE"));
  fat.write(0, std::string(512, '\xFF'));
  const Listing listing(fat);
  EXPECT_EQ(listing.paths(), "/FILE");
  EXPECT_TRUE(listing.rows.has_issue("boot-sector-damaged"));
}

TEST(FatVolume, TheTableInUse) {
  FatImage fat({.bits = 32, .clusters = 65600});
  fat.root(fat_short("FILE", {.cluster = 5, .size = 600}));
  fat.store({5, 9}, noise(600, 5));
  fat.set(5, 6, 0), fat.set(6, fat.end(), 0);  // the first table is out of date
  const Listing differing(fat);
  EXPECT_TRUE(differing.rows.has_issue("fat-copies-differ"));
  EXPECT_NE(differing.content(fat, "/FILE"), noise(600, 5));
  fat.bytes()[40] = 0x81;  // the second alone is kept up
  const Listing listing(fat);
  EXPECT_EQ(listing.content(fat, "/FILE"), noise(600, 5));
  EXPECT_FALSE(listing.rows.has_issue("fat-copies-differ"));
}

TEST(FatVolume, ClustersInUseWithoutAFile) {
  FatImage fat({});
  fat.root(fat_short("FILE", {.cluster = 5, .size = 10}));
  fat.store({5}, "0123456789");
  fat.set(100, 0xFFF7);  // bad: nobody has it
  fat.write(fat.offset(100), "x");
  fat.store({110}, fat_dots(110, 0));  // holds nothing
  const Listing sound(fat);
  EXPECT_TRUE(sound.sound());
  fat.store({200, 201}, noise(600, 6));
  const Listing listing(fat);
  EXPECT_TRUE(listing.rows.has_issue("listing-may-be-incomplete"));
  // An end mark that cuts off a file: it is no longer in use, but its clusters are.
  fat.set(200, 0), fat.set(201, 0);
  fat.root(std::string(32, '\0') + fat_short("FILE", {.cluster = 5, .size = 10}));
  const Listing cut(fat);
  EXPECT_EQ(cut.paths(), "/FILE*");
  EXPECT_TRUE(cut.rows.has_issue("listing-may-be-incomplete"));
}

TEST(FatVolume, InPartsGivesWhatTheWholeGives) {
  FatImage fat({});
  fat.root(fat_short("FILE", {.cluster = 5, .size = 600}) + fat_deleted(fat_folder("OLD", 12)) + fat_folder("DIR", 8) +
           std::string(32, '\0') + fat_short("STALE", {.cluster = 30, .size = 600}));
  fat.store({5, 6}, noise(600, 8));
  fat.store({8}, fat_dots(8, 0) + fat_deleted(fat_short("GONE", {.cluster = 40, .size = 3})));
  fat.store({12}, fat_dots(12, 0) + fat_short("IN", {.cluster = 50, .size = 3}));
  fat.write(fat.offset(90), fat_short("ORPHAN", {.cluster = 55, .size = 3}));
  const Listing whole(fat);
  EXPECT_FALSE(whole.inode("/_LD/IN").allocated || whole.inode("/STALE").allocated);
  const Listing names(fat, [](FsJob& job) { job.part = WalkPart::kNames; });
  EXPECT_EQ(names.paths(), whole.paths());
  const Listing inodes(fat, [&](FsJob& job) {
    job.part = WalkPart::kInodes;
    for (const auto& [inode, record] : whole.rows.inodes) job.only_inodes.push_back(inode);
    for (const auto& name : whole.rows.names)
      if (name.orphan) job.orphan_inodes.push_back(name.inode);
  });
  ASSERT_EQ(inodes.rows.inodes.size(), whole.rows.inodes.size());
  for (const auto& [inode, record] : whole.rows.inodes) {
    EXPECT_EQ(inodes.rows.inodes.at(inode).allocated, record.allocated) << inode;
    EXPECT_EQ(inodes.rows.inodes.at(inode).size_bytes, record.size_bytes) << inode;
  }
  EXPECT_EQ(inodes.rows.streams.size(), whole.rows.streams.size());
  EXPECT_EQ(inodes.rows.extents.size(), whole.rows.extents.size());
  const Listing blocks(fat, [](FsJob& job) { job.part = WalkPart::kBlocks; });
  EXPECT_EQ(blocks.rows.ranges.size(), whole.rows.ranges.size());
  EXPECT_TRUE(blocks.sound());
}

}  // namespace
}  // namespace limier::volume::testing
