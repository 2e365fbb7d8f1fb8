// Test support: a raw file as an evidence::Image, a sink that keeps everything, corpus images as raw files, and the
// rows as text that can be compared with fls, istat and mmls.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "limier/volume.h"

namespace limier::volume::testing {

class RawImage final : public evidence::Image {
 public:
  explicit RawImage(const std::string& path, std::uint32_t sector_size = 512)
      : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)), sector_size_(sector_size) {
    struct stat info {};
    if (fd_ && ::fstat(fd_.get(), &info) == 0) size_ = static_cast<std::uint64_t>(info.st_size);
  }
  [[nodiscard]] std::uint64_t size_bytes() const override { return size_; }
  [[nodiscard]] std::uint32_t sector_size() const override { return sector_size_; }
  [[nodiscard]] std::uint32_t chunk_size() const override { return 1u << 20; }
  [[nodiscard]] const std::vector<evidence::OpenIssue>& open_issues() const override { return issues_; }
  evidence::ChunkState decode_chunk(std::uint64_t, MutableBytes) const override {
    return evidence::ChunkState::kReadError;
  }
  evidence::ReadOutcome read(std::uint64_t offset, MutableBytes out) const override {
    evidence::ReadOutcome outcome;
    const ssize_t got = ::pread(fd_.get(), out.data(), out.size(), static_cast<off_t>(offset));
    outcome.length = got > 0 ? static_cast<std::size_t>(got) : 0;
    if (offset < bad_end_ && offset + out.size() > bad_start_) outcome.worst = evidence::ChunkState::kUndecodable;
    return outcome;
  }
  [[nodiscard]] std::uint64_t chunks_decoded() const override { return 0; }
  void mark_bad(std::uint64_t start, std::uint64_t end) { bad_start_ = start, bad_end_ = end; }

 private:
  UniqueFd fd_;
  std::uint64_t size_ = 0;
  std::uint32_t sector_size_;
  std::uint64_t bad_start_ = 0, bad_end_ = 0;
  std::vector<evidence::OpenIssue> issues_;
};

struct Rows final : Sink {
  std::vector<catalog::VolumeRecord> volumes;
  std::vector<catalog::NameRecord> names;
  std::map<std::uint64_t, catalog::InodeRecord> inodes;
  std::vector<catalog::StreamRecord> streams;
  std::vector<catalog::ExtentRecord> extents;
  std::vector<catalog::BlockRange> ranges;
  std::vector<catalog::IssueRecord> issues;
  std::vector<catalog::EncryptionRecord> encrypted;
  std::string bytes;
  std::vector<std::uint64_t> checkpoints;
  std::uint64_t media_size = UINT64_MAX;

  template <class V, class R>
  Status keep(V& list, const R& record, bool valid) {
    EXPECT_TRUE(valid) << "a record the supervisor would refuse";
    list.push_back(record);
    return ok_status();
  }
  Status volume(const catalog::VolumeRecord& r) override { return keep(volumes, r, validate(r, media_size)); }
  Status name(const catalog::NameRecord& r) override { return keep(names, r, validate(r)); }
  Status inode(const catalog::InodeRecord& r) override {
    EXPECT_TRUE(validate(r));
    EXPECT_TRUE(inodes.emplace(r.inode, r).second) << "inode " << r.inode << " sent twice";
    return ok_status();
  }
  Status stream(const catalog::StreamRecord& r) override { return keep(streams, r, validate(r)); }
  Status extent(const catalog::ExtentRecord& r) override { return keep(extents, r, validate(r, media_size)); }
  Status blocks(const catalog::BlockRange& r) override { return keep(ranges, r, validate(r, media_size)); }
  Status issue(const catalog::IssueRecord& r) override { return keep(issues, r, validate(r)); }
  Status encryption(const catalog::EncryptionRecord& r) override { return keep(encrypted, r, validate(r)); }
  Status content(Bytes part) override {
    bytes += as_text(part);
    return ok_status();
  }
  void working_on(Stage, std::uint64_t) override {}
  void expecting(std::uint64_t) override {}
  Status checkpoint(std::uint64_t done) override {
    checkpoints.push_back(done);
    return ok_status();
  }
  void advanced(std::uint64_t done) override {
    EXPECT_GE(done, done_) << "progress went back";
    done_ = done;
  }
  [[nodiscard]] bool has_issue(std::string_view code) const {
    for (const auto& one : issues)
      if (one.code == code) return true;
    return false;
  }

 private:
  std::uint64_t done_ = 0;
};

class TempDir {
 public:
  TempDir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "limier-volume-XXXXXX").string();
    if (::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

inline std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

struct CommandResult {
  int code = -1;
  std::string out;
};
inline CommandResult run(const std::string& command) {
  CommandResult result;
  FILE* pipe = ::popen(("export PATH=$PATH:/usr/sbin:/sbin TZ=UTC LC_ALL=C.UTF-8; " + command).c_str(), "r");
  if (pipe == nullptr) return result;
  std::array<char, 65536> buffer{};
  for (std::size_t got = 0; (got = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    result.out.append(buffer.data(), got);
  result.code = ::pclose(pipe);
  return result;
}

inline std::string corpus(const std::string& path) {
  return std::string(LIMIER_CORPUS_DIR) + "/" + path;
}

// A corpus image as a raw file in `dir`; "" when it could not be made.
inline std::string raw_copy(const TempDir& dir, const std::string& image) {
  const std::string out = dir.file("image.raw");
  const auto done = run("img_cat " + quoted(corpus(image)) + " > " + quoted(out) + " 2>/dev/null");
  return done.code == 0 ? out : std::string();
}

inline FsJob walk_job(const catalog::VolumeRecord& volume) {
  FsJob job;
  job.kind = FsJobKind::kWalk;
  job.volume = volume;
  job.digests = kAllDigests;
  return job;
}

}  // namespace limier::volume::testing

#define LIMIER_NEED_CORPUS()                                                                             \
  if (!std::filesystem::exists(LIMIER_CORPUS_DIR)) GTEST_SKIP() << "no corpus at " << LIMIER_CORPUS_DIR; \
  ::setenv("TZ", "UTC", 1);                                                                              \
  ::tzset()
