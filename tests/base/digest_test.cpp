#include "limier/base/digest.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <algorithm>
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
  EXPECT_EQ(hex_digest(*million.md5), "7707d6ae4e027c70eea2a935c2296f21");
  EXPECT_EQ(hex_digest(*million.sha1), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
  EXPECT_EQ(hex_digest(*million.sha256), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

// The one block of "abc", straight into each form of the kernels, in each lane: no dispatch between test and code.
TEST(Digest, KnownAnswersOfEveryKernelAndLane) {
  std::array<std::uint8_t, 64> little{'a', 'b', 'c', 0x80}, big = little;
  little[56] = big[63] = 24;  // the length in bits
  const auto check = [&](auto kernel) {
    for (const bool second_lane : {false, true}) {
      detail::Md5State md5{{0x67452301u, 0xefcdab89u, 0x98badcfeu, 0x10325476u}};
      detail::Sha1State sha1{{0x67452301u, 0xefcdab89u, 0x98badcfeu, 0x10325476u, 0xc3d2e1f0u}};
      detail::Sha256State sha256{
          {0x6a09e667u, 0xbb67ae85u, 0x3c6ef372u, 0xa54ff53au, 0x510e527fu, 0x9b05688cu, 0x1f83d9abu, 0x5be0cd19u}};
      const auto run = [&](const std::uint8_t* data, detail::DigestStates states) {
        detail::Lanes lanes;
        lanes.data = data;
        (second_lane ? lanes.other : lanes.one) = states;
        kernel(lanes, 1);
      };
      run(little.data(), {.md5 = &md5});
      run(big.data(), {.sha1 = &sha1, .sha256 = &sha256});
      EXPECT_EQ(md5.h, (std::array<std::uint32_t, 4>{0x98500190u, 0xb04fd23cu, 0x7d3f96d6u, 0x727fe128u}));
      EXPECT_EQ(sha1.h,
                (std::array<std::uint32_t, 5>{0xa9993e36u, 0x4706816au, 0xba3e2571u, 0x7850c26cu, 0x9cd0d89du}));
      EXPECT_EQ(sha256.h, (std::array<std::uint32_t, 8>{0xba7816bfu, 0x8f01cfeau, 0x414140deu, 0x5dae2223u, 0xb00361a3u,
                                                        0x96177a9cu, 0xb410ff61u, 0xf20015adu}));
    }
  };
  check(detail::hash_blocks_portable);
  if (detail::has_sha_instructions()) check(detail::hash_blocks_sha);
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

// Both lanes against OpenSSL itself: any two sets, any alignment, any lengths, on block boundaries and off them.
TEST(Digest, TwoLanesEqualOpensslForRandomSetsLengthsAndAlignments) {
  const auto data = random_bytes(1 << 16, 11);
  std::mt19937 random(12);
  for (unsigned round = 0; round < 400; ++round) {
    const unsigned one_set = round < 64 ? round & 7u : static_cast<unsigned>(random() % 8);
    const unsigned other_set = round < 64 ? round >> 3 : static_cast<unsigned>(random() % 8);
    Hasher one(set_of(one_set)), other(set_of(other_set));
    std::vector<std::uint8_t> one_bytes, other_bytes;
    const auto append = [](std::vector<std::uint8_t>& to, Bytes what) {
      to.insert(to.end(), what.begin(), what.end());
    };
    const bool on_boundaries = random() % 2 == 0;
    const auto length = [&](std::uint32_t most) {
      return on_boundaries ? random() % (most / 64) * 64 : random() % most;
    };
    const Bytes lead = Bytes(data).subspan(random() % 64, length(256));
    other.update(lead);
    append(other_bytes, lead);
    for (int part = 0; part < 6; ++part) {
      const Bytes bytes = Bytes(data).subspan(random() % 4096, length(round % 10 == 0 ? 32768 : 2048));
      update_both(one, other, bytes);
      append(one_bytes, bytes);
      append(other_bytes, bytes);
    }
    expect_equals_openssl(one.finish(), one_bytes, set_of(one_set));
    expect_equals_openssl(other.finish(), other_bytes, set_of(other_set));
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
  for (unsigned round = 0; round < 64 * 64; ++round) {
    const unsigned bits = round % 64;  // every pair of sets at every alignment
    const std::size_t offset = round / 64, blocks = random() % 41;
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

}  // namespace
}  // namespace limier
