// Lists that become hash sets, and hash sets. The first byte says which; of a set the sizes and digests are made right
// before it is opened, so that the fuzzer gets behind them (docs/hashsets.md).
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "limier/hashset.h"

namespace {

using namespace limier;
namespace fs = std::filesystem;
using Buffer = std::vector<std::uint8_t>;

constexpr std::size_t kHeader = 4096, kTrailer = 32, kSizeAt = 32;
const std::atomic<int> kGoOn{0};

void require(bool holds) {
  if (!holds) std::abort();
}

// Of this process.
const fs::path& folder() {
  static const struct Folder {
    fs::path path;
    Folder() {
      std::string pattern = (fs::temp_directory_path() / "limier-fuzz-XXXXXX").string();
      require(::mkdtemp(pattern.data()) != nullptr);
      path = pattern;
    }
    ~Folder() {
      std::error_code ignored;
      fs::remove_all(path, ignored);
    }
  } kFolder;
  return kFolder.path;
}

void put(const fs::path& path, const Buffer& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

void seal(Buffer& set) {
  for (std::size_t i = 0; i < 8; ++i) set[kSizeAt + i] = static_cast<std::uint8_t>(set.size() >> (8 * i));
  const auto digest = [](Bytes bytes) { return *digest_of(bytes, {false, false, true}).sha256; };
  const auto of_header = digest(Bytes(set).first(kHeader - kTrailer));
  std::copy(of_header.begin(), of_header.end(), set.begin() + (kHeader - kTrailer));
  const auto of_all = digest(Bytes(set).first(set.size() - kTrailer));
  std::copy(of_all.begin(), of_all.end(), set.end() - kTrailer);
}

void ask(const hashset::Set& set, Bytes bytes) {
  for (std::size_t at = 0; at + 32 <= bytes.size() && at < 32 * 64; at += 32) {
    Digests digests;
    digests.sha256.emplace();
    digests.sha1.emplace();
    digests.md5.emplace();
    std::memcpy(digests.sha256->data(), bytes.data() + at, 32);
    std::memcpy(digests.sha1->data(), bytes.data() + at, 20);
    std::memcpy(digests.md5->data(), bytes.data() + at, 16);
    hashset::Categories categories;
    require(set.categories_of(digests, categories) == set.contains(digests));
  }
}

void try_set(Buffer bytes) {
  if (bytes.size() >= kHeader + kTrailer) seal(bytes);
  const fs::path path = folder() / "set";
  put(path, bytes);
  const auto set = hashset::Set::open(path);
  if (!set) return;
  ask(**set, bytes);
  ask(**set, Bytes(bytes).subspan(kHeader));
  static_cast<void>((*set)->verify(kGoOn));
}

// Whatever the list is, what comes of it is a whole set.
void try_list(const Buffer& bytes) {
  hashset::ImportOptions options;
  options.list = folder() / "list";
  options.to = folder() / "made";
  options.name = "fuzz";
  options.memory_bytes = 1u << 20;
  put(options.list, bytes);
  std::error_code ignored;
  fs::remove(options.to, ignored);
  const auto report = hashset::import_list(options, {}, kGoOn);
  require(report.ok() == fs::exists(options.to));
  if (!report) return;
  const auto set = hashset::Set::open(options.to);
  require(set.ok() && (*set)->verify(kGoOn).ok() && (*set)->info().total() > 0);
  ask(**set, bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Buffer bytes(data + 1, data + size);
  if ((data[0] & 1) != 0)
    try_set(bytes);
  else
    try_list(bytes);
  return 0;
}
