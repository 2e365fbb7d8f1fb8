#include "volume/backup_manifest.h"

#include <gtest/gtest.h>

#include "volume/member_names.h"

namespace limier::volume {
namespace {

using catalog::FileKind;

const ManifestBeat kNoBeat = [](std::uint64_t) {};

template <class T>
std::string big(T value) {
  std::string out;
  for (std::size_t i = sizeof(T); i-- > 0;) out += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i));
  return out;
}

std::string text(std::string_view value) {
  return big(static_cast<std::uint16_t>(value.size())) + std::string(value);
}

std::string mbdb_record(std::string_view domain, std::string_view path, std::string_view target, std::uint16_t mode,
                        std::uint64_t size, std::string_view key = "") {
  const std::string none = "\xff\xff";
  return text(domain) + text(path) + (target.empty() ? none : text(target)) + none + (key.empty() ? none : text(key)) +
         big(mode) + big<std::uint64_t>(7) + big<std::uint32_t>(501) + big<std::uint32_t>(502) +
         big<std::uint32_t>(1'400'000'001) + big<std::uint32_t>(0) + big<std::uint32_t>(1'400'000'003) + big(size) +
         '\4' + '\1' + text("property") + text("value");
}

std::string mbdb() {
  return std::string("mbdb\5\0", 6) + mbdb_record("HomeDomain", "Library", "", 040755, 0) +
         mbdb_record("HomeDomain", "Library/SMS/sms.db", "", 0100644, 10) +
         mbdb_record("HomeDomain", "Library/to", "SMS", 0120755, 0) +
         mbdb_record("HomeDomain", "locked", "", 0100644, 5, "key");
}

// One record of a database with short values: each a text, a BLOB, or a number of one byte.
struct Value {
  char kind;  // 't', 'b', 'i'
  std::string bytes;
};
std::string sqlite_record(const std::vector<Value>& values) {
  std::string types, body;
  for (const Value& value : values) {
    const std::size_t type = value.kind == 'i' ? 1 : value.bytes.size() * 2 + (value.kind == 't' ? 13 : 12);
    if (type < 128)
      types += static_cast<char>(type);
    else
      types += {static_cast<char>(0x80 | type >> 7), static_cast<char>(type & 0x7f)};
    body += value.bytes;
  }
  return static_cast<char>(types.size() + 1) + types + body;
}

// A leaf of a table, its rows numbered from 1 on.
std::string sqlite_leaf(const std::vector<std::string>& records, std::size_t page_bytes, std::size_t head) {
  std::string page(page_bytes, '\0');
  std::size_t end = page_bytes;
  page[head] = 0x0d;
  page.replace(head + 3, 2, big(static_cast<std::uint16_t>(records.size())));
  for (std::size_t i = 0; i < records.size(); ++i) {
    std::string cell;
    const std::size_t size = records[i].size();
    if (size < 128)
      cell += static_cast<char>(size);
    else
      cell += {static_cast<char>(0x80 | size >> 7), static_cast<char>(size & 0x7f)};
    cell += static_cast<char>(i + 1);
    cell += records[i];
    end -= cell.size();
    page.replace(end, cell.size(), cell);
    page.replace(head + 8 + 2 * i, 2, big(static_cast<std::uint16_t>(end)));
  }
  page.replace(head + 5, 2, big(static_cast<std::uint16_t>(end)));
  return page;
}

std::string database(std::string_view sql) {
  constexpr std::size_t kPage = 1024;
  std::string first = sqlite_leaf(
      {sqlite_record({{'t', "table"}, {'t', "Files"}, {'t', "Files"}, {'i', "\2"}, {'t', std::string(sql)}})}, kPage,
      100);
  first.replace(0, 16, std::string_view("SQLite format 3\0", 16));
  first.replace(16, 2, big<std::uint16_t>(kPage));
  first.replace(56, 4, big<std::uint32_t>(1));
  return first +
         sqlite_leaf(
             {sqlite_record({{'t', "ab"}, {'t', "HomeDomain"}, {'t', "Library"}, {'i', "\2"}, {'b', ""}}),
              sqlite_record(
                  {{'t', ""}, {'t', "HomeDomain"}, {'t', "Library/SMS/sms.db"}, {'i', "\1"}, {'b', "no list"}})},
             kPage, 0);
}

