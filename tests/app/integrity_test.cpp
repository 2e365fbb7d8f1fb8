#include <gtest/gtest.h>

#include "app/evidence_facts.h"

namespace limier::app {
namespace {

sweep::ContainerMessage stored(std::uint8_t md5) {
  sweep::ContainerMessage container;
  container.format = evidence::Format::kEwfE01;
  container.stored_md5 = Md5{md5};
  return container;
}

Digests computed(std::uint8_t md5, std::uint8_t sha256) {
  Digests digests;
  digests.md5 = Md5{md5};
  digests.sha256 = Sha256{sha256};
  return digests;
}

store::Verdict verdict(const sweep::ContainerMessage& container, const Digests& expected,
                       const std::vector<catalog::BadRange>& bad, bool missing) {
  return verdict_of(judge_integrity(container, computed(1, 9), expected, bad, missing));
}

TEST(Integrity, EachConditionHasItsVerdict) {
  using store::Verdict;
  const catalog::BadRange checksum{0, 32768,
                                   std::string(evidence::chunk_state_reason(evidence::ChunkState::kBadChecksum))};
  const catalog::BadRange gap{0, 32768, std::string(evidence::chunk_state_reason(evidence::ChunkState::kMissing))};
  const catalog::BadRange acquired{0, 512, "acquisition-error"};
  EXPECT_EQ(verdict(stored(1), {}, {}, false), Verdict::kVerified);
  EXPECT_EQ(verdict(stored(2), {}, {}, false), Verdict::kMismatch);
  EXPECT_EQ(verdict(sweep::ContainerMessage{}, {}, {}, false), Verdict::kNoStoredDigest);
  EXPECT_EQ(verdict(stored(1), {}, {checksum}, false), Verdict::kDamaged);
  EXPECT_EQ(verdict(stored(2), {}, {checksum}, false), Verdict::kDamaged);
  EXPECT_EQ(verdict(stored(1), {}, {gap}, false), Verdict::kIncomplete);
  EXPECT_EQ(verdict(stored(1), {}, {}, true), Verdict::kIncomplete);
  EXPECT_EQ(verdict(stored(1), {}, {acquired}, false), Verdict::kVerified);
}

TEST(Integrity, AnExpectedDigestCountsAsMuchAsAStoredOne) {
  Digests right, wrong;
  right.sha256 = Sha256{9};
  wrong.sha256 = Sha256{8};
  EXPECT_EQ(verdict(sweep::ContainerMessage{}, right, {}, false), store::Verdict::kVerified);
  EXPECT_EQ(verdict(stored(1), wrong, {}, false), store::Verdict::kMismatch);
}

TEST(Integrity, TheDefaultDigestsFollowTheContainer) {
  EXPECT_EQ(media_digest_set(std::nullopt, stored(1), {}), (DigestSet{true, false, true}));
  sweep::ContainerMessage raw;
  EXPECT_EQ(media_digest_set(std::nullopt, raw, {}), (DigestSet{true, false, true}));
  Digests expected;
  expected.sha1 = Sha1{};
  EXPECT_EQ(media_digest_set(DigestSet{true, false, false}, raw, expected), (DigestSet{true, true, false}));
}

}  // namespace
}  // namespace limier::app
