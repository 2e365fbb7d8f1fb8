#include "limier/base/digest_state.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <random>
#include <string>
#include <vector>

namespace limier {
namespace {

std::vector<std::uint8_t> random_bytes(std::size_t size) {
  std::mt19937 random(7);
  std::vector<std::uint8_t> bytes(size);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

template <std::size_t N>
std::array<std::uint8_t, N> openssl(const EVP_MD* algorithm, Bytes data) {
  std::array<std::uint8_t, N> digest{};
  EVP_Digest(data.data(), data.size(), digest.data(), nullptr, algorithm, nullptr);
  return digest;
}

TEST(DigestState, AnotherHasherGoesOnFromEveryByte) {
  const auto data = random_bytes(200);
  for (std::size_t at = 0; at <= data.size(); ++at) {
    Hasher first(kAllDigests);
    first.update(Bytes(data).first(at));
    const auto sent = encode(state_of(first));
    const auto received = decode<HasherState>(Bytes(sent));
    ASSERT_TRUE(received);
    EXPECT_EQ(received->size_bytes, at);
    Hasher second = hasher_from(*received);
    EXPECT_EQ(second.size_bytes(), at);
    second.update(Bytes(data).subspan(at));
    const Digests digests = second.finish();
    EXPECT_EQ(digests.md5, openssl<16>(EVP_md5(), data)) << at;
    EXPECT_EQ(digests.sha1, openssl<20>(EVP_sha1(), data)) << at;
    EXPECT_EQ(digests.sha256, openssl<32>(EVP_sha256(), data)) << at;
  }
}

TEST(DigestState, TheSetOfDigestsGoesWithIt) {
  const auto data = random_bytes(100);
  for (unsigned bits = 0; bits < 8; ++bits) {
    const DigestSet which{(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0};
    Hasher first(which);
    first.update(Bytes(data).first(70));
    EXPECT_EQ(state_of(first).which, which);
    Hasher second = hasher_from(state_of(first));
    second.update(Bytes(data).subspan(70));
    EXPECT_EQ(second.finish(), digest_of(data, which));
  }
}

// Two ways to the same byte leave the same state behind.
TEST(DigestState, DoesNotDependOnHowTheBytesCame) {
  const auto data = random_bytes(100);
  Hasher whole(kAllDigests), parts(kAllDigests);
  whole.update(data);
  for (const std::uint8_t byte : data) parts.update(Bytes(&byte, 1));
  EXPECT_EQ(encode(state_of(whole)), encode(state_of(parts)));
}

}  // namespace
}  // namespace limier
