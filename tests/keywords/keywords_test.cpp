// The file of keywords, and where they are found: the same by both engines.
#include <gtest/gtest.h>

#include <random>

#include "limier/keywords.h"

namespace limier::keywords {
namespace {

constexpr std::array<std::string_view, 2> kReserved{"email", "iban"};

std::string wrong_with(std::string_view text) {
  Set set;
  const auto file = parse(text, "a/words.txt", kReserved, set);
  if (!file) return file.error().message;
  set.engine = Engine::kRe2;
  const std::vector<std::string> names{"a/words.txt"};
  const auto matcher = Matcher::compile(std::move(set), names);
  return matcher ? "" : matcher.error().message;
}

std::shared_ptr<const Matcher> matcher_of(std::string_view text, Engine engine) {
  Set set;
  const auto file = parse(text, "words.txt", kReserved, set);
  EXPECT_TRUE(file.ok()) << (file.ok() ? "" : file.error().message);
  set.engine = engine;
  auto matcher = Matcher::compile(std::move(set));
  EXPECT_TRUE(matcher.ok()) << (matcher.ok() ? "" : matcher.error().message);
  return matcher ? *matcher : nullptr;
}

std::vector<Engine> all_engines() {
  std::vector<Engine> all{Engine::kRe2};
  if (engines().best == Engine::kHyperscan) all.push_back(Engine::kHyperscan);
  return all;
}

std::string listed(const std::vector<Match>& found, std::string_view bytes) {
  std::string list;
  for (const Match& one : found)
    list += (list.empty() ? "" : "; ") + std::to_string(one.begin) + " " +
            to_utf8(bytes.substr(one.begin, one.end - one.begin), one.encoding) + " " +
            std::string(encoding_word(one.encoding));
  return list;
}

// What both find; a difference is shown in place of it.
std::string found_in(std::string_view bytes, std::string_view file) {
  std::string first;
  for (const Engine engine : all_engines()) {
    std::vector<Match> found;
    matcher_of(file, engine)->search(as_bytes(bytes), found);
    const std::string here = listed(found, bytes);
    if (engine == Engine::kRe2) first = here;
    if (here != first) return "re2: " + first + " | hyperscan: " + here;
  }
  return first;
}

std::string wide(std::string_view text) {
  return from_utf8(text, Encoding::kUtf16le);
}

TEST(KeywordFile, TakesWordsQuotedWordsExpressionsAndOptions) {
  Set set;
  const auto file = parse(
      "\xef\xbb\xbf# words of a case\r\n\r\n  red fox \r\n\"  two blanks\" case word\n/a\\/b\\x41/ "
      "kind=plate utf-8 max=5\n[kind=passport word]\nB12\n\"q\\\"\\\\\" noword\nred fox\n",
      "a/words.txt", kReserved, set);
  ASSERT_TRUE(file.ok()) << file.error().message;
  EXPECT_EQ(file->name, "words.txt");
  EXPECT_EQ(file->entries, 6);
  EXPECT_EQ(file->sha256.size(), 64u);
  const auto& words = set.keywords;
  ASSERT_EQ(words.size(), 6u);
  EXPECT_EQ(words[0].pattern, "red fox");
  EXPECT_EQ(words[0].line, 3u);
  EXPECT_EQ(options_of(words[0]), "nocase");
  EXPECT_EQ(words[1].pattern, "  two blanks");
  EXPECT_EQ(options_of(words[1]), "case word");
  EXPECT_TRUE(words[2].expression);
  EXPECT_EQ(words[2].pattern, "a/b\\x41");
  EXPECT_EQ(words[2].kind, "plate");
  EXPECT_EQ(options_of(words[2]), "nocase utf-8 max=5");
  EXPECT_EQ(words[3].kind, "passport");
  EXPECT_EQ(options_of(words[3]), "nocase word");
  EXPECT_EQ(words[4].pattern, "q\"\\");
  EXPECT_FALSE(words[4].whole_word);
  EXPECT_EQ(words[5].kind, "passport");  // the same word as another kind
}

TEST(KeywordFile, ASecondFileGoesOnAndDropsWhatWasSaid) {
  Set set;
  ASSERT_TRUE(parse("one\ntwo\n", "a", kReserved, set).ok());
  const auto second = parse("two\nthree\n", "b", kReserved, set);
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(second->entries, 1);
  EXPECT_EQ(set.keywords.back().file, 1u);
  EXPECT_FALSE(parse("two\n", "c", kReserved, set).ok());
}

TEST(KeywordFile, SaysWithFileAndLineWhatIsWrong) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"ok\n\"open", "a/words.txt, line 2: the second \" is missing"},
      {"\"word\"case", "line 1: a blank is missing behind"},
      {"/a(b/", "line 1: at character 4: a ( without its )"},
      {"/ab)/", "a ) without its ("},
      {"/ab[c/", "a [ without its ]"},
      {"/*ab/", "a repeat of nothing"},
      {"/ab+?/", "a repeat of a repeat"},
      {"/ab{3,2}/", "end comes before"},
      {"/ab{501}/", "a repeat of more than 500"},
      {"/^ab/", "bytes have no lines"},
      {"/ab$/", "bytes have no lines"},
      {"/\\bab/", "the option `word`"},
      {"/(?i)ab/", "only (?: is known"},
      {"/a\\q/", "\\q is not known"},
      {"/ab\\x00/", "a zero byte"},
      {"/[z-a]b/", "runs backwards"},
      {"/(ab)*/", "less than two characters"},
      {"x", "less than two characters"},
      {"/a{300}b{300}/", "it takes more than 500 bytes"},
      {"\"ab\" loud", "`loud` is no option"},
      {"\"ab\" kind=Plate", "a kind is a word of small letters"},
      {"\"ab\" kind=email", "what limier calls its own"},
      {"\"ab\" max=0", "max= takes a number"},
      {"\"ab\" max=9999999", "max= takes a number"},
      {"[word", "needs its ]"},
      {"\xff\xfe"
       "a",
       "it is UTF-16"},
      {"ok\nM\xfcller", "line 2: it is not UTF-8"},
      {"\"\xd0\xbc\xd0\xb8\xd1\x80\" cp1252", "cannot be written in any of its encodings"},
      {"# nothing\n", "a/words.txt: there is no keyword in it"},
      {std::string(1001, 'a'), "longer than 1000 bytes"},
  };
  for (const auto& [text, expected] : cases) {
    const std::string message = wrong_with(text);
    EXPECT_NE(message.find(expected), std::string::npos) << text << "\n  says: " << message;
    EXPECT_NE(message.find("a/words.txt"), std::string::npos) << message;
  }
}

