// Files that are there as a whole or not at all.
#include "limier/base/file_io.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace limier {
namespace {

namespace fs = std::filesystem;

class WriteWhole : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = fs::temp_directory_path() / "limier-file-io-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    dir_ = name;
    path_ = dir_ + "/list";
    partial_ = dir_ + "/.list.partial";
  }
  void TearDown() override { fs::remove_all(dir_); }
  static std::string text_in(const std::string& path) {
    std::ifstream stream(path);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  std::string dir_, path_, partial_;
};

TEST_F(WriteWhole, TakesThePlaceOfWhatWasThere) {
  ASSERT_TRUE(write_whole(path_, partial_, "first", 0600).ok());
  ASSERT_TRUE(write_whole(path_, partial_, "second", 0600).ok());
  EXPECT_EQ(text_in(path_), "second");
  EXPECT_FALSE(fs::exists(partial_));
  EXPECT_EQ(fs::status(path_).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(WriteWhole, WritesThroughNoLink) {
  std::ofstream(dir_ + "/other") << "untouched";
  fs::create_symlink(dir_ + "/other", partial_);
  ASSERT_TRUE(write_whole(path_, partial_, "mine", 0600).ok());
  EXPECT_EQ(text_in(dir_ + "/other"), "untouched");
  EXPECT_EQ(text_in(path_), "mine");
}

TEST_F(WriteWhole, LeavesNothingHalf) {
  ASSERT_TRUE(fs::create_directory(path_));  // cannot be replaced by a file
  std::ofstream(path_ + "/inside") << "x";
  const Status status = write_whole(path_, partial_, "mine", 0600);
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.error().message.find(path_), std::string::npos);
  EXPECT_FALSE(fs::exists(partial_));
  const Status nowhere = write_whole(dir_ + "/no/list", dir_ + "/no/.list", "mine", 0600);
  ASSERT_FALSE(nowhere.ok());
  EXPECT_EQ(nowhere.error().kind, ErrorKind::kUsage);
}

TEST(FileError, AFullDiskIsTemporary) {
  // The kernel's always-full device stands in for a full disk: the same errno from the same call.
  const int fd = ::open("/dev/full", O_WRONLY);
  ASSERT_GE(fd, 0);
  EXPECT_FALSE(write_fully(fd, as_bytes("x")));
  EXPECT_EQ(error_kind_of(errno), ErrorKind::kTemporary);
  ::close(fd);
  EXPECT_EQ(error_kind_of(EACCES), ErrorKind::kUsage);
}

}  // namespace
}  // namespace limier
