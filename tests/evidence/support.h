// What the evidence tests share: opening sets by name, temporary folders, whole-image comparison.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "evidence/readers.h"  // the readers behind open_image, to compare them
#include "limier/evidence.h"

namespace limier::evidence {

namespace fs = std::filesystem;

inline fs::path corpus() {
  return LIMIER_CORPUS_DIR;
}
#define LIMIER_NEED_CORPUS() \
  if (!fs::exists(corpus())) GTEST_SKIP() << "no corpus folder"

class TempFolder {
 public:
  TempFolder() {
    std::string name = (fs::temp_directory_path() / "limier-evidence-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~TempFolder() { fs::remove_all(path_); }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  [[nodiscard]] fs::path operator/(const std::string& name) const { return path_ / name; }
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

inline std::vector<std::uint8_t> read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
inline void write_file(const fs::path& path, Bytes bytes) {
  std::ofstream(path, std::ios::binary).write(as_text(bytes).data(), static_cast<std::streamsize>(bytes.size()));
}
inline void touch(const fs::path& path) {
  write_file(path, as_bytes("x"));
}

// A spec with its open descriptors.
struct Opened {
  EvidenceSpec spec;
  std::vector<UniqueFd> owned;
  std::vector<int> fds;
  void add(const fs::path& path) {
    owned.emplace_back(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    ASSERT_TRUE(owned.back()) << path;
    fds.push_back(owned.back().get());
    spec.segments.push_back({path.filename().string(), fs::file_size(path)});
  }
};

inline Identified identify_file(const fs::path& path) {
  constexpr std::uint64_t kHead = 65536, kTail = 4096;
  const std::uint64_t size = fs::file_size(path);
  std::ifstream in(path, std::ios::binary);
  const auto part = [&](std::uint64_t offset, std::uint64_t length) {
    std::vector<char> bytes(static_cast<std::size_t>(length));
    in.seekg(static_cast<std::streamoff>(offset));
    in.read(bytes.data(), static_cast<std::streamsize>(length));
    return bytes;
  };
  const auto head = part(0, std::min(size, kHead)), tail = part(size - std::min(size, kTail), std::min(size, kTail));
  return identify_container(as_bytes({head.data(), head.size()}), as_bytes({tail.data(), tail.size()}), size,
                            path.filename().string());
}

// The set that starts with `first`, as the program would open it.
inline Opened open_set(const fs::path& first, bool allow_incomplete = false) {
  Opened opened;
  opened.spec.format = identify_file(first).format;
  opened.spec.allow_incomplete = allow_incomplete;
  const auto names = find_segments(first.string(), opened.spec.format);
  EXPECT_TRUE(names.ok()) << first;
  if (!names.ok()) return opened;
  for (const std::string& path : names->paths) opened.add(path);
  return opened;
}

// decode_chunks says of every chunk what decode_chunk says, in runs of any length, into a buffer used before.
inline void expect_runs_equal_chunks(const Image& image) {
  constexpr std::size_t kMost = 40;
  const std::size_t size = image.chunk_size();
  std::vector<std::uint8_t> run(kMost * size, 0xa5), alone(size);
  std::vector<ChunkState> states;
  std::size_t length = 1;
  for (std::uint64_t first = 0; first < image.chunk_count(); first += length) {
    length = static_cast<std::size_t>(std::min<std::uint64_t>(first * 7 % kMost + 1, image.chunk_count() - first));
    states.resize(length, ChunkState::kMissing);  // a kZero from the run before promises zeros
    image.decode_chunks(first, run, states);
    for (std::size_t i = 0; i < length; ++i) {
      ASSERT_EQ(states[i], image.decode_chunk(first + i, alone)) << first + i;
      const auto filled = static_cast<std::ptrdiff_t>(
          std::min<std::uint64_t>(size, image.size_bytes() - (first + i) * std::uint64_t{size}));
      ASSERT_TRUE(
          std::equal(alone.begin(), alone.begin() + filled, run.begin() + static_cast<std::ptrdiff_t>(i * size)))
          << first + i;
    }
  }
}

// Bytes of the whole media by decode_chunk; `worst` collects the states.
inline std::vector<std::uint8_t> whole(const Image& image, ChunkState& worst) {
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(image.size_bytes()));
  worst = ChunkState::kGood;
  for (std::uint64_t chunk = 0; chunk < image.chunk_count(); ++chunk) {
    const MutableBytes rest = MutableBytes(bytes).subspan(static_cast<std::size_t>(chunk * image.chunk_size()));
    worst =
        std::max(worst, image.decode_chunk(chunk, rest.first(std::min<std::size_t>(rest.size(), image.chunk_size()))));
  }
  if (worst == ChunkState::kZero) worst = ChunkState::kGood;
  return bytes;
}

inline bool has_issue(const Image& image, std::string_view code) {
  for (const OpenIssue& issue : image.open_issues())
    if (issue.code == code) return true;
  return false;
}

}  // namespace limier::evidence
