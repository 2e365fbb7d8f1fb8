// hashset: sets of digests. Reads the lists that others publish (NSRL, Project VIC, CAID, ICSE, md5sum, hashdeep, plain
// lists) and writes each as one flat, sorted file that is mapped into memory and asked.
//
// Owns:    a Set owns its mapping; a Builder its temporary file, which has no name.
// Threads: a Set may be asked from several threads; everything else belongs to one.
// Errors:  kUsage for a file that is no set, is damaged, or no list that can be read; kTemporary when the disk is full;
//          kInterrupted when told to stop. What of a list could not be used is counted, never an Error.
// Units:   sizes in bytes; digests as their bytes.
#pragma once

#include <array>
#include <atomic>
#include <bitset>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "limier/base.h"

namespace limier::hashset {

// Known is not good: NSRL holds tools for breaking in as well. Notable: somebody put it on a list to be looked for.
enum class Kind : std::uint8_t { kKnown, kNotable };
inline constexpr std::array<std::string_view, 2> kKindWords{"known", "notable"};

// By which digest an entry is found. Of several that a list gives for one file the strongest is kept.
enum class Section : std::uint8_t { kSha256, kSha1, kMd5 };
inline constexpr std::array<std::string_view, 3> kSectionWords{"sha256", "sha1", "md5"};
inline constexpr std::array<std::size_t, 3> kDigestBytes{32, 20, 16};
inline constexpr std::size_t kSections = 3;

// The number that VIC and CAID lists give a file; what it means differs from country to country.
inline constexpr std::uint8_t kNoCategory = 255;
using Categories = std::bitset<256>;

struct SetInfo {
  std::string name;
  std::string version;  // of the list, as its publisher says; "" when it says none
  std::string format;   // in words: "NSRL RDSv3", "Project VIC JSON", …
  Kind kind = Kind::kKnown;
  std::array<std::uint64_t, kSections> entries{};  // different digests, each with one category
  std::uint64_t rows = 0;                          // of the list that were taken
  std::uint64_t rejected = 0;                      // of the list that could not be used
  std::uint64_t size_bytes = 0;                    // of the file
  std::string sha256;                              // of all bytes before it; stands at the end of the file
  [[nodiscard]] std::uint64_t total() const { return entries[0] + entries[1] + entries[2]; }
};

// A set file, mapped.
class Set {
 public:
  // Looks at the header and the tables that look-ups go by; the rest is as verify() finds it.
  static Result<std::unique_ptr<Set>> open(const std::string& path);
  ~Set();
  Set(const Set&) = delete;
  Set& operator=(const Set&) = delete;

  [[nodiscard]] const SetInfo& info() const;
  // Reads the whole file: its SHA-256, and that all entries are in order. The sentence says what is wrong.
  [[nodiscard]] Status verify(const std::atomic<int>& stop) const;

  // Entries that are this digest, in order. Compares all its bytes. A file that changes under a mapping gives wrong
  // answers but never reads outside of it.
  struct Range {
    Section section = Section::kSha256;
    std::uint64_t first = 0, count = 0;
  };
  [[nodiscard]] Range find(Section section, const std::uint8_t* digest) const;
  // Under any of the digests of one file.
  [[nodiscard]] bool contains(const Digests& digests) const;
  // Adds the categories under which it stands there.
  bool categories_of(const Digests& digests, Categories& to) const;
  // How many entries there are of each category (kNoCategory: of none).
  [[nodiscard]] std::array<std::uint64_t, 256> categories() const;

 private:
  struct Impl;
  explicit Set(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Whether it begins as a set does, however damaged it is.
bool is_set_file(const std::string& path);

struct BuildOptions {
  std::string name, version, format;
  Kind kind = Kind::kKnown;
  std::uint64_t memory_bytes = 512u << 20;
};

// Collects entries, sorts them with bounded memory, and writes the set.
class Builder {
 public:
  // `to` must not exist: a set is never overwritten. The temporary file lies in its folder.
  static Result<Builder> create(const std::string& to, BuildOptions options);
  Builder(Builder&&) noexcept;
  Builder& operator=(Builder&&) noexcept;
  ~Builder();

  // One file of the list: its strongest digest counts. `weight` -1 takes a row back that was, or will be, added.
  Status add(const Digests& digests, std::uint8_t category = kNoCategory, std::int32_t weight = 1);
  void reject() { ++rejected_; }
  void set_format(std::string format);
  void set_version(std::string version);
  // Sorts, drops what is there twice, writes and syncs. Nothing is at `to` before that.
  Result<SetInfo> finish(const std::atomic<int>& stop);

 private:
  struct Impl;
  explicit Builder(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
  std::uint64_t rejected_ = 0;
};

struct ImportOptions {
  std::string list;                 // the file
  std::vector<std::string> deltas;  // NSRL's .sql on top of it, in their order
  std::string to, name, version;    // version "": what the list says of itself
  Kind kind = Kind::kKnown;
  std::optional<Categories> categories;  // only these; kNoCategory: entries without one
  std::uint64_t memory_bytes = 512u << 20;
};
struct ImportReport {
  SetInfo set;
  std::uint64_t rows = 0;            // taken
  std::uint64_t left_out = 0;        // of other categories
  std::uint64_t rejected = 0;        // could not be used
  std::uint64_t first_rejected = 0;  // its line or row, from 1; 0: none
  std::string why_rejected;          // the first
  std::uint64_t taken_back = 0;      // by DELETE of deltas
};
// Called now and then with the bytes (of SQLite: rows) read so far and in all (0: not known).
using Advance = std::function<void(std::uint64_t done, std::uint64_t total)>;
// What kind of list it is follows from its bytes. kUsage, and no set, where nothing of it can be used.
Result<ImportReport> import_list(const ImportOptions& options, const Advance& advance, const std::atomic<int>& stop);

}  // namespace limier::hashset
