// Key runs and exhibit facts as the fan-in finds them on shared storage. The first byte says what is made right before
// they are read, so that the fuzzer gets behind the digests; the layout is that of docs/case.md.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "casework/exhibit_facts.h"
#include "casework/run_format.h"

namespace {

using namespace limier;
using Buffer = std::vector<std::uint8_t>;

constexpr std::size_t kRunHeader = 160, kFactsHeader = 80;
constexpr std::size_t kMostRecords = 4096;

enum Seal : std::uint8_t { kHeader = 1, kRecords = 2, kCount = 4, kSorted = 8, kValues = 16, kFacts = 32 };

void require(bool holds) {
  if (!holds) std::abort();
}

// Of this process; the readers open by path and refuse links, so a memory file will not do.
class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "limier-fuzz-XXXXXX").string();
    require(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::string put(const char* name, const Buffer& bytes) const {
    const std::string path = path_ + "/" + name;
    std::ofstream(path, std::ios::binary | std::ios::trunc)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    return path;
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

void put_digest(Buffer& bytes, std::size_t from, std::size_t to, std::size_t at) {
  const Sha256 digest = *digest_of(Bytes(bytes).subspan(from, to - from), DigestSet{false, false, true}).sha256;
  std::copy(digest.begin(), digest.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
}

template <class T>
void put_number(Buffer& bytes, std::size_t at, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) bytes[at + i] = static_cast<std::uint8_t>(value >> (8 * i));
}

void sort_records(Buffer& bytes, std::size_t width) {
  std::vector<std::string> records;
  for (std::size_t at = kRunHeader; at + width <= bytes.size(); at += width)
    records.emplace_back(as_text(Bytes(bytes).subspan(at, width)));
  std::sort(records.begin(), records.end());
  auto at = bytes.begin() + kRunHeader;
  for (const auto& record : records) at = std::copy(record.begin(), record.end(), at);
}

void seal(Buffer& bytes, std::uint8_t what, const casework::RunSpec& spec) {
  if (bytes.size() < kRunHeader) return;
  const std::size_t width = spec.record_width();
  if ((what & kSorted) != 0) sort_records(bytes, width);
  if ((what & kCount) != 0) {
    bytes.resize(kRunHeader + (bytes.size() - kRunHeader) / width * width);
    put_number(bytes, 56, std::uint64_t{(bytes.size() - kRunHeader) / width});
  }
  if ((what & kRecords) != 0) put_digest(bytes, kRunHeader, bytes.size(), 64);
  if ((what & kHeader) != 0) put_digest(bytes, 0, 128, 128);
}

// Every record, with a buffer of so many bytes; nullopt when the run is not whole.
std::optional<std::vector<Buffer>> all_records(const std::string& path, const casework::RunSpec& spec,
                                               std::size_t buffer_bytes) {
  auto cursor = casework::RunCursor::open(path, spec);
  if (!cursor) return std::nullopt;
  require(cursor->count() <= kMostRecords);
  cursor->use_buffer(buffer_bytes);
  std::vector<Buffer> records;
  for (cursor->advance(); cursor->record() != nullptr; cursor->advance())
    records.emplace_back(cursor->record(), cursor->record() + spec.record_width());
  require(records.size() <= cursor->count());
  if (!cursor->status().ok()) return std::nullopt;
  require(records.size() == cursor->count());
  return records;
}

void read_run(const std::string& path, const casework::RunSpec& spec) {
  const auto records = all_records(path, spec, 1);
  require(records == all_records(path, spec, std::size_t{64} << 10));
  const auto cursor = casework::RunCursor::open(path, spec);
  if (!cursor) return;
  // A search in a run that is out of order finds nothing or what it was asked for.
  std::vector<casework::RunCursor::Key> keys(2);
  keys[1].fill(0xFF);
  for (std::size_t i = 0; records && i < std::min<std::size_t>(records->size(), 16); ++i) {
    require(i == 0 || std::memcmp((*records)[i - 1].data(), (*records)[i].data(), casework::kKeyBytes) < 0);
    std::copy_n((*records)[i].begin(), casework::kKeyBytes, keys.emplace_back().begin());
  }
  const auto found = cursor->find(keys);
  require(found.ok() && found->size() == keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    require((*found)[i] ? (*found)[i]->key == keys[i] : i < 2);
    require(!(*found)[i] || (*found)[i]->value.size() <= spec.value_width);
  }
}

void read_facts(const Folder& folder, Buffer bytes, bool sealed) {
  if (bytes.size() >= kFactsHeader && sealed) {
    put_number(bytes, 12, static_cast<std::uint32_t>(bytes.size() - kFactsHeader));
    std::fill_n(bytes.begin() + 16, 32, std::uint8_t{0});
    put_digest(bytes, kFactsHeader, bytes.size(), 48);
  }
  (void)folder.put("exhibit.facts", bytes);
  const auto facts = casework::load_facts(folder.path(), Sha256{});
  if (!facts) return;
  const auto again = encode(*facts);
  require(std::equal(again.begin(), again.end(), bytes.begin() + kFactsHeader, bytes.end()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Folder folder;
  if (size == 0 || size > kMostRecords * casework::kRecordHead) return 0;
  Buffer bytes(data + 1, data + size);
  if ((data[0] & kFacts) != 0) {
    read_facts(folder, std::move(bytes), (data[0] & kHeader) != 0);
    return 0;
  }
  casework::RunSpec spec;
  spec.kind = "content";
  spec.value_width = (data[0] & kValues) != 0 ? 48 : 0;
  seal(bytes, data[0], spec);
  read_run(folder.put("content.run", bytes), spec);
  return 0;
}
