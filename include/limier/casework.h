// casework: from the indexes of many exhibits to one case. Each exhibit gives its keys (digests of contents, volume
// serial numbers, …) as sorted runs; the merge reads all runs side by side and keeps what two or more exhibits share.
//
// Owns:    nothing beyond a call. Knows no plan and no evidence: indexes and key runs only.
// Threads: one caller; `stop` may be set from a signal handler.
// Errors:  kTemporary when the disk is full, kRefused when an index is being written, kInterrupted when stopped.
//          A run that is missing, torn or of another index is derived again from its index; that is no error.
// Promise: same indexes, same case.db and reports, byte for byte, whatever the order, the machine or the number of
//          times a part was done again.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include "limier/base.h"

namespace limier::casework {

// Writes KEYS_DIR/<kind>.run for every kind, and KEYS_DIR/exhibit.facts, from INDEX_DIR/index.db. `index_digest` is
// that file's SHA-256: it ties the runs to the index. Memory is `memory_bytes` whatever the number of files.
struct EmitOptions {
  std::string index_dir, keys_dir;
  Sha256 index_digest{};
  std::size_t memory_bytes = std::size_t{64} << 20;
};
Status emit_keys(const EmitOptions& options);

// One exhibit of the case, finished or not.
struct ExhibitInput {
  std::string name;       // exhibit or seal number
  std::string image;      // as planned
  std::string index_dir;  // where index.db lies
  std::string keys_dir;   // where its runs lie
  std::string folder;     // index_dir relative to the case folder, for links in reports
  std::string state;      // v_exhibit.state: "done", "failed", "stale", "planned", …
  std::string authority, case_number, examiner, agency, note, scope, profile;  // as planned
  int exit_code = 0;                                                           // of a finished exhibit
  std::string message;                 // why there is no result, for those that have none
  std::optional<Sha256> index_digest;  // of the finished index; nullopt: there is no result to merge
};

struct MergeOptions {
  std::string case_dir;
  std::vector<ExhibitInput> exhibits;  // in any order
  int exit_code = 0;                   // of the case as a whole
  std::string tool_version;
  std::size_t memory_bytes = std::size_t{128} << 20;
};

struct MergeResult {
  std::uint64_t exhibits = 0, merged = 0;
  std::uint64_t keys = 0, shared_keys = 0, shared_contents = 0, links = 0;
  std::vector<std::string> missing;        // exhibits without a result
  std::vector<std::string> derived_again;  // exhibits whose runs had to be written again
};
// Writes CASE/case.db under a temporary name and renames it. The reports are report::write_case_reports().
Result<MergeResult> merge(const MergeOptions& options, Progress& progress, const std::atomic<int>& stop);

}  // namespace limier::casework
