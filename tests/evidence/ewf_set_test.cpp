// Sets whose files are missing, doubled, renamed or cut: what is there is read in its place, and what is not is said.
#include "evidence/ewf_damage.h"

namespace limier::evidence {
namespace {

class Split : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    const TempFolder folder;
    original() = acquire(folder, {"split", "-f encase6 -c none -S 1048576", 6u << 20});
    ASSERT_EQ(original().segments.size(), 7u);
  }
  static EwfSet& original() {
    static EwfSet set;
    return set;
  }
  // Chunks called good, which are then also right.
  static std::vector<std::uint64_t> good_chunks(const Image& image) {
    std::vector<std::uint64_t> good;
    std::vector<std::uint8_t> bytes(image.chunk_size());
    for (std::uint64_t chunk = 0; chunk < image.chunk_count(); ++chunk) {
      if (image.decode_chunk(chunk, bytes) > ChunkState::kZero) continue;
      const auto at = original().media.begin() + static_cast<std::ptrdiff_t>(chunk * bytes.size());
      const auto length = std::min<std::ptrdiff_t>(std::ssize(bytes), original().media.end() - at);
      EXPECT_TRUE(std::equal(at, at + length, bytes.begin())) << "chunk " << chunk;
      good.push_back(chunk);
    }
    return good;
  }
  static void without(EwfSet& set, std::size_t number) {
    const auto found = std::find(set.names.begin(), set.names.end(), "split.E0" + std::to_string(number));
    ASSERT_NE(found, set.names.end());
    set.segments.erase(set.segments.begin() + (found - set.names.begin()));
    set.names.erase(found);
  }
  // By segment, in chunks; the first of the set holds fewer because it has the geometry too.
  static constexpr std::uint64_t kWhole = 31, kAll = 192;
};

TEST_F(Split, WhatLiesBetweenTwoGapsIsPlacedWhereAllWholeSegmentsAreAlike) {
  EwfSet set = original();
  without(set, 3);
  without(set, 5);
  const Opened opened = open_memory(set);
  const auto image = open_image(opened.spec, opened.fds);
  ASSERT_TRUE(image.ok()) << image.error().message;
  EXPECT_EQ(good_chunks(**image).size(), kAll - 2 * kWhole);
  EXPECT_TRUE(has_issue(**image, "ewf-segments-placed"));
  EXPECT_FALSE(has_issue(**image, "ewf-chunks-unplaced"));
  std::vector<std::uint64_t> lengths;
  for (const OpenIssue& issue : (*image)->open_issues())
    if (issue.code == "ewf-segment-missing") lengths.push_back(issue.length);
  EXPECT_EQ(lengths, (std::vector<std::uint64_t>{kWhole * 32768, kWhole * 32768}));
}

TEST_F(Split, CutSegmentAndMissingSegment) {
  EwfSet set = original();
  set.segments[2].resize(set.segments[2].size() / 2);
  without(set, 5);
  const Opened opened = open_memory(set);
  const auto image = open_image(opened.spec, opened.fds);
  ASSERT_TRUE(image.ok()) << image.error().message;
  EXPECT_EQ(good_chunks(**image).size(), kAll - kWhole - (kWhole - kWhole / 2));
}

TEST_F(Split, BetweenTwoGapsOfACompressedSetNothingIsGuessed) {
  const TempFolder folder;
  EwfSet set = acquire(folder, {"packed", "-f encase6 -c fast -S 1048576", 12u << 20});
  ASSERT_GT(set.segments.size(), 5u);
  for (const int index : {3, 1}) {
    set.segments.erase(set.segments.begin() + index);
    set.names.erase(set.names.begin() + index);
  }
  const Opened opened = open_memory(set);
  const auto image = open_image(opened.spec, opened.fds);
  ASSERT_TRUE(image.ok()) << image.error().message;
  EXPECT_TRUE(has_issue(**image, "ewf-chunks-unplaced"));
  EXPECT_FALSE(has_issue(**image, "ewf-segments-placed"));
}

TEST_F(Split, DoubledSegmentIsReadOnce) {
  EwfSet set = original();
  set.segments[3] = set.segments[2];
  const Opened strict = open_memory(set, false);
  const auto refused = open_image(strict.spec, strict.fds);
  ASSERT_FALSE(refused.ok());
  for (const char* word : {"split.E03", "split.E04", "--incomplete"})
    EXPECT_NE(refused.error().message.find(word), std::string::npos) << refused.error().message;
  const Opened opened = open_memory(set);
  const auto image = open_image(opened.spec, opened.fds);
  ASSERT_TRUE(image.ok()) << image.error().message;
  EXPECT_TRUE(has_issue(**image, "ewf-segment-duplicate"));
  EXPECT_EQ(good_chunks(**image).size(), kAll - kWhole);
}

TEST_F(Split, WrongNumberInsideASegmentWhenNothingIsMissing) {
  EwfSet set = original();
  set.segments[2][10] = 1;  // segment 259
  const Opened opened = open_memory(set, false);
  const auto image = open_image(opened.spec, opened.fds);
  ASSERT_TRUE(image.ok()) << image.error().message;
  EXPECT_TRUE(has_issue(**image, "ewf-segment-number-damaged"));
  EXPECT_EQ(good_chunks(**image).size(), kAll);
}

TEST_F(Split, DamagedFileHeaderIsWhatItsNameSays) {
  for (const std::size_t index : {0u, 4u}) {
    EwfSet set = original();
    set.segments[index][1] ^= 0xff;
    const Opened strict = open_memory(set, false);
    EXPECT_FALSE(open_image(strict.spec, strict.fds).ok());
    const Opened opened = open_memory(set);
    const auto image = open_image(opened.spec, opened.fds);
    ASSERT_TRUE(image.ok()) << image.error().message;
    EXPECT_TRUE(has_issue(**image, "ewf-segment-damaged"));
    EXPECT_EQ(good_chunks(**image).size(), kAll);
  }
}

}  // namespace
}  // namespace limier::evidence
