// The manifest in both languages: what is read, and that every mistake has its line and its sentence.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "batch/manifest.h"
#include "batch/packing.h"
#include "limier/base/digest.h"

namespace limier::batch {
namespace {

bool is_known_zone(std::string_view zone) {
  return zone == "Europe/Amsterdam";
}
bool is_spaces(std::string_view text) {
  return text.find_first_not_of(' ') == std::string_view::npos;
}
const TextRules kRules{is_known_zone, is_spaces};
const std::string kSha256(64, 'a');

struct ReadManifest {
  std::vector<Exhibit> exhibits;
  std::vector<PlanProblem> problems;
};

ReadManifest read(std::string_view text, std::string_view name = "manifest.csv") {
  ReadManifest result;
  GivenFiles given;
  const Manifest manifest = parse_manifest(text, name, result.problems);
  for (const auto& row : manifest.rows)
    result.exhibits.push_back(exhibit_of(row, manifest.defaults, "/base", kRules, given, result.problems));
  return result;
}

void expect_problem(const ReadManifest& result, std::size_t line, std::string_view words) {
  const bool found = std::any_of(result.problems.begin(), result.problems.end(), [&](const PlanProblem& problem) {
    return problem.line == line && problem.message.find(words) != std::string::npos;
  });
  std::string all;
  for (const auto& problem : result.problems) all += std::to_string(problem.line) + ": " + problem.message + "\n";
  EXPECT_TRUE(found) << "line " << line << ", " << words << "\nthere are:\n" << all;
}

TEST(Manifest, CsvOfASpreadsheetIsRead) {
  const auto result = read(
      "\xEF\xBB\xBF# the night of 3 March\r\nExhibit Number,Path,Authority,Scope,Examiner,Colour,Expected digest\r\n"
      "A-1,\"disk, first.E01\",\"warrant \"\"12/2026\"\"\",\"photos\nand chats\",De Wit,,\r\n\r\n# a stick\r\n"
      "17/b,sub/../stick.001,consent,,,,SHA256:" +
      kSha256 + "\r\n,,,,,,\r\n");
  expect_problem(result, 2, "there is no column 'Colour'");
  ASSERT_EQ(result.problems.size(), 1U);
  ASSERT_EQ(result.exhibits.size(), 2U);
  EXPECT_EQ(result.exhibits[0].image, "/base/disk, first.E01");
  EXPECT_EQ(result.exhibits[0].authority.text, "warrant \"12/2026\"");
  EXPECT_EQ(result.exhibits[0].scope, "photos\nand chats");
  EXPECT_EQ(result.exhibits[0].authority.note, "Scope: photos\nand chats");
  EXPECT_EQ(result.exhibits[1].name, "17/b");
  EXPECT_EQ(result.exhibits[1].folder, "17_b");
  EXPECT_EQ(result.exhibits[1].image, "/base/stick.001");
  EXPECT_EQ(result.exhibits[1].expect_sha256, kSha256);
  EXPECT_EQ(result.exhibits[1].profile, "standard");
}

TEST(Manifest, SemicolonsAndTabsSeparateToo) {
  for (const std::string separator : {";", "\t"}) {
    std::string text = "seal;path;authority\n4711;a.dd;warrant, consent\n";
    for (std::size_t at = 0; (at = text.find(';', at)) != std::string::npos; ++at) text.replace(at, 1, separator);
    const auto result = read(separator == ";" ? text : text.replace(text.find(", "), 2, " "));
    ASSERT_TRUE(result.problems.empty()) << result.problems[0].message;
    EXPECT_EQ(result.exhibits.at(0).name, "4711");
  }
}

TEST(Manifest, TomlSaysTheSame) {
  const auto result = read(R"([defaults]
authority = "warrant 12/2026"
examiner = "De Wit"
profile = "quick"

[[exhibit]]
exhibit = "A-1"
path = "laptop.E01"
profile = "full"
options = { zone = "Europe/Amsterdam", incomplete = true }

[[exhibit]]
seal = 17
path = "/abs/stick.001"
)",
                           "m.toml");
  ASSERT_TRUE(result.problems.empty()) << result.problems[0].message;
  ASSERT_EQ(result.exhibits.size(), 2U);
  EXPECT_EQ(result.exhibits[0].profile, "full");
  EXPECT_EQ(result.exhibits[0].zone, "Europe/Amsterdam");
  EXPECT_TRUE(result.exhibits[0].incomplete);
  EXPECT_EQ(result.exhibits[1].name, "17");
  EXPECT_EQ(result.exhibits[1].profile, "quick");
  EXPECT_EQ(result.exhibits[1].image, "/abs/stick.001");
  EXPECT_EQ(result.exhibits[1].authority.text, "warrant 12/2026");
}

TEST(Manifest, EveryMistakeOfACsvIsSaidAtOnce) {
  const auto result = read(
      "exhibit,path,authority,profile,zone,digest,incomplete,colour\n"
      "A,a.dd,,quick,,,,\n"
      "B,,warrant,fast,Mars/Base,xyz,maybe,\n"
      "C,c.dd,warrant\n"
      "../D,d.dd,warrant,,,,,\n"
      "E,e.dd,warrant,,,\"md5:" +
      kSha256 + "\",,\n");
  expect_problem(result, 1, "there is no column 'colour'");
  expect_problem(result, 2, "has no authority");
  expect_problem(result, 3, "path of the image is missing");
  expect_problem(result, 3, "profile 'fast' is none of list, quick, standard, full");
  expect_problem(result, 3, "'Mars/Base' is not a time zone");
  expect_problem(result, 3, "'xyz' is not a digest");
  expect_problem(result, 3, "incomplete is yes or no, not 'maybe'");
  expect_problem(result, 4, "has 3 fields where the header has 8");
  expect_problem(result, 5, "cannot be the name of a folder");
  expect_problem(result, 6, "is not a digest of the kind md5");
  EXPECT_EQ(result.problems.size(), 10U);
  const auto refused = std::count_if(result.problems.begin(), result.problems.end(),
                                     [](const auto& problem) { return problem.kind == ErrorKind::kRefused; });
  EXPECT_EQ(refused, 1) << "the missing authority, and nothing else";
}

TEST(Manifest, MistakesOfTomlHaveTheirLine) {
  expect_problem(read("[[exhibit]]\nexhibit = \n", "m.toml"), 2, "");
  expect_problem(read("[[exhibit]]\ncolour = 'red'\npath = 'a'\n", "m.toml"), 2, "there is no key 'colour'");
  expect_problem(read("[[exhibit]]\nexhibit = 1.5\n", "m.toml"), 2, "must be a text in quotes");
  expect_problem(read("[exhibit]\nexhibit = 'A'\n", "m.toml"), 1, "write [[exhibit]]");
  expect_problem(read("[settings]\na = 1\n", "m.toml"), 1, "there is no 'settings' here");
  expect_problem(read("[[exhibit]]\npath = 'a'\nimage = 'b'\n", "m.toml"), 3, "is given twice");
}

TEST(Manifest, WhatIsNoManifestIsSaidToBeNone) {
  expect_problem(read(""), 0, "names no exhibit");
  expect_problem(read("# nothing\n\n"), 0, "names no exhibit");
  expect_problem(read(std::string("\xFF\xFE"
                                  "e\0x\0",
                                  6)),
                 1, "is in UTF-16");
  expect_problem(read("exhibit,path\nA,caf\xE9.dd\n"), 2, "is not UTF-8");
  expect_problem(read(std::string("exhibit,path\nA,a\0.dd\n", 21)), 2, "zero byte");
  expect_problem(read("exhibit,path,authority\nA,\"a.dd,warrant\n"), 2, "never ends");
  expect_problem(read("exhibit,path,authority\nA,\"a\"b,warrant\n"), 2, "text follows a closing quote");
  expect_problem(read("exhibit,path,path\nA,a,b\n"), 1, "is there twice");
}

TEST(Manifest, OptionsAreThoseOfTriage) {
  const auto good = read(
      "exhibit,path,authority,options\nA,a.dd,w,--profile list --incomplete --zone Europe/Amsterdam\n"
      "B,b.dd,w,profile=quick; fail_on=high\n");
  ASSERT_TRUE(good.problems.empty()) << good.problems[0].message;
  EXPECT_EQ(good.exhibits[0].profile, "list");
  EXPECT_TRUE(good.exhibits[0].incomplete);
  EXPECT_EQ(good.exhibits[0].zone, "Europe/Amsterdam");
  EXPECT_EQ(good.exhibits[1].profile, "quick");
  EXPECT_EQ(good.exhibits[1].fail_on, "high");
  expect_problem(read("exhibit,path,authority,options\nA,a,w,--decrypt yes\n"), 2, "'--decrypt' is none of");
  expect_problem(read("exhibit,path,authority,options\nA,a,w,--zone\n"), 2, "needs a value");
  expect_problem(read("exhibit,path,authority,profile,options\nA,a,w,list,profile=quick\n"), 2, "is given twice");
}

TEST(Manifest, SectorSizes) {
  const auto good =
      read("exhibit,path,authority,Sector size,options\nA,a.dd,w,4096,\nB,b.dd,w,,--sector-size 512\nC,c.dd,w,,\n");
  ASSERT_TRUE(good.problems.empty()) << good.problems[0].message;
  EXPECT_EQ(good.exhibits[0].sector_size, "4096");
  EXPECT_EQ(good.exhibits[1].sector_size, "512");
  EXPECT_EQ(good.exhibits[2].sector_size, "");
  expect_problem(read("exhibit,path,authority,sector_size\nA,a,w,1024\n"), 2, "'1024' is none of 512, 4096");
}

TEST(Manifest, CodePages) {
  const auto good =
      read("exhibit,path,authority,Code page,options\nA,a.dd,w,850,\nB,b.dd,w,,--codepage 1251\nC,c.dd,w,,\n");
  ASSERT_TRUE(good.problems.empty()) << good.problems[0].message;
  EXPECT_EQ(good.exhibits[0].codepage, "850");
  EXPECT_EQ(good.exhibits[1].codepage, "1251");
  EXPECT_EQ(good.exhibits[2].codepage, "");
  expect_problem(read("exhibit,path,authority,codepage\nA,a,w,851\n"), 2, "'851' is none of 437, 737");
}

TEST(Manifest, KeywordsAndRulesAreReadAtPlanning) {
  const std::string folder = testing::TempDir();
  const std::string words = folder + "manifest_words.txt", rules = folder + "manifest_rules.yar";
  std::ofstream(words) << "heron\n";
  std::ofstream(rules) << "rule heron { condition: true }\n";
  const std::string head = "exhibit,path,authority,keywords,yara,profile\n";
  const auto good = read(head + "A,a.dd,w," + words + "," + rules + ",full\nB,b.dd,w,,,\n");
  ASSERT_TRUE(good.problems.empty());
  EXPECT_EQ(good.exhibits[0].keywords, std::vector<std::string>{words});
  ASSERT_EQ(good.exhibits[0].keyword_digests.size(), 1u);
  EXPECT_EQ(good.exhibits[0].keyword_digests[0],
            hex_digest(*digest_of(as_bytes(std::string_view("heron\n")), {false, false, true}).sha256));
  EXPECT_EQ(good.exhibits[0].yara_digest.size(), 64u);
  EXPECT_TRUE(good.exhibits[1].keywords.empty() && good.exhibits[1].yara.empty());
  const auto bad =
      read(head + "A,a.dd,w,none.txt," + folder + "none.yar,\nB,b.dd,w," + words + "," + rules + ",quick\n");
  expect_problem(bad, 2, "none.txt");
  expect_problem(bad, 2, "none.yar");
  expect_problem(bad, 3, "keywords needs profile standard or full");
  expect_problem(bad, 3, "yara needs profile standard or full");
}

TEST(Manifest, NamesOfFoldersAreSafe) {
  std::string why;
  EXPECT_EQ(folder_name("A-1", &why), "A-1");
  EXPECT_EQ(folder_name("2026/17 b", &why), "2026_17_b");
  EXPECT_EQ(folder_name("-rf", &why), "_rf");
  EXPECT_EQ(folder_name(".hidden", &why), "_hidden");
  EXPECT_EQ(folder_name("NUL", &why), "NUL_");
  EXPECT_EQ(folder_name("Pièce 3", &why), "Pièce_3");
  for (const std::string_view hostile :
       {"", ".", "..", "../etc", "a/../../b", "/", "a\nb", "a\x1B[2Jb", "a\\\x1B", "\\..\\x"})
    EXPECT_EQ(folder_name(hostile, &why), "") << hostile;
  EXPECT_EQ(folder_name(std::string(101, 'x'), &why), "");
}

std::vector<Exhibit> of_sizes(std::initializer_list<std::uint64_t> sizes) {
  std::vector<Exhibit> exhibits;
  for (const std::uint64_t size : sizes) {
    Exhibit exhibit;
    exhibit.name = exhibit.folder = "E" + std::to_string(exhibits.size());
    exhibit.segments = {{"x", size, 0, ""}};
    exhibits.push_back(std::move(exhibit));
  }
  return exhibits;
}
std::vector<const Exhibit*> pointers(const std::vector<Exhibit>& exhibits) {
  std::vector<const Exhibit*> list;
  for (const auto& exhibit : exhibits) list.push_back(&exhibit);
  return list;
}

TEST(Packing, LargestFirstAndSmallOnesTogether) {
  const auto exhibits = of_sizes({10, 900, 30, 20, 500, 40});
  auto list = pointers(exhibits);
  const auto tasks = pack(list, 100, 1);
  ASSERT_EQ(tasks.size(), 3U);
  EXPECT_EQ(tasks[0].exhibits, std::vector<std::string>{"E1"});
  EXPECT_EQ(tasks[1].exhibits, std::vector<std::string>{"E4"});
  EXPECT_EQ(tasks[2].exhibits, (std::vector<std::string>{"E5", "E2", "E3", "E0"}));
  EXPECT_EQ(tasks[2].size_bytes, 100U);
  EXPECT_EQ(tasks[2].number, 3U);
  std::reverse(list.begin(), list.end());
  EXPECT_EQ(pack(list, 100, 1)[2].exhibits, tasks[2].exhibits) << "the order of the manifest does not matter";
}

TEST(Packing, OneEachWhenAskedForAndNeverTooMany) {
  const auto exhibits = of_sizes({1, 1, 1});
  EXPECT_EQ(pack(pointers(exhibits), 0, 5).size(), 3U);
  EXPECT_EQ(pack(pointers(exhibits), 0, 5)[0].number, 5U);
  EXPECT_EQ(pack(pointers(exhibits), std::nullopt, 1).size(), 1U);
  std::vector<Exhibit> many;
  for (int i = 0; i < 200; ++i) many.push_back(of_sizes({1})[0]);
  EXPECT_EQ(pack(pointers(many), std::nullopt, 1).size(), 4U);
}

}  // namespace
}  // namespace limier::batch
