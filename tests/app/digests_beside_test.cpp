#include "app/digests_beside.h"

#include <gtest/gtest.h>

namespace limier::app {
namespace {

const std::string kSha256(64, 'a'), kMd5(32, 'b'), kSha1(40, 'c');

TEST(DigestsBeside, AsTheSumProgramsWriteThem) {
  for (const std::string& text : {kSha256 + "  x.zip\n", kSha256 + " *x.zip\r\n", kSha256 + "  /mnt/export/x.zip",
                                  "SHA256 (x.zip) = " + kSha256 + "\n", kSha256 + "\n",
                                  "# made by hand\n" + std::string(64, 'd') + "  y.zip\n" + kSha256 + "  x.zip\n"}) {
    const Digests found = digests_in_sums(text, "x.zip");
    ASSERT_TRUE(found.sha256) << text;
    EXPECT_EQ(hex_digest(*found.sha256), kSha256) << text;
    EXPECT_FALSE(found.md5);
  }
  EXPECT_TRUE(digests_in_sums(kMd5 + "  x.zip\n", "x.zip").md5);
  EXPECT_TRUE(digests_in_sums(kSha1 + "  x.zip\n", "x.zip").sha1);
}

TEST(DigestsBeside, OfAnotherFileNothingIsTaken) {
  for (const std::string& text :
       {kSha256 + "  y.zip\n", kSha256 + "  x.zip.old\n", "SHA256 (y.zip) = " + kSha256,
        kSha256.substr(1) + "  x.zip\n", std::string(), std::string(" "), kSha256 + "\n" + kSha256 + "\n"}) {
    const Digests found = digests_in_sums(text, "x.zip");
    EXPECT_FALSE(found.sha256 || found.md5 || found.sha1) << text;
  }
}

TEST(DigestsBeside, OfAUfd) {
  const std::string text = "\xef\xbb\xbf[Backup]\r\nx.zip=" + kSha256 + "\r\n[SHA256]\r\nx.zip=" + kSha256 +
                           "\r\ny.zip=" + std::string(64, 'd') + "\r\n[MD5]\nx.zip=nothing\n";
  const Digests found = digests_in_ufd(text, "x.zip");
  ASSERT_TRUE(found.sha256);
  EXPECT_EQ(hex_digest(*found.sha256), kSha256);
  EXPECT_FALSE(found.md5);
  EXPECT_FALSE(digests_in_ufd("[Dumps]\nx.zip=" + kSha256, "x.zip").sha256) << "not a section of digests";
}

}  // namespace
}  // namespace limier::app
