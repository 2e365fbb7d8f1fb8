// Key runs: the sorted keys of one kind of one exhibit, in fixed-width records, so that the merge of many exhibits is a
// sequential read of each. docs/case.md describes the file byte by byte.
//
// A run is written by an earlier process and lies on storage that others can write to, so it is read as hostile: sizes
// before use, order and widths while reading, the digest at the end. What is wrong with a run is Error kind kEvidence;
// the caller derives it from the index again.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "limier/base.h"
#include "limier/base/file_io.h"

namespace limier::casework {

inline constexpr std::size_t kKeyBytes = 32;
inline constexpr std::size_t kRecordHead = kKeyBytes + 24;  // without the value
inline constexpr std::size_t kMaxValueBytes = 192;
inline constexpr std::uint32_t kRunVersion = 5;

// What a key is known as on the exhibit; bits of KeyRecord::flags.
inline constexpr std::uint32_t kFlagKnown = 1;    // a hash set says: harmless
inline constexpr std::uint32_t kFlagNotable = 2;  // a hash set says: look at it
inline constexpr std::uint32_t kFlagLive = 4;     // `file_id` is not deleted
inline constexpr std::uint32_t kFlagCamera = 8;   // it lies where this device's camera puts its pictures

// One record; `value` is what people read and empty where the key itself says it all.
struct KeyRecord {
  std::array<std::uint8_t, kKeyBytes> key{};
  std::uint64_t size_bytes = 0;  // of the content, 0 for kinds without
  std::int64_t file_id = 0;      // the first file with this key, one in use before deleted ones; 0 when none
  std::uint32_t count = 0;       // entries of the exhibit with this key
  std::uint32_t flags = 0;
  std::string value;
};
// Fixed-width form; `out` has kRecordHead + value_width bytes. A value that is too long ends at a whole character.
void put_record(const KeyRecord& record, std::size_t value_width, std::uint8_t* out);
KeyRecord get_record(const std::uint8_t* bytes, std::size_t value_width);

// What a run must say of itself to be taken.
struct RunSpec {
  std::string kind;
  std::size_t value_width = 0;
  // The index the run was derived from; a run of another index is stale.
  std::optional<Sha256> index_digest;
  [[nodiscard]] std::size_t record_width() const { return kRecordHead + value_width; }
};

// Writes DIR/NAME under a temporary name; put() in ascending order of key; commit() syncs and renames.
class RunWriter {
 public:
  static Result<RunWriter> create(const std::string& dir, const std::string& name, const RunSpec& spec);
  RunWriter(RunWriter&& other) noexcept;
  RunWriter& operator=(RunWriter&&) = delete;
  RunWriter(const RunWriter&) = delete;
  RunWriter& operator=(const RunWriter&) = delete;
  ~RunWriter();  // removes what was not committed
  // `record` has record_width() bytes. Errors are kept and reported by commit().
  void put(const std::uint8_t* record);
  Status commit();
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  RunWriter(std::string dir, std::string name, RunSpec spec, UniqueFd fd);
  void flush();
  [[nodiscard]] std::string path() const { return dir_ + "/" + name_; }
  [[nodiscard]] std::string temporary() const { return dir_ + "/." + name_ + ".partial"; }

  std::string dir_, name_;
  RunSpec spec_;
  UniqueFd fd_;
  std::vector<std::uint8_t> buffer_;
  Hasher hasher_;
  std::uint64_t count_ = 0;
  int error_number_ = 0;
};

// Reads a run from front to back. Keeps no descriptor open between two reads, so the number of runs merged at once has
// no limit but memory; notices when the file is exchanged meanwhile.
class RunCursor {
 public:
  // Checks header and size.
  static Result<RunCursor> open(const std::string& path, const RunSpec& spec);
  // Memory to read into: at least one record. Call before the first advance().
  void use_buffer(std::size_t bytes);
  // The current record, or nullptr: before the first advance(), at the end, on an error.
  [[nodiscard]] const std::uint8_t* record() const { return record_; }
  void advance();
  // After record() became nullptr: whether the run was whole and in order, digest included.
  [[nodiscard]] const Status& status() const { return status_; }
  [[nodiscard]] std::uint64_t count() const { return count_; }
  // The records with these keys by binary search, without touching the position; nullopt where there is none.
  using Key = std::array<std::uint8_t, kKeyBytes>;
  [[nodiscard]] Result<std::vector<std::optional<KeyRecord>>> find(std::span<const Key> keys) const;

 private:
  void fail(std::string_view what);
  void refill();
  [[nodiscard]] Result<std::optional<KeyRecord>> find_one(int fd, const Key& key) const;
  [[nodiscard]] Result<UniqueFd> reopen() const;

  std::string path_;
  RunSpec spec_;
  std::uint64_t device_ = 0, inode_ = 0, size_bytes_ = 0;
  std::uint64_t count_ = 0, read_ = 0;  // records in the run, and read into the buffer so far
  Sha256 digest_{};
  Hasher hasher_{DigestSet{false, false, true}};
  std::vector<std::uint8_t> buffer_;
  std::size_t buffer_bytes_ = 0, at_ = 0, filled_ = 0;
  const std::uint8_t* record_ = nullptr;
  std::array<std::uint8_t, kKeyBytes> last_{};
  bool started_ = false;
  Status status_ = ok_status();
};

}  // namespace limier::casework
