// However the bytes come, the answer is that of the whole.
#include <gtest/gtest.h>

#include <random>

#include "limier/base/record.h"
#include "types/samples.h"

namespace limier::types {
namespace {

using namespace std::string_literals;

std::vector<std::string> contents() {
  return {
      "A short text.\n",
      random_bytes(kHeadBytes, 1),
      random_bytes(kHeadBytes + 1, 2),
      zip({{"big.bin", random_bytes(50000, 2)}, {"[Content_Types].xml", ""}, {"word/document.xml", "", 1}}),
      ole({"EncryptedPackage"}, 60),
      "%PDF-1.5\n" + random_bytes(30000, 6) + "trailer\n<< /Encrypt 9 0 R >>\n%%EOF\n",
      "7z\xBC\xAF\x27\x1C\0\4"s + le(0, 4) + le(20000, 8) + le(30, 8) + le(0, 4) + random_bytes(20000, 8) +
          padded("\x17\x06\x01\x09\x07\x0B\x01\0\x01\x24\x06\xF1\x07\x01"s, 30),
      padded("", 32768) +
          "\x01"
          "CD001\x01\0"s +
          padded("", 5000),
      random_bytes(40000, 5) + padded("koly\0\0\0\4\0\0\2\0"s, 512),
      random_bytes(8300, 12) + "\x57\xFB\x80\x8B\x24\x75\x47\xDB",
  };
}

TEST(Sniffer, PiecesOfAnySize) {
  std::mt19937 random(1);
  for (const std::string& content : contents()) {
    const auto expected = type_of(content);
    for (int round = 0; round < 60; ++round) {
      HeldBuffers held;
      Sniffer sniffer;
      const std::size_t most = round % 3 == 0 ? 50 : round % 3 == 1 ? 3000 : 20000;
      for (std::size_t at = 0; at < content.size();) {
        const std::size_t length = std::min<std::size_t>(content.size() - at, 1 + random() % most);
        sniffer.take(as_bytes(content).subspan(at, length), content.size(), held);
        at += length;
        // A checkpoint in between.
        if (random() % 4 == 0) {
          const auto state = encode(sniffer);
          EXPECT_LT(state.size(), kHeadBytes + 200);
          const auto restored = decode<Sniffer>(state);
          ASSERT_TRUE(restored.has_value());
          EXPECT_TRUE(restored->stands_at(at));
          EXPECT_FALSE(restored->stands_at(at + 1));
          sniffer = *restored;
        }
      }
      EXPECT_EQ(sniffer.finish(content.size(), held), expected);
      EXPECT_EQ(held.in_use, 0u);
    }
  }
}

TEST(Sniffer, ZerosAreBytes) {
  const std::string content = "7z\xBC\xAF" + padded("", 100000);
  HeldBuffers held;
  Sniffer sniffer;
  sniffer.take(as_bytes(content).first(4), content.size(), held);
  sniffer.take_zeros(100000, content.size(), held);
  EXPECT_EQ(sniffer.finish(content.size(), held), type_of(content));
  Sniffer disc;
  const std::string descriptor =
      "\x01"
      "CD001\x01\0"s;
  disc.take_zeros(32768, 50000, held);
  disc.take(as_bytes(descriptor), 50000, held);
  disc.take_zeros(50000 - 32768 - 8, 50000, held);
  EXPECT_EQ(disc.finish(50000, held), type_of(padded(padded("", 32768) + descriptor, 50000)));
}

TEST(Sniffer, BeyondTheBuffersTheFirstPieceDecides) {
  HeldBuffers held;
  held.in_use = HeldBuffers::kMax;
  const std::string content = "GIF89a" + random_bytes(10000, 3);
  Sniffer sniffer;
  sniffer.take(as_bytes(content).first(100), content.size(), held);
  sniffer.take(as_bytes(content).subspan(100), content.size(), held);
  const auto found = sniffer.finish(content.size(), held);
  EXPECT_EQ(find(found.type)->name, "GIF picture");
  EXPECT_EQ(held.in_use, HeldBuffers::kMax);
}

TEST(Sniffer, StatesThatCannotBeAreRefused) {
  HeldBuffers held;
  Sniffer sniffer;
  const std::string content = zip({{"big.bin", random_bytes(50000, 2)}});
  sniffer.take(as_bytes(content).first(20000), content.size(), held);
  const auto state = encode(sniffer);
  for (std::size_t i = 0; i < state.size(); ++i) {
    auto wrong = state;
    wrong[i] ^= 0xFF;
    const auto restored = decode<Sniffer>(wrong);
    if (!restored || !restored->stands_at(20000)) continue;
    Sniffer going_on = *restored;
    HeldBuffers own;
    going_on.take(as_bytes(content).subspan(20000), content.size(), own);
    going_on.finish(content.size(), own);
  }
}

}  // namespace
}  // namespace limier::types
