// Hand-made lanes are worth their lines only while they are faster than the library everybody trusts. A compiler that
// spills a register in the wrong place shows here.
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/digest_kernels.h"
#include "limier/base/cost.h"
#include "limier/base/digest.h"

namespace limier {
namespace {

constexpr std::size_t kBytes = 1u << 20;
// CPU time is free of most of what else the machine does, the best of many rounds of nearly all, and a whole try may be
// repeated: only code that is slower every time fails.
constexpr int kRounds = 15;
constexpr int kTries = 6;

const std::vector<std::uint8_t>& data() {
  static const std::vector<std::uint8_t> bytes(kBytes, 0x5a);
  return bytes;
}

std::uint64_t cpu_of(const auto& work) {
  const std::uint64_t began = thread_cpu_ns();
  work();
  return std::max<std::uint64_t>(1, thread_cpu_ns() - began);
}

void openssl(const EVP_MD* algorithm) {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> out{};
  unsigned length = 0;
  ASSERT_EQ(EVP_Digest(data().data(), data().size(), out.data(), &length, algorithm, nullptr), 1);
}
void openssl_all() {
  for (const EVP_MD* algorithm : {EVP_md5(), EVP_sha1(), EVP_sha256()}) openssl(algorithm);
}

// How many times faster `ours` is than `theirs`, at least `wanted` if that can be seen in a few tries.
double speed_up(const auto& ours, const auto& theirs, double wanted) {
  double best = 0;
  for (int attempt = 0; attempt < kTries && best < wanted; ++attempt) {
    std::uint64_t our_ns = UINT64_MAX, their_ns = UINT64_MAX;
    for (int round = 0; round < kRounds; ++round) {  // in turn, so that both see the same machine
      our_ns = std::min(our_ns, cpu_of(ours));
      their_ns = std::min(their_ns, cpu_of(theirs));
    }
    best = std::max(best, static_cast<double>(their_ns) / static_cast<double>(our_ns));
  }
  return best;
}

void hash_portable(bool two_lanes) {
  detail::Md5State one{{1, 2, 3, 4}}, other{{5, 6, 7, 8}};
  detail::Lanes lanes;
  lanes.data = data().data();
  lanes.one.md5 = &one;
  if (two_lanes) lanes.other.md5 = &other;
  detail::hash_blocks_portable(lanes, kBytes / detail::kDigestBlock);
}

class DigestSpeed : public testing::Test {
 protected:
  void SetUp() override {
#if !defined(NDEBUG) || defined(LIMIER_SANITIZED)
    GTEST_SKIP() << "only meaningful in an optimised build";
#endif
  }
};

void expect_faster(const char* what, double wanted, const auto& ours, const auto& theirs) {
  const double ratio = speed_up(ours, theirs, wanted);
  testing::Test::RecordProperty(what, std::to_string(ratio));
  EXPECT_GE(ratio, wanted) << what;
}

// MD5 in C++ on every machine; two lanes for the price of one.
TEST_F(DigestSpeed, PortableMd5) {
  expect_faster(
      "one-lane", 0.95, [] { hash_portable(false); }, [] { openssl(EVP_md5()); });
  expect_faster(
      "two-lanes", 1.4, [] { hash_portable(true); },
      [] {
        openssl(EVP_md5());
        openssl(EVP_md5());
      });
}

// Of what interleaving gains (1.3 and 1.6 on a quiet machine) a busy sibling core takes a part; without it both
// are 1.0. The SHA digests have hand-made code only where there are instructions for them; elsewhere theirs is
// assembler.
TEST_F(DigestSpeed, WithShaInstructions) {
  if (!detail::has_sha_instructions()) GTEST_SKIP() << "this CPU has no SHA instructions";
  expect_faster(
      "md5", 0.95, [] { (void)digest_of(data(), {.md5 = true}); }, [] { openssl(EVP_md5()); });
  expect_faster(
      "sha1", 0.9, [] { (void)digest_of(data(), {.sha1 = true}); }, [] { openssl(EVP_sha1()); });
  expect_faster(
      "sha256", 0.9, [] { (void)digest_of(data(), {.sha256 = true}); }, [] { openssl(EVP_sha256()); });
  expect_faster(
      "all-of-a-file", 1.1, [] { (void)digest_of(data(), kAllDigests); }, [] { openssl_all(); });
  expect_faster(
      "media-and-file", 1.3,
      [] {
        Hasher file(kAllDigests), media(kAllDigests);
        update_both(file, media, data());
      },
      [] {
        openssl_all();
        openssl_all();
      });
}

TEST_F(DigestSpeed, WithoutShaInstructions) {
  if (detail::has_sha_instructions()) GTEST_SKIP() << "this CPU has SHA instructions, and so has OpenSSL";
  expect_faster(
      "sha1", 0.2, [] { (void)digest_of(data(), {.sha1 = true}); }, [] { openssl(EVP_sha1()); });
  expect_faster(
      "sha256", 0.2, [] { (void)digest_of(data(), {.sha256 = true}); }, [] { openssl(EVP_sha256()); });
}

}  // namespace
}  // namespace limier
