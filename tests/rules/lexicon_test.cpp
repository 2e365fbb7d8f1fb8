#include "rules/lexicon.h"

#include <gtest/gtest.h>

namespace limier::rules {
namespace {

Lexicon made(const std::vector<std::pair<std::string, std::string>>& files) {
  Lexicon lexicon({{"kill", "killing", false}, {"weapon", "weapon", false}, {"you", "", true}});
  for (const auto& [name, terms] : files) {
    const auto dot = name.find('.');
    const auto status =
        lexicon.add({"test/" + name, "# Origin: test\n" + terms}, name.substr(0, dot), name.substr(dot + 1));
    EXPECT_TRUE(status.ok()) << status.error().message;
  }
  lexicon.finish();
  return lexicon;
}

std::string found(const Lexicon& lexicon, std::string_view text) {
  return criteria_text(lexicon, lexicon.criteria(text));
}

TEST(Lexicon, WordsStemsAndWeights) {
  const Lexicon lexicon = made({{"kill.nl", "vermoord*, dood  2\nkapot\n"}, {"weapon.any", "9mm, #mm  1.5\n"}});
  EXPECT_EQ(found(lexicon, "Ik VERMOORDDE hem, dood!"), "kill=4:vermoordde|dood");
  EXPECT_EQ(found(lexicon, "doodmoe"), "");  // no stem: the whole word
  EXPECT_EQ(found(lexicon, "uitvermoord"), "");
  EXPECT_EQ(found(lexicon, "kaaapot"), "kill=1:kaaapot");
  EXPECT_EQ(found(lexicon, "een 7mm"), "weapon=1.5:7mm");
}

TEST(Lexicon, ClassesStandInTheOrderOfThePack) {
  const Lexicon lexicon = made({{"weapon.nl", "mes\n"}, {"kill.nl", "dood\n"}, {"you.nl", "je\n"}});
  EXPECT_EQ(found(lexicon, "mes je dood"), "kill=1:dood;weapon=1:mes;you=1:je");
}

TEST(Lexicon, SupportingClassesAloneSayNothing) {
  const Lexicon lexicon = made({{"you.nl", "je\n"}, {"kill.nl", "dood\n"}});
  EXPECT_EQ(found(lexicon, "je"), "");
}

TEST(Lexicon, TermsOfSeveralWords) {
  const Lexicon lexicon = made({{"kill.en", "take him out, take* her home  3\nout\n"}});
  EXPECT_EQ(found(lexicon, "please take him out now"), "kill=3:take him out");
  EXPECT_EQ(found(lexicon, "taken her home"), "kill=3:taken her home");
  EXPECT_EQ(found(lexicon, "take him home"), "");
}

TEST(Lexicon, PartsOfAVerbMayStandApart) {
  const Lexicon lexicon = made({{"kill.nl", "steek .. neer  3\n"}});
  EXPECT_EQ(found(lexicon, "ik steek neer"), "kill=3:steek neer");
  EXPECT_EQ(found(lexicon, "ik steek hem morgen voor u neer"), "kill=3:steek hem morgen voor u neer");
  EXPECT_EQ(found(lexicon, "ik steek hem morgen vroeg voor u neer"), "");
}

TEST(Lexicon, AWordCountsOnce) {
  const Lexicon lexicon = made({{"kill.nl", "dood  2\n"}});
  EXPECT_EQ(found(lexicon, "dood dood dood"), "kill=2:dood");
}

TEST(Lexicon, OnlyWordsOfTheLanguagesATextMayBeIn) {
  const Lexicon lexicon = made({{"language.nl", "de, ik, van, het\n"},
                                {"language.en", "the, and, of\n"},
                                {"kill.en", "die\n"},
                                {"kill.nl", "dood\n"}});
  EXPECT_EQ(found(lexicon, "ik ken die van de garage, het is dood"), "kill=1:dood");
  EXPECT_EQ(found(lexicon, "the end of it: you die"), "kill=1:die");
  EXPECT_EQ(found(lexicon, "die"), "kill=1:die");  // no telling
  EXPECT_EQ(lexicon.language("ik ken het"), "nl");
  EXPECT_EQ(lexicon.language("zzz"), "");
  EXPECT_TRUE(lexicon.has_words("nl"));
  EXPECT_FALSE(lexicon.has_words("fr"));
}

TEST(Lexicon, MistakesAreNamedWithTheirLine) {
  const auto wrong = [](std::string_view class_id, std::string bytes) {
    Lexicon lexicon({{"kill", "killing", false}});
    const auto status = lexicon.add({"p/lexicon/kill.nl.txt", std::move(bytes)}, class_id, "nl");
    return status.ok() ? "" : status.error().message;
  };
  EXPECT_EQ(wrong("kill", "# Origin: test\ndood  2\n"), "");
  EXPECT_NE(wrong("kill", "# Origin: test\n\ndood  zwaar\n").find("line 3"), std::string::npos);
  EXPECT_NE(wrong("kill", "# Origin: test\ndood  11\n").find("no weight"), std::string::npos);
  EXPECT_NE(wrong("kill", "# Origin: test\n!!\n").find("holds no word"), std::string::npos);
  EXPECT_NE(wrong("kill", "# Origin: test\ndood, DOOD\n").find("stands twice"), std::string::npos);
  EXPECT_NE(wrong("kill", "# Origin: test\n*dood\n").find("at the end of a word"), std::string::npos);
  EXPECT_NE(wrong("kill", "# Origin: test\ndood* 2\n").find("two blanks"), std::string::npos);
  EXPECT_EQ(wrong("kill", "# Origin: test\nglock 17\nschiet* .. neer\n"), "");
  EXPECT_NE(wrong("kill", "dood\n").find("Origin"), std::string::npos);
  EXPECT_NE(wrong("love", "# Origin: test\ndood\n").find("[[class]] 'love'"), std::string::npos);
}

TEST(Lexicon, PartsOfItsText) {
  EXPECT_EQ(class_in("kill=2.5:a|b;weapon=1:22:30", "kill").weight, 2.5);
  EXPECT_EQ(class_in("kill=2.5:a|b;weapon=1:22:30", "weapon").words, "22:30");
  EXPECT_EQ(class_in("kill=2.5:a", "kil").weight, 0);
  EXPECT_EQ(class_in("", "kill").weight, 0);
}

}  // namespace
}  // namespace limier::rules
