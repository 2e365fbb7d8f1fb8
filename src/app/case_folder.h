// The output folder, its audit log and its manifest.
#pragma once

#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "app/evidence_set.h"

namespace limier::app {

// Makes sure that `dir` can take a new case: absent or empty, writable, outside the evidence's folder (unless allowed).
Status prepare_case_folder(const std::string& dir, const EvidenceSet& evidence, bool allow_beside_evidence);

// The same for the target of `limier export`, which may exist and hold files.
Status prepare_export_folder(const std::string& dir, const EvidenceSet& evidence);

// Writes a whole file under a temporary name, syncs and renames it.
Status write_file(const std::string& path, std::string_view content);
Result<std::string> read_file(const std::string& path);
// SHA-256 of a file's bytes. `stop` ends it early with kInterrupted.
Result<Sha256> hash_file(int fd, const std::atomic<int>& stop);
Result<Sha256> hash_file(const std::string& path);

// audit.jsonl: one JSON object per action, each with the SHA-256 of the line before it. Append-only.
class AuditLog {
 public:
  explicit AuditLog(const std::string& dir) : path_(dir + "/audit.jsonl") {}
  using Fields = std::vector<std::pair<std::string, std::string>>;
  Status append(std::string_view action, const Fields& fields);
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};
// SHA-256 (hex) of the last line; 64 zeros for an empty log.
std::string audit_head(std::string_view log);

struct ManifestSegment {
  std::string path;
  std::uint64_t size_bytes = 0;
  std::optional<Sha256> sha256;  // absent: not computed (profile list)
};
// manifest.json over everything in the folder but itself, the program and its workers, and the evidence segments. With
// no segments given, those of the manifest that is there are kept.
Status write_manifest(const std::string& dir, const std::vector<ManifestSegment>& segments);

}  // namespace limier::app