constexpr std::string_view kFiles =
    "CREATE TABLE \"Files\" (fileID TEXT PRIMARY KEY, domain TEXT, [relativePath] TEXT DEFAULT (max(1, 2)), flags "
    "INTEGER, file BLOB)";

std::optional<BackupManifest> read(std::string_view bytes) {
  MemorySource source(as_bytes(bytes));
  return read_backup_manifest(source, kNoBeat);
}

TEST(BackupManifest, RecordsOfAnOldOne) {
  const auto manifest = read(mbdb());
  ASSERT_TRUE(manifest);
  EXPECT_EQ(manifest->damaged, 0u);
  ASSERT_EQ(manifest->entries.size(), 4u);
  const BackupEntry& file = manifest->entries[1];
  EXPECT_EQ(manifest->entries[0].kind, FileKind::kDir);
  EXPECT_EQ(file.kind, FileKind::kFile);
  EXPECT_EQ(file.stored_name(), "HomeDomain-Library/SMS/sms.db");
  EXPECT_EQ(file.file_id, "3d0d7e5fb2ce288813306e4d4636395e047a3d28");  // as every phone has it
  EXPECT_EQ(file.size_bytes, 10u);
  EXPECT_EQ(file.mode, 0100644u);
  EXPECT_EQ(file.uid, 501u);
  EXPECT_EQ(file.gid, 502u);
  EXPECT_EQ(file.times.modified, catalog::utc_stamp(1'400'000'001, 0));
  EXPECT_EQ(file.times.accessed, catalog::Stamp{});
  EXPECT_EQ(file.times.changed, catalog::utc_stamp(1'400'000'003, 0));
  EXPECT_EQ(manifest->entries[2].link_target, "SMS");
  EXPECT_TRUE(manifest->entries[3].has_key);
  EXPECT_FALSE(file.has_key);
}

TEST(BackupManifest, RowsOfADatabase) {
  const auto manifest = read(database(kFiles));
  ASSERT_TRUE(manifest);
  EXPECT_EQ(manifest->damaged, 0u);
  ASSERT_EQ(manifest->entries.size(), 2u);
  EXPECT_EQ(manifest->entries[0].kind, FileKind::kDir);
  EXPECT_TRUE(manifest->entries[0].other_id);
  EXPECT_EQ(manifest->entries[0].file_id, "ab");
  EXPECT_EQ(manifest->entries[1].path, "Library/SMS/sms.db");
  EXPECT_FALSE(manifest->entries[1].described);
  EXPECT_EQ(manifest->entries[1].file_id, "3d0d7e5fb2ce288813306e4d4636395e047a3d28");
}

TEST(BackupManifest, OtherTablesAreNone) {
  EXPECT_FALSE(read(database("CREATE TABLE Files (fileID TEXT, domain TEXT, relativePath TEXT, flags INTEGER)")));
  EXPECT_FALSE(read(database("CREATE VIEW Files AS SELECT 1")));
  EXPECT_FALSE(read("SQLite format 3"));
  EXPECT_FALSE(read(""));
}

TEST(BackupManifest, PrefixesAndFlippedBytesEnd) {
  for (const std::string& whole : {mbdb(), database(kFiles)}) {
    const auto all = read(whole);
    for (std::size_t length = 0; length < whole.size(); ++length) {
      const auto part = read(std::string_view(whole).substr(0, length));
      // What was cut off is said, but for a cut between two records of an old one, which no bytes tell.
      if (!part) continue;
      EXPECT_TRUE(part->damaged > 0 || part->entries.size() < all->entries.size()) << length;
    }
    for (std::size_t at = 0; at < whole.size(); ++at)
      for (const char change : {'\1', '\x80', '\xff'}) {
        std::string changed = whole;
        changed[at] = static_cast<char>(changed[at] ^ change);
        const auto part = read(changed);
        EXPECT_LE(part ? part->entries.size() : 0, 64u);
      }
  }
}

TEST(BackupManifest, WhetherItIsEncrypted) {
  EXPECT_EQ(says_encrypted(as_bytes("<plist><dict><key>IsEncrypted</key>\n\t<true/></dict></plist>")), true);
  EXPECT_EQ(says_encrypted(as_bytes("<plist><dict><key>IsEncrypted</key><false/></dict></plist>")), false);
  EXPECT_EQ(says_encrypted(as_bytes("<plist><dict><key>Version</key><true/></dict></plist>")), std::nullopt);
  // {"IsEncrypted": true}: a map, its key, its value, their offsets.
  const std::string binary = "bplist00" + std::string("\xd1\1\2", 3) + "\x5bIsEncrypted" + "\x09" +
                             std::string("\x08\x0b\x17", 3) + std::string("\0\0\0\0\0\0\1\1", 8) +
                             big<std::uint64_t>(3) + big<std::uint64_t>(0) + big<std::uint64_t>(24);
  EXPECT_EQ(says_encrypted(as_bytes(binary)), true);
  for (std::size_t length = 0; length < binary.size(); ++length)
    EXPECT_EQ(says_encrypted(as_bytes(binary).first(length)), std::nullopt);
}

TEST(BackupManifest, PlacesOnThePhone) {
  EXPECT_EQ(folder_of_domain("HomeDomain"), "/private/var/mobile");
  EXPECT_EQ(folder_of_domain("AppDomain-com.example"), "/private/var/mobile/Containers/Data/Application/com.example");
  EXPECT_EQ(folder_of_domain("AppDomainGroup-group.x"), "/private/var/mobile/Containers/Shared/AppGroup/group.x");
  EXPECT_EQ(folder_of_domain("AppDomain-"), std::nullopt);
  EXPECT_EQ(folder_of_domain("AppDomain"), std::nullopt);
  EXPECT_EQ(folder_of_domain("SomeDomain"), std::nullopt);
}

TEST(BackupManifest, OneThatIsAllThereIs) {
  const auto found = [](const std::vector<std::string>& names) {
    MemberPaths paths;
    for (const std::string& name : names) paths.look_at(name, name.ends_with('/'));
    paths.settle();
    return paths.backup_folder();
  };
  EXPECT_EQ(found({"Manifest.db", "Manifest.plist", "ab/abcd"}), "");
  EXPECT_EQ(found({"x/", "x/Manifest.mbdb", "x/Info.plist", "x/abcd"}), "x");
  EXPECT_EQ(found({"a/b/c/", "a/b/c/d/1", "a/b/c/Manifest.db", "a/b/c/Manifest.plist"}), "a/b/c");
  EXPECT_EQ(found({"/x/Manifest.db", "/x/Manifest.plist"}), "x");
  EXPECT_EQ(found({"x/Manifest.db", "x/Manifest.plist", "__MACOSX/x/._a", ".DS_Store"}), "x");
  EXPECT_EQ(found({"x/Manifest.db", "x/Manifest.plist", "x/Snapshot/Manifest.db"}), "x");
  EXPECT_EQ(found({"x/Manifest.db", "x/Manifest.plist", "xy/other"}), std::nullopt);
  EXPECT_EQ(found({"x/Manifest.db", "x/ab"}), std::nullopt);
  EXPECT_EQ(found({"x/Manifest.plist", "x/ab"}), std::nullopt);
  EXPECT_EQ(found({}), std::nullopt);
}

}  // namespace
}  // namespace limier::volume
