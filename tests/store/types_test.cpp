// Types by content: where they are shown, and where they must not be.
#include <gtest/gtest.h>

#include "limier/types.h"
#include "store/fixture.h"

namespace limier::store::testing {
namespace {

using catalog::ContentSource;
using catalog::ContentType;
using catalog::FileEncryption;
using catalog::TypeBasis;

constexpr const char* kTypes = "SELECT name, mime, type_name, entropy FROM v_file ORDER BY file_id";

TEST_F(StoreTest, TypesAreShownWhereTheContentIsTheFilesOwn) {
  create();
  volume(1, 0, 1'000'000);
  file(1, "/a.jpg", 30, 10'000, 4096);
  file(2, "/free.jpg", 31, 30'000, 4096, false, false);
  file(3, "/over.jpg", 32, 11'000, 4096, false, false);
  file(4, "/bad.jpg", 33, 50'000, 4096);
  add(catalog::BadRange{50'000, 512, "bad-checksum"});
  add(name(5, "/empty", 34));
  add(inode(34));
  add(stream(34, ContentSource::kEmpty, 0));
  add(name(6, "/resident.txt", 35));
  add(inode(35));
  auto resident = stream(35, ContentSource::kDigested, 5);
  resident.digests = digest_of(as_bytes("hello"), kAllDigests);
  resident.type = {.type = 431, .basis = TypeBasis::kText, .entropy_millibits = 1922};
  add(resident);
  add(name(7, "/reused.jpg", 30, false));
  finish_all();
  EXPECT_EQ(rows(kTypes),
            "a.jpg|image/jpeg|JPEG picture|7.5\nfree.jpg|image/jpeg|JPEG picture|7.5\nover.jpg|-|-|-\n"
            "bad.jpg|-|-|-\nempty|inode/x-empty|Empty|-\nresident.txt|text/plain|Text (ASCII)|1.922\n"
            "reused.jpg|-|-|-");
}

TEST_F(StoreTest, NamesThatClaimAnotherType) {
  create();
  volume(1, 0, 1'000'000);
  std::uint64_t number = 30;
  for (const char* path :
       {"/a.jpg", "/b.JPEG", "/c.docx", "/d.xyz", "/e", "/f.dat", "/.docx", "/g.tar.txt", "/docx", "/h."}) {
    file(number - 29, path, number, number * 10'000, 4096);
    ++number;
  }
  finish_all();
  EXPECT_EQ(rows("SELECT group_concat(name, ' ') FROM (SELECT name FROM v_file WHERE ext_mismatch ORDER BY file_id)"),
            "c.docx g.tar.txt");
  EXPECT_EQ(rows("SELECT count(*) FROM v_file WHERE ext_mismatch = 0"), "8");
}

TEST_F(StoreTest, AWeakTypeAccusesNoName) {
  create();
  volume(1, 0, 1'000'000);
  file(1, "/a.jpg", 30, 10'000, 4096);
  type_ = {.type = 431, .basis = TypeBasis::kText, .entropy_millibits = 4000};
  finish_all();
  EXPECT_EQ(rows("SELECT type_name, ext_mismatch FROM v_file"), "Text (ASCII)|-");
}

TEST_F(StoreTest, EncryptedFilesAreRowsOfTheirOwnAndNoCondition) {
  create();
  volume(1, 0, 1'000'000);
  file(1, "/a.zip", 30, 10'000, 4096);
  file(2, "/b.zip", 31, 30'000, 4096, false, false);
  file(3, "/over.zip", 32, 31'000, 4096, false, false);
  type_ = {.type = 700, .basis = TypeBasis::kSignature, .encryption = FileEncryption::kZip, .entropy_millibits = 7900};
  check(writer_->build_catalog());
  sweep();
  check(writer_->finish_evidence(digest_of({}, kAllDigests), Verdict::kVerified, true));
  check(writer_->build_coverage());
  const auto conditions = writer_->conditions();
  ASSERT_TRUE(conditions.ok());
  EXPECT_FALSE(conditions->incomplete);
  EXPECT_FALSE(conditions->nothing_examined);
  close();
  EXPECT_EQ(rows("SELECT scope, volume_id, file_id, scheme, certainty FROM v_encryption ORDER BY file_id"),
            "file|1|1|ZIP (AES or ZipCrypto)|structure");
}

TEST_F(StoreTest, OneContentOfManyFilesIsOneRow) {
  create();
  volume(1, 0, 1'000'000);
  for (std::uint64_t n = 1; n <= 3; ++n) {
    add(name(n, "/copy-" + std::to_string(n), n + 30));
    add(inode(n + 30));
    auto resident = stream(n + 30, ContentSource::kDigested, 5);
    resident.digests = digest_of(as_bytes(n == 3 ? "other" : "hello"), kAllDigests);
    resident.type = {.type = 431, .basis = TypeBasis::kText, .entropy_millibits = 1922};
    add(resident);
  }
  finish_all();
  EXPECT_EQ(rows("SELECT size, files, mime, type_basis, entropy, item_state FROM v_content ORDER BY content_id"),
            "5|2|text/plain|text|1.922|-\n5|1|text/plain|text|1.922|-");
}

TEST_F(StoreTest, WithoutASweepThereAreNoTypes) {
  create();
  volume(1, 0, 1'000'000);
  file(1, "/a.jpg", 30, 10'000, 4096);
  add(name(2, "/empty", 34));
  add(inode(34));
  add(stream(34, ContentSource::kEmpty, 0));
  check(writer_->build_catalog());
  check(writer_->finish_evidence({}, std::nullopt, false));
  check(writer_->build_coverage());
  close();
  EXPECT_EQ(rows("SELECT count(mime) + count(type_name) + count(ext_mismatch) + count(entropy) FROM v_file"), "0");
}

}  // namespace
}  // namespace limier::store::testing
