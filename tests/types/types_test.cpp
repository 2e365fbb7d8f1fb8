#include "limier/types.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>

#include "limier/base/crc32c.h"
#include "types/list.h"
#include "types/samples.h"

namespace limier::types {
namespace {

using namespace std::string_literals;
using catalog::FileEncryption;
using catalog::TypeBasis;

std::string name_of(std::uint16_t number) {
  const Type* const type = find(number);
  return type == nullptr ? fmt::format("number {}", number) : std::string(type->name);
}

void expect_type(const std::string& content, Id id, const std::string& what = "") {
  const auto found = type_of(content);
  EXPECT_EQ(name_of(found.type), name_of(static_cast<std::uint16_t>(id))) << what;
  EXPECT_TRUE(catalog::validate(found));
}

TEST(Types, TheTableIsSound) {
  EXPECT_GE(all().size(), 120u);
  std::set<std::string_view> names;
  for (const Type& type : all()) {
    EXPECT_TRUE(names.insert(type.name).second) << type.name;
    EXPECT_NE(type.mime.find('/'), std::string_view::npos) << type.name;
    EXPECT_EQ(find(type.number), &type);
    EXPECT_EQ(type.extensions.find("  "), std::string_view::npos) << type.name;
  }
  EXPECT_EQ(find(0), nullptr);
  EXPECT_EQ(find(65535), nullptr);
}

TEST(Types, NoContentAndUnknownContentAreTold) {
  expect_type("", Id::kEmpty);
  const auto found = type_of(random_bytes(5000, 7));
  EXPECT_EQ(found.type, kUnknownType);
  EXPECT_EQ(found.basis, TypeBasis::kNone);
  EXPECT_GT(found.entropy_millibits, 7900);
  EXPECT_EQ(type_of(std::string(9000, '\0')).entropy_millibits, 0);
}

TEST(Types, Signatures) {
  const std::string tail = random_bytes(200, 3);
  const std::string box = be(24, 4) + "ftyp";
  struct Case {
    std::string content;
    Id id;
  };
  const std::vector<Case> cases{
      {"\xFF\xD8\xFF\xE0" + tail, Id::kJpeg},
      {"\x89PNG\r\n\x1A\n" + tail, Id::kPng},
      {"GIF89a" + tail, Id::kGif},
      {"BM" + le(1000, 4) + le(0, 4) + le(54, 4) + le(40, 4) + padded("", 1000), Id::kBmp},
      {"II*\0"s + le(8, 4) + tail, Id::kTiff},
      {"II*\0"s + le(16, 4) + "CR" + tail, Id::kCanonRaw},
      {"RIFF" + le(100, 4) + "WAVEfmt " + tail, Id::kWav},
      {"RIFF" + le(100, 4) + "AVI LIST" + tail, Id::kAvi},
      {"RIFF" + le(100, 4) + "WEBPVP8 " + tail, Id::kWebp},
      {box + "isom" + be(512, 4) + "isomavc1" + tail, Id::kMp4},
      {box + "qt  " + be(512, 4) + "qt  qt  " + tail, Id::kMov},
      {box + "heic" + be(0, 4) + "mif1heic" + tail, Id::kHeic},
      {box + "mif1" + be(0, 4) + "mif1heic" + tail, Id::kHeic},
      {box + "avif" + be(0, 4) + "avifmif1" + tail, Id::kAvif},
      {box + "M4A " + be(0, 4) + "M4A mp42" + tail, Id::kM4a},
      {box + "3gp4" + be(0, 4) + "3gp4isom" + tail, Id::k3gp},
      {"\x1A\x45\xDF\xA3\xA3\x42\x86\x81\x01\x42\x82\x84webm" + tail, Id::kWebm},
      {"\x1A\x45\xDF\xA3\xA3\x42\x86\x81\x01\x42\x82\x88matroska" + tail, Id::kMatroska},
      {"OggS\0"s + padded("", 21) + "\x01\x13OpusHead" + tail, Id::kOpus},
      {"ID3\x04" + tail, Id::kMp3},
      {"#!AMR\n" + tail, Id::kAmr},
      {"%PDF-1.7\n" + tail, Id::kPdf},
      {"{\\rtf1\\ansi hello}", Id::kRtf},
      {"!BDN" + tail, Id::kPst},
      {"Rar!\x1A\x07\x01\0"s + tail, Id::kRar5},
      {"7z\xBC\xAF\x27\x1C\0\4"s + le(0, 4) + le(100, 8) + le(50, 8) + padded("", 400), Id::k7z},
      {"\x1F\x8B\x08\0"s + tail, Id::kGzip},
      {"BZh91AY&SY" + tail, Id::kBzip2},
      {"\xFD"
       "7zXZ\0"s +
           tail,
       Id::kXz},
      {at(257, "ustar\0"s + padded("", 300)), Id::kTar},
      {"EVF\x09\r\n\xFF\0"s + tail, Id::kE01},
      {"SQLite format 3\0"s + padded(be(4096, 2), 5000), Id::kSqlite},
      {"7\x7F\x06\x82" + tail, Id::kSqliteWal},
      {"bplist00" + tail, Id::kPlistBinary},
      {"regf" + padded("", 600), Id::kRegistryHive},
      {"regf" + padded("", 24) + le(6, 4) + padded("", 600), Id::kRegistryLog},
      {"ElfFile\0"s + tail, Id::kEvtx},
      {"\x1E\0\0\0SCCA"s + tail, Id::kPrefetch},
      {"MAM\x04" + tail, Id::kPrefetchMam},
      {at(4, "\xEF\xCD\xAB\x89\x20\x06\0\0"s + tail), Id::kEse},
      {"SEGB" + le(1, 4) + tail, Id::kSegb},
      {le(200, 4) + padded("", 48) + "SEGB" + tail, Id::kSegb},
      {"ABX\0"s + tail, Id::kAbx},
      {"L\0\0\0\x01\x14\x02\0\0\0\0\0\xC0\0\0\0\0\0\0\x46"s + tail, Id::kLnk},
      {"dex\n035\0"s + tail, Id::kDex},
      {"\0\x01\0\0\0\x0C\0\x80\0\x03\0\x40"s + "GDEF" + tail, Id::kTtf},
      {"\xCA\xFE\xBA\xBE" + be(2, 4) + tail, Id::kMachOFat},
      {"\xCA\xFE\xBA\xBE" + be(52, 4) + tail, Id::kClass},
  };
  for (const Case& one : cases) expect_type(one.content, one.id, name_of(static_cast<std::uint16_t>(one.id)));
}

TEST(Types, AWordIsNoSignature) {
  for (const char* text : {"BM is a German word that begins nothing here, and this is a text about it.",
                           "MZ was the name of a motorcycle works in Saxony; it built many of them.",
                           "RIFF is a mountain range on the other side of the sea, they say.",
                           "GIF89 was a format of pictures; GIF89a is what it became later on in the year.",
                           "The wide sea and the moov of waves are what this text is about, nothing else.",
                           "regfare is no word, but a text may begin with it all the same, for sixty bytes."})
    expect_type(text, Id::kText, text);
  expect_type("BM" + random_bytes(300, 5), Id::kUnknown);
  expect_type(be(0x00000018, 4) + "ftXp" + random_bytes(100, 9), Id::kUnknown);
}

TEST(Types, ZipPackages) {
  const std::string stored = random_bytes(300, 11);
  struct Case {
    std::vector<Member> members;
    Id id;
  };
  const std::vector<Case> cases{
      {{{"[Content_Types].xml", stored}, {"_rels/.rels", stored}, {"word/document.xml", stored}}, Id::kDocx},
      {{{"[Content_Types].xml", stored}, {"xl/workbook.xml", stored}}, Id::kXlsx},
      {{{"[Content_Types].xml", stored}, {"ppt/presentation.xml", stored}}, Id::kPptx},
      {{{"mimetype", "application/vnd.oasis.opendocument.text"}, {"content.xml", stored}}, Id::kOdt},
      {{{"mimetype", "application/vnd.oasis.opendocument.spreadsheet"}, {"content.xml", stored}}, Id::kOds},
      {{{"mimetype", "application/epub+zip"}, {"META-INF/container.xml", stored}}, Id::kEpub},
      {{{"classes.dex", stored}, {"AndroidManifest.xml", stored}}, Id::kApk},
      {{{"META-INF/MANIFEST.MF", stored}, {"a/B.class", stored}}, Id::kJar},
      {{{"Payload/Some.app/Info.plist", stored}}, Id::kIpa},
      {{{"photo.jpg", stored}, {"word/notes.txt", stored}}, Id::kZip},
  };
  for (const Case& one : cases) {
    expect_type(zip(one.members), one.id);
    expect_type(zip(one.members, true), one.id, "sizes behind the data");
  }
  // Names beyond the head stand in the directory at the end.
  expect_type(zip({{"big.bin", random_bytes(50000, 2)}, {"[Content_Types].xml", ""}, {"word/document.xml", ""}}),
              Id::kDocx);
}

TEST(Types, AnArchiveInAnArchiveIsNotTheArchive) {
  const std::string inner = zip({{"[Content_Types].xml", "x"}, {"word/document.xml", "secret", 1}});
  for (const bool streamed : {false, true}) {
    const auto found = type_of(zip({{"report.docx", inner}, {"other.bin", random_bytes(90, 4)}}, streamed));
    EXPECT_EQ(name_of(found.type), "ZIP archive");
    EXPECT_EQ(found.encryption, FileEncryption::kNone);
  }
}

TEST(Types, CompoundFiles) {
  expect_type(ole({"WordDocument", "1Table"}), Id::kDoc);
  expect_type(ole({"Workbook"}), Id::kXls);
  expect_type(ole({"PowerPoint Document"}), Id::kPpt);
  expect_type(ole({"__nameid_version1.0", "__substg1.0_001A001E"}), Id::kMsg);
  expect_type(ole({"DestList"}), Id::kJumpListAuto);
  expect_type(ole({"Catalog"}), Id::kThumbsDb);
  expect_type(ole({"Something"}), Id::kOle);
  // The directory stands far behind the head.
  expect_type(ole({"WordDocument"}, 500), Id::kDoc);
  expect_type(ole({"WordDocument"}, 0xFFFF), Id::kDoc);
}

TEST(Types, DatabasesByTheirSchema) {
  const auto database = [](const std::string& schema) {
    return padded("SQLite format 3\0"s + padded(be(4096, 2), 84) + padded("", 1000) + schema, 4096) + padded("", 9000);
  };
  expect_type(database("CREATE TABLE sms (_id INTEGER)...CREATE TABLE threads (_id"), Id::kAndroidSms);
  expect_type(database("CREATE TABLE moz_places (id INTEGER PRIMARY KEY"), Id::kFirefoxPlaces);
  expect_type(database("CREATE TABLE Z_METADATA (Z_VERSION...CREATE TABLE Z_PRIMARYKEY (Z_ENT"), Id::kCoreData);
  expect_type(database("CREATE TABLE \"urls\"(id INTEGER)CREATE TABLE visits(id INTEGER"), Id::kChromiumHistory);
  expect_type(database("CREATE TABLE smsx (_id INTEGER)CREATE TABLE threads (_id"), Id::kSqlite);
}

TEST(Types, EncryptedKinds) {
  const std::string noise = random_bytes(600, 21);
  struct Case {
    std::string content;
    FileEncryption encryption;
  };
  const std::string pdf = "%PDF-1.5\n" + random_bytes(20000, 6);
  const std::vector<Case> cases{
      {zip({{"a.txt", noise, 1}}), FileEncryption::kZip},
      {zip({{"a.txt", noise}, {"b.txt", noise, 1}}), FileEncryption::kZip},
      {zip({{"a.txt", noise}}), FileEncryption::kNone},
      {ole({"EncryptionInfo", "EncryptedPackage"}), FileEncryption::kOoxml},
      {ole({"EncryptedPackage"}, 2000), FileEncryption::kOoxml},
      {ole({"WordDocument"}, 4, padded(le(0xA5EC, 2) + le(0xC1, 2) + le(0, 6) + le(0x0100, 2), 512)),
       FileEncryption::kOffice97},
      {ole({"WordDocument"}, 4, padded(le(0xA5EC, 2) + le(0xC1, 2) + le(0, 6) + le(0, 2), 512)), FileEncryption::kNone},
      {"7z\xBC\xAF\x27\x1C\0\4"s + le(0, 4) + le(20000, 8) + le(30, 8) + le(0, 4) + random_bytes(20000, 8) +
           padded("\x17\x06\x01\x09\x07\x0B\x01\0\x01\x24\x06\xF1\x07\x01"s, 30),
       FileEncryption::kSevenZip},
      {"Rar!\x1A\x07\0"s + le(1, 2) + "\x73" + le(0x80, 2) + le(13, 2) + noise, FileEncryption::kRar},
      {"Rar!\x1A\x07\x01\0"s + le(1, 4) + "\x21\x04" + noise, FileEncryption::kRar},
      {"Rar!\x1A\x07\0"s + le(1, 2) + "\x73" + le(0, 2) + le(13, 2) + le(0, 6) + le(0, 2) + "\x74" + le(0, 2) +
           le(40, 2) + noise,
       FileEncryption::kNone},
      {pdf + "trailer\n<< /Size 12 /Root 1 0 R /Encrypt 9 0 R >>\nstartxref\n1\n%%EOF\n", FileEncryption::kPdf},
      {pdf + "trailer\n<< /Size 12 /Root 1 0 R /EncryptMetadata true >>\n%%EOF\n", FileEncryption::kNone},
      {"\x03\xD9\xA2\x9A\x67\xFB\x4B\xB5" + noise, FileEncryption::kKeePass},
      {"LUKS\xBA\xBE\0\x02"s + noise, FileEncryption::kLuks},
      {"-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----\n", FileEncryption::kOpenPgp},
      {"\x85"s + be(268, 2) + "\x03" + padded("keyidxyz", 8, 'k') + "\x01" + random_bytes(258, 2) + "\xD2\xFF" + noise,
       FileEncryption::kOpenPgp},
      {"\x8C\x0D\x04\x09\x03\x08" + random_bytes(9, 2) + "\xD2\xFF" + noise, FileEncryption::kOpenPgp},
      {"ANDROID BACKUP\n5\n1\nAES-256\n" + noise, FileEncryption::kAndroidBackup},
      {"ANDROID BACKUP\n5\n1\nnone\n" + noise, FileEncryption::kNone},
      {"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n", FileEncryption::kPrivateKey},
      {"-----BEGIN RSA PRIVATE KEY-----\nMIIE\n", FileEncryption::kNone},
  };
  for (const Case& one : cases) {
    const auto found = type_of(one.content);
    EXPECT_EQ(encryption_scheme(found.encryption), encryption_scheme(one.encryption)) << one.content.substr(0, 40);
  }
}

TEST(Types, TextsAndTheirEncodings) {
  const std::string dutch = "Dit is een gewone tekst over niets in het bijzonder.\n";
  expect_type(dutch, Id::kText);
  expect_type("Één café in Liège, élève naïf.\n", Id::kTextUtf8);
  expect_type("\xEF\xBB\xBF" + dutch, Id::kTextUtf8Bom);
  expect_type("\xC9\xE9n caf\xE9 in Li\xE8ge, na\xEFve mensen, veel woorden.\n", Id::kText8Bit);
  std::string wide, big;
  for (const char c : dutch) {
    wide += std::string(1, c) + '\0';
    big += '\0' + std::string(1, c);
  }
  expect_type(wide, Id::kTextUtf16Le);
  expect_type("\xFF\xFE" + wide, Id::kTextUtf16Le);
  expect_type(big, Id::kTextUtf16Be);
  expect_type("\xFE\xFF" + big, Id::kTextUtf16Be);
  expect_type(dutch + '\0', Id::kUnknown, "a zero byte");
  // A letter cut by the end of the head is none cut by the end of the file.
  std::string cut = padded("", kHeadBytes - 1, 'a') + "é and more of it";
  expect_type(cut, Id::kTextUtf8);
  expect_type("abc\xC3", Id::kUnknown);
  // However long it is, one byte decides.
  const std::string plain = padded("", 3000, 'a');
  for (const std::size_t at : {0u, 255u, 256u, 2999u})
    for (const char byte : {'\x06', '\x0E', '\x1A', '\x1C', '\x7F'}) {
      std::string other = plain;
      other[at] = byte;
      expect_type(other, Id::kUnknown, "a control character");
    }
  expect_type("\x1B[1mbold\x1B[0m\a\v\f\n", Id::kText);
}

// What is no UTF-8 in one place is none, whatever follows.
TEST(Types, EightBitTexts) {
  expect_type("Du caf\xE9 et du th\xE9 pour les deux amis.\n", Id::kText8Bit, "two letters");
  expect_type("Du caf\xE9, du th\xE9 et un \xE9lan pour les amis.\n", Id::kText8Bit, "three letters");
  expect_type("Caf\xE9 ou th\xC3\xA9, l'un en Latin-1 et l'autre en UTF-8.\n", Id::kText8Bit, "mixed");
  expect_type("Herr M\x81ller wohnt seit Jahren im zweiten Stock links.\n", Id::kText8Bit, "of DOS");
  const std::string kanji = "\x93\xFA\x96\x7B\x8C\xEA";
  expect_type(kanji + kanji + kanji, Id::kUnknown, "Shift_JIS");
  const std::string xml = "<?xml version=\"1.0\" encoding=\"Shift_JIS\"?>\n<a>" + kanji + kanji + kanji + kanji;
  expect_type(xml + "</a>", Id::kXml, "its tags are ASCII");
  expect_type(xml + '\x01', Id::kUnknown);
}

// Counted by hand: the table of products and the tables side by side add up to the definition.
TEST(Types, EntropyIsShannons) {
  EXPECT_EQ(type_of("ab").entropy_millibits, 1000);
  EXPECT_EQ(type_of("aaab").entropy_millibits, 811);
  EXPECT_EQ(type_of("abcdefg").entropy_millibits, 2807);
  std::string all;
  for (int i = 0; i < 2048; ++i) all += static_cast<char>(i / 8);
  EXPECT_EQ(type_of(all).entropy_millibits, 8000);
  EXPECT_EQ(type_of(all + "what follows does not count").entropy_millibits, 8000);
}

TEST(Types, KindsOfText) {
  struct Case {
    std::string content;
    Id id;
  };
  const std::vector<Case> cases{
      {"<!DOCTYPE html>\n<html></html>", Id::kHtml},
      {"  <html lang=\"de\">", Id::kHtml},
      {"<?xml version=\"1.0\"?>\n<!-- x --><svg xmlns=\"http://www.w3.org/2000/svg\"/>", Id::kSvg},
      {"<?xml version=\"1.0\"?>\n<!DOCTYPE plist PUBLIC \"x\">\n<plist version=\"1.0\"></plist>", Id::kPlistXml},
      {"<?xml version=\"1.0\"?><map><string name=\"a\"/></map>", Id::kXml},
      {"{\"a\": [1, 2, {\"b\": null}], \"c\": \"x\"}\n", Id::kJson},
      {"{\"a\": 1}\n{\"a\": 2}\n", Id::kJsonLines},
      {"{\"a\": 1,\n", Id::kText},
      {"[Main]\nKey=1\nOther=2\n", Id::kIni},
      {"name,age,town\nx,1,y\n\"a, b\",2,z\n", Id::kCsv},
      {"one, two\nthree words here\nfour, five\n", Id::kText},
      {"#!/bin/sh\necho hi\n", Id::kShell},
      {"#!/usr/bin/env python3\nprint()\n", Id::kPython},
      {"From a@example.org Mon Mar  4 10:00:00 2024\nFrom: a@example.org\nSubject: x\n\nhi\n", Id::kMbox},
      {"Received: from x by y\n\tfor z\nFrom: a@example.org\nSubject: x\n\nhi\n", Id::kMail},
      {"124\nFrom: a@example.org\nTo: b@example.org\n\nhi\n", Id::kEmlx},
      {"Subject matter: nothing\nFrom here: on\n", Id::kText},
      {"BEGIN:VCARD\r\nVERSION:3.0\r\n", Id::kVcard},
      {"-----BEGIN CERTIFICATE-----\nMIIB\n", Id::kPemCertificate},
      {"Windows Registry Editor Version 5.00\r\n\r\n", Id::kRegistryText},
  };
  for (const Case& one : cases) expect_type(one.content, one.id, one.content);
}

TEST(Types, StructuresWithoutASignature) {
  // LevelDB: the checksum of the first record holds.
  const std::string batch = le(1, 8) + le(1, 4) +
                            "\x01\x03"
                            "abc\x02"
                            "de";
  const std::string typed = "\x01" + batch;
  const std::uint32_t crc = crc32c(0, as_bytes(typed));
  const std::uint32_t masked = ((crc >> 15) | (crc << 17)) + 0xA282EAD8u;
  const std::string log = le(masked, 4) + le(batch.size(), 2) + typed;
  expect_type(log, Id::kLevelDbLog);
  std::string wrong = log;
  wrong.back() = static_cast<char>(wrong.back() ^ 1);
  expect_type(wrong, Id::kUnknown);
  expect_type(random_bytes(9000, 12) + "\x57\xFB\x80\x8B\x24\x75\x47\xDB", Id::kLevelDbTable);
  // The recycle bin: the size follows from the length of the path.
  const std::string recycled = le(2, 8) + le(1000, 8) + le(132800000000000000u, 8) + le(4, 4) + "C\0:\0\\\0\0\0"s;
  expect_type(recycled, Id::kRecycled);
  expect_type(recycled + "x", Id::kUnknown);
  // A disc behind 32 KiB of zeros, a disk image by its trailer.
  expect_type(padded("", 32768) +
                  "\x01"
                  "CD001\x01\0"s +
                  padded("", 5000),
              Id::kIso);
  expect_type(random_bytes(20000, 5) + padded("koly\0\0\0\4\0\0\2\0"s, 512), Id::kDmg);
  // Frames of MPEG audio, one behind the other: 128 kbit/s at 44100 Hz take 417 bytes.
  std::string frames;
  for (int i = 0; i < 5; ++i) frames += padded("\xFF\xFB\x90\x64", 417, '\x55');
  expect_type(frames, Id::kMp3);
  expect_type("\xFF\xFB\x90\x64" + random_bytes(2000, 2), Id::kUnknown);
}

// Whatever is cut off or flipped: an answer that can be, and nothing is read beyond the end (sanitizers watch).
TEST(Types, DamagedContents) {
  const std::vector<std::string> contents{
      zip({{"mimetype", "application/epub+zip"}, {"word/document.xml", "x", 1}}),
      ole({"WordDocument", "EncryptedPackage"}, 1),
      "\x85"s + be(60, 2) + "\x03" + padded("keyidxyz", 8, 'k') + "\x01" + random_bytes(50, 2) + "\xD2\xFF",
      "Rar!\x1A\x07\x01\0"s + le(1, 4) + "\x05\x01\0\0\0\0" + random_bytes(60, 3),
      "{\"a\": [1, 2, {\"b\": \"\\\\u00e9\"}]}",
      "<?xml version=\"1.0\"?><!-- a --><plist>",
      be(24, 4) + "ftypheic" + be(0, 4) + "mif1heic",
      "SQLite format 3\0"s + padded(be(512, 2), 84) + "CREATE TABLE \"sms\"(",
      "\x7F"
      "ELF\x02\x01\x01" +
          padded("", 9) + le(3, 2) + le(62, 2) + le(1, 4) + le(0, 8) + le(64, 8) + padded("", 14) + le(56, 2) +
          le(2, 2) + padded("", 100),
      "MZ" + padded("", 58) + le(64, 4) + "PE\0\0"s + padded("", 100),
  };
  for (const std::string& content : contents) {
    for (std::size_t size = 0; size <= std::min<std::size_t>(content.size(), 700); ++size) {
      const std::vector<std::uint8_t> exact(content.begin(), content.begin() + static_cast<std::ptrdiff_t>(size));
      EXPECT_TRUE(catalog::validate(identify(exact, size)));
      EXPECT_TRUE(catalog::validate(identify(exact, 1u << 30)));
    }
    for (std::size_t i = 0; i < std::min<std::size_t>(content.size(), 700); ++i) {
      std::vector<std::uint8_t> flipped(content.begin(), content.end());
      flipped[i] = static_cast<std::uint8_t>(~flipped[i]);
      EXPECT_TRUE(catalog::validate(identify(flipped, flipped.size())));
    }
  }
}

}  // namespace
}  // namespace limier::types
