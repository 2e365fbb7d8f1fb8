// The digests of the segment files that go into the manifest.
#include "app/segment_hashes.h"

#include <gtest/gtest.h>

#include <thread>

namespace limier::app {
namespace {

std::string sample(const char* name) {
  return std::string(LIMIER_SAMPLES) + "/" + name;
}

void expect_equal_files(const std::vector<ManifestSegment>& segments, const EvidenceSet& evidence) {
  ASSERT_EQ(segments.size(), evidence.paths.size());
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const auto expected = hash_file(evidence.paths[i]);
    ASSERT_TRUE(expected.ok());
    EXPECT_EQ(segments[i].sha256, *expected) << segments[i].path;
  }
}

TEST(SegmentHashes, FollowThePassThroughEverySegment) {
  const std::atomic<int> stop{0};
  for (const char* name : {"stick.001", "laptop.E01"}) {
    const auto evidence = open_evidence(sample(name), false);
    ASSERT_TRUE(evidence.ok());
    SegmentHashes hashes;
    hashes.start(*evidence, stop, {});
    for (std::uint64_t at = 0; at < 5 << 20; at += 100'000) hashes.passed(at);
    hashes.passed_all(std::nullopt);
    expect_equal_files(manifest_segments(*evidence, hashes.wait(*evidence, stop)), *evidence);
  }
}

// A sweep that dies tells nothing: the files are hashed all the same.
TEST(SegmentHashes, NeedNoWordFromTheSweep) {
  const std::atomic<int> stop{0};
  const auto evidence = open_evidence(sample("laptop.E01"), false);
  ASSERT_TRUE(evidence.ok());
  for (const bool from_sweep : {false, true}) {
    SegmentHashes hashes;
    if (from_sweep)
      hashes.expect_from_sweep();
    else
      hashes.start(*evidence, stop, {});
    expect_equal_files(manifest_segments(*evidence, hashes.wait(*evidence, stop)), *evidence);
  }
}

TEST(SegmentHashes, OneDigestStandsForTheMediaAndItsFile) {
  const std::atomic<int> stop{0};
  const auto evidence = open_evidence(sample("laptop.E01"), false);
  ASSERT_TRUE(evidence.ok());
  Sha256 told{};
  told[0] = 42;
  SegmentHashes hashes;
  hashes.expect_from_sweep();
  hashes.passed_all(told);
  const auto digests = hashes.wait(*evidence, stop);
  ASSERT_EQ(digests.size(), 1u);
  EXPECT_EQ(digests[0], told);
}

// A run that is resumed does not read the evidence a second time.
TEST(SegmentHashes, GoOnWhereAnotherRunStood) {
  const std::atomic<int> stop{0};
  const auto evidence = open_evidence(sample("stick.001"), false);
  ASSERT_TRUE(evidence.ok());
  for (const std::uint64_t reached : {0u, 1u << 20, 3u << 20}) {
    std::vector<std::uint8_t> state;
    {
      SegmentHashes first;
      first.start(*evidence, stop, {});
      first.passed(reached);
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      state = first.state();
    }
    SegmentHashes second;
    second.start(*evidence, stop, Bytes(state));
    expect_equal_files(manifest_segments(*evidence, second.wait(*evidence, stop)), *evidence);
  }
  SegmentHashes other;  // of another set: from the beginning
  const std::vector<std::uint8_t> nonsense(30, 1);
  other.start(*evidence, stop, Bytes(nonsense));
  expect_equal_files(manifest_segments(*evidence, other.wait(*evidence, stop)), *evidence);
}

TEST(SegmentHashes, EndWithTheRunAndWithTheirOwner) {
  std::atomic<int> stop{0};
  const auto evidence = open_evidence(sample("laptop.E01"), false);
  ASSERT_TRUE(evidence.ok());
  SegmentHashes interrupted;
  interrupted.start(*evidence, stop, {});
  stop.store(2);
  EXPECT_EQ(interrupted.wait(*evidence, stop).size(), evidence->paths.size());
  SegmentHashes abandoned;  // never told anything: its thread ends with it
  const std::atomic<int> never{0};
  abandoned.start(*evidence, never, {});
}

}  // namespace
}  // namespace limier::app
