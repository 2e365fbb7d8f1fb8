#include "limier/base/digest.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "base/digest_kernels.h"

namespace limier {
namespace {

std::vector<std::uint8_t> random_bytes(std::size_t size, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<std::uint8_t> bytes(size);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

std::string openssl_hex(const EVP_MD* algorithm, Bytes data) {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> out{};
  unsigned length = 0;
  EXPECT_EQ(EVP_Digest(data.data(), data.size(), out.data(), &length, algorithm, nullptr), 1);
  std::string text;
  for (unsigned i = 0; i < length; ++i) {
    static constexpr char kDigits[] = "0123456789abcdef";
    text += kDigits[out[i] >> 4];
    text += kDigits[out[i] & 15];
  }
  return text;
}

void expect_equals_openssl(const Digests& digests, Bytes data, DigestSet which) {
  ASSERT_EQ(digests.md5.has_value(), which.md5);
  ASSERT_EQ(digests.sha1.has_value(), which.sha1);
  ASSERT_EQ(digests.sha256.has_value(), which.sha256);
  if (which.md5) {
    ASSERT_EQ(hex_digest(*digests.md5), openssl_hex(EVP_md5(), data));
  }
  if (which.sha1) {
    ASSERT_EQ(hex_digest(*digests.sha1), openssl_hex(EVP_sha1(), data));
  }
  if (which.sha256) {
    ASSERT_EQ(hex_digest(*digests.sha256), openssl_hex(EVP_sha256(), data));
  }
}

DigestSet set_of(unsigned bits) {
  return {(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0};
}

// Sources: RFC 1321 appendix A.5; FIPS 180-4 example values (NIST, SHA_All).
TEST(Digest, KnownAnswers) {
  const auto md5 = [](std::string_view text) { return hex_digest(*digest_of(as_bytes(text), kAllDigests).md5); };
  EXPECT_EQ(md5(""), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(md5("a"), "0cc175b9c0f1b6a831c399e269772661");
  EXPECT_EQ(md5("abc"), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(md5("message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
  EXPECT_EQ(md5("abcdefghijklmnopqrstuvwxyz"), "c3fcd3d76192e4007dfb496cca67e13b");
  EXPECT_EQ(md5("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"), "d174ab98d277d9f5a5611c2c9f419d9f");
  EXPECT_EQ(md5("12345678901234567890123456789012345678901234567890123456789012345678901234567890"),
            "57edf4a22be3c955ac49da2e2107b67a");
  const std::string_view two_blocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
  const Digests abc = digest_of(as_bytes("abc"), kAllDigests);
  const Digests longer = digest_of(as_bytes(two_blocks), kAllDigests);
  EXPECT_EQ(hex_digest(*abc.sha1), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(hex_digest(*longer.sha1), "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
  EXPECT_EQ(hex_digest(*abc.sha256), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex_digest(*longer.sha256), "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  const Digests million = digest_of(as_bytes(std::string(1000000, 'a')), kAllDigests);
  EXPECT_EQ(hex_digest(*million.sha1), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
  EXPECT_EQ(hex_digest(*million.sha256), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Digest, EveryShortLengthAndEverySetEqualsOpenssl) {
  const auto data = random_bytes(300, 1);
  for (unsigned bits = 0; bits < 8; ++bits)
    for (std::size_t length = 0; length <= data.size(); ++length) {
      const Bytes part = Bytes(data).first(length);
      expect_equals_openssl(digest_of(part, set_of(bits)), part, set_of(bits));
    }
}

TEST(Digest, RandomLengthsAlignmentsAndSplitsEqualOpenssl) {
  const auto data = random_bytes(40000, 2);
  std::mt19937 random(3);
  for (int round = 0; round < 300; ++round) {
    const std::size_t offset = random() % 64;
    const std::size_t length = random() % (data.size() - offset);
    const Bytes part = Bytes(data).subspan(offset, length);
    Hasher hasher(kAllDigests);
    for (std::size_t at = 0; at < length;) {
      const std::size_t take = std::min<std::size_t>(1 + random() % (round % 2 == 0 ? 100 : 9000), length - at);
      hasher.update(part.subspan(at, take));
      at += take;
    }
    EXPECT_EQ(hasher.size_bytes(), length);
    expect_equals_openssl(hasher.finish(), part, kAllDigests);
  }
}

TEST(Digest, FinishLeavesTheStateAndACopyContinuesAlone) {
  const auto data = random_bytes(1000, 4);
  Hasher hasher(kAllDigests);
  hasher.update(Bytes(data).first(333));
  expect_equals_openssl(hasher.finish(), Bytes(data).first(333), kAllDigests);
  Hasher copy = hasher;
  copy.update(as_bytes("something else"));
  hasher.update(Bytes(data).subspan(333));
  expect_equals_openssl(hasher.finish(), data, kAllDigests);
}

TEST(Digest, ZerosEqualABufferOfZeros) {
  for (const std::size_t count : {0u, 1u, 63u, 64u, 65u, 16384u, 16385u, 100000u}) {
    std::vector<std::uint8_t> data = random_bytes(77, 5);
    Hasher hasher(kAllDigests);
    hasher.update(data);
    hasher.update_zeros(count);
    hasher.update(as_bytes("end"));
    data.resize(data.size() + count);
    for (const char c : {'e', 'n', 'd'}) data.push_back(static_cast<std::uint8_t>(c));
    expect_equals_openssl(hasher.finish(), data, kAllDigests);
  }
}

TEST(Digest, TwoLanesEqualTwoUpdates) {
  const auto data = random_bytes(5000, 6);
  std::mt19937 random(7);
  for (unsigned bits = 0; bits < 64; ++bits) {
    for (int round = 0; round < 8; ++round) {
      Hasher one(set_of(bits & 7)), other(set_of(bits >> 3));
      Hasher one_alone = one, other_alone = other;
      const Bytes lead = Bytes(data).first(random() % 2 == 0 ? 64 * (random() % 3) : random() % 130);
      one.update(lead);
      one_alone.update(lead);
      for (int part = 0; part < 4; ++part) {
        const std::size_t offset = random() % 2000;
        const Bytes bytes = Bytes(data).subspan(offset, random() % 2 == 0 ? 64 * (random() % 40) : random() % 3000);
        update_both(one, other, bytes);
        one_alone.update(bytes);
        other_alone.update(bytes);
      }
      ASSERT_EQ(one.finish(), one_alone.finish());
      ASSERT_EQ(other.finish(), other_alone.finish());
    }
  }
}

struct States {
  detail::Md5State md5{{1, 2, 3, 4}};
  detail::Sha1State sha1{{1, 2, 3, 4, 5}};
  detail::Sha256State sha256{{1, 2, 3, 4, 5, 6, 7, 8}};
  detail::DigestStates wanted(unsigned bits) {
    return {(bits & 1) != 0 ? &md5 : nullptr, (bits & 2) != 0 ? &sha1 : nullptr, (bits & 4) != 0 ? &sha256 : nullptr};
  }
};
void expect_equal(const States& left, const States& right) {
  EXPECT_EQ(left.md5.h, right.md5.h);
  EXPECT_EQ(left.sha1.h, right.sha1.h);
  EXPECT_EQ(left.sha256.h, right.sha256.h);
}

// Both forms are checked on every machine that has both: a user's machine may have only one.
TEST(Digest, PortableAndShaKernelsAgreeForEveryPairOfSets) {
  if (!detail::has_sha_instructions()) GTEST_SKIP() << "this CPU has no SHA instructions";
  const auto data = random_bytes(64 * 40 + 64, 8);
  std::mt19937 random(9);
  for (unsigned bits = 0; bits < 64; ++bits) {
    const std::size_t offset = random() % 64, blocks = random() % 41;
    States portable_one, portable_other, fast_one, fast_other;
    portable_other.md5.h[0] = fast_other.md5.h[0] = bits;  // the second set starts from other words than the first
    portable_other.sha1.h[4] = fast_other.sha1.h[4] = bits;
    portable_other.sha256.h[7] = fast_other.sha256.h[7] = bits;
    const auto lanes = [&](States& one, States& other) {
      return detail::Lanes{.data = data.data() + offset, .one = one.wanted(bits & 7), .other = other.wanted(bits >> 3)};
    };
    detail::hash_blocks_portable(lanes(portable_one, portable_other), blocks);
    detail::hash_blocks_sha(lanes(fast_one, fast_other), blocks);
    expect_equal(portable_one, fast_one);
    expect_equal(portable_other, fast_other);
  }
}

TEST(Digest, TextForms) {
  const Digests digests = digest_of(as_bytes("abc"), {.md5 = true});
  const std::string text = hex_digest(*digests.md5);
  EXPECT_EQ(parse_digest<16>(text), digests.md5);
  EXPECT_EQ(parse_digest<16>("900150983CD24FB0D6963F7D28E17F72"), digests.md5);
  EXPECT_EQ(parse_digest<16>(text.substr(1)), std::nullopt);
  EXPECT_EQ(parse_digest<16>(text + "0"), std::nullopt);
  EXPECT_EQ(parse_digest<16>(std::string(31, '0') + "g"), std::nullopt);
}

double best_seconds(auto&& work) {
  double best = 1e9;
  for (int round = 0; round < 7; ++round) {
    const auto start = std::chrono::steady_clock::now();
    work();
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

// A digest that falls behind its oracle makes every run slow. The limit is generous: it is to catch a broken build
// (no SHA instructions chosen, no optimisation), not to rank machines.
TEST(Digest, NotMuchSlowerThanOpenssl) {
#if !defined(NDEBUG) || defined(LIMIER_SANITIZED)
  GTEST_SKIP() << "only meaningful in an optimised build";
#else
  const auto data = random_bytes(4 << 20, 10);
  const std::pair<DigestSet, const EVP_MD*> cases[] = {
      {{.md5 = true}, EVP_md5()}, {{.sha1 = true}, EVP_sha1()}, {{.sha256 = true}, EVP_sha256()}};
  for (const auto& [which, algorithm] : cases) {
    const double ours = best_seconds([&, set = which] { (void)digest_of(data, set); });
    const double theirs = best_seconds([&, evp = algorithm] { (void)openssl_hex(evp, data); });
    RecordProperty(EVP_MD_get0_name(algorithm), std::to_string(theirs / ours));
    EXPECT_GT(theirs / ours, detail::has_sha_instructions() || which.md5 ? 0.7 : 0.2) << EVP_MD_get0_name(algorithm);
  }
#endif
}

}  // namespace
}  // namespace limier
