// app: whole jobs. triage() is the run on one page; the others are the shorter jobs behind the commands.
//
// Owns:    worker processes and the index for the duration of a call.
// Threads: one caller; `stop` may be set from a signal handler.
// Errors:  Error kinds map to the contract's exit codes (exit_code_of).
#pragma once

#include <atomic>

#include "limier/report.h"
#include "limier/store.h"
#include "limier/sweep.h"

namespace limier::app {

enum class Profile : std::uint8_t { kList, kQuick, kStandard, kFull };

// Without a sign of life for so long a worker is ended (--stall).
inline constexpr std::uint32_t kStallSeconds = 30;
// Time a worker on file systems may take beyond what it has read and found accounts for (--slack).
inline constexpr std::uint32_t kSlackSeconds = 600;

struct TriageOptions {
  std::string image;
  std::string out;
  store::Authority authority;
  Profile profile = Profile::kStandard;
  std::optional<DigestSet>
      media_digests;  // --digests; default: stored and expected ones plus SHA-256, MD5+SHA-256 for raw
  std::optional<Md5> expect_md5;
  std::optional<Sha1> expect_sha1;
  std::optional<Sha256> expect_sha256;
  std::string zone;                // --zone
  std::uint32_t sector_bytes = 0;  // --sector-size; 0: not given
  std::uint32_t code_page = 0;     // --codepage, of short names on FAT; 0: not stated
  std::uint32_t jobs = 0;          // 0: as many as there are cores
  std::uint64_t memory_bytes = 0;  // 0: default
  std::vector<std::string> rules;  // --rules: folders, beside the program's own
  std::vector<std::string> packs;  // --packs: files and folders, beside the program's own
  bool incomplete = false;
  bool allow_beside_evidence = false;
  // Goes on with what is in `out`: nothing there starts a run, a finished run is confirmed and its exit code given
  // again, an unfinished one is taken up where it ended. Refused when it was begun with other evidence or options.
  bool resume = false;
  // How often the sweep's state is kept: after so much time, and after so many bytes of media (0: by time alone).
  std::uint32_t checkpoint_ms = 5000;
  std::uint64_t checkpoint_bytes = 0;
  bool sandbox = true;
  std::uint32_t stall_seconds = kStallSeconds;
  std::uint32_t slack_seconds = kSlackSeconds;
  std::string command_line;  // for v_run and the audit log
};

// All conditions of a finished run, and the one exit code that stands for them.
struct Outcome {
  store::IndexWriter::Conditions conditions;
  bool interrupted = false;
  int exit_code = 0;
  std::optional<report::FileTotals> totals;  // where reports were written
};

Result<Outcome> triage(const TriageOptions& options, Progress& progress, const std::atomic<int>& stop_signal);

struct ImageOptions {
  std::string image;
  bool incomplete = false;
  std::uint32_t sector_bytes = 0;  // --sector-size; 0: not given
  bool sandbox = true;
  std::uint32_t stall_seconds = kStallSeconds;
  std::uint32_t jobs = 0;
  std::uint64_t memory_bytes = 0;
};

// `limier info`
struct ImageInfo {
  std::string path;
  std::string jail;  // what the workers' jail lacked, "" when nothing
  sweep::ContainerMessage container;
  std::vector<evidence::SegmentInfo> segments;
  std::vector<std::string> missing_segments;
  std::vector<catalog::VolumeRecord> volumes;
  std::vector<catalog::EncryptionRecord> encryption;
  std::vector<catalog::IssueRecord> issues;
};
Result<ImageInfo> info(const ImageOptions& options, const std::atomic<int>& stop_signal);

// `limier verify`
struct VerifyOptions {
  ImageOptions image;
  std::optional<DigestSet> digests;
  std::optional<Md5> expect_md5;
  std::optional<Sha1> expect_sha1;
  std::optional<Sha256> expect_sha256;
};
struct VerifyReport {
  std::string path;
  std::string jail;  // what the workers' jail lacked, "" when nothing
  sweep::ContainerMessage container;
  Digests computed;
  std::optional<Md5> expected_md5;
  std::optional<Sha1> expected_sha1;
  std::optional<Sha256> expected_sha256;
  std::vector<catalog::BadRange> bad_ranges;
  bool digest_mismatch = false;  // a stored or expected digest differs
  bool chunk_checksum_bad = false;
  bool image_short = false;  // missing or truncated segments, or fewer bytes than the container declares
  store::Verdict verdict = store::Verdict::kNoStoredDigest;
  sweep::SweepStats stats;
};
Result<VerifyReport> verify(const VerifyOptions& options, Progress& progress, const std::atomic<int>& stop_signal);

// `limier export`
struct ExportOptions {
  std::string dir;  // the case folder
  std::vector<std::int64_t> file_ids;
  std::string to;
  std::string image;  // where the evidence is now; "" : as recorded
  bool sandbox = true;
  std::uint32_t stall_seconds = kStallSeconds;
  std::string command_line;
};
struct ExportedFile {
  std::int64_t file_id = 0;
  std::string written_as;  // name below `to`
  std::uint64_t size_bytes = 0;
  std::string sha256;
  std::string problem;    // "" when written; else why it was refused
  bool mismatch = false;  // refused because the bytes read now differ from the digest in the index
};
Result<std::vector<ExportedFile>> export_files(const ExportOptions& options, const std::atomic<int>& stop_signal);

// `limier check`: manifest.json and the hash chain of audit.jsonl.
struct CheckReport {
  struct Item {
    std::string what;
    bool good = false;
    std::string detail;
  };
  std::vector<Item> items;
  bool good = false;
};
// With `evidence` also re-hashes the evidence segments named in the manifest (looked for at their recorded path).
Result<CheckReport> check(const std::string& dir, bool evidence);

// `limier report`: writes the reports again and brings manifest.json and audit.jsonl up to date.
Status rewrite_reports(const std::string& dir, const std::vector<std::string>& formats,
                       const std::string& command_line);

int exit_code_of(ErrorKind kind);

}  // namespace limier::app
