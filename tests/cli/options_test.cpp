// The small languages of option values.
#include "cli/options.h"

#include <gtest/gtest.h>

namespace limier::cli {
namespace {

TEST(ParseSize, KnowsPowersOf1024) {
  EXPECT_EQ(parse_size("0"), 0u);
  EXPECT_EQ(parse_size("4096"), 4096u);
  EXPECT_EQ(parse_size("64K"), 65536u);
  EXPECT_EQ(parse_size("64k"), 65536u);
  EXPECT_EQ(parse_size("10M"), 10u << 20);
  EXPECT_EQ(parse_size("2GiB"), 2ull << 30);
  EXPECT_EQ(parse_size("1T"), 1ull << 40);
}

TEST(ParseSize, RefusesWhatIsNoSize) {
  for (const char* text :
       {"", "K", "-1", "+1", "1.5M", "10X", "10MB", "10 M", "0x10", "99999999999999999999", "99999999999T"})
    EXPECT_FALSE(parse_size(text).has_value()) << text;
}

TEST(ParseDigestList, AnyOrderNoOtherWord) {
  EXPECT_EQ(parse_digest_list("md5"), (DigestSet{true, false, false}));
  EXPECT_EQ(parse_digest_list("sha256,md5"), (DigestSet{true, false, true}));
  EXPECT_EQ(parse_digest_list("md5, sha1, sha256"), kAllDigests);
  for (const char* text : {"", "md5,", "sha512", "MD5", "md5;sha1"})
    EXPECT_FALSE(parse_digest_list(text).has_value()) << text;
}

TEST(ParsePeriod, AShortFormIsTheWholePeriod) {
  const auto length = [](const char* text) {
    const auto period = parse_period(text);
    return period ? (period->until_ns - period->from_ns) / kNsPerSecond : -1;
  };
  EXPECT_EQ(length("2021"), 365 * 86400);
  EXPECT_EQ(length("2020"), 366 * 86400);
  EXPECT_EQ(length("2020-02"), 29 * 86400);
  EXPECT_EQ(length("2020-12"), 31 * 86400);
  EXPECT_EQ(length("2021-03-09"), 86400);
  EXPECT_EQ(length("2021-03-09T05:00"), 60);
  EXPECT_EQ(length("2021-03-09T05:00Z"), 60);
  EXPECT_EQ(length("2021-03-09T05:00:07Z"), 1);
  const auto exact = parse_period("2021-03-09T05:00:00.000000001Z");
  ASSERT_TRUE(exact.has_value());
  EXPECT_EQ(exact->until_ns - exact->from_ns, 1);
}

TEST(ParsePeriod, RefusesWhatIsNoTime) {
  for (const char* text : {"", "21", "2021-13", "2021-02-30", "yesterday", "2021-03-09T25:00"})
    EXPECT_FALSE(parse_period(text).has_value()) << text;
}

TEST(ZoneExists, OnlyPlainNamesOfTheDatabase) {
  EXPECT_TRUE(zone_exists("Europe/Amsterdam"));
  EXPECT_TRUE(zone_exists("UTC"));
  for (const char* zone : {"", "Europe", "Europe/Nowhere", "../../../etc/passwd", "/usr/share/zoneinfo/UTC", "UTC; rm",
                           "zone.tab", "Europe/./Amsterdam"})
    EXPECT_FALSE(zone_exists(zone)) << zone;
}

TEST(IsBlank, NothingThatCanBeSeen) {
  for (const char* text : {"", " ", "\t\n ", "\xC2\xA0", "\xE2\x80\x8B \xE3\x80\x80", "\xEF\xBB\xBF"})
    EXPECT_TRUE(is_blank(text)) << text;
  for (const char* text : {"x", " . ", "\xC3\xA9", "\xE6\x97\xA5", "\xF0\x9F\x94\x8E", "\xFF"})
    EXPECT_FALSE(is_blank(text)) << text;
}

TEST(ShellQuote, GivesTheSameWordBack) {
  EXPECT_EQ(shell_quote("laptop.E01"), "laptop.E01");
  EXPECT_EQ(shell_quote("/a/b-c_d=1,2"), "/a/b-c_d=1,2");
  EXPECT_EQ(shell_quote(""), "''");
  EXPECT_EQ(shell_quote("warrant 12"), "'warrant 12'");
  EXPECT_EQ(shell_quote("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_quote("$(id)"), "'$(id)'");
  const char* const words[] = {"limier", "triage", "a b"};
  EXPECT_EQ(command_line(3, words), "limier triage 'a b'");
}

TEST(CaseFile, ReadsKeysCommentsAndQuotes) {
  const auto values = parse_case_file(
      "\xEF\xBB\xBF# a comment\r\n\nauthority = warrant 12/2026 # kept\r\n case=\"17 = x\"\nnote = ''\n", "f");
  ASSERT_TRUE(values.ok());
  const CaseValues expected{{"authority", "warrant 12/2026 # kept"}, {"case", "17 = x"}, {"note", ""}};
  EXPECT_EQ(*values, expected);
}

TEST(CaseFile, NamesTheLineThatIsWrong) {
  const auto message = [](std::string_view text) {
    const auto values = parse_case_file(text, "case.conf");
    return values.ok() ? std::string() : values.error().message;
  };
  EXPECT_NE(message("authority warrant").find("case.conf, line 1"), std::string::npos);
  EXPECT_NE(message("case = 1\nkey = secret").find("line 2: 'key'"), std::string::npos);
  EXPECT_NE(message("case = 1\ncase = 2").find("twice"), std::string::npos);
  EXPECT_NE(message("note = \"open").find("quote"), std::string::npos);
}

TEST(CaseFile, RefusesWhatIsNoFile) {
  const auto values = read_case_file("/");
  ASSERT_FALSE(values.ok());
  EXPECT_EQ(values.error().kind, ErrorKind::kUsage);
  EXPECT_FALSE(read_case_file("/nowhere/at/all").ok());
}

TEST(CheckDigest, LengthAndDigits) {
  EXPECT_EQ(check_digest<16>("d41d8cd98f00b204e9800998ecf8427e"), "");
  EXPECT_EQ(check_digest<16>("D41D8CD98F00B204E9800998ECF8427E"), "");
  EXPECT_NE(check_digest<16>("d41d"), "");
  EXPECT_NE(check_digest<20>("d41d8cd98f00b204e9800998ecf8427e"), "");
  EXPECT_NE(check_digest<16>("x41d8cd98f00b204e9800998ecf8427e"), "");
}

}  // namespace
}  // namespace limier::cli
