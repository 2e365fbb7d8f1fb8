#include "rules/fold.h"

#include <gtest/gtest.h>

namespace limier::rules {
namespace {

std::vector<std::string> words_of(std::string_view text) {
  Folded folded;
  fold(text, folded);
  std::vector<std::string> words;
  for (const Word& word : folded.words) words.emplace_back(folded.text(word));
  return words;
}

std::vector<std::string> spellings_of(std::string_view text) {
  Folded folded;
  fold(text, folded);
  std::vector<std::string> all;
  for (const Word& word : folded.words) spellings(folded, word, all);
  return all;
}

using Words = std::vector<std::string>;

TEST(Fold, CaseAndAccentsGo) {
  EXPECT_EQ(words_of("Égorgé, STRASSE Straße œuvre İstanbul ığdır ËSHTË"),
            (Words{"egorge", "strasse", "strasse", "oeuvre", "istanbul", "igdir", "eshte"}));
}

TEST(Fold, ApostrophesAndHyphensDivide) {
  EXPECT_EQ(words_of("t'es l\u2019ai foto's e-mail"), (Words{"t", "es", "l", "ai", "foto", "s", "e", "mail"}));
}

TEST(Fold, TimesAndSumsAreOneWord) {
  EXPECT_EQ(words_of("om 22:30 of 10.000, 5k. 20u"), (Words{"om", "22:30", "of", "10.000", "5k", "20u"}));
}

TEST(Fold, MoneySignsAndPicturesAreWords) {
  EXPECT_EQ(words_of("\u20ac500 lol\U0001F602\U0001F52A"), (Words{"eur", "500", "lol", "\U0001F602", "\U0001F52A"}));
}

TEST(Fold, WhatCannotBeSeenHidesNothing) {
  EXPECT_EQ(words_of("ki\u200Bll e\u0301t\u00ADe \U0001F44D\U0001F3FD"), (Words{"kill", "ete", "\U0001F44D"}));
}

TEST(Fold, InvalidBytesDivide) {
  EXPECT_EQ(words_of("ki\xFFll \xC3"), (Words{"ki", "ll"}));
  EXPECT_EQ(words_of("\xF0\x9F\x98"), Words{});
}

TEST(Fold, OtherScriptsStay) {
  EXPECT_EQ(words_of("УБЬЮ тебя"), (Words{"убью", "тебя"}));
}

TEST(Fold, IsBounded) {
  const std::string many(10 * kMaxTextBytes, 'a');
  EXPECT_EQ(words_of(many), Words{});  // one word, longer than any
  std::string short_words;
  for (int i = 0; i < 100'000; ++i) short_words += "a ";
  EXPECT_EQ(words_of(short_words).size(), kMaxWords);
}

TEST(Fold, EveryCutOfATextIsRead) {
  const std::string text = "ik verm00rd \u00e9\u20ac\U0001F602 22:30 kaaapot m@ke ki\u200Bll";
  for (std::size_t size = 0; size <= text.size(); ++size) {
    Folded folded;
    fold(std::string_view(text).substr(0, size), folded);
    for (const Word& word : folded.words) EXPECT_LE(word.at + word.size, folded.letters.size());
  }
}

TEST(Spellings, LettersHeldDown) {
  EXPECT_EQ(spellings_of("kaaaapot"), (Words{"kaapot", "kapot"}));
  EXPECT_EQ(spellings_of("boot"), Words{});
}

TEST(Spellings, DigitsAndSignsForLetters) {
  EXPECT_EQ(spellings_of("verm00rd"), Words{"vermoord"});
  EXPECT_EQ(spellings_of("k!ll m@ke"), (Words{"kill", "make"}));
  EXPECT_EQ(spellings_of("stop!"), Words{});
}

TEST(Spellings, NumbersAsShapes) {
  EXPECT_EQ(spellings_of("22:30"), Words{"#:#"});
  EXPECT_EQ(spellings_of("7u30"), (Words{"tueo", "#u#"}));
}

}  // namespace
}  // namespace limier::rules
