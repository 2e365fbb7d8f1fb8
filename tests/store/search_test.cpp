// Terms and regular expressions over one text: where they stand in it. tests/cli/test_search.py holds whole searches
// against a plain scan.
#include <gtest/gtest.h>

#include "store/search_term.h"

namespace limier::store {
namespace {

class Terms : public ::testing::Test {
 protected:
  void SetUp() override {
    auto words = TextWords::make();
    ASSERT_TRUE(words.ok()) << words.error().message;
    words_.emplace(std::move(*words));
  }
  // What the term finds in the text, as it stands there.
  std::vector<std::string> find(std::string_view term, const std::string& text, bool whole = false) {
    const auto made = SearchTerm::make(term, whole, *words_);
    EXPECT_TRUE(made.ok()) << term;
    const auto split = words_->split(text);
    EXPECT_TRUE(split.ok());
    std::vector<TextSpan> spans;
    made->find(text, **split, spans);
    std::vector<std::string> found;
    for (const TextSpan& span : spans) found.push_back(text.substr(span.begin, span.end - span.begin));
    return found;
  }
  std::optional<TextWords> words_;
};
using Found = std::vector<std::string>;

TEST_F(Terms, StandAnywhereWhateverTheCaseAndAccents) {
  EXPECT_EQ(find("geld", "Drogengeld, Géld und GELDER"), (Found{"geld", "Géld", "GELD"}));
  EXPECT_EQ(find("GÉLD", "geld"), (Found{"geld"}));
  EXPECT_EQ(find("geld", "gel d"), (Found{}));
}

TEST_F(Terms, SidesAreOpenOrNot) {
  const std::string text = "kilo kilos fourkilo";
  EXPECT_EQ(find("kilo", text).size(), 3u);
  EXPECT_EQ(find("kilo*", text).size(), 2u);
  EXPECT_EQ(find("*kilo", text).size(), 2u);
  EXPECT_EQ(find("\"kilo\"", text).size(), 1u);
  EXPECT_EQ(find("kilo", text, true).size(), 1u);
}

TEST_F(Terms, WordsInARowWithAnythingBetween) {
  EXPECT_EQ(find("two kilo", "twenty-two, kilos; two kilo; two or kilo"), (Found{"two, kilo", "two kilo"}));
  EXPECT_EQ(find("two kilo", "twenty-two\nkilos", true), (Found{}));
}

TEST_F(Terms, SignsStandForThemselves) {
  EXPECT_EQ(find("a@b.org", "a@b.org a-b.org xa@b.orgx"), (Found{"a@b.org", "a@b.org"}));
  EXPECT_EQ(find("+32470", "+32470000000 0032470000000"), (Found{"+32470"}));
  EXPECT_EQ(find("c++", "C++ and c#"), (Found{"C++"}));
  EXPECT_EQ(find("#tag", "a#tag #tags"), (Found{"#tag", "#tag"}));
  EXPECT_EQ(find("!!", "no!!!! yes"), (Found{"!!", "!!"}));
}

TEST_F(Terms, OfNothingAreRefused) {
  for (const std::string_view text : {"", "  ", "\" \""}) {
    const auto made = SearchTerm::make(text, false, *words_);
    ASSERT_FALSE(made.ok()) << text;
    EXPECT_EQ(made.error().kind, ErrorKind::kUsage);
  }
}

TEST(Patterns, StandWithinALine) {
  const auto find = [](std::string_view pattern, bool ignore_case, const std::string& text) {
    const auto made = SearchPattern::make(pattern, ignore_case);
    EXPECT_TRUE(made.ok()) << pattern;
    std::vector<TextSpan> spans;
    made->find(text, spans);
    Found found;
    for (const TextSpan& span : spans) found.push_back(text.substr(span.begin, span.end - span.begin));
    return found;
  };
  EXPECT_EQ(find("^a.*z$", false, "a to z\nb to z\na z"), (Found{"a to z", "a z"}));
  EXPECT_EQ(find("c.f", false, "caf cäf C-f"), (Found{"caf", "cäf"}));
  EXPECT_EQ(find("c.f", true, "caf CÄF"), (Found{"caf", "CÄF"}));
  EXPECT_EQ(find("x*", false, "aaa"), (Found{}));
  EXPECT_EQ(find("[0-9]{3}", false, "1234567"), (Found{"123", "456"}));
  for (const std::string_view wrong : {"", "(", "a{2,1}", "(a)\\1"})
    EXPECT_FALSE(SearchPattern::make(wrong, false).ok());
}

}  // namespace
}  // namespace limier::store
