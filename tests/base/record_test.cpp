#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "limier/base.h"

namespace limier {
namespace {

struct Word {
  std::string text;
  std::uint32_t number = 0;
  static constexpr auto fields() { return std::tuple{&Word::text, &Word::number}; }
  bool operator==(const Word&) const = default;
};
struct Words {
  std::vector<Word> items;
  static constexpr auto fields() { return std::tuple{&Words::items}; }
};

const Words kWords{{{"a word that does not fit into a short string", 1}, {"", 2}, {"another", 3}}};

// Nothing of one record may be left in the next, whose memory it is.
TEST(DecodeEach, HandsOnWhatAVectorWouldHold) {
  std::vector<Word> seen;
  const auto take = [&](const Word& word) {
    seen.push_back(word);
    return true;
  };
  EXPECT_TRUE(decode_each<Word>(Bytes(encode(kWords)), take));
  EXPECT_EQ(seen, kWords.items);
  seen.clear();
  EXPECT_TRUE(decode_each<Word>(Bytes(encode(Words{})), take));
  EXPECT_TRUE(seen.empty());
}

TEST(DecodeEach, ACutOrTrailingByteIsDamage) {
  const auto ignore = [](const Word&) { return true; };
  auto bytes = encode(kWords);
  for (std::size_t length = 0; length < bytes.size(); ++length)
    EXPECT_FALSE(decode_each<Word>(Bytes(bytes).first(length), ignore)) << length;
  bytes.push_back(0);
  EXPECT_FALSE(decode_each<Word>(Bytes(bytes), ignore));
}

TEST(DecodeEach, EndsWhereItIsTold) {
  int seen = 0;
  EXPECT_TRUE(decode_each<Word>(Bytes(encode(kWords)), [&](const Word&) { return ++seen < 2; }));
  EXPECT_EQ(seen, 2);
}

TEST(Encoder, WhatIsDroppedInFrontLeavesTheRest) {
  Encoder out;
  out.put(std::uint32_t{1});
  const std::size_t first = out.size();
  for (std::uint32_t i = 0; i < 1000; ++i) out.put(i);
  out.drop(first);
  Encoder expected;
  for (std::uint32_t i = 0; i < 1000; ++i) expected.put(i);
  EXPECT_EQ(as_text(out.bytes()), as_text(expected.bytes()));
  const auto taken = out.take();
  EXPECT_EQ(as_text(Bytes(taken)), as_text(expected.bytes()));
  EXPECT_EQ(out.size(), 0u);
}

}  // namespace
}  // namespace limier
