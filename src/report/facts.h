// The facts both the page and the JSON state, read from the views once. Sizes are bounded by the named caps, whatever
// the number of files.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "limier/report.h"
#include "limier/store.h"
#include "report/declared.h"
#include "report/keepers.h"
#include "report/words.h"

namespace limier::report {

using Text = std::string;  // bytes from evidence or the operator: escaped by the sink that prints them
using MaybeText = std::optional<std::string>;

// Columns that views may have beyond the contract are used only where the index has them.
bool has_column(store::Index& index, std::string_view view, std::string_view column);
// "column" or "NULL AS column".
std::string column_or_null(store::Index& index, std::string_view view, std::string_view column);

MaybeText maybe_text(const store::Query& row, int column);
// The exact bytes where the index has them (a BLOB, `raw`), else the text.
Text exact_text(const store::Query& row, int text, int raw);

struct RunFacts {
  Text tool_version;
  Text profile, zone;
  Text fail_on;  // a priority, or ""
  Text language = "en";
  bool interrupted = false;
  bool jailed = true;                   // false: --no-sandbox
  MaybeText scope_title, scope_sha256;  // of --scope
};

struct AuthorityFacts {
  Text text, case_number, exhibit, examiner, agency, note;
};

struct EvidenceFacts {
  Text path, format;
  MaybeText variant, compression, media_type, set_identifier;
  std::int64_t size_bytes = 0;
  std::int64_t sector_size = 0;
  std::int64_t segment_count = 0;
  std::optional<std::int64_t> chunk_size;
  MaybeText stored_md5, stored_sha1, stored_sha256, md5, sha1, sha256, expected_md5, expected_sha1, expected_sha256;
  Text verdict;  // "" when the media were not read
  // The acquisition record: the values the contract names, then every value as the container names it.
  struct Header {
    Text name;
    MaybeText value;
  };
  std::vector<Header> acquisition, header;
  struct Segment {
    Text name;
    std::int64_t size_bytes = 0;
  };
  std::vector<Segment> segments;
  // Of the files the image lies in; the media are `size_bytes`.
  [[nodiscard]] std::int64_t container_bytes() const;
};

// How far the result goes; the exit codes of the contract that hold.
struct Conditions {
  bool interrupted = false;
  bool nothing_examined = false;  // 3
  bool mismatch = false;          // 4
  bool damaged = false;           // 4
  bool incomplete = false;        // 5
  [[nodiscard]] int exit_code() const;
};

struct Tally {
  std::int64_t items = 0;
  std::int64_t bytes = 0;
  void add(std::int64_t size);
};

struct NamedTally {
  std::string name;
  Tally all, deleted;
};

inline constexpr std::array<std::string_view, 6> kKinds{"file", "dir", "link", "device", "stream", "virtual"};
inline constexpr std::array<std::string_view, 8> kContentStates{"complete",   "recovered", "overwritten", "partial",
                                                                "unreadable", "encrypted", "empty",       "not-read"};
inline constexpr std::array<std::string_view, 7> kCoverageStates{
    "metadata", "file", "slack", "unallocated", "unpartitioned", "encrypted", "unreadable"};
inline constexpr std::array<std::string_view, 5> kPriorities{"live-in-danger", "high", "medium", "low", "info"};

// Counted in one pass over v_file.
struct Census {
  std::int64_t rows = 0;
  std::int64_t deleted = 0, orphan = 0;
  std::int64_t internal_files = 0, internal_streams = 0;  // see internals.h
  // All others, by the folder they lie in (keepers.h).
  std::array<std::int64_t, kKeepers> keeper_files{}, keeper_streams{};
  std::array<Tally, kKinds.size()> kinds{};
  // Files and streams only.
  std::array<Tally, kContentStates.size()> states{};
  std::array<Tally, kContentStates.size()> deleted_states{};
  // By content, else by extension, in the order of the table in types.cpp, empty ones left out.
  std::vector<NamedTally> categories;
  std::vector<NamedTally> types;       // by content, most files first
  std::int64_t by_name = 0;            // of the categories: files of which only the name says anything
  Tally notable, known;                // files and streams, as hash sets say
  std::int64_t mismatches = 0;         // files and streams whose name claims another type
  std::vector<NamedTally> extensions;  // most files first
  std::vector<NamedTally> sizes;       // small to large, every class
  [[nodiscard]] const Tally& kind(std::string_view name) const;
  [[nodiscard]] const Tally& state(std::string_view name) const;
  [[nodiscard]] const Tally& deleted_state(std::string_view name) const;
};

struct CoverageFacts {
  std::array<std::int64_t, kCoverageStates.size()> bytes{};
  std::array<std::int64_t, kCoverageStates.size()> ranges{};
  [[nodiscard]] std::int64_t total() const;
};

struct Month {
  std::int64_t year = 0;
  int month = 1;
  std::int64_t count = 0;
};
// Time stamps by month. Years outside kFirstYear..kLastYear are nearly always defaults and damage: counted apart.
struct Activity {
  static constexpr int kFirstYear = 1990, kLastYear = 2100;
  std::int64_t before = 0, after = 0, total = 0;
  std::vector<Month> months;  // only those with time stamps, in order
};

struct Counts {
  std::int64_t bad_ranges = 0, bad_bytes = 0;
  std::int64_t volumes = 0, listed_volumes = 0, not_examined = 0, encryption = 0, issues = 0, findings = 0;
  std::int64_t encrypted_items = 0;  // files, those of applications among them
  std::array<std::int64_t, kPriorities.size()> by_priority{};
};

// The capped lists of files both the page and the JSON show.
// What the file system keeps for itself, and orphans without a byte, have lists of their own: they would fill the
// others.
enum class List : std::uint8_t {
  kLargest,
  kRecent,
  kRecovered,
  kOverwritten,
  kUnreadable,
  kEncrypted,
  kMismatch,
  kStreams,
  kLargestInternal,
  kRecentInternal,
  // What is in the first two, by the folder it lies in (keepers.h).
  kLargestUser,
  kRecentUser,
  kLargestSystem,
  kRecentSystem,
  kLargestOther,
  kRecentOther,
};
inline constexpr std::size_t kListCount = 16;

struct FileRow {
  std::int64_t file_id = 0, volume_id = 0;
  Text path;  // exact bytes where the index has them
  std::int64_t size = 0;
  MaybeText modified;
  bool deleted = false;
  Text content_state;
  MaybeText type_name;
};

// A file on a list of notable ones.
struct NotableFile {
  std::int64_t file_id = 0;
  Text path;  // exact bytes where the index has them
  std::int64_t size = 0;
  bool deleted = false;
  Text content_state, sets;
  MaybeText category;
};
inline constexpr std::size_t kMaxNotableFiles = 100;

// Names of alternate streams, most frequent first.
struct StreamName {
  Text name;
  std::int64_t items = 0;
};
struct StreamNames {
  std::vector<StreamName> top;
  std::int64_t different = 0;
};

struct Facts {
  RunFacts run;
  WorkDone work;
  std::vector<KindCount> kinds;
  AuthorityFacts authority;
  EvidenceFacts evidence;
  Conditions conditions;
  Counts counts;
  Census census;
  CoverageFacts coverage;
  Activity activity;
  std::array<std::vector<FileRow>, kListCount> lists;
  StreamNames stream_names;
  std::vector<NotableFile> notable_files;  // the first kMaxNotableFiles, by file_id
  [[nodiscard]] std::int64_t rows_of(const catalog::KindInfo& kind) const { return kinds[number_of(kind)].rows; }
  [[nodiscard]] const std::vector<FileRow>& list(List which) const { return lists[static_cast<std::size_t>(which)]; }
};

// work_done() in the language of a page.
std::string work_done(const Words& w, const WorkDone& work);

class FileCount;
// What was counted of the files goes into the facts.
Result<Facts> read_facts(store::Index& index, FileCount& files);
Result<RunFacts> read_run(store::Index& index);
Result<EvidenceFacts> read_evidence(store::Index& index);

}  // namespace limier::report