TEST(Keywords, LiteralsInAllEncodings) {
  const std::string text = "x M\xc3\xbcller y M\xfcller z " + wide("M\xc3\xbcller") + " M\xc3\x9cLLER";
  EXPECT_EQ(found_in(text, "M\xc3\xbcller"),
            "2 M\xc3\xbcller utf-8; 12 M\xc3\xbcller cp1252; 21 M\xc3\xbcller utf-16le; 34 M\xc3\x9cLLER utf-8");
  EXPECT_EQ(found_in(text, "\"M\xc3\xbcller\" case cp1252"), "12 M\xc3\xbcller cp1252");
  EXPECT_EQ(found_in("abcABC", "\"abc\" case"), "0 abc utf-8");
  EXPECT_EQ(found_in("aaaa", "\"aa\" case utf-8"), "0 aa utf-8; 1 aa utf-8; 2 aa utf-8");
  EXPECT_EQ(found_in("5\xe2\x82\xac 5\x80", "5\xe2\x82\xac"), "0 5\xe2\x82\xac utf-8; 5 5\xe2\x82\xac cp1252");
  // 'A' as the low byte of another letter is no capital of it.
  EXPECT_EQ(found_in(wide("x\xc5\xa1"
                          "b"),
                     "\"x\xc5\x81"
                     "b\""),
            "");
  EXPECT_EQ(found_in("\xd0\x9c\xd0\x98\xd0\xa0 \xce\xa3\xce\x9f\xce\xa3",
                     "\xd0\xbc\xd0\xb8\xd1\x80\n\xcf\x83\xce\xbf\xcf\x82"),
            "0 \xd0\x9c\xd0\x98\xd0\xa0 utf-8; 7 \xce\xa3\xce\x9f\xce\xa3 utf-8");
}

TEST(Keywords, WholeWords) {
  EXPECT_EQ(found_in("cat cats concat cat_ \xc3\xa9"
                     "cat -cat-",
                     "\"cat\" word utf-8"),
            "0 cat utf-8; 28 cat utf-8");
  EXPECT_EQ(found_in(wide("cats cat"), "\"cat\" word"), "10 cat utf-16le");
  EXPECT_EQ(found_in("A12-345 A12-3456", "/[A-Z]\\d\\d-\\d+/ word case utf-8"), "0 A12-345 utf-8; 8 A12-3456 utf-8");
}

TEST(Keywords, AccentsFolded) {
  const std::string text =
      "Zoe Zo\xc3\xab ZO\xc3\x8b Zoe\xcc\x88 Zo\xeb strasse stra\xc3\x9f"
      "e";
  EXPECT_EQ(found_in(text, "\"zoe\" noaccents utf-8"),
            "0 Zoe utf-8; 4 Zo\xc3\xab utf-8; 9 ZO\xc3\x8b utf-8; 14 Zoe\xcc\x88 utf-8");
  EXPECT_EQ(found_in(text, "\"zo\xc3\xab\" noaccents cp1252"), "0 Zoe cp1252; 14 Zoe cp1252; 20 Zo\xc3\xab cp1252");
  EXPECT_EQ(found_in(text, "\"strasse\" noaccents utf-8"),
            "24 strasse utf-8; 32 stra\xc3\x9f"
            "e utf-8");
  EXPECT_EQ(found_in(text, "\"zoe\" utf-8"), "0 Zoe utf-8; 14 Zoe utf-8");
}

