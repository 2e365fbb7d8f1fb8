// The output folder, its audit log and its manifest.
#pragma once

#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "app/evidence_set.h"
#include "app/folder_lock.h"

namespace limier::app {

// Makes sure that `dir` can take a new case: absent or empty, writable, outside the evidence's folder (unless allowed),
// and not in use; with `resume` it may hold the index of an earlier run. The lock is for the life of the run.
Result<FolderLock> prepare_case_folder(const std::string& dir, const EvidenceSet& evidence, bool allow_beside_evidence,
                                       bool resume);
// Removes what only the end of a run can write: reports, manifest, and files that were being written when a run died.
void remove_reports(const std::string& dir);

// The same for the target of `limier export`, which may exist and hold files.
Status prepare_export_folder(const std::string& dir, const EvidenceSet& evidence);

// Writes a whole file under a temporary name, syncs it, renames it and syncs the folder.
Status write_file(const std::string& path, std::string_view content);
Result<std::string> read_file(const std::string& path);
// Adds text behind the `size` bytes a file has, in one write, and syncs it; the file is made where there is none. What
// was not written whole is taken back.
Status append_file(const std::string& path, std::string_view text, std::uint64_t size);
// SHA-256 of a file's bytes. `stop` ends it early with kInterrupted.
Result<Sha256> hash_file(int fd, const std::atomic<int>& stop);
Result<Sha256> hash_file(const std::string& path);

// audit.jsonl: one JSON object per action, each with the SHA-256 of the line before it. Append-only. A last line that
// was cut off because its writer died is taken out, and what there was of it is recorded in an entry of its own.
class AuditLog {
 public:
  explicit AuditLog(const std::string& dir) : path_(dir + "/audit.jsonl") {}
  using Fields = std::vector<std::pair<std::string, std::string>>;
  Status append(std::string_view action, const Fields& fields);
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  Status replace_torn_line(std::string& log) const;

  std::string path_;
};

// How far the marks went that a report shows, for the audit log: lines that go later on are missed by `limier check`.
// Empty where there are none.
Result<AuditLog::Fields> marks_fields(const std::string& dir);

struct ManifestSegment {
  std::string path;
  std::uint64_t size_bytes = 0;
  std::optional<Sha256> sha256;  // absent: not computed (profile list)
};

// Whether the manifest is there and the reports are as it says. kRefused when the index is not.
Result<bool> is_handed_over(const std::string& dir);
// manifest.json over everything in the folder but itself and the marks (they grow), the program and its workers, and
// the evidence segments. With no segments given, those of the manifest that is there are kept.
Status write_manifest(const std::string& dir, const std::vector<ManifestSegment>& segments);

}  // namespace limier::app
