#include <gtest/gtest.h>

#include "limier/catalog.h"

namespace limier::catalog {
namespace {

constexpr std::uint64_t kMedia = 1000;

TEST(CatalogNames, AreTheWordsOfTheContract) {
  EXPECT_EQ(volume_status_name(VolumeStatus::kTable), "unallocated");
  EXPECT_EQ(volume_status_name(VolumeStatus::kFailed), "failed");
  EXPECT_EQ(file_kind_name(FileKind::kVirtual), "virtual");
  EXPECT_EQ(content_state_name(ContentState::kNotRead), "not-read");
  EXPECT_EQ(content_state_name(ContentState::kOverwritten), "overwritten");
  EXPECT_EQ(extent_kind_name(ExtentKind::kUninitialized), "uninitialized");
  EXPECT_EQ(severity_name(Severity::kError), "error");
  EXPECT_EQ(file_kind_name(static_cast<FileKind>(200)), "?");
}

TEST(CatalogValidate, VolumeStaysInsideTheMedia) {
  VolumeRecord record;
  record.volume_id = 2;
  record.image_offset = 10;
  record.length = 990;
  EXPECT_TRUE(validate(record, kMedia));
  record.length = 991;
  EXPECT_FALSE(validate(record, kMedia));
  record.image_offset = ~0ull;
  record.length = 2;
  EXPECT_FALSE(validate(record, kMedia)) << "the sum overflows";
  record.image_offset = 0;
  EXPECT_TRUE(validate(record, kMedia));
  record.parent_id = 2;
  EXPECT_FALSE(validate(record, kMedia)) << "its own parent";
  record.parent_id = 1;
  record.status = static_cast<VolumeStatus>(99);
  EXPECT_FALSE(validate(record, kMedia));
}

TEST(CatalogValidate, NameIsTheEndOfItsPath) {
  NameRecord record;
  record.volume_id = 1;
  record.path = "/";
  EXPECT_TRUE(validate(record)) << "the root directory";
  record.name_id = 5;
  EXPECT_TRUE(validate(record));
  record.path = "/a";
  record.name_length = 1;
  EXPECT_TRUE(validate(record));
  record.name_length = 2;
  EXPECT_FALSE(validate(record));
  record.name_length = 1;
  record.parent_name_id = 5;
  EXPECT_FALSE(validate(record)) << "a parent comes first";
  record.parent_name_id = 4;
  record.path = "a";
  EXPECT_FALSE(validate(record));
}

TEST(CatalogValidate, StreamsCarryDigestsOnlyWhenTheWorkerReadThem) {
  StreamRecord record;
  record.ref.volume_id = 1;
  record.digests.md5 = Md5{};
  record.source = ContentSource::kExtents;
  EXPECT_FALSE(validate(record));
  record.source = ContentSource::kDigested;
  EXPECT_TRUE(validate(record));
  record.size_bytes = ~0ull;
  EXPECT_FALSE(validate(record));
}

TEST(CatalogValidate, TypesThatCannotBe) {
  EXPECT_TRUE(validate(ContentType()));
  EXPECT_TRUE(validate(ContentType{.type = 100, .basis = TypeBasis::kText, .entropy_millibits = 8000}));
  EXPECT_FALSE(validate(ContentType{.type = 100, .entropy_millibits = 8001}));
  EXPECT_FALSE(validate(ContentType{.type = 100, .basis = static_cast<TypeBasis>(4)}));
  EXPECT_FALSE(validate(ContentType{.type = 100, .encryption = static_cast<FileEncryption>(200)}));
  EXPECT_FALSE(validate(ContentType{.type = 0, .entropy_millibits = 1}));
  StreamRecord record;
  record.ref.volume_id = 1;
  record.source = ContentSource::kExtents;
  record.type.type = 100;
  EXPECT_FALSE(validate(record)) << "what the sweep has yet to read";
  record.source = ContentSource::kDigested;
  EXPECT_TRUE(validate(record));
}

TEST(CatalogValidate, ExtentsNeedAPlaceUnlessSparse) {
  ExtentRecord record;
  record.ref.volume_id = 1;
  record.length = 10;
  EXPECT_FALSE(validate(record, kMedia)) << "data without a place";
  record.image_offset = 991;
  EXPECT_FALSE(validate(record, kMedia));
  record.image_offset = 990;
  EXPECT_TRUE(validate(record, kMedia));
  record.kind = ExtentKind::kSparse;
  EXPECT_FALSE(validate(record, kMedia));
  record.image_offset.reset();
  EXPECT_TRUE(validate(record, kMedia));
}

TEST(CatalogValidate, OtherRecords) {
  EXPECT_FALSE(validate(InodeRecord{}));
  EXPECT_FALSE(validate(BlockRange{1, 999, 2, BlockUse::kAllocated}, kMedia));
  EXPECT_TRUE(validate(BlockRange{1, 999, 1, BlockUse::kAllocated}, kMedia));
  EXPECT_FALSE(validate(BlockRange{1, 0, 1, static_cast<BlockUse>(3)}, kMedia));
  EXPECT_FALSE(validate(BadRange{0, 0, ""}, kMedia));
  EXPECT_TRUE(validate(BadRange{0, 1000, "read-error"}, kMedia));
  EXPECT_FALSE(validate(IssueRecord{}));
  EXPECT_FALSE(validate(EncryptionRecord{1, "", Certainty::kStructure, ""}));
  EXPECT_TRUE(validate(EncryptionRecord{1, "LUKS2", Certainty::kStructure, ""}));
}

}  // namespace
}  // namespace limier::catalog