TEST(Keywords, ExpressionsAreLeftmostLongestAndDoNotOverlap) {
  EXPECT_EQ(found_in("ab12 ab1234x ab", "/ab\\d+/ utf-8"), "0 ab12 utf-8; 5 ab1234 utf-8");
  EXPECT_EQ(found_in("foobar", "/foo|foobar/ utf-8"), "0 foobar utf-8");
  EXPECT_EQ(found_in("xaaaaay", "/a{2,3}/ utf-8"), "1 aaa utf-8; 4 aa utf-8");
  EXPECT_EQ(found_in("k\xc3\xa4se K\xc3\x84SE", "/k[\xc3\xa4o]se/ utf-8"), "0 k\xc3\xa4se utf-8; 6 K\xc3\x84SE utf-8");
  EXPECT_EQ(found_in(wide("id: AB-99"), "/[a-z]{2}-[0-9]+/"), "8 AB-99 utf-16le");
  EXPECT_EQ(found_in("a.b a\nb axb", "/a.b/ utf-8"), "0 a.b utf-8; 8 axb utf-8");
  EXPECT_EQ(found_in("a\xf0\x9f\x98\x80z" + wide("a\xf0\x9f\x98\x80z"), "/a[^x]z/ utf-8 utf-16le"),
            "0 a\xf0\x9f\x98\x80z utf-8; 6 a\xf0\x9f\x98\x80z utf-16le");
}

TEST(Keywords, WhatIsLongerThanAMatchMayBeIsCutAlike) {
  const std::string text = std::string(1200, 'a');
  const std::string found = found_in(text, "/aa+/ utf-8");
  EXPECT_EQ(found.substr(0, 2), "0 ");
  EXPECT_NE(found.find("500 a"), std::string::npos);
  EXPECT_EQ(found.find("hyperscan"), std::string::npos) << found.substr(0, 200);
  // A beginning whose end does not come is not followed for ever.
  EXPECT_EQ(found_in("ab" + std::string(100'000, 'x') + "c abc", "/ab[a-z ]*c/ utf-8"), "100004 abc utf-8");
}

TEST(Keywords, AtEveryPlaceOfABlock) {
  const std::string file = "\"Needle\" case\n/n[0-9]{3}x/\n\"Zo\xc3\xab\" noaccents";
  for (std::size_t at = 0; at < 64; ++at) {
    const std::string bytes = std::string(at, '\xc3') + "Needle" + std::string(64 - at, '\0') + wide("Needle") +
                              "n123X" + std::string(at, 'q') + "ZOE";
    const std::string n = std::to_string(at);
    EXPECT_EQ(found_in(bytes, file), n + " Needle utf-8; 70 Needle utf-16le; 82 n123X utf-8; " +
                                         std::to_string(87 + at) + " ZOE utf-8" + "; " + std::to_string(87 + at) +
                                         " ZOE cp1252")
        << at;
  }
}

TEST(Keywords, BothEnginesFindTheSameInRandomBytes) {
  std::mt19937 random(7);
  std::uniform_int_distribution<int> letter(0, 9);
  std::string bytes;
  for (int i = 0; i < 200'000; ++i) bytes += "ab1 \xc3\xa4\0xyz"[letter(random)];
  const std::string found =
      found_in(bytes, "ab1\n/a+b*1/\n/x(?:y|z1)+a?/ word\n\"ya\" noaccents\n/[a-c]{2,5} [^x]/ case\n");
  EXPECT_EQ(found.find("hyperscan: "), std::string::npos) << found.substr(0, 300);
  EXPECT_GT(found.size(), 10'000u);
}

TEST(Keywords, TextComesBackFromItsBytes) {
  const std::string text = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80";
  EXPECT_EQ(to_utf8(from_utf8(text, Encoding::kUtf16le), Encoding::kUtf16le), text);
  EXPECT_EQ(from_utf8("\xe2\x82\xac", Encoding::kCp1252), "\x80");
  EXPECT_EQ(to_utf8("\x80\xe9", Encoding::kCp1252), "\xe2\x82\xac\xc3\xa9");
}

TEST(Keywords, NormalizedIsTheWordOrWhatAnExpressionFound) {
  const auto matcher = matcher_of("Z\xc3\x9crich\n/[a-z]\\d+/\n/[A-Z]\\d+/ case", Engine::kRe2);
  EXPECT_EQ(matcher->normalized(0, "Z\xc3\xbcRICH"), "Z\xc3\x9crich");
  EXPECT_EQ(matcher->normalized(1, "K12"), "k12");
  EXPECT_EQ(matcher->normalized(2, "K12"), "K12");
}

TEST(Keywords, TooManyForTheSlowEngineAreRefused) {
  std::string file;
  for (std::size_t i = 0; i <= kMaxWithoutHyperscan; ++i) file += "word" + std::to_string(i) + "\n";
  EXPECT_NE(wrong_with(file + "# a/words.txt").find("are more than 1000"), std::string::npos);
}

}  // namespace
}  // namespace limier::keywords
